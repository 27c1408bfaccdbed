/** What others wrote about my works, what it adds up to, what I say to it; and how my own reviews helped others. */

import { type IThemeManager, ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useCallback, useEffect, useRef, useState } from 'react';

import { After, type Appeal, type Received } from './afterapi';
import { AnsweredReviews } from './answered';
import type { Api } from './api';
import { Asking, TextField } from './asking';
import { OwnWork, type Place } from './ownwork';
import { OneReview } from './receivedreview';
import { ShowChanges } from './revision';
import { ScoreBlock } from './scoreblock';
import { shown as shownTime } from './times';

export interface ReceivedProps {
  api: Api;
  cohort: string;
  themes: IThemeManager | null;
  trans: TranslationBundle;
}

export class ReceivedPanel extends ReactWidget {
  constructor(private readonly props: ReceivedProps) {
    super();
    this.addClass('jp-nbcohort-Received');
  }

  render(): JSX.Element {
    const { themes } = this.props;
    const all = (theme: string): JSX.Element => <AllReceived {...this.props} theme={theme} />;
    return themes ? <UseSignal signal={themes.themeChanged}>{() => all(themes.theme ?? '')}</UseSignal> : all('');
  }
}

function AllReceived({ api, cohort, theme, trans }: ReceivedProps & { theme: string }): JSX.Element {
  const [after] = useState(() => new After(api, cohort));
  const [works, setWorks] = useState<Received[] | null>(null);
  const [problem, setProblem] = useState('');
  const [announcement, setAnnouncement] = useState('');
  const look = useCallback(async (): Promise<void> => {
    try {
      setWorks(await after.received());
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, [after]);
  useEffect(() => void look(), [look]);
  const done = (sentence: string): void => {
    setAnnouncement(sentence);
    void look();
  };
  return (
    <div className="jp-nbcohort-Received-content">
      <h2>{trans.__('Reviews of my work')}</h2>
      <div role="status">
        {problem && (
          <p className="jp-nbcohort-problem">
            {problem}{' '}
            <button className="jp-nbcohort-link" onClick={() => void look()}>
              {trans.__('Try again')}
            </button>
          </p>
        )}
        {!problem && !works && <p>{trans.__('Loading …')}</p>}
        {works?.length === 0 && <p>{trans.__('Nothing yet. Reviews are shown here when their round has closed.')}</p>}
        {announcement && <p className="jp-nbcohort-done">{announcement}</p>}
      </div>
      {works?.map(work => (
        <OneWork key={work.work} {...{ work, after, theme, done, trans }} />
      ))}
      <AnsweredReviews {...{ after, theme, trans }} />
    </div>
  );
}

interface OneWorkProps {
  work: Received;
  after: After;
  theme: string;
  /** Something was done; the sentence says what. */
  done: (sentence: string) => void;
  trans: TranslationBundle;
}

function OneWork({ work, after, theme, done, trans }: OneWorkProps): JSX.Element {
  const [isShown, setShown] = useState(false);
  const [target, setTarget] = useState<Place | null>(null);
  const shown = useRef<HTMLDivElement>(null);
  const remarks = work.reviews.flatMap(({ inline, reviewer }) => inline.map(one => ({ ...one, reviewer })));
  const go = (place: Place): void => {
    setTarget({ ...place });
    setShown(true);
    setTimeout(() => shown.current?.scrollIntoView({ block: 'nearest' }), 50);
  };
  return (
    <section aria-label={work.title} className="jp-nbcohort-ReceivedWork">
      <h3>{work.title}</h3>
      {work.score ? (
        <ScoreBlock score={work.score} rubric={work.rubric} trans={trans} />
      ) : (
        <p>{trans.__('Your score is shown when it is released.')}</p>
      )}
      <button type="button" className="jp-mod-styled" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {remarks.length > 0
          ? trans._n('My work, with %1 comment at its cell', 'My work, with %1 comments at its cells', remarks.length)
          : trans.__('My work')}
      </button>
      <div className={isShown ? 'jp-nbcohort-beside' : ''}>
        {isShown && (
          <div ref={shown} className="jp-nbcohort-beside-work">
            <OwnWork submission={work.submission} {...{ after, remarks, target, theme, trans }} />
          </div>
        )}
        <div>
          {work.reviews.map(review => (
            <OneReview key={review.reviewer} {...{ review, work, after, go, done, trans }} />
          ))}
          <Appeals {...{ work, after, done, trans }} />
          {work.revisions_until && (
            <p>
              {trans.__(
                'You can hand in a revision until %1, as you handed in before: your reviewers see what you changed. What comes after hand-in has closed is not graded.',
                shownTime(work.revisions_until)
              )}
            </p>
          )}
          <ShowChanges address={`revisions/${encodeURIComponent(work.assignment)}`} about={work.title} {...{ after, theme, trans }} />
        </div>
      </div>
    </section>
  );
}

function Appeals({ work, after, done, trans }: Omit<OneWorkProps, 'theme'>): JSX.Element {
  const waits = work.appeals.some(appeal => appeal.outcome === null);
  return (
    <div className="jp-nbcohort-Appeals">
      {work.appeals.map(appeal => (
        <OneAppeal key={appeal.id} {...{ appeal, trans }} />
      ))}
      {!waits && (
        <Asking
          label={trans.__('Appeal')}
          about={trans.__('Appeal about %1', work.title)}
          submit={trans.__('Send to staff')}
          draft={after.draft(`appeal:${work.work}`)}
          fields={was => (
            <TextField
              name="text"
              label={trans.__('What should staff look at, and why?')}
              hint={trans.__('They see your work with all its reviews and scores, and your name. Their answer is shown here.')}
              {...{ was }}
              required
              rows={4}
            />
          )}
          send={async ({ text = '' }) => {
            await after.appeal(work.assignment, work.work, text);
            done(trans.__('Your appeal is with staff; the answer will be here.'));
          }}
          trans={trans}
        />
      )}
    </div>
  );
}

function OneAppeal({ appeal, trans }: { appeal: Appeal; trans: TranslationBundle }): JSX.Element {
  const outcome =
    appeal.outcome === null
      ? trans.__('It waits for its answer.')
      : appeal.outcome === 'upheld'
        ? trans.__('Staff uphold it:')
        : trans.__('Staff reject it:');
  return (
    <article aria-label={trans.__('Appeal')}>
      <h4>{trans.__('Appeal')}</h4>
      <p className="jp-nbcohort-said">{appeal.text}</p>
      <p>
        <strong>{outcome}</strong>
      </p>
      {appeal.answer && <p className="jp-nbcohort-said">{appeal.answer}</p>}
    </article>
  );
}
