/**
 * What is typed, kept in this browser until the service has it.
 *
 * Each open review has an entry of its own, so that two windows do not overwrite each other. An entry is there only while
 * the service does not have what is in it; it says which version it began from, so that nothing is lost when somebody
 * wrote elsewhere in between.
 */

import { EMPTY, type Filled, type Form, formOf, isSame, merge } from './forms.ts';

const PREFIX = 'nbcohort-draft';

interface Entry {
  base: Form;
  form: Form;
}

/** What of `Storage` is needed. */
export interface Shelf {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Drafts {
  private readonly prefix: string;
  private readonly own: string;
  private readonly shelf: Shelf;
  private adopted: string[] = [];

  /** `place` is the server, `task` the task with its cohort, `opened` this window's opening of it. */
  constructor(shelf: Shelf, place: string, task: string, opened: string) {
    this.shelf = shelf;
    this.prefix = `${PREFIX}:${place}:${task}:`;
    this.own = this.prefix + opened;
  }

  /** Return `saved` (what the service has) with everything that was typed here and did not get there. */
  restore(saved: Filled, divider: string): Form {
    let form = formOf(saved);
    this.adopted = this.others();
    for (const key of this.adopted) {
      const entry = this.read(key);
      form = entry ? merge(entry.base, entry.form, form, divider) : form;
    }
    return form;
  }

  /** Keep `form`, which began from `base`. Returns false if this browser has no room for it. */
  keep(base: Form, form: Form): boolean {
    try {
      this.shelf.setItem(this.own, JSON.stringify({ base: formOf(base), form }));
    } catch {
      return false;
    }
    this.drop(this.adopted);
    this.adopted = [];
    return true;
  }

  /** The service has `form`: what holds no more than that can go. */
  saved(form: Form): void {
    this.drop([this.own, ...this.adopted].filter(key => isSame(this.read(key)?.form ?? form, form)));
    this.adopted = [];
  }

  private others(): string[] {
    const keys = Array.from({ length: this.shelf.length }, (_, i) => this.shelf.key(i) ?? '');
    return keys.filter(key => key.startsWith(this.prefix) && key !== this.own).sort();
  }

  private read(key: string): Entry | null {
    try {
      const found = JSON.parse(this.shelf.getItem(key) ?? 'null') as Partial<Entry> | null;
      return found?.form ? { base: { ...EMPTY, ...found.base }, form: { ...EMPTY, ...found.form } } : null;
    } catch {
      return null;
    }
  }

  private drop(keys: string[]): void {
    keys.forEach(key => this.shelf.removeItem(key));
  }
}
