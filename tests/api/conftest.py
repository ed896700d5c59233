"""Services over both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.policy_world import PolicyWorld
from tests.service.databases import database, postgres_database, sqlite_database
from tests.service.postgres import Cluster, empty_database, postgres_cluster, postgres_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["database", "postgres_cluster", "postgres_database", "postgres_url", "sqlite_database"]


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PolicyWorld]:
    """A world in SQLite, and the same in PostgreSQL."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = PolicyWorld(tmp_path, database_url=url)
    yield made
    made.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def each_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """For a module whose tests run on both databases: empty, or of a PostgreSQL database."""
    if request.param == "sqlite":
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    with empty_database(cluster) as url:
        yield url
