/** The phase and the times of a round, and moving them. */

import React from 'react';

import { Asking, ReasonField, type Said } from './asking';
import type { Held } from './round';
import { isCompared, type PlannedRound, type Times } from './roundapi';
import { shown } from './times';

type TimesProps = Omit<Held, 'whole'> & {
  round: PlannedRound;
  /** Whether staff say when scores are shown. */
  staffRelease?: boolean;
};

export function TimesSection({ round, staffRelease = false, rounds, canChange, done, trans }: TimesProps): JSX.Element {
  const phases: Record<string, string> = {
    waiting: trans.__('Waiting: learners work on the assignment'),
    calibrating: trans.__('Calibrating: reviewers score samples'),
    reviewing: trans.__('Reviewing: reviews are written'),
    replying: trans.__('Replying: authors read and answer their reviews'),
    closed: trans.__('Closed: nothing is asked of learners any more'),
    released: trans.__('Released: authors see their scores'),
    'not-held': trans.__('Not held')
  };
  const times: [string, string | null][] = [
    [trans.__('Samples from'), round.calibrates_at],
    [trans.__('Opens'), round.opens_at],
    [trans.__('Reviews due'), round.due_at],
    [trans.__('Late ones until'), round.closes_at === round.due_at ? null : round.closes_at],
    [trans.__('Replies until'), round.replies_due_at],
    [trans.__('Scores shown'), round.release_at]
  ];
  const { id } = round;
  const isOver = ['replying', 'closed'].includes(round.phase);
  return (
    <section aria-labelledby="nbcohort-round-phase" className="jp-nbcohort-RoundTimes">
      <h3 id="nbcohort-round-phase">{phases[round.phase] ?? round.phase}</h3>
      {isCompared(round) && <p>{trans.__('Reviewers compare: of each two of their works, which one is better, and why.')}</p>}
      <dl className="jp-nbcohort-times">
        {times.map(
          ([name, at]) =>
            at !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <time dateTime={at}>{shown(at)}</time>
                </dd>
              </div>
            )
        )}
        {staffRelease && round.phase !== 'released' && (
          <div>
            <dt>{trans.__('Scores shown')}</dt>
            <dd>{trans.__('when you release them')}</dd>
          </div>
        )}
      </dl>
      {id !== null && canChange && (
        <div className="jp-nbcohort-actions">
          <Asking
            label={isOver || round.phase === 'released' ? trans.__('Re-open') : trans.__('Give more time')}
            about={trans.__('Move the times of the round of %1', round.title)}
            submit={trans.__('Move the times')}
            fields={was => (
              <>
                <p>{trans.__('Times are in your zone, %1. What you leave empty stays; replies and release move along if they have to.', zone())}</p>
                <TimeField name="due_at" label={trans.__('Reviews due')} was={was} />
                <TimeField name="late_until" label={trans.__('Late reviews until')} was={was} />
                <TimeField name="replies_due_at" label={trans.__('Replies until')} was={was} />
                <TimeField name="release_at" label={trans.__('Scores shown')} was={was} />
                <ReasonField {...{ was, trans }} />
              </>
            )}
            send={async said => {
              await rounds.change(id, timesIn(said), said.reason ?? '');
              done(trans.__('The times are moved.'));
            }}
            trans={trans}
          />
          {isOver && (
            <Asking
              label={trans.__('Release scores')}
              about={trans.__('Release the scores of %1', round.title)}
              submit={trans.__('Show authors their scores now')}
              fields={() => <p>{trans.__('Authors see their scores from now on. That cannot be taken back.')}</p>}
              send={async () => {
                await rounds.release(id);
                done(trans.__('Scores are released.'));
              }}
              trans={trans}
            />
          )}
        </div>
      )}
    </section>
  );
}

function TimeField({ name, label, was }: { name: keyof Times; label: string; was: Said }): JSX.Element {
  return (
    <label className="jp-nbcohort-field">
      <span>{label}</span>
      <input type="datetime-local" name={name} className="jp-mod-styled" defaultValue={was[name] ?? ''} />
    </label>
  );
}

function timesIn(said: Said): Times {
  const names = ['due_at', 'late_until', 'replies_due_at', 'release_at'] as const;
  return Object.fromEntries(
    names.flatMap(name => {
      const value = said[name];
      return value ? [[name, new Date(value).toISOString()]] : [];
    })
  );
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
