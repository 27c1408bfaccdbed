"""The workspace's requests, below `nbcohort/api/` of the learner's server: HTTP in, HTTP out, no decisions."""

from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.lab.handlers import LabHandler
from nbcohort.lab.workspace import Workspace

_NAME = r"[A-Za-z0-9_-]{1,100}"
_REVIEW = r"(?P<root>cohorts/[a-z0-9-]{1,100}/review"
_WORK = rf"{_REVIEW}/(?:tasks|samples)/{_NAME})"
_TASK = rf"{_REVIEW}/tasks/{_NAME})"
_SAMPLE = rf"{_REVIEW}/samples/{_NAME})"


class WorkspaceHandler(LabHandler):
    """What all of them have in common."""

    @property
    def workspace(self) -> Workspace:
        """The works."""
        found: Workspace = self.settings["nbcohort_workspace"]
        return found

    def start(self) -> int:
        """Return the number of the part that is asked for; Invalid if it is none."""
        start: str = self.get_argument("start", "0")
        if not start.isdecimal() or len(start) > 9:
            raise Invalid(_("“start” is the number of a part of the file."))
        return int(start)


class ShownFile(WorkspaceHandler):
    """A file of a work."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return a page of it as harmless HTML."""
        path, start = self.get_argument("path"), self.start()
        await self.answer(lambda: self.workspace.show(f"/{root}", path, start))


class Cells(WorkspaceHandler):
    """The cells of a notebook of a work."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return their ids, in order."""
        path = self.get_argument("path")
        await self.answer(lambda: self.workspace.cells(f"/{root}", path))


class Checks(WorkspaceHandler):
    """The checks of a work that I review."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return what they found."""
        await self.answer(lambda: self.workspace.checks(f"/{root}"))


class Others(WorkspaceHandler):
    """The other reviews of a work that I have reviewed."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return them."""
        await self.answer(lambda: self.workspace.others(f"/{root}"))


class RunOfWork(WorkspaceHandler):
    """The run of a throwaway copy."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return how it stands."""
        path = self.get_argument("path")
        await self.answer(lambda: self.workspace.runs.status(f"/{root}", path))

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, root: str) -> None:
        """Begin one."""
        path: Any = self.body().get("path")
        if not isinstance(path, str):
            raise Invalid(_("“path” is the path of a notebook."))
        await self.answer(lambda: self.workspace.run(f"/{root}", path))

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def delete(self, root: str) -> None:
        """Stop it."""
        path = self.get_argument("path")
        await self.answer(lambda: self.workspace.runs.stop(f"/{root}", path))


class ShownRun(WorkspaceHandler):
    """What came of a run."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return a page of it as harmless HTML."""
        path, start = self.get_argument("path"), self.start()
        await self.answer(lambda: self.workspace.show_run(f"/{root}", path, start))


class Sample(WorkspaceHandler):
    """A sample, scored or not."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, root: str) -> None:
        """Return it."""
        await self.answer(lambda: self.workspace.sample(f"/{root}"))


class SampleScore(WorkspaceHandler):
    """My score of a sample."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, root: str) -> None:
        """Score it, once."""
        form = self.body()
        await self.answer(lambda: self.workspace.score(f"/{root}", form))


def workspace_handlers(base_url: str) -> list[tuple[str, type[LabHandler]]]:
    """Return the handlers with their addresses."""
    api = url_path_join(base_url, "nbcohort", "api")
    return [
        (rf"{api}/{_WORK}/shown", ShownFile),
        (rf"{api}/{_WORK}/cells", Cells),
        (rf"{api}/{_WORK}/run", RunOfWork),
        (rf"{api}/{_WORK}/run/shown", ShownRun),
        (rf"{api}/{_TASK}/checks", Checks),
        (rf"{api}/{_TASK}/others", Others),
        (rf"{api}/{_SAMPLE}", Sample),
        (rf"{api}/{_SAMPLE}/score", SampleScore),
    ]
