/** A score in words. Pure. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Ranged, Score } from './afterapi';

/** Return the sentences that say what a score rests on, and how sure it is. */
export function scoreInWords(score: Score, trans: TranslationBundle): string[] {
  const { overall, override, staff, count, note, won = null } = score;
  const sentences: string[] = [];
  if (override) {
    sentences.push(trans.__('Decided by staff: %1', override.reason));
    if (overall) {
      const percent = rounded(overall.percent);
      sentences.push(
        won === null
          ? trans._n('%1 review says %2 %.', '%1 reviews say %2 %.', count, percent)
          : trans._n('%1 comparison says %2 %.', '%1 comparisons say %2 %.', count, percent)
      );
    }
  } else if (staff !== null) {
    sentences.push(trans.__('Staff reviewed it, and their score counts.'));
  } else if (overall) {
    const from =
      won === null
        ? trans._n('From %1 review.', 'From %1 reviews.', count)
        : trans._n('Found better in %2 of %1 comparison.', 'Found better in %2 of %1 comparisons.', count, won);
    sentences.push(from, ...howSure(overall, trans));
  }
  return note === null ? sentences : [...sentences, note];
}

function howSure(overall: Ranged, trans: TranslationBundle): string[] {
  const between = rangeInWords(overall, trans);
  if (between !== null) {
    return [trans.__('It is likely between %1.', between)];
  }
  if (overall.spread === null) {
    return [];
  }
  return [
    overall.spread === 0
      ? trans.__('They agree.')
      : trans.__('They differ by %1 percentage points (standard deviation).', rounded(overall.spread))
  ];
}

/** Return "47 and 62 %"; null where nothing tells how sure it is. */
export function rangeInWords({ low, high }: Ranged, trans: TranslationBundle): string | null {
  return low === null || high === null ? null : trans.__('%1 and %2 %', Math.round(low), Math.round(high));
}

/** Return a number with one digit after the point, where it has any. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
