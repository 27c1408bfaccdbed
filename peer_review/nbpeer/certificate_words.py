"""An allocation certificate in words, for staff. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbcohort.api import _


def certificate_in_words(certificate: Mapping[str, Any], seed: int) -> list[str]:
    """Return sentences for what a certificate (`nbpeer.allocate.Certificate` as JSON) says of a swap with this seed.

    What could not be kept, and why, is in `sentences.shortfalls`.
    """
    return [*_rules(certificate), *_wishes(certificate), *_mixing(certificate, seed)]


def _rules(found: Mapping[str, Any]) -> Iterator[str]:
    yield _("{works} submissions, {reviewers} reviewers, {k} reviews each as asked for.").format(
        works=found["works"], reviewers=found["reviewers"], k=found["k"]
    )
    yield _("Each submission gets {reviews} reviews; each reviewer has {tasks} tasks.").format(
        reviews=_range(found["reviews_per_work"]), tasks=_range(found["tasks_per_reviewer"])
    )
    if found["own_work"] == found["conflicts"] == 0:
        yield _("Nobody reviews their own work, a partner's, or that of somebody with whom they have a conflict.")
    mutual, fewest = found["mutual_pairs"], found["fewest_mutual_pairs"]
    if mutual == 0:
        yield _("No two submissions' authors review each other.")
    else:
        yield _(
            "Pairs of submissions whose authors review each other: {count}; so many submissions allow no fewer than "
            "{fewest}."
        ).format(count=mutual, fewest=fewest)


def _wishes(found: Mapping[str, Any]) -> Iterator[str]:
    if found["repeats"] == 0:
        yield _("Nobody reviews somebody whom they had in an earlier round.")
    else:
        yield _("Tasks whose reviewer had an author in an earlier round: {count}.").format(count=found["repeats"])
    if found["without_strong"] is None:
        yield _("Nothing is known yet of how well members do, so the swap does not mind it.")
    else:
        yield _(
            "Submissions without a strong reviewer: {strong}; reviewers who see no submission stronger than their own: "
            "{stronger}, and none of about their strength: {near}."
        ).format(strong=found["without_strong"], stronger=found["without_stronger"], near=found["without_near"])
    yield _("Pairs of submissions that share two reviewers or more: {count}.").format(count=found["overlaps"])


def _mixing(found: Mapping[str, Any], seed: int) -> Iterator[str]:
    yield _(
        "Second singular value of the swap over k: {value:.2f}; the nearer to 0, the better the cohort is mixed, and "
        "with 1 it falls into groups."
    ).format(value=found["second_singular_value"])
    yield _("Seed {seed}: with it and what is in the audit log, the swap comes out the same.").format(seed=seed)


def _range(extremes: Sequence[int]) -> str:
    fewest, most = extremes
    return str(fewest) if fewest == most else _("{fewest} to {most}").format(fewest=fewest, most=most)
