"""Every key of course.toml and cohort.toml is on the page about them."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from nbcohort.courses.settings import (
    AssignmentOverride,
    AssignmentSettings,
    CohortSettings,
    CourseSettings,
    Criterion,
    LateSettings,
    Level,
    Limits,
)
from nbcohort.loading import load_plugins, settings_sections

PAGE = (Path(__file__).parents[3] / "docs" / "settings.md").read_text("utf-8")
MODELS = [
    CourseSettings,
    Limits,
    AssignmentSettings,
    LateSettings,
    Criterion,
    Level,
    CohortSettings,
    AssignmentOverride,
    *(model for _heading, model in settings_sections(load_plugins())),
]
BY_NAME_OF_TABLE = {"activities", "name"}
"""In TOML an assignment's name is its table's, and activities are tables of their own."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    documented = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert model.model_fields.keys() - documented - BY_NAME_OF_TABLE == set()


def test_every_activity_has_a_heading() -> None:
    for heading, _model in settings_sections(load_plugins()):
        assert f"`{heading.replace('<name>', 'tidy-tables')}`" in PAGE
