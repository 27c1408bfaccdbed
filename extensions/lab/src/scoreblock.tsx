/** The score of a work: how sure it is, and how it came about. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { Ranged, Score } from './afterapi';
import type { Criterion } from './api';
import { rangeInWords, rounded, scoreInWords } from './scorewords';

interface ScoreProps {
  score: Score;
  rubric: readonly Criterion[];
  trans: TranslationBundle;
}

export function ScoreBlock({ score, rubric, trans }: ScoreProps): JSX.Element {
  const isSure = score.override !== null || score.staff !== null;
  return (
    <>
      <div className="jp-nbcohort-score">
        {score.percent !== null && (
          <div>
            <strong>{trans.__('%1 %', rounded(score.percent))}</strong>
            {score.overall && !isSure && <Interval range={score.overall} />}
          </div>
        )}
        <div>
          {scoreInWords(score, trans).map((sentence, i) => (
            <p key={i}>{sentence}</p>
          ))}
        </div>
      </div>
      <HowItCame {...{ score, rubric, trans }} />
    </>
  );
}

/** The score between 0 and 100 with its interval; a sentence beside it says the same. */
function Interval({ range: { percent, low, high } }: { range: Ranged }): JSX.Element | null {
  if (low === null || high === null) {
    return null;
  }
  return (
    <div className="jp-nbcohort-interval" aria-hidden="true">
      <span style={{ left: `${low}%`, width: `${high - low}%` }} />
      <i style={{ left: `${percent}%` }} />
    </div>
  );
}

function HowItCame({ score, rubric, trans }: ScoreProps): JSX.Element | null {
  const criteria = rubric.flatMap(criterion => {
    const found = score.criteria[criterion.id];
    return found ? [{ criterion, found }] : [];
  });
  if (score.reasons.length === 0 && criteria.length === 0) {
    return null;
  }
  return (
    <details className="jp-nbcohort-how">
      <summary>{trans.__('How this score came about')}</summary>
      <ul>
        {score.reasons.map((sentence, i) => (
          <li key={i}>{sentence}</li>
        ))}
      </ul>
      {criteria.length > 0 && (
        <dl>
          {criteria.map(({ criterion, found }) => (
            <div key={criterion.id}>
              <dt>{criterion.title}</dt>
              <dd>
                {trans.__('%1 %', rounded(found.percent))}
                {between(found, trans)} <span className="jp-nbcohort-said">{found.reason}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}

function between(found: Ranged, trans: TranslationBundle): string {
  const range = rangeInWords(found, trans);
  return range === null ? '.' : trans.__(', likely between %1.', range);
}
