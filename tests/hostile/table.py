"""Write docs/hostile.md from the catalogue and what was measured with stock nbgrader (see scripts/hostile-table)."""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.hostile.attack import KINDS, Attack
from tests.hostile.catalogue import ATTACKS
from tests.hostile.harness import earned
from tests.hostile.known import CHECKOUT

PAGE = CHECKOUT / "docs" / "hostile.md"
MEASURED = Path(__file__).parent / "stock.json"


def measured() -> dict[str, dict[str, Any]]:
    """Return what stock nbgrader did with each attack, as it was measured."""
    found: dict[str, dict[str, Any]] = json.loads(MEASURED.read_text("utf-8"))
    return found


def page() -> str:
    """Return the page."""
    intro = (Path(__file__).parent / "intro.md").read_text("utf-8")
    intro = intro.replace("{version}", version("nbgrader")).replace("{count}", str(len(ATTACKS)))
    return "\n".join([intro.rstrip(), *_tables(measured())]) + "\n"


def _tables(stock: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for kind, heading in KINDS.items():
        yield f"\n## {heading}\n"
        yield "| a notebook | stock nbgrader | nbcohort |"
        yield "| --- | --- | --- |"
        for name, attack in ATTACKS.items():
            if attack.kind == kind:
                yield f"| {attack.does} | {of_stock(attack, stock.get(name))} | {of_ours(attack)} |"


def of_ours(attack: Attack) -> str:
    """Return what nbcohort does with an attack."""
    if attack.refused:
        return f"refuses: “{attack.refused.replace('@course@/', '')}”"
    said = _scores(attack, attack.scores)
    if attack.flagged:
        said += ", flagged"
    return said


def _scores(attack: Attack, scores: Mapping[str, float | None]) -> str:
    """Return what points were given."""
    if any(score is None for score in scores.values()):
        return "leaves a test to a person"
    got, deserved = sum(filter(None, scores.values())), sum(filter(None, attack.earned.values()))
    most = sum(filter(None, earned(attack.course).values()))
    if got > deserved:
        return f"**{got:g}** of {most:g} points for {deserved:g}"
    return f"{got:g} of {most:g} points" + (f" instead of {deserved:g}" if got < deserved else "")


def of_stock(attack: Attack, done: Mapping[str, Any] | None) -> str:
    """Return what stock nbgrader did with an attack."""
    if attack.not_with_stock:
        return f"not tried: {attack.not_with_stock}"
    if done is None:
        return "not measured"
    parts = [*_end(attack, done), *_damage(done)]
    return "; ".join(parts)


def _end(attack: Attack, done: Mapping[str, Any]) -> Iterator[str]:
    if done["ends"] == "killed":
        yield "**the grader is killed**, with all else that its account runs"
    elif done["ends"] == "hangs":
        yield "**hangs**"
    elif done["scores"] is None:
        yield "gives up on it"
    else:
        yield _scores(attack, done["scores"])


def _damage(done: Mapping[str, Any]) -> Iterator[str]:
    if done["leaks"]:
        yield "**reads what it should not**"
    if done["heard"]:
        yield "**reaches others**"
    if not done["before"]:
        yield "**changes an earlier grade**"
    if done["after"] == "not graded":
        yield "**whoever comes later is not graded**"
    elif done["after"] == "changed":
        yield "**changes a later grade**"
    if done["changed"]:
        yield f"changes {', '.join(done['changed'])}"
    if done["left"]:
        yield "leaves processes behind"


def main(arguments: list[str]) -> int:
    """Measure the attacks that are named, or all, unless told `--write-only`; write the page."""
    from tests.hostile.stock.measure import measure_all

    if "--write-only" not in arguments:
        found = measured() if MEASURED.is_file() else {}
        with tempfile.TemporaryDirectory(prefix="nbcohort-stock-") as scratch:
            for name, done in measure_all(arguments or ATTACKS, Path(scratch)):
                found[name] = done
                sys.stderr.write(f"{name}: {of_stock(ATTACKS[name], done)}\n")
                kept = {one: found[one] for one in ATTACKS if one in found and not ATTACKS[one].not_with_stock}
                MEASURED.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")  # at once: it may be interrupted
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
