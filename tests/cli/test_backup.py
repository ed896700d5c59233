"""What `backup` and `restore` refuse, and what `new-key` prints."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sensor_screen.settings import Settings
from sensor_screen.storage.sealing import Sealer
from sensor_screen.wiring.serve import open_service_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


def test_one_file_is_named(run: Run, tmp_path: Path) -> None:
    assert "one of --out and --verify" in run("backup").complaint
    both = ("--out", tmp_path / "a", "--verify", tmp_path / "b")
    assert "one of --out and --verify" in run("backup", *both).complaint


def test_where_nothing_is_there_is_no_backup(run: Run, tmp_path: Path) -> None:
    told = run("backup", "--out", tmp_path / "a", "--data", tmp_path / "none").complaint
    assert "there is no such database" in told
    assert not list(tmp_path.iterdir())


def test_a_database_of_another_revision_is_not_copied(run: Run, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    open_service_database(settings).close()
    connection = sqlite3.connect(settings.sqlite_path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    told = run("backup", "--out", tmp_path / "a", "--data", tmp_path / "data").complaint
    assert "revision 0000" in told
    assert "start `serve` once" in told
    assert not (tmp_path / "a").exists()


def test_what_is_no_backup_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no backup")
    assert run("backup", "--verify", tmp_path / "words").complaint
    assert run("backup", "--verify", tmp_path / "none").complaint
    assert run("restore", tmp_path / "none", "--data", tmp_path / "new").complaint
    empty = tmp_path / "empty"
    empty.mkdir()
    told = run("restore", tmp_path / "words", "--data", tmp_path / "new", "--erased", empty)
    assert "there is no such database" in told.complaint


def test_a_new_key_seals(run: Run) -> None:
    keys = [run("new-key").out.strip() for _ in range(2)]
    assert keys[0] != keys[1]
    sealer = Sealer(keys)
    assert sealer.open(sealer.seal("word", "a", "b", "c"), "a", "b", "c") == "word"
