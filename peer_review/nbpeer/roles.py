"""Who may do what in peer review."""

from nbcohort.api import may

PERMISSIONS = {
    "review.round.list": may("learner", "mentor", "instructor", "course room", "admin"),
    "review.round.read": may("mentor", "instructor", "course room", "admin"),
    "review.round.change": may("instructor", "course room", "admin"),
    "review.round.release": may("instructor", "course room", "admin"),
    "review.score.override": may("instructor", "course room", "admin"),
    "review.task.give": may("instructor", "course room", "admin"),
    "review.task.end": may("instructor", "course room", "admin"),
    "review.task.read": may(own=("learner", "mentor", "instructor")),
    "review.task.take": may("learner"),
    "review.task.write": may(own=("learner", "mentor", "instructor")),
    "review.conflict.declare": may("instructor", "course room", "admin", own=("learner", "mentor")),
    "review.conflict.read": may("mentor", "instructor", "course room", "admin", own=("learner",)),
    "review.notice.read": may(own=("learner", "mentor", "instructor")),
    "review.sample.add": may("instructor", "course room", "admin"),
    "review.sample.read": may("mentor", "instructor", "course room", "admin", own=("learner",)),
    "review.sample.score": may(own=("learner",)),
    "review.answer.write": may(own=("learner",)),
    "review.appeal.make": may(own=("learner",)),
    "review.appeal.decide": may("instructor", "course room", "admin"),
    "review.flag.make": may(own=("learner",)),
    "review.flag.decide": may("instructor", "course room", "admin"),
    "review.received.read": may("mentor", "instructor", "course room", "admin", own=("learner",)),
}
"""Action -> who may. What is a member's own: the tasks they were given, and what came of what they handed in."""
