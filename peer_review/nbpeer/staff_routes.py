"""What staff do in peer review over HTTP, below `/api/v1/cohorts/{cohort}/review/rounds/{round_id}`."""

from typing import Annotated

from fastapi import APIRouter, Query

from nbcohort.api import Acting, Caller, Page, PageQuery, page_of
from nbpeer import actions, staff
from nbpeer.calibration import differences
from nbpeer.plans import rules_of
from nbpeer.results import results_of
from nbpeer.round_schemas import StaffRoundOut, StaffWorkOut
from nbpeer.score_book import scores_of
from nbpeer.staff_schemas import AddReviewer, ChangeTimes, GivenOut, GlanceOut, OverrideScore, Reason, ResultOut

staff_review = APIRouter(prefix="/review/rounds/{round_id}", tags=["peer review"])


@staff_review.get("/glance")
def glance(round_id: str, caller: Caller) -> GlanceOut:
    """Who waits for whom; for staff."""
    with caller.read() as acting:
        return GlanceOut.of(actions.read_round(acting, round_id), actions.members_by_id(acting))


@staff_review.get("/results")
def results(round_id: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[ResultOut]:
    """What the round comes to for each member, for the gradebook; for staff."""
    with caller.read() as acting:
        members = actions.members_by_id(acting)
        held = actions.read_round(acting, round_id)
        calibrated = differences(acting.session, acting.cohort, held.assignment)
        results = results_of(rules_of(held), held.works, scores_of(acting.session, held), calibrated)
        found = [ResultOut.of(one, members) for one in results]
        return page_of(found, query, lambda one: one.member.member)


@staff_review.patch("")
def change_times(round_id: str, body: ChangeTimes, caller: Caller) -> StaffRoundOut:
    """Move the times of a round; one that is closed is open again when reviews are due in the future."""
    with caller.write() as acting:
        return StaffRoundOut.whole(acting, staff.change_times(acting, round_id, body.times(), body.reason))


@staff_review.post("/tasks", status_code=201)
def add_reviewer(round_id: str, body: AddReviewer, caller: Caller) -> GivenOut:
    """Give the review of a work to somebody."""

    def act(acting: Acting) -> GivenOut:
        task = staff.add_reviewer(acting, round_id, body.work, body.account, body.reason)
        return GivenOut(id=task.public_id, work=task.work.pseudonym, reviewer=task.reviewer)

    return caller.once(GivenOut, act)


@staff_review.delete("/tasks/{task}", status_code=204)
def remove_reviewer(round_id: str, task: str, reason: Annotated[Reason, Query()], caller: Caller) -> None:
    """Take a task away; a review that came in no longer counts, and is kept."""
    with caller.write() as acting:
        staff.remove_reviewer(acting, round_id, task, reason)


@staff_review.put("/works/{work}/override")
def override_score(round_id: str, work: str, body: OverrideScore, caller: Caller) -> StaffWorkOut:
    """Override a work's score, with the reason."""
    with caller.write() as acting:
        scored = staff.override_score(acting, round_id, work, body.percent, body.reason, on_quality=body.on_quality)
        return StaffWorkOut.of(acting, scored, actions.members_by_id(acting), scores_of(acting.session, scored.round))


@staff_review.post("/release")
def release_scores(round_id: str, caller: Caller) -> StaffRoundOut:
    """Show authors their scores."""
    return caller.once(
        StaffRoundOut, lambda acting: StaffRoundOut.whole(acting, staff.release_scores(acting, round_id))
    )
