"""What people do with assignments: release, hand in, give feedback, extend. Permissions are asked here."""

from nbcohort.submissions.actions.assignments import AssignmentState, list_assignments
from nbcohort.submissions.actions.extensions import Extended, grant_extension, list_extensions
from nbcohort.submissions.actions.feedback import (
    begin_feedback,
    commit_feedback,
    list_feedback,
    open_feedback_file,
)
from nbcohort.submissions.actions.handin import (
    begin_submission,
    commit_submission,
    list_submissions,
    open_submission_file,
    receipt_keys,
    show_submission,
)
from nbcohort.submissions.actions.releases import (
    begin_release,
    commit_release,
    list_releases,
    open_release_file,
    withdraw_release,
)

__all__ = [
    "AssignmentState",
    "Extended",
    "begin_feedback",
    "begin_release",
    "begin_submission",
    "commit_feedback",
    "commit_release",
    "commit_submission",
    "grant_extension",
    "list_assignments",
    "list_extensions",
    "list_feedback",
    "list_releases",
    "list_submissions",
    "open_feedback_file",
    "open_release_file",
    "open_submission_file",
    "receipt_keys",
    "show_submission",
    "withdraw_release",
]
