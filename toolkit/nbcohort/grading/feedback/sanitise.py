"""Learners' HTML, made harmless: what stays is text, tables, pictures and links, in colours.

nh3 (Rust's ammonia, which parses as browsers do) decides over elements and attributes; here is what it may let through.
Whatever happens to the HTML before it is for showing more, not for safety. `clean` can be applied twice.

- Scripts, frames, forms, embedded objects, MathML and everything else that is not in the lists below: away.
- SVG becomes an image, in which browsers run nothing and load nothing.
- Pictures, sounds and films are in the page (`data:`) or lie beside it; nothing is loaded from elsewhere.
- Ids get a prefix, names go, classes are those of pandas and of highlighted code: the page's scripts and style sheets
  find only what is the page's.
"""

import re
from collections.abc import Callable
from html import escape, unescape

import nh3
from pygments.token import STANDARD_TYPES

from nbcohort.grading.feedback.css import declarations, stylesheet
from nbcohort.grading.feedback.pictures import image_of
from nbcohort.i18n import _

PREFIX = "in-cell-"
"""What all ids in learners' HTML start with."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _names(
    """a abbr audio b bdi blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption
    figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small source span strike strong
    sub summary sup table tbody td tfoot th thead time tr tt u ul var video wbr"""
)
_WITH_CONTENT = _names(
    """applet embed frameset head iframe math noembed noframes noscript object option plaintext script select style svg
    template textarea title xmp"""
)
"""Elements that go with all that is in them; of others that are not allowed, the text stays."""

_ATTRIBUTES = {
    "*": {"align", "class", "dir", "id", "lang", "style", "title"},
    "a": {"href"},
    "audio": {"controls", "loop", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "font": {"color", "size"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "source": {"src", "type"},
    "table": {"border"},
    "td": {"colspan", "rowspan", "valign"},
    "th": {"colspan", "rowspan", "scope", "valign"},
    "video": {"controls", "height", "loop", "src", "width"},
}
_CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name) | _names(
    """anchor-link blank col_heading col_trim data dataframe highlight index_name row_heading row_trim static-widget
    static-widget-row"""
)
_NUMBERED_CLASS = re.compile(r"(?:level|row|col)\d{1,6}", re.ASCII)
_NUMBER = re.compile(r"\d{1,5}%?", re.ASCII)
_WEB = re.compile(r"(?:https?://|mailto:)[^\s\\<>\"']+", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=\s*[\"']([^\"'<>]*)[\"']", re.IGNORECASE)
_BESIDE = r"(?:\./)?(?:(?!\.+/)[\w .()+,-]+/)*[\w ()+,-][\w .()+,-]*\.(?:{endings})"
_PICTURE_FILE = re.compile(_BESIDE.format(endings="gif|jpe?g|png|svg|webp"), re.IGNORECASE)
_OTHER_FILE = re.compile(
    _BESIDE.format(endings="csv|gif|ipynb|jpe?g|json|md|parquet|pdf|png|py|r|txt|tsv|webp|xlsx"), re.IGNORECASE
)
_MEDIA = {
    "img": re.compile(r"data:image/(?:gif|jpe?g|png|svg\+xml|webp)[;,]", re.IGNORECASE),
    "audio": re.compile(r"data:audio/[a-z0-9.+-]+[;,]", re.IGNORECASE),
    "video": re.compile(r"data:video/[a-z0-9.+-]+[;,]", re.IGNORECASE),
    "source": re.compile(r"data:(?:audio|video)/[a-z0-9.+-]+[;,]", re.IGNORECASE),
}
_LONGEST_ATTRIBUTE = 2_000

_LONGEST = 500_000
"""Characters of HTML, not counting pictures in it: the parser takes seconds for a megabyte of attributes."""
_DEEPEST = 400
"""Elements within elements: browsers stop at 512, and the parser takes minutes for a hundred thousand."""
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_DATA = re.compile(r"base64,[A-Za-z0-9+/=\s]+")
_NEVER_DEEP = _names(
    """area base br col dd dt embed hr img input li link meta option p param source tbody td tfoot th thead tr wbr"""
)


def clean(html: str) -> str:
    """Return `html` without all that could act; as text if it is too large or too nested to look at."""
    if is_excessive(html):
        sentence = _("[This output is too large or too nested to show as a page; it starts like this:]")
        return f"<pre>{escape(sentence)}\n{escape(html[:_LONGEST_ATTRIBUTE])}</pre>"
    sheets: list[str] = []

    def keep_sheet(element: str) -> str:
        sheets.append(stylesheet(element.partition(">")[2], PREFIX))
        return ""

    html = _replaced(_replaced(html, "svg", image_of), "style", keep_sheet)
    html = _replaced(html, "iframe", _link_to_frame)
    body = _CLEANER.clean(html)
    rules = "\n".join(sheet for sheet in sheets if sheet)
    return f"<style>\n{rules}\n</style>{body}" if rules else body


def _link_to_frame(element: str) -> str:
    """Return a link to what a frame would have loaded from the web; empty for other frames."""
    source = _SOURCE.search(element.partition(">")[0])
    address = unescape(source[1]) if source else ""
    if not _WEB.fullmatch(address):
        return ""
    return _("[not loaded: {link}]").format(link=f'<a href="{escape(address)}">{escape(address)}</a>')


def shows_something(cleaned: str) -> bool:
    """Return whether there is anything to see in HTML that is clean."""
    text = re.sub(r"<style>[^<]*</style>|<[^>]*>", "", cleaned)
    return bool(text.strip() or re.search(r"<(?:table|hr)\b|<(?:img|audio|source|video)\b[^>]* src=", cleaned))


def is_excessive(html: str) -> bool:
    """Return whether it would take long to parse `html`; its depth is rather over- than underestimated."""
    if len(html) > _LONGEST and len(_DATA.sub("", html)) > _LONGEST:
        return True
    open_elements: list[str] = []
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if name in _NEVER_DEEP:
            continue
        if not closing:
            open_elements.append(name)
        elif open_elements and open_elements[-1] == name:
            open_elements.pop()
        if len(open_elements) > _DEEPEST:
            return True
    return False


def _replaced(html: str, name: str, function: Callable[[str], str]) -> str:
    """Return `html` with each outermost element called `name` replaced by what `function` makes of it."""
    pieces, done, start, depth = [], 0, 0, 0
    for tag in re.finditer(rf"<(/?){name}(?=[\s/>])[^>]*>?", html, re.IGNORECASE):
        if not tag[1]:
            start = tag.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                pieces += [html[done:start], function(html[start : tag.end()])]
                done = tag.end()
    return "".join([*pieces, html[done:]])


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return what an attribute may say, if it is allowed at all; None for nothing."""
    if name in ("src", "href"):
        return _url(tag, value)
    if len(value) > _LONGEST_ATTRIBUTE and name != "style":
        return None
    if name == "class":
        return " ".join(one for one in value.split() if one in _CLASSES or _NUMBERED_CLASS.fullmatch(one)) or None
    if name == "style":
        return declarations(value) or None
    if name == "id":
        return prefixed(value)
    if name in ("width", "height"):
        return value if _NUMBER.fullmatch(value) else None
    return value


def _url(tag: str, value: str) -> str | None:
    media = _MEDIA.get(tag)
    if media and media.match(value):
        return value
    value = value.strip()
    if len(value) > _LONGEST_ATTRIBUTE:
        return None
    if tag == "a" and value.startswith("#"):
        return f"#{prefixed(value[1:])}"
    if tag == "a" and _WEB.fullmatch(value):
        return value
    file = {"a": _OTHER_FILE, "img": _PICTURE_FILE}.get(tag)
    return value if file and file.fullmatch(value.replace("%20", " ")) else None


def prefixed(name: str) -> str:
    """Return an id that is none of the page's."""
    return name if name.startswith(PREFIX) else f"{PREFIX}{name}"


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_WITH_CONTENT),
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"data", "http", "https", "mailto"},
    link_rel="noopener noreferrer",
)
