/** Nbcohort in JupyterLab: the panel *Today*, and the workspace for reviews. */

import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { usersIcon } from '@jupyterlab/ui-components';

import { Api, type Task } from './api';
import { ReceivedPanel } from './received';
import { ReviewPanel } from './review';
import { RoundPanel } from './round';
import { addSamples, SAMPLE, SAMPLE_LINK } from './samples';
import { TodayPanel } from './today';

const TODAY = 'nbcohort:today';
const REVIEW = 'nbcohort:review';
const RECEIVED = 'nbcohort:received';
const ROUND = 'nbcohort:round';

/** From how many pixels on a tab has room for another one beside it. */
const WIDE = 640;

/** A task's link, as the service gives it, for what the Lab can open. */
const REVIEW_LINK = /^\/cohorts\/([a-z0-9-]+)\/review\/tasks\/([A-Za-z0-9_-]+)$/;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nbcohort-lab:plugin',
  description: 'Today, and the workspace for reviews.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ITranslator, IThemeManager],
  activate
};

function activate(
  app: JupyterFrontEnd,
  lab: ILabShell | null,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null,
  translator: ITranslator | null,
  themes: IThemeManager | null
): void {
  const trans = (translator ?? nullTranslator).load('nbcohort');
  const api = new Api(app.serviceManager.serverSettings, {
    unreachable: trans.__('Your server does not answer. Nothing that you typed is lost.'),
    unexpected: trans.__('Something answered that is not your server.')
  });
  const { commands, shell } = app;
  const reviews = new WidgetTracker<MainAreaWidget<ReviewPanel>>({ namespace: 'nbcohort-reviews' });
  const received = new WidgetTracker<MainAreaWidget<ReceivedPanel>>({ namespace: 'nbcohort-received' });

  const openTask = (task: Task): boolean => {
    const [, place, sample] = SAMPLE_LINK.exec(task.link) ?? [];
    if (sample !== undefined) {
      void commands.execute(SAMPLE, { cohort: place, sample });
      return true;
    }
    const [, cohort, id] = REVIEW_LINK.exec(task.link) ?? [];
    if (id === undefined) {
      return false;
    }
    void commands.execute(REVIEW, { cohort, task: id });
    return true;
  };
  const openReceived = (cohort: string): void => void commands.execute(RECEIVED, { cohort });
  const openRound = (cohort: string): void => void commands.execute(ROUND, { cohort });
  const today = new TodayPanel({ api, trans, actions: { open: openTask, openReceived, openRound } });
  today.title.icon = usersIcon;
  today.title.caption = trans.__('Cohort: what is to do today');
  shell.add(today, 'left', { rank: 300 });
  restorer?.add(today, today.id);

  commands.addCommand(TODAY, {
    label: trans.__('Cohort: Today'),
    caption: trans.__('Show what I have to do in my cohort'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => lab?.activateById(today.id)
  });
  palette?.addItem({ command: TODAY, category: trans.__('Cohort') });

  commands.addCommand(REVIEW, {
    label: trans.__('Open a review'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          cohort: { type: 'string' },
          task: { type: 'string' },
          beside: { type: 'string', description: 'The id of the tab beside which it is shown' }
        },
        required: ['cohort', 'task']
      }
    },
    execute: args => {
      const cohort = String(args.cohort);
      const task = String(args.task);
      const id = `nbcohort-review-${cohort}-${task}`;
      const open = reviews.find(one => one.id === id);
      const widget = open ?? reviewWidget(cohort, task);
      widget.id = id;
      show(widget, reviews, open !== undefined, reviews.find(one => one.id === args.beside));
    }
  });

  commands.addCommand(RECEIVED, {
    label: trans.__('Reviews of my work'),
    describedBy: {
      args: { type: 'object', properties: { cohort: { type: 'string' } }, required: ['cohort'] }
    },
    execute: args => {
      const cohort = String(args.cohort);
      const id = `nbcohort-received-${cohort}`;
      received.find(one => one.id === id)?.dispose(); // it is looked up anew
      const widget = new MainAreaWidget({ content: new ReceivedPanel({ api, cohort, themes, trans }) });
      widget.id = id;
      widget.title.label = trans.__('Reviews of my work');
      widget.title.icon = usersIcon;
      show(widget, received, false);
    }
  });

  const rounds = new WidgetTracker<MainAreaWidget<RoundPanel>>({ namespace: 'nbcohort-rounds' });
  commands.addCommand(ROUND, {
    label: trans.__('Cohort: Round of reviews'),
    caption: trans.__('Show staff how a round of reviews stands'),
    describedBy: { args: { type: 'object', properties: { cohort: { type: 'string' } } } },
    execute: args => {
      rounds.currentWidget?.dispose(); // it is looked up anew
      const cohort = typeof args.cohort === 'string' ? args.cohort : null;
      const widget = new MainAreaWidget({ content: new RoundPanel({ api, cohort, themes, trans }) });
      widget.id = 'nbcohort-round';
      widget.title.label = trans.__('Round of reviews');
      widget.title.icon = usersIcon;
      show(widget, rounds, false);
    }
  });
  palette?.addItem({ command: ROUND, category: trans.__('Cohort') });

  function reviewWidget(cohort: string, task: string): MainAreaWidget<ReviewPanel> {
    const open = (where: string, which: string, beside: boolean): void =>
      void commands.execute(REVIEW, { cohort: where, task: which, ...(beside && { beside: widget.id }) });
    const content = new ReviewPanel({ api, cohort, task, themes, trans, open });
    const widget: MainAreaWidget<ReviewPanel> = new MainAreaWidget({ content });
    widget.title.label = trans.__('Review');
    widget.title.icon = usersIcon;
    content.session.concernsOthers.connect(({ task: changed }) =>
      reviews.forEach(({ content: { session } }) => {
        if (session.comparedWith.some(one => one.task === changed)) {
          void session.refresh();
        }
      })
    );
    content.session.submitted.connect(() => today.refresh());
    content.session.changed.connect(({ opened }) => {
      widget.title.label = opened ? trans.__('Review %1', opened.task.pseudonym) : trans.__('Review');
      widget.title.caption = opened?.task.title ?? '';
    });
    return widget;
  }

  function show<W extends MainAreaWidget>(widget: W, tracker: WidgetTracker<W>, isThere: boolean, beside?: W): void {
    if (!isThere) {
      void tracker.add(widget);
    }
    if (beside && beside.node.clientWidth >= WIDE && !widget.isVisible) {
      shell.add(widget, 'main', { mode: 'split-right', ref: beside.id });
    } else if (!isThere) {
      shell.add(widget, 'main');
    }
    shell.activateById(widget.id);
  }

  addSamples(app, { api, trans, themes, restorer, onScored: () => today.refresh() });

  if (restorer) {
    void restorer.restore(reviews, {
      command: REVIEW,
      name: widget => widget.id,
      args: ({ content }) => ({ cohort: content.session.cohort, task: content.session.task })
    });
  }
}

export default plugin;
