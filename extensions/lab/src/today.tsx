/** *Today*: what I have to do in all my cohorts, and what comes next. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import { type ISignal, Signal } from '@lumino/signaling';
import React, { useCallback, useEffect, useState } from 'react';

import type { Api, Coming, Task, TodayAnswer } from './api';
import { BeforeHandin } from './handin';
import { isStaff } from './round';
import { away, isSoon, shown } from './times';

/** How often the list is asked for again while it can be seen, in milliseconds. */
const EVERY = 5 * 60_000;

export interface TodayActions {
  /** Open a task; false if the Lab does not know how. */
  open(task: Task): boolean;
  openReceived(cohort: string): void;
  openRound(cohort: string): void;
}

interface PanelProps {
  api: Api;
  actions: TodayActions;
  trans: TranslationBundle;
}

interface TodayProps extends PanelProps {
  /** Emitted when the list should be looked at again. */
  changed: ISignal<unknown, void>;
}

export class TodayPanel extends ReactWidget {
  private readonly changed = new Signal<this, void>(this);

  constructor(private readonly props: PanelProps) {
    super();
    this.id = 'nbcohort-today';
    this.addClass('jp-nbcohort-Today');
  }

  /** Look at the list again. */
  refresh(): void {
    this.changed.emit();
  }

  render(): JSX.Element {
    return <Today {...this.props} changed={this.changed} />;
  }
}

function Today({ api, actions, trans, changed }: TodayProps): JSX.Element {
  const [answer, setAnswer] = useState<TodayAnswer | null>(null);
  const [asked, setAsked] = useState(0);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(true);
  const refresh = useCallback(async () => {
    setBusy(true);
    try {
      setAnswer(await api.today());
      setAsked(Date.now());
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  }, [api]);
  useEffect(() => {
    void refresh();
    const timer = setInterval(() => document.hidden || void refresh(), EVERY);
    const again = (): void => void refresh();
    changed.connect(again);
    return () => {
      clearInterval(timer);
      changed.disconnect(again);
    };
  }, [refresh, changed]);
  const now = answer ? new Date(answer.now).getTime() + Date.now() - asked : Date.now();
  return (
    <div className="jp-nbcohort-Today-content" aria-busy={busy}>
      <header>
        <h2>{trans.__('Today')}</h2>
        <button
          className="jp-nbcohort-iconButton"
          title={trans.__('Look again')}
          aria-label={trans.__('Look again')}
          disabled={busy}
          onClick={() => void refresh()}
        >
          <refreshIcon.react tag="span" />
        </button>
      </header>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {busy && !answer && <p>{trans.__('Asking the course service …')}</p>}
      </div>
      {answer && <Lists {...{ answer, now, api, asked, actions, trans }} />}
    </div>
  );
}

interface ListsProps {
  answer: TodayAnswer;
  now: number;
  api: Api;
  /** When the answer came, in milliseconds. */
  asked: number;
  actions: TodayActions;
  trans: TranslationBundle;
}

function Lists({ answer, now, api, asked, actions, trans }: ListsProps): JSX.Element {
  if (answer.cohorts.length === 0) {
    return <p>{trans.__('You are in no cohort yet. Ask an instructor to add you.')}</p>;
  }
  const many = answer.cohorts.length > 1;
  const open = answer.tasks.filter(task => !task.done);
  const done = answer.tasks.filter(task => task.done);
  const list = (tasks: Task[]): JSX.Element => (
    <ul>
      {tasks.map(task => (
        <TaskItem key={`${task.cohort} ${task.id}`} {...{ task, many, now, actions, trans }} />
      ))}
    </ul>
  );
  return (
    <>
      <section aria-labelledby="nbcohort-todo">
        <h3 id="nbcohort-todo">{trans.__('To do')}</h3>
        {open.length > 0 ? list(open) : <p>{trans.__('Nothing to do right now.')}</p>}
      </section>
      <section aria-labelledby="nbcohort-coming">
        <h3 id="nbcohort-coming">{trans.__('What comes next')}</h3>
        {answer.coming.length === 0 && <p>{trans.__('Nothing is planned yet.')}</p>}
        <ul>
          {answer.coming.slice(0, 6).map((event, i) => (
            <li key={i}>
              <span>{sentence(event, trans)}</span>
              <Due at={event.at} now={now} trans={trans} soon={false} />
              {many && <small>{event.cohort_title}</small>}
              {event.kind === 'due' && <BeforeHandin {...{ event, api, asked, trans }} />}
            </li>
          ))}
        </ul>
      </section>
      {done.length > 0 && (
        <section aria-labelledby="nbcohort-done">
          <h3 id="nbcohort-done">{trans.__('Done, and open for changes')}</h3>
          {list(done)}
        </section>
      )}
      <Links {...{ answer, actions, trans }} />
    </>
  );
}

/** The ways to what came of one's work and, for staff, to rounds. */
function Links({ answer, actions, trans }: Pick<ListsProps, 'answer' | 'actions' | 'trans'>): JSX.Element {
  const many = answer.cohorts.length > 1;
  const learning = answer.cohorts.filter(one => !isStaff(one));
  const staff = answer.cohorts.filter(isStaff);
  return (
    <>
      {staff.length > 0 && (
        <section aria-labelledby="nbcohort-staff">
          <h3 id="nbcohort-staff">{trans.__('For staff')}</h3>
          {staff.map(one => (
            <button key={one.cohort} className="jp-nbcohort-link" onClick={() => actions.openRound(one.cohort)}>
              {many ? trans.__('Rounds of reviews, %1', one.title) : trans.__('Rounds of reviews')}
            </button>
          ))}
        </section>
      )}
      {learning.length > 0 && (
        <section aria-labelledby="nbcohort-received">
          <h3 id="nbcohort-received">{trans.__('What others said')}</h3>
          {learning.map(one => (
            <button key={one.cohort} className="jp-nbcohort-link" onClick={() => actions.openReceived(one.cohort)}>
              {many ? trans.__('Reviews of my work, %1', one.title) : trans.__('Reviews of my work')}
            </button>
          ))}
          <small>{trans.__('and how my own reviews helped')}</small>
        </section>
      )}
    </>
  );
}

interface TaskItemProps {
  task: Task;
  many: boolean;
  now: number;
  actions: TodayActions;
  trans: TranslationBundle;
}

function TaskItem({ task, many, now, actions, trans }: TaskItemProps): JSX.Element {
  const [cannot, setCannot] = useState(false);
  return (
    <li className={task.done ? 'jp-nbcohort-mod-done' : ''}>
      <button className="jp-nbcohort-link" onClick={() => setCannot(!actions.open(task))}>
        {task.done && <span aria-hidden="true">✓ </span>}
        {task.title}
      </button>
      {task.due_at && <Due at={task.due_at} now={now} trans={trans} soon={!task.done} />}
      {many && <small>{task.cohort_title}</small>}
      {cannot && <p role="alert">{trans.__('JupyterLab cannot open this kind of task; use the command nbcohort.')}</p>}
    </li>
  );
}

interface DueProps {
  at: string;
  now: number;
  /** Whether it is marked when little time is left. */
  soon: boolean;
  trans: TranslationBundle;
}

function Due({ at, now, soon, trans }: DueProps): JSX.Element {
  const marked = soon && isSoon(at, now);
  return (
    <time dateTime={at} className={marked ? 'jp-nbcohort-mod-soon' : ''}>
      {trans.__('%1 (%2)', shown(at), away(at, now, trans))}
    </time>
  );
}

function sentence(event: Coming, trans: TranslationBundle): string {
  switch (event.kind) {
    case 'due':
      return trans.__('Hand in %1', event.title);
    case 'release':
      return trans.__('%1 is released', event.title);
    case 'review':
      return trans.__('Reviews of %1 begin', event.title);
  }
}
