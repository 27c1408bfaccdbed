/** A round of reviews as staff see it, and what they do to it. */

import type { Answer, Appeal, Score } from './afterapi';
import type { Api, Criterion, ReviewForm } from './api';
import type { Comparisons } from './comparing';

/** A round as everybody may know it; `id` is null while it has not opened. */
export interface PlannedRound {
  id: string | null;
  assignment: string;
  title: string;
  phase: string;
  /** What reviewers are asked; a service that does not say it knows rubrics only. */
  form?: ReviewForm;
  calibrates_at: string | null;
  opens_at: string;
  due_at: string;
  closes_at: string;
  replies_due_at: string | null;
  release_at: string | null;
}

/** A person who was forgotten has neither account nor name. */
export interface Person {
  member: string;
  account: string | null;
  name: string | null;
}

/** A task, and the version that counts of its review. */
export interface StaffTask {
  id: string;
  reviewer: Person;
  pseudonym: string;
  state: string;
  origin: string;
  set_aside: boolean;
  answers: Answer[];
  submitted_at: string | null;
  scores: Record<string, number>;
  comments: Record<string, string>;
  overall: string;
  inline: { file: string; quote: string; text: string }[];
  comparisons?: Comparisons;
}

export interface StaffWork {
  submission: string;
  pseudonym: string;
  authors: Person[];
  tasks: StaffTask[];
  score: Score;
}

export interface StaffRound extends PlannedRound {
  id: string;
  k: number;
  anonymity: string;
  staff_release: boolean;
  released_at: string | null;
  /** What the certificate of its allocation says. */
  in_words: string[];
  unavoidable: string[];
  rubric: Criterion[];
  works: StaffWork[];
}

export interface WorkGlance {
  work: string;
  authors: Person[];
  wanted: number;
  came_in: number;
  waits_for: Person[];
}

export interface MemberGlance {
  member: Person;
  tasks: number;
  drafts: number;
  done: number;
  late: number;
  lapsed: number;
  waits_for: Person[];
}

export interface StaffAppeal {
  appeal: Appeal;
  made_by: Person;
  reviewed: StaffWork;
}

export interface StaffFlag {
  flag: { id: string; kind: string; reason: string; decision: string | null; decided_because: string | null };
  made_by: Person;
  work: string;
  review: StaffTask;
}

export interface Result {
  member: Person;
  submission: number | null;
  tasks: number;
  done: number;
  late: number;
  agreement: number | null;
  helpfulness: number | null;
  calibration: number | null;
  quality: number | null;
  percent: number | null;
}

/** A work that staff should look at; the most worthwhile has rank 1. Without `uncertainty` it has no review. */
export interface Look {
  rank: number;
  work: string;
  authors: Person[];
  uncertainty: number | null;
  elsewhere: number;
  /** Who of staff has the task of reviewing it. */
  asked: Person[];
}

/** What is known of a reviewer: percentage points more than others give; which part of what differs is true, 0-1. */
export interface Reviewer {
  reviewer: Person;
  reviews: number;
  bias: number;
  bias_low: number | null;
  bias_high: number | null;
  reliability: number | null;
  reliability_low: number | null;
  reliability_high: number | null;
}

export interface Member {
  account: string;
  name: string;
  role: string;
}

export interface WholeRound {
  round: StaffRound;
  glance: { works: WorkGlance[]; members: MemberGlance[] };
  appeals: StaffAppeal[];
  flags: StaffFlag[];
  results: Result[];
  members: Member[];
}

/** Times of a round to move: name -> instant. */
export type Times = Partial<Record<'due_at' | 'late_until' | 'replies_due_at' | 'release_at', string>>;

/** The requests, of one cohort. */
export class Rounds {
  constructor(
    readonly api: Api,
    readonly cohort: string
  ) {}

  async all(): Promise<PlannedRound[]> {
    return (await this.ask<{ items: PlannedRound[] }>('rounds')).items;
  }

  whole(round: string): Promise<WholeRound> {
    return this.ask(`rounds/${round}`);
  }

  /** Which works to look at first, so many as staff have the time for. */
  async triage(round: string, budget: number): Promise<Look[]> {
    return (await this.ask<{ items: Look[] }>(`rounds/${round}/triage?budget=${budget}`)).items;
  }

  async reviewers(round: string): Promise<Reviewer[]> {
    return (await this.ask<{ items: Reviewer[] }>(`rounds/${round}/reviewers`)).items;
  }

  change(round: string, times: Times, reason: string): Promise<unknown> {
    return this.ask(`rounds/${round}/times`, { ...times, reason });
  }

  release(round: string): Promise<unknown> {
    return this.ask(`rounds/${round}/released`, {});
  }

  addReviewer(round: string, work: string, account: string, reason: string): Promise<unknown> {
    return this.ask(`rounds/${round}/reviewers`, { work, account, reason });
  }

  removeReviewer(round: string, task: string, reason: string): Promise<unknown> {
    return this.ask(`rounds/${round}/tasks/${task}/removed`, { reason });
  }

  /** `percent` null: what the reviews say counts again. */
  override(round: string, work: string, percent: number | null, reason: string): Promise<unknown> {
    return this.ask(`rounds/${round}/works/${work}/override`, { percent, reason });
  }

  answerAppeal(appeal: string, outcome: string, answer: string, percent: number | null): Promise<unknown> {
    return this.ask(`appeals/${appeal}`, { outcome, answer, percent });
  }

  decideFlag(flag: string, decision: string, reason: string): Promise<unknown> {
    return this.ask(`flags/${flag}`, { decision, reason });
  }

  private ask<T>(path: string, body?: unknown): Promise<T> {
    return this.api.ask(`cohorts/${this.cohort}/review/${path}`, body);
  }
}

/** Whether reviewers say which of two works is better, instead of filling in a rubric. */
export function isCompared({ form }: PlannedRound): boolean {
  return form === 'comparisons';
}

/** Return how a person is called. */
export function nameOf({ name, account, member }: Person): string {
  return name ?? account ?? member;
}

/** Return how several people are called. */
export function namesOf(people: readonly Person[]): string {
  return people.map(nameOf).join(', ');
}
