"""Everything behind the sockets of live streams: commits, viewers, folds.

live = LiveStreams(database, objects, params)
live.start(loop.call_soon_threadsafe)
await live.drain(grace_s)       no more is read; what was is made durable and acknowledged
live.stop()
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from sensor_screen.service import metrics
from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.service.group_commit import GroupCommit, GroupCommitParams
from sensor_screen.service.live_hub import LiveHub
from sensor_screen.service.relay_messages import CloseCode, compact
from sensor_screen.service.stream_folds import StreamFolds
from sensor_screen.service.stream_follow import StreamFollower
from sensor_screen.storage.database.frames import FINISHING, FOLDED, read_stream
from sensor_screen.storage.database.stream_batch import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.fold_stream import FoldedStream, Objects
    from sensor_screen.service.live_hub import Analyst
    from sensor_screen.service.relay_acts import DurableStream
    from sensor_screen.service.relay_connection import RelayConnection
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.stream_batch import StreamBatch

CLAIMS_AT_ONCE = 4
"""Threads that ask the database for connections that begin; SQLite writes one after the other."""


class LiveStreams:
    """All live streams of this process.

    Args:
        database: Where frames become durable.
        objects: Gets the recordings.
        params: Of the commits; None for the defaults.
        make_analyst: Makes who measures, of the streams to read from and the hub that hears
            events; None: nothing is measured while it comes.
    """

    def __init__(
        self,
        database: Database,
        objects: Objects,
        params: GroupCommitParams | None = None,
        make_analyst: Callable[[DurableStreams, LiveHub], Analyst] | None = None,
    ) -> None:
        self._database = database
        self.streams = DurableStreams(database)
        self._call_soon: Callable[[Callable[[], None]], object] = lambda act: act()
        self.hub = LiveHub(self._soon)
        if make_analyst is not None:
            self.hub.analyst = make_analyst(self.streams, self.hub)
        self.commits = GroupCommit(self.streams, params, self._soon, self._committed)
        self.folds = StreamFolds(database, objects, self._folded)
        self._follower = StreamFollower(database, self.hub, self._is_here, self._over_elsewhere)
        self._claims = ThreadPoolExecutor(CLAIMS_AT_ONCE, "claims")
        self._connections: set[RelayConnection] = set()
        self._left = asyncio.Event()

    def start(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        """Begin; callbacks run by `call_soon`."""
        self._call_soon = call_soon
        self.hub.analyst.start()
        self.commits.start()
        self.folds.start()
        if not self._database.is_sqlite:  # of which there is one worker
            self._follower.start()

    async def drain(self, grace_s: float) -> bool:
        """Close every relay once what it sent is acknowledged.

        Returns:
            Whether all were in time.
        """
        for connection in [*self._connections]:
            connection.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._connections:
                    self._left.clear()
                    await self._left.wait()
        late = [*self._connections]
        for connection in late:
            connection.session.close(CloseCode.RESTARTING, "The service is being restarted.")
            connection.drain()
        return not late

    def stop(self, grace_s: float = 5.0) -> bool:
        """End; the database may be closed then.

        Returns:
            Whether everything that was taken is durable.
        """
        self._follower.stop()
        whole = self.commits.stop(grace_s)
        self.folds.stop()
        self.hub.analyst.stop()
        self._claims.shutdown(cancel_futures=True)
        return whole

    @property
    def relays(self) -> int:
        """Connected at present."""
        return len(self._connections)

    def join(self, connection: RelayConnection) -> None:
        """A relay is connected."""
        self._connections.add(connection)
        metrics.STREAMS.inc()

    def leave(self, connection: RelayConnection) -> None:
        """It is not any more; what it sent is still made durable."""
        connection.gone()
        if connection in self._connections:
            self._connections.discard(connection)
            metrics.STREAMS.dec()
        self._left.set()

    def finish(self, stream_id: str) -> bool:
        """End a stream from this side, in any thread that may wait; its fold begins.

        Returns:
            Whether it was open. What its relay holds and has not sent is not in it.

        Raises:
            StorageError: The database does not answer.
        """
        was_open = self.streams.finish(stream_id)
        if was_open:
            self.hub.analyst.close(stream_id)
            self.folds.submit(stream_id)
            self._soon(lambda: self._end_relays(stream_id))
        return was_open

    def _end_relays(self, stream_id: str) -> None:
        for connection in [*self._connections]:
            if connection.stream_id == stream_id:
                connection.refused(Verdict.CLOSED)

    async def claim(self, stream_id: str) -> DurableStream | None:
        """Become the writer of a stream; None: there is none.

        Raises:
            StorageError: The database does not answer.
        """
        loop = asyncio.get_running_loop()
        durable = await loop.run_in_executor(self._claims, self.streams.claim, stream_id)
        if durable is not None and durable.open:
            self.hub.analyst.open(stream_id)
        return durable

    async def look_up(self, stream_id: str) -> tuple[bool, str | None]:
        """Whether a stream is open, and its last event if it is over.

        Raises:
            StorageError: The database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._claims, self._look_up, stream_id
        )

    def _look_up(self, stream_id: str) -> tuple[bool, str | None]:
        with self._database.read() as connection:
            state = read_stream(connection, stream_id)
        if state is None or state.is_open or state.state == FINISHING:
            return state is not None and state.is_open, None
        recording_id = state.recording_id if state.state == FOLDED else None
        return False, over_text(recording_id, state.problem)

    def _soon(self, act: Callable[[], None]) -> None:
        try:
            self._call_soon(act)
        except RuntimeError:
            # The loop is closed: nobody is there to be told.
            return

    def _committed(self, batch: StreamBatch) -> None:
        self.hub.committed(batch)
        if batch.finish is not None:
            self.folds.submit(batch.stream_id)

    def _is_here(self, stream_id: str) -> bool:
        return any(one.stream_id == stream_id for one in tuple(self._connections))

    def _over_elsewhere(
        self, stream_id: str, recording_id: str | None, problem: str | None
    ) -> None:
        self.hub.end(stream_id, over_text(recording_id, problem))

    def _folded(self, stream_id: str, folded: FoldedStream) -> None:
        self.hub.end(stream_id, over_text(folded.recording_id, folded.problem))


def over_text(recording_id: str | None, problem: str | None) -> str:
    """The last event of a stream."""
    said: dict[str, object] = {"type": "finished", "recording": recording_id}
    if problem is not None:
        said["problem"] = problem
    return compact(**said)
