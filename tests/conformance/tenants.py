"""A pytest plugin that lets nbgrader's tests meet our exchange: identity and tenant, which a folder does not have.

The exchange classes are those we ship, set by the `configure` that users call; they talk over a socket to the service
that we ship. Test code is only who one is, and where: each test has an exchange folder (`--Exchange.root`) of its own,
and here its own cohorts, whose ids on the service begin with a tenant's name that the tests do not see. Whoever runs
the tests is instructor of each cohort, because in nbgrader's tests one person teaches and learns. Whom a test hands in
for with `--student` does it with a token of their own, and is in the cohort, though not as a learner.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import get_username
from traitlets.config import Config

from nbcohort.client import ServiceClient
from nbcohort.exchange import Exchange, ExchangeSubmit, configure
from nbcohort.testing import RunningService, running_fake_hub, running_service
from nbcohort.tls import verify_for

ME = get_username()
_COHORT = re.compile(r"/cohorts/(?P<cohort>[^/?]+)")


@dataclass
class Tenants:
    """All tenants on the service that is running."""

    service: RunningService
    admin: httpx.Client
    members: dict[str, set[str]] = field(default_factory=dict)
    """Cohort's id on the service -> accounts."""

    def connect(self, root: str, account: str) -> ServiceClient:
        """Return a connection of `account` that knows only the tenant of the exchange folder `root`."""
        token = self.service.hub.token(account)
        return ServiceClient(self.service.url, token, transport=_Tenant(self, _prefix(root)))

    def connect_exchange(self, exchange: Exchange) -> ServiceClient:
        """Stand in for `Exchange.connect`."""
        account = account_of(exchange)
        if account != ME and exchange.coursedir.course_id:
            self.enrol(exchange.root, exchange.coursedir.course_id, account, "mentor")
        return self.connect(exchange.root, account)

    def enrol(self, root: str, cohort: str, account: str, role: str) -> None:
        """Make somebody a member, who then stays what they are."""
        self._enrol(_prefix(root) + cohort, account, role)

    def ensure(self, cohort: str) -> None:
        """Make a cohort, by its id on the service, with an instructor when it is first asked for."""
        if cohort not in self.members:
            self.members[cohort] = set()
            self.admin.post("/cohorts", json={"id": cohort, "title": cohort}).raise_for_status()
            self._enrol(cohort, ME, "instructor")

    def _enrol(self, cohort: str, account: str, role: str) -> None:
        self.ensure(cohort)
        if account not in self.members[cohort]:
            self.members[cohort].add(account)
            member = {"account": account, "role": role}
            self.admin.post(f"/cohorts/{cohort}/members", json=member).raise_for_status()


def account_of(exchange: Exchange) -> str:
    """Return who acts."""
    student = str(exchange.coursedir.student_id)
    named = isinstance(exchange, ExchangeSubmit) and re.fullmatch(r"\w+", student)
    return student if named else ME


def _prefix(root: str) -> str:
    return f"t{hashlib.sha256(root.encode()).hexdigest()[:12]}-"


class _Tenant(httpx.BaseTransport):
    """Puts the tenant before the ids of cohorts in requests, and takes it away in answers."""

    def __init__(self, tenants: Tenants, prefix: str) -> None:
        self.tenants = tenants
        self.prefix = prefix
        self.inner = httpx.HTTPTransport(verify=verify_for(tenants.service.url))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        asked = _COHORT.search(path)
        if asked is not None:
            self.tenants.ensure(self.prefix + asked["cohort"])
            path = _COHORT.sub(lambda match: f"/cohorts/{self.prefix}{match['cohort']}", path, count=1)
            request.url = request.url.copy_with(raw_path=path.encode())
        response = self.inner.handle_request(request)
        return self._only_mine(response) if path.endswith("/me") else response

    def _only_mine(self, response: httpx.Response) -> httpx.Response:
        me = json.loads(response.read())
        mine = [one for one in me["cohorts"] if one["cohort"].startswith(self.prefix)]
        me["cohorts"] = [{**one, "cohort": one["cohort"].removeprefix(self.prefix)} for one in mine]
        return httpx.Response(200, json=me)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture(scope="session", autouse=True)
def tenants() -> Iterator[Tenants]:
    """The service, and nbgrader set to use our exchange with it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_fake_hub() as hub,
        running_service(Path(folder), hub) as service,
        pytest.MonkeyPatch.context() as patch,
    ):
        tenants = Tenants(service, service.as_account("admin", admin=True))
        config = Config()
        configure(config)
        for name, chosen in config.ExchangeFactory.items():
            patch.setattr(ExchangeFactory.class_traits()[name], "default_value", chosen)
        patch.setattr(Exchange, "connect", lambda exchange: tenants.connect_exchange(exchange))
        yield tenants
