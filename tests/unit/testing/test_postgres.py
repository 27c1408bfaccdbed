"""The PostgreSQL server that tests use."""

import os
from pathlib import Path

import psycopg
import pytest

from nbcohort.testing import PostgresServer, running_postgres


def test_each_database_is_new_and_empty(postgres: PostgresServer) -> None:
    first, second = postgres.new_database(), postgres.new_database()
    assert first != second
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    assert row == (0,)


def test_a_stranger_without_the_password_is_refused(postgres: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=postgres.port, user="test", password="guess", dbname="postgres").close()


def test_the_server_and_its_files_are_gone_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), running_postgres() as server:
        raise ZeroDivisionError
    assert server.process.poll() is not None
    assert not Path(server.log).exists()
    assert not os.path.exists(f"/proc/{server.process.pid}/stat")  # noqa: PTH110
