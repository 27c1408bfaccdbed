/** How far everybody is in a round, and what it comes to for each. */

import React from 'react';

import type { Held } from './round';
import { isCompared, nameOf, namesOf, type Result } from './roundapi';
import { rounded } from './scorewords';

/** A table that scrolls by itself where it is wider than the panel, from the keyboard, too. */
export function Table(props: { label: string; head: string[]; children: React.ReactNode }): JSX.Element {
  return (
    <div className="jp-nbcohort-table" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map(one => (
              <th key={one} scope="col">
                {one}
              </th>
            ))}
          </tr>
        </thead>
        {props.children}
      </table>
    </div>
  );
}

export function MembersSection({ whole, trans }: Held): JSX.Element {
  const members = [...whole.glance.members].sort((a, b) => a.done - a.tasks - (b.done - b.tasks) || compare(a, b));
  const isOver = whole.round.phase !== 'reviewing';
  return (
    <section aria-labelledby="nbcohort-round-members">
      <h3 id="nbcohort-round-members">{trans.__('Members')}</h3>
      {members.length === 0 && <p>{trans.__('Nobody has anything to do in this round.')}</p>}
      {members.length > 0 && (
        <Table
          label={trans.__('Members')}
          head={[
            trans.__('Member'),
            trans.__('Reviews done'),
            trans.__('Drafts'),
            trans.__('Late'),
            trans.__('Not started in time'),
            trans.__('Waits for reviews by')
          ]}
        >
          <tbody>
            {members.map(one => (
              <tr key={one.member.member}>
                <th scope="row">{nameOf(one.member)}</th>
                <td className={isOver && one.done < one.tasks ? 'jp-nbcohort-mod-short' : ''}>{trans.__('%1 of %2', one.done, one.tasks)}</td>
                <td>{one.drafts || ''}</td>
                <td>{one.late || ''}</td>
                <td className="jp-nbcohort-mod-short">{one.lapsed || ''}</td>
                <td>{namesOf(one.waits_for)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

type Column = [string, (one: Result) => number | null];

export function ResultsSection({ whole, trans }: Held): JSX.Element {
  const results = [...whole.results].sort(compare);
  const agreement: Column = [trans.__('Agreement'), one => one.agreement];
  const calibration: Column = [trans.__('Calibration'), one => one.calibration];
  const isRubric = !isCompared(whole.round); // who compares differs from others without being wrong
  const columns: Column[] = [
    [trans.__('Submission'), one => one.submission],
    [trans.__('Quality of reviews'), one => one.quality],
    ...(isRubric ? [agreement] : []),
    [trans.__('Helpfulness'), one => one.helpfulness],
    ...(isRubric ? [calibration] : []),
    [trans.__('Together'), one => one.percent]
  ];
  return (
    <section aria-labelledby="nbcohort-round-results">
      <h3 id="nbcohort-round-results">{trans.__('What it comes to')}</h3>
      {results.length === 0 && <p>{trans.__('There is nobody in this round.')}</p>}
      {results.length > 0 && (
        <Table
          label={trans.__('What it comes to')}
          head={[trans.__('Member'), ...columns.map(([name]) => name)]}
        >
          <tbody>
            {results.map(one => (
              <tr key={one.member.member}>
                <th scope="row">{nameOf(one.member)}</th>
                {columns.map(([name, valueOf]) => {
                  const value = valueOf(one);
                  return <td key={name}>{value === null ? '–' : rounded(value)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

function compare(one: { member: Parameters<typeof nameOf>[0] }, other: { member: Parameters<typeof nameOf>[0] }): number {
  return nameOf(one.member).localeCompare(nameOf(other.member));
}
