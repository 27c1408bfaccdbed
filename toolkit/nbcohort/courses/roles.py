"""Who may do what with cohorts, members and settings."""

from nbcohort.service.permissions import may

PERMISSIONS = {
    "cohort.create": may("admin"),
    "cohort.read": may("learner", "mentor", "instructor", "course room", "admin"),
    "settings.read": may("mentor", "instructor", "course room", "admin"),
    "settings.apply": may("instructor", "course room", "admin"),
    "member.list": may("mentor", "instructor", "course room", "admin"),
    "member.add": may("instructor", "course room", "admin"),
    "member.change": may("instructor", "course room", "admin"),
    "pair.list": may("mentor", "instructor", "course room", "admin"),
    "pair.make": may("instructor", "course room", "admin"),
    "pair.end": may("instructor", "course room", "admin"),
    "task.list": may("learner", "mentor", "instructor", "course room", "admin"),
}
"""Action -> who may. Members see the pairs they are in, whatever `pair.list` says."""
