"""A Jupyter server extension of everyone's servers: the Lab's way to the course service.

The Lab's panels ask the learner's own server below `nbcohort/api/`, and it asks the service with the server's token of
the Hub, which the browser never sees. What peers have written is made harmless here, before it leaves for the browser.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handlers."""
    from nbcohort.lab import after_handlers, round_handlers
    from nbcohort.lab.handlers import handlers
    from nbcohort.lab.service import Service
    from nbcohort.lab.workspace import Workspace
    from nbcohort.lab.workspace_handlers import workspace_handlers

    settings = app.web_app.settings
    settings["nbcohort_service"] = Service()
    settings["nbcohort_workspace"] = Workspace(settings["nbcohort_service"])
    for some in (handlers, workspace_handlers, after_handlers.handlers, round_handlers.handlers):
        app.web_app.add_handlers(".*$", some(settings["base_url"]))
