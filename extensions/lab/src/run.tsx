/** “Run it”: a throwaway copy of the work is run in the sandbox of the own server, and shown in place of the work. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { URLExt } from '@jupyterlab/coreutils';
import React, { useEffect, useState } from 'react';

import type { Api } from './api';

/** How a run stands; `number` tells runs apart, 0: there was none. */
interface Run {
  number: number;
  state: 'none' | 'running' | 'done' | 'failed' | 'cancelled';
  sentence: string;
}

const NONE: Run = { number: 0, state: 'none', sentence: '' };
/** Milliseconds between two looks at a run. */
const EVERY = 700;

interface RunProps {
  api: Api;
  root: string;
  path: string;
  /** Whether the run is what is shown. */
  shown: boolean;
  /** Show a run by its number; 0: the work as it was handed in. */
  onShow: (run: number) => void;
  trans: TranslationBundle;
}

export function RunBar({ api, root, path, shown, onShow, trans }: RunProps): JSX.Element {
  const [run, setRun] = useState<Run>(NONE);
  const [starting, setStarting] = useState(false);
  const isRunning = starting || run.state === 'running';
  const ask = async (method: 'GET' | 'PUT' | 'DELETE'): Promise<void> => {
    try {
      const found =
        method === 'PUT'
          ? await api.ask<Run>(`${root}/run`, { path })
          : await api.ask<Run>(`${root}/run${URLExt.objectToQueryString({ path })}`, undefined, method);
      setRun(found);
      if (found.state === 'done' && run.state === 'running') {
        onShow(found.number);
      }
    } catch (error) {
      setRun({ ...run, state: 'failed', sentence: (error as Error).message });
    }
  };
  useEffect(() => {
    if (run.state === 'running') {
      const timer = setTimeout(() => void ask('GET'), EVERY);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [run]);
  const start = async (): Promise<void> => {
    setStarting(true);
    await ask('PUT');
    setStarting(false);
  };
  return (
    <>
      {isRunning ? (
        <button className="jp-mod-styled" onClick={() => void ask('DELETE')}>
          {trans.__('Stop it')}
        </button>
      ) : (
        <button
          className="jp-mod-styled"
          title={trans.__('Runs a throwaway copy in a sandbox of your server; your own kernels and files are not touched.')}
          onClick={() => void start()}
        >
          {run.number > 0 ? trans.__('Run it again') : trans.__('Run it')}
        </button>
      )}
      <span role="status" className={run.state === 'failed' ? 'jp-nbcohort-problem' : 'jp-nbcohort-standing'}>
        {starting ? trans.__('A copy of the work is fetched …') : run.sentence}
      </span>
      {run.state === 'done' && (
        <span className="jp-nbcohort-pages" role="group" aria-label={trans.__('What is shown')}>
          <button className="jp-nbcohort-other" aria-pressed={!shown} onClick={() => onShow(0)}>
            {trans.__('As handed in')}
          </button>
          <button className="jp-nbcohort-other" aria-pressed={shown} onClick={() => onShow(run.number)}>
            {trans.__('After the run')}
          </button>
        </span>
      )}
    </>
  );
}
