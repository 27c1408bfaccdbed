import pytest

from nbcohort.courses.roster_csv import NewMember, read_roster
from nbcohort.errors import Invalid


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_members_are_read_as_spreadsheets_write_them(separator: str) -> None:
    text = 'Account,Name,Role\r\nada,"Ada L.",instructor\r\nbob,,\r\n,,\r\n'.replace(",", separator)
    assert read_roster(text, "r.csv") == [NewMember("ada", "Ada L.", "instructor"), NewMember("bob", None, "learner")]


def test_every_mistake_has_its_line() -> None:
    with pytest.raises(Invalid) as refused:
        read_roster("account,role\nada,boss\n,learner\nbob,\nbob,mentor\n", "r.csv")
    assert str(refused.value).splitlines() == [
        'r.csv line 2: expected learner, mentor or instructor as role, found "boss"',
        "r.csv line 3: there is no account",
        'r.csv line 5: "bob" is on line 4 already',
    ]


def test_other_columns_are_refused() -> None:
    with pytest.raises(Invalid, match=r"expected the columns account, name, role; found acount, name \(did you mean"):
        read_roster("acount,name\nada,Ada\n", "r.csv")
