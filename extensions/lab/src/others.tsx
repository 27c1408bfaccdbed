/** After submitting: what others wrote on the same work. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { Api, Criterion } from './api';
import type { Form } from './forms';

interface Other extends Form {
  reviewer: string;
}

interface OthersProps {
  api: Api;
  root: string;
  rubric: Criterion[];
  /** Of my review; a new one is a reason to look again. */
  version: number;
  trans: TranslationBundle;
}

export function OthersReviews({ api, root, rubric, version, trans }: OthersProps): JSX.Element {
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
          {other.inline.length > 0 && (
            <ul>
              {other.inline.map((one, n) => (
                <li key={n}>
                  {one.quote !== '' && <q>{one.quote}</q>} <span className="jp-nbcohort-said">{one.text}</span>
                </li>
              ))}
            </ul>
          )}
        </article>
      ))}
    </section>
  );
}
