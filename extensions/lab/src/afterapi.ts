/** What follows the reviews, as the server answers it: what came of my works, and what I say of it. */

import { URLExt } from '@jupyterlab/coreutils';

import type { Api, Criterion, FilePage } from './api';

/** A comment at a cell of a work: its number from 0; null: at the file as a whole. */
export interface AtCell {
  path: string;
  index: number | null;
  quote: string;
  text: string;
}

/** What an author said of a review. */
export interface Answer {
  helpful: number | null;
  reason: string;
  reply: string;
  will_change: string;
}

export interface ReceivedReview {
  id: string;
  reviewer: string;
  scores: Record<string, number>;
  comments: Record<string, string>;
  overall: string;
  inline: AtCell[];
  mine: Answer | null;
  flag: { kind: string; reason: string; decision: string | null; decided_because: string | null } | null;
}

export interface Appeal {
  id: string;
  work: string;
  text: string;
  made_at: string;
  outcome: string | null;
  answer: string | null;
}

/** What the reviews of a work add up to; `percent` is what counts. What a service does not say is not shown. */
export interface Score {
  overall: { percent: number; spread: number | null } | null;
  count: number;
  wanted: number;
  note: string | null;
  percent: number | null;
  override: { percent: number; reason: string } | null;
  interval?: { low: number; high: number } | [number, number] | null;
  reason?: string | null;
}

export interface Received {
  assignment: string;
  title: string;
  work: string;
  submission: string;
  rubric: Criterion[];
  reviews: ReceivedReview[];
  appeals: Appeal[];
  /** Null until scores are shown. */
  score: Score | null;
  round: { phase: string; replies_due_at: string | null; release_at: string | null } | null;
}

/** A review of mine, with what its authors said of it. */
export interface AnsweredReview {
  id: string;
  pseudonym: string;
  title: string;
  answers: Answer[];
}

/** The requests, of one cohort. */
export class After {
  constructor(
    private readonly api: Api,
    readonly cohort: string
  ) {}

  /** Names what is typed here and not sent yet; drafts are of one account on one server. */
  draft(what: string): string {
    return `nbcohort-after:${this.api.place}:${this.cohort}:${what}`;
  }

  async received(): Promise<Received[]> {
    return (await this.ask<{ items: Received[] }>('review/received')).items;
  }

  async answered(): Promise<AnsweredReview[]> {
    return (await this.ask<{ items: AnsweredReview[] }>('review/answered')).items;
  }

  answer(review: string, said: Answer): Promise<unknown> {
    return this.ask(`review/received/${review}/answer`, said);
  }

  flag(review: string, kind: string, reason: string): Promise<unknown> {
    return this.ask(`review/received/${review}/flag`, { kind, reason });
  }

  appeal(assignment: string, work: string, text: string): Promise<unknown> {
    return this.ask('review/appeals', { assignment, work, text });
  }

  async files(submission: string): Promise<{ path: string }[]> {
    return (await this.ask<{ items: { path: string }[] }>(`submissions/${submission}/files`)).items;
  }

  shown(submission: string, path: string, start: number): Promise<FilePage> {
    return this.ask(`submissions/${submission}/shown${URLExt.objectToQueryString({ path, start })}`);
  }

  private ask<T>(path: string, body?: unknown): Promise<T> {
    return this.api.ask(`cohorts/${this.cohort}/${path}`, body);
  }
}
