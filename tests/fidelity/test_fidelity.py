"""Each feature of a kernel is the same in ours as in a stock kernel, or listed as not, with the reason."""

import json
from typing import Any

import nbformat
import pytest

from nbcohort.sandbox import SandboxUnavailable, probe
from tests.fidelity.compared import comparable, errors, says
from tests.fidelity.features import Feature, all_features
from tests.fidelity.kernels import Ran, folder_for_run, ours, run_all

pytestmark = [pytest.mark.fidelity, pytest.mark.slow, pytest.mark.timeout(1800)]

FEATURES = all_features()
EACH = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.anchor)

Runs = dict[tuple[str, str], Ran]


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    """The page is about sandboxes with namespaces; without, notebooks cannot start processes."""
    try:
        tier = probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    if tier.kind != "namespaces":
        pytest.skip(f"the sandbox here is {tier.name}")


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Runs:
    """What became of the features that were selected, in both kernels."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = {each["feature"].name for each in parameters if "feature" in each}
    return run_all([feature for feature in FEATURES if feature.name in wanted])


def shown(ran: Ran) -> dict[str, Any]:
    return comparable(ran.notebook, ran.home)


def text(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True)


@EACH
def test_a_stock_kernel_shows_what_the_feature_is_about(feature: Feature, runs: Runs) -> None:
    ran = runs["stock", feature.name]
    record = shown(ran)
    assert [one for one in feature.shows if not says(record, one)] == [], text(record)
    assert errors(ran.notebook) == list(feature.raises), text(record)


@EACH
def test_a_feature_is_the_same_or_listed_as_not(feature: Feature, runs: Runs) -> None:
    in_stock, in_ours = shown(runs["stock", feature.name]), shown(runs["ours", feature.name])
    if not feature.differs:
        assert text(in_ours) == text(in_stock)
    else:
        assert in_ours != in_stock, "It is listed as different, and is the same."
        assert [one for one in feature.ours if not says(in_ours, one)] == [], text(in_ours)


def test_random_numbers_differ_from_notebook_to_notebook() -> None:
    source = (
        "import random, numpy, uuid, tempfile\n"
        "print(random.random(), numpy.random.rand(), numpy.random.default_rng().random())\n"
        "print(uuid.uuid4(), tempfile.mktemp())"
    )
    printed = []
    for _number in range(2):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        with folder_for_run() as folder:
            printed.append(ours(notebook, folder).cells[0].outputs[0].text.split())
    one, other = printed
    assert len(one) == 5
    assert not set(one) & set(other)
