/** The part of a review's form that compares: this work or another one of mine, which is better, and why. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { ReviewTask } from './api';
import { BETTER, type Comparison, type ComparedWith, type Comparisons, saidOf, WHY } from './comparing';

interface CompareProps {
  task: ReviewTask;
  /** Unique in the page. */
  id: string;
  comparisons: Comparisons;
  missing: readonly string[];
  isOpen: boolean;
  onChange: (comparisons: Comparisons) => void;
  /** Show the review of another work beside this one. */
  openBeside: (task: string) => void;
  trans: TranslationBundle;
}

export function CompareSection(props: CompareProps): JSX.Element | null {
  const { task, id, comparisons, missing, isOpen, onChange, openBeside, trans } = props;
  const others = task.compared_with ?? [];
  const asked = others.filter(one => one.submitted);
  const later = isOpen ? others.filter(one => !one.submitted) : [];
  if (asked.length + later.length === 0) {
    return null;
  }
  return (
    <section className="jp-nbcohort-Compare" aria-labelledby={`${id}-compare`}>
      <h3 id={`${id}-compare`}>{trans.__('Compare')}</h3>
      {asked.length > 0 && (
        <p id={`${id}-prompt`}>
          {trans.__('What does the better one do that the other does not? Name a place in each. The authors of both works read what you write, and their other reviewers may; they are not told which the other one is.')}
        </p>
      )}
      {asked.map(other => (
        <Pair
          key={other.task}
          {...{ task, other, isOpen, openBeside, trans }}
          name={`${id}-${other.task}`}
          prompt={`${id}-prompt`}
          said={saidOf(comparisons, other.task)}
          isUndecided={missing.includes(BETTER(other.task))}
          isWithoutWhy={missing.includes(WHY(other.task))}
          onChange={said => onChange({ ...comparisons, [other.task]: said })}
        />
      ))}
      {later.map(other => (
        <p key={other.task}>{trans.__('Work %1: you will be asked once you have reviewed it.', other.pseudonym)}</p>
      ))}
    </section>
  );
}

interface PairProps {
  task: ReviewTask;
  other: ComparedWith;
  /** Unique in the page. */
  name: string;
  /** The element that says what makes a comparison useful. */
  prompt: string;
  said: Comparison;
  isUndecided: boolean;
  isWithoutWhy: boolean;
  isOpen: boolean;
  onChange: (said: Comparison) => void;
  openBeside: (task: string) => void;
  trans: TranslationBundle;
}

function Pair(props: PairProps): JSX.Element {
  const { task, other, name, prompt, said, isUndecided, isWithoutWhy, isOpen, onChange, openBeside, trans } = props;
  const choices: [boolean, string][] = [
    [true, trans.__('This work, %1', task.pseudonym)],
    [false, trans.__('Work %1', other.pseudonym)]
  ];
  return (
    <fieldset
      className="jp-nbcohort-Criterion"
      role="radiogroup"
      aria-invalid={isUndecided}
      aria-required={true}
      aria-describedby={`${name}-undecided`}
    >
      <legend>{trans.__('Which is better: this work, %1, or work %2?', task.pseudonym, other.pseudonym)}</legend>
      <p id={`${name}-undecided`} className="jp-nbcohort-missing">
        {isUndecided && trans.__('Choose the better one.')}
      </p>
      {choices.map(([better, label]) => (
        <label key={label} className="jp-nbcohort-level">
          <input
            type="radio"
            name={name}
            checked={said.better === better}
            disabled={!isOpen}
            data-needs={better ? BETTER(other.task) : undefined}
            onChange={() => onChange({ ...said, better })}
          />
          <span>{label}</span>
        </label>
      ))}
      <button type="button" className="jp-nbcohort-link" onClick={() => openBeside(other.task)}>
        {trans.__('Open work %1 beside this one', other.pseudonym)}
      </button>
      <label className="jp-nbcohort-why">
        <span aria-hidden="true">{trans.__('Why?')}</span>
        <textarea
          className="jp-mod-styled"
          aria-label={trans.__('Why? This work compared with work %1', other.pseudonym)}
          aria-describedby={`${prompt} ${name}-why`}
          aria-invalid={isWithoutWhy}
          aria-required={true}
          data-needs={WHY(other.task)}
          placeholder={trans.__('The better one …, because …')}
          rows={3}
          maxLength={20_000}
          readOnly={!isOpen}
          value={said.why}
          onChange={event => onChange({ ...said, why: event.target.value })}
        />
      </label>
      <p id={`${name}-why`} className="jp-nbcohort-missing">
        {isWithoutWhy && trans.__('Say why.')}
      </p>
    </fieldset>
  );
}
