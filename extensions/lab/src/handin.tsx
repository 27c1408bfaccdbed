/** What I should know of my files before I hand them in: why they would not be taken, what reviewers see of me. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { Api, Coming } from './api';

interface BeforeHandinProps {
  api: Api;
  event: Coming;
  /** Changes when the files should be looked at again. */
  asked: number;
  trans: TranslationBundle;
}

export function BeforeHandin({ api, event, asked, trans }: BeforeHandinProps): JSX.Element | null {
  const [notices, setNotices] = useState<string[]>([]);
  const { cohort, assignment } = event;
  useEffect(() => {
    let wanted = true;
    const show = (found: string[]): void => void (wanted && setNotices(found));
    api.beforeHandin(cohort, assignment).then(show, (error: Error) => show([error.message]));
    return () => {
      wanted = false;
    };
  }, [api, cohort, assignment, asked]);
  if (notices.length === 0) {
    return null;
  }
  return (
    <details className="jp-nbcohort-Notices" open>
      <summary>{trans._n('Before you hand in: %1 notice', 'Before you hand in: %1 notices', notices.length)}</summary>
      <ul>
        {notices.map((sentence, i) => (
          <li key={i}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
}
