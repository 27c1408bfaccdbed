/** Which of two works is better, and why: kept, brought together and asked for like the rest of a review. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changed, type Comparisons } from '../src/comparing.ts';
import { EMPTY, type Filled, type Form, formOf, isSame, merge, missing } from '../src/forms.ts';

const form = (comparisons: Comparisons, overall = ''): Form => ({ ...EMPTY, overall, comparisons });
const other = (task: string, submitted = true) => ({ task, pseudonym: task.toUpperCase(), submitted });

test('a review lacks a decision and a why for each other work that was reviewed, and none for the rest', () => {
  const others = [other('a'), other('b'), other('c', false)];
  const half = form({ a: { better: null, why: 'It has units.' }, b: { better: false, why: ' ' } }, 'text');
  assert.deepEqual(missing(half, [], others), ['better:a', 'why:b']);
  assert.deepEqual(missing(form({}), [], [other('a', false)]), ['overall']);
});

test('what two windows decided and wrote of pairs stays: both at two pairs, both texts at one', () => {
  const base = form({ a: { better: true, why: 'was' } });
  const mine = form({ a: { better: true, why: 'mine' }, b: { better: false, why: 'only mine' } });
  const theirs = form({ a: { better: false, why: 'theirs' }, c: { better: true, why: '' } });
  assert.deepEqual(merge(base, mine, theirs, '--').comparisons, {
    a: { better: false, why: 'mine\n\n--\ntheirs' },
    b: { better: false, why: 'only mine' },
    c: { better: true, why: '' }
  });
});

test('a comparison that says nothing is none, and the order in which they were written does not matter', () => {
  assert.ok(isSame(form({ a: { better: null, why: ' ' } }), EMPTY));
  const [a, b] = [{ better: true, why: 'x' }, { better: false, why: 'y' }];
  assert.ok(isSame(form({ a, b }), form({ b, a })));
  assert.ok(!isSame(form({ a }), form({ a: { ...a, better: false } })));
});

test('a service that knows no comparisons does no harm', () => {
  const { comparisons: _, ...old }: Filled = EMPTY;
  assert.deepEqual(formOf(old).comparisons, {});
  assert.deepEqual(merge(EMPTY, form({ a: { better: true, why: 'x' } }), old, '--').comparisons, { a: { better: true, why: 'x' } });
});

test('only what is new is sent, and nothing of a work that was taken away', () => {
  const [was, is] = [{ better: true, why: 'x' }, { better: true, why: 'x, and y' }];
  const others = [other('a'), other('b'), other('c')];
  assert.deepEqual(changed({ a: was, b: was, c: was }, { a: was, b: is, gone: is }, others), {
    b: is,
    c: { better: null, why: '' }
  });
});
