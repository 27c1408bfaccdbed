/** What is typed is never lost: not by a reload, not in two windows, not when the service is away. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Drafts, type Shelf } from '../src/drafts.ts';
import { EMPTY, type Form, formOf, isSame, merge, missing } from '../src/forms.ts';
import { find, type Inline, inOrder, withText } from '../src/inline.ts';

class Memory implements Shelf {
  private readonly items = new Map<string, string>();
  room = Infinity;
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (value.length > this.room) {
      throw new Error('full');
    }
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const form = (overall: string, more: Partial<Form> = {}): Form => ({ ...EMPTY, overall, ...more });
const drafts = (shelf: Shelf, opened: string, task = 'ds/t1', place = '/user/ada/'): Drafts =>
  new Drafts(shelf, place, task, opened);

test('what was typed is back after a reload', () => {
  const shelf = new Memory();
  drafts(shelf, 'a').keep(EMPTY, form('half a sent'));
  assert.equal(drafts(shelf, 'b').restore(EMPTY, '--').overall, 'half a sent');
});

test('a draft stays until the next window has kept it', () => {
  const shelf = new Memory();
  drafts(shelf, 'a').keep(EMPTY, form('text'));
  drafts(shelf, 'b').restore(EMPTY, '--'); // and then its window is closed at once
  assert.equal(drafts(shelf, 'c').restore(EMPTY, '--').overall, 'text');
});

test('nothing stays in the browser when the service has it', () => {
  const shelf = new Memory();
  const mine = drafts(shelf, 'a');
  mine.keep(EMPTY, form('text'));
  mine.saved(form('text'));
  assert.equal(shelf.length, 0);
});

test('what was typed while the request was under way stays', () => {
  const shelf = new Memory();
  const mine = drafts(shelf, 'a');
  mine.keep(EMPTY, form('text and more'));
  mine.saved(form('text'));
  assert.equal(drafts(shelf, 'b').restore(form('text'), '--').overall, 'text and more');
});

test('two windows that both lost the service lose nothing', () => {
  const shelf = new Memory();
  drafts(shelf, 'a').keep(EMPTY, form('one', { scores: { clear: 1 } }));
  drafts(shelf, 'b').keep(EMPTY, form('two'));
  const found = drafts(shelf, 'c').restore(EMPTY, '--');
  assert.match(found.overall, /one/);
  assert.match(found.overall, /two/);
  assert.deepEqual(found.scores, { clear: 1 });
});

test('drafts of other tasks and other accounts are left alone', () => {
  const shelf = new Memory();
  drafts(shelf, 'a', 'ds/t1').keep(EMPTY, form('of t1'));
  drafts(shelf, 'a', 'ds/t11').keep(EMPTY, form('of t11'));
  drafts(shelf, 'a', 'ds/t1', '/user/ben/').keep(EMPTY, form('of ben'));
  assert.equal(drafts(shelf, 'b', 'ds/t1').restore(EMPTY, '--').overall, 'of t1');
});

test('a browser without room says so, and keeps what it had', () => {
  const shelf = new Memory();
  const mine = drafts(shelf, 'a');
  assert.equal(mine.keep(EMPTY, form('first')), true);
  shelf.room = 10;
  assert.equal(mine.keep(EMPTY, form('second')), false);
  assert.equal(drafts(shelf, 'b').restore(EMPTY, '--').overall, 'first');
});

test('a damaged entry does no harm', () => {
  const shelf = new Memory();
  shelf.setItem('nbcohort-draft:/user/ada/:ds/t1:x', '{');
  shelf.setItem('nbcohort-draft:/user/ada/:ds/t1:y', '{"form": {"overall": "good"}}');
  assert.equal(drafts(shelf, 'b').restore(EMPTY, '--').overall, 'good');
});

test('what only one side changed is as that side has it', () => {
  const base = form('was', { scores: { a: 0, b: 0 }, comments: { a: 'was' } });
  const mine = form('was', { scores: { a: 1, b: 0 }, comments: { a: 'mine' } });
  const theirs = form('theirs', { scores: { a: 0, b: 2 }, comments: { a: 'was', b: 'new' } });
  const both = form('theirs', { scores: { a: 1, b: 2 }, comments: { a: 'mine', b: 'new' } });
  assert.ok(isSame(merge(base, mine, theirs, '--'), both));
});

test('where both wrote, both texts stay, once', () => {
  const merged = merge(form(''), form('mine'), form('theirs'), '--');
  assert.equal(merged.overall, 'mine\n\n--\ntheirs');
  assert.equal(merge(form(''), form('mine'), merged, '--').overall, merged.overall);
});

test('a comment that was deleted on purpose stays deleted', () => {
  const base = form('', { comments: { a: 'was' } });
  assert.deepEqual(merge(base, form(''), base, '--').comments, {});
});

test('a review without levels or without an overall comment says what is missing', () => {
  assert.deepEqual(missing(form(' ', { scores: { a: 0 } }), [{ id: 'a' }, { id: 'b' }]), ['b', 'overall']);
  assert.deepEqual(missing(form('text', { scores: { a: 0 } }), [{ id: 'a' }]), []);
});

const at = (cell: string | null, text: string, quote = ''): Inline => ({ file: 'ps1.ipynb', cell, quote, text });

test('comments at cells of two windows stay: both at two places, both texts at one, and what one removed is gone', () => {
  const base = form('', { inline: [at('a', 'old'), at('b', 'removed here')] });
  const mine = form('', { inline: [at('a', 'mine'), at('c', 'only mine')] });
  const theirs = form('', { inline: [at('a', 'theirs'), at('b', 'removed here'), at('d', 'only theirs')] });
  const { inline } = merge(base, mine, theirs, '--');
  assert.deepEqual(
    inline.map(one => [one.cell, one.text]),
    [
      ['a', 'mine\n\n--\ntheirs'],
      ['c', 'only mine'],
      ['d', 'only theirs']
    ]
  );
});

test('a comment that was removed in one window and written on in another stays', () => {
  const base = form('', { inline: [at('a', 'old')] });
  assert.equal(merge(base, form(''), form('', { inline: [at('a', 'old and new')] }), '--').inline.length, 1);
});

test('a comment that has no words yet is none, and where one is, it is gone on with', () => {
  assert.deepEqual(formOf(form('', { inline: [at('a', ' ')] })).inline, []);
  assert.ok(isSame(form('', { inline: [at('a', '')] }), EMPTY));
  assert.deepEqual(withText([at('a', 'one'), at('b', 'two')], at('a', ''), 'more'), [at('a', 'more'), at('b', 'two')]);
});

test('comments are in the order of the work, the file as a whole first', () => {
  const all = [at('b', '2'), { ...at(null, '0'), file: 'a.csv' }, at('a', '1'), at(null, '0')];
  assert.deepEqual(
    inOrder(all, { 'ps1.ipynb': ['a', 'b'] }).map(one => one.file + one.text),
    ['a.csv0', 'ps1.ipynb0', 'ps1.ipynb1', 'ps1.ipynb2']
  );
});

test('a quote is found whatever white space the browser put between', () => {
  assert.deepEqual(find('a  mean\n of 4', 'mean of'), [3, 11]);
  assert.deepEqual(find('| 1 | 2 |', '1\t|'), [2, 5]);
  assert.equal(find('nothing', 'else'), null);
  assert.equal(find('nothing', ' '), null);
});
