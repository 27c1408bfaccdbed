"""The Lab's requests of a round, for staff: HTTP in, HTTP out. Who may do what, the service decides."""

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from nbcohort.lab import round as rounds
from nbcohort.lab.handlers import LabHandler

_ID = "[A-Za-z0-9_-]{1,100}"
_REVIEW = r"cohorts/(?P<cohort>[a-z0-9-]{1,100})/review"
_ROUND = rf"{_REVIEW}/rounds/(?P<round_id>{_ID})"


class Rounds(LabHandler):
    """The rounds of a cohort."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str) -> None:
        """Return them."""
        await self.answer(lambda: rounds.rounds(self.service.client, cohort))


class Round(LabHandler):
    """A round with everything in it."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, round_id: str) -> None:
        """Return it."""
        await self.answer(lambda: rounds.whole(self.service.client, cohort, round_id))


class Triage(LabHandler):
    """Which works of a round staff should look at first."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, round_id: str) -> None:
        """Return them."""
        budget = self.get_argument("budget")
        await self.answer(lambda: rounds.triage(self.service.client, cohort, round_id, budget))


class Times(LabHandler):
    """The times of a round."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, round_id: str) -> None:
        """Move some of them."""
        said = self.body()
        await self.answer(lambda: rounds.change(self.service.client, cohort, round_id, said))


class Released(LabHandler):
    """Whether the scores of a round are shown."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, round_id: str) -> None:
        """Show them."""
        await self.answer(lambda: rounds.release(self.service.client, cohort, round_id))


class Reviewers(LabHandler):
    """The reviewers of a round."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, round_id: str) -> None:
        """Return what is known of them."""
        await self.answer(lambda: rounds.reviewers(self.service.client, cohort, round_id))

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, round_id: str) -> None:
        """Add one to a work."""
        said = self.body()
        await self.answer(lambda: rounds.add_reviewer(self.service.client, cohort, round_id, said))


class Removed(LabHandler):
    """A reviewer of a work who is none any more."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, round_id: str, task: str) -> None:
        """Take the task away."""
        said = self.body()
        await self.answer(lambda: rounds.remove_reviewer(self.service.client, cohort, round_id, task, said))


class Override(LabHandler):
    """What staff decided a score to be."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, round_id: str, work: str) -> None:
        """Override it, or take that back."""
        said = self.body()
        await self.answer(lambda: rounds.override(self.service.client, cohort, round_id, work, said))


class Decision(LabHandler):
    """What staff say to an appeal or a flag."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, kind: str, which: str) -> None:
        """Decide."""
        said = self.body()
        await self.answer(lambda: rounds.decide(self.service.client, cohort, kind, which, said))


def handlers(base_url: str) -> list[tuple[str, type[LabHandler]]]:
    """Return the handlers with their addresses."""
    root = url_path_join(base_url, "nbcohort", "api")
    return [
        (rf"{root}/{_REVIEW}/rounds", Rounds),
        (rf"{root}/{_ROUND}", Round),
        (rf"{root}/{_ROUND}/triage", Triage),
        (rf"{root}/{_ROUND}/times", Times),
        (rf"{root}/{_ROUND}/released", Released),
        (rf"{root}/{_ROUND}/reviewers", Reviewers),
        (rf"{root}/{_ROUND}/tasks/(?P<task>{_ID})/removed", Removed),
        (rf"{root}/{_ROUND}/works/(?P<work>{_ID})/override", Override),
        (rf"{root}/{_REVIEW}/(?P<kind>appeals|flags)/(?P<which>{_ID})", Decision),
    ]
