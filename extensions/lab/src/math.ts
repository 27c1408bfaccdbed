/**
 * TeX in a peer's work as MathML, which browsers show without fonts, styles or scripts of their own.
 *
 * It goes into the sandboxed frame, as everything of the work. Commands that would make links, classes or pictures
 * (`\href`, `\class`, `\includegraphics`) are not trusted; what cannot be read stays as it was written.
 */

import temml from 'temml';

/** Formulas on a page, at most, each of 3,000 characters: the rest stays as it was written. */
const MOST = 400;
/** Where TeX may stand: `$$…$$`, `\[…\]`, an environment; `\(…\)`, and `$…$` without blanks at its ends, and no price. */
const TEX = new RegExp(
  [
    String.raw`\$\$([^$]{1,3000})\$\$`,
    String.raw`\\\[([\s\S]{1,3000}?)\\\]`,
    String.raw`(\\begin\{((?:align|equation|gather)\*?)\}[\s\S]{1,3000}?\\end\{\4\})`,
    String.raw`\\\(([\s\S]{1,3000}?)\\\)`,
    String.raw`\$(?![\s$])([^$]{1,3000}?)(?<!\s)\$(?!\d)`
  ].join('|'),
  'g'
);
const OPTIONS = { throwOnError: true, trust: false, maxExpand: 100, maxSize: [20, 20] as [number, number] };

/** Show the formulas in Markdown and LaTeX of the parts `elements`. */
export function typeset(elements: readonly Element[]): void {
  let left = MOST;
  for (const element of elements) {
    const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (/[$\\]/.test((node as Text).data) && !node.parentElement?.closest('pre, code, math')) {
        texts.push(node as Text);
      }
    }
    for (const text of texts.slice(0, left)) {
      const pieces = piecesOf(text);
      if (pieces) {
        left -= pieces.length;
        text.replaceWith(...pieces);
      }
    }
  }
}

/** Return what a text becomes: its formulas, and the text between; null if there is none that can be shown. */
function piecesOf(text: Text): (string | Node)[] | null {
  const pieces: (string | Node)[] = [];
  let end = 0;
  for (const found of text.data.matchAll(TEX)) {
    const [whole, dollars, brackets, environment, , parentheses, inline] = found;
    const display = dollars ?? brackets ?? environment;
    const formula = shownFormula(display ?? parentheses ?? inline ?? '', display !== undefined);
    if (formula) {
      pieces.push(text.data.slice(end, found.index), formula);
      end = found.index + whole.length;
    }
  }
  return end === 0 ? null : [...pieces, text.data.slice(end)];
}

function shownFormula(tex: string, displayMode: boolean): Element | null {
  const span = document.createElement('span');
  try {
    temml.render(tex, span, { ...OPTIONS, displayMode });
  } catch {
    return null; // not TeX, or none that can be read
  }
  return span;
}
