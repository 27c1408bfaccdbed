"""SVG: text that is drawn is text to replace names in; what is written beside the drawing goes."""

import re

_BESIDE = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?(?!xml\s).*?\?>"
    r"|<(?P<tag>(?:\w+:)?(?:metadata|namedview|RDF|perspective))\b[^>]*?(?:/>|>.*?</(?P=tag)\s*>)",
    re.DOTALL,
)
_EDITORS = re.compile(r"\s(?:inkscape|sodipodi|adobe|xap\w*|illustrator|figma):[\w-]+\s*=\s*(?:\"[^\"]*\"|'[^']*')")


def strip_drawing(text: str) -> str:
    """Return an SVG without its metadata, comments and what its editor keeps in it."""
    return _EDITORS.sub("", _BESIDE.sub("", text))
