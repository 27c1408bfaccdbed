"""A pytest plugin that shows in a folder what the service holds, for tests that look into nbgrader's exchange folder.

After each exchange operation, what there is goes to where nbgrader's default exchange has it:

    <root>/<course>/outbound/<assignment>/
    <root>/<course>/inbound/<student>+<assignment>+<time>+<something>/
    <root>/<course>/feedback/<hash>.html
    <cache>/<course>/<student>+<assignment>+<time>/

All of it comes from the service, over the socket. What a test puts into a folder itself is handed to the service before
the next operation: feedback that it changed, submissions that it only made up. Modes are not set, and removing a file
here removes nothing on the service.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nbgrader.utils import notebook_hash

from nbcohort.client import ServiceClient, file_url
from nbcohort.exchange import Exchange, ExchangeReleaseFeedback, ExchangeSubmit
from nbcohort.exchange.feedback import is_same
from nbcohort.exchange.get import get_folder
from tests.conformance.made_up import send_made_up
from tests.conformance.tenants import ME, Tenants, account_of

Item = dict[str, Any]


@dataclass
class Mirror:
    """What is shown in one exchange folder."""

    tenants: Tenants
    root: Path
    secrets: dict[str, str] = field(default_factory=dict)
    """Submission -> the secret that nbgrader hashes into the names of its feedback."""

    def before(self, exchange: Exchange) -> None:
        """Hand to the service what the test put into folders."""
        with self.tenants.connect(exchange.root, ME) as client:
            for cohort in _cohorts(client):
                for feedback, files in self._feedback(client, cohort):
                    if any(path.is_file() and not is_same(path, file) for path, file in files):
                        new = {file["path"]: path for path, file in files}
                        client.upload(f"/cohorts/{cohort}/feedback", {"submission": feedback["submission"]}, new)
        if isinstance(exchange, ExchangeReleaseFeedback):
            self.secrets |= send_made_up(self.tenants, exchange)

    def after(self, exchange: Exchange) -> None:
        """Show what the service holds."""
        with self.tenants.connect(exchange.root, ME) as client:
            for cohort in _cohorts(client):
                self._show_releases(client, cohort)
                self._show_submissions(client, cohort, exchange)
                for feedback, files in self._feedback(client, cohort):
                    source = f"/cohorts/{cohort}/feedback/{feedback['id']}"
                    for path, file in files:
                        if not is_same(path, file):
                            client.download(file_url(source, file["path"]), path, file["size"], file["sha256"])

    def _show_releases(self, client: ServiceClient, cohort: str) -> None:
        folder = self.root / cohort / "outbound"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for release in client.pages(f"/cohorts/{cohort}/releases"):
            source = f"/cohorts/{cohort}/releases/{release['id']}"
            get_folder(client, source, release["files"], folder / release["assignment"])

    def _show_submissions(self, client: ServiceClient, cohort: str, exchange: Exchange) -> None:
        folder = self.root / cohort / "inbound"
        folder.mkdir(exist_ok=True)
        for submission in client.pages(f"/cohorts/{cohort}/submissions"):
            at = exchange.stamp(submission["handed_in_at"])
            for student in submission["submitters"]:
                name = f"{student}+{submission['assignment']}+{at}"
                self._show_submission(client, cohort, submission, folder / f"{name}+{submission['id']}")
                if isinstance(exchange, ExchangeSubmit) and student == account_of(exchange):
                    self._show_submission(client, cohort, submission, Path(exchange.cache, cohort, name))

    def _show_submission(self, client: ServiceClient, cohort: str, submission: Item, folder: Path) -> None:
        if folder.exists():
            return  # it never changes
        get_folder(client, f"/cohorts/{cohort}/submissions/{submission['id']}", submission["files"], folder)
        (folder / "timestamp.txt").write_text(folder.name.split("+")[2])
        (folder / "submission_secret.txt").write_text(self._secret(submission["id"]))

    def _feedback(self, client: ServiceClient, cohort: str) -> Iterator[tuple[Item, list[tuple[Path, Item]]]]:
        """Yield feedback, each with where its files belong here."""
        for feedback in client.pages(f"/cohorts/{cohort}/feedback"):
            secret = self._secret(feedback["submission"])
            yield feedback, [(self._page(cohort, secret, file["path"]), file) for file in feedback["files"]]

    def _page(self, cohort: str, secret: str, name: str) -> Path:
        hashed = notebook_hash(secret=secret, notebook_id=name.removesuffix(".html"))
        return self.root / cohort / "feedback" / f"{hashed}.html"

    def _secret(self, submission: str) -> str:
        return self.secrets.setdefault(submission, hashlib.sha512(submission.encode()).hexdigest())


def _cohorts(client: ServiceClient) -> list[str]:
    return [item["cohort"] for item in client.get("/me")["cohorts"]]


@pytest.fixture(autouse=True)
def mirror(request: pytest.FixtureRequest, tenants: Tenants) -> Iterator[None]:
    """A mirror of each exchange folder, before and after each operation of our exchange, for the tests that have it."""
    if request.node.nodeid not in os.environ["CONFORMANCE_MIRRORED"].split("\n"):
        yield
        return
    mirrors: dict[str, Mirror] = {}
    start = Exchange.start

    def mirrored(exchange: Exchange) -> Any:
        if not exchange.root:
            return start(exchange)
        mirror = mirrors.setdefault(exchange.root, Mirror(tenants, Path(exchange.root)))
        mirror.before(exchange)
        result = start(exchange)
        mirror.after(exchange)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Exchange, "start", mirrored)
        yield
