/** Selected text in the frame with the work: what it is, and where a comment's quote stands. */

import { find, quotable } from './inline';

const HIGHLIGHT = 'quoted';

/** What of the cell `element` is selected in its document, and the element; null if nothing is. */
export function selectedIn(inside: Document, elements: readonly Element[]): { element: Element; quote: string } | null {
  const selection = inside.getSelection();
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) {
    return null;
  }
  const range = selection.getRangeAt(0);
  const element = elements.find(one => range.intersectsNode(one));
  if (!element) {
    return null;
  }
  const within = inside.createRange(); // what is selected beyond this cell is not quoted
  within.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, within) > 0) {
    within.setStart(range.startContainer, range.startOffset);
  }
  if (range.compareBoundaryPoints(Range.END_TO_END, within) < 0) {
    within.setEnd(range.endContainer, range.endOffset);
  }
  const quote = quotable(within.toString());
  return quote === '' ? null : { element, quote };
}

/** Return the range of `quote` in `element`; null if it is not there. */
export function rangeOf(element: Element, quote: string): Range | null {
  const inside = element.ownerDocument;
  const walker = inside.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: [Text, number][] = [];
  let text = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push([node as Text, text.length]);
    text += (node as Text).data;
  }
  const place = find(text, quote);
  if (!place) {
    return null;
  }
  const range = inside.createRange();
  const [start, end] = place;
  for (const [node, from] of nodes) {
    if (from <= start && start < from + node.length) {
      range.setStart(node, start - from);
    }
    if (from < end && end <= from + node.length) {
      range.setEnd(node, end - from);
    }
  }
  return range;
}

/** Mark ranges in the frame's document, without changing it; a browser that cannot shows the quotes at the cell alone. */
export function mark(inside: Document, ranges: readonly Range[]): void {
  const view = inside.defaultView as (Window & typeof globalThis) | null;
  const highlights = view?.CSS?.highlights;
  if (view && highlights && 'Highlight' in view) {
    highlights.set(HIGHLIGHT, new view.Highlight(...ranges));
  }
}
