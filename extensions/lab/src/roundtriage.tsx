/** Which works staff should look at first: where their own score makes the scores surest. */

import React, { useEffect, useState } from 'react';

import type { Held } from './round';
import { isCompared, type Look, namesOf } from './roundapi';
import { Table } from './roundmembers';
import { WorkDetails } from './roundworks';
import { rounded } from './scorewords';

const MOST = 1_000;

export function TriageSection(held: Held): JSX.Element {
  const { whole, rounds, trans } = held;
  const { id } = whole.round;
  const [budget, setBudget] = useState(5);
  const [looks, setLooks] = useState<Look[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let wanted = true;
    rounds.triage(id, budget).then(
      found => {
        if (wanted) {
          setLooks(found);
          setProblem('');
        }
      },
      (error: Error) => wanted && setProblem(error.message)
    );
    return () => {
      wanted = false;
    };
  }, [rounds, id, budget, whole]);
  return (
    <section aria-labelledby="nbcohort-round-triage">
      <h3 id="nbcohort-round-triage">{trans.__('Where to look first')}</h3>
      <p>
        {isCompared(whole.round)
          ? trans.__('Works without a comparison, then those whose score is least sure. Look at them, and override the score if you have to.')
          : trans.__(
              'Where your own review makes the scores of this round surest. Give yourself or a mentor the review of such a work: what staff give is its score, and shows how kind or strict its reviewers are.'
            )}
      </p>
      <label>
        {trans.__('How many works is there time for?')}{' '}
        <input
          type="number"
          className="jp-mod-styled jp-nbcohort-budget"
          min={1}
          max={MOST}
          defaultValue={budget}
          onChange={event => {
            const wanted = event.target.valueAsNumber;
            if (Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST) {
              setBudget(wanted);
            }
          }}
        />
      </label>
      <div role="status">
        {problem && <p className="jp-nbcohort-problem">{problem}</p>}
        {!problem && !looks && <p>{trans.__('Loading …')}</p>}
        {looks?.length === 0 && <p>{trans.__('Nothing: no work needs it.')}</p>}
      </div>
      {looks && looks.length > 0 && <Looks {...held} looks={looks} />}
    </section>
  );
}

function Looks({ looks, ...held }: Held & { looks: Look[] }): JSX.Element {
  const { whole, trans } = held;
  const [open, setOpen] = useState('');
  const head = [trans.__('Work'), trans.__('Authors'), trans.__('Why'), trans.__('Asked of staff')];
  return (
    <Table label={trans.__('Where to look first')} head={head}>
      {looks.map(look => {
        const isOpen = open === look.work;
        const work = whole.round.works.find(one => one.pseudonym === look.work);
        return (
          <tbody key={look.work}>
            <tr>
              <th scope="row">
                <button
                  className="jp-nbcohort-link"
                  aria-expanded={isOpen}
                  aria-label={trans.__('Look at work %1', look.work)}
                  onClick={() => setOpen(isOpen ? '' : look.work)}
                >
                  <span aria-hidden="true">{isOpen ? '▾ ' : '▸ '}</span>
                  {look.work}
                </button>
              </th>
              <td>{namesOf(look.authors)}</td>
              <td className="jp-nbcohort-sentences">{whyLook(look, trans)}</td>
              <td>{namesOf(look.asked)}</td>
            </tr>
            {isOpen && work && (
              <tr>
                <td colSpan={head.length} className="jp-nbcohort-detail">
                  <WorkDetails {...held} work={work} />
                </td>
              </tr>
            )}
          </tbody>
        );
      })}
    </Table>
  );
}

function whyLook({ uncertainty, elsewhere }: Look, trans: Held['trans']): string {
  if (uncertainty === null) {
    return trans.__('It has no review.');
  }
  const unsure = trans.__('Its score is unsure by %1 percentage points.', rounded(uncertainty));
  const part = Math.round(elsewhere * 100);
  return part === 0 ? unsure : `${unsure} ${trans.__('%1 % of the gain is in other works, whose reviewers become better known.', part)}`;
}
