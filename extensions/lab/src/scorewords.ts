/** A score in words. Pure. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Score } from './afterapi';

/** Return the sentences that say what a score rests on, and how sure it is. */
export function scoreInWords(score: Score, trans: TranslationBundle): string[] {
  const { overall, override, count, note, reason } = score;
  const sentences: string[] = [];
  if (override) {
    sentences.push(trans.__('Decided by staff: %1', override.reason));
  }
  if (overall && (override || overall.percent !== score.percent)) {
    sentences.push(trans._n('%1 review says %2 %.', '%1 reviews say %2 %.', count, overall.percent));
  } else if (overall && !override) {
    sentences.push(trans._n('From %1 review.', 'From %1 reviews.', count));
  }
  const interval = bounds(score);
  if (interval && !override) {
    sentences.push(trans.__('It is likely between %1 and %2 %.', rounded(interval[0]), rounded(interval[1])));
  } else if (overall && overall.spread !== null && !override) {
    sentences.push(
      overall.spread === 0
        ? trans.__('They agree.')
        : trans.__('They differ by %1 percentage points (standard deviation).', rounded(overall.spread))
    );
  }
  return [...sentences, ...[reason, note].filter((one): one is string => Boolean(one))];
}

function bounds({ interval }: Score): [number, number] | null {
  if (!interval) {
    return null;
  }
  return Array.isArray(interval) ? interval : [interval.low, interval.high];
}

/** Return a number with one digit after the point, where it has any. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
