/** What others wrote about my work, and what it adds up to. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import type { Api, Criterion, Received, ReceivedReview } from './api';

interface ReceivedProps {
  api: Api;
  cohort: string;
  trans: TranslationBundle;
}

export class ReceivedPanel extends ReactWidget {
  constructor(private readonly props: ReceivedProps) {
    super();
    this.addClass('jp-nbcohort-Received');
  }

  render(): JSX.Element {
    return <AllReceived {...this.props} />;
  }
}

function AllReceived({ api, cohort, trans }: ReceivedProps): JSX.Element {
  const [works, setWorks] = useState<Received[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    api.received(cohort).then(setWorks, (error: Error) => setProblem(error.message));
  }, [api, cohort]);
  return (
    <div className="jp-nbcohort-Received-content">
      <h2>{trans.__('Reviews of my work')}</h2>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {!problem && !works && <p>{trans.__('Loading …')}</p>}
        {works?.length === 0 && <p>{trans.__('Nothing yet. Reviews are shown here when their round has closed.')}</p>}
      </div>
      {works?.map(work => (
        <OneWork key={work.work} {...{ work, trans }} />
      ))}
    </div>
  );
}

function OneWork({ work, trans }: { work: Received; trans: TranslationBundle }): JSX.Element {
  const { overall, note, count } = work.score;
  return (
    <section aria-label={work.title}>
      <h3>{work.title}</h3>
      {overall && (
        <p>
          {trans._n('%2 % from %1 review.', '%2 % from %1 reviews.', count, overall.percent)}
          {overall.spread !== null && ` ${trans.__('They differ by %1 percentage points (standard deviation).', overall.spread)}`}
        </p>
      )}
      {note && <p>{note}</p>}
      {work.reviews.map((review, i) => (
        <OneReview key={i} {...{ review, rubric: work.rubric, trans }} />
      ))}
    </section>
  );
}

interface OneReviewProps {
  review: ReceivedReview;
  rubric: Criterion[];
  trans: TranslationBundle;
}

function OneReview({ review, rubric, trans }: OneReviewProps): JSX.Element {
  return (
    <article aria-label={trans.__('Review by %1', review.reviewer)}>
      <h4>{trans.__('Review by %1', review.reviewer)}</h4>
      <p className="jp-nbcohort-said">{review.overall}</p>
      <dl>
        {rubric.map(criterion => (
          <div key={criterion.id}>
            <dt>{criterion.title}</dt>
            <dd>
              {criterion.levels[review.scores[criterion.id] ?? -1]?.title ?? trans.__('no level')}
              {review.comments[criterion.id] && <p className="jp-nbcohort-said">{review.comments[criterion.id]}</p>}
            </dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
