/** What comparisons say of a work: to its author, to other reviewers, and to staff. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { Comparisons, Found } from './comparing';
import type { StaffWork } from './roundapi';

/** For its author and other reviewers: the other work has no name there. */
export function ComparedWork({ compared, trans }: { compared: readonly Found[]; trans: TranslationBundle }): JSX.Element | null {
  if (compared.length === 0) {
    return null;
  }
  return (
    <ul className="jp-nbcohort-compared">
      {compared.map(({ better, why }, i) => (
        <li key={i}>
          <strong>
            {better ? trans.__('Found better than another work, because:') : trans.__('Found not as good as another work, because:')}
          </strong>
          <p className="jp-nbcohort-said">{why}</p>
        </li>
      ))}
    </ul>
  );
}

interface StaffProps {
  comparisons: Comparisons;
  /** Of the round: one of their tasks is the one that a comparison names. */
  works: readonly StaffWork[];
  trans: TranslationBundle;
}

/** For staff: what a review says of its work and others, which are called by their pseudonyms. */
export function ComparedForStaff({ comparisons, works, trans }: StaffProps): JSX.Element | null {
  const said = Object.entries(comparisons).filter(([, { better }]) => better !== null);
  if (said.length === 0) {
    return null;
  }
  const nameOf = (task: string): string =>
    works.find(work => work.tasks.some(one => one.id === task))?.pseudonym ?? trans.__('that was taken away');
  return (
    <ul className="jp-nbcohort-compared">
      {said.map(([task, { better, why }]) => (
        <li key={task}>
          <strong>
            {better ? trans.__('Better than work %1, because:', nameOf(task)) : trans.__('Not as good as work %1, because:', nameOf(task))}
          </strong>
          <p className="jp-nbcohort-said">{why}</p>
        </li>
      ))}
    </ul>
  );
}
