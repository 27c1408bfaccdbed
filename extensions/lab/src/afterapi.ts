/** What follows the reviews, as the server answers it: what came of my works, and what I say of it. */

import { URLExt } from '@jupyterlab/coreutils';

import type { Api, Criterion, FilePage, ReviewForm } from './api';
import type { Found } from './comparing';

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
  /** Staff wrote it: by a rubric, it is the score. */
  by_staff: boolean;
  scores: Record<string, number>;
  comments: Record<string, string>;
  overall: string;
  inline: AtCell[];
  /** What the reviewer says of my work and each other one of theirs; a service that does not say it has none. */
  compared?: Found[];
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

/** Percent, and where it lies nine times in ten, where something tells that. */
export interface Ranged {
  percent: number;
  spread: number | null;
  low: number | null;
  high: number | null;
}

/** What the reviews of a work add up to; `percent` is what counts, `reasons` tell in sentences how it came about. */
export interface Score {
  overall: Ranged | null;
  criteria: Record<string, Ranged & { reason: string }>;
  /** What staff gave, if they reviewed it. */
  staff: number | null;
  reasons: string[];
  /** Of reviews; where works are compared, of comparisons, of which the work has `won` some. */
  count: number;
  won?: number | null;
  wanted: number;
  note: string | null;
  percent: number | null;
  override: { percent: number; reason: string } | null;
}

export interface Received {
  assignment: string;
  title: string;
  work: string;
  submission: string;
  rubric: Criterion[];
  /** What reviewers were asked; a service that does not say it knows rubrics only. */
  form?: ReviewForm;
  reviews: ReceivedReview[];
  appeals: Appeal[];
  /** Null until scores are shown. */
  score: Score | null;
  /** Until when a revision is taken though hand-in has closed; null, or not there: none is. */
  revisions_until?: string | null;
  round: { phase: string; replies_due_at: string | null; release_at: string | null } | null;
}

/** A review of mine, with what its authors said of it. */
export interface AnsweredReview {
  id: string;
  pseudonym: string;
  title: string;
  answers: Answer[];
}

/** What a round that is over came to for me, in percent; `submission` and `percent` are null until scores are shown. */
export interface Mine {
  assignment: string;
  title: string;
  quality: number | null;
  parts: { name: string; percent: number | null; sentence: string }[];
  sentences: string[];
}

/** What an author handed in after the reviews, beside what was reviewed; nothing in the HTML acts or loads anything. */
export interface Revision {
  handed_in_at: string;
  html: string;
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

  async mine(): Promise<Mine[]> {
    return (await this.ask<{ items: Mine[] }>('review/mine')).items;
  }

  /** `address` is the service's, below the cohort's `review`. */
  revision(address: string): Promise<Revision> {
    return this.ask(`review/${address}`);
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
