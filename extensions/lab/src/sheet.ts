/** How a peer's work looks: Lab's colours and fonts, in a frame that does not have Lab's style sheets. */

const COLOURS = [
  'border-color2',
  'brand-color1',
  'cell-editor-background',
  'cell-editor-border-color',
  'code-font-family',
  'code-font-size',
  'content-font-color0',
  'content-font-color1',
  'content-font-color2',
  'content-font-family',
  'content-font-size1',
  'content-link-color',
  'layout-color0',
  'layout-color1',
  'layout-color2',
  'mirror-editor-builtin-color',
  'mirror-editor-comment-color',
  'mirror-editor-def-color',
  'mirror-editor-error-color',
  'mirror-editor-keyword-color',
  'mirror-editor-number-color',
  'mirror-editor-operator-color',
  'mirror-editor-string-color',
  'rendermime-error-background',
  'rendermime-table-row-background'
];

/** Return a style sheet that defines Lab's variables as they are on `element`. */
export function themed(element: Element): string {
  const style = getComputedStyle(element);
  const definitions = COLOURS.map(name => `--jp-${name}: ${style.getPropertyValue(`--jp-${name}`)};`);
  const scheme = element.getAttribute('data-jp-theme-light') === 'false' ? 'dark' : 'light';
  return `:root { color-scheme: ${scheme}; ${definitions.join(' ')} }`;
}

export const SHEET = `
html { background: var(--jp-layout-color0); scroll-behavior: auto }
body { margin: 0; padding: 12px; color: var(--jp-content-font-color1); font: var(--jp-content-font-size1) / 1.6 var(--jp-content-font-family); overflow-wrap: anywhere }
body:focus-visible { outline: none }
section { display: grid; grid-template-columns: minmax(0, 1fr) auto; column-gap: 8px; margin: 0 0 14px; content-visibility: auto; contain-intrinsic-size: auto 120px }
section:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 3px }
.cell { contain: content; overflow: auto }
button.comment { align-self: start; padding: 2px 6px; border: 0; border-radius: 3px; background: none; color: var(--jp-content-font-color2); font: 0.85em var(--jp-content-font-family); cursor: pointer }
section:hover > button.comment, button.comment:focus-visible { background: var(--jp-layout-color2); color: var(--jp-content-font-color1) }
button.comment:focus-visible { outline: 2px solid var(--jp-brand-color1) }
.closed button.comment { display: none }
.said { grid-column: 1 / -1 }
.said p { margin: 4px 0 0; padding: 4px 10px; border-left: 4px solid var(--jp-brand-color1); background: var(--jp-layout-color2); white-space: pre-wrap }
.said q { color: var(--jp-content-font-color2); font-style: italic }
::highlight(quoted) { background-color: #ffd54f; color: #000 }
@media (max-width: 420px) { section { grid-template-columns: minmax(0, 1fr) } button.comment { justify-self: end } }
.prompt { color: var(--jp-content-font-color2); font: var(--jp-code-font-size) var(--jp-code-font-family) }
h1, h2, h3, h4, p, ul, ol { margin: 0 0 0.5em }
h1, h2, h3, h4 { line-height: 1.25 }
.source, .raw, .text { background: var(--jp-cell-editor-background); border: 1px solid var(--jp-cell-editor-border-color) }
.output { max-height: 36em; overflow: auto; margin-top: 6px }
.output img { background: #fff }
pre { margin: 0; padding: 6px 8px; white-space: pre-wrap; font: var(--jp-code-font-size) / 1.4 var(--jp-code-font-family) }
code { font-family: var(--jp-code-font-family); background: var(--jp-layout-color2) }
pre code { background: none }
a { color: var(--jp-content-link-color) }
img, video { max-width: 100%; height: auto }
table { border-collapse: collapse; font-size: 0.92em; margin: 6px 0 }
th, td { padding: 3px 8px; text-align: right; border: 1px solid var(--jp-border-color2) }
tbody tr:nth-child(odd) { background: var(--jp-rendermime-table-row-background) }
blockquote { margin-left: 0; padding-left: 12px; border-left: 4px solid var(--jp-border-color2) }
.note { color: var(--jp-content-font-color2) }
.static-widget-row { display: flex; flex-wrap: wrap; gap: 1em }
.highlight :is(.k, .kc, .kd, .kn, .kr, .kt, .ow) { color: var(--jp-mirror-editor-keyword-color); font-weight: bold }
.highlight :is(.s, .s1, .s2, .sa, .sb, .sd, .se, .si, .sr) { color: var(--jp-mirror-editor-string-color) }
.highlight :is(.c, .c1, .ch, .cm, .cs) { color: var(--jp-mirror-editor-comment-color); font-style: italic }
.highlight :is(.m, .mf, .mi, .mh) { color: var(--jp-mirror-editor-number-color) }
.highlight :is(.nb, .bp) { color: var(--jp-mirror-editor-builtin-color) }
.highlight :is(.nf, .nc, .fm) { color: var(--jp-mirror-editor-def-color) }
.highlight .o { color: var(--jp-mirror-editor-operator-color) }
.ansi-bold { font-weight: bold }
.ansi-red-fg { color: #c62828 } .ansi-green-fg { color: #2e7d32 } .ansi-blue-fg { color: #1976d2 }
.ansi-cyan-fg { color: #00838f } .ansi-magenta-fg { color: #ad1457 } .ansi-yellow-fg { color: #b26a00 }
`;
