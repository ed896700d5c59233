"""Migrations lead to what the schema says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from sensor_screen.errors import StorageError
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.migration import migrate, newest_revision, revision_of
from sensor_screen.storage.database.schema import metadata

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_database_becomes_what_the_schema_says(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert revision_of(database) == ""
    assert migrate(database) == newest_revision() == revision_of(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    migrate(database)
    database.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    migrate(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="a newer version of this software made it"):
        migrate(database)
    database.close()
