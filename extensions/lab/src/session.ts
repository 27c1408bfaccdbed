/**
 * One review being written: what is on the screen, what this browser keeps, what the service has.
 *
 * Every change is in this browser's storage before anything else happens. The service gets it a moment after the last
 * change, and again and again while it cannot be reached.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';

import { type Api, type OpenedReview, Problem, type SavedReview } from './api';
import { changed, type ComparedWith, listed } from './comparing';
import { Drafts, type Shelf } from './drafts';
import { EMPTY, type Filled, type Form, formOf, isSame, merge, missing } from './forms';
import { shown } from './times';

/** Milliseconds after the last change, and the longest that a draft waits while somebody types on. */
const REST = 2_000;
const AT_MOST = 15_000;
/** Milliseconds before the first and every further attempt, when the service does not answer. */
const PAUSES = [3_000, 10_000, 30_000];
const CACHE = 'nbcohort-task';

export class ReviewSession {
  opened: OpenedReview | null = null;
  form: Form = EMPTY;
  /** What is wrong with it before it can be submitted; empty until somebody tries. */
  missing: string[] = [];
  /** Why there is nothing to show. */
  problem = '';
  /** How it stands, for the eye. */
  status = '';
  /** What should be read aloud. */
  announcement = '';
  busy = false;

  private base: Form = EMPTY;
  private version = 0;
  private readonly drafts: Drafts;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _submitted = new Signal<this, void>(this);
  private readonly _concernsOthers = new Signal<this, void>(this);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitingSince: number | null = null;
  private failures = 0;
  /** Whether the service will say no again until something changes. */
  private refused = false;
  private saving: Promise<void> | null = null;
  private readonly wake = (): void => void this.save();

  constructor(
    private readonly api: Api,
    readonly cohort: string,
    readonly task: string,
    private readonly trans: TranslationBundle,
    private readonly shelf: Shelf = localStorage
  ) {
    this.drafts = new Drafts(shelf, api.place, `${cohort}/${task}`, Math.random().toString(36).slice(2));
    window.addEventListener('online', this.wake);
    window.addEventListener('pagehide', this.wake);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the service has taken a submission. */
  get submitted(): ISignal<this, void> {
    return this._submitted;
  }

  /** Emitted when the service has got what my reviews of other works depend on: they compare them with this one. */
  get concernsOthers(): ISignal<this, void> {
    return this._concernsOthers;
  }

  /** The other works that this one is compared with; none where reviewers fill in a rubric. */
  get comparedWith(): readonly ComparedWith[] {
    return this.opened?.task.compared_with ?? [];
  }

  /** Whether the review can still be changed. */
  get isOpen(): boolean {
    return this.opened?.task.phase === 'reviewing';
  }

  /** Whether there is something that the service does not have. */
  get isDirty(): boolean {
    return !isSame(this.form, this.base);
  }

  /** Get the task, and what was written; from this browser, if the server does not answer. */
  async load(): Promise<void> {
    this.busy = true;
    this.problem = '';
    this.emit();
    try {
      this.opened = await this.api.review(this.cohort, this.task);
      this.remember(this.opened);
    } catch (error) {
      this.opened = error instanceof Problem && error.passing ? this.remembered() : null;
      this.problem = this.opened ? '' : (error as Error).message;
      this.announcement = (error as Error).message;
    }
    this.busy = false;
    if (this.opened) {
      this.base = formOf(this.opened.review);
      this.version = this.opened.review.version;
      this.form = this.drafts.restore(this.opened.review, this.divider);
      this.status = this.standing(this.opened.review);
      if (this.isDirty) {
        this.announcement = this.trans.__('What you had typed here before is back.');
        this.keep();
      }
    }
    this.emit();
  }

  /** Another review of mine was saved: look again which works are compared, and what was said of this one there. */
  async refresh(): Promise<void> {
    await this.saving;
    const { version } = this;
    try {
      const found = await this.api.review(this.cohort, this.task);
      if (this.saving || this.version !== version) {
        return await this.refresh(); // what was saved in between is newer than what was found
      }
      if (this.opened) {
        this.found(this.opened, found);
        this.remember(found);
      }
    } catch (error) {
      this.announcement = (error as Error).message;
    }
    this.emit();
  }

  /** The person has changed something. */
  change(form: Form): void {
    this.form = form;
    if (this.missing.length > 0) {
      this.missing = this.lacking();
      this.announcement = this.missing.length > 0 ? this.announcement : '';
    }
    this.keep();
    this.emit();
  }

  /** Submit; returns what is missing, if something is. */
  async submit(): Promise<string[]> {
    this.missing = this.lacking();
    if (this.missing.length > 0) {
      this.announcement = this.trans.__('The review is not complete yet; nothing was submitted.');
      this.emit();
      return this.missing;
    }
    await this.saving;
    this.announcement = '';
    await this.save(true);
    return [];
  }

  /** Send what is left, and stop. */
  dispose(): void {
    window.removeEventListener('online', this.wake);
    window.removeEventListener('pagehide', this.wake);
    void this.save();
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private lacking(): string[] {
    return missing(this.form, this.opened?.task.rubric ?? [], this.comparedWith);
  }

  private found(opened: OpenedReview, { task, review, others }: OpenedReview): void {
    this.opened = { ...opened, task, others };
    const theirs = { ...this.base, comparisons: formOf(review).comparisons };
    this.form = merge(this.base, this.form, theirs, this.divider);
    this.base = theirs;
    this.missing = this.missing.length > 0 ? this.lacking() : [];
    if (this.isDirty) {
      this.keep();
    }
  }

  private get divider(): string {
    return this.trans.__('[written in another window:]');
  }

  private keep(): void {
    if (!this.drafts.keep(this.base, this.form)) {
      this.announcement = this.trans.__('This browser has no room to keep what you type; only the server has it.');
    }
    const now = Date.now();
    this.waitingSince ??= now;
    this.status = this.trans.__('Kept in this browser …');
    this.later(Math.max(0, Math.min(REST, this.waitingSince + AT_MOST - now)));
  }

  private later(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), milliseconds);
  }

  /** Send what the service does not have; one request at a time. */
  private async save(submit = false): Promise<void> {
    clearTimeout(this.timer);
    if (this.saving || !this.isOpen || !(submit || this.isDirty)) {
      return;
    }
    this.busy = submit;
    this.emit();
    this.saving = this.put(submit);
    await this.saving;
    this.saving = null;
    this.busy = false;
    if (this.isDirty && !this.refused) {
      this.later(this.failures > 0 ? (PAUSES[Math.min(this.failures, PAUSES.length) - 1] ?? REST) : REST);
    }
    this.emit();
  }

  private async put(submit: boolean): Promise<void> {
    const sent = formOf(this.form);
    try {
      const { saved, review } = await this.api.save(this.cohort, this.task, this.taken(sent), submit, this.version);
      this.version = review.version;
      if (this.failures > 0) {
        this.announcement = this.trans.__('The server has everything again.');
      }
      this.failures = 0;
      this.refused = false;
      this.waitingSince = null;
      if (saved) {
        this.arrived(review, sent, submit);
      } else if (this.together(review, submit) && submit) {
        await this.put(submit);
      }
    } catch (error) {
      this.failed(error as Error, submit);
    }
  }

  /** Return of a form what the service takes: comparisons only where it asks for them, and only what is new. */
  private taken(form: Form): Filled {
    const { comparisons, ...rest } = form;
    const isAsked = this.opened?.task.form === 'comparisons';
    return isAsked ? { ...rest, comparisons: changed(this.base.comparisons, comparisons, this.comparedWith) } : rest;
  }

  /**
   * Bring what is here and `review`, a version that this window has not seen, together.
   *
   * It may be this window's own, of which the answer was lost; then nothing changes on the screen, and true is returned.
   */
  private together(review: SavedReview, submit: boolean): boolean {
    const mine = this.form;
    this.form = merge(this.base, mine, review, this.divider);
    this.base = formOf(review);
    const isMine = isSame(this.form, mine);
    if (!this.isDirty) {
      this.arrived(review, this.base, false);
    } else {
      this.drafts.keep(this.base, this.form);
    }
    if (!isMine) {
      const both = this.trans.__('This review was changed in another window, too. Both texts are here: look at them.');
      this.announcement = submit ? `${both} ${this.trans.__('Then submit again.')}` : both;
    }
    return isMine;
  }

  private arrived(review: SavedReview, sent: Form, submit: boolean): void {
    const isCompared = JSON.stringify(listed(this.base.comparisons)) !== JSON.stringify(listed(sent.comparisons));
    this.base = sent;
    if (this.isDirty) {
      this.drafts.keep(this.base, this.form);
    } else {
      this.drafts.saved(sent);
    }
    if (this.opened) {
      const state = review.submitted_version === null ? 'draft' : 'submitted';
      const others = this.opened.others.map(other => (other.id === this.task ? { ...other, state } : other));
      this.opened = { ...this.opened, review, others };
    }
    this.status = this.standing(review);
    if (submit) {
      this.announcement = this.status;
      this._submitted.emit();
    }
    if (submit || isCompared) {
      this._concernsOthers.emit();
    }
  }

  private failed(error: Error, submit: boolean): void {
    const { trans } = this;
    this.failures += 1;
    this.refused = error instanceof Problem && !error.passing;
    this.status = submit
      ? trans.__('Not submitted. Your text is kept in this browser.')
      : trans.__('Not on the server yet. Your text is kept in this browser.');
    this.announcement = error.message;
    if (this.opened && error instanceof Problem && error.status === 409) {
      this.opened = { ...this.opened, task: { ...this.opened.task, phase: 'closed' } };
    }
    if (this.comparedWith.length > 0 && error instanceof Problem && error.status === 422) {
      void this.refresh(); // another review was submitted in another window: this one is to be compared with its work
    }
  }

  /** Return in words how the review stands with the service. */
  private standing(review: SavedReview): string {
    const { trans } = this;
    const due = this.opened ? shown(this.opened.task.due_at) : '';
    if (!this.isOpen) {
      return review.submitted_version === null
        ? trans.__('This review was due %1, and was not submitted.', due)
        : trans.__('Submitted. The time for changes is over.');
    }
    if (review.submitted) {
      return trans.__('Submitted. You can change it until %1.', due);
    }
    if (review.submitted_version !== null) {
      return trans.__('Changes saved as a draft; what you submitted before counts until you submit again.');
    }
    return review.version > 0 ? trans.__('Draft saved. It is not submitted yet.') : trans.__('Nothing written yet.');
  }

  private get cached(): string {
    return `${CACHE}:${this.api.place}:${this.cohort}/${this.task}`;
  }

  private remember(opened: OpenedReview): void {
    try {
      this.shelf.setItem(this.cached, JSON.stringify(opened));
    } catch {
      // No room: then the task is there only while the server is.
    }
  }

  private remembered(): OpenedReview | null {
    try {
      const opened = JSON.parse(this.shelf.getItem(this.cached) ?? 'null') as OpenedReview | null;
      return opened && { ...opened, review: { ...EMPTY, ...opened.review } };
    } catch {
      return null;
    }
  }

  private emit(): void {
    this._changed.emit();
  }
}
