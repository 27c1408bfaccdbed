/** A peer's work: its files a page at a time, comments at its cells, and a run of a throwaway copy. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';

import type { Api, FilePage } from './api';
import { Frame, type FrameActions } from './frame';
import type { Inline, Place } from './inline';
import { RunBar } from './run';
import { type CellIds, cellIds, type ShownWork, shownPage } from './workapi';

/** Cells on a page, at most: how far *Back* goes where nobody has been. */
const CELLS = 40;

interface WorkProps {
  api: Api;
  work: ShownWork;
  /** Changes when Lab's theme does. */
  theme: string;
  comments: readonly Inline[];
  /** The cells of the files that were opened; `onCells` adds some. */
  cells: Record<string, CellIds>;
  onCells: (file: string, ids: CellIds) => void;
  /** Begin a comment; null where there can be none. */
  onComment: ((place: Place) => void) | null;
  /** Where to go; a new object each time. */
  target: Place | null;
  trans: TranslationBundle;
}

export function Work(props: WorkProps): JSX.Element {
  const { api, work, theme, comments, cells, onCells, onComment, target, trans } = props;
  const { root, files } = work;
  const readable = files.filter(file => file.withheld === null);
  const first = readable.find(file => file.path.endsWith('.ipynb')) ?? readable[0];
  const [path, setPath] = useState(first?.path ?? '');
  const [start, setStart] = useState(0);
  const [before, setBefore] = useState<number[]>([]);
  const [page, setPage] = useState<FilePage | null>(null);
  const [problem, setProblem] = useState('');
  const [attempt, setAttempt] = useState(0);
  const [ran, setRan] = useState(0); // which run is shown; 0: the work as it was handed in
  const [hint, setHint] = useState('');
  const frame = useRef<FrameActions>(null);
  const goal = useRef<Place | null>(null);
  const isNotebook = path.endsWith('.ipynb');
  const ids = cells[path];
  useEffect(() => {
    let wanted = true;
    setPage(null);
    setProblem('');
    setHint('');
    const load = async (): Promise<void> => {
      if (isNotebook && !ids) {
        onCells(path, await cellIds(api, root, path));
      }
      const found = await shownPage(api, root, path, start, ran > 0);
      if (wanted) {
        setPage(found);
      }
    };
    if (path !== '') {
      load().catch((error: Error) => wanted && setProblem(error.message));
    }
    return () => {
      wanted = false;
    };
  }, [api, root, path, start, ran, attempt]);
  const turnTo = (part: number): void => {
    setStart(part);
    setBefore([]);
  };
  const choose = (chosen: string): void => {
    setPath(chosen);
    setRan(0);
    turnTo(0);
  };
  useEffect(() => {
    goal.current = target;
  }, [target]);
  useEffect(() => {
    const place = goal.current;
    if (!place || (place.file === path && !page)) {
      return;
    }
    if (place.file !== path) {
      choose(place.file);
      return;
    }
    const number = place.cell === null ? 1 : (ids?.indexOf(place.cell) ?? -1) + 1;
    if (number === 0 || frame.current?.go(number, place.quote) || start === number - 1) {
      goal.current = null;
    } else {
      turnTo(number - 1);
    }
  }, [target, page, path, ids]);
  const numberOf = ({ cell }: Inline): number => (cell === null ? (page?.parts[0]?.number ?? 0) : (ids?.indexOf(cell) ?? -1) + 1);
  const here = comments.filter(one => one.file === path).map(comment => ({ comment, number: numberOf(comment) }));
  const begin = (number: number, quote: string): void => {
    setHint('');
    onComment?.({ file: path, cell: ids?.[number - 1] ?? null, quote });
  };
  const beginOnSelection = (): void => {
    const selected = frame.current?.selected();
    if (selected) {
      begin(selected.number, selected.quote);
    } else {
      setHint(trans.__('Select text in the work first; or use “Comment” beside a cell.'));
    }
  };
  return (
    <section className="jp-nbcohort-Work" aria-label={trans.__('The work')}>
      <div className="jp-nbcohort-bar">
        <label>
          {trans.__('File')}{' '}
          <select value={path} onChange={event => choose(event.target.value)}>
            {files.map(file => (
              <option key={file.path} value={file.path} disabled={file.withheld !== null}>
                {file.withheld === null ? file.path : `${file.path} (${file.withheld})`}
              </option>
            ))}
          </select>
        </label>
        {page && (start > 0 || page.next !== null) && (
          <Pages
            {...{ page, trans }}
            back={() => {
              setStart(before[before.length - 1] ?? Math.max(0, start - CELLS));
              setBefore(before.slice(0, -1));
            }}
            forth={() => {
              setBefore([...before, start]);
              setStart(page.next ?? 0);
            }}
            isFirst={start === 0}
          />
        )}
      </div>
      <div className="jp-nbcohort-bar jp-nbcohort-run">
        {isNotebook && <RunBar key={path} {...{ api, root, path, trans }} shown={ran > 0} onShow={setRan} />}
        {onComment && page && (
          // The text stays selected when the button is pressed, since the button is outside of the frame.
          <button className="jp-mod-styled" onClick={beginOnSelection}>
            {trans.__('Comment on selected text')}
          </button>
        )}
      </div>
      <div role="status" className="jp-nbcohort-Work-status">
        {path === '' && <p>{trans.__('There is no file in this work that can be shown.')}</p>}
        {path !== '' && !page && !problem && <p>{trans.__('Loading …')}</p>}
        {problem && (
          <p className="jp-nbcohort-problem">
            {problem}{' '}
            <button className="jp-nbcohort-link" onClick={() => setAttempt(attempt + 1)}>
              {trans.__('Try again')}
            </button>
          </p>
        )}
        {page?.parts.length === 0 && <p>{trans.__('This notebook is empty.')}</p>}
        {hint && <p>{hint}</p>}
      </div>
      <Frame
        ref={frame}
        {...{ page, theme, trans }}
        comments={here}
        onComment={onComment && begin}
        title={trans.__('%1 of work %2', path, work.pseudonym)}
      />
    </section>
  );
}

interface PagesProps {
  page: FilePage;
  isFirst: boolean;
  back: () => void;
  forth: () => void;
  trans: TranslationBundle;
}

export function Pages({ page, isFirst, back, forth, trans }: PagesProps): JSX.Element {
  const from = page.parts[0]?.number ?? 0;
  const to = page.parts[page.parts.length - 1]?.number ?? 0;
  const range =
    page.kind === 'notebook'
      ? trans.__('Cells %1 to %2 of %3', from, to, page.count)
      : trans.__('Page %1 of %2', from, page.count);
  return (
    <span className="jp-nbcohort-pages">
      <button className="jp-mod-styled" disabled={isFirst} onClick={back}>
        {trans.__('Back')}
      </button>
      <span aria-live="polite">{range}</span>
      <button className="jp-mod-styled" disabled={page.next === null} onClick={forth}>
        {trans.__('Next')}
      </button>
    </span>
  );
}
