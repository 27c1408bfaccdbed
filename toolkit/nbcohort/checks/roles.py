"""Who may do what with results of checks."""

from nbcohort.service.permissions import may

PERMISSIONS = {
    "check.put": may("course room"),
    "check.list-waiting": may("instructor", "course room"),
    "check.read": may("mentor", "instructor", "course room", "admin", "service", own=("learner",)),
}
"""Action -> who may. A learner's own are the checks of what they or their pair handed in."""
