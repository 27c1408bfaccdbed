"""How the service is started: every setting is an environment variable, read once."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.service.gate import Allowance
from nbcohort.service.stalls import PATIENCE

MEMBER = Allowance(per_second=30, parallel=24)
"""A submission of 200 files takes 202 requests; a Lab that looks every few seconds takes less than one in a second."""
ROOM = Allowance(per_second=300, parallel=96)
"""A course room collects and grades for a whole cohort."""


@dataclass(frozen=True)
class Config:
    """Settings of the running service.

    Args:
        data: NBCOHORT_DATA, folder of the service's files; made if missing. Several processes on one database share
            it: the keys of receipts are there.
        database: NBCOHORT_DATABASE, SQLAlchemy URL; a SQLite file in `data` by default.
        blobs: NBCOHORT_BLOBS, folder of the blobs; `data`/blobs by default.
        hub_api: JUPYTERHUB_API_URL, with a slash at its end.
        hub_token: JUPYTERHUB_API_TOKEN, the service's own.
        prefix: JUPYTERHUB_SERVICE_PREFIX, such as `/services/nbcohort/`.
        bind: JUPYTERHUB_SERVICE_URL, such as `http://127.0.0.1:10101`.
        tick_seconds: NBCOHORT_TICK_SECONDS, how often rounds are moved on; 60 by default.
        member: what one account may ask: NBCOHORT_MEMBER_RATE requests in a second, over time (30; after a silence 20
            times as many at once), NBCOHORT_MEMBER_PARALLEL under way (24).
        room: what a course room or an administrator may ask: NBCOHORT_ROOM_RATE (300) and NBCOHORT_ROOM_PARALLEL (96).
        trusted_proxies: NBCOHORT_TRUSTED_PROXIES, addresses and networks with commas between them whose X-Forwarded-For
            is believed, such as the Hub's proxy; none by default. Name none that others can send from.
        stall_seconds: NBCOHORT_STALL_SECONDS, how long a client may keep the service waiting; 30 by default.
        demo: NBCOHORT_DEMO=1, allows a movable clock.
        demo_clock: NBCOHORT_DEMO_CLOCK, the movable clock's file.
    """

    data: Path
    database: str
    blobs: Path
    hub_api: str
    hub_token: str
    prefix: str
    bind: str
    tick_seconds: float = 60.0
    member: Allowance = MEMBER
    room: Allowance = ROOM
    trusted_proxies: str = ""
    stall_seconds: float = PATIENCE
    demo: bool = False
    demo_clock: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings from `environ`.

        Raises:
            NbcohortError: one is missing, or a movable clock is asked for outside the demo.
        """
        try:
            data = Path(environ["NBCOHORT_DATA"]).absolute()
            clock = environ.get("NBCOHORT_DEMO_CLOCK")
            config = cls(
                data=data,
                database=environ.get("NBCOHORT_DATABASE") or f"sqlite:///{data / 'nbcohort.db'}",
                blobs=Path(environ.get("NBCOHORT_BLOBS") or data / "blobs").absolute(),
                hub_api=environ["JUPYTERHUB_API_URL"].rstrip("/") + "/",
                hub_token=environ["JUPYTERHUB_API_TOKEN"],
                prefix=environ.get("JUPYTERHUB_SERVICE_PREFIX", "/"),
                bind=environ["JUPYTERHUB_SERVICE_URL"],
                tick_seconds=_number(environ, "NBCOHORT_TICK_SECONDS", 60),
                member=_allowance(environ, "NBCOHORT_MEMBER", cls.member),
                room=_allowance(environ, "NBCOHORT_ROOM", cls.room),
                trusted_proxies=environ.get("NBCOHORT_TRUSTED_PROXIES", ""),
                stall_seconds=_number(environ, "NBCOHORT_STALL_SECONDS", PATIENCE),
                demo=environ.get("NBCOHORT_DEMO") == "1",
                demo_clock=Path(clock).absolute() if clock else None,
            )
        except KeyError as error:
            raise NbcohortError(
                _("The service needs the environment variable {name}; JupyterHub sets the JUPYTERHUB_ ones.").format(
                    name=error.args[0]
                )
            ) from None
        if config.demo_clock and not config.demo:
            raise NbcohortError(_("NBCOHORT_DEMO_CLOCK is refused outside the demo (NBCOHORT_DEMO=1)."))
        return config


def _allowance(environ: Mapping[str, str], name: str, default: Allowance) -> Allowance:
    return Allowance(
        _number(environ, f"{name}_RATE", default.per_second),
        math.ceil(_number(environ, f"{name}_PARALLEL", default.parallel)),
    )


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = float(environ.get(name, default))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise NbcohortError(_("{name} should be a number above 0.").format(name=name))
    return number
