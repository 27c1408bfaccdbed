/** The certificate of a round's allocation: what it kept of its promises. */

import React from 'react';

import type { Held } from './round';
import { rounded } from './scorewords';

export function CertificateSection({ whole, trans }: Held): JSX.Element {
  const { certificate: swap, unavoidable, seed } = whole.round;
  const range = ([fewest, most]: [number, number]): string =>
    fewest === most ? String(fewest) : trans.__('%1 to %2', fewest, most);
  const rows: [string, string | number][] = [
    [trans.__('Works swapped'), swap.works],
    [trans.__('Reviewers'), swap.reviewers],
    [trans.__('Reviews for each work (asked for: %1)', swap.k), range(swap.reviews_per_work)],
    [trans.__('Tasks for each reviewer'), range(swap.tasks_per_reviewer)],
    [trans.__('Own works to review'), swap.own_work],
    [trans.__('Reviews in spite of a conflict'), swap.conflicts],
    [trans.__('Pairs who review each other'), swap.mutual_pairs],
    [trans.__('Reviewers who had that author before'), swap.repeats],
    [trans.__('Pairs of works with two reviewers in common'), swap.overlaps],
    [trans.__('How well mixed: second singular value over k (0 best, 1 worst)'), rounded(swap.second_singular_value * 10) / 10],
    [trans.__('Seed, from which the swap can be done again'), seed]
  ];
  return (
    <section aria-labelledby="nbcohort-round-swap">
      <h3 id="nbcohort-round-swap">{trans.__('The swap')}</h3>
      {unavoidable.map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
      {unavoidable.length === 0 && <p>{trans.__('It keeps all it promises.')}</p>}
      <details>
        <summary>{trans.__('Certificate')}</summary>
        <dl className="jp-nbcohort-certificate">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
