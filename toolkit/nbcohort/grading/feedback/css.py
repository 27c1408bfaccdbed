"""What learners' CSS may say: colours, fonts, borders and alignment of their own text and tables; nothing that moves.

Nothing here parses CSS. What is kept is what fully matches a small grammar without quotes, escapes, comments, `url()`
or `var()`, so that no browser can read it differently.
"""

import re

_PROPERTIES = frozenset(
    {
        "background",
        "background-color",
        "border-collapse",
        "border-spacing",
        "color",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "line-height",
        "max-width",
        "min-width",
        "text-align",
        "text-decoration",
        "text-transform",
        "vertical-align",
        "white-space",
        "width",
        *(f"border{side}{part}" for side in ("", "-top", "-right", "-bottom", "-left")
          for part in ("", "-color", "-style", "-width")),
        *(f"padding{side}" for side in ("", "-top", "-right", "-bottom", "-left")),
    }
)  # fmt: skip
_FUNCTIONS = frozenset({"hsl", "hsla", "linear-gradient", "rgb", "rgba"})
_VALUE = re.compile(r"[\w#%.,+\-() ]{1,400}", re.ASCII)
_CALL = re.compile(r"([\w-]*)\(")
_STEP = r"(?:[ >]+[a-z][a-z0-9]*|\.[\w-]+|:hover|:(?:first|last)-child|:nth-child\((?:odd|even|\d{1,5})\))"
_LONGEST = 10_000
"""Characters of a style attribute or a selector that are looked at."""


def declarations(style: str) -> str:
    """Return the harmless declarations of a style attribute or of a rule; empty if there are none."""
    parts = (part.partition(":") for part in style[:_LONGEST].split(";"))
    kept = ((name.strip().lower(), value.strip()) for name, _colon, value in parts)
    return "; ".join(f"{name}: {value}" for name, value in kept if name in _PROPERTIES and _is_harmless(value))


def stylesheet(css: str, prefix: str) -> str:
    """Return the harmless rules of a style sheet that are about one table of pandas' Styler.

    Styler gives its table an id, `T_...`, and the table's cells ids that start with it. Ids in the page have got
    `prefix`, and so have those here.
    """
    about_a_table = re.compile(rf"#(?:{re.escape(prefix)})?(T_[\w-]+)({_STEP}{{0,8}})", re.ASCII)
    rules = []
    for selectors, _brace, body in (rule.partition("{") for rule in css.split("}")):
        matches = [about_a_table.fullmatch(one.strip()) for one in selectors[:_LONGEST].split(",")]
        kept = declarations(body)
        if kept and all(matches):
            found = (f"#{prefix}{match[1]}{match[2]}" for match in matches if match)
            rules.append(f"{', '.join(found)} {{ {kept} }}")
    return "\n".join(rules)


def _is_harmless(value: str) -> bool:
    """Return whether a declaration's value has no meaning but a colour, a length, a name or a gradient."""
    if not _VALUE.fullmatch(value) or value.count("(") != value.count(")"):
        return False
    return all(name.lower() in _FUNCTIONS for name in _CALL.findall(value))
