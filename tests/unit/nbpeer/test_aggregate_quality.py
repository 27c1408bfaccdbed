import pytest

from nbpeer.aggregate import QualityWeights, review_quality


def test_the_whole_is_the_weighted_mean_of_its_parts() -> None:
    weights = QualityWeights(agreement=2, helpfulness=1, calibration=1)
    quality = review_quality([(80, 70), (60, 70)], [50, 100], [(90, 90)], weights)
    assert [part.percent for part in quality.parts] == [80, 75, 100]
    assert [part.share for part in quality.parts] == [0.5, 0.25, 0.25]
    assert quality.percent == pytest.approx(0.5 * 80 + 0.25 * 75 + 0.25 * 100)
    assert quality.sentence == "Your reviews: 84 % = 50% × 80 + 25% × 75 + 25% × 100."


def test_each_part_says_how_it_came_about() -> None:
    agreement, helpfulness, calibration = review_quality([(80, 70)], [50], [(90, 80)]).parts
    assert agreement.sentence == (
        "Agreement 80 %: your scores were 10 percentage points from those of the other reviewers, on average "
        "(reviews: 1). It makes 33% of the whole."
    )
    assert helpfulness.sentence.startswith("Helpfulness 50 %: ")
    assert calibration.sentence.startswith("Calibration 80 %: ")


def test_what_nothing_is_known_of_counts_neither_for_nor_against() -> None:
    quality = review_quality([(80, 70)], [], [])
    assert quality.percent == 80
    assert quality.parts[1].percent is None
    assert quality.parts[1].sentence.endswith("It does not count, neither for nor against you.")


def test_a_part_without_weight_is_shown_and_does_not_count() -> None:
    quality = review_quality([(80, 70)], [10], [], QualityWeights(helpfulness=0))
    assert quality.percent == 80
    assert "does not count in this course" in quality.parts[1].sentence


def test_without_anything_there_is_no_score_but_a_sentence() -> None:
    quality = review_quality([], [], [])
    assert quality.percent is None
    assert quality.sentence.startswith("Your reviews have no score yet")


def test_beyond_the_tolerance_nothing_is_left_and_nothing_is_owed() -> None:
    assert review_quality([(100, 0)], [], []).percent == 0
    assert review_quality([(80, 70)], [], [], QualityWeights(tolerance=20)).percent == 50


def test_weights_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        QualityWeights(agreement=-1)
    with pytest.raises(ValueError, match="tolerance"):
        QualityWeights(tolerance=0)
