"""One database, SQLite or PostgreSQL: connections in transactions, and who may write.

SQLite has one writing connection in one process: versions before 3.51.3 can lose commits when two
connections write or checkpoint at the same moment. Readers never checkpoint.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sensor_screen.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

READERS = 16
"""Connections that read at once; the thread pool of the API has 40."""
WAIT_S = 10.0
"""For a connection, or for another program that holds the file for a moment."""


class Database:
    """Opened by `open_database`; closed by `close`."""

    def __init__(self, writer: Engine, reader: Engine, lock: _NoLock | None) -> None:
        self._writer, self._reader, self._lock = writer, reader, lock
        self._writing = Lock() if lock else None

    @property
    def is_sqlite(self) -> bool:
        """One process owns it."""
        return self._writing is not None

    @property
    def engine(self) -> Engine:
        """The writing one, for migrations."""
        return self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state and changes nothing.

        Raises:
            StorageError: The database cannot be reached.
        """
        with _told(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction; what it did is durable when the block has ended, or undone after an error.

        Raises:
            StorageError: The database is full, read-only or cannot be reached.
        """
        if self._writing is not None:
            with self._writing, _told(), self._writer.begin() as connection:
                yield connection
        else:
            with _told(), self._writer.begin() as connection:
                yield connection

    def check(self) -> None:
        """Raise StorageError where it does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let everything go."""
        self._reader.dispose()
        self._writer.dispose()
        if self._lock is not None:
            self._lock.release()


def open_database(url: str, *, owner: bool = True) -> Database:
    """Open one by its URL; `sqlite:///path` or `postgresql://...`.

    Args:
        url: Which.
        owner: Of SQLite: this process is the one that writes. False reads only.

    Raises:
        UsageError: The URL is none, its driver is missing, or another process owns the file.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "the database URL", "it is none", "give postgresql://user@host/name"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database:
            raise UsageError(url, "names no file", "give a file, or postgresql://user@host/name")
        return _open_sqlite(Path(parsed.database), owner=owner)
    if parsed.get_backend_name() != "postgresql":
        raise UsageError(
            parsed.render_as_string(hide_password=True),
            "is neither SQLite nor PostgreSQL",
            "give postgresql://user@host/name, or leave it out for SQLite",
        )
    try:
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=READERS,
            pool_timeout=WAIT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": int(WAIT_S)},
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            "PostgreSQL",
            "its driver is not installed",
            'run: pip install "sensor-screen[postgres]"',
        ) from error
    reader = engine.execution_options(isolation_level="REPEATABLE READ")
    return Database(engine, reader, None)


def _open_sqlite(path: Path, *, owner: bool) -> Database:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _FileLock(path.with_suffix(".lock")) if owner else None
    except OSError as error:
        raise UsageError(
            str(path), f"cannot be made ({error.strerror or error})", "name another data folder"
        ) from error
    url = f"sqlite:///{path}"
    arguments = {"check_same_thread": False, "timeout": WAIT_S}
    # Errors would show the values of rows otherwise.
    both: dict[str, Any] = {"hide_parameters": True, "max_overflow": 0, "connect_args": arguments}
    writer = create_engine(url, pool_size=1, **both)
    reader = create_engine(url, pool_size=READERS, pool_timeout=WAIT_S, **both)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(writer, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reader, "begin", lambda c: c.exec_driver_sql("BEGIN"))
    if not owner:
        writer = reader
    else:
        path.touch(mode=0o600)
    return Database(writer, reader, lock or _NoLock())


def _prepare_writer(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
    connection.isolation_level = None
    for pragma in ("query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the driver become ours."""
    try:
        yield
    except DBAPIError as error:
        if (told := _translate(error)) is None:
            raise
        raise told from error


def _translate(error: DBAPIError) -> StorageError | None:
    said = str(error.orig).lower()
    if "full" in said or "no space left" in said:
        return StorageError("the database", "the disk is full", "make room", fault="full")
    if "readonly" in said or "read-only" in said:
        return StorageError("the database", "it is read-only", "check the disk", fault="full")
    if "malformed" in said or "not a database" in said:
        return StorageError(
            "the database", "it is damaged", "restore a backup of it", fault="damaged"
        )
    away = error.connection_invalidated or any(
        word in said
        for word in ("locked", "connection", "disk i/o", "unable to open", "shutting down")
    )
    if away:
        return StorageError(
            "the database",
            "it does not answer",
            "see that it runs; it is tried again",
            fault="away",
        )
    return None


class _NoLock:
    def release(self) -> None:
        """There is none."""


class _FileLock(_NoLock):
    """Held until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        from sensor_screen.storage.disk import LocalDisk

        path.touch(mode=0o600)
        try:
            self._file = LocalDisk().open(path)
        except BlockingIOError as error:
            raise UsageError(
                str(path.parent),
                "another sensor-screen serves from it",
                "stop that one, or name another folder with --data",
            ) from error

    def release(self) -> None:
        """Another process may have it now."""
        self._file.close()
