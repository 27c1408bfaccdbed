"""docs/conformance.md says what the tests say."""

from tests.conformance.table import PAGE, page


def test_the_page_is_what_the_expectations_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "run scripts/conformance-table"
