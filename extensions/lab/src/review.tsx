/** The workspace of a review: the work on one side, the rubric on the other. */

import { type IThemeManager, ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useRef, useState } from 'react';

import type { Api, Criterion, OpenedReview, OtherTask } from './api';
import { Checks } from './checks';
import { CompareSection } from './compare';
import { Comments } from './comments';
import type { Form } from './forms';
import { MOST, nameOf, type Place, withText } from './inline';
import { OthersReviews } from './others';
import { ReviewSession } from './session';
import { shown } from './times';
import { Work } from './work';
import { type CellIds, rootOf } from './workapi';

export interface ReviewProps {
  api: Api;
  cohort: string;
  task: string;
  themes: IThemeManager | null;
  trans: TranslationBundle;
  /** Open another review: in place of this one, or beside it. */
  open: (cohort: string, task: string, beside: boolean) => void;
}

export class ReviewPanel extends ReactWidget {
  readonly session: ReviewSession;

  constructor(private readonly props: ReviewProps) {
    super();
    this.addClass('jp-nbcohort-Review');
    this.session = new ReviewSession(props.api, props.cohort, props.task, props.trans);
    void this.session.load();
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.session.dispose();
    }
    super.dispose();
  }

  render(): JSX.Element {
    return (
      <UseSignal signal={this.session.changed}>{() => <Workspace {...this.props} session={this.session} />}</UseSignal>
    );
  }
}

interface SessionProps extends ReviewProps {
  session: ReviewSession;
}

function Workspace(props: SessionProps): JSX.Element {
  const { session, trans } = props;
  const { opened } = session;
  if (!opened) {
    return (
      <div role="status" className="jp-nbcohort-Review-nothing">
        {session.problem ? (
          <p className="jp-nbcohort-problem">
            {session.problem}{' '}
            <button className="jp-nbcohort-link" onClick={() => void session.load()}>
              {trans.__('Try again')}
            </button>
          </p>
        ) : (
          <p>{trans.__('Loading …')}</p>
        )}
      </div>
    );
  }
  return <Sides key={opened.task.id} {...props} opened={opened} />;
}

interface SidesProps extends SessionProps {
  opened: OpenedReview;
}

/** The work and the form, and what goes on between them. */
function Sides(props: SidesProps): JSX.Element {
  const { session, trans, api, themes, opened } = props;
  const { form, isOpen } = session;
  const [cells, setCells] = useState<Record<string, CellIds>>({});
  const [begun, setBegun] = useState<Place | null>(null);
  const [target, setTarget] = useState<Place | null>(null);
  const onCells = useCallback((file: string, ids: CellIds) => setCells(known => ({ ...known, [file]: ids })), []);
  const begin = (place: Place): void => {
    if (!form.inline.some(one => nameOf(one) === nameOf(place))) {
      session.change({ ...form, inline: withText(form.inline, place, '') });
    }
    setBegun({ ...place });
  };
  const onGo = (place: Place): void => setTarget({ ...place });
  const root = rootOf(session.cohort, opened.task.id);
  const shownWork = { root, pseudonym: opened.task.pseudonym, files: opened.files };
  const onComment = isOpen && form.inline.length < MOST ? begin : null;
  const work = (theme: string): JSX.Element => (
    <Work {...{ api, theme, trans, cells, onCells, onComment, target }} work={shownWork} comments={form.inline} />
  );
  return (
    <div className="jp-nbcohort-Review-sides">
      {themes ? (
        <UseSignal signal={themes.themeChanged}>{() => work(themes.theme ?? '')}</UseSignal>
      ) : (
        work('')
      )}
      <RubricForm {...props} root={root}>
        <Comments
          {...{ cells, isOpen, begun, trans }}
          comments={form.inline}
          onChange={inline => session.change({ ...form, inline })}
          onGo={onGo}
        />
        {opened.review.submitted_version !== null && (
          <OthersReviews
            {...{ api, root, cells, onGo, trans }}
            rubric={opened.task.rubric}
            version={opened.review.submitted_version}
          />
        )}
      </RubricForm>
    </div>
  );
}

interface FormProps extends SidesProps {
  root: string;
  children: React.ReactNode;
}

function RubricForm({ session, opened, trans, open, api, root, children }: FormProps): JSX.Element {
  const { task, others } = opened;
  const { form, isOpen } = session;
  const element = useRef<HTMLFormElement>(null);
  const change = (changes: Partial<Form>): void => session.change({ ...form, ...changes });
  const submit = async (): Promise<void> => {
    const [first] = await session.submit();
    element.current?.querySelector<HTMLElement>(`[data-needs="${CSS.escape(first ?? '')}"]`)?.focus();
  };
  const id = `nbcohort-${task.id}`;
  return (
    <form
      ref={element}
      className="jp-nbcohort-Form"
      aria-label={trans.__('Your review of work %1', task.pseudonym)}
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{trans.__('Review of work %1', task.pseudonym)}</h2>
      <p>
        {task.title}
        {task.authors && ` (${task.authors.join(', ')})`} · <time dateTime={task.due_at}>{trans.__('due %1', shown(task.due_at))}</time>
      </p>
      {others.length > 1 && <Others {...{ others, task: task.id, trans }} open={other => open(session.cohort, other, false)} />}
      <Checks {...{ api, root, trans }} />
      {task.rubric.map(criterion => (
        <CriterionFields
          key={criterion.id}
          {...{ criterion, trans, isOpen }}
          name={`${id}-${criterion.id}`}
          level={form.scores[criterion.id]}
          comment={form.comments[criterion.id] ?? ''}
          isMissing={session.missing.includes(criterion.id)}
          onLevel={level => change({ scores: { ...form.scores, [criterion.id]: level } })}
          onComment={text => change({ comments: { ...form.comments, [criterion.id]: text } })}
        />
      ))}
      <CompareSection
        {...{ task, id, trans, isOpen }}
        comparisons={form.comparisons}
        missing={session.missing}
        onChange={comparisons => change({ comparisons })}
        openBeside={other => open(session.cohort, other, true)}
      />
      <Overall
        {...{ id, trans, isOpen }}
        isMissing={session.missing.includes('overall')}
        text={form.overall}
        onChange={overall => change({ overall })}
      />
      {children}
      <footer>
        {isOpen && (
          <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={session.busy}>
            {opened.review.submitted_version === null ? trans.__('Submit review') : trans.__('Submit again')}
          </button>
        )}
        <span className="jp-nbcohort-standing">{session.status}</span>
        <p role="status" className={session.announcement === session.status ? 'jp-nbcohort-mod-aloud' : 'jp-nbcohort-announcement'}>
          {session.announcement}
        </p>
      </footer>
    </form>
  );
}

interface OverallProps {
  /** Unique in the page. */
  id: string;
  text: string;
  isMissing: boolean;
  isOpen: boolean;
  onChange: (text: string) => void;
  trans: TranslationBundle;
}

export function Overall({ id, text, isMissing, isOpen, onChange, trans }: OverallProps): JSX.Element {
  return (
    <fieldset className="jp-nbcohort-Criterion">
      <legend>{trans.__('On the whole')}</legend>
      <ul id={`${id}-prompts`} className="jp-nbcohort-prompts">
        <li>{trans.__('What works? Name the place.')}</li>
        <li>{trans.__('One concrete next step.')}</li>
        <li>{trans.__('Why would that make it better?')}</li>
      </ul>
      <textarea
        className="jp-mod-styled"
        aria-label={trans.__('Overall comment')}
        aria-describedby={`${id}-prompts ${id}-overall-missing`}
        aria-invalid={isMissing}
        data-needs="overall"
        rows={6}
        maxLength={20_000}
        readOnly={!isOpen}
        value={text}
        onChange={event => onChange(event.target.value)}
      />
      <p id={`${id}-overall-missing`} className="jp-nbcohort-missing">
        {isMissing && trans.__('Write something on the whole before you submit.')}
      </p>
    </fieldset>
  );
}

interface OthersProps {
  others: OtherTask[];
  task: string;
  open: (task: string) => void;
  trans: TranslationBundle;
}

function Others({ others, task, open, trans }: OthersProps): JSX.Element {
  return (
    <nav aria-label={trans.__('My reviews of this assignment')}>
      {others.map(other => (
        <button
          key={other.id}
          type="button"
          className="jp-nbcohort-other"
          aria-current={other.id === task ? 'page' : undefined}
          onClick={() => other.id !== task && open(other.id)}
        >
          {other.state === 'submitted' ? trans.__('%1, submitted', other.pseudonym) : other.pseudonym}
        </button>
      ))}
    </nav>
  );
}

interface CriterionProps {
  criterion: Criterion;
  /** Unique in the page. */
  name: string;
  level: number | undefined;
  comment: string;
  isMissing: boolean;
  isOpen: boolean;
  onLevel: (level: number) => void;
  onComment: (text: string) => void;
  trans: TranslationBundle;
}

export function CriterionFields(props: CriterionProps): JSX.Element {
  const { criterion, name, level, comment, isMissing, isOpen, onLevel, onComment, trans } = props;
  return (
    <fieldset
      className="jp-nbcohort-Criterion"
      role="radiogroup"
      aria-invalid={isMissing}
      aria-required={true}
      aria-describedby={`${name}-about ${name}-missing`}
    >
      <legend>{criterion.title}</legend>
      <p id={`${name}-about`}>{criterion.description}</p>
      <p id={`${name}-missing`} className="jp-nbcohort-missing">
        {isMissing && trans.__('Choose a level.')}
      </p>
      {criterion.levels.map((one, i) => (
        <label key={i} className="jp-nbcohort-level">
          <input
            type="radio"
            name={name}
            checked={level === i}
            disabled={!isOpen}
            data-needs={i === 0 ? criterion.id : undefined}
            onChange={() => onLevel(i)}
          />
          <span>
            <strong>{one.title}</strong> <small>{trans._n('%1 point', '%1 points', one.points)}</small>
            {one.description && <span className="jp-nbcohort-description">{one.description}</span>}
          </span>
        </label>
      ))}
      <textarea
        className="jp-mod-styled"
        aria-label={trans.__('Comment on %1', criterion.title)}
        placeholder={trans.__('Comment: what do you see that makes you choose this level?')}
        rows={2}
        maxLength={20_000}
        readOnly={!isOpen}
        value={comment}
        onChange={event => onComment(event.target.value)}
      />
    </fieldset>
  );
}
