"""`nbcohort admin` on the host of a service that stands still: what it keeps, refuses, finds and removes."""

import errno
import hashlib
import multiprocessing
import os
import re
import signal
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nbcohort.admin.backup import back_up
from nbcohort.admin.place import Place, find_place, installed_migrations, keeping, opened
from nbcohort.admin.restore import restore
from nbcohort.admin.verify import verify_backup
from nbcohort.errors import StorageFull
from nbcohort.service.config import Config
from nbcohort.store.alone import alone
from nbcohort.store.database import Database
from nbcohort.store.disk import Disk
from nbcohort.store.migrate import drift
from nbcohort.submissions.keys import public_keys
from nbcohort.testing import PostgresServer, running_fake_hub
from tests.service.admin_desk import (
    CLEOS,
    EARLY,
    FEEDBACK,
    GIVEN_UP,
    PAIRS,
    Host,
    done,
    dump,
    dump_file,
    make_host,
    query,
    quiet,
    refused,
)
from tests.service.classroom import FILES, NOTEBOOK

CSV = FILES["data/penguins.csv"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Host:
    with running_fake_hub() as hub:
        return make_host(tmp_path_factory.mktemp("host"), hub)


@pytest.fixture
def host(made: Host, tmp_path: Path) -> Host:
    return made.copy(tmp_path / "host")


def states(vault: Path) -> list[Path]:
    return sorted((vault / "states").iterdir())


class TestBackup:
    def test_a_second_one_copies_only_what_is_new_and_old_ones_go_when_told(self, host: Host) -> None:
        blobs = {path: path.stat().st_mtime_ns for path in (host.vault / "blobs").glob("*/*")}
        assert {path.name for path in blobs} == {
            hashlib.sha256(one).hexdigest() for one in (NOTEBOOK, CSV, b"ada's own")
        }
        said = done(host.environ, "backup", host.vault)
        assert "7 files (" in said
        assert "of which 4 are new" in said
        assert {path: path.stat().st_mtime_ns for path in blobs} == blobs
        assert done(host.environ, "backups", host.vault).count("yes") == 2
        (host.vault / "blobs" / "aa" / ("aa" * 32)).write_bytes(b"of a backup that broke off")
        assert "Removed 2 older backups" in done(host.environ, "backup", host.vault, "--keep", 1)
        assert not (host.vault / "blobs" / "aa" / ("aa" * 32)).exists()
        assert "is whole" in done(host.environ, "verify", host.vault)

    def test_an_archive_is_one_file_for_its_owner_only_and_can_be_verified_and_restored(self, host: Host) -> None:
        archive = host.folder / "archives" / "monday.tar"
        done(host.environ, "backup", archive)
        assert [path.name for path in archive.parent.iterdir()] == ["monday.tar"]
        assert stat.S_IMODE(archive.stat().st_mode) == 0o600
        refused(host.environ, "is there already", "backup", archive)
        assert "is whole" in done(host.environ, "verify", archive)
        done(host.elsewhere(), "restore", archive)
        assert "is whole" in done(host.elsewhere(), "verify")
        archive.write_bytes(archive.read_bytes()[:5000])
        refused(host.environ, "not complete", "verify", archive)

    def test_it_is_readable_by_its_owner_only_and_has_the_private_key_and_no_password(
        self, host: Host, postgres: PostgresServer
    ) -> None:
        there = host.elsewhere(postgres.new_database())
        done(there, "restore", host.vault)
        vault = host.folder / "new"
        assert "private key" in done(there, "backup", vault)
        for path in (vault, *(vault / "blobs").rglob("*"), *(vault / "states").rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert list(vault.glob("states/*/receipt-keys/signing.pem"))
        assert not [path for path in vault.rglob("*.json") if postgres.password in path.read_text()]

    def test_wrong_folders_are_refused_with_a_sentence_and_left_as_they_are(self, host: Host) -> None:
        photos = host.folder / "photos"
        photos.mkdir()
        (photos / "cat.jpg").touch()
        refused(host.environ, "holds something else", "backup", photos)
        refused(host.environ, "is a file", "backup", photos / "cat.jpg")
        refused(host.environ, "what is backed up", "backup", host.data / "backups")
        refused(host.environ, "no backups in", "restore", photos)
        refused(host.environ, "no backups in", "verify", host.folder / "nowhere")
        refused(host.environ, "no backup 2020", "verify", host.vault, "--at", "2020")
        refused(host.environ, "There is no database at", "backup", host.folder / "new", "--data", photos)
        refused(host.environ, "given as a URL", "verify", "--database", "postgres")
        refused(host.environ, "cannot be opened", "verify", "--database", "postgresql+psycopg://a:b@127.0.0.1:1/c")
        refused({}, "Say where the service keeps its data", "verify")
        assert [path.name for path in photos.iterdir()] == ["cat.jpg"]
        assert not (host.folder / "new").exists()

    def test_the_place_is_the_one_that_the_service_finds(self, host: Host) -> None:
        hub = {"JUPYTERHUB_API_URL": "a", "JUPYTERHUB_API_TOKEN": "b", "JUPYTERHUB_SERVICE_URL": "c"}
        config = Config.from_environment({**host.environ, **hub})
        place = host.place
        assert (place.data, place.database, place.blobs) == (config.data, config.database, config.blobs)


class Counting(Disk):
    """Counts what is done to the disk, and does something else instead at one step."""

    def __init__(self, at: int | None = None, instead: Callable[[], None] = lambda: None) -> None:
        self.steps = 0
        self.at = at
        self.instead = instead

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            self.instead()

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._step()
        return super().create(path, mode)

    def write(self, descriptor: int, data: memoryview) -> int:
        self._step()
        return super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        self._step()
        super().fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def fsync_folder(self, folder: Path) -> None:
        self._step()
        super().fsync_folder(folder)


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class TestWhenABackupBreaksOff:
    @pytest.fixture
    def steps(self, made: Host, tmp_path: Path) -> list[int]:
        """Numbers of steps all over a backup, the last one among them."""
        disk = Counting()
        copy = made.copy(tmp_path / "count")
        back_up(copy.place, copy.vault, quiet, disk=disk)
        return sorted({*range(1, disk.steps + 1, max(1, disk.steps // 7)), disk.steps})

    def test_kill_9_at_any_step_leaves_the_earlier_one_whole_and_the_next_one_succeeds(
        self, host: Host, steps: list[int]
    ) -> None:
        (before,) = states(host.vault)
        for step in steps:
            disk = Counting(step, killed)
            process = multiprocessing.get_context("fork").Process(
                target=back_up, args=(host.place, host.vault, quiet), kwargs={"disk": disk}
            )
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            assert verify_backup(host.vault, before.name, quiet) == (before.name, [])
            for complete in host.vault.glob("states/[0-9]*"):
                assert verify_backup(host.vault, complete.name, quiet)[1] == []
        done(host.environ, "backup", host.vault)
        assert "is whole" in done(host.environ, "verify", host.vault)
        assert not list(host.vault.glob("states/.*"))

    def test_a_full_disk_at_any_step_is_a_sentence_and_leaves_the_earlier_one_whole(
        self, host: Host, steps: list[int]
    ) -> None:
        (before,) = states(host.vault)
        for step in steps[:-1]:  # at the last one, the new one has its name already
            with pytest.raises(StorageFull, match="There is no room for the backup in"):
                back_up(host.place, host.vault, quiet, disk=Counting(step, full))
            assert states(host.vault) == [before]
            assert verify_backup(host.vault, None, quiet) == (before.name, [])

    def test_a_full_disk_while_the_database_is_copied_is_a_sentence(
        self, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill_up(*_arguments: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr("nbcohort.admin.backup.write_snapshot", fill_up)
        with pytest.raises(StorageFull, match="There is no room for the backup in"):
            back_up(host.place, host.vault, quiet)
        assert len(states(host.vault)) == 1

    def test_two_at_once_are_refused(self, host: Host) -> None:
        def another() -> None:
            refused(host.environ, "Another", "backup", host.folder / "other")

        disk = Counting(5, another)
        back_up(host.place, host.vault, quiet, disk=disk)
        assert len(states(host.vault)) == 2


class TestVerify:
    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda blob: blob.write_bytes(b"bit rot"), "cleo.txt: its content in"),
            (lambda blob: blob.unlink(), "cleo.txt: its content is lost"),
        ],
        ids=["damaged", "lost"],
    )
    def test_a_damaged_or_lost_file_is_named_and_the_backup_has_all_the_others(
        self, host: Host, spoil: Callable[[Path], None], said: str
    ) -> None:
        spoil(host.blob(CLEOS["cleo.txt"]))
        found = refused(host.environ, said, "verify")
        assert re.search(r"submission sub_\w+ \(ds1, ps1\): cleo.txt", found)
        assert "cleo.txt" in refused(host.environ, "are lost in the service", "backup", host.vault, "--keep", 1)
        assert len(states(host.vault)) == 2  # no older one goes when the new one lacks something
        refused(host.environ, "cleo.txt", "verify", host.vault)
        assert "cleo.txt" in refused(host.elsewhere(), "were lost already", "restore", host.vault)
        refused(host.elsewhere(), "cleo.txt", "verify")
        assert "no" in done(host.environ, "backups", host.vault)

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("UPDATE submission SET receipt = NULL WHERE attempt = 2", "only half of it was written"),
            ("UPDATE submission SET attempt = 1 WHERE attempt = 2", "its receipt says something else"),
            (
                "UPDATE submission SET receipt = substr(receipt, 1, length(receipt) - 4) || 'AAAA' WHERE attempt = 2",
                "The signature is wrong",
            ),
            ("UPDATE release SET version = NULL", "only half of it was written"),
            ("UPDATE snapshot_file SET path = 'other' WHERE path = 'cleo.txt'", "not those of its manifest"),
            ("DELETE FROM submitter WHERE submission_pk = 1", "no submitters"),
            ("DELETE FROM feedback", "it belongs to nothing"),
            ("DELETE FROM snapshot WHERE pk = 1", "refers to a row of snapshot"),
        ],
    )
    def test_a_row_that_is_not_whole_is_named(self, host: Host, statement: str, said: str) -> None:
        assert "is whole" in done(host.environ, "verify")
        with sqlite3.connect(host.data / "nbcohort.db") as connection:
            connection.execute(statement)
        connection.close()
        refused(host.environ, said, "verify")

    def test_lost_keys_are_named(self, host: Host) -> None:
        (host.data / "receipt-keys" / "signing.pem").unlink()
        refused(host.environ, "the key that signs receipts", "verify")
        for file in (host.data / "receipt-keys").iterdir():
            file.unlink()
        refused(host.environ, "which is not in the key list", "verify")

    def test_damage_in_a_backup_is_found_and_it_is_not_restored(self, host: Host) -> None:
        (state,) = states(host.vault)
        blob = next((host.vault / "blobs").glob("*/*"))
        kept = blob.read_bytes()
        blob.write_bytes(b"bit rot")
        refused(host.environ, "damaged", "verify", host.vault)
        refused(host.elsewhere(), "bytes", "restore", host.vault)
        assert not (Path(host.elsewhere()["NBCOHORT_DATA"]) / "nbcohort.db").exists()
        blob.write_bytes(kept)
        with (state / "database.sqlite").open("r+b") as file:
            file.seek(5000)
            file.write(b"\xff")
        refused(host.environ, "database.sqlite is damaged", "verify", host.vault)
        refused(host.elsewhere(), "database.sqlite is damaged", "restore", host.vault)


class TestRestore:
    def test_what_is_restored_has_the_tables_that_the_models_say(self, host: Host, postgres: PostgresServer) -> None:
        for number, database in enumerate(("", postgres.new_database())):
            where = {**host.elsewhere(database), "NBCOHORT_DATA": str(host.folder / f"new{number}")}
            done(where, "restore", host.vault)
            with opened(find_place(None, None, None, where)) as restored:
                assert [found for one in installed_migrations() for found in drift(restored, one)] == []

    def test_something_that_is_there_stays_unless_told_and_is_kept_aside_then(self, host: Host) -> None:
        before = dump(host.url)
        refused(host.environ, "something at", "restore", host.vault)
        assert dump(host.url) == before
        with alone(host.data / "nbcohort.db"):
            refused(host.environ, "Another nbcohort service runs", "restore", host.vault, "--replace")
        done(host.environ, "rotate-key")
        new_key = (host.data / "receipt-keys" / "signing.pem").read_bytes()
        done(host.environ, "restore", host.vault, "--replace")
        (aside,) = host.data.glob("replaced-*")
        assert (aside / "signing.pem").read_bytes() == new_key
        assert dump_file(aside / "nbcohort.db")["submission"] == before["submission"]
        (state,) = states(host.vault)
        assert dump(host.url)["submission"] == dump_file(state / "database.sqlite")["submission"]
        assert len(public_keys(host.data / "receipt-keys")) == 2
        assert "is whole" in done(host.environ, "verify")
        host.days_later(100)
        _age_blobs(host)
        assert "No files are removed while a replaced state is kept" in done(host.environ, "prune")
        assert host.blob(CLEOS["cleo.txt"]).exists()

    def test_postgres_is_not_restored_under_a_service_and_what_is_there_is_kept_in_a_schema(
        self, host: Host, postgres: PostgresServer
    ) -> None:
        where = host.elsewhere(postgres.new_database())
        url = where["NBCOHORT_DATABASE"]
        done(where, "restore", host.vault)
        query(url, "UPDATE cohort SET title = 'of before'")
        refused(where, "something at", "restore", host.vault)
        with opened(Place(host.data, url, host.data, host.place.clock)) as service, service.read():
            refused(where, "other connections", "restore", host.vault, "--replace")
        done(where, "restore", host.vault, "--replace")
        ((schema,),) = query(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replaced-%'")
        assert query(url, f'SELECT title FROM "{schema}".cohort') == [("of before",)]  # noqa: S608
        assert query(url, "SELECT title FROM cohort") == [("DS 1",)]
        assert "is whole" in done(where, "verify")

    def test_a_connection_to_postgres_that_is_about_to_end_is_waited_for(
        self, host: Host, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = host.elsewhere(postgres.new_database())["NBCOHORT_DATABASE"]
        place = Place(host.folder / "waits", url, host.folder / "waits" / "blobs", host.place.clock)
        leaving = Database(url)
        connection = leaving.engine.connect()
        waited = []

        def leave(seconds: float) -> None:
            waited.append(seconds)
            connection.close()
            leaving.close()

        monkeypatch.setattr(time, "sleep", leave)
        restore(place, host.vault, quiet)
        assert waited

    def test_whoever_comes_next_need_not_wait_until_the_connection_has_ended(
        self, host: Host, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = Place(host.data, postgres.new_database(), host.data, host.place.clock)
        kept: list[Database] = []
        with monkeypatch.context() as patch:
            patch.setattr(Database, "close", lambda self: kept.append(self))
            for _time in range(2):
                with keeping(place):
                    pass
        assert len(kept) == 2
        for database in kept:
            database.close()

    def test_a_newer_backup_is_refused(self, host: Host) -> None:
        (state,) = states(host.vault)
        manifest = (state / "manifest.json").read_text()
        (newest,) = re.findall(r"submissions_\d{4}", manifest)
        for old, new, sentence in (
            (newest, "submissions_9999", "newer version (submissions_9999)"),
            ('"format": 1', '"format": 2', "newer nbcohort"),
        ):
            assert old in manifest
            (state / "manifest.json").write_text(manifest.replace(old, new))
            _sum_again(state)
            refused(host.elsewhere(), sentence, "restore", host.vault)
        assert not (Path(host.elsewhere()["NBCOHORT_DATA"]) / "nbcohort.db").exists()

    def test_an_older_backup_is_brought_up_to_date(self, host: Host, postgres: PostgresServer) -> None:
        """A backup of the time before there was peer review."""
        with sqlite3.connect(host.data / "nbcohort.db") as connection:
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'review_%' AND type = 'table'")
            for name in [*(row[0] for row in tables.fetchall()), "version_review"]:
                connection.execute(f"DROP TABLE {name}")
        connection.close()
        done(host.environ, "backup", host.folder / "old")
        for number, database in enumerate(("", postgres.new_database())):
            where = {**host.elsewhere(database), "NBCOHORT_DATA": str(host.folder / f"new{number}")}
            done(where, "restore", host.folder / "old")
            url = database or f"sqlite:///{where['NBCOHORT_DATA']}/nbcohort.db"
            assert query(url, "SELECT count(*) FROM review_round") == [(0,)]
            assert query(url, "SELECT count(*) FROM version_review") == [(1,)]

    def test_the_data_of_a_plugin_that_is_not_installed_goes_to_postgres_and_back(
        self, host: Host, postgres: PostgresServer
    ) -> None:
        with sqlite3.connect(host.data / "nbcohort.db") as connection:
            connection.executescript(
                "CREATE TABLE kudos (pk INTEGER PRIMARY KEY, at DATETIME NOT NULL, words JSON, member VARCHAR UNIQUE);"
                "CREATE TABLE version_kudos (version_num VARCHAR(32) PRIMARY KEY);"
                "INSERT INTO version_kudos VALUES ('kudos_0007');"
                """INSERT INTO kudos VALUES (1, '2026-01-12 09:00:00.000001', '{"why": "é"}', 'a');"""
                "INSERT INTO kudos VALUES (5, '2026-01-13 09:00:00', 'null', 'b');"
                "INSERT INTO kudos VALUES (6, '2026-01-14 09:00:00', NULL, 'c');"
            )
        connection.close()
        done(host.environ, "backup", host.folder / "one")
        there = host.elsewhere(postgres.new_database())
        done(there, "restore", host.folder / "one")
        url = there["NBCOHORT_DATABASE"]
        query(url, "INSERT INTO kudos (at, member) VALUES ('2026-01-15 10:00+01', 'd')")
        assert query(url, "SELECT pk, words->>'why' FROM kudos WHERE pk IN (1, 7)") == [(1, "é"), (7, None)]
        done(there, "backup", host.folder / "two")
        back = {"NBCOHORT_DATA": str(host.folder / "back")}
        done(back, "restore", host.folder / "two")
        with sqlite3.connect(host.folder / "back" / "nbcohort.db") as connection:
            rows = connection.execute("SELECT pk, at, words, member FROM kudos ORDER BY pk").fetchall()
            assert connection.execute("SELECT version_num FROM version_kudos").fetchall() == [("kudos_0007",)]
        connection.close()
        assert [(row[0], row[1], row[3]) for row in (rows[0], rows[3])] == [
            (1, "2026-01-12 09:00:00.000001", "a"),
            (7, "2026-01-15 09:00:00.000000", "d"),
        ]
        assert [row[2] for row in rows[1:]] == ["null", None, None]


def _sum_again(state: Path) -> None:
    lines = [line.split("  ") for line in (state / "SHA256SUMS").read_text().splitlines()]
    sums = [f"{hashlib.sha256((state / name).read_bytes()).hexdigest()}  {name}\n" for _old, name in lines]
    (state / "SHA256SUMS").write_text("".join(sums))


def _age_blobs(host: Host, days: int = 2) -> None:
    """Let the blobs have been written some days ago."""
    then = time.time() - days * 86_400
    for path in (host.data / "blobs").glob("[0-9a-f][0-9a-f]/*"):
        os.utime(path, (then, then))


def _audited(host: Host, action: str) -> list[str]:
    return [row for row in dump(host.url)["audit"] if f'"{action}"' in row]


class TestPrune:
    def test_what_was_given_up_goes_and_nothing_else(self, host: Host) -> None:
        _age_blobs(host)
        early = "Removed 0 uploads given up, 0 old answers and 0 files (0 bytes)."
        assert early in done(host.environ, "prune")
        host.days_later(8)
        before = dump(host.url)
        assert "Would remove 2 uploads given up, 0 old answers and 1 files" in done(host.environ, "prune", "--dry-run")
        assert dump(host.url) == before
        assert host.blob(GIVEN_UP["given-up.txt"]).exists()
        assert "Removed 2 uploads given up, 0 old answers and 1 files" in done(host.environ, "prune")
        assert not host.blob(GIVEN_UP["given-up.txt"]).exists()
        assert len(_audited(host, "admin.prune")) == len(_audited(host, "admin.remove-blobs")) == 1
        assert "is whole" in done(host.environ, "verify")
        after = dump(host.url)
        assert {row for row in before["submission"] if '"receipt": null' not in row} == set(after["submission"])
        host.days_later(31)
        assert "1 old answers" in done(host.environ, "prune")
        assert early in done(host.environ, "prune")

    def test_a_file_that_was_written_just_now_stays_whoever_names_it(self, host: Host) -> None:
        host.days_later(8)
        stray = host.data / "blobs" / "ab" / ("ab" * 32)
        stray.write_bytes(b"sent, and not yet written down")
        assert "0 files" in done(host.environ, "prune")
        _age_blobs(host)
        assert "2 files" in done(host.environ, "prune")
        assert not stray.exists()

    def test_a_busy_database_is_a_sentence_and_nothing_goes(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nbcohort.store.database.BUSY_SECONDS", 0.1)
        host.days_later(8)
        with sqlite3.connect(host.data / "nbcohort.db") as connection:
            connection.execute("BEGIN IMMEDIATE")
            refused(host.environ, "database is locked", "prune")
        connection.close()
        assert "Removed 2 uploads" in done(host.environ, "prune")

    def test_a_submission_with_a_receipt_is_never_given_up_whatever_else_is_wrong_with_it(self, host: Host) -> None:
        with sqlite3.connect(host.data / "nbcohort.db") as connection:
            connection.execute("UPDATE snapshot SET committed_at = NULL")
        connection.close()
        host.days_later(100)
        _age_blobs(host)
        before = dump(host.url)
        done(host.environ, "prune")
        receipts = {row for row in before["submission"] if '"receipt": null' not in row}
        assert set(dump(host.url)["submission"]) == receipts
        for data in (*EARLY.values(), *CLEOS.values(), *PAIRS.values(), *FILES.values(), *FEEDBACK.values()):
            assert host.blob(data).exists()


class TestForget:
    def test_names_words_and_files_that_were_only_theirs_go_and_hashes_and_receipts_stay(self, host: Host) -> None:
        before = dump(host.url)
        said = done(host.environ, "forget", "cleo", "--yes")
        assert "2 files went with them" in said
        assert not host.blob(CLEOS["cleo.txt"]).exists()
        assert not host.blob(FEEDBACK["ps1.html"]).exists()
        assert host.blob(NOTEBOOK).exists()  # others handed it in, too
        assert host.blob(PAIRS["pair.txt"]).exists()  # it is ben's as well
        after = dump(host.url)
        assert len(after["person"]) == len(before["person"]) - 1
        for table, rows in after.items():
            assert not [row for row in rows if '"cleo"' in row or "the flu" in row], table
        for table in ("submission", "submitter", "snapshot", "snapshot_file", "feedback", "member", "interaction"):
            assert after[table] == before[table]
        assert len(_audited(host, "admin.forget")) == 1
        assert "is whole" in done(host.environ, "verify")
        done(host.environ, "backup", host.folder / "after")
        assert "is whole" in done(host.environ, "verify", host.folder / "after")
        refused(host.environ, "Nobody here has the account cleo", "forget", "cleo", "--yes")

    def test_who_is_a_member_still_is_not_forgotten(self, host: Host) -> None:
        before = dump(host.url)
        refused(host.environ, "ada is a member of ds1: end that first", "forget", "ada", "--yes")
        assert dump(host.url) == before

    def test_it_asks(self, host: Host) -> None:
        before = dump(host.url)
        refused(host.environ, "cannot be undone", "forget", "cleo")
        assert dump(host.url) == before


def test_a_rotated_key_is_audited_and_old_receipts_still_verify(host: Host) -> None:
    keys = host.data / "receipt-keys"
    old = (keys / "signing.pem").read_bytes()
    (kid,) = (jwk["kid"] for jwk in public_keys(keys))
    assert kid not in done(host.environ, "rotate-key")
    assert (keys / "signing.pem").read_bytes() != old
    assert len(public_keys(keys)) == 2
    assert len(_audited(host, "admin.rotate-key")) == 1
    assert "is whole" in done(host.environ, "verify")
