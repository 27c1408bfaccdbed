"""Which results of tests are numbers of points."""

import pytest
from nbformat.v4 import new_code_cell, new_output

from nbcohort.grading.scores import with_plain_numbers


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("np.float64(0.0)", "0.0"),
        ("np.float32(1.5)", "1.5"),
        ("np.int64(-2)", "-2"),
        ("np.uint8(2)", "2"),
        ("numpy.float64(1e-05)", "1e-05"),
        ("Decimal('0.5')", "0.5"),
        ("np.float64(nan)", "nan"),
        ("0.5", "0.5"),
        ("'well done'", "'well done'"),
        ("Points(2)", "Points(2)"),
        ("Fraction(1, 2)", "Fraction(1, 2)"),
        ("float64(0.5) and more", "float64(0.5) and more"),
    ],
)
def test_numbers_of_libraries_are_read_as_numbers(shown: str, read: str) -> None:
    cell = new_code_cell(outputs=[new_output("execute_result", {"text/plain": shown})])

    assert with_plain_numbers(cell).outputs[0].data["text/plain"] == read
    assert cell.outputs[0].data["text/plain"] == shown
