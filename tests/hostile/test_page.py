"""docs/hostile.md says what the catalogue and the measurements say."""

from tests.hostile.catalogue import ATTACKS
from tests.hostile.table import PAGE, measured, of_stock, page


def test_the_page_is_what_the_catalogue_and_the_measurements_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "run scripts/hostile-table --write-only"


def test_each_attack_was_tried_with_stock_or_it_is_said_why_not() -> None:
    assert set(measured()) == {name for name, attack in ATTACKS.items() if not attack.not_with_stock}


def test_attacks_are_real_where_nothing_stops_them() -> None:
    done = {name: of_stock(ATTACKS[name], one) for name, one in measured().items()}

    assert sum("points for" in said for said in done.values()) > 40
    assert sum("reads what it should not" in said for said in done.values()) > 10
    assert sum("leaves processes behind" in said for said in done.values()) >= 2
    assert sum("whoever comes later is not graded" in said for said in done.values()) >= 3
    assert sum("grade**" in said for said in done.values()) >= 2
