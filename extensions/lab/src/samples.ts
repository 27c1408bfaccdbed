/** The command that opens a sample, and its tabs. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { type IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { usersIcon } from '@jupyterlab/ui-components';

import type { Api } from './api';
import { SamplePanel } from './sample';

export const SAMPLE = 'nbcohort:sample';

/** A sample's link, as the service gives it. */
export const SAMPLE_LINK = /^\/cohorts\/([a-z0-9-]+)\/review\/samples\/([A-Za-z0-9_-]+)$/;

interface Needs {
  api: Api;
  trans: TranslationBundle;
  themes: IThemeManager | null;
  restorer: ILayoutRestorer | null;
  onScored: () => void;
}

export function addSamples(app: JupyterFrontEnd, { api, trans, themes, restorer, onScored }: Needs): void {
  const { commands, shell } = app;
  const samples = new WidgetTracker<MainAreaWidget<SamplePanel>>({ namespace: 'nbcohort-samples' });

  commands.addCommand(SAMPLE, {
    label: trans.__('Open a sample'),
    describedBy: {
      args: {
        type: 'object',
        properties: { cohort: { type: 'string' }, sample: { type: 'string' } },
        required: ['cohort', 'sample']
      }
    },
    execute: args => {
      const cohort = String(args.cohort);
      const sample = String(args.sample);
      const id = `nbcohort-sample-${cohort}-${sample}`;
      if (!samples.find(one => one.id === id)) {
        const content = new SamplePanel({ api, cohort, sample, themes, trans });
        const widget = new MainAreaWidget({ content });
        widget.id = id;
        widget.title.label = trans.__('Sample');
        widget.title.icon = usersIcon;
        content.session.scored.connect(onScored);
        content.session.changed.connect(({ opened }) => {
          widget.title.label = opened ? trans.__('Sample %1', opened.sample.pseudonym) : trans.__('Sample');
        });
        void samples.add(widget);
        shell.add(widget, 'main');
      }
      shell.activateById(id);
    }
  });

  if (restorer) {
    void restorer.restore(samples, {
      command: SAMPLE,
      name: widget => widget.id,
      args: ({ content }) => ({ cohort: content.session.cohort, sample: content.session.sample })
    });
  }
}
