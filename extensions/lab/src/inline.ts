/**
 * Comments at a cell of the work, or at a text selected in it. Pure.
 *
 * There is at most one comment for a place: whoever comments there again goes on with it. So the place is its name, in
 * two windows as well as in one.
 */

/** As the service has it: `cell` is the cell's id, null for the file as a whole; `quote` what was selected in it. */
export interface Inline {
  file: string;
  cell: string | null;
  quote: string;
  text: string;
}

/** What a comment is about. */
export type Place = Omit<Inline, 'text'>;

/** The longest quote, and the most comments, that the service takes. */
const LONGEST = 2_000;
export const MOST = 300;

/** Return the name of a place. */
export function nameOf({ file, cell, quote }: Place): string {
  return JSON.stringify([file, cell, quote]);
}

/** Return a selected text as a comment quotes it. */
export function quotable(selected: string): string {
  return selected.replaceAll('\0', '').trim().slice(0, LONGEST).trim();
}

/** Return comments without those that have no text; two at the same place become one. */
export function written(comments: readonly Inline[]): Inline[] {
  const texts = textsOf(comments);
  return [...texts].filter(([, text]) => text.trim() !== '').map(([name, text]) => ofName(name, text));
}

/** Return name of the place -> text. */
export function textsOf(comments: readonly Inline[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const one of comments) {
    const name = nameOf(one);
    const before = texts.get(name);
    texts.set(name, before ? `${before}\n\n${one.text}` : one.text);
  }
  return texts;
}

export function ofName(name: string, text: string): Inline {
  const [file, cell, quote] = JSON.parse(name) as [string, string | null, string];
  return { file, cell, quote, text };
}

/** Return `comments` with `text` at `place`. */
export function withText(comments: readonly Inline[], place: Place, text: string): Inline[] {
  const name = nameOf(place);
  const others = comments.filter(one => nameOf(one) !== name);
  const at = comments.findIndex(one => nameOf(one) === name);
  const { file, cell, quote } = place;
  others.splice(at < 0 ? others.length : at, 0, { file, cell, quote, text });
  return others;
}

/** Return `comments` without the one at `place`. */
export function without(comments: readonly Inline[], place: Place): Inline[] {
  return comments.filter(one => nameOf(one) !== nameOf(place));
}

/** Return comments in the order of the work, as far as `cells` (file -> ids of its cells, in order) tells it. */
export function inOrder(comments: readonly Inline[], cells: Record<string, readonly (string | null)[]>): Inline[] {
  const number = ({ file, cell }: Inline): number => (cell === null ? -1 : (cells[file]?.indexOf(cell) ?? -1));
  return [...comments].sort((a, b) => (a.file === b.file ? number(a) - number(b) : a.file < b.file ? -1 : 1));
}

/**
 * Return where `quote` stands in `text`, as two offsets; null if it is not there.
 *
 * White space is not compared: what a browser selects has it where lines and cells of a table end, the page elsewhere.
 */
export function find(text: string, quote: string): [number, number] | null {
  const wanted = quote.replace(/\s+/g, '');
  const offsets: number[] = [];
  let dense = '';
  for (let i = 0; i < text.length; i += 1) {
    if (!/\s/.test(text[i] ?? '')) {
      offsets.push(i);
      dense += text[i];
    }
  }
  const at = wanted === '' ? -1 : dense.indexOf(wanted);
  return at < 0 ? null : [offsets[at] ?? 0, (offsets[at + wanted.length - 1] ?? 0) + 1];
}
