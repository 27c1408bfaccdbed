"""A Jupyter server extension of course rooms: formgrader, which no page may frame, is offered in a tab.

JupyterLab's menu opens formgrader in a frame. JupyterHub forbids frames, so that a page on one person's server cannot
drive another's, and the menu would lead to an error. What a frame gets instead is this page: it holds nothing but a
button that asks nbgrader's part of JupyterLab for a tab, and its sandbox keeps whoever frames it from reaching in. The
page itself is transparent, since it cannot know JupyterLab's theme; the button has colours of its own.
"""

import secrets
from html import escape
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, Rule
from tornado.web import authenticated

from nbcohort.i18n import _

_POLICY = (
    "frame-ancestors 'self'; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline';"
    " sandbox allow-scripts"
)
_PAGE = """<!doctype html>
<meta charset="utf-8"><title>Formgrader</title>
<style>body {{ font: 16px system-ui, sans-serif; margin: 20vh .5em; text-align: center }}
button {{ font: inherit; max-width: 100%; padding: .6em 1em; overflow-wrap: anywhere; border: 0; border-radius: 4px;
  background: #1565c0; color: #fff; cursor: pointer }}
button:focus-visible {{ outline: 3px solid #ff9800; outline-offset: 2px }}
small {{ display: block }}</style>
<p><button>{open} <small>{sentence}</small></button></p>
<script nonce="{nonce}">
const command = {{ command: "help:open", arguments: {{ url: location.href, newBrowserTab: true }} }};
document.querySelector("button").onclick = () => parent.postMessage(JSON.stringify(command), "*");
</script>
"""


class Framed(PathMatches):  # type: ignore[misc]
    """Matches a path when a browser asks for it to show it in a frame."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return the groups of the path, or None."""
        framed = request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame")
        return super().match(request) if framed else None


class OpenInTab(JupyterHandler):  # type: ignore[misc]
    """The page with the button."""

    @authenticated  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """Show the button."""
        nonce = secrets.token_urlsafe()
        sentence = escape(_("in a browser tab of its own"))
        self.set_header("Content-Security-Policy", _POLICY.format(nonce=nonce))
        self.set_header("Vary", "Sec-Fetch-Dest")
        self.set_header("Cache-Control", "no-store")
        self.finish(_PAGE.format(nonce=nonce, sentence=sentence, open=escape(_("Open Formgrader"))))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.formgrader_tab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the page. Extensions load by name, so this one's rule stands before formgrader's own."""
    path = url_path_join(app.web_app.settings["base_url"], "formgrader") + "(?:/.*)?"
    app.web_app.add_handlers(".*$", [Rule(Framed(path), OpenInTab)])
