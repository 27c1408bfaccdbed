"""The Lab's requests of what follows the reviews: HTTP in, HTTP out, no decisions."""

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from nbcohort.lab import after
from nbcohort.lab.handlers import ASSIGNMENT, LabHandler
from nbcohort.lab.workspace_handlers import WorkspaceHandler

_COHORT = r"cohorts/(?P<cohort>[a-z0-9-]{1,100})"
_REVIEW = rf"{_COHORT}/review/received/(?P<review>[A-Za-z0-9_-]{{1,100}})"
_ID = "[A-Za-z0-9_-]{1,100}"
_REVISION = rf"revisions/{ASSIGNMENT}|tasks/{_ID}/revision|rounds/{_ID}/works/{_ID}/revision"
_SUBMISSION = rf"{_COHORT}/submissions/(?P<submission>[A-Za-z0-9_-]{{1,100}})"


class Received(LabHandler):
    """The reviews of my works."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str) -> None:
        """Return them."""
        await self.answer(lambda: after.received(self.service.client, cohort))


class Answered(LabHandler):
    """What authors said of my reviews."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str) -> None:
        """Return it."""
        await self.answer(lambda: after.answered(self.service.client, cohort))


class Mine(LabHandler):
    """How good my reviews were."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str) -> None:
        """Return it."""
        await self.answer(lambda: after.mine(self.service.client, cohort))


class Revision(LabHandler):
    """What changed since the reviews."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, address: str) -> None:
        """Return it."""
        await self.answer(lambda: after.revision(self.service.client, cohort, address))


class Answer(LabHandler):
    """My answer to a review."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, review: str) -> None:
        """Answer it, or answer it anew."""
        said = self.body()
        await self.answer(lambda: after.answer(self.service.client, cohort, review, said))


class Flag(LabHandler):
    """My flag on a review."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, review: str) -> None:
        """Flag it."""
        said = self.body()
        await self.answer(lambda: after.flag(self.service.client, cohort, review, said))


class Appeals(LabHandler):
    """My appeals."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str) -> None:
        """Make one."""
        said = self.body()
        await self.answer(lambda: after.appeal(self.service.client, cohort, said))


class SubmittedFiles(LabHandler):
    """The files of a submission."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, submission: str) -> None:
        """Return their paths and sizes."""
        await self.answer(lambda: after.files(self.service.client, cohort, submission))


class SubmittedFile(WorkspaceHandler):
    """A file of a submission."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, submission: str) -> None:
        """Return a page of it as harmless HTML."""
        path, start = self.get_argument("path"), self.start()
        root = f"/cohorts/{cohort}/submissions/{submission}"
        await self.answer(lambda: self.workspace.show(root, path, start))


def handlers(base_url: str) -> list[tuple[str, type[LabHandler]]]:
    """Return the handlers with their addresses."""
    root = url_path_join(base_url, "nbcohort", "api")
    return [
        (rf"{root}/{_COHORT}/review/received", Received),
        (rf"{root}/{_COHORT}/review/answered", Answered),
        (rf"{root}/{_COHORT}/review/mine", Mine),
        (rf"{root}/{_COHORT}/review/(?P<address>{_REVISION})", Revision),
        (rf"{root}/{_REVIEW}/answer", Answer),
        (rf"{root}/{_REVIEW}/flag", Flag),
        (rf"{root}/{_COHORT}/review/appeals", Appeals),
        (rf"{root}/{_SUBMISSION}/files", SubmittedFiles),
        (rf"{root}/{_SUBMISSION}/shown", SubmittedFile),
    ]
