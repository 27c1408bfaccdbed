/** Who is kind, strict and reliable, as far as the reviews up to this round tell. */

import React, { useEffect, useState } from 'react';

import type { Held } from './round';
import { nameOf, type Reviewer } from './roundapi';
import { Table } from './roundmembers';
import { rounded } from './scorewords';

export function ReviewersSection({ whole, rounds, trans }: Held): JSX.Element {
  const { id } = whole.round;
  const [reviewers, setReviewers] = useState<Reviewer[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    rounds.reviewers(id).then(
      found => {
        setReviewers([...found].sort((a, b) => nameOf(a.reviewer).localeCompare(nameOf(b.reviewer))));
        setProblem('');
      },
      (error: Error) => setProblem(error.message)
    );
  }, [rounds, id, whole]);
  const label = trans.__('Kind, strict, reliable');
  return (
    <section aria-labelledby="nbcohort-round-reviewers">
      <h3 id="nbcohort-round-reviewers">{label}</h3>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {!problem && !reviewers && <p>{trans.__('Loading …')}</p>}
        {reviewers?.length === 0 && <p>{trans.__('Reviews tell nothing of their reviewers here: there are too few of them, or they all count the same.')}</p>}
      </div>
      {reviewers && reviewers.length > 0 && (
        <Table
          {...{ label }}
          head={[
            trans.__('Reviewer'),
            trans.__('Reviews so far'),
            trans.__('Gives more than others (percentage points)'),
            trans.__('Reliability (0 to 1)')
          ]}
        >
          <tbody>
            {reviewers.map(one => (
              <tr key={one.reviewer.member}>
                <th scope="row">{nameOf(one.reviewer)}</th>
                <td>{one.reviews}</td>
                <td>{ranged(signed(one.bias), one.bias_low, one.bias_high, signed, trans)}</td>
                <td>
                  {one.reliability === null
                    ? '–'
                    : ranged(hundredths(one.reliability), one.reliability_low, one.reliability_high, hundredths, trans)}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

/** Return a value with its interval, where there is one. */
function ranged(
  value: string,
  low: number | null,
  high: number | null,
  words: (one: number) => string,
  trans: Held['trans']
): string {
  return low === null || high === null ? value : trans.__('%1 (%2 to %3)', value, words(low), words(high));
}

function signed(value: number): string {
  const short = rounded(value);
  return short > 0 ? `+${short}` : String(short).replace('-', '−');
}

function hundredths(value: number): string {
  return value.toFixed(2);
}
