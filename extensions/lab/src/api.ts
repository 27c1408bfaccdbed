/** What the learner's own server answers, below `nbcohort/api/`. Every failure is a `Problem` with a sentence. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ComparedWith } from './comparing';
import type { Filled } from './forms';

export interface Task {
  id: string;
  activity: string;
  title: string;
  due_at: string | null;
  link: string;
  done: boolean;
  cohort: string;
  cohort_title: string;
}

/** Something that will open or be due. */
export interface Coming {
  kind: 'due' | 'release' | 'review';
  assignment: string;
  title: string;
  at: string;
  cohort: string;
  cohort_title: string;
}

export interface Cohort {
  cohort: string;
  title: string;
  role: string;
}

/** `now` is the service's time, by which everything is due. */
export interface TodayAnswer {
  account: string;
  now: string;
  cohorts: Cohort[];
  tasks: Task[];
  coming: Coming[];
}

export interface Level {
  points: number;
  title: string;
  description: string;
}

export interface Criterion {
  id: string;
  title: string;
  description: string;
  weight: number;
  levels: Level[];
}

export interface ReviewTask {
  id: string;
  pseudonym: string;
  assignment: string;
  title: string;
  phase: string;
  due_at: string;
  state: string;
  authors: string[] | null;
  rubric: Criterion[];
  /** What reviewers are asked; a service that does not say it knows rubrics only. */
  form?: ReviewForm;
  compared_with?: ComparedWith[];
}

/** What reviewers are asked: levels of a rubric, or which of two works is the better one. */
export type ReviewForm = 'rubric' | 'comparisons';

export interface WorkFile {
  path: string;
  size: number | null;
  withheld: string | null;
}

/** My review as the service has it; `submitted_version` is the one that counts. */
export interface SavedReview extends Filled {
  version: number;
  submitted: boolean;
  submitted_version: number | null;
  saved_at: string | null;
}

export interface OtherTask {
  id: string;
  pseudonym: string;
  title: string;
  state: string;
}

export interface OpenedReview {
  task: ReviewTask;
  files: WorkFile[];
  review: SavedReview;
  others: OtherTask[];
}

/** A cell of a notebook, or a piece of another file, as HTML that the server has made harmless. */
export interface Part {
  number: number;
  kind: string;
  html: string;
}

export interface FilePage {
  kind: string;
  parts: Part[];
  count: number;
  next: number | null;
}

/** Something went wrong; `message` is the sentence for the person. */
export class Problem extends Error {
  constructor(
    sentence: string,
    /** HTTP status; 0 when nobody answered. */
    readonly status: number
  ) {
    super(sentence);
  }

  /** Whether the same request may succeed later, unchanged. */
  get passing(): boolean {
    return this.status === 0 || this.status === 403 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The sentences for what the server could not say itself. */
export interface Sentences {
  unreachable: string;
  unexpected: string;
}

/** Milliseconds after which a request that hangs counts as failed: else one could keep all later ones waiting. */
const PATIENCE = 40_000;

export class Api {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly sentences: Sentences
  ) {}

  /** Tells servers apart: drafts in this browser are of one account on one server. */
  get place(): string {
    return this.settings.baseUrl;
  }

  today(): Promise<TodayAnswer> {
    return this.ask('today');
  }

  /** Sentences about my files of an assignment that I have not handed in. */
  async beforeHandin(cohort: string, assignment: string): Promise<string[]> {
    const path = `cohorts/${cohort}/assignments/${encodeURIComponent(assignment)}/notices`;
    return (await this.ask<{ notices: string[] }>(path)).notices;
  }

  review(cohort: string, task: string): Promise<OpenedReview> {
    return this.ask(`cohorts/${cohort}/review/tasks/${task}`);
  }

  /** Save, unless `begunFrom` is no longer the newest version; then `saved` is false, and `review` the newest one. */
  save(
    cohort: string,
    task: string,
    form: Filled,
    submit: boolean,
    begunFrom: number
  ): Promise<{ saved: boolean; review: SavedReview }> {
    const { scores, comments, overall, inline, comparisons } = form;
    const body = { scores, comments, overall, inline, comparisons, submit, begun_from: begunFrom };
    return this.ask(`cohorts/${cohort}/review/tasks/${task}/review`, body);
  }

  /** Ask below `nbcohort/api/`: get, or put `body`, unless another method is named. */
  async ask<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'PUT'): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'nbcohort/api', path);
    const signal = AbortSignal.timeout(PATIENCE);
    const request = { signal, method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, request, this.settings);
    } catch {
      throw new Problem(this.sentences.unreachable, 0);
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) {
      return answer as T;
    }
    throw new Problem(answer?.detail ?? answer?.message ?? this.sentences.unexpected, response.status || 502);
  }
}
