"""Everything that answering needs, in one place; made by `wiring.serve`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.service.endings import Endings
from sensor_screen.service.passwords import Passwords
from sensor_screen.service.retention import DailyCare
from sensor_screen.service.throttle import SignInThrottle
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us
from sensor_screen.storage.database.rows import add
from sensor_screen.storage.sealing import Sealer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Connection

    from sensor_screen.service.actor import Actor
    from sensor_screen.service.live_streams import LiveStreams
    from sensor_screen.service.measuring import Measuring
    from sensor_screen.service.read_log import ReadLog
    from sensor_screen.settings import Settings
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Reach
    from sensor_screen.storage.objects import ObjectStore


LAST_ACKNOWLEDGEMENTS_S = 5.0
"""So long relays are waited for when the service ends; what is late they send again."""


@dataclass(frozen=True, slots=True)
class Services:
    """What is behind the API."""

    settings: Settings
    database: Database
    objects: ObjectStore
    measuring: Measuring
    read_log: ReadLog
    live: LiveStreams
    """Takes the frames of streams, shows them, and folds them."""
    sealing: Sealer = field(default_factory=Sealer)
    passwords: Passwords = field(default_factory=Passwords)
    throttle: SignInThrottle = field(default_factory=SignInThrottle)
    endings: Endings = field(default_factory=Endings)

    def check(self) -> None:
        """Raise StorageError where the database or the store does not answer."""
        self.database.check()
        self.objects.check()

    async def finish_acknowledging(self) -> None:
        """The service is about to end: what was taken of streams is kept and acknowledged."""
        await self.live.drain(LAST_ACKNOWLEDGEMENTS_S)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What works beside the requests, from the first request to the last."""
        care = DailyCare(self)
        self.measuring.start()
        self.live.start(asyncio.get_running_loop().call_soon_threadsafe)
        self.read_log.start()
        care.start()
        try:
            yield
        finally:
            await asyncio.to_thread(care.stop)
            await asyncio.to_thread(self.live.stop)
            self.measuring.stop()
            self.read_log.stop()
            self.database.close()


class Access:
    """One request: who asks for what, and what of it is within reach.

    Args:
        services: Behind it.
        actor: Who; None: nobody said.
        reach: Which rows.
        action: As in the policy.
        request_id: Of the request, for the audit log.
    """

    def __init__(
        self,
        services: Services,
        actor: Actor | None,
        reach: Reach | None,
        action: str,
        request_id: str,
    ) -> None:
        self.services, self.action, self.request_id = services, action, request_id
        self._actor, self._reach = actor, reach

    @property
    def actor(self) -> Actor:
        """Who asks; a public action has nobody."""
        if self._actor is None:
            raise RuntimeError(f"{self.action} is public and asked who it is")
        return self._actor

    @property
    def reach(self) -> Reach:
        """What is within reach; a public action reaches nothing."""
        if self._reach is None:
            raise RuntimeError(f"{self.action} is public and asked for a reach")
        return self._reach

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that changes nothing."""
        with self.services.database.read() as connection:
            yield connection

    @contextmanager
    def write(self, object_id: str | None = None) -> Iterator[Connection]:
        """A transaction, with its line in the audit log; both are kept, or neither.

        Args:
            object_id: What is changed or made.
        """
        with self.services.database.write() as connection:
            yield connection
            self.note(connection, object_id)

    def note_read(self, object_id: str | None) -> None:
        """A line in the audit log for what was read; written a moment later, and never waited for.

        Args:
            object_id: What was read, or of whom; None: of everybody.
        """
        self.services.read_log.add(self.actor, self.action, object_id, self.request_id)

    def note(
        self,
        connection: Connection,
        object_id: str | None,
        outcome: str = "done",
        *,
        clinic_id: str | None = None,
        account_id: str | None = None,
    ) -> None:
        """A line in the audit log.

        Args:
            connection: Of the transaction that it belongs to.
            object_id: What it is about.
            outcome: `done` or `refused`.
            clinic_id: In whose log, where nobody has said yet who asks.
            account_id: Who that turned out to be.
        """
        actor = self._actor
        add(
            connection,
            schema.audit,
            clinic_id=actor.clinic_id if actor else clinic_id,
            at_us=now_us(),
            account_id=actor.account_id if actor else account_id,
            token_id=actor.token_id if actor else None,
            action=self.action,
            object_id=object_id,
            outcome=outcome,
            request_id=self.request_id,
        )
