from __future__ import annotations

import sqlite3

import pytest

from sensor_screen.storage.sqlite_version import describe_sqlite, has_wal_reset_bug, sqlite_version


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_with_the_bug_are_known(version: tuple[int, int, int], bug: bool) -> None:
    assert has_wal_reset_bug(version) is bug
    assert ("has the WAL-reset bug" in describe_sqlite(version)) is bug
    assert ".".join(map(str, version)) in describe_sqlite(version)


def test_the_version_is_that_of_the_library() -> None:
    found = sqlite3.connect(":memory:").execute("select sqlite_version()").fetchone()[0]
    assert ".".join(map(str, sqlite_version())) == found
    assert has_wal_reset_bug() == has_wal_reset_bug(sqlite_version())
