/** What an author changed since the reviews, in the frame that works are shown in. Nothing in it runs. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useRef, useState } from 'react';

import type { After, Revision } from './afterapi';
import { Problem } from './api';
import { FRAME } from './frame';
import { themed } from './sheet';
import { shown } from './times';

interface ShowChangesProps {
  after: After;
  /** The service's address of the revision, below the cohort's `review`. */
  address: string;
  /** Whose changes these are. */
  about: string;
  /** Changes when Lab's theme does. */
  theme: string;
  trans: TranslationBundle;
}

const CHANGES = `
section { display: block }
h3 { margin-top: 8px; font-size: 1.1em }
h4 { font-size: 1em; font-weight: 600 }
pre { background: var(--jp-cell-editor-background); border: 1px solid var(--jp-cell-editor-border-color) }
ins, del { text-decoration: none }
ins { background: color-mix(in srgb, #2e7d32 24%, transparent) }
del { background: color-mix(in srgb, #c62828 24%, transparent) }
`;

/** A button that asks for the changes when it is pressed, and shows them below itself. */
export function ShowChanges({ after, address, about, theme, trans }: ShowChangesProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [revision, setRevision] = useState<Revision | null>(null);
  const [nothing, setNothing] = useState('');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let wanted = isOpen;
    if (isOpen) {
      setNothing('');
      setProblem('');
      after.revision(address).then(
        found => wanted && setRevision(found),
        (error: Error) => {
          if (wanted) {
            (error instanceof Problem && error.status === 404 ? setNothing : setProblem)(error.message);
          }
        }
      );
    }
    return () => {
      wanted = false;
    };
  }, [after, address, isOpen]);
  const label = trans.__('Show what changed');
  return (
    <div className="jp-nbcohort-Changes">
      <button
        type="button"
        className="jp-mod-styled"
        aria-expanded={isOpen}
        aria-label={`${label}, ${about}`}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      <div role="status">
        {isOpen && problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {isOpen && nothing && <p>{nothing}</p>}
        {isOpen && !revision && !nothing && !problem && <p>{trans.__('Loading …')}</p>}
        {isOpen && revision && <p>{trans.__('Handed in %1, beside what was reviewed.', shown(revision.handed_in_at))}</p>}
      </div>
      {isOpen && revision && <Changes html={revision.html} title={trans.__('What changed, %1', about)} theme={theme} />}
    </div>
  );
}

function Changes({ html, title, theme }: { html: string; title: string; theme: string }): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  const fill = useCallback(() => {
    const inside = frame.current?.contentDocument;
    const style = inside?.getElementById('theme');
    if (!inside?.body || !style) {
      return; // not loaded yet; `onLoad` comes back here
    }
    style.textContent = themed(document.body);
    const own = inside.createElement('style'); // after the sheet of works, some of which it changes
    own.textContent = CHANGES;
    inside.body.innerHTML = html;
    inside.body.prepend(own);
  }, [html, theme]);
  useEffect(fill, [fill]);
  return <iframe ref={frame} title={title} sandbox="allow-same-origin" srcDoc={FRAME} onLoad={fill} />;
}
