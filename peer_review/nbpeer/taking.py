"""Beginning a task, and taking one more: what is needed most."""

from nbcohort.api import Acting, Conflict, NotFound, _
from nbpeer.actions import can_write, my_task, my_tasks
from nbpeer.leases import policy_of, situation_of, start
from nbpeer.models import ReviewTask
from nbpeer.plans import phase_at
from nbpeer.reallocate import next_task
from nbpeer.rounds import find_round
from nbpeer.scores import counting_review
from nbpeer.tasks import give, lock, lock_whole


def start_task(acting: Acting, public_id: str) -> ReviewTask:
    """Note that the acting member has begun a task, so that it does not go to somebody else.

    Raises:
        NotFound: it is not theirs (any more).
    """
    acting.require("review.task.write", own=True)
    task = my_task(acting, public_id)
    lock(acting, task.work.round)
    if can_write(task, acting.now):
        start(acting, task)
    return task


def take_next(acting: Acting, assignment: str) -> ReviewTask:
    """Give the acting member the review that is needed most, begun at once.

    Raises:
        NotFound: there is no round of `assignment`.
        Conflict: it is not under way; they handed nothing in; they have not finished the one they took before; or there
            is nothing that they could review.
    """
    acting.require("review.task.take")
    held = find_round(acting.session, acting.cohort, assignment)
    if held is None:
        raise NotFound(_('There is no peer review of "{assignment}" under way.').format(assignment=assignment))
    lock_whole(acting, held)
    if phase_at(held, acting.now) != "reviewing":
        raise Conflict(_("The review of {title} is over.").format(title=held.title))
    situation, volunteer = situation_of(acting.session, held, acting.now), acting.member or ""
    if volunteer not in situation.members:
        raise Conflict(_("Only who handed in {title} reviews it.").format(title=held.title))
    taken = [task for task in my_tasks(acting) if task.origin == "pulled" and counting_review(task) is None]
    if taken:
        raise Conflict(_("Finish the review of {work} first.").format(work=taken[0].work.pseudonym))
    found = next_task(situation, volunteer, policy_of(held), acting.now)
    if found is None:
        raise Conflict(_("Nothing needs a review at present. Thank you for asking."))
    work = next(one for one in held.works if one.pseudonym == found.task.work)
    task = give(acting, work, volunteer, found.task.origin, found.task.start_by)
    start(acting, task)
    return task
