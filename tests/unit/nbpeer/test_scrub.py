import base64
import json
import struct
import unicodedata
import zlib
from typing import Any

import nbformat
import pytest

from nbpeer.scrub import LARGEST, Identity, Names, Withheld, clean_paths, scrub_file
from nbpeer.scrub.code import replace_in_code

ADA = Identity("alove12", "Zsófia Lovelace")
BEN = Identity("bnguyen", "Ben Nguyen")
SECRET = b"of this round"


@pytest.fixture
def names() -> Names:
    return Names([ADA, BEN], [ADA])


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + b"".join([*pixel, *(chunk(*one) for one in chunks), chunk(b"IEND", b"")])


def scrubbed(notebook: dict[str, Any], names: Names, secret: bytes = SECRET) -> dict[str, Any]:
    data = scrub_file("p1.ipynb", json.dumps(notebook).encode(), names, secret).data
    assert data is not None
    clean: dict[str, Any] = json.loads(data)
    nbformat.validate(nbformat.from_dict(clean))
    return clean


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code(source: str, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "made-by-alove12",
        "metadata": metadata,
        "execution_count": 3,
        "source": source,
        "outputs": list(outputs),
    }


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("by Zsófia Lovelace", "by [name]"),
        ("by Lovelace, Zsófia", "by [name]"),
        ("by ZSÓFIA  lovelace", "by [name]"),
        ("by Zsofia", "by [name]"),
        (unicodedata.normalize("NFD", "by Zsófia"), "by [name]"),
        ("Z. Lovelace and Ben Nguyen", "[name] and [name]"),
        ("alove12_final", "[name]_final"),
        ("/home/alove12/work", "/home/[name]/work"),
        ("/home/somebody-else/work", "/home/[name]/work"),
        ("C:\\Users\\Zsófia\\x", "C:\\Users\\[name]\\x"),
        ("~alove12/x and ~other/x", "~[name]/x and ~[name]/x"),
        ("write to a.lovelace@uni.example", "write to [e-mail]"),
        ("/home/jovyan/work", "/home/jovyan/work"),
        ("ratio a/home/b", "ratio a/home/b"),
        ("glove, beloved12, salove123", "glove, beloved12, salove123"),
    ],
)
def test_names_in_text_are_replaced(names: Names, text: str, clean: str) -> None:
    assert names.replace(text) == clean


def test_parts_of_names_are_replaced_for_the_authors_only(names: Names) -> None:
    assert names.replace("Zsófia and Ben, Lovelace and Nguyen") == "[name] and Ben, [name] and Nguyen"


def test_an_address_of_nobody_here_stays_in_data_but_not_in_prose(names: Names) -> None:
    assert names.replace("x@example.org") == "x@example.org"
    assert names.replace_in_prose("x@example.org") == "[e-mail]"


@pytest.mark.parametrize("account", ["max", "will", "series", "april", "le"])
def test_a_learner_called_like_a_word_leaves_code_that_runs_and_prose_that_reads(account: str) -> None:
    names = Names([], [Identity(account, account.capitalize())])
    source = f'df.agg("{account}")  # the {account} of all\n{account} = 1'
    assert replace_in_code(source, names) == source
    assert names.replace_in_prose(f"{account.capitalize()} it be the {account}?").startswith(account.capitalize())
    assert names.replace(f"/home/{account}/x") == "/home/[name]/x"
    assert names.replace(f"@{account}") == "@[name]"
    assert names.replace(f"{account}@example.org") == "[e-mail]"


def test_names_go_from_comments_and_strings_and_identifiers_stay(names: Names) -> None:
    source = "\n".join(
        [
            "# alove12 wrote this",
            "alove12 = 'alove12'",
            'zsófia = f"by Zsófia {alove12!r} and {zsófia.lovelace}"',
            '"""Lovelace\'s\n# own"""',
            "!ls /home/alove12",
            "x = r'\\d' + b'alove12'.decode()",
        ]
    )
    assert replace_in_code(source, names).splitlines() == [
        "# [name] wrote this",
        "alove12 = '[name]'",
        'zsófia = f"by [name] {alove12!r} and {zsófia.lovelace}"',
        '"""[name]\'s',
        '# own"""',
        "!ls /home/[name]",
        "x = r'\\d' + b'[name]'.decode()",
    ]


def test_broken_code_is_scrubbed_as_well(names: Names) -> None:
    assert replace_in_code("def (:\n  'open # alove12", names) == "def (:\n  'open # [name]"


def test_a_notebook_keeps_what_a_reader_sees_and_nothing_else(names: Names) -> None:
    planted = notebook(
        code(
            "1 + 1",
            {"output_type": "stream", "name": "stdout", "text": ["al", "ove12\n"]},
            {
                "output_type": "execute_result",
                "execution_count": 3,
                "metadata": {"application/papermill.record": {"by": "alove12"}, "image/png": {"width": 3, "who": "x"}},
                "data": {
                    "text/html": ["<b>alove12</b>"],
                    "application/json": {"alove12": ["Zsófia"]},
                    "application/vnd.jupyter.widget-view+json": {"model_id": "alove12"},
                    "application/x-pickle": "YWxvdmUxMg==",
                },
            },
            {
                "output_type": "error",
                "ename": "E",
                "evalue": "alove12",
                "traceback": ["\x1b[0;31m/home/alove12/p1.py in <module>\x1b[0m"],
            },
            execution={"iopub.execute_input": "2026-01-01T10:00:00Z"},
            nbgrader={"grade_id": "alove12"},
        ),
        {"cell_type": "markdown", "id": "m", "metadata": {"author": "alove12"}, "source": "*Zsófia Lovelace*"},
        {"cell_type": "raw", "metadata": {}, "source": "alove12"},
        authors=[{"name": "Zsófia Lovelace"}],
        kernelspec={"name": "alove12-env", "display_name": "Zsófia's Python", "language": "python"},
        language_info={"name": "python", "version": "3.11.4"},
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {"alove12": {}}}},
        papermill={"input_path": "/home/alove12/p1.ipynb"},
    )
    clean = scrubbed(planted, names)
    text = json.dumps(clean, ensure_ascii=False)
    for trace in ("alove12", "Zsófia", "Lovelace", "papermill", "widget", "2026-01-01", "3.11.4", "nbgrader", "YWxv"):
        assert trace not in text
    assert clean["metadata"]["kernelspec"]["display_name"] == "Python 3"
    assert clean["cells"][0]["outputs"][0]["text"] == "[name]\n"
    assert clean["cells"][0]["outputs"][1]["metadata"] == {"image/png": {"width": 3}}
    assert clean["cells"][1]["source"] == "*[name]*"


def test_cells_get_ids_that_are_stable_in_a_round_and_differ_between_rounds_and_works(names: Names) -> None:
    one = notebook(code("1"), code("2"))
    ids = [cell["id"] for cell in scrubbed(one, names)["cells"]]
    assert len(set(ids)) == 2
    assert ids == [cell["id"] for cell in scrubbed(one, names)["cells"]]
    assert not set(ids) & {cell["id"] for cell in scrubbed(one, names, b"another round")["cells"]}


def test_a_picture_loses_what_is_written_beside_it(names: Names) -> None:
    written = png((b"tEXt", b"Author\0Ada"), (b"eXIf", b"place")) + b"after the end: Ada"
    assert scrub_file("plot.png", written, names, SECRET).data == png()
    attached = {
        "cell_type": "markdown",
        "id": "m",
        "metadata": {},
        "source": "![](a.png)",
        "attachments": {"a.png": {"image/png": base64.b64encode(written).decode()}},
    }
    clean = scrubbed(notebook(attached), names)["cells"][0]["attachments"]["a.png"]["image/png"]
    assert base64.b64decode(clean) == png()


def test_a_photograph_loses_camera_and_comment(names: Names) -> None:
    exif, comment = b"\xff\xe1\x00\x06Exif", b"\xff\xfe\x00\x05Ada"
    jfif, table, scan = b"\xff\xe0\x00\x06JFIF", b"\xff\xdb\x00\x03\x01", b"\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd9"
    photo = b"\xff\xd8" + jfif + exif + comment + table + scan + b"Ada"
    assert scrub_file("me.jpg", photo, names, SECRET).data == b"\xff\xd8" + jfif + table + scan


def test_what_it_cannot_read_is_withheld(names: Names) -> None:
    assert scrub_file("data.pkl", b"\x80\x04alove12", names, SECRET).withheld is Withheld.UNREADABLE
    assert scrub_file("data.bin", b"a\0b", names, SECRET).withheld is Withheld.UNREADABLE
    assert scrub_file("plot.png", png()[:-5], names, SECRET).withheld is Withheld.UNREADABLE
    assert scrub_file("big.csv", b"1" * (LARGEST + 1), names, SECRET).withheld is Withheld.TOO_LARGE


def test_a_notebook_that_cannot_be_read_is_withheld_with_its_times_and_ids(names: Names) -> None:
    for damage in (
        b'{"cells": [], "metadata": {"papermill": {"start_time": "2026',
        b"[]",
        b'{"cells": [], "metadata": []}',
    ):
        assert scrub_file("p1.ipynb", damage, names, SECRET).withheld is Withheld.UNREADABLE


@pytest.mark.parametrize("minor", ["Infinity", "null", '"x"', "4.5", "-3", "99"])
def test_a_strange_version_of_the_format_keeps_nobody_from_reviewing(names: Names, minor: str) -> None:
    data = f'{{"cells": [], "metadata": {{}}, "nbformat": 4, "nbformat_minor": {minor}}}'.encode()
    scrubbed = scrub_file("p1.ipynb", data, names, SECRET).data or b""
    assert json.loads(scrubbed)["nbformat_minor"] in (5, 9)


def test_text_files_and_modules_are_scrubbed(names: Names) -> None:
    assert scrub_file("notes.md", "by Zsófia, x@y.example".encode(), names, SECRET).data == b"by [name], [e-mail]"
    assert scrub_file("tools.py", b"alove12 = 1  # alove12", names, SECRET).data == b"alove12 = 1  # [name]"
    assert scrub_file("table.csv", b"mail\nx@y.example", names, SECRET).data == b"mail\nx@y.example"


def test_file_names_lose_names_and_stay_apart(names: Names) -> None:
    paths = ["p1.ipynb", "alove12.csv", "bnguyen.csv", "data/Zsófia_notes.txt"]
    assert clean_paths(paths, names) == {
        "[name].csv": "alove12.csv",
        "[name]-2.csv": "bnguyen.csv",
        "data/[name]_notes.txt": "data/Zsófia_notes.txt",
        "p1.ipynb": "p1.ipynb",
    }


def test_hidden_files_caches_and_the_exchanges_own_are_left_out(names: Names) -> None:
    paths = [
        ".git/config",
        "timestamp.txt",
        "a/.ipynb_checkpoints/p.ipynb",
        "__pycache__/x.pyc",
        ".env",
        "p1_info.json",
        "p1.receipt-1.jwt",
        "p1.receipt-2.txt",
        "sub/p1.receipt-2-sub_7f.txt",
    ]
    assert clean_paths(paths, names) == {}


def test_a_large_roster_is_searched_word_by_word_and_the_longest_name_wins() -> None:
    roster = [Identity(f"user{i:03}", f"Given{i} Family{i}") for i in range(300)]
    names = Names(roster, [Identity("user300", "Given7 Family7 Junior")])
    assert names.replace("user007, user0071, Given7 Family7 Junior; Given8") == "[name], user0071, [name]; Given8"
