"""Learners called Max, Will, Series, April and Le: their code runs as before, and their prose still reads."""

import contextlib
import io
import json
from typing import Any

import pytest

from nbpeer.scrub import Identity, Names, scrub_file
from nbpeer.scrub.code import replace_in_code

CALLED = ("Max", "Will", "Series", "April", "Le")
SURNAMES = ("Müller", "Young", "Quandt", "Summer", "An")
COHORT = [Identity(first.lower(), f"{first} {last}") for first, last in zip(CALLED, SURNAMES, strict=True)]

CODE = '''
# the max of each month; Series keep their index, and Le Monde will follow in April 2024
class Series(dict):
    """A Series of values: max(), will and April are its keys."""
    def max(self):
        return max(self.values())
months = {"April": 3, "May": 5, "max": 0, "will": 1, "le": 2, "Series": 4}
will = [f"{month:>6}: {value!r:{months['April']}}" for month, value in months.items() if month != "max"]
le = getattr(Series(months), "max")()
max_le, april = le + months["April"], "%s in %s" % (le, "April")
table = "name,April,max\\nLe,1,2".split(",")
print(will, le, max_le, april, table, Series(months)["le"], sorted(months, key=str.lower), r"\\will", b"max" + b"le")
print("sorted by Series", "grouped by April", 'Name: max, dtype: int64', f"{'Will'} we see {{max}}")
result = (will, le, max_le, april, table)
'''

PROSE = (
    "The max value is taken from April to May. Will we see more? The Series is long.",
    "Will the Series end in April? Data from April 2024, sorted by Series, aggregated by Max.",
    "Le modele est bon, et le max aussi. Le Monde l'a dit.",
    "By April, sales had doubled; Max pooling and LeNet helped. Series.max() and df.agg('max') agree.",
    "Name: April, dtype: float64",
    "April, May, June: Max. 3, min. 1. I will see; A. Will Series do?",
)

SIGNED = (
    ("# Max's solution", "# [name]'s solution"),
    ("April's notebook", "[name]'s notebook"),
    ("written by Series", "written by [name]"),
    ("author: Will", "author: [name]"),
    ("I am Le.", "I am [name]."),
    ("Mein Name ist Max, und", "Mein Name ist [name], und"),
    ("my name is April and", "my name is [name] and"),
    ("by Max\n", "by [name]\n"),
    ("by Max Müller, by Müller, Max", "by [name], by [name]"),
    ("Max\tMüller;Will_Young;April Summer", "[name]\t[name];[name];[name]"),
    ("M. Müller, S. Quandt and W. Young", "[name], [name] and [name]"),
    ("max@uni.example", "[e-mail]"),
    ("will (at) uni (dot) example", "[e-mail]"),
    ("@series and login: april", "@[name] and login: [name]"),
    ("/home/le/x, C:\\Users\\Max\\x, jupyter-will:~$", "/home/[name]/x, C:\\Users\\[name]\\x, jupyter-[name]:~$"),
    ("An Le or Le An", "[name] or [name]"),
)


def ran(code: str) -> tuple[str, Any]:
    shown = io.StringIO()
    space: dict[str, Any] = {}
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "cell", "exec"), space)  # noqa: S102 - our own code
    return shown.getvalue(), space["result"]


@pytest.mark.parametrize("author", COHORT, ids=CALLED)
def test_code_of_learners_called_like_words_runs_with_the_same_results(author: Identity) -> None:
    book = {"cells": [{"cell_type": "code", "metadata": {}, "source": CODE, "outputs": []}], "metadata": {}}
    scrubbed = scrub_file("p.ipynb", json.dumps(book).encode(), Names(COHORT, [author]), b"").data
    assert scrubbed is not None
    assert ran(json.loads(scrubbed)["cells"][0]["source"]) == ran(CODE)


@pytest.mark.parametrize("author", COHORT, ids=CALLED)
@pytest.mark.parametrize("text", PROSE)
def test_prose_with_words_that_are_names_reads_as_before(author: Identity, text: str) -> None:
    assert Names(COHORT, [author]).replace_in_prose(text) == text


@pytest.mark.parametrize(("text", "clean"), SIGNED)
def test_where_the_text_means_somebody_the_word_is_a_name(text: str, clean: str) -> None:
    assert Names(COHORT, COHORT).replace_in_prose(text) == clean


def test_what_is_assigned_to_an_author_is_a_name() -> None:
    names = Names([], COHORT)
    assert replace_in_code('__author__ = "Max"\nmonth_name = "April"', names) == (
        '__author__ = "[name]"\nmonth_name = "April"'
    )


def test_the_code_in_an_f_string_keeps_its_identifiers_and_loses_its_strings() -> None:
    names = Names([], [Identity("mmueller", "Max Müller")])
    source = 'f"{mueller:>{mueller}} {d["Max Müller"]} Müller {{Müller}} {x!r}" + f"""{mueller}\nMüller"""\n  % mueller'
    assert replace_in_code(source, names) == (
        'f"{mueller:>{mueller}} {d["[name]"]} [name] {{[name]}} {x!r}" + f"""{mueller}\n[name]"""\n  % mueller'
    )


def test_the_names_of_others_go_as_a_whole_and_where_they_are_meant() -> None:
    names = Names(COHORT, [Identity("ada", "Ada Lovelace")])
    assert names.replace("Max Müller, Müller, thanks to April") == "[name], Müller, thanks to [name]"
