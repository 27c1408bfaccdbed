/**
 * The frame that a peer's work is shown in. Nothing in it runs.
 *
 * The server has made the HTML harmless. Here it goes into a frame of its own on top of that: a sandbox without scripts,
 * forms and navigation, with a policy that loads nothing but what is in the page. Should something slip through the
 * cleaning, it meets a page where nothing runs, that cannot reach the Lab, and whose styles end at its border. (Lab's own
 * sanitizer would be one wall, and no second one: it puts what it lets through into Lab's page.)
 *
 * The frame stays of the same origin, without scripts, so that the Lab can fill it, theme it, and see which text is
 * selected. Of the two together, `allow-same-origin` and `allow-scripts`, the first is safe as long as the second is
 * missing: what is in the frame could reach the Lab only by running. What is typed is typed in Lab's own page, so that no
 * look-alike in a work can be taken for it, and a page of the work that is turned takes no text away.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useImperativeHandle, useRef } from 'react';

import type { FilePage, Part } from './api';
import type { Inline } from './inline';
import { typeset } from './math';
import { mark, rangeOf, selectedIn } from './quotes';
import { SHEET, themed } from './sheet';

const POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
export const FRAME = `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer">
<style id="theme"></style><style>${SHEET}</style></head><body tabindex="0"></body></html>`;

/** What can be done with the frame from outside. */
export interface FrameActions {
  /** The number of the part in which text is selected, and the text; null if there is none. */
  selected(): { number: number; quote: string } | null;
  /** Go to a part, and to a text in it; false if that part is not on this page. */
  go(number: number, quote: string): boolean;
}

interface FrameProps {
  page: FilePage | null;
  theme: string;
  title: string;
  /** The comments on this file, each with the number of the part that it is at. */
  comments: { number: number; comment: Inline }[];
  /** Comment on a part, or on what is selected in it; null if that is not possible. */
  onComment: ((number: number, quote: string) => void) | null;
  trans: TranslationBundle;
}

export const Frame = React.forwardRef<FrameActions, FrameProps>(function Frame(props, actions): JSX.Element {
  const { page, theme, title, comments, onComment, trans } = props;
  const frame = useRef<HTMLIFrameElement>(null);
  const said = useRef({ comments, onComment });
  said.current = { comments, onComment };
  const partsOf = (inside: Document): HTMLElement[] => [...inside.body.querySelectorAll<HTMLElement>(':scope > section > .cell')];
  const comment = useCallback((number: number, inside: Document): void => {
    const selection = selectedIn(inside, partsOf(inside));
    said.current.onComment?.(number, selection && numberOf(selection.element) === number ? selection.quote : '');
  }, []);
  const sayAll = useCallback((): void => {
    const inside = frame.current?.contentDocument;
    if (inside?.body) {
      say(inside, partsOf(inside), said.current.comments, said.current.onComment !== null, trans);
    }
  }, [trans]);
  const fill = useCallback(() => {
    const inside = frame.current?.contentDocument;
    if (!inside?.body || !inside.getElementById('theme')) {
      return; // not loaded yet; `onLoad` comes back here, as it does when Lab moves the frame
    }
    inside.body.replaceChildren(
      ...(page?.parts ?? []).map(part => section(inside, part, trans, () => comment(part.number, inside)))
    );
    typeset([...inside.body.querySelectorAll('.cell.markdown, .output.tex')]);
    inside.documentElement.scrollTop = 0;
    inside.onclick = event => follow(event, inside);
    sayAll();
  }, [page, trans, comment, sayAll]);
  const paint = useCallback(() => {
    const style = frame.current?.contentDocument?.getElementById('theme');
    if (style) {
      style.textContent = themed(document.body);
    }
  }, [theme]);
  useEffect(fill, [fill]);
  useEffect(paint, [paint]);
  useEffect(sayAll, [sayAll, comments, onComment === null]);
  useImperativeHandle(actions, () => ({
    selected: () => {
      const inside = frame.current?.contentDocument;
      const selection = inside && selectedIn(inside, partsOf(inside));
      return selection ? { number: numberOf(selection.element), quote: selection.quote } : null;
    },
    go: (number, quote) => {
      const inside = frame.current?.contentDocument;
      const part = inside && partsOf(inside).find(one => numberOf(one) === number);
      if (!part?.parentElement) {
        return false;
      }
      part.parentElement.scrollIntoView({ block: 'start' });
      const range = quote === '' ? null : rangeOf(part, quote);
      range?.startContainer.parentElement?.scrollIntoView({ block: 'center' });
      part.parentElement.focus({ preventScroll: true });
      return true;
    }
  }));
  return (
    <iframe
      ref={frame}
      title={title}
      sandbox="allow-same-origin"
      srcDoc={FRAME}
      onLoad={() => {
        paint();
        fill();
      }}
    />
  );
});

function numberOf(part: Element): number {
  return Number(part.parentElement?.id.slice('cell-'.length));
}

function section(inside: Document, part: Part, trans: TranslationBundle, comment: () => void): HTMLElement {
  const whole = inside.createElement('section');
  whole.id = `cell-${part.number}`;
  whole.tabIndex = -1;
  whole.setAttribute('aria-label', trans.__('Cell %1', part.number));
  const content = inside.createElement('div');
  content.className = `cell ${part.kind}`;
  content.innerHTML = part.html;
  const button = inside.createElement('button');
  button.className = 'comment';
  button.textContent = trans.__('Comment');
  button.setAttribute('aria-label', trans.__('Comment on cell %1', part.number));
  // Safari calls no handlers in such a frame; there, comments are made with the button above it, on selected text.
  button.onmousedown = event => event.preventDefault(); // what is selected stays selected
  button.onclick = comment;
  const said = inside.createElement('div');
  said.className = 'said';
  whole.append(content, button, said);
  return whole;
}

/** Show the comments at their cells. */
function say(
  inside: Document,
  parts: HTMLElement[],
  comments: FrameProps['comments'],
  canComment: boolean,
  trans: TranslationBundle
): void {
  const ranges: Range[] = [];
  inside.body.classList.toggle('closed', !canComment);
  for (const part of parts) {
    const here = comments.filter(one => one.number === numberOf(part)).map(one => one.comment);
    const said = part.parentElement?.querySelector(':scope > .said');
    said?.replaceChildren(...here.map(comment => remark(inside, comment, trans)));
    ranges.push(...here.flatMap(({ quote }) => (quote === '' ? [] : (rangeOf(part, quote) ?? []))));
  }
  mark(inside, ranges);
}

function remark(inside: Document, comment: Inline, trans: TranslationBundle): HTMLElement {
  const paragraph = inside.createElement('p');
  const label = inside.createElement('strong');
  label.textContent = trans.__('My comment: ');
  paragraph.append(label);
  if (comment.quote !== '') {
    const quote = inside.createElement('q');
    quote.textContent = comment.quote;
    paragraph.append(quote, ' ');
  }
  paragraph.append(comment.text);
  return paragraph;
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
