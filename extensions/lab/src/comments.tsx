/** The comments at cells, as a part of the form: each with its place, to write on and to go to. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';

import { inOrder, type Inline, MOST, nameOf, type Place, without, withText } from './inline';
import type { CellIds } from './workapi';

interface CommentsProps {
  comments: readonly Inline[];
  cells: Record<string, CellIds>;
  isOpen: boolean;
  /** The place whose comment has just been begun: it gets the focus. */
  begun: Place | null;
  onChange: (comments: Inline[]) => void;
  onGo: (place: Place) => void;
  trans: TranslationBundle;
}

export function Comments({ comments, cells, isOpen, begun, onChange, onGo, trans }: CommentsProps): JSX.Element {
  const list = useRef<HTMLFieldSetElement>(null);
  const [removed, setRemoved] = useState<Inline | null>(null);
  useEffect(() => {
    const name = begun && CSS.escape(nameOf(begun));
    list.current?.querySelector<HTMLElement>(`[data-place="${name ?? ''}"]`)?.focus();
  }, [begun]);
  const remove = (comment: Inline): void => {
    onChange(without(comments, comment));
    setRemoved(comment.text.trim() === '' ? null : comment);
    list.current?.focus();
  };
  return (
    <fieldset ref={list} className="jp-nbcohort-Criterion" tabIndex={-1}>
      <legend>{trans.__('Comments at cells')}</legend>
      {comments.length === 0 && (
        <p>
          {isOpen
            ? trans.__('None yet. Use “Comment” beside a cell of the work, or select text there first.')
            : trans.__('None.')}
        </p>
      )}
      {comments.length >= MOST && <p>{trans.__('That is as many as a review can have.')}</p>}
      <ul className="jp-nbcohort-comments">
        {inOrder(comments, cells).map(comment => {
          const where = whereOf(comment, cells, trans);
          const label = comment.quote === '' ? trans.__('Comment on %1', where) : trans.__('Comment on “%2” in %1', where, comment.quote);
          return (
            <li key={nameOf(comment)}>
              <button type="button" className="jp-nbcohort-link" onClick={() => onGo(comment)}>
                {where}
              </button>
              {comment.quote !== '' && <q>{comment.quote}</q>}
              <textarea
                className="jp-mod-styled"
                aria-label={label}
                data-place={nameOf(comment)}
                rows={2}
                maxLength={20_000}
                readOnly={!isOpen}
                placeholder={trans.__('What works here? Or: what would you change, and why?')}
                value={comment.text}
                onChange={event => onChange(withText(comments, comment, event.target.value))}
              />
              {isOpen && (
                <button type="button" className="jp-nbcohort-link" aria-label={trans.__('Remove: %1', label)} onClick={() => remove(comment)}>
                  {trans.__('Remove')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <p role="status">
        {removed && (
          <>
            {trans.__('The comment was removed.')}{' '}
            <button
              type="button"
              className="jp-nbcohort-link"
              onClick={() => {
                onChange(withText(comments, removed, removed.text));
                setRemoved(null);
              }}
            >
              {trans.__('Put it back')}
            </button>
          </>
        )}
      </p>
    </fieldset>
  );
}

/** Return in words what a comment is about. */
export function whereOf({ file, cell }: Place, cells: Record<string, CellIds>, trans: TranslationBundle): string {
  const number = cell === null ? 0 : (cells[file]?.indexOf(cell) ?? -1) + 1;
  if (cell === null) {
    return file;
  }
  return number === 0 ? trans.__('a cell of %1', file) : trans.__('cell %1 of %2', number, file);
}
