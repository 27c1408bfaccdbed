/** What the checks found in the work that is reviewed. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { Api } from './api';

interface Finding {
  what: string;
  notebook: string;
  check: string | null;
  cell: number | null;
  passed: boolean;
  message: string | null;
  hint: string | null;
}

interface Checked {
  passed: boolean;
  trouble: string | null;
  findings: Finding[];
}

interface ChecksProps {
  api: Api;
  root: string;
  trans: TranslationBundle;
}

export function Checks({ api, root, trans }: ChecksProps): JSX.Element {
  const [answer, setAnswer] = useState<{ result: Checked | null } | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    api.ask<{ result: Checked | null }>(`${root}/checks`).then(setAnswer, (error: Error) => setProblem(error.message));
  }, [api, root]);
  const result = answer?.result;
  if (!result) {
    return (
      <p className="jp-nbcohort-Checks">
        {problem || (answer ? trans.__('Check results: this work has not been checked.') : trans.__('Check results: loading …'))}
      </p>
    );
  }
  const passed = result.findings.filter(one => one.passed).length;
  return (
    <details className="jp-nbcohort-Checks">
      <summary>
        {trans.__('Check results: %1 of %2 passed', passed, result.findings.length)}
        {result.trouble && ` · ${trans.__('there was trouble')}`}
      </summary>
      {result.trouble && <p className="jp-nbcohort-said">{result.trouble}</p>}
      <ul>
        {result.findings.map((one, i) => (
          <li key={i}>
            <span aria-hidden="true">{one.passed ? '✓' : '✗'}</span>{' '}
            <strong>{one.passed ? trans.__('Passed:') : trans.__('Failed:')}</strong> {one.what}
            <small> {placeOf(one, trans)}</small>
            {one.message && <p className="jp-nbcohort-said">{one.message}</p>}
            {one.hint && <p className="jp-nbcohort-said">{one.hint}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Return where a finding is; a cell's number is of the check where one was at work, else of the work. */
function placeOf({ notebook, check, cell }: Finding, trans: TranslationBundle): string {
  if (check !== null) {
    return trans.__('%1, check “%2”', notebook, check);
  }
  return cell === null ? notebook : trans.__('%1, cell %2', notebook, cell);
}
