"""A database is opened, owned, and its transactions are whole."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from sensor_screen.errors import ConflictError, StorageError, UsageError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.migration import migrate
from sensor_screen.storage.database.rows import add

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.storage.database.engine import Database


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'a.sqlite'}"


def write_twice(database: Database) -> None:
    with database.write() as connection:
        for _ in range(2):
            add(connection, schema.clinic, id="a", name="undone")


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return [*connection.execute(select(schema.clinic.c.name)).scalars()]


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)
    with database.write() as connection:
        add(connection, schema.clinic, name="kept")
    with pytest.raises(ConflictError):
        write_twice(database)
    assert names(database) == ["kept"]
    database.close()


def test_what_is_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)
    with database.write() as connection:
        add(connection, schema.clinic, name="kept")
    database.close()
    again = open_database(url_of(tmp_path))
    assert names(again) == ["kept"]
    again.close()


def test_a_reader_sees_one_state_while_others_write(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)
    with database.read() as connection:
        before = connection.execute(select(schema.clinic.c.name)).scalars().all()
        with database.write() as writing:
            add(writing, schema.clinic, name="new")
        after = connection.execute(select(schema.clinic.c.name)).scalars().all()
    assert before == after == []
    assert names(database) == ["new"]
    database.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)
    with pytest.raises((StorageError, DBAPIError)), database.read() as connection:
        add(connection, schema.clinic, name="no")
    assert names(database) == []
    database.close()


def test_many_threads_write_one_after_the_other(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)

    def write(count: int) -> None:
        for number in range(count):
            with database.write() as connection:
                add(connection, schema.clinic, name=str(number))

    threads = [Thread(target=write, args=(20,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 160
    database.close()


def test_commits_are_synced_and_readers_leave_checkpoints_alone(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    with database.write() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    with database.read() as connection:
        assert connection.execute(text("PRAGMA wal_autocheckpoint")).scalar() == 0
    database.close()


def test_a_second_process_is_refused_and_may_read(tmp_path: Path) -> None:
    database = open_database(url_of(tmp_path))
    migrate(database)
    program = (
        "from sensor_screen.storage.database.engine import open_database\n"
        "from sensor_screen.errors import UsageError\n"
        f"url = {url_of(tmp_path)!r}\n"
        "try:\n    open_database(url)\n"
        "except UsageError as error:\n    print(error)\n"
        "print(open_database(url, owner=False).check())\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "another sensor-screen serves from it" in said
    assert said.endswith("None\n")
    database.close()
    open_database(url_of(tmp_path)).close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    open_database(url_of(tmp_path / "data")).close()
    assert (tmp_path / "data" / "a.sqlite").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["nonsense", "mysql://a@b/c", "sqlite+what://x"])
def test_what_is_no_url_is_said(url: str) -> None:
    with pytest.raises(UsageError, match="postgresql://"):
        open_database(url)


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StorageError) as caught, open_database(url_of(tmp_path)).write():
        pass
    assert caught.value.fault == "damaged"
