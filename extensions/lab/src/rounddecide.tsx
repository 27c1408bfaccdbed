/** What waits for staff after the reviews: appeals and flagged reviews, each with everything at hand. */

import React from 'react';

import { Asking, ReasonField, TextField } from './asking';
import type { Held } from './round';
import { nameOf, type StaffAppeal, type StaffFlag } from './roundapi';
import { percentIn, PercentField, ReviewText, WorkDetails } from './roundworks';

export function AppealsSection(held: Held): JSX.Element | null {
  const { whole, trans } = held;
  const waiting = whole.appeals.filter(({ appeal }) => appeal.outcome === null);
  if (whole.appeals.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="nbcohort-round-appeals" className="jp-nbcohort-Decide">
      <h3 id="nbcohort-round-appeals">{trans._n('Appeals, %1 waits', 'Appeals, %1 wait', waiting.length)}</h3>
      {whole.appeals.map(one => (
        <OneAppeal key={one.appeal.id} {...held} one={one} />
      ))}
    </section>
  );
}

function OneAppeal(props: Held & { one: StaffAppeal }): JSX.Element {
  const { one, canChange, trans } = props;
  const { appeal, made_by, reviewed } = one;
  const who = nameOf(made_by);
  return (
    <article aria-label={trans.__('Appeal by %1', who)}>
      <h4>{trans.__('%1 about work %2', who, reviewed.pseudonym)}</h4>
      <p className="jp-nbcohort-said">{appeal.text}</p>
      {appeal.outcome !== null && (
        <p className="jp-nbcohort-said">
          <strong>{appeal.outcome === 'upheld' ? trans.__('Upheld:') : trans.__('Rejected:')}</strong> {appeal.answer}
        </p>
      )}
      <details open={appeal.outcome === null}>
        <summary>{trans.__('The work, its reviews and its score')}</summary>
        <WorkDetails {...props} work={reviewed} />
      </details>
      {appeal.outcome === null && canChange && <AnswerAppeal {...props} />}
    </article>
  );
}

function AnswerAppeal({ one, rounds, done, trans }: Held & { one: StaffAppeal }): JSX.Element {
  const who = nameOf(one.made_by);
  return (
    <Asking
      label={trans.__('Answer')}
      about={trans.__('Answer the appeal by %1', who)}
      submit={trans.__('Send the answer')}
      fields={was => (
        <>
          <fieldset className="jp-nbcohort-helpful">
            <legend>{trans.__('What do you decide?')}</legend>
            <label>
              <input type="radio" name="outcome" value="upheld" defaultChecked={was.outcome === 'upheld'} required />
              {trans.__('Uphold it')}
            </label>
            <label>
              <input type="radio" name="outcome" value="rejected" defaultChecked={was.outcome === 'rejected'} />
              {trans.__('Reject it')}
            </label>
          </fieldset>
          <PercentField
            label={trans.__('New score in percent')}
            hint={trans.__('Only if you uphold it; empty: the score stays.')}
            required={false}
            was={was}
          />
          <TextField name="answer" label={trans.__('Your answer')} hint={trans.__('%1 reads it.', who)} was={was} required rows={3} />
        </>
      )}
      send={async ({ outcome = '', answer = '', percent = '' }) => {
        await rounds.answerAppeal(one.appeal.id, outcome, answer, percentIn(percent));
        done(trans.__('The appeal by %1 is answered.', who));
      }}
      trans={trans}
    />
  );
}

export function FlagsSection(held: Held): JSX.Element | null {
  const { whole, trans } = held;
  const waiting = whole.flags.filter(({ flag }) => flag.decision === null);
  if (whole.flags.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="nbcohort-round-flags" className="jp-nbcohort-Decide">
      <h3 id="nbcohort-round-flags">{trans._n('Flagged reviews, %1 waits', 'Flagged reviews, %1 wait', waiting.length)}</h3>
      {whole.flags.map(one => (
        <OneFlag key={one.flag.id} {...held} one={one} />
      ))}
    </section>
  );
}

function OneFlag(props: Held & { one: StaffFlag }): JSX.Element {
  const { one, canChange, trans } = props;
  const { flag, made_by, review, work } = one;
  const kinds: Record<string, string> = {
    abusive: trans.__('abusive'),
    empty: trans.__('says nothing'),
    other: trans.__('something else')
  };
  const reviewer = nameOf(review.reviewer);
  return (
    <article aria-label={trans.__('Flag on the review by %1', reviewer)}>
      <h4>{trans.__('Review by %1 of work %2', reviewer, work)}</h4>
      <p className="jp-nbcohort-said">{trans.__('%1, says %2: %3', kinds[flag.kind] ?? flag.kind, nameOf(made_by), flag.reason)}</p>
      <blockquote>
        <ReviewText {...props} task={review} />
      </blockquote>
      {flag.decision !== null && (
        <p className="jp-nbcohort-said">
          <strong>{flag.decision === 'set-aside' ? trans.__('Set aside:') : trans.__('Kept:')}</strong> {flag.decided_because}
        </p>
      )}
      {canChange && <DecideFlag {...props} />}
    </article>
  );
}

function DecideFlag({ one, rounds, done, trans }: Held & { one: StaffFlag }): JSX.Element {
  const reviewer = nameOf(one.review.reviewer);
  return (
    <Asking
      label={one.flag.decision === null ? trans.__('Decide') : trans.__('Decide anew')}
      about={trans.__('Decide about the review by %1', reviewer)}
      submit={trans.__('Decide')}
      fields={was => (
        <>
          <fieldset className="jp-nbcohort-helpful">
            <legend>{trans.__('What becomes of it?')}</legend>
            <label>
              <input type="radio" name="decision" value="set-aside" defaultChecked={was.decision === 'set-aside'} required />
              {trans.__('Set it aside: neither shown nor counted')}
            </label>
            <label>
              <input type="radio" name="decision" value="kept" defaultChecked={was.decision === 'kept'} />
              {trans.__('Keep it')}
            </label>
          </fieldset>
          <ReasonField {...{ was, trans }} />
        </>
      )}
      send={async ({ decision = '', reason = '' }) => {
        await rounds.decideFlag(one.flag.id, decision, reason);
        done(trans.__('It is decided about the review by %1.', reviewer));
      }}
      trans={trans}
    />
  );
}
