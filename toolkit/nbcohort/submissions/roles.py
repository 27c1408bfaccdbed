"""Who may do what with releases, submissions, feedback and extensions."""

from nbcohort.service.permissions import may

PERMISSIONS = {
    "assignment.list": may("learner", "mentor", "instructor", "course room", "admin"),
    "release.make": may("instructor", "course room"),
    "release.withdraw": may("instructor", "course room"),
    "release.read": may("learner", "mentor", "instructor", "course room", "admin", "service"),
    "release.read-early": may("mentor", "instructor", "course room", "admin", "service"),
    "submission.make": may("learner", "mentor", "instructor"),
    "submission.read": may("mentor", "instructor", "course room", "admin", "service", own=("learner",)),
    "feedback.make": may("instructor", "course room"),
    "feedback.read": may("mentor", "instructor", "course room", "admin", "service", own=("learner",)),
    "extension.grant": may("instructor", "course room", "admin"),
    "extension.list": may("mentor", "instructor", "course room", "admin", own=("learner",)),
}
"""Action -> who may. What is a learner's own: what they or their pair handed in, and extensions granted to them."""
