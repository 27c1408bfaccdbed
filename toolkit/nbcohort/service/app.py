"""The FastAPI application: the house's parts put together, and its plugins' routes mounted."""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

import httpx
from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI, Request
from pydantic import AwareDatetime

from nbcohort import __version__
from nbcohort.courses.actions import read_settings
from nbcohort.courses.roster import cohort_ids
from nbcohort.courses.routes import on_hub
from nbcohort.loading import Plugin, Plugins, load_plugins
from nbcohort.service import problems
from nbcohort.service.claims import check_claims
from nbcohort.service.clock import DemoClock, SystemClock
from nbcohort.service.config import Config
from nbcohort.service.describe import Described, operation_id
from nbcohort.service.disk_space import disk_is_full
from nbcohort.service.gate import Gate
from nbcohort.service.house import House
from nbcohort.service.hubapi import HubApi
from nbcohort.service.identity import HubIdentities
from nbcohort.service.permissions import merge
from nbcohort.service.schema import Schema
from nbcohort.service.ticks import tick_for_ever
from nbcohort.store.blobs import LocalStore
from nbcohort.store.database import Database
from nbcohort.store.interactions import InteractionKinds
from nbcohort.store.migrate import STORE, Migrations, revisions, upgrade
from nbcohort.submissions.routes import on_service
from nbcohort.tls import verify_for

log = logging.getLogger(__name__)

MAX_BODY = 8_000_000
"""Bytes of a request's JSON: room for the largest manifest. Files have a route with a limit of its own."""

WRITERS = 24
"""Requests that may wait for the database to write; of the 40 threads that serve, the others are for reading."""


class PluginHealth(Schema):
    """An installed plugin; the service's log says more about its troubles."""

    name: str
    version: str
    state: Literal["running", "failing", "set aside"]
    failing: list[str]
    """The hooks whose latest call failed."""

    @classmethod
    def of(cls, plugin: Plugin) -> "PluginHealth":
        """Return how `plugin` is."""
        state: Literal["running", "failing", "set aside"] = (
            "set aside" if plugin.trouble else "failing" if plugin.failing else "running"
        )
        return cls(name=plugin.name, version=plugin.version, state=state, failing=sorted(plugin.failing))


class Health(Schema):
    """That the service is there, and what time it has."""

    status: Literal["ok", "disk full"]
    version: str
    now: AwareDatetime
    demo_clock: bool
    plugins: list[PluginHealth]


def build_house(config: Config) -> House:
    """Open what the service works with, and bring the database up to date."""
    config.data.mkdir(parents=True, exist_ok=True)
    plugins = load_plugins(service=True)
    check_claims(plugins)
    database = Database(config.database)
    _migrate(database, plugins)
    house = House(
        data=config.data,
        database=database,
        blobs=LocalStore(config.blobs),
        clock=DemoClock(config.demo_clock) if config.demo_clock else SystemClock(),
        plugins=plugins,
        permissions=merge([table for _plugin, table in plugins.declared("permissions", dict)]),
        kinds=InteractionKinds(
            kind for _plugin, kinds in plugins.declared("interaction_kinds", list) for kind in kinds
        ),
        hub=HubApi(
            httpx.Client(
                base_url=config.hub_api,
                headers={"Authorization": f"token {config.hub_token}"},
                timeout=20,
                verify=verify_for(config.hub_api),
            )
        ),
        holder=f"{os.getpid()}-{secrets.token_hex(8)}",
    )
    _tell_of_settings(house)
    return house


def _migrate(database: Database, plugins: Plugins) -> None:
    """Bring the database up to date; a plugin whose migrations fail is set aside, and has changed nothing."""
    found = plugins.declared("migrations", lambda migrations: migrations)
    _tell_of_removed(database, [STORE, *(migrations for _plugin, migrations in found)])
    upgrade(database, [STORE, *(migrations for plugin, migrations in found if plugin.ours)])
    for plugin, migrations in found:
        if plugin.ours:
            continue
        try:
            upgrade(database, [migrations])
        except Exception as error:  # noqa: BLE001 - a stranger's migration may raise anything; it is kept and told
            plugins.set_aside(plugin, error)


def _tell_of_removed(database: Database, known: list[Migrations]) -> None:
    """Log which plugins have tables here and are not installed: they keep what they have, and forget nobody."""
    with database.engine.connect() as connection:
        for table in revisions(connection).keys() - {migrations.version_table for migrations in known}:
            name = table.removeprefix("version_")
            log.warning("the plugin %s is not installed; its tables and their content stay as they are", name)


def _tell_of_settings(house: House) -> None:
    """Log which sections of which cohort's settings do nothing."""
    with house.database.read() as session:
        for cohort in cohort_ids(session):
            settings = read_settings(session, house, cohort)
            for sentence in settings.set_aside if settings else ():
                log.warning("cohort %s: %s", cohort, sentence)


def create_app(config: Config, house: House) -> FastAPI:
    """Return the application of `house`. It ticks while it runs, and closes the house's connections when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=config.hub_api, timeout=10, verify=verify_for(config.hub_api)) as client:
            app.state.identities = HubIdentities(client)
            app.state.writers = CapacityLimiter(WRITERS)
            ticking = asyncio.create_task(tick_for_ever(house, config.tick_seconds))
            yield
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        house.hub.client.close()
        house.database.close()

    prefix = config.prefix.rstrip("/")
    app = Described(
        title="nbcohort",
        version=__version__,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        max_body_size=MAX_BODY,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{prefix}/openapi.json",
    )
    app.state.house = house
    app.add_middleware(
        Gate,
        api=f"{prefix}/api/v1/",
        public=frozenset({f"{prefix}/api/v1/receipt-keys"}),
        member=config.member,
        room=config.room,
    )
    problems.install(app)

    service = APIRouter(prefix=prefix)

    @service.get("/health", tags=["service"])
    def health(request: Request) -> Health:
        """Is the service there, and what time does it have?"""
        now = house.clock.now()
        return Health(
            status="disk full" if disk_is_full(house) else "ok",
            version=__version__,
            now=now,
            demo_clock=house.clock.movable,
            plugins=[PluginHealth.of(plugin) for plugin in house.plugins],
        )

    app.include_router(service)
    app.include_router(on_hub, prefix=f"{prefix}/api/v1")
    app.include_router(on_service, prefix=f"{prefix}/api/v1")
    for _plugin, routers in house.plugins.declared("routers", list):
        for router in routers:
            app.include_router(router, prefix=f"{prefix}/api/v1/cohorts/{{cohort}}")
    return app
