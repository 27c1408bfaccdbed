/**
 * A peer's work, shown and never run.
 *
 * The server has made the HTML harmless. Here it goes into a frame of its own on top of that: a sandbox without scripts,
 * forms and navigation, with a policy that loads nothing but what is in the page. Should something slip through the
 * cleaning, it meets a page where nothing runs, that cannot reach the Lab, and whose styles end at its border. (Lab's own
 * sanitizer would be one wall, and no second one: it puts what it lets through into Lab's page.) The frame stays of the
 * same origin, so that the Lab can fill it, theme it, and later see which text is selected.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useRef, useState } from 'react';

import type { Api, FilePage, OpenedReview } from './api';
import { SHEET, themed } from './sheet';

const POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
export const FRAME = `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer">
<style id="theme"></style><style>${SHEET}</style></head><body tabindex="0"></body></html>`;

interface WorkProps {
  api: Api;
  cohort: string;
  opened: OpenedReview;
  /** Changes when Lab's theme does. */
  theme: string;
  trans: TranslationBundle;
}

export function Work({ api, cohort, opened, theme, trans }: WorkProps): JSX.Element {
  const readable = opened.files.filter(file => file.withheld === null);
  const first = readable.find(file => file.path.endsWith('.ipynb')) ?? readable[0];
  const [path, setPath] = useState(first?.path ?? '');
  const [start, setStart] = useState(0);
  const [before, setBefore] = useState<number[]>([]);
  const [page, setPage] = useState<FilePage | null>(null);
  const [problem, setProblem] = useState('');
  const [attempt, setAttempt] = useState(0);
  const task = opened.task.id;
  useEffect(() => {
    let wanted = true;
    setPage(null);
    setProblem('');
    if (path !== '') {
      api.shown(cohort, task, path, start).then(
        found => wanted && setPage(found),
        (error: Error) => wanted && setProblem(error.message)
      );
    }
    return () => {
      wanted = false;
    };
  }, [api, cohort, task, path, start, attempt]);
  const choose = (chosen: string): void => {
    setPath(chosen);
    setStart(0);
    setBefore([]);
  };
  return (
    <section className="jp-nbcohort-Work" aria-label={trans.__('The work')}>
      <div className="jp-nbcohort-bar">
        <label>
          {trans.__('File')}{' '}
          <select value={path} onChange={event => choose(event.target.value)}>
            {opened.files.map(file => (
              <option key={file.path} value={file.path} disabled={file.withheld !== null}>
                {file.withheld === null ? file.path : `${file.path} (${file.withheld})`}
              </option>
            ))}
          </select>
        </label>
        {page && (before.length > 0 || page.next !== null) && (
          <Pages
            {...{ page, trans }}
            back={() => {
              setStart(before[before.length - 1] ?? 0);
              setBefore(before.slice(0, -1));
            }}
            forth={() => {
              setBefore([...before, start]);
              setStart(page.next ?? 0);
            }}
            isFirst={before.length === 0}
          />
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
      </div>
      <Frame page={page} theme={theme} title={trans.__('%1 of work %2', path, opened.task.pseudonym)} trans={trans} />
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

interface FrameProps {
  page: FilePage | null;
  theme: string;
  title: string;
  trans: TranslationBundle;
}

function Frame({ page, theme, title, trans }: FrameProps): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  const fill = useCallback(() => {
    const inside = frame.current?.contentDocument;
    const style = inside?.getElementById('theme');
    if (!inside?.body || !style) {
      return; // not loaded yet; `onLoad` comes back here, as it does when Lab moves the frame
    }
    style.textContent = themed(document.body);
    inside.body.replaceChildren(...(page?.parts ?? []).map(part => cell(inside, part, trans)));
    inside.documentElement.scrollTop = 0;
    inside.onclick = event => follow(event, inside);
  }, [page, trans, theme]);
  useEffect(fill, [fill]);
  return <iframe ref={frame} title={title} sandbox="allow-same-origin" srcDoc={FRAME} onLoad={fill} />;
}

function cell(inside: Document, part: FilePage['parts'][number], trans: TranslationBundle): HTMLElement {
  const section = inside.createElement('section');
  section.className = `cell ${part.kind}`;
  section.id = `cell-${part.number}`;
  section.setAttribute('aria-label', trans.__('Cell %1', part.number));
  section.innerHTML = part.html;
  return section;
}

/** Follow a link in a new tab, without saying where it was; within the work, go there. */
export function follow(event: MouseEvent, inside: Document): void {
  const link = (event.target as Element).closest?.('a[href]');
  const address = link?.getAttribute('href') ?? '';
  if (!link) {
    return;
  }
  event.preventDefault();
  if (address.startsWith('#')) {
    inside.getElementById(address.slice(1))?.scrollIntoView();
  } else if (/^(https?:\/\/|mailto:)/i.test(address)) {
    window.open(address, '_blank', 'noopener,noreferrer');
  }
}
