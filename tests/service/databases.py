"""A migrated database of each kind, with a clinic and streams in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.storage.database import schema
from sensor_screen.storage.database.engine import Database, open_database
from sensor_screen.storage.database.migration import migrate
from sensor_screen.storage.database.rows import add

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.service.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """On PostgreSQL the same one for many tests: each adds a clinic of its own."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(scope="session")
def postgres_database(postgres_cluster: Cluster) -> Iterator[Database]:
    opened = open_database(postgres_cluster.url())
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/a.db")
    migrate(opened)
    yield opened
    opened.close()


def add_streams(database: Database, count: int = 1) -> list[str]:
    """Open streams of one session; their ids."""
    with database.write() as connection:
        clinic = add(connection, schema.clinic, name="A clinic")["id"]
        person = add(connection, schema.person, clinic_id=clinic, label="P-1")["id"]
        session = add(
            connection,
            schema.session,
            clinic_id=clinic,
            person_id=person,
            recorded_on="2026-11-27",
            answers="",
        )["id"]
        return [
            add(
                connection,
                schema.stream,
                clinic_id=clinic,
                session_id=session,
                state="open",
                writer=0,
            )["id"]
            for _ in range(count)
        ]
