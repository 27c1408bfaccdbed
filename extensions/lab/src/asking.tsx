/** A button that opens a small form below itself: for what is said once, with a reason. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';

/** What was filled in: name of a field -> text. */
export type Said = Record<string, string>;

interface AskingProps {
  /** What the button says. */
  label: string;
  /** The same for who does not see what is around it. */
  about: string;
  /** What the form's own button says. */
  submit: string;
  /** The fields; `was` is what they begin with. */
  fields: (was: Said) => React.ReactNode;
  /** What they begin with. */
  begin?: Said;
  /** Send it; an error's message is shown, and nothing that was typed goes. */
  send: (said: Said) => Promise<void>;
  /** Where this browser keeps what is typed until it is sent; without it nothing is kept. */
  draft?: string;
  trans: TranslationBundle;
}

export function Asking(props: AskingProps): JSX.Element {
  const { label, about, trans } = props;
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className="jp-nbcohort-Asking">
      <button
        ref={button}
        type="button"
        className="jp-mod-styled"
        aria-expanded={isOpen}
        aria-label={about}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && <AskingForm {...props} {...{ close, trans }} />}
    </div>
  );
}

function AskingForm(props: AskingProps & { close: () => void }): JSX.Element {
  const { about, submit, fields, begin = {}, send, draft, close, trans } = props;
  const [was] = useState({ ...begin, ...kept(draft) });
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('input:checked, input, textarea, select')?.focus(), []);
  const finish = async (): Promise<void> => {
    if (busy) {
      return;
    }
    setBusy(true);
    setProblem('');
    try {
      await send(saidIn(form.current));
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
      return;
    }
    keep(draft, null);
    close();
  };
  return (
    <form
      ref={form}
      aria-label={about}
      onInput={() => keep(draft, saidIn(form.current))}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          close();
        }
      }}
      onSubmit={event => {
        event.preventDefault();
        void finish();
      }}
    >
      {fields(was)}
      {problem && (
        <p role="alert" className="jp-nbcohort-problem">
          {problem}
        </p>
      )}
      <div className="jp-nbcohort-Asking-buttons">
        {/* Not disabled while it is sent: it would lose the focus. */}
        <button type="submit" className="jp-mod-styled jp-mod-accept" aria-disabled={busy}>
          {submit}
        </button>
        <button type="button" className="jp-mod-styled" onClick={close}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}

interface TextProps {
  name: string;
  label: string;
  was: Said;
  hint?: string;
  required?: boolean;
  rows?: number;
  most?: number;
}

/** A field for text. */
export function TextField({ name, label, was, hint, required = false, rows = 2, most = 20_000 }: TextProps): JSX.Element {
  return (
    <label className="jp-nbcohort-field">
      <span>{label}</span>
      {hint && <small>{hint}</small>}
      <textarea
        className="jp-mod-styled"
        name={name}
        defaultValue={was[name] ?? ''}
        rows={rows}
        maxLength={most}
        required={required}
      />
    </label>
  );
}

/** The field for why staff do something, which is kept with who did it and when. */
export function ReasonField({ was, trans }: { was: Said; trans: TranslationBundle }): JSX.Element {
  const hint = trans.__('Kept with your name and the time.');
  return <TextField {...{ was, hint }} name="reason" label={trans.__('Reason')} required most={2_000} />;
}

function saidIn(form: HTMLFormElement | null): Said {
  const entries = form ? [...new FormData(form)] : [];
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function kept(draft: string | undefined): Said {
  try {
    return draft === undefined ? {} : (JSON.parse(localStorage.getItem(draft) ?? '{}') as Said);
  } catch {
    return {};
  }
}

function keep(draft: string | undefined, said: Said | null): void {
  if (draft === undefined) {
    return;
  }
  try {
    if (said) {
      localStorage.setItem(draft, JSON.stringify(said));
    } else {
      localStorage.removeItem(draft);
    }
  } catch {
    // No room: then it is there only while the form is.
  }
}
