"""A database becomes the one that this software knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sensor_screen.errors import StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.storage.database.engine import Database


def migrate(database: Database) -> str:
    """Bring it to the newest revision, which is returned; all or nothing.

    Raises:
        StorageError: It was made by a newer version.
    """
    config = _config()
    with database.write() as connection:
        _refuse_newer(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return MigrationContext.configure(connection).get_current_revision() or ""


def revision_of(database: Database) -> str:
    """Of the database as it is; empty where there is none."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def newest_revision() -> str:
    """That this software knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "sensor_screen:storage/database/migrations")
    return config


def _refuse_newer(connection: Connection, config: Config) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StorageError(
            f"the database is at revision {current}",
            "a newer version of this software made it",
            "update the software, or restore a backup",
            fault="damaged",
        )
