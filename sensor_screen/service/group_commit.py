"""Frames of all streams become durable together: one thread, one transaction, then the callbacks.

    commits = GroupCommit(store, deliver=loop.call_soon_threadsafe)
    commits.start()
    lane = commits.open(stream_id, durable, listener)      a connection that is the stream's writer
    lane.add(session.take())                               never waits for the store
    listener.durable(...)                                  after the transaction, by `deliver`
    lane.close()                                           what was added is still made durable
    commits.stop(grace_s)

Whatever the store does, what was added stays here until a transaction that holds it has returned.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING, Protocol

from sensor_screen.errors import StorageError
from sensor_screen.service import metrics
from sensor_screen.service.commit_lane import Lane, LaneListener
from sensor_screen.service.relay_messages import Trouble, TroubleCode
from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.service.relay_acts import Taken


@dataclass(frozen=True, slots=True)
class GroupCommitParams:
    """When, and how much."""

    interval_s: float = 0.05
    """Between the beginnings of two transactions. A sync takes 1 to 30 ms whatever it writes; 20 a
    second leave a disk idle, and a viewer does not see 50 ms."""
    most_commit_bytes: int = 8 << 20
    """Of one transaction, about: after an outage a few large ones, during which the disk is not
    away for seconds."""
    most_held_bytes: int = 128 << 20
    """Of all streams, not yet durable: beyond it none is read. 300 streams of 15 kB/s for half a
    minute."""
    first_retry_s: float = 0.25
    """Seconds after a transaction that failed."""
    longest_retry_s: float = 5.0
    """Seconds: streams go on that long after the store is well again, at most."""


class FrameStore(Protocol):
    """Where frames become durable."""

    def append(self, batches: Sequence[StreamBatch]) -> Sequence[Verdict]:
        """All in one transaction; when this returns, what was kept is durable.

        Returns:
            What became of each batch.
        """


def _at_once(act: Callable[[], None]) -> None:
    act()


class GroupCommit:
    """Takes from many connections, in any thread; one thread commits.

    Args:
        store: Where to.
        params: Tuning; None for the defaults.
        deliver: Runs callbacks where listeners live (`loop.call_soon_threadsafe`).
        on_durable: Is given each batch that was kept, behind the listeners.
    """

    def __init__(
        self,
        store: FrameStore,
        params: GroupCommitParams | None = None,
        deliver: Callable[[Callable[[], None]], object] = _at_once,
        on_durable: Callable[[StreamBatch], None] | None = None,
    ) -> None:
        self._store = store
        self._params = params or GroupCommitParams()
        self._deliver = deliver
        self._on_durable = on_durable
        self._changed = Condition()
        self._lanes: set[Lane] = set()
        self._dirty: dict[Lane, None] = {}
        self._held_bytes = 0
        self._was_full = False
        self._trouble: Trouble | None = None
        self._failures = 0
        self._stop_at_s: float | None = None
        self._thread: Thread | None = None
        self.commits = 0
        """Transactions that succeeded."""
        self.last_commit_s = 0.0
        """How long the last one took."""

    @property
    def has_room(self) -> bool:
        """Whether anything more should be read."""
        return self._held_bytes < self._params.most_held_bytes

    @property
    def held_bytes(self) -> int:
        """Not yet durable."""
        return self._held_bytes

    @property
    def current_trouble(self) -> Trouble | None:
        """None: things become durable."""
        return self._trouble

    # --- lanes ------------------------------------------------------------------------------------

    def open(
        self, stream_id: str, writer: int, begin: tuple[int, int], listener: LaneListener
    ) -> Lane:
        """For a connection that has become writer number `writer`.

        Lanes of earlier writers in this process are refused at once.

        Args:
            stream_id: Which stream.
            writer: The number that its claim gave.
            begin: Frames and marks that are durable.
            listener: Is called by `deliver`.
        """
        lane = Lane(self, stream_id, writer, begin, listener)
        with self._changed:
            older = [
                one for one in self._lanes if one.stream_id == stream_id and one.writer < writer
            ]
            for one in older:
                self._refuse(one)
            self._lanes.add(lane)
            trouble = self._trouble
            room = self._room()
        events = [_call(one, lambda to: to.refused(Verdict.SUPERSEDED)) for one in older]
        events += room
        if trouble is not None:
            events.append(_call(lane, lambda to: to.trouble(trouble)))
        self._tell(events)
        return lane

    def add(self, lane: Lane, taken: Taken) -> None:
        """See `Lane.add`."""
        with self._changed:
            if lane.refused:
                return
            lane.frames += taken.frames
            lane.marks += taken.marks
            lane.slots = taken.slots or lane.slots
            lane.finish = taken.finish or lane.finish
            self._held_bytes += sum(len(value) for _, value in taken.frames)
            self._was_full = self._was_full or not self.has_room
            if lane not in self._dirty:
                self._dirty[lane] = None
                if len(self._dirty) == 1:
                    self._changed.notify_all()

    def forget_idle(self, lane: Lane) -> None:
        """Drop a lane to which nobody listens, once nothing of it waits."""
        with self._changed:
            if lane.listener is None and lane.is_idle:
                self._lanes.discard(lane)

    def _refuse(self, lane: Lane) -> None:
        """Nothing of it is kept; the caller holds the lock."""
        lane.refused = True
        self._held_bytes -= lane.drop(lane.batch())
        self._dirty.pop(lane, None)
        self._lanes.discard(lane)

    def _room(self) -> list[Callable[[], None]]:
        """Tell everybody who may have stopped reading; the caller holds the lock."""
        if not self._was_full or not self.has_room:
            return []
        self._was_full = False
        return [_call(lane, lambda to: to.room()) for lane in self._lanes]

    # --- committing -------------------------------------------------------------------------------

    def commit(self) -> float:
        """One transaction with what waits; with nothing only to see whether a trouble is over.

        Returns:
            Seconds until the next attempt is worth while: 0 unless this one failed.
        """
        work = self._gather()
        if not work and self._trouble is None:
            return 0.0
        batches = [batch for _, batch in work]
        begin_s = time.monotonic()
        try:
            verdicts = self._store.append(batches)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be lost by it
            return self._failed(error)
        self.last_commit_s = time.monotonic() - begin_s
        self.commits += 1
        metrics.COMMIT_S.observe(self.last_commit_s)
        self._kept(work, verdicts)
        return 0.0

    def _gather(self) -> list[tuple[Lane, StreamBatch]]:
        work, size = list[tuple[Lane, StreamBatch]](), 0
        with self._changed:
            for lane in self._dirty:
                batch = lane.batch()
                work.append((lane, batch))
                size += batch.size
                if size >= self._params.most_commit_bytes:
                    break
        metrics.HELD_BYTES.set(self._held_bytes)
        return work

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        params = self._params
        wait_s = min(
            params.first_retry_s * 2.0 ** min(self._failures - 1, 20), params.longest_retry_s
        )
        trouble = describe_trouble(error, wait_s)
        metrics.COMMIT_FAILURES.labels(trouble.code.value).inc()
        with self._changed:
            fresh = self._trouble is None or self._trouble.code is not trouble.code
            self._trouble = trouble
            lanes = [*self._lanes]
        if fresh:
            self._tell([_call(lane, lambda to: to.trouble(trouble)) for lane in lanes])
        return wait_s

    def _kept(self, work: list[tuple[Lane, StreamBatch]], verdicts: Sequence[Verdict]) -> None:
        events: list[Callable[[], None]] = []
        kept: list[StreamBatch] = []
        with self._changed:
            if self._trouble is not None:
                self._trouble, self._failures = None, 0
                events += [_call(lane, lambda to: to.trouble_over()) for lane in self._lanes]
            for (lane, batch), verdict in zip(work, verdicts, strict=True):
                if verdict is Verdict.KEPT:
                    kept.append(batch)
                if not lane.refused:
                    events.append(self._settle(lane, batch, verdict))
            events += self._room()
        metrics.FRAMES.inc(sum(len(batch.frames) for batch in kept))
        metrics.HELD_BYTES.set(self._held_bytes)
        if self._on_durable is not None:
            events += [_bound(self._on_durable, batch) for batch in kept]
        self._tell(events)

    def _settle(self, lane: Lane, batch: StreamBatch, verdict: Verdict) -> Callable[[], None]:
        """Note what became of a batch; the caller holds the lock."""
        if verdict is not Verdict.KEPT:
            self._refuse(lane)
            return _call(lane, lambda to: to.refused(verdict))
        self._held_bytes -= lane.drop(batch)
        self._dirty.pop(lane, None)
        if not lane.is_idle:
            self._dirty[lane] = None
        elif lane.listener is None:
            self._lanes.discard(lane)
        lane.next_sequence += len(batch.frames)
        lane.durable_marks += len(batch.marks)
        sequence, marks, finished = lane.next_sequence, lane.durable_marks, batch.finish is not None
        return _call(lane, lambda to: to.durable(sequence, marks, finished=finished))

    def _tell(self, events: Sequence[Callable[[], None]]) -> None:
        def tell() -> None:
            for event in events:
                event()

        if events:
            self._deliver(tell)

    # --- the thread -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to commit."""
        self._thread = Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float) -> bool:
        """Make durable what was added, for at most `grace_s`, and end.

        Returns:
            Whether everything is durable.
        """
        with self._changed:
            self._stop_at_s = time.monotonic() + grace_s
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(grace_s + 1.0)
            self._thread = None
        return not self._dirty

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._dirty and self._trouble is None and self._stop_at_s is None:
                    self._changed.wait()
                if self._stop_at_s is not None and (
                    not self._dirty or time.monotonic() >= self._stop_at_s
                ):
                    return
            begin_s = time.monotonic()
            wait_s = self.commit() or begin_s + self._params.interval_s - time.monotonic()
            self._pause(wait_s)

    def _pause(self, wait_s: float) -> None:
        """Sleep; less where it is to stop."""
        until_s = time.monotonic() + wait_s
        with self._changed:
            while (left_s := until_s - time.monotonic()) > 0:
                stop_at_s = self._stop_at_s
                if stop_at_s is not None:
                    # Twenty more attempts in the time that is left, at least.
                    left_s = min(left_s, 0.05, max(stop_at_s - time.monotonic(), 0.0))
                    self._changed.wait(left_s)
                    return
                self._changed.wait(left_s)


def _call(lane: Lane, act: Callable[[LaneListener], None]) -> Callable[[], None]:
    """For later: at that time the connection may have gone."""

    def call() -> None:
        if lane.listener is not None:
            act(lane.listener)

    return call


def _bound(act: Callable[[StreamBatch], None], batch: StreamBatch) -> Callable[[], None]:
    return lambda: act(batch)


def describe_trouble(error: Exception, wait_s: float) -> Trouble:
    """What a relay is told of an error of the store."""
    fault = error.fault if isinstance(error, StorageError) else ""
    if fault == "full":
        return Trouble(TroubleCode.STORAGE_FULL, "The disk of the service is full.", wait_s)
    if fault == "away":
        return Trouble(
            TroubleCode.DATABASE_AWAY, "The database of the service does not answer.", wait_s
        )
    return Trouble(TroubleCode.STORAGE_FAILED, "The service cannot store anything now.", wait_s)
