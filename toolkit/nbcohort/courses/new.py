"""Make a course folder from the template that nbcohort brings along."""

import json
import re
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import ValidationError

import nbcohort
from nbcohort.courses.mistakes import explain
from nbcohort.courses.settings import CohortSettings
from nbcohort.errors import Conflict, Invalid, NotFound
from nbcohort.i18n import _

_NOT_COPIED = shutil.ignore_patterns(
    "__pycache__", ".ipynb_checkpoints", "release", "submitted", "autograded", "feedback", "gradebook.db*"
)


@dataclass(frozen=True)
class NewCourse:
    """What a new course folder is made with."""

    title: str
    course: str
    cohort: str
    cohort_title: str
    start: date
    time_zone: str

    @classmethod
    def planned(
        cls, today: date, *, title: str | None, cohort: str | None, start: date | None, time_zone: str | None
    ) -> "NewCourse":
        """Return what to make, where None stands for what the title and the date suggest.

        A course starts on the next Monday after `today`, in UTC. Raises Invalid, with the sentence, for an id, title
        or zone that cannot be.
        """
        title = "Data science foundations" if title is None else title.strip()
        start = start or today + timedelta(days=7 - today.weekday())
        course = "ds-foundations" if title == "Data science foundations" else slug(title)
        cohort = cohort or f"{course[:33].rstrip('-')}-{start:%Y-%m}"
        values = {"id": cohort, "title": title, "course": course, "start": start, "time_zone": time_zone or "UTC"}
        options = {
            "id": "--id",
            "title": "--title",
            "course": "--title",
            "start": "--start",
            "time_zone": "--time-zone",
        }
        try:
            settings = CohortSettings.model_validate(values)
        except ValidationError as problem:
            (key, sentence), *_rest = explain(problem, CohortSettings, {})
            raise Invalid(f"{options[str(key[0])]}: {sentence}") from None
        return cls(title, course, cohort, f"{title}, {start:%Y-%m}", start, settings.time_zone)


def slug(title: str) -> str:
    """Return an id made of a title's letters and digits: ``Ökologie I`` becomes ``okologie-i``; ``course`` if none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:41].strip("-") or "course"


def template() -> Path:
    """Return the folder of the template: in an installed wheel, or in a checkout."""
    package = Path(nbcohort.__file__).parent
    for folder in (package / "_data" / "course_template", package.parents[1] / "course_template"):
        if (folder / "course.toml").is_file():
            return folder
    raise NotFound(_("the course template is missing from this installation; install nbcohort again"))


def make_course(directory: Path, source: Path, new: NewCourse) -> None:
    """Copy the template at `source` to `directory` and fill in `new`.

    Raises Conflict if there is something already, Invalid if the folder cannot be made.
    """
    if directory.exists() and not directory.is_dir():
        raise Conflict(_("{directory} is a file; name a folder that does not exist yet").format(directory=directory))
    try:
        if directory.is_dir() and any(directory.iterdir()):
            raise Conflict(_("{directory} is not empty; name a new folder").format(directory=directory))
        shutil.copytree(source, directory, ignore=_NOT_COPIED, dirs_exist_ok=True)
        _fill_in(directory / "course.toml", {"id": new.course, "title": new.title})
        _fill_in(
            directory / "cohort.toml",
            {
                "id": new.cohort,
                "title": new.cohort_title,
                "course": new.course,
                "start": new.start,
                "time_zone": new.time_zone,
            },
        )
    except (OSError, shutil.Error) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise Invalid(_("cannot make {directory}: {reason}").format(directory=directory, reason=reason)) from problem


def _fill_in(path: Path, values: Mapping[str, str | date]) -> None:
    """Set top-level keys of a TOML file, and keep the comments beside them."""
    text = path.read_text(encoding="utf-8")
    for key, value in values.items():
        written = value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
        if found := re.search(rf'^{key} = ("[^"\n]*"|[\d-]+)', text, re.MULTILINE):
            text = text[: found.start(1)] + written + text[found.end(1) :]
    path.write_text(text, encoding="utf-8")
