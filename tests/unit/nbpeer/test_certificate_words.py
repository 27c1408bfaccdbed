"""What a certificate says in words."""

from dataclasses import asdict

import numpy as np

from nbpeer.allocate import Weights, Work, allocate
from nbpeer.certificate_words import certificate_in_words
from nbpeer.settings import SwapSettings


def words(n: int, k: int, history: bool = False) -> str:
    works = [Work(f"w{i}", (f"m{i}",)) for i in range(n)]
    earlier = [(one.submitters[0], other.submitters[0]) for one in works for other in works] if history else []
    strength = {f"m{i}": float(i) for i in range(n)} if history else None
    made = allocate(works, k, np.random.default_rng(1), history=earlier, strength=strength)
    return "\n".join(certificate_in_words(asdict(made.certificate), 77))


def test_a_swap_that_keeps_everything_says_so() -> None:
    said = words(20, 3)
    assert "20 submissions, 20 reviewers, 3 reviews each" in said
    assert "No two submissions' authors review each other." in said
    assert "Nobody reviews their own work" in said
    assert "Seed 77" in said


def test_a_swap_among_few_who_know_each_other_says_what_it_could_not_keep() -> None:
    said = words(4, 3, history=True)
    assert "review each other: 6; so many submissions allow no fewer than 6" in said
    assert "had an author in an earlier round: 12" in said
    assert "Submissions without a strong reviewer: 0" in said


def test_the_smallest_rounds_have_words_too() -> None:
    assert "0 submissions" in words(0, 3)
    assert "1 submissions" in words(1, 3)


def test_the_settings_begin_with_the_weights_of_the_allocation() -> None:
    assert Weights(**SwapSettings().model_dump()) == Weights()
