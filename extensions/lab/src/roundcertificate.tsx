/** The certificate of a round's allocation: what it kept of its promises. */

import React from 'react';

import type { Held } from './round';

export function CertificateSection({ whole, trans }: Held): JSX.Element {
  const { in_words, unavoidable } = whole.round;
  return (
    <section aria-labelledby="nbcohort-round-swap">
      <h3 id="nbcohort-round-swap">{trans.__('The swap')}</h3>
      {unavoidable.map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
      {unavoidable.length === 0 && <p>{trans.__('It keeps all it promises.')}</p>}
      <details className="jp-nbcohort-how">
        <summary>{trans.__('Certificate')}</summary>
        <ul>
          {in_words.map(sentence => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </details>
    </section>
  );
}
