"""What follows the reviews over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Annotated

from fastapi import APIRouter, Query

from nbcohort.api import Caller, Page, PageQuery, page_of
from nbpeer import actions, afterwards
from nbpeer.afterwards_schemas import (
    AnswerReview,
    DecideAppeal,
    DecideFlag,
    FlagOut,
    FlagReview,
    MakeAppeal,
    OtherReviewOut,
    StaffAppealOut,
    StaffFlagOut,
)
from nbpeer.schemas import AnswerOut, AppealOut
from nbpeer.score_book import scores_of

after_review = APIRouter(prefix="/review", tags=["peer review"])


@after_review.put("/received/{review}/answer")
def answer_review(review: str, body: AnswerReview, caller: Caller) -> AnswerOut:
    """Say how helpful a review of my work was and why, reply, and say what I will change."""
    with caller.write() as acting:
        return AnswerOut.of(afterwards.answer_review(acting, review, body.said()))


@after_review.post("/received/{review}/flag", status_code=201)
def flag_review(review: str, body: FlagReview, caller: Caller) -> FlagOut:
    """Tell staff that a review of my work is abusive or empty."""
    return caller.once(FlagOut, lambda acting: FlagOut.of(afterwards.flag(acting, review, body.kind, body.reason)))


@after_review.post("/appeals", status_code=201)
def make_appeal(body: MakeAppeal, caller: Caller) -> AppealOut:
    """Ask staff to look at the score of my work."""
    return caller.once(
        AppealOut,
        lambda acting: AppealOut.of(afterwards.appeal(acting, body.work, body.assignment, body.text)),
    )


@after_review.put("/appeals/{appeal}")
def decide_appeal(appeal: str, body: DecideAppeal, caller: Caller) -> AppealOut:
    """Answer an appeal, and override the score where that is right; for staff."""
    with caller.write() as acting:
        return AppealOut.of(afterwards.answer_appeal(acting, appeal, body.outcome, body.answer, body.percent))


@after_review.put("/flags/{flag}")
def decide_flag(flag: str, body: DecideFlag, caller: Caller) -> FlagOut:
    """Set a flagged review aside, or keep it; for staff."""
    with caller.write() as acting:
        return FlagOut.of(afterwards.decide_flag(acting, flag, body.decision, body.reason))


@after_review.get("/rounds/{round_id}/appeals")
def appeals(round_id: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[StaffAppealOut]:
    """The appeals of a round with everything at hand, those that wait first; for staff."""
    with caller.read() as acting:
        found, members = actions.read_round(acting, round_id), actions.members_by_id(acting)
        scores = scores_of(acting.session, found)
        whole = [StaffAppealOut.whole(acting, one, members, scores) for one in afterwards.appeals_of(found)]
        return page_of(whole, query, lambda one: one.appeal.id)


@after_review.get("/rounds/{round_id}/flags")
def flags(round_id: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[StaffFlagOut]:
    """The flagged reviews of a round, those that wait first; for staff."""
    with caller.read() as acting:
        found, members = actions.read_round(acting, round_id), actions.members_by_id(acting)
        whole = [StaffFlagOut.whole(acting, one, members) for one in afterwards.flags_of(found)]
        return page_of(whole, query, lambda one: one.flag.id)


@after_review.get("/tasks/{task}/answers")
def answers(task: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[AnswerOut]:
    """How helpful my review was to its authors, and what they say."""
    with caller.read() as acting:
        found = [AnswerOut.of(one) for one in afterwards.answers_to_me(acting, task)]
        return page_of(found, query, lambda one: str(one.version))


@after_review.get("/tasks/{task}/others", responses={409: {"description": "My own review is not submitted"}})
def others(task: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[OtherReviewOut]:
    """What others wrote on the work that I reviewed, once my own review is submitted."""
    with caller.read() as acting:
        found = [OtherReviewOut.of(one) for one in afterwards.others_on_the_same(acting, task)]
        return page_of(found, query, lambda one: one.reviewer)
