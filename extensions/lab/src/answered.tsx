/** How my reviews helped: what their authors said of them, without names. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { After, Answer, AnsweredReview, Mine } from './afterapi';
import { ShowChanges } from './revision';
import { rounded } from './scorewords';

interface AnsweredProps {
  after: After;
  /** Changes when Lab's theme does. */
  theme: string;
  trans: TranslationBundle;
}

export function AnsweredReviews({ after, theme, trans }: AnsweredProps): JSX.Element {
  const [reviews, setReviews] = useState<AnsweredReview[] | null>(null);
  const [rounds, setRounds] = useState<Mine[]>([]);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const failed = (error: Error): void => setProblem(error.message);
    after.answered().then(setReviews, failed);
    after.mine().then(setRounds, failed);
  }, [after]);
  const ratings = (reviews ?? []).flatMap(review => review.answers.flatMap(answer => answer.helpful ?? []));
  const mean = ratings.reduce((sum, one) => sum + one, 0) / ratings.length;
  return (
    <section className="jp-nbcohort-Answered" aria-labelledby="nbcohort-answered">
      <h2 id="nbcohort-answered" tabIndex={-1}>
        {trans.__('How my reviews helped')}
      </h2>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {!problem && !reviews && <p>{trans.__('Loading …')}</p>}
        {reviews?.length === 0 && <p>{trans.__('Nothing yet. When a round has closed, what authors say of your reviews is here.')}</p>}
        {ratings.length > 0 && (
          <p>
            {trans._n('Rated %2 of 5 for helpfulness, by %1 author.', 'Rated %2 of 5 for helpfulness, by %1 authors.', ratings.length, rounded(mean))}
          </p>
        )}
      </div>
      {rounds.map(round => (
        <Quality key={round.assignment} {...{ round, trans }} isOpen={rounds.length === 1} />
      ))}
      {reviews?.map(review => (
        <article key={review.id} aria-label={trans.__('My review of work %1', review.pseudonym)}>
          <h4>{trans.__('My review of work %1, %2', review.pseudonym, review.title)}</h4>
          {review.answers.length === 0 && <p>{trans.__('No answer yet.')}</p>}
          {review.answers.map((answer, i) => (
            <Heard key={i} {...{ answer, trans }} />
          ))}
          <ShowChanges
            address={`tasks/${review.id}/revision`}
            about={trans.__('work %1, %2', review.pseudonym, review.title)}
            {...{ after, theme, trans }}
          />
        </article>
      ))}
    </section>
  );
}

interface QualityProps {
  round: Mine;
  isOpen: boolean;
  trans: TranslationBundle;
}

/** How good my reviews of a round were, in words with my own numbers. */
function Quality({ round, isOpen, trans }: QualityProps): JSX.Element {
  const { title, quality, parts, sentences } = round;
  return (
    <details className="jp-nbcohort-how" open={isOpen}>
      <summary>
        {quality === null
          ? trans.__('How good my reviews were, %1', title)
          : trans.__('How good my reviews were, %1: %2 %', title, rounded(quality))}
      </summary>
      <ul>
        {[...parts.map(part => part.sentence), ...sentences].map((sentence, i) => (
          <li key={i}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
}

function Heard({ answer, trans }: { answer: Answer; trans: TranslationBundle }): JSX.Element {
  return (
    <div className="jp-nbcohort-answer">
      {answer.helpful !== null && (
        <p className="jp-nbcohort-said">{trans.__('Helpful %1 of 5. %2', answer.helpful, answer.reason)}</p>
      )}
      {answer.reply && <p className="jp-nbcohort-said">{answer.reply}</p>}
      {answer.will_change && <p className="jp-nbcohort-said">{trans.__('They will change: %1', answer.will_change)}</p>}
    </div>
  );
}
