/** The works of a round, those first that lack most: who reviews them, what was said, and what staff do about it. */

import React, { useState } from 'react';

import { Asking, ReasonField, type Said } from './asking';
import { ComparedForStaff } from './compared';
import { OwnWork } from './ownwork';
import type { Held } from './round';
import { type Member, nameOf, namesOf, type StaffTask, type StaffWork } from './roundapi';
import { Table } from './roundmembers';
import { ShowChanges } from './revision';
import { ScoreBlock } from './scoreblock';
import { rounded } from './scorewords';

export function WorksSection(held: Held): JSX.Element {
  const { whole, trans } = held;
  const [open, setOpen] = useState('');
  const works = new Map(whole.round.works.map(work => [work.pseudonym, work]));
  const { works: rows } = whole.glance;
  const isOver = whole.round.phase !== 'reviewing';
  const head = [
    trans.__('Work'),
    trans.__('Authors'),
    trans.__('Reviews'),
    trans.__('Waits for'),
    trans.__('Score')
  ];
  return (
    <section aria-labelledby="nbcohort-round-works">
      <h3 id="nbcohort-round-works">{trans.__('Works')}</h3>
      {rows.length === 0 && <p>{trans.__('Nobody has handed in anything.')}</p>}
      {rows.length > 0 && (
        <Table label={trans.__('Works')} head={head}>
          {rows.map(row => {
            const work = works.get(row.work);
            const isOpen = open === row.work;
            return (
              <tbody key={row.work}>
                <tr>
                  <th scope="row">
                    <button
                      className="jp-nbcohort-link"
                      aria-expanded={isOpen}
                      aria-label={trans.__('Work %1', row.work)}
                      onClick={() => setOpen(isOpen ? '' : row.work)}
                    >
                      <span aria-hidden="true">{isOpen ? '▾ ' : '▸ '}</span>
                      {row.work}
                    </button>
                  </th>
                  <td>{namesOf(row.authors)}</td>
                  <td className={isOver && row.came_in < row.wanted ? 'jp-nbcohort-mod-short' : ''}>
                    {trans.__('%1 of %2', row.came_in, row.wanted)}
                  </td>
                  <td>{namesOf(row.waits_for)}</td>
                  <td>{scoreShort(work, held)}</td>
                </tr>
                {isOpen && work && (
                  <tr>
                    <td colSpan={head.length} className="jp-nbcohort-detail">
                      <WorkDetails {...held} work={work} />
                    </td>
                  </tr>
                )}
              </tbody>
            );
          })}
        </Table>
      )}
    </section>
  );
}

function scoreShort(work: StaffWork | undefined, { trans }: Held): string {
  if (!work || work.score.percent === null) {
    return '–';
  }
  const { override } = work.score;
  const percent = rounded(work.score.percent);
  return override ? trans.__('%1 %, by staff', percent) : trans.__('%1 %', percent);
}

/** A work with its reviews and, for those who may, what can be done about it. */
export function WorkDetails(props: Held & { work: StaffWork }): JSX.Element {
  const { work, whole, after, theme, trans, canChange } = props;
  const [isShown, setShown] = useState(false);
  return (
    <div className="jp-nbcohort-WorkDetails">
      <ScoreBlock score={work.score} rubric={whole.round.rubric} trans={trans} />
      {work.tasks.length === 0 && <p>{trans.__('Nobody reviews this work.')}</p>}
      {work.tasks.map(task => (
        <TaskDetails key={task.id} {...props} task={task} />
      ))}
      <div className="jp-nbcohort-actions">
        <button type="button" className="jp-mod-styled" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {trans.__('The work')}
        </button>
        {canChange && <AddReviewer {...props} />}
        {canChange && <Override {...props} />}
      </div>
      <ShowChanges
        address={`rounds/${whole.round.id}/works/${work.pseudonym}/revision`}
        about={trans.__('work %1', work.pseudonym)}
        {...{ after, theme, trans }}
      />
      {isShown && <OwnWork submission={work.submission} remarks={NONE} target={null} {...{ after, theme, trans }} />}
    </div>
  );
}

const NONE: [] = [];

function TaskDetails(props: Held & { work: StaffWork; task: StaffTask }): JSX.Element {
  const { task, trans, canChange } = props;
  const isGone = task.state === 'removed' || task.state === 'lapsed';
  return (
    <article aria-label={trans.__('Review by %1', nameOf(task.reviewer))} className={isGone ? 'jp-nbcohort-mod-gone' : ''}>
      <h4>
        {nameOf(task.reviewer)} <small>{stateInWords(task, trans)}</small>
      </h4>
      <ReviewText {...props} />
      {canChange && !isGone && <RemoveReviewer {...props} />}
    </article>
  );
}

/** What a review says, and what its authors said of it. */
export function ReviewText({ task, whole, trans }: Held & { task: StaffTask }): JSX.Element | null {
  if (task.submitted_at === null) {
    return null;
  }
  return (
    <>
      <p className="jp-nbcohort-said">{task.overall}</p>
      <dl>
        {whole.round.rubric.map(criterion => (
          <div key={criterion.id}>
            <dt>{criterion.title}</dt>
            <dd>
              {criterion.levels[task.scores[criterion.id] ?? -1]?.title ?? trans.__('no level')}
              {task.comments[criterion.id] && <p className="jp-nbcohort-said">{task.comments[criterion.id]}</p>}
            </dd>
          </div>
        ))}
      </dl>
      <ComparedForStaff comparisons={task.comparisons ?? {}} works={whole.round.works} trans={trans} />
      {task.inline.map((one, i) => (
        <p key={i} className="jp-nbcohort-said">
          {one.file}: {one.quote && <q>{one.quote}</q>} {one.text}
        </p>
      ))}
      {task.answers.map((answer, i) => (
        <p key={i} className="jp-nbcohort-answer">
          {answer.helpful !== null && trans.__('An author: helpful %1 of 5. %2', answer.helpful, answer.reason)} {answer.reply}
        </p>
      ))}
    </>
  );
}

function stateInWords(task: StaffTask, trans: Held['trans']): string {
  const states: Record<string, string> = {
    todo: trans.__('not begun'),
    draft: trans.__('has a draft'),
    submitted: trans.__('submitted'),
    missed: trans.__('did not submit'),
    removed: trans.__('was taken away'),
    lapsed: trans.__('was not started in time')
  };
  const words = states[task.state] ?? task.state;
  if (task.set_aside) {
    return trans.__('%1, set aside', words);
  }
  return task.origin === 'self' ? trans.__('%1, the own work', words) : words;
}

type OfWork = Held & { work: StaffWork };

function AddReviewer({ work, whole, rounds, done, trans }: OfWork): JSX.Element {
  const { id } = whole.round;
  const taken = new Set([
    ...work.authors.map(author => author.account),
    ...work.tasks.filter(task => task.state !== 'removed' && task.state !== 'lapsed').map(task => task.reviewer.account)
  ]);
  const free = whole.members.filter(member => !taken.has(member.account));
  return (
    <Asking
      label={trans.__('Add a reviewer')}
      about={trans.__('Add a reviewer to work %1', work.pseudonym)}
      submit={trans.__('Add')}
      fields={was => (
        <>
          <Members {...{ was, free, trans }} />
          <ReasonField {...{ was, trans }} />
        </>
      )}
      send={async ({ account = '', reason = '' }) => {
        await rounds.addReviewer(id, work.pseudonym, account, reason);
        done(trans.__('%1 reviews work %2 now.', account, work.pseudonym));
      }}
      trans={trans}
    />
  );
}

function Members({ was, free, trans }: { was: Said; free: Member[]; trans: Held['trans'] }): JSX.Element {
  const roles: Record<string, string> = { mentor: trans.__('mentor'), instructor: trans.__('instructor') };
  return (
    <label className="jp-nbcohort-field">
      <span>{trans.__('Who?')}</span>
      <select name="account" defaultValue={was.account ?? ''} required>
        <option value="">{trans.__('Choose …')}</option>
        {[...free]
          .sort((a, b) => a.name.localeCompare(b.name))
          .map(({ account, name, role }) => (
            <option key={account} value={account}>
              {roles[role] ? `${name}, ${roles[role]}` : name}
            </option>
          ))}
      </select>
    </label>
  );
}

function RemoveReviewer({ task, work, whole, rounds, done, trans }: OfWork & { task: StaffTask }): JSX.Element {
  const who = nameOf(task.reviewer);
  return (
    <Asking
      label={trans.__('Take away')}
      about={trans.__('Take work %1 away from %2', work.pseudonym, who)}
      submit={trans.__('Take away')}
      fields={was => (
        <>
          <p>{trans.__('A review that came in is kept, and no longer counts.')}</p>
          <ReasonField {...{ was, trans }} />
        </>
      )}
      send={async ({ reason = '' }) => {
        await rounds.removeReviewer(whole.round.id, task.id, reason);
        done(trans.__('%1 does not review work %2 any more.', who, work.pseudonym));
      }}
      trans={trans}
    />
  );
}

function Override({ work, whole, rounds, done, trans }: OfWork): JSX.Element {
  return (
    <Asking
      label={trans.__('Override the score')}
      about={trans.__('Override the score of work %1', work.pseudonym)}
      submit={trans.__('Let it count')}
      begin={{ percent: String(work.score.percent ?? '') }}
      fields={was => (
        <>
          <PercentField
            label={trans.__('Score in percent')}
            hint={work.score.override ? trans.__('Empty: what the reviews say counts again.') : ''}
            required={!work.score.override}
            was={was}
          />
          <p>{trans.__('Authors read the reason.')}</p>
          <ReasonField {...{ was, trans }} />
        </>
      )}
      send={async ({ percent = '', reason = '' }) => {
        await rounds.override(whole.round.id, work.pseudonym, percentIn(percent), reason);
        done(trans.__('The score of work %1 is overridden.', work.pseudonym));
      }}
      trans={trans}
    />
  );
}

interface PercentProps {
  label: string;
  hint: string;
  required: boolean;
  was: Said;
}

/** A field for 0 to 100 percent. */
export function PercentField({ label, hint, required, was }: PercentProps): JSX.Element {
  return (
    <label className="jp-nbcohort-field">
      <span>{label}</span>
      {hint && <small>{hint}</small>}
      <input
        type="number"
        name="percent"
        className="jp-mod-styled"
        min={0}
        max={100}
        step="any"
        required={required}
        defaultValue={was.percent ?? ''}
      />
    </label>
  );
}

/** Return the number in such a field; null if it is empty. */
export function percentIn(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
