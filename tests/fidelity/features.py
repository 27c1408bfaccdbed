"""The features of a kernel that are compared, from the files in features/: a heading and cells of code for each.

A file is a topic. Its features run one after the other in one notebook, with a reset of the kernel between them; one
that says `Alone` has a notebook of its own. Paragraphs of one line that begin with these words mean something:

- `Shows: ...` (needed, may come several times): a text that must be in what the stock kernel makes of it, so that
  no feature is the same in both because it does nothing.
- `Raises: ...`: the names of the errors that end its cells, in this order. Others are a mistake in the feature.
- `Alone: ...`: why it needs a kernel of its own.
- `Differs: ...`: why it is not the same in ours. A feature without it has to be the same.
- `Ours: ...` (needed with `Differs`): a text that must be in what ours makes of it.

Every other paragraph is a remark for the reader.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "features"

_WORDS = ("Shows", "Raises", "Alone", "Differs", "Ours")


@dataclass(frozen=True)
class Feature:
    """A behaviour of a kernel, and the cells that show it."""

    topic: str
    name: str
    """A sentence."""
    cells: tuple[str, ...]
    shows: tuple[str, ...]
    raises: tuple[str, ...] = ()
    alone: str = ""
    differs: str = ""
    ours: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Return a short name for its test."""
        return re.sub(r"\W+", "-", self.name.lower()).strip("-")


def read(text: str) -> Iterator[Feature]:
    """Yield the features in the text of a file."""
    title, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    topic = title.strip().splitlines()[0].removeprefix("# ")
    for section in sections:
        name, _line, body = section.partition("\n")
        cells = re.findall(r"^```python\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"^```python\n.*?^```$", "", body, flags=re.MULTILINE | re.DOTALL)
        said = {word: re.findall(rf"^{word}: (.+)$", prose, flags=re.MULTILINE) for word in _WORDS}
        yield Feature(
            topic=topic,
            name=name.strip(),
            cells=tuple(cell.removesuffix("\n") for cell in cells),
            shows=_texts(said["Shows"]),
            raises=tuple(name for line in said["Raises"] for name in line.split(", ")),
            alone=" ".join(said["Alone"]),
            differs=" ".join(said["Differs"]),
            ours=_texts(said["Ours"]),
        )


def _texts(quoted: list[str]) -> tuple[str, ...]:
    return tuple(text.removeprefix("`").removesuffix("`") for text in quoted)


def all_features() -> list[Feature]:
    """Return the features of all topics."""
    return [feature for path in sorted(FOLDER.glob("*.md")) for feature in read(path.read_text("utf-8"))]


def together(features: Iterable[Feature]) -> list[list[Feature]]:
    """Return which of `features` run in the same notebook."""
    groups: dict[tuple[str, str], list[Feature]] = {}
    for feature in features:
        groups.setdefault((feature.topic, feature.name if feature.alone else ""), []).append(feature)
    return list(groups.values())
