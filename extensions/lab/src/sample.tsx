/** Calibration: a sample that the instructor has scored, scored by me in the same workspace; then how we compare. */

import { type IThemeManager, ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';
import React, { useCallback, useEffect, useRef, useState } from 'react';

import { type Api, type Criterion, Problem, type WorkFile } from './api';
import { Drafts } from './drafts';
import { EMPTY, type Form, formOf, missing } from './forms';
import { CriterionFields, Overall } from './review';
import { Work } from './work';
import type { CellIds } from './workapi';

/** My level and the instructor's, as indices, and why theirs. */
interface ComparedCriterion {
  id: string;
  title: string;
  mine: number;
  staff: number;
  reason: string;
}

interface Compared {
  agreement: number;
  criteria: ComparedCriterion[];
  overall: string;
}

interface OpenedSample {
  sample: { id: string; assignment: string; pseudonym: string; rubric: Criterion[]; scored: boolean };
  files: WorkFile[];
  compared: Compared | null;
}

/** One sample that is scored. What is typed is kept in this browser until it is sent: the service keeps no draft of it. */
export class SampleSession {
  opened: OpenedSample | null = null;
  form: Form = EMPTY;
  missing: string[] = [];
  problem = '';
  announcement = '';
  busy = false;

  private readonly drafts: Drafts;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _scored = new Signal<this, void>(this);

  constructor(
    private readonly api: Api,
    readonly cohort: string,
    readonly sample: string,
    private readonly trans: TranslationBundle
  ) {
    this.drafts = new Drafts(localStorage, api.place, `${cohort}/${sample}`, Math.random().toString(36).slice(2));
  }

  get root(): string {
    return `cohorts/${this.cohort}/review/samples/${this.sample}`;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the sample has been scored. */
  get scored(): ISignal<this, void> {
    return this._scored;
  }

  async load(): Promise<void> {
    this.problem = '';
    this._changed.emit();
    try {
      this.opened = await this.api.ask<OpenedSample>(this.root);
      if (this.opened.compared) {
        this.drafts.saved(this.form);
      } else {
        this.form = this.drafts.restore(EMPTY, '');
      }
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this._changed.emit();
  }

  change(form: Form): void {
    this.form = form;
    this.missing = this.missing.length > 0 ? missing(form, this.opened?.sample.rubric ?? []) : [];
    this.announcement = this.drafts.keep(EMPTY, form)
      ? ''
      : this.trans.__('This browser has no room to keep what you type; send it before you close this.');
    this._changed.emit();
  }

  /** Send the scores; returns what is missing, if something is. */
  async submit(): Promise<string[]> {
    this.missing = missing(this.form, this.opened?.sample.rubric ?? []);
    if (this.missing.length > 0) {
      this.announcement = this.trans.__('The form is not complete yet; nothing was sent.');
      this._changed.emit();
      return this.missing;
    }
    this.busy = true;
    this._changed.emit();
    const { scores, comments, overall } = formOf(this.form);
    try {
      const compared = await this.api.ask<Compared>(`${this.root}/score`, { scores, comments, overall });
      this.opened = this.opened && { ...this.opened, compared };
      this.announcement = this.trans.__('Scored. Here is how you and the instructor compare.');
      this.drafts.saved(this.form);
      this._scored.emit();
    } catch (error) {
      this.announcement = (error as Error).message;
      if (error instanceof Problem && error.status === 409) {
        await this.load(); // it was scored: in another window, or the answer was lost
      }
    }
    this.busy = false;
    this._changed.emit();
    return [];
  }
}

interface SampleProps {
  api: Api;
  cohort: string;
  sample: string;
  themes: IThemeManager | null;
  trans: TranslationBundle;
}

export class SamplePanel extends ReactWidget {
  readonly session: SampleSession;

  constructor(private readonly props: SampleProps) {
    super();
    this.addClass('jp-nbcohort-Review');
    this.session = new SampleSession(props.api, props.cohort, props.sample, props.trans);
    void this.session.load();
  }

  dispose(): void {
    Signal.clearData(this.session);
    super.dispose();
  }

  render(): JSX.Element {
    return <UseSignal signal={this.session.changed}>{() => <Sample {...this.props} session={this.session} />}</UseSignal>;
  }
}

interface SessionProps extends SampleProps {
  session: SampleSession;
}

const NO_COMMENTS: never[] = [];

function Sample({ session, api, themes, trans }: SessionProps): JSX.Element {
  const { opened, problem } = session;
  const [cells, setCells] = useState<Record<string, CellIds>>({});
  const onCells = useCallback((file: string, ids: CellIds) => setCells(known => ({ ...known, [file]: ids })), []);
  if (!opened) {
    return (
      <div role="status" className="jp-nbcohort-Review-nothing">
        {problem ? (
          <p className="jp-nbcohort-problem">
            {problem}{' '}
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
  const shownWork = { root: session.root, pseudonym: opened.sample.pseudonym, files: opened.files };
  const work = (theme: string): JSX.Element => (
    <Work {...{ api, theme, trans, cells, onCells }} work={shownWork} comments={NO_COMMENTS} onComment={null} target={null} />
  );
  return (
    <div className="jp-nbcohort-Review-sides">
      {themes ? (
        <UseSignal signal={themes.themeChanged}>{() => work(themes.theme ?? '')}</UseSignal>
      ) : (
        work('')
      )}
      {opened.compared ? (
        <Comparison {...{ opened, compared: opened.compared, session, trans }} />
      ) : (
        <SampleForm {...{ opened, session, trans }} />
      )}
    </div>
  );
}

interface FormProps {
  opened: OpenedSample;
  session: SampleSession;
  trans: TranslationBundle;
}

function SampleForm({ opened, session, trans }: FormProps): JSX.Element {
  const { form } = session;
  const { sample } = opened;
  const element = useRef<HTMLFormElement>(null);
  const change = (changes: Partial<Form>): void => session.change({ ...form, ...changes });
  const submit = async (): Promise<void> => {
    const [first] = await session.submit();
    element.current?.querySelector<HTMLElement>(`[data-needs="${CSS.escape(first ?? '')}"]`)?.focus();
  };
  const id = `nbcohort-${sample.id}`;
  return (
    <form
      ref={element}
      className="jp-nbcohort-Form"
      aria-label={trans.__('Your scores of sample %1', sample.pseudonym)}
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{trans.__('Score sample %1', sample.pseudonym)}</h2>
      <p>{trans.__('A sample to practise on, which the instructor has scored. You score it once; then you see how you compare, and why.')}</p>
      {sample.rubric.map(criterion => (
        <CriterionFields
          key={criterion.id}
          {...{ criterion, trans }}
          isOpen={true}
          name={`${id}-${criterion.id}`}
          level={form.scores[criterion.id]}
          comment={form.comments[criterion.id] ?? ''}
          isMissing={session.missing.includes(criterion.id)}
          onLevel={level => change({ scores: { ...form.scores, [criterion.id]: level } })}
          onComment={text => change({ comments: { ...form.comments, [criterion.id]: text } })}
        />
      ))}
      <Overall
        {...{ id, trans }}
        isOpen={true}
        isMissing={session.missing.includes('overall')}
        text={form.overall}
        onChange={overall => change({ overall })}
      />
      <footer>
        <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={session.busy}>
          {trans.__('Score, and compare')}
        </button>
        <span className="jp-nbcohort-standing">{trans.__('What you type is kept in this browser until then.')}</span>
        <p role="status" className="jp-nbcohort-announcement">
          {session.announcement}
        </p>
      </footer>
    </form>
  );
}

function Comparison({ opened, compared, session, trans }: FormProps & { compared: Compared }): JSX.Element {
  const { rubric, pseudonym } = opened.sample;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (session.announcement !== '') {
      heading.current?.focus(); // the form that had the focus has gone
    }
  }, []);
  const levelOf = (criterion: string, index: number): string =>
    rubric.find(one => one.id === criterion)?.levels[index]?.title ?? trans.__('no level');
  return (
    <section className="jp-nbcohort-Form jp-nbcohort-Comparison" aria-label={trans.__('How you compare on sample %1', pseudonym)}>
      <p role="status" className="jp-nbcohort-announcement">
        {session.announcement}
      </p>
      <h2 ref={heading} tabIndex={-1}>{trans.__('Sample %1: you and the instructor', pseudonym)}</h2>
      <p>{trans.__('You agree to %1 %. This is a part of the quality of your reviews.', Math.round(compared.agreement))}</p>
      {compared.criteria.map(one => (
        <section key={one.id} aria-label={one.title}>
          <h3>{one.title}</h3>
          <dl>
            <div>
              <dt>{trans.__('You')}</dt>
              <dd>{levelOf(one.id, one.mine)}</dd>
            </div>
            <div>
              <dt>{trans.__('Instructor')}</dt>
              <dd>
                {levelOf(one.id, one.staff)}
                {one.mine === one.staff && ` · ${trans.__('the same')}`}
              </dd>
            </div>
          </dl>
          {one.reason && (
            <p className="jp-nbcohort-said">
              <strong>{trans.__('Why:')}</strong> {one.reason}
            </p>
          )}
        </section>
      ))}
      <h3>{trans.__('The instructor, on the whole')}</h3>
      <p className="jp-nbcohort-said">{compared.overall}</p>
      <p>{trans.__('Go on with the next one on Today.')}</p>
    </section>
  );
}
