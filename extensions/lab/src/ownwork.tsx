/** A work that was handed in, as its authors and staff see it, with what was said at its cells. Nothing of it is run. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useRef, useState } from 'react';

import type { After, AtCell } from './afterapi';
import type { FilePage } from './api';
import { FRAME, follow } from './frame';
import { typeset } from './math';
import { themed } from './sheet';
import { Pages } from './work';

/** A comment, with who made it. */
export interface Remark extends AtCell {
  reviewer: string;
}

/** Where to go: a new object each time. */
export interface Place {
  path: string;
  index: number | null;
}

interface OwnWorkProps {
  after: After;
  submission: string;
  remarks: readonly Remark[];
  target: Place | null;
  /** Changes when Lab's theme does. */
  theme: string;
  trans: TranslationBundle;
}

const REMARKS = `
section.cell { display: block }
.remark { margin: 6px 0 0; padding: 4px 10px; border-left: 4px solid var(--jp-content-link-color);
  background: var(--jp-layout-color2); white-space: pre-wrap; overflow-wrap: anywhere }
.remark strong, .remark q { display: block }
.remark q { color: var(--jp-content-font-color2); font-style: italic }
.target { outline: 2px solid var(--jp-content-link-color); outline-offset: 2px }
`;

export function OwnWork({ after, submission, remarks, target, theme, trans }: OwnWorkProps): JSX.Element {
  const [paths, setPaths] = useState<string[] | null>(null);
  const [path, setPath] = useState('');
  const [start, setStart] = useState(0);
  const [loaded, setLoaded] = useState<{ path: string; start: number; page: FilePage } | null>(null);
  const [problem, setProblem] = useState('');
  const before = useRef<number[]>([]);
  const goal = useRef<Place | null>(null);
  const page = loaded?.path === path && loaded.start === start ? loaded.page : null;
  const choose = (chosen: string, part: number): void => {
    before.current = part > 0 ? [0] : [];
    setPath(chosen);
    setStart(part);
  };
  useEffect(() => {
    after.files(submission).then(
      found => {
        const all = found.map(file => file.path);
        setPaths(all);
        if (!target) {
          choose(all.find(one => one.endsWith('.ipynb')) ?? all[0] ?? '', 0);
        }
      },
      (error: Error) => setProblem(error.message)
    );
  }, [after, submission]);
  useEffect(() => {
    goal.current = target;
  }, [target]);
  useEffect(() => {
    const place = goal.current;
    if (place && place.path !== path) {
      choose(place.path, 0);
    } else if (place && page) {
      goal.current = null; // whoever turns the page afterwards is not brought back
      const index = place.index ?? 0;
      if (!page.parts.some(part => part.number === index + 1)) {
        choose(path, index);
      }
    }
  }, [target, path, page]);
  useEffect(() => {
    let wanted = true;
    if (path !== '') {
      setProblem('');
      after.shown(submission, path, start).then(
        found => wanted && setLoaded({ path, start, page: found }),
        (error: Error) => wanted && setProblem(error.message)
      );
    }
    return () => {
      wanted = false;
    };
  }, [after, submission, path, start]);
  return (
    <section className="jp-nbcohort-Work jp-nbcohort-OwnWork" aria-label={trans.__('The work, with the comments at its cells')}>
      <div className="jp-nbcohort-bar">
        <label>
          {trans.__('File')}{' '}
          <select value={path} onChange={event => choose(event.target.value, 0)}>
            {paths?.map(one => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        {page && (start > 0 || page.next !== null) && (
          <Pages
            {...{ page, trans }}
            back={() => setStart(before.current.pop() ?? 0)}
            forth={() => {
              before.current.push(start);
              setStart(page.next ?? 0);
            }}
            isFirst={start === 0}
          />
        )}
      </div>
      <div role="status" className="jp-nbcohort-Work-status">
        {!page && !problem && paths?.length !== 0 && <p>{trans.__('Loading …')}</p>}
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {page?.parts.length === 0 && <p>{trans.__('This notebook is empty.')}</p>}
      </div>
      <Shown
        {...{ page, theme, trans }}
        title={trans.__('The work, %1', path)}
        remarks={remarks.filter(one => one.path === path)}
        target={target?.path === path ? target : null}
      />
    </section>
  );
}

interface ShownProps {
  page: FilePage | null;
  remarks: readonly Remark[];
  target: Place | null;
  theme: string;
  title: string;
  trans: TranslationBundle;
}

function Shown({ page, remarks, target, theme, title, trans }: ShownProps): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  const said = JSON.stringify(remarks);
  const fill = useCallback(() => {
    const inside = frame.current?.contentDocument;
    const style = inside?.getElementById('theme');
    if (!inside?.body || !style) {
      return; // not loaded yet; `onLoad` comes back here
    }
    style.textContent = themed(document.body) + REMARKS;
    const whole = remarks.filter(one => one.index === null).map(one => remark(inside, one, trans));
    const cells = (page?.parts ?? []).map(part => {
      const cell = inside.createElement('section');
      cell.className = `cell ${part.kind}`;
      cell.id = `cell-${part.number}`;
      cell.setAttribute('aria-label', trans.__('Cell %1', part.number));
      cell.innerHTML = part.html;
      cell.append(...remarks.filter(one => one.index === part.number - 1).map(one => remark(inside, one, trans)));
      return cell;
    });
    inside.body.replaceChildren(...whole, ...cells);
    typeset([...inside.body.querySelectorAll('.cell.markdown, .output.tex')]);
    inside.onclick = event => follow(event, inside);
    const goal = target && inside.getElementById(`cell-${(target.index ?? 0) + 1}`);
    goal?.classList.toggle('target', target?.index !== null);
    (goal ?? inside.documentElement).scrollIntoView();
  }, [page, said, target, theme, trans]);
  useEffect(fill, [fill]);
  return <iframe ref={frame} title={title} sandbox="allow-same-origin" srcDoc={FRAME} onLoad={fill} />;
}

function remark(inside: Document, { reviewer, quote, text }: Remark, trans: TranslationBundle): HTMLElement {
  const aside = inside.createElement('aside');
  aside.className = 'remark';
  aside.setAttribute('aria-label', trans.__('Comment by %1', reviewer));
  const who = inside.createElement('strong');
  who.textContent = reviewer;
  aside.append(who);
  if (quote) {
    const quoted = inside.createElement('q');
    quoted.textContent = quote;
    aside.append(quoted);
  }
  aside.append(text);
  return aside;
}
