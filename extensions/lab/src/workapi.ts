/** What is asked about a work that is looked at: a review's, or a sample's. */

import { URLExt } from '@jupyterlab/coreutils';

import type { Api, FilePage, WorkFile } from './api';

/** A work: where it is asked for, how it is called, and its files. */
export interface ShownWork {
  /** Below `nbcohort/api/`. */
  root: string;
  pseudonym: string;
  files: WorkFile[];
}

/** The ids of a notebook's cells, in order; null for a cell that cannot be called. */
export type CellIds = (string | null)[];

/** Return the root of a review's work. */
export function rootOf(cohort: string, task: string): string {
  return `cohorts/${cohort}/review/tasks/${task}`;
}

/** Return a page of a file: as it was handed in, or (`ran`) as it came out of the run. */
export function shownPage(api: Api, work: string, path: string, start: number, ran: boolean): Promise<FilePage> {
  return api.ask(`${work}/${ran ? 'run/shown' : 'shown'}${URLExt.objectToQueryString({ path, start })}`);
}

export async function cellIds(api: Api, work: string, path: string): Promise<CellIds> {
  return (await api.ask<{ cells: CellIds }>(`${work}/cells${URLExt.objectToQueryString({ path })}`)).cells;
}
