import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nbcohort.api import Invalid
from nbpeer.score_cli import app
from nbpeer.score_file import decode, read_reviews

PLAIN = "submission,reviewer,score\na,m,7\na,n,9\nb,m,5\n"


def test_columns_are_known_by_their_usual_names_whatever_their_order_and_case() -> None:
    read = read_reviews("TA Score;Peer Grade;Grader ID;Paper;Assignment\n8,5;7;m;a;hw1\n8,5;9,5;n;a;hw1\n")
    assert read.columns == {
        "submission": "Paper",
        "reviewer": "Grader ID",
        "score": "Peer Grade",
        "staff": "TA Score",
        "round": "Assignment",
    }
    assert read.reviews.keys == (("hw1", "a"),)
    assert read.reviews.score.tolist() == [7, 9.5]
    assert read.reviews.staff.tolist() == [8.5]


def test_columns_can_be_named() -> None:
    read = read_reviews("who\twhat\tn\nm\ta\t3\n", {"reviewer": "who", "submission": "what", "score": "n"})
    assert read.reviews.keys == (("", "a"),)
    with pytest.raises(Invalid, match='There is no column "whom"; there are: "who", "what"'):
        read_reviews("who\twhat\n", {"reviewer": "whom"})


def test_a_column_that_is_missing_is_said_with_what_there_is() -> None:
    with pytest.raises(Invalid, match='No column is called score or peerscore or reviewscore; there are: "submission"'):
        read_reviews("submission,reviewer,remark\n")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("b,n,good", 'Line 5: "good" is not a number'),
        ("b,n,inf", 'Line 5: "inf" is not a number'),
        (",n,4", "Line 5: it does not say which submission"),
        ("b,,4", "Line 5: it does not say who gave the score"),
        ("b,m,6", "Line 5: this reviewer's score is 6, but 5 in line 4"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_or_left_out(line: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read_reviews(f"{PLAIN}{line}\n")
    read = read_reviews(f"{PLAIN}{line}\n", leave_out=True)
    assert len(read.reviews.score) == 3
    assert any(note.startswith(sentence.split(":")[0]) for note in read.notes)


def test_what_is_no_mistake_is_told() -> None:
    read = read_reviews(PLAIN + "b,n,\nb,o,N/A\nb,m,5\n\n")
    assert read.notes == (
        "Lines without a score, left out: 2 (5, 6).",
        "Lines that repeat another one, left out: 1 (7).",
    )


def test_staff_may_be_a_reviewer_or_stand_alone() -> None:
    read = read_reviews(PLAIN + "a,ta,8\n", staff_reviewers=["ta"])
    assert read.reviews.reviewers == ("m", "n")
    assert read.reviews.staff[0] == 8
    alone = read_reviews("submission,reviewer,score,staff\na,m,7,\na,,,8\n")
    assert alone.reviews.staff.tolist() == [8]
    with pytest.raises(Invalid, match="staff's score of this submission is 9, but 8 in line 2"):
        read_reviews("submission,reviewer,score,staff\na,m,7,8\na,n,7,9\n")


@pytest.mark.parametrize("text", ["", "\n\n", "submission,reviewer,score\n", "submission,reviewer,score\na,m,\n"])
def test_a_file_without_reviews_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid):
        read_reviews(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_survive_what_spreadsheets_do_to_them(encoding: str) -> None:
    assert decode("submission\nÉtude\n".encode(encoding)) == "submission\nÉtude\n"


def test_the_command_prints_tables_and_writes_files(tmp_path: Path) -> None:
    file, out, who = tmp_path / "reviews.csv", tmp_path / "out.csv", tmp_path / "who.csv"
    rng = np.random.default_rng(1)
    rows = [f"s{i},m{(i + j) % 12},{rng.integers(3, 10)}" for i in range(12) for j in range(1, 4)]
    file.write_text("submission,reviewer,score\n" + "\n".join(rows), "utf-8")
    result = CliRunner().invoke(
        app, ["score", str(file), "--budget", "2", "--csv", str(out), "--reviewers-csv", str(who)]
    )
    assert result.exit_code == 0
    assert "Look at first" in result.output
    assert "Reviews: 36; submissions: 12; reviewers: 12; rounds: 1." in result.output
    with out.open(encoding="utf-8", newline="") as written:
        scores = list(csv.DictReader(written))
    assert len(scores) == 12
    assert all(float(one["low"]) < float(one["score"]) < float(one["high"]) for one in scores)
    assert len(who.read_text("utf-8").splitlines()) == 13


def test_the_command_gives_the_same_as_json(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(PLAIN, "utf-8")
    outputs = [CliRunner().invoke(app, ["score", str(file), "--json"]).stdout for _time in range(2)]
    found = json.loads(outputs[0])
    assert outputs[0] == outputs[1]
    assert [one["submission"] for one in found["submissions"]] == ["a", "b"]
    assert found["submissions"][0]["mean"] == 8


@pytest.mark.parametrize("options", [["--method", "magic"], ["--level", "2"], ["--budget", "1", "--method", "mean"]])
def test_options_that_make_no_sense_are_refused(options: list[str], tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(PLAIN, "utf-8")
    result = CliRunner().invoke(app, ["score", str(file), *options])
    assert isinstance(result.exception, Invalid)


def test_help_shows_what_a_file_looks_like() -> None:
    result = CliRunner().invoke(app, ["score", "--help"])
    assert "submission,reviewer,score,staff" in result.output


def test_a_hundred_thousand_reviews_need_no_matrix(tmp_path: Path) -> None:
    """A dense matrix of 30,000 x 30,000 would take 7 GB; it is not the time that is looked at."""
    lines = (f"s{i},m{(i + 7 * j) % 30_000},{(i * 31 + j * 17) % 11}" for i in range(30_000) for j in range(1, 4))
    read = read_reviews("submission,reviewer,score\n" + "\n".join(lines))
    assert len(read.reviews.keys) == len(read.reviews.reviewers) == 30_000
