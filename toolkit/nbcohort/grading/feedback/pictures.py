"""Drawings and pictures of learners, as images: what is in an image can neither run nor load anything."""

import base64
import re
from collections import defaultdict
from html import unescape
from xml.parsers import expat

_START = re.compile(r"<svg(?=[\s/>])", re.IGNORECASE)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)\w+;")
_NAMESPACES = (
    ("xmlns", "http://www.w3.org/2000/svg"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+=*\s*")
_DEEPEST = 200
"""Elements within elements in a drawing, and references of references."""
_COPIES = 20
"""How often a drawing may repeat itself, on average, by `<use>`; some browsers hang with a few kilobytes that say
"ten times ten times ...". A figure of matplotlib has each letter and each marker once and uses it often."""
_FREE_COPIES = 20_000


def is_picture(data: object) -> bool:
    """Return whether `data` is what the data of a PNG or JPEG output should be."""
    return isinstance(data, str) and bool(_BASE64.fullmatch(data))


def image_of(svg: str) -> str:
    """Return an image element for an SVG element; empty if it is no drawing that browsers would show."""
    drawing = tidy(svg)
    return f'<img src="data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}">' if drawing else ""


def tidy(svg: str) -> str | None:
    """Return an SVG as a document of its own without a document type; None if it is not well-formed, or a bomb.

    It is for images only: scripts in it are still there.
    """
    start = _START.search(svg)
    end = svg.rfind("</svg>")
    if not start or end < start.start():
        return None
    text = svg[start.start() : end + len("</svg>")]
    text = _ENTITY.sub(lambda match: unescape(match[0]), text)
    opening = text[: text.find(">") + 1]
    missing = "".join(f' {name}="{value}"' for name, value in _NAMESPACES if f" {name}=" not in opening)
    text = f"<svg{missing}{text[len('<svg') :]}"
    return text if _Weight.is_bearable(text) else None


class _Weight:
    """How much a browser has to draw for an SVG: its elements, and those that its `<use>` elements refer to, again."""

    def __init__(self) -> None:
        self.open: list[str | None] = []
        self.own: dict[str, int] = defaultdict(int)
        self.uses: dict[str, list[str]] = defaultdict(list)
        self.known: dict[str, int] = {}

    @classmethod
    def is_bearable(cls, svg: str) -> bool:
        weight = cls()
        parser = expat.ParserCreate()
        parser.StartElementHandler = weight.start
        parser.EndElementHandler = weight.end
        try:
            parser.Parse(svg.encode("utf-8", "replace"), True)
            return weight.of("", 0) <= _FREE_COPIES + _COPIES * weight.own[""]
        except (expat.ExpatError, RecursionError):
            return False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Count an element for each of those with an id that it is in, and for the document (the empty id)."""
        if len(self.open) > _DEEPEST:
            raise RecursionError
        self.open.append(attributes.get("id"))
        around = {"", *(one for one in self.open if one)}
        target = attributes.get("href") or attributes.get("xlink:href") or ""
        for one in around:
            self.own[one] += 1
            if name.rpartition(":")[2] == "use" and target.startswith("#"):
                self.uses[one].append(target[1:])

    def end(self, _name: str) -> None:
        """Leave an element."""
        self.open.pop()

    def of(self, name: str, depth: int) -> int:
        """Return how many elements are drawn for the one with the id `name`; what refers to itself is not drawn."""
        if depth > _DEEPEST:
            raise RecursionError
        if name not in self.known:
            self.known[name] = 0
            self.known[name] = self.own.get(name, 0) + sum(self.of(one, depth + 1) for one in self.uses.get(name, ()))
        return self.known[name]
