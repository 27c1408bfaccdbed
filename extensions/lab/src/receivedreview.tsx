/** One review of my work: what it says, and what I say of it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { After, Answer, Received, ReceivedReview } from './afterapi';
import { Asking, type Said, TextField } from './asking';
import { ComparedWork } from './compared';
import type { Place } from './ownwork';
import { shown } from './times';

interface OneReviewProps {
  review: ReceivedReview;
  work: Received;
  after: After;
  /** Show a place of my work. */
  go: (place: Place) => void;
  done: (sentence: string) => void;
  trans: TranslationBundle;
}

export function OneReview({ review, work, after, go, done, trans }: OneReviewProps): JSX.Element {
  return (
    <article aria-label={trans.__('Review by %1', review.reviewer)}>
      <h4>
        {trans.__('Review by %1', review.reviewer)}
        {review.by_staff && (
          <small> {work.form === 'comparisons' ? trans.__('by staff') : trans.__('by staff: it is the score')}</small>
        )}
      </h4>
      <p className="jp-nbcohort-said">{review.overall}</p>
      <dl>
        {work.rubric.map(criterion => (
          <div key={criterion.id}>
            <dt>{criterion.title}</dt>
            <dd>
              {criterion.levels[review.scores[criterion.id] ?? -1]?.title ?? trans.__('no level')}
              {review.comments[criterion.id] && <p className="jp-nbcohort-said">{review.comments[criterion.id]}</p>}
            </dd>
          </div>
        ))}
      </dl>
      <ComparedWork compared={review.compared ?? []} trans={trans} />
      {review.inline.length > 0 && (
        <ul className="jp-nbcohort-inline">
          {review.inline.map((one, i) => (
            <li key={i}>
              <button className="jp-nbcohort-link" onClick={() => go(one)}>
                {one.index === null ? one.path : trans.__('%1, cell %2', one.path, one.index + 1)}
              </button>
              {one.quote && <q>{one.quote}</q>}
              <p className="jp-nbcohort-said">{one.text}</p>
            </li>
          ))}
        </ul>
      )}
      {review.mine && <MyAnswer {...{ trans }} answer={review.mine} />}
      {review.flag && (
        <p>
          {review.flag.decision === null
            ? trans.__('You flagged this review; staff will decide.')
            : trans.__('You flagged this review. Staff keep it: %1', review.flag.decided_because ?? '')}
        </p>
      )}
      <div className="jp-nbcohort-actions">
        <Answering {...{ review, work, after, done, trans }} />
        {review.flag?.decision !== null && <Flagging {...{ review, after, done, trans }} />}
      </div>
    </article>
  );
}

function MyAnswer({ answer, trans }: { answer: Answer; trans: TranslationBundle }): JSX.Element {
  return (
    <div className="jp-nbcohort-answer">
      {answer.helpful !== null && (
        <p className="jp-nbcohort-said">{trans.__('You said: helpful %1 of 5. %2', answer.helpful, answer.reason)}</p>
      )}
      {answer.reply && <p className="jp-nbcohort-said">{trans.__('Your reply: %1', answer.reply)}</p>}
      {answer.will_change && <p className="jp-nbcohort-said">{trans.__('You will change: %1', answer.will_change)}</p>}
    </div>
  );
}

type Part = Omit<OneReviewProps, 'go'>;

function Answering({ review, work, after, done, trans }: Part): JSX.Element {
  const until = work.round?.replies_due_at ?? null;
  if (until !== null && work.round?.phase !== 'replying') {
    return <small>{trans.__('Replies were due %1.', shown(until))}</small>;
  }
  const { mine } = review;
  const degrees = [
    trans.__('not at all'),
    trans.__('a little'),
    trans.__('somewhat'),
    trans.__('quite'),
    trans.__('very')
  ];
  const fields = (was: Said): JSX.Element => (
    <>
      <fieldset className="jp-nbcohort-helpful">
        <legend>{trans.__('How helpful is it?')}</legend>
        {degrees.map((degree, i) => (
          <label key={i}>
            <input type="radio" name="helpful" value={i + 1} defaultChecked={was.helpful === String(i + 1)} />
            {i + 1}, {degree}
          </label>
        ))}
      </fieldset>
      <TextField name="reason" label={trans.__('Why?')} hint={trans.__('The reviewer learns from it.')} was={was} />
      <TextField name="reply" label={trans.__('Your reply')} was={was} />
      <TextField name="will_change" label={trans.__('What will you change?')} was={was} />
    </>
  );
  return (
    <Asking
      label={mine ? trans.__('Change my answer') : trans.__('Rate and reply')}
      about={trans.__('My answer to the review by %1', review.reviewer)}
      submit={trans.__('Send')}
      draft={after.draft(`answer:${review.id}`)}
      begin={mine ? { ...mine, helpful: String(mine.helpful ?? '') } : {}}
      fields={fields}
      send={async ({ helpful, reason = '', reply = '', will_change = '' }) => {
        await after.answer(review.id, { helpful: helpful ? Number(helpful) : null, reason, reply, will_change });
        done(trans.__('The reviewer can read your answer now.'));
      }}
      trans={trans}
    />
  );
}

function Flagging({ review, after, done, trans }: Omit<Part, 'work'>): JSX.Element {
  return (
    <Asking
      label={trans.__('Flag')}
      about={trans.__('Flag the review by %1', review.reviewer)}
      submit={trans.__('Send to staff')}
      draft={after.draft(`flag:${review.id}`)}
      fields={was => (
        <>
          <label className="jp-nbcohort-field">
            <span>{trans.__('What is wrong with it?')}</span>
            <select name="kind" defaultValue={was.kind ?? 'abusive'}>
              <option value="abusive">{trans.__('It is abusive')}</option>
              <option value="empty">{trans.__('It says nothing')}</option>
              <option value="other">{trans.__('Something else')}</option>
            </select>
          </label>
          <TextField
            name="reason"
            label={trans.__('What should staff know?')}
            hint={trans.__('Staff decide whether it counts. To disagree with a score, appeal.')}
            was={was}
            required
            most={2_000}
          />
        </>
      )}
      send={async ({ kind = '', reason = '' }) => {
        await after.flag(review.id, kind, reason);
        done(trans.__('Staff will look at this review.'));
      }}
      trans={trans}
    />
  );
}
