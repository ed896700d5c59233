"""Who read what is personal: lines of the audit log that are written a moment later.

A read never waits for them. They are written every second and when the service stops; a clean stop
loses none. What ends the process at once (a kill, a power cut) loses at most those of the last
second, or, while the database does not take them, all that wait; the reads of that time are lost
from the log, and nothing else is.
"""

from __future__ import annotations

from collections import deque
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from sensor_screen.errors import StorageError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us
from sensor_screen.storage.database.rows import add_all

if TYPE_CHECKING:
    from sensor_screen.storage.database.engine import Database

EVERY_S = 1.0
AT_ONCE = 1000
"""Lines of one transaction, so that other writers do not wait long."""
MOST_WAITING = 200_000
"""Lines that wait for a database that is away, some 100 MB. Then the oldest go; how many went is a
line of its own once there is room again."""


class Reader(Protocol):
    """Who reads: an actor, or whoever was admitted to a socket."""

    @property
    def clinic_id(self) -> str:
        """Of whose."""

    @property
    def account_id(self) -> str | None:
        """None: a program's."""

    @property
    def token_id(self) -> str:
        """By which."""


class ReadLog:
    """Lines that wait, and the thread that writes them.

    Args:
        database: Where to.
        every_s: How often.
        most_waiting: Lines that are held.
    """

    def __init__(
        self, database: Database, *, every_s: float = EVERY_S, most_waiting: int = MOST_WAITING
    ) -> None:
        self._database, self._every_s = database, every_s
        self._waiting: deque[dict[str, Any]] = deque()
        self._most, self._lost = most_waiting, 0
        self._lock, self._writing = Lock(), Lock()
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="read log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end; what cannot be written now is said in the log."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._try()
        if self._waiting:
            structlog.get_logger().error("reads not logged", lines=len(self._waiting))

    def add(self, reader: Reader, action: str, object_id: str | None, request_id: str) -> None:
        """One read; safe from any thread, and from an event loop."""
        line = _line(reader.clinic_id, action, object_id, "done", request_id)
        line |= {"account_id": reader.account_id, "token_id": reader.token_id}
        with self._lock:
            if len(self._waiting) >= self._most:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(line)

    def flush(self) -> None:
        """Write all that waits now.

        Raises:
            StorageError: The database does not take it; it waits on.
        """
        with self._writing:
            while lines := self._take():
                try:
                    with self._database.write() as connection:
                        add_all(connection, schema.audit, lines)
                except BaseException:
                    with self._lock:
                        self._waiting.extendleft(reversed(lines))
                    raise

    def _take(self) -> list[dict[str, Any]]:
        """The oldest lines, with the ids that put them in the order of their writing."""
        with self._lock:
            count = min(AT_ONCE, len(self._waiting))
            lines = [self._waiting.popleft() for _ in range(count)]
            if self._lost and lines:
                lines.append(_line(None, "audit.lost", None, f"{self._lost} reads", ""))
                self._lost = 0
        ids = sorted(new_id() for _ in lines)
        return [line | {"id": row_id} for line, row_id in zip(lines, ids, strict=True)]

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._try()

    def _try(self) -> None:
        try:
            self.flush()
        except StorageError as error:
            structlog.get_logger().warning("reads wait to be logged", reason=str(error))
        except Exception as error:  # noqa: BLE001 - the thread goes on, whatever it was
            structlog.get_logger().error("reads wait to be logged", exc_info=error)


def _line(
    clinic_id: str | None, action: str, object_id: str | None, outcome: str, request_id: str
) -> dict[str, Any]:
    return {
        "clinic_id": clinic_id,
        "at_us": now_us(),
        "account_id": None,
        "token_id": None,
        "action": action,
        "object_id": object_id,
        "outcome": outcome,
        "request_id": request_id,
    }
