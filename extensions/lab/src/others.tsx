/** After submitting: what others wrote on the same work. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { Api, Criterion } from './api';
import { whereOf } from './comments';
import { ComparedWork } from './compared';
import type { Found } from './comparing';
import type { Filled } from './forms';
import { inOrder, type Place } from './inline';
import type { CellIds } from './workapi';

interface Other extends Filled {
  reviewer: string;
  /** What they say of this work and each other one of theirs; a service that does not say it has none. */
  compared?: Found[];
}

interface OthersProps {
  api: Api;
  root: string;
  rubric: Criterion[];
  /** Of my review; a new one is a reason to look again. */
  version: number;
  cells: Record<string, CellIds>;
  onGo: (place: Place) => void;
  trans: TranslationBundle;
}

export function OthersReviews({ api, root, rubric, version, cells, onGo, trans }: OthersProps): JSX.Element {
  const [others, setOthers] = useState<Other[] | null>(null);
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    let wanted = true;
    api.ask<{ items: Other[] }>(`${root}/others`).then(
      answer => {
        if (wanted) {
          setOthers(answer.items);
          setSentence('');
        }
      },
      (error: Error) => wanted && setSentence(error.message)
    );
    return () => {
      wanted = false;
    };
  }, [api, root, version]);
  return (
    <section aria-label={trans.__('What others wrote on this work')} className="jp-nbcohort-Others">
      <h3>{trans.__('What others wrote on this work')}</h3>
      <p role="status">
        {sentence || (others ? others.length === 0 && trans.__('Nobody else has submitted a review yet.') : trans.__('Loading …'))}
      </p>
      {others?.map((other, i) => (
        <article key={i} aria-label={trans.__('Review by %1', other.reviewer)}>
          <h4>{trans.__('Review by %1', other.reviewer)}</h4>
          <p className="jp-nbcohort-said">{other.overall}</p>
          <dl>
            {rubric.map(criterion => (
              <div key={criterion.id}>
                <dt>{criterion.title}</dt>
                <dd>
                  {criterion.levels[other.scores[criterion.id] ?? -1]?.title ?? trans.__('no level')}
                  {other.comments[criterion.id] && <p className="jp-nbcohort-said">{other.comments[criterion.id]}</p>}
                </dd>
              </div>
            ))}
          </dl>
          <ComparedWork compared={other.compared ?? []} trans={trans} />
          {other.inline.length > 0 && (
            <ul>
              {inOrder(other.inline, cells).map((one, n) => (
                <li key={n}>
                  <button type="button" className="jp-nbcohort-link" onClick={() => onGo(one)}>
                    {whereOf(one, cells, trans)}
                  </button>
                  {one.quote !== '' && <q>{one.quote}</q>}
                  <p className="jp-nbcohort-said">{one.text}</p>
                </li>
              ))}
            </ul>
          )}
        </article>
      ))}
    </section>
  );
}
