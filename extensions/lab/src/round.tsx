/** *Round*: a round of reviews for staff: how it stands, who waits for whom, and what they can do about it. */

import { type IThemeManager, ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import React, { useCallback, useEffect, useState } from 'react';

import { After } from './afterapi';
import type { Api, Cohort } from './api';
import { isCompared, type PlannedRound, Rounds, type WholeRound } from './roundapi';
import { CertificateSection } from './roundcertificate';
import { AppealsSection, FlagsSection } from './rounddecide';
import { MembersSection, ResultsSection } from './roundmembers';
import { ReviewersSection } from './roundreviewers';
import { TimesSection } from './roundtimes';
import { TriageSection } from './roundtriage';
import { WorksSection } from './roundworks';

export interface RoundProps {
  api: Api;
  /** Which cohort is shown first, if any. */
  cohort: string | null;
  themes: IThemeManager | null;
  trans: TranslationBundle;
}

/** What the parts of the panel have in common. */
export interface Held {
  whole: WholeRound;
  rounds: Rounds;
  /** For files of submissions. */
  after: After;
  theme: string;
  /** Whether the person may change something; mentors look on. */
  canChange: boolean;
  /** Something was done; the sentence says what. */
  done: (sentence: string) => void;
  trans: TranslationBundle;
}

export class RoundPanel extends ReactWidget {
  constructor(private readonly props: RoundProps) {
    super();
    this.addClass('jp-nbcohort-Round');
  }

  render(): JSX.Element {
    const { themes } = this.props;
    const all = (theme: string): JSX.Element => <ChooseCohort {...this.props} theme={theme} />;
    return themes ? <UseSignal signal={themes.themeChanged}>{() => all(themes.theme ?? '')}</UseSignal> : all('');
  }
}

/** Whether somebody with this role sees rounds whole. */
export function isStaff({ role }: Cohort): boolean {
  return role !== 'learner';
}

function ChooseCohort({ api, cohort, theme, trans }: RoundProps & { theme: string }): JSX.Element {
  const [cohorts, setCohorts] = useState<Cohort[] | null>(null);
  const [chosen, setChosen] = useState(cohort);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    api.today().then(
      today => setCohorts(today.cohorts.filter(isStaff)),
      (error: Error) => setProblem(error.message)
    );
  }, [api]);
  const shown = cohorts?.find(one => one.cohort === chosen) ?? cohorts?.[0];
  return (
    <div className="jp-nbcohort-Round-content">
      <h2>{trans.__('Round of reviews')}</h2>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {!problem && !cohorts && <p>{trans.__('Asking the course service …')}</p>}
        {cohorts?.length === 0 && <p>{trans.__('Rounds are shown to mentors and instructors; you are neither in any cohort.')}</p>}
      </div>
      {cohorts && cohorts.length > 1 && (
        <label>
          {trans.__('Cohort')}{' '}
          <select value={shown?.cohort} onChange={event => setChosen(event.target.value)}>
            {cohorts.map(one => (
              <option key={one.cohort} value={one.cohort}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
      )}
      {shown && <ChooseRound key={shown.cohort} {...{ api, theme, trans }} cohort={shown} />}
    </div>
  );
}

interface ChooseRoundProps {
  api: Api;
  cohort: Cohort;
  theme: string;
  trans: TranslationBundle;
}

function ChooseRound({ api, cohort, theme, trans }: ChooseRoundProps): JSX.Element {
  const [rounds] = useState(() => new Rounds(api, cohort.cohort));
  const [after] = useState(() => new After(api, cohort.cohort));
  const [planned, setPlanned] = useState<PlannedRound[] | null>(null);
  const [assignment, setAssignment] = useState('');
  const [whole, setWhole] = useState<WholeRound | null>(null);
  const [problem, setProblem] = useState('');
  const [announcement, setAnnouncement] = useState('');
  const [busy, setBusy] = useState(false);
  const look = useCallback(
    async (wanted: string): Promise<void> => {
      setBusy(true);
      try {
        const found = await rounds.all();
        const one = found.find(round => round.assignment === wanted) ?? latest(found);
        setWhole(one?.id ? await rounds.whole(one.id) : null);
        setPlanned(found);
        setAssignment(one?.assignment ?? '');
        setProblem('');
      } catch (error) {
        setProblem((error as Error).message);
      }
      setBusy(false);
    },
    [rounds]
  );
  useEffect(() => void look(''), [look]);
  const done = (sentence: string): void => {
    setAnnouncement(sentence);
    void look(assignment);
  };
  const round = planned?.find(one => one.assignment === assignment);
  return (
    <div aria-busy={busy}>
      {planned && planned.length > 0 && (
        <div className="jp-nbcohort-Round-choice">
          <label>
            {trans.__('Assignment')}{' '}
            <select
              value={assignment}
              onChange={event => {
                setAnnouncement('');
                setWhole(null);
                setAssignment(event.target.value);
                void look(event.target.value);
              }}
            >
              {planned.map(one => (
                <option key={one.assignment} value={one.assignment}>
                  {one.title}
                </option>
              ))}
            </select>
          </label>
          <button
            className="jp-nbcohort-iconButton"
            title={trans.__('Look again')}
            aria-label={trans.__('Look again')}
            disabled={busy}
            onClick={() => void look(assignment)}
          >
            <refreshIcon.react tag="span" />
          </button>
        </div>
      )}
      <div role="status">
        {problem && (
          <p className="jp-nbcohort-problem">
            {problem}{' '}
            <button className="jp-nbcohort-link" onClick={() => void look(assignment)}>
              {trans.__('Try again')}
            </button>
          </p>
        )}
        {!problem && !planned && <p>{trans.__('Loading …')}</p>}
        {planned?.length === 0 && (
          <p>{trans.__('This cohort has no peer review. A section “review” of an assignment in course.toml adds one.')}</p>
        )}
        {announcement && <p className="jp-nbcohort-done">{announcement}</p>}
      </div>
      {round && <OneRound {...{ round, whole, rounds, after, theme, done, trans }} canChange={cohort.role !== 'mentor'} />}
    </div>
  );
}

interface OneRoundProps extends Omit<Held, 'whole'> {
  round: PlannedRound;
  whole: WholeRound | null;
}

function OneRound({ round, whole, ...held }: OneRoundProps): JSX.Element {
  const { trans } = held;
  if (!whole || whole.round.assignment !== round.assignment) {
    return (
      <>
        <TimesSection {...held} round={round} />
        {round.id === null && round.phase !== 'not-held' && (
          <p>{trans.__('Submissions are swapped when it opens; then you see here who reviews whom.')}</p>
        )}
        {round.phase === 'not-held' && (
          <p>{trans.__('It was not held: its settings came when its reviews were due already. Move “due” in course.toml.')}</p>
        )}
      </>
    );
  }
  const all = { ...held, whole };
  return (
    <>
      <TimesSection {...held} round={whole.round} staffRelease={whole.round.staff_release} />
      <AppealsSection {...all} />
      <FlagsSection {...all} />
      {isScored(whole) && <TriageSection {...all} />}
      <WorksSection {...all} />
      <MembersSection {...all} />
      <ResultsSection {...all} />
      {!isCompared(whole.round) && <ReviewersSection {...all} />}
      <CertificateSection {...all} />
    </>
  );
}

/** Whether staff's own reviews can still change the scores: reviewing is over, and scores are not released. */
function isScored({ round }: WholeRound): boolean {
  return round.phase !== 'reviewing' && round.released_at === null;
}

/** Return the round that is looked at first: the newest that has opened, else the first. */
function latest(planned: readonly PlannedRound[]): PlannedRound | undefined {
  return [...planned].filter(one => one.id !== null).sort((a, b) => (a.opens_at < b.opens_at ? 1 : -1))[0] ?? planned[0];
}
