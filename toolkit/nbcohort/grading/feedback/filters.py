"""The filters of nbconvert's templates through which learners' text becomes HTML, as nbgrader's pages need them.

They are named in `HTMLExporter.filters`, and take the place of nbconvert's filters of the same names.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from html import escape, unescape
from logging import Logger
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters import Highlight2HTML, strip_files_prefix
from nbconvert.utils.base import NbConvertBase

from nbcohort.grading.feedback.sanitise import clean
from nbcohort.i18n import _

_LONGEST = 100_000
"""Characters of a Markdown cell that are made into HTML: the parser takes seconds for some."""
_TASK = re.compile(r'<input class="task-list-item-checkbox" type="checkbox" disabled(?P<done> checked)?/>')


@pass_context
class SafeMarkdown(NbConvertBase):
    """`markdown2html`: nbconvert's, cleaned. What it cannot read shows as it was written."""

    def __call__(self, context: Context, source: str) -> str:
        """Return HTML for Markdown."""
        return safe_markdown(source, lambda text: str(self.parent.markdown2html(context, text)), self.log)


@pass_context
class SafeHighlight(NbConvertBase):
    """`highlight_code`: nbconvert's, in the language of the notebook as it is shown.

    nbconvert takes the language from the notebook as it was handed in, and puts its name into the page as a class.
    """

    def __call__(self, context: Context, source: str, **named: Any) -> str:
        """Return HTML for code."""
        language = context["nb"].metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        return str(Highlight2HTML(pygments_lexer=lexer, parent=self.parent)(source, **named))


def safe_markdown(source: str, render: Callable[[str], str], log: Logger) -> str:
    """Return what `render` makes of Markdown, cleaned; what it cannot read shows as it was written."""
    try:
        html = None if len(source) > _LONGEST else render(source)
    except Exception as error:  # noqa: BLE001 - a missing attachment, too many nested quotes, whatever it is
        log.warning("A Markdown cell could not be rendered: %s", error)
        html = None
    if html is None:
        sentence = _("[This text cannot be shown as a page; it starts like this:]")
        return f"<pre>{escape(sentence)}\n{escape(source[:_LONGEST])}</pre>"
    ticked = _TASK.sub(lambda box: "☑ " if box["done"] else "☐ ", html)
    return clean(strip_files_prefix(ticked))


def clean_html(html: Any) -> str:
    """`clean_html`: by our list of what is harmless instead of nbconvert's, which knows no tables and no pictures."""
    return clean(html.decode() if isinstance(html, bytes) else str(html))


def unchanged(text: str) -> str:
    """`strip_files_prefix`: done before cleaning, as `files/javascript:...` is a harmless link until then."""
    return text


_MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"\son[a-z]+=\"([^\"]*)\"")
_HEAD = re.compile(r"<head>")


def only_own_scripts(header: str, *others: str) -> str:
    """Return a page's header with a Content-Security-Policy: scripts run if they are in it, or in `others`, or MathJax.

    `others` are further parts of the template, without anything of a learner's in them.
    """
    nonce = secrets.token_urlsafe()
    inline = [code for part in others for attributes, code in _SCRIPT.findall(part) if "src=" not in attributes]
    handlers = [unescape(code) for part in others for code in _HANDLER.findall(part)]
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in inline + handlers
    ]
    own = " ".join([f"'nonce-{nonce}'", *(["'unsafe-hashes'"] if handlers else []), *sorted(set(hashes))])
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {own} {_MATHJAX}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "media-src data:",
            f"font-src 'self' data: {_MATHJAX}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    trusted = re.sub(r"<script\b", f'<script nonce="{nonce}"', header)
    return _HEAD.sub(f"<head>\n{meta}", trusted, count=1)
