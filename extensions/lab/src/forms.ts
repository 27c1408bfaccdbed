/** What a reviewer fills in, and how two versions of it become one without losing a word. Pure. */

import { type ComparedWith, type Comparisons, listed, said, together, undecided } from './comparing.ts';
import { type Inline, ofName, textsOf, written } from './inline.ts';

export interface Form {
  scores: Record<string, number>;
  comments: Record<string, string>;
  overall: string;
  inline: Inline[];
  comparisons: Comparisons;
}

/** The same from a service that may know no comparisons. */
export type Filled = Omit<Form, 'comparisons'> & Partial<Pick<Form, 'comparisons'>>;

export const EMPTY: Form = { scores: {}, comments: {}, overall: '', inline: [], comparisons: {} };

/** Return the parts of a form, without what else the service says of a review, and without empty comments. */
export function formOf(review: Filled): Form {
  const comments = Object.fromEntries(Object.entries(review.comments).filter(([, text]) => text.trim() !== ''));
  const { scores, overall, inline, comparisons = {} } = review;
  return { scores: { ...scores }, comments, overall, inline: written(inline), comparisons: said(comparisons) };
}

export function isSame(one: Filled, other: Filled): boolean {
  return canonical(one) === canonical(other);
}

function canonical(form: Filled): string {
  const { scores, comments, overall, inline, comparisons } = formOf(form);
  return JSON.stringify([
    Object.entries(scores).sort(),
    Object.entries(comments).sort(),
    overall,
    [...textsOf(inline)].sort(),
    listed(comparisons)
  ]);
}

/**
 * Return `mine` and `theirs`, which both came from `base`, in one.
 *
 * What only one of them changed is as that one has it. Where both wrote, both texts stay, mine first; where both chose a
 * level, or the better of two works, it is mine.
 */
export function merge(base: Form, mine: Form, theirs: Filled, divider: string): Form {
  const text = (was: string, my: string, their: string): string => {
    if (my === their || their === was) {
      return my;
    }
    if (my === was || their.includes(my)) {
      return their;
    }
    return my.includes(their) ? my : `${my}\n\n${divider}\n${their}`;
  };
  const scores: Record<string, number> = {};
  for (const name of keys(mine.scores, theirs.scores)) {
    const level = mine.scores[name] === base.scores[name] ? theirs.scores[name] : mine.scores[name];
    if (level !== undefined) {
      scores[name] = level;
    }
  }
  const comments: Record<string, string> = {};
  for (const name of keys(mine.comments, theirs.comments)) {
    comments[name] = text(base.comments[name] ?? '', mine.comments[name] ?? '', theirs.comments[name] ?? '');
  }
  const [was, my, their] = [base, mine, theirs].map(form => textsOf(form.inline)) as [Texts, Texts, Texts];
  const inline = [...new Set([...my.keys(), ...their.keys()])].map(name =>
    ofName(name, text(was.get(name) ?? '', my.get(name) ?? '', their.get(name) ?? ''))
  );
  const comparisons = together(base.comparisons, mine.comparisons, theirs.comparisons ?? {}, text);
  return formOf({ scores, comments, overall: text(base.overall, mine.overall, theirs.overall), inline, comparisons });
}

type Texts = Map<string, string>;

function keys(...records: Record<string, unknown>[]): Set<string> {
  return new Set(records.flatMap(record => Object.keys(record)));
}

/** Return what is missing before a review can be submitted: criteria without a level, comparisons, and 'overall'. */
export function missing(form: Form, criteria: { id: string }[], others: readonly ComparedWith[] = []): string[] {
  const without = criteria.filter(criterion => form.scores[criterion.id] === undefined).map(criterion => criterion.id);
  const all = [...without, ...undecided(form.comparisons, others)];
  return form.overall.trim() === '' ? [...all, 'overall'] : all;
}
