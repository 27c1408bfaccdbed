"""Each feature of a kernel is the same in ours as in a stock kernel, or listed as not, with the reason."""

import json
import time

import pytest

from tests.fidelity.compared import comparable, errors
from tests.fidelity.features import Feature, all_features
from tests.fidelity.kernels import Ran, run_all

pytestmark = [pytest.mark.fidelity, pytest.mark.slow]

FEATURES = all_features()
EACH = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.anchor)

Runs = dict[tuple[str, str], Ran]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Runs:
    """What became of the features that were selected, in both kernels."""
    started = time.monotonic()
    wanted = {item.callspec.params["feature"].name for item in request.session.items if hasattr(item, "callspec") and "feature" in item.callspec.params}
    found = run_all([feature for feature in FEATURES if feature.name in wanted])
    print(f"{time.monotonic() - started:.1f} s for {len(wanted)} features")
    return found


def shown(ran: Ran) -> str:
    return json.dumps(comparable(ran.notebook, ran.home), indent=1, ensure_ascii=False, sort_keys=True)


@EACH
def test_a_stock_kernel_shows_what_the_feature_is_about(feature: Feature, runs: Runs) -> None:
    ran = runs["stock", feature.name]
    text = shown(ran)
    missing = [one for one in feature.shows if one not in text and one not in repr(comparable(ran.notebook, ran.home))]
    assert not missing, text
    assert errors(ran.notebook) == list(feature.raises), text


@EACH
def test_a_feature_is_the_same_or_listed_as_not(feature: Feature, runs: Runs) -> None:
    in_stock, in_ours = shown(runs["stock", feature.name]), shown(runs["ours", feature.name])
    if feature.differs:
        assert in_stock != in_ours, "It is listed as different, and is the same."
    else:
        assert in_ours == in_stock
