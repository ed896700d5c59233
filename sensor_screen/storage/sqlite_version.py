"""Whether the SQLite at hand can lose commits.

From 3.7.0 to 3.51.2, when two connections to a database in WAL mode write or checkpoint at the
same moment, the log may be reset under one of them and commits are lost or the file is damaged.
Mended in 3.51.3, and in 3.44.6 and 3.50.7 for older lines (sqlite.org/wal.html, "The WAL-reset
bug"). The service writes and checkpoints on one connection of one process, which is safe with any.
"""

from __future__ import annotations

import sqlite3

FIRST_WITH_WAL = (3, 7, 0)
MENDED = (3, 51, 3)
MENDED_LINES = {(3, 44): 6, (3, 50): 7}
"""Older line -> first patch of it that is mended."""

Version = tuple[int, int, int]


def sqlite_version() -> Version:
    """Of the library that this Python uses."""
    major, minor, patch = sqlite3.sqlite_version_info[:3]
    return major, minor, patch


def has_wal_reset_bug(version: Version | None = None) -> bool:
    """Whether a version has the bug.

    Args:
        version: None for the one at hand.
    """
    version = version or sqlite_version()
    if not FIRST_WITH_WAL <= version < MENDED:
        return False
    mended_patch = MENDED_LINES.get(version[:2])
    return mended_patch is None or version[2] < mended_patch


def describe_sqlite(version: Version | None = None) -> str:
    """One sentence for `doctor`."""
    version = version or sqlite_version()
    name = f"SQLite {'.'.join(map(str, version))}"
    if not has_wal_reset_bug(version):
        return f"{name} is free of the WAL-reset bug"
    return (
        f"{name} has the WAL-reset bug, which loses commits when two programs write: let only one "
        "service use the database, and no other program write to it"
    )
