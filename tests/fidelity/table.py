"""Write docs/fidelity.md from features/ (see scripts/fidelity-table)."""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from tests.fidelity.features import all_features

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"


def page() -> str:
    """Return the page."""
    features = all_features()
    differing = [feature for feature in features if feature.differs]
    numbers = {
        "features": len(features),
        "same": len(features) - len(differing),
        "ipykernel": version("ipykernel"),
        "ipython": version("ipython"),
    }
    intro = (Path(__file__).parent / "intro.md").read_text("utf-8").format(**numbers)
    reasons = [f"- **{feature.name}.** {feature.differs}" for feature in differing]
    return "\n".join([intro, "## What differs, and why\n", *reasons, *_table()]) + "\n"


def _table() -> Iterator[str]:
    """Yield the table of all features, one for each topic."""
    for topic, features in groupby(all_features(), lambda feature: feature.topic):
        yield f"\n## {topic}\n"
        yield "| feature | in ours |"
        yield "| --- | --- |"
        for feature in features:
            name = feature.name.replace("|", "\\|")
            yield f"| {name} | {'**differs**' if feature.differs else 'same'} |"


if __name__ == "__main__":
    sys.stdout.write(f"{PAGE.name}\n")
    PAGE.write_text(page(), "utf-8")
