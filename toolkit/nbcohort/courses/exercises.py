"""The exercise bank: short notebooks, each with a skill it trains and what should come before it.

An exercise lives in `<bank>/<name>/<name>.ipynb`. What nbcohort knows of it stands in the notebook's own metadata under
`nbcohort`, so that a copy of the notebook takes it along. Everything here is about that metadata: the cells are
nbgrader's.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

EXERCISE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Names of exercises: lower-case words with hyphens, as in `select-rows`."""

Name = Annotated[str, Field(pattern=rf"^{EXERCISE_NAME.pattern}$")]
Skill = Annotated[str, Field(pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$")]


class ExerciseProblem(NbcohortError):
    """An exercise, or the bank as a whole, is not as it should be."""

    slug = "exercise-problem"


class ExerciseMetadata(BaseModel):
    """The notebook metadata under `nbcohort`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str = Field(min_length=1, max_length=80)
    skills: list[Skill] = Field(min_length=1)
    """What it trains, the most important first: `pandas.groupby`."""
    difficulty: int = Field(ge=1, le=5)
    prerequisites: list[Name]
    """Names of the exercises that a learner should be able to do first."""
    minutes: int = Field(ge=1, le=120)
    """How long a learner for whom it is right will need."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of the bank."""

    name: str
    path: Path
    metadata: ExerciseMetadata


def load_bank(folder: Path) -> dict[str, Exercise]:
    """Return all exercises in `folder` by name, each after its prerequisites.

    Raises ExerciseProblem when an exercise is unreadable or wrong, when a prerequisite does not exist, or when
    prerequisites go round in a circle.
    """
    if not folder.is_dir():
        raise ExerciseProblem(_("There is no folder {folder} to read exercises from.").format(folder=folder))
    exercises = [read_exercise(path) for path in sorted(folder.iterdir()) if _may_hold_an_exercise(path)]
    return in_learning_order({exercise.name: exercise for exercise in exercises})


def read_exercise(folder: Path) -> Exercise:
    """Return the exercise in `<folder>/<its name>.ipynb`; ExerciseProblem when it is not as it should be."""
    name, path = folder.name, folder / f"{folder.name}.ipynb"
    if not EXERCISE_NAME.fullmatch(name):
        sentence = _("{folder} is not a name for an exercise: use lower-case words with hyphens, such as select-rows.")
        raise ExerciseProblem(sentence.format(folder=folder))
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExerciseProblem(_("The exercise {name} has no notebook {path}.").format(name=name, path=path)) from None
    except (OSError, ValueError) as error:
        sentence = _("{path} cannot be read as a notebook: {error}.")
        raise ExerciseProblem(sentence.format(path=path, error=error)) from None
    return Exercise(name, path, read_metadata(notebook, path))


def read_metadata(notebook: object, path: Path) -> ExerciseMetadata:
    """Return what the parsed `notebook` says under `nbcohort`; `path` is for the sentence of an ExerciseProblem."""
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    if not isinstance(metadata, dict) or "nbcohort" not in metadata:
        sentence = _(
            "{path} has no metadata under nbcohort: it needs title, skills, difficulty, prerequisites and minutes."
        )
        raise ExerciseProblem(sentence.format(path=path))
    try:
        return ExerciseMetadata.model_validate(metadata["nbcohort"])
    except ValidationError as error:
        sentence = _("{path}, notebook metadata under nbcohort: {mistakes}.")
        raise ExerciseProblem(sentence.format(path=path, mistakes="; ".join(_mistakes(error)))) from None


def in_learning_order(bank: Mapping[str, Exercise]) -> dict[str, Exercise]:
    """Return `bank` with each exercise after its prerequisites; ExerciseProblem when one is unknown, or in a circle."""
    for exercise in bank.values():
        for prerequisite in exercise.metadata.prerequisites:
            if prerequisite not in bank:
                sentence = _("The exercise {name} has the prerequisite {prerequisite}, but there is no such exercise.")
                raise ExerciseProblem(sentence.format(name=exercise.name, prerequisite=prerequisite))
    graph = {name: sorted(bank[name].metadata.prerequisites) for name in sorted(bank)}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        sentence = _("Prerequisites go round in a circle, so nobody could begin: {circle}.")
        raise ExerciseProblem(sentence.format(circle=circle)) from None
    return {name: bank[name] for name in order}


def _may_hold_an_exercise(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "_"))


def _mistakes(error: ValidationError) -> Iterator[str]:
    """Yield one phrase per mistake: where, what was there, what was expected."""
    for mistake in error.errors(include_url=False):
        where = ".".join(str(part) for part in mistake["loc"]) or "nbcohort"
        match mistake["type"]:
            case "missing":
                yield _("{where} is missing").format(where=where)
            case "extra_forbidden":
                yield _("{where} is not a key that exists").format(where=where)
            case _other:
                expected = mistake["msg"][:1].lower() + mistake["msg"][1:]
                yield _("{where} is {found!r}, but {expected}").format(
                    where=where, found=mistake["input"], expected=expected
                )
