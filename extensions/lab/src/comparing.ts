/** Which of two works is better, and why: what a reviewer says of a work and each other one that they review. Pure. */

/** `better`: it is this work that is the better one; null: not decided yet. */
export interface Comparison {
  better: boolean | null;
  why: string;
}

/** By my task of reviewing the other work. */
export type Comparisons = Record<string, Comparison>;

/** What a comparison says of a work to others than its reviewer: the other work has no name there. */
export interface Found {
  better: boolean;
  why: string;
}

/** Another work that I review in the same round; I am asked about it once its review is `submitted`. */
export interface ComparedWith {
  task: string;
  pseudonym: string;
  submitted: boolean;
}

const NOTHING: Comparison = { better: null, why: '' };

/** Return what is said of this work and the other one. */
export function saidOf(comparisons: Comparisons, task: string): Comparison {
  return comparisons[task] ?? NOTHING;
}

/** Return comparisons without those that say nothing, each with its parts and no more. */
export function said(comparisons: Comparisons): Comparisons {
  const found = Object.entries(comparisons).filter(([, { better, why }]) => better !== null || why.trim() !== '');
  return Object.fromEntries(found.map(([task, { better, why }]) => [task, { better, why }]));
}

/**
 * Return what `form` says of works in `others` that `base` does not.
 *
 * Of two works, what the service gets last holds, whichever of the two reviews says it: what was there already may have
 * been said anew in the other one since. And a task that was taken away is not asked about any more.
 */
export function changed(base: Comparisons, form: Comparisons, others: readonly ComparedWith[]): Comparisons {
  const found = others.map(({ task }) => [task, saidOf(base, task), saidOf(form, task)] as const);
  return Object.fromEntries(
    found.filter(([, was, is]) => is.better !== was.better || is.why !== was.why).map(([task, , is]) => [task, is])
  );
}

/** Return comparisons as a list of which the order is always the same. */
export function listed(comparisons: Comparisons): [string, boolean | null, string][] {
  return Object.keys(comparisons)
    .sort()
    .map(task => [task, saidOf(comparisons, task).better, saidOf(comparisons, task).why]);
}

/** Return `mine` and `theirs`, which both came from `base`, in one; `text` does it for texts. */
export function together(
  base: Comparisons,
  mine: Comparisons,
  theirs: Comparisons,
  text: (was: string, my: string, their: string) => string
): Comparisons {
  const merged: Comparisons = {};
  for (const task of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const [was, my, their] = [saidOf(base, task), saidOf(mine, task), saidOf(theirs, task)];
    const better = my.better === was.better ? their.better : my.better;
    merged[task] = { better, why: text(was.why, my.why, their.why) };
  }
  return merged;
}

/** The fields of a comparison, as `undecided` and the form name them. */
export const BETTER = (task: string): string => `better:${task}`;
export const WHY = (task: string): string => `why:${task}`;

/** Return which fields are missing before a review can be submitted. */
export function undecided(comparisons: Comparisons, others: readonly ComparedWith[]): string[] {
  return others
    .filter(one => one.submitted)
    .flatMap(({ task }) => {
      const { better, why } = saidOf(comparisons, task);
      return [...(better === null ? [BETTER(task)] : []), ...(why.trim() === '' ? [WHY(task)] : [])];
    });
}
