"""Who reviews next what still lacks reviews."""

from hypothesis import given
from hypothesis import strategies as st

from nbpeer.needs import EXTRA, Load, Need, least_loaded, next_need

MEMBERS = [f"m{i}" for i in range(8)]
members = st.sampled_from(MEMBERS)
groups = st.frozensets(members, max_size=4)
loads = st.builds(
    Load, members, to_do=st.integers(0, 6), done=st.integers(0, 6), lapsed=st.integers(0, 2), reviewed_by=groups
)
needs = st.builds(
    Need,
    work=st.text("ABC", min_size=1, max_size=3),
    wanted=st.integers(0, 6),
    promised=st.integers(0, 7),
    barred=groups,
    authors=groups,
)


def need(work: str, promised: int, *barred: str) -> Need:
    return Need(work, 2, promised, frozenset(barred), frozenset({f"author of {work}"}))


def test_a_volunteer_gets_what_lacks_most_and_nothing_where_nothing_is_lacking() -> None:
    ada = Load("ada", 2, 0, 0)
    assert next_need(ada, [need("A", 1), need("B", 0), need("C", 2)], 2) == "B"
    assert next_need(ada, [need("A", 1), need("B", 0, "ada")], 2) == "A"
    assert next_need(ada, [need("A", 2), need("B", 3)], 2) is None
    assert next_need(ada, [], 2) is None


def test_a_latecomer_with_fewer_than_k_gets_one_also_where_nothing_is_lacking() -> None:
    late = Load("late", 0, 1, 0)
    assert next_need(late, [need("A", 3), need("B", 2)], 2) == "B"
    assert next_need(late, [Need("A", 0, 0, frozenset(), frozenset())], 2) is None, "with one work there is no swap"


def test_a_mutual_pair_is_avoided_while_there_is_another_choice() -> None:
    ada = Load("ada", 0, 2, 0, frozenset({"author of A"}))
    assert next_need(ada, [need("A", 1), need("B", 1)], 2) == "B"
    assert next_need(ada, [need("A", 1)], 2) == "A"


def test_who_was_not_seen_is_not_asked_and_nobody_is_asked_for_ever_more() -> None:
    absent = Load("absent", 0, 0, 1)
    late_but_here = Load("here", 0, 1, 1)
    busy = Load("busy", 2, 2, 0)
    assert least_loaded(need("A", 0), [absent], 2) is None
    assert least_loaded(need("A", 0), [absent, late_but_here], 2) == "here"
    assert least_loaded(need("A", 0), [busy], 2) is None
    assert least_loaded(need("A", 0), [busy], 3) == "busy"


@given(needs, st.lists(loads, max_size=8, unique_by=lambda load: load.member), st.integers(1, 6))
def test_who_is_asked_may_do_it_and_nobody_who_may_has_less_to_do(wanted: Need, reviewers: list[Load], k: int) -> None:
    chosen = least_loaded(wanted, reviewers, k)
    able = [
        one
        for one in reviewers
        if one.member not in wanted.barred and not one.absent and one.to_do + one.done < k + EXTRA
    ]
    if chosen is None:
        assert able == []
        return
    asked = next(one for one in able if one.member == chosen)
    assert all(asked.to_do + asked.lapsed <= one.to_do + one.lapsed for one in able)


@given(loads, st.lists(needs, max_size=8, unique_by=lambda one: one.work), st.integers(1, 6))
def test_a_volunteer_gets_something_if_and_only_if_something_is_left(volunteer: Load, all_: list[Need], k: int) -> None:
    chosen = next_need(volunteer, all_, k)
    lacking = [one for one in all_ if one.missing > 0 and volunteer.member not in one.barred]
    if lacking:
        found = next(one for one in lacking if one.work == chosen)
        assert found.missing == max(one.missing for one in lacking)
    elif chosen is not None:
        assert volunteer.to_do + volunteer.done < k
