"""People whom nobody has seen for long are erased, and earlier erasures are finished: every day."""

from __future__ import annotations

import time
from itertools import takewhile
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

from sensor_screen.errors import ScreenError
from sensor_screen.service.erasure import RETENTION, bury, finish, go_on_erasing
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us
from sensor_screen.storage.database.rows import add
from sensor_screen.storage.database.tombstone_rows import people_without_session_since

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.services import Services
    from sensor_screen.storage.database.rows import Row

DAY_S = 86_400.0
DAY_US = 86_400_000_000


def keep_retention(
    services: Services, at_us: int | None = None, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Erase everybody whose last session was added more than `retention_days` ago.

    Who was added without a session counts from then on. Each is erased in a transaction of its own,
    with a line in the audit log of the clinic.

    Args:
        services: With the setting; zero erases nobody.
        at_us: Now.
        stopping: Whether to leave the rest for the next time; asked before each.

    Returns:
        How many were erased.

    Raises:
        StorageError: The database cannot be used.
    """
    days = services.settings.retention_days
    if days == 0:
        return 0
    since_us = (at_us or now_us()) - days * DAY_US
    with services.database.read() as connection:
        idle = people_without_session_since(connection, since_us)
    return sum(_erase(services, row, since_us) for row in takewhile(lambda _: not stopping(), idle))


def _erase(services: Services, row: Row, since_us: int) -> bool:
    person_id, clinic_id = row["id"], row["clinic_id"]
    with services.database.write() as connection:
        still = {one["id"] for one in people_without_session_since(connection, since_us)}
        if person_id not in still:
            return False
        removed = bury(connection, clinic_id, person_id, RETENTION)
        add(
            connection,
            schema.audit,
            clinic_id=clinic_id,
            at_us=now_us(),
            action="people.erase",
            object_id=person_id,
            outcome=RETENTION,
            request_id=new_id()[:16],
        )
    finish(services, person_id, removed)
    structlog.get_logger().info("erased by retention", clinic=clinic_id, person=person_id)
    return True


class DailyCare:
    """Does it when the service starts, and every day after.

    Args:
        services: Of the service.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="daily care", daemon=True)

    def start(self) -> None:
        """Begin; nobody waits for it."""
        self._thread.start()

    def stop(self) -> None:
        """End after the person that it is at."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                keep_retention(self._services, stopping=self._stopping.is_set)
                go_on_erasing(self._services)
                self._services.objects.remove_parts(time.time() - DAY_S)
            except ScreenError as error:
                structlog.get_logger().warning("daily care waits", reason=str(error))
            except Exception as error:  # noqa: BLE001 - tomorrow it is tried again
                structlog.get_logger().error("daily care failed", exc_info=error)
            if self._stopping.wait(DAY_S):
                return
