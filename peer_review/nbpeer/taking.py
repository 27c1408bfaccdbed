"""Beginning a task, and taking one more: what is needed most."""

from nbcohort.api import Acting, Conflict, NotFound, _
from nbpeer.actions import can_write, my_task, my_tasks
from nbpeer.leases import loads, missing_of, need_of, start, start_by
from nbpeer.models import ReviewTask
from nbpeer.needs import next_need
from nbpeer.plans import phase_at
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
    mine = loads(acting, held).get(acting.member or "")
    if mine is None:
        raise Conflict(_("Only who handed in {title} reviews it.").format(title=held.title))
    taken = [task for task in my_tasks(acting) if task.origin == "pulled" and counting_review(task) is None]
    if taken:
        raise Conflict(_("Finish the review of {work} first.").format(work=taken[0].work.pseudonym))
    spare = mine.to_do + mine.done < held.k
    needs = [need_of(acting, work) for work in held.works if spare or missing_of(work) > 0]
    name = next_need(mine, needs, held.k)
    if name is None:
        raise Conflict(_("Nothing needs a review at present. Thank you for asking."))
    work = next(one for one in held.works if one.pseudonym == name)
    task = give(acting, work, mine.member, "pulled", start_by(held, acting.now))
    start(acting, task)
    return task
