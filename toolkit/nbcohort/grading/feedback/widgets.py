"""What a widget shows without its scripts: its labels and values, from the state that is saved in the notebook.

The state is the learner's to write, and a browser that gave it to the real widgets would run what it says. So nothing
is believed here: models may be missing, of another kind than they say, or contain themselves. The result still has to
be cleaned; what is no HTML in a widget is escaped, so that it shows as it is.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from nbcohort.grading.feedback.pictures import is_picture

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

_REFERENCE = "IPY_MODEL_"
_DEEPEST = 20
"""Widgets within widgets."""
_MOST = 3_000_000
"""Characters of HTML for all widgets of a notebook, with those in others counted again, and `_EACH` for every one."""
_EACH = 300
_LONGEST = 2_000
"""Characters of a label or a value."""
_HTML = frozenset({"HTMLMathModel", "HTMLModel"})
_ROWS = frozenset({"HBoxModel"})
_BOXES = frozenset({"AccordionModel", "BoxModel", "GridBoxModel", "StackModel", "TabModel", "VBoxModel"})
_CHOICES = frozenset(
    f"{name}Model"
    for name in (
        "Dropdown",
        "RadioButtons",
        "Select",
        "SelectMultiple",
        "SelectionRangeSlider",
        "SelectionSlider",
        "ToggleButtons",
    )
)
_TICKED = frozenset({"CheckboxModel", "ToggleButtonModel", "ValidModel"})
_SECRET = "PasswordModel"  # noqa: S105 - the name of a kind of widget

ShowOutputs = Callable[[Any], str]
"""Returns HTML for the outputs that an Output widget has captured."""


class Views:
    """The widgets of one notebook, from its `metadata.widgets`."""

    def __init__(self, widgets: Any, show_outputs: ShowOutputs) -> None:
        saved = _mapping(_mapping(widgets).get(STATE))
        self._models = {str(name): _mapping(model) for name, model in _mapping(saved.get("state")).items()}
        self._show_outputs = show_outputs
        self._inside: list[str] = []
        self._left = _MOST

    def static(self, view: Any) -> str:
        """Return HTML for the data of a widget view; empty if nothing of it can be shown."""
        model_id = _mapping(view).get("model_id")
        return self._of(model_id) if isinstance(model_id, str) else ""

    def _of(self, model_id: str) -> str:
        """Return the view of a model; empty for one that is unknown, contains itself, or is one too many."""
        model = self._models.get(model_id)
        if model is None or model_id in self._inside or len(self._inside) >= _DEEPEST or self._left <= 0:
            return ""
        self._inside.append(model_id)
        name, state = str(model.get("model_name")), _mapping(model.get("state"))
        view = self._boxed(name, state) if name in _ROWS | _BOXES else self._single(name, state, model)
        self._inside.pop()
        self._left -= len(view) + _EACH
        return view

    def _boxed(self, name: str, state: Mapping[str, Any]) -> str:
        """Return the children of a container, those in a row side by side."""
        children = [one.removeprefix(_REFERENCE) for one in _list(state.get("children")) if isinstance(one, str)]
        titles = [_text(one) for one in _list(state.get("titles"))]
        views = [self._of(child) for child in children]
        headed = [
            f"<div><b>{titles[number]}</b>{view}</div>" if number < len(titles) and titles[number] else view
            for number, view in enumerate(views)
            if view
        ]
        kind = "static-widget-row" if name in _ROWS else "static-widget"
        return f'<div class="{kind}">{"".join(headed)}</div>' if headed else ""

    def _single(self, name: str, state: Mapping[str, Any], model: Mapping[str, Any]) -> str:
        """Return the label and the value of a widget that contains no other."""
        if name == "OutputModel":
            return self._show_outputs(state.get("outputs"))
        description, value = _text(state.get("description")), _value(name, state, model)
        if not description and not value:
            return ""
        return f'<div class="static-widget">{f"{description} " if description else ""}{value}</div>'


def _value(name: str, state: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    value = state.get("value")
    if name in _HTML:
        return value if isinstance(value, str) else ""
    if name == "ImageModel":
        return _image(state, model)
    if name in _CHOICES:
        index = state.get("index")
        labels = _list(state.get("_options_labels"))
        chosen = index if isinstance(index, list) else [index]
        return ", ".join(_text(labels[one]) for one in chosen if isinstance(one, int) and 0 <= one < len(labels))
    if name in _TICKED:
        return "☑" if value is True else "☐"
    if name == _SECRET:
        return "•••"
    if isinstance(value, list):
        return " – ".join(_text(one) for one in value[:_EACH])
    return _text(value)


def _image(state: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    for buffer in _list(model.get("buffers")):
        data = _mapping(buffer).get("data")
        if _mapping(buffer).get("path") == ["value"] and is_picture(data):
            kind = "jpeg" if str(state.get("format")).lower() in ("jpg", "jpeg") else "png"
            return f'<img src="data:image/{kind};base64,{data}">'
    return ""


def _text(value: Any) -> str:
    """Return a label or a value, to be put between tags."""
    return escape(str(value)[:_LONGEST]) if isinstance(value, (str, int, float)) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
