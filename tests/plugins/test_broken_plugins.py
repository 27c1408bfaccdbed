# ruff: noqa: E501
"""What a broken plugin does to the others: nothing. What two that want the same do: they are told so at start."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from nbcohort.cli import build_app
from nbcohort.courses.roster import acting_in
from nbcohort.errors import NbcohortError
from nbcohort.loading import PluginError, load_plugins
from nbcohort.service.app import build_house, create_app
from nbcohort.service.config import Config
from nbcohort.service.house import House
from nbcohort.service.identity import Identity
from nbcohort.service.ticks import tick
from nbcohort.testing import PostgresServer
from tests.plugins.strangers import install

Build = Callable[[], House]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    data = tmp_path / "data"
    return Config(
        data=data,
        database=f"sqlite:///{data / 'nbcohort.db'}",
        blobs=data / "blobs",
        hub_api="http://127.0.0.1:9/hub/api/",
        hub_token="secret",
        prefix="/services/nbcohort/",
        bind="http://127.0.0.1:0",
    )


@pytest.fixture
def build(config: Config) -> Iterator[Build]:
    """Build the house with what is installed by then."""
    houses: list[House] = []

    def build() -> House:
        houses.append(build_house(config))
        return houses[-1]

    yield build
    for house in houses:
        house.hub.client.close()
        house.database.close()


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install a plugin for this test: `stranger(name, source)`."""

    def put(name: str, source: str, **options: Any) -> None:
        install(tmp_path / "site" / name, monkeypatch, name, f"from nbcohort import api\n{source}", **options)

    return put


def states(config: Config, house: House) -> dict[str, tuple[str, list[str]]]:
    """What /health says of strangers' plugins."""

    async def ask() -> Any:
        transport = httpx.ASGITransport(create_app(config, house))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return (await client.get("/services/nbcohort/health")).json()

    health = asyncio.run(ask())
    ours = {plugin.name for plugin in house.plugins if plugin.ours}
    return {one["name"]: (one["state"], one["failing"]) for one in health["plugins"] if one["name"] not in ours}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("from nbcohort.api import tomorrow", "ImportError: cannot import name 'tomorrow' from 'nbcohort.api'"),
        ("tomorrow = api.hook(lambda: 1)", "nbcohort 0.1.0 has no hook tomorrow"),
        ("tasks = api.hook(lambda nobody: [])", "PluginValidationError: Plugin 'nbcohort.service:odd' for hook 'tasks'"),
        ("def tasks(acting): return []", "nothing in it is marked with @hook"),
        ("permissions = api.hook(lambda: {'odd.do': 'learner'})", 'the permission odd.do should be made by may(...)'),
        ("course_settings = api.hook(lambda: 3)", "TypeError"),
        ("from fastapi import APIRouter\nr = APIRouter()\n@r.get('/{x}')\ndef f(x: str) -> str: return x\nrouters = api.hook(lambda: [r])", "the route /{x} should begin with a word"),
        ("@api.hook\ndef interaction_kinds(): raise RuntimeError('no kinds today')", "RuntimeError: no kinds today"),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_be_loaded_is_set_aside_and_named(
    stranger: Callable[..., None],
    build: Build,
    config: Config,
    caplog: pytest.LogCaptureFixture,
    source: str,
    sentence: str,
) -> None:
    stranger("odd", source)
    stranger("good", "permissions = api.hook(lambda: {'good.do': api.may('learner')})")
    house = build()
    assert "the plugin odd (odd 1.0) is set aside: " in caplog.text
    assert sentence in caplog.text
    assert states(config, house) == {"odd": ("set aside", []), "good": ("running", [])}
    assert "good.do" in house.permissions


def test_a_plugin_for_a_newer_nbcohort_is_set_aside_with_a_sentence(
    stranger: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    stranger("odd", "1 / 0", requires="nbcohort[service]>=7.1")
    (odd,) = [plugin for plugin in load_plugins(service=True) if plugin.name == "odd"]
    assert odd.trouble == "it needs nbcohort>=7.1, and this is nbcohort 0.1.0; install versions that fit"


MIGRATED = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(api.Conventions, DeclarativeBase): pass
class Row(Base):
    __tablename__ = "{table}"
    id: Mapped[str] = mapped_column(primary_key=True)
migrations = api.hook(lambda: api.Migrations("{name}", Base))
"""


def test_a_plugin_whose_migration_fails_is_set_aside_and_leaves_no_table(
    stranger: Callable[..., None], build: Build, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger("odd", MIGRATED.format(name="odd", table="odd_row"))
    folder = tmp_path / "site" / "odd" / "odd" / "migrations"
    folder.mkdir()
    (folder / "odd_0001.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = 'odd_0001', None\n"
        "def upgrade():\n    op.create_table('odd_row', sa.Column('id', sa.String))\n    raise KeyError('half way')\n"
    )
    house = build()
    assert "the plugin odd (odd 1.0) is set aside: KeyError: 'half way'" in caplog.text
    assert states(config, house) == {"odd": ("set aside", [])}
    with house.database.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    assert [name for name in tables if "odd" in name] == []


ROUTE = "from fastapi import APIRouter\nr = APIRouter(prefix='/{0}')\n@r.get('')\ndef f() -> None: ...\nrouters = api.hook(lambda: [r])"
SECTION = "class S(api.Settings): pass\n{0} = api.hook(lambda: ('{1}', S))"
KIND = "interaction_kinds = api.hook(lambda: [api.InteractionKind('{0}', 1)])"
PERMISSION = "permissions = api.hook(lambda: {{'{0}': api.may('learner')}})"


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([ROUTE.format("hug")] * 2, "the route /hug is claimed by both one and two. Uninstall one of them."),
        ([SECTION.format("course_settings", "hug")] * 2, "the section [hug] of course.toml is claimed by both one and two"),
        ([SECTION.format("assignment_settings", "hug")] * 2, "the section [assignments.<name>.hug] of course.toml"),
        ([PERMISSION.format("hug.give")] * 2, 'the permission "hug.give" is claimed by both one and two'),
        ([KIND.format("hug.given")] * 2, 'the interaction kind "hug.given" is claimed by both one and two'),
        ([MIGRATED.format(name=name, table="hug") for name in ("one", "two")], 'the table "hug" is claimed by both'),
        ([MIGRATED.format(name="hug", table=table) for table in ("a", "b")], 'the table "version_hug" is claimed by both'),
        ([ROUTE.format("review")], "the route /review is claimed by both nbcohort and one"),
        ([ROUTE.format("members")], "the route /members is claimed by both nbcohort and one"),
        ([SECTION.format("assignment_settings", "review")], "is claimed by both nbcohort and one"),
        ([SECTION.format("course_settings", "skills")], "the section [skills] of course.toml is claimed by both nbcohort"),
        ([PERMISSION.format("member.add")], 'the permission "member.add" is claimed by both nbcohort and one'),
        ([KIND.format("member.joined")], 'the interaction kind "member.joined" is claimed by both nbcohort and one'),
        ([MIGRATED.format(name="one", table="audit")], 'the table "audit" is claimed by both nbcohort and one'),
        ([MIGRATED.format(name="one", table="review_round")], 'the table "review_round" is claimed by both nbcohort'),
    ],
)  # fmt: skip
def test_what_is_claimed_twice_is_told_at_start(
    stranger: Callable[..., None], build: Build, sources: list[str], sentence: str
) -> None:
    for name, source in zip(("one", "two"), sources, strict=False):
        stranger(name, source)
    with pytest.raises(PluginError) as refused:
        build()
    assert sentence in str(refused.value)
    assert isinstance(refused.value, NbcohortError)  # which the service's main() turns into one line


def test_two_plugins_of_one_name_are_told_at_start(stranger: Callable[..., None], build: Build) -> None:
    stranger("one", KIND.format("one.x"), plugin="hug")
    stranger("two", KIND.format("two.x"), plugin="hug")
    with pytest.raises(PluginError, match=r"Two distributions have a plugin called hug: (one and two|two and one)"):
        build()


BREAKS_LATER = """
@api.hook
def advance(house): raise RuntimeError("advance")
@api.hook
def tasks(acting):
    acting.session.connection().exec_driver_sql("SELECT nothing FROM nowhere")
@api.hook
def member_joined(acting, member):
    acting.audit("odd.joined", member)
    acting.session.flush()
    raise RuntimeError("joined")
@api.hook
def check_course(course): raise RuntimeError("check")
@api.hook
def settings_notes(after): return None
"""

WORKS = """
@api.hook
def advance(house, now): house.data.joinpath("advanced").touch()
@api.hook
def tasks(acting): return [api.Task("t", "fine", "Do", acting.now, "/", False)]
@api.hook
def member_joined(acting, member): acting.audit("fine.joined", member)
@api.hook
def check_course(course, cohort): return [api.warning("x", "a warning")]
@api.hook
def settings_notes(): return ["a note"]
"""


def test_a_plugin_that_fails_later_is_named_and_the_others_go_on(
    stranger: Callable[..., None], build: Build, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    from nbcohort.courses import actions
    from nbcohort.courses.roster import acting_on_hub
    from nbcohort.store.audit import AuditRow

    stranger("a_odd", BREAKS_LATER)
    stranger("z_fine", WORKS)
    house = build()
    now = house.clock.now()
    root = Identity("root", True, frozenset())

    with caplog.at_level(logging.ERROR):
        tick(house)
        assert (config.data / "advanced").exists()

        with house.database.write() as session:
            actions.create_cohort(acting_on_hub(house, session, root, now), "ds1", "DS 1")
            acting = acting_in(house, session, root, "ds1", now)
            actions.add_member(acting, "ada", None, "learner")
        with house.database.read() as session:
            audited = {row.action for row in session.query(AuditRow)}
        assert {"member.add", "fine.joined"} <= audited
        assert "odd.joined" not in audited

        course = {"id": "ds", "title": "DS"}
        cohort = {"id": "ds1", "title": "DS 1", "start": "2026-01-12", "time_zone": "UTC"}
        with house.database.write() as session:
            done = actions.apply_settings(acting_in(house, session, root, "ds1", now), course, cohort, dry_run=False)
        assert (done.applied, done.notes) == (True, ("a note",))

        with house.database.read() as session:
            ada = acting_in(house, session, Identity("ada", False, frozenset()), "ds1", now)
            assert [task.activity for found in house.plugins.each("tasks", list, acting=ada) for task in found] == [
                "fine"
            ]
            assert actions.read_settings(session, house, "ds1") is not None  # the transaction goes on

    failed = ["advance", "check_course", "member_joined", "settings_notes", "tasks"]
    for hook in failed:
        assert f"the plugin a_odd (a_odd 1.0) failed in {hook}" in caplog.text
    assert states(config, house) == {"a_odd": ("failing", failed), "z_fine": ("running", [])}


def test_a_database_that_goes_away_meanwhile_is_told_as_that_and_not_as_the_plugins_failure(
    stranger: Callable[..., None], config: Config, postgres: PostgresServer
) -> None:
    from nbcohort.courses import actions
    from nbcohort.courses.roster import acting_on_hub

    source = "@api.hook\ndef member_joined(acting): acting.session.execute(text('SELECT pg_terminate_backend(pg_backend_pid())'))"
    stranger("odd", f"from sqlalchemy import text\n{source}")
    config = replace(config, database=postgres.new_database())
    house = build_house(config)
    root = Identity("root", True, frozenset())
    now = house.clock.now()
    try:
        with house.database.write() as session:
            actions.create_cohort(acting_on_hub(house, session, root, now), "ds1", "DS 1")
        with pytest.raises(OperationalError), house.database.write() as session:
            actions.add_member(acting_in(house, session, root, "ds1", now), "ada", None, "learner")
        assert states(config, house) == {"odd": ("running", [])}
    finally:
        house.hub.client.close()
        house.database.close()


def test_a_plugin_that_recovers_is_no_longer_named(stranger: Callable[..., None], build: Build, config: Config) -> None:
    stranger(
        "odd", "@api.hook\ndef advance(house):\n    if not (house.data / 'ready').exists(): raise OSError('not yet')"
    )
    house = build()
    tick(house)
    assert states(config, house) == {"odd": ("failing", ["advance"])}
    (config.data / "ready").touch()
    tick(house)
    assert states(config, house) == {"odd": ("running", [])}


def test_the_command_line_works_beside_a_broken_plugin_and_says_one_line(stranger: Callable[..., None]) -> None:
    stranger("odd", "1 / 0", group="nbcohort")
    done = CliRunner().invoke(build_app(), ["--version"])
    assert done.exit_code == 0
    assert done.stdout == "nbcohort 0.1.0\n"


def test_what_a_plugin_could_not_check_is_a_warning(stranger: Callable[..., None]) -> None:
    from nbcohort.courses.settings import CourseSettings

    stranger("odd", "@api.hook\ndef check_course(course): raise RuntimeError('oh')", group="nbcohort")
    found = load_plugins().findings(CourseSettings(id="ds", title="DS"), None)
    assert [(one.severity, one.where, one.sentence) for one in found] == [
        ("warning", "odd (odd 1.0)", "could not check the settings: RuntimeError: oh")
    ]


def test_installed_plugins_are_listed_with_what_is_wrong(stranger: Callable[..., None]) -> None:
    stranger("odd", "1 / 0")
    stranger("good", "permissions = api.hook(lambda: {'good.do': api.may('learner')})")
    listed = CliRunner().invoke(build_app(), ["plugins", "--json"])
    assert listed.exit_code == 1
    found = {one["name"]: one for one in json.loads(listed.stdout)}
    assert found["odd"]["trouble"] == "ZeroDivisionError: division by zero"
    assert (found["good"]["version"], found["good"]["hooks"]) == ("1.0", ["permissions"])
    assert "good" in CliRunner().invoke(build_app(), ["plugins"]).stdout
