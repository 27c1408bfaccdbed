"""A Jupyter server extension of course rooms: files of submissions are shown, and do nothing.

formgrader serves what lies beside a submission from its own address. A page that a learner handed in would run there as
the grader. Here it is shown in a browser's sandbox: as a page of nobody, without scripts.
"""

from typing import Any

from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler

_SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self' data:; style-src 'unsafe-inline';"
    " frame-ancestors 'self'"
)
PATTERN = r"formgrader/submissions/((?!components/)[^/]+/(?!(?:next|prev)(?:_incorrect)?/?$).+)"
"""The addresses of files; others below `submissions/` are pages of formgrader."""


class SubmittedFile(SubmissionFilesHandler):  # type: ignore[misc]
    """formgrader's handler for files of a submission, with another policy."""

    @property
    def content_security_policy(self) -> str:
        """Return the policy: browsers' own viewers of PDF do not open in a sandbox, and let nothing out of theirs."""
        is_pdf = self.request.path.lower().endswith(".pdf")
        return str(super().content_security_policy) if is_pdf else _SANDBOX


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.formgrader_files"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handler. Extensions load by name, so this one's rule stands before formgrader's own."""
    path = url_path_join(app.web_app.settings["base_url"], PATTERN)
    app.web_app.add_handlers(".*$", [(path, SubmittedFile)])
