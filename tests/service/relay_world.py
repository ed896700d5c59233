"""Not a test: a relay, a bad network and a service that crashes, a step at a time.

Both ends are those of the package, with the group commit between; only sockets, store and time are
not there. Within a connection messages stay in order, as TCP keeps them; what is under way when it
breaks is lost from some point on, or arrives long after its relay has another connection.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.errors import StorageError
from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service.group_commit import GroupCommit, GroupCommitParams
from sensor_screen.service.relay_acts import Claim, Close, DurableStream, Say
from sensor_screen.service.relay_client import RelayClient
from sensor_screen.service.relay_connection import RelayConnection
from sensor_screen.service.relay_session import RelaySession, RelaySessionParams
from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict
from tests.service.relay_frames import a_frame

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from sensor_screen.protocol.relay_frame import SlotDescription

STREAM = "5" * 32
SMALL = RelaySessionParams(window_frames=7, window_bytes=2000)
"""So that windows close all the time."""


@dataclass
class DictStore:
    """One stream; as durable as a dictionary, which outlives the service of a test."""

    frames: dict[int, bytes] = field(default_factory=dict)
    marks: dict[int, RelayMark] = field(default_factory=dict)
    slots: dict[int, SlotDescription] = field(default_factory=dict)
    writer: int = 0
    finish: tuple[int, int] | None = None
    faults: deque[str] = field(default_factory=deque)
    """Of the next commits: `before` or `after` what is done, then an error."""

    def claim(self) -> DurableStream:
        if self.finish is None:
            self.writer += 1
        last = self.frames.get(len(self.frames) - 1)
        return DurableStream(
            self.writer,
            len(self.frames),
            len(self.marks),
            None if last is None else int.from_bytes(last[8:16], "little"),
            dict(self.slots),
            self.finish is None,
        )

    def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "before":
            raise StorageError("the database", "the disk is full", "make room", fault="full")
        verdicts = [self._one(batch) for batch in batches]
        if fault == "after":
            raise StorageError("the database", "it does not answer", "wait", fault="away")
        return verdicts

    def _one(self, batch: StreamBatch) -> Verdict:
        if batch.writer != self.writer:
            return Verdict.SUPERSEDED
        if self.finish is not None and batch.finish != self.finish:
            return Verdict.CLOSED
        for sequence, value in batch.frames:
            self.frames.setdefault(sequence, value)
        for mark in batch.marks:
            self.marks.setdefault(mark.number, mark)
        self.slots = batch.slots or self.slots
        self.finish = batch.finish or self.finish
        return Verdict.KEPT


@dataclass(eq=False)
class Wire:
    """One connection."""

    up: deque[str | bytes] = field(default_factory=deque)
    down: deque[str | Close] = field(default_factory=deque)
    server: RelayConnection | None = None
    claims: int = 0
    """Asked for, not yet answered."""


class World:
    """Steps of everyone; any order of them is allowed."""

    def __init__(self) -> None:
        self.store = DictStore()
        self.client = RelayClient()
        self.made: list[bytes] = []
        self.made_marks: list[RelayMark] = []
        self.wire: Wire | None = None
        """Of the client; others may still be open at the service."""
        self.wires: list[Wire] = []
        self.ended = False
        self.now_s = 0.0
        self._start()

    def _start(self) -> None:
        self._events: deque[Callable[[], None]] = deque()
        self.commits = GroupCommit(
            self.store,
            GroupCommitParams(most_held_bytes=6000, most_commit_bytes=900),
            self._events.append,
        )

    # --- the relay --------------------------------------------------------------------------------

    def make_frame(self) -> None:
        if not self.ended:
            value = a_frame(len(self.made), value=bytes([len(self.made) % 251] * 40))
            self.client.add_frame(value)
            self.made.append(value)

    def make_mark(self) -> None:
        if not self.ended:
            at_us = 1_000_000 + 100_000 * len(self.made)
            self.made_marks.append(self.client.add_mark(at_us, MarkName.BEGINS, "squat"))

    def finish(self) -> None:
        self.ended = True
        self.client.finish()

    def connect(self) -> None:
        """Also where the client has a connection: it has given that up, the service not yet."""
        if self.client.is_finished:
            return
        if self.wire is not None:
            self.client.disconnected(1006, "", 0.5)
        self.wire = Wire()
        self.wires.append(self.wire)
        self.wire.up += self.client.connected(self.now_s)

    def send(self) -> None:
        if self.wire is not None:
            self.wire.up += self.client.take_messages()

    def hear(self) -> None:
        """One message of the service arrives."""
        wire = self.wire
        if wire is None or not wire.down:
            return
        message = wire.down.popleft()
        if isinstance(message, Close):
            self.client.disconnected(message.code, message.reason, 0.5)
            assert self.client.problem is None, self.client.problem
            self.wire = None
        else:
            self.client.receive(message, self.now_s)

    # --- the network ------------------------------------------------------------------------------

    def duplicate(self) -> None:
        """What is sent next by any connection comes twice; greetings and ends do not."""
        for wire in self.wires:
            if wire.up and (isinstance(wire.up[0], bytes) or '"mark"' in wire.up[0]):
                wire.up.appendleft(wire.up[0])

    def lose(self, rng: random.Random) -> None:
        """One frame or mark in the middle, which TCP never does."""
        wire = self.wire
        if wire is not None and wire.up and (isinstance(wire.up[0], bytes)):
            del wire.up[rng.randrange(len(wire.up))]

    def cut(self, rng: random.Random) -> None:
        """Both ends notice, at once or much later; of what is under way some arrives."""
        wire = self.wire
        if wire is None:
            return
        for _ in range(rng.randrange(len(wire.up) + 1)):
            wire.up.pop()
        if rng.random() < 0.5:
            wire.down.clear()
        self.client.disconnected(1006, "", 0.5)
        self.wire = None

    # --- the service ------------------------------------------------------------------------------

    def serve(self, rng: random.Random) -> None:
        """One connection takes one message, if it may."""
        if not self.wires:
            return
        wire = rng.choice(self.wires)
        if wire.server is None:
            wire.server = RelayConnection(STREAM, self.commits, RelaySession(SMALL))
        elif wire.up and not wire.server.session.closed and wire.server.may_read:
            wire.server.receive(wire.up.popleft())
        elif not wire.up and wire is not self.wire:
            wire.server.gone()
            self.wires.remove(wire)
        self._act(wire)

    def claim(self, rng: random.Random) -> None:
        waiting = [wire for wire in self.wires if wire.claims]
        if waiting:
            wire = rng.choice(waiting)
            wire.claims -= 1
            assert wire.server is not None
            wire.server.claimed(self.store.claim())
            self._act(wire)

    def commit(self, fault: str = "") -> None:
        if fault:
            self.store.faults.append(fault)
        self.commits.commit()
        self.store.faults.clear()

    def tell(self) -> None:
        """Callbacks of the oldest commit run."""
        if self._events:
            self._events.popleft()()
        for wire in self.wires:
            self._act(wire)

    def crash(self) -> None:
        """Whatever is not in the store is gone, acknowledgements under way may be, too."""
        if self.wire is not None:
            self.client.disconnected(1006, "", 0.5)
            self.wire = None
        self.wires.clear()
        self._start()

    def _act(self, wire: Wire) -> None:
        if wire.server is None:
            return
        for act in wire.server.take_acts():
            if isinstance(act, Claim):
                wire.claims += 1
            elif isinstance(act, Say):
                wire.down.append(act.text)
            else:
                wire.down.append(act)
                wire.server.gone()

    # --- what must hold ---------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing acknowledged is missing; what is stored is what was made."""
        stored = self.store.frames
        assert self.client.first_held <= len(stored)
        assert len(self.made_marks) - self.client.marks_held <= len(self.store.marks)
        assert sorted(stored) == [*range(len(stored))]
        assert all(stored[k] == self.made[k] for k in stored)
        assert [*self.store.marks.values()] == self.made_marks[: len(self.store.marks)]
        if self.client.is_finished:
            assert len(stored) == len(self.made)
            assert len(self.store.marks) == len(self.made_marks)

    def settle(self, rng: random.Random, most_steps: int = 4000) -> None:
        """The network is well again; everything must come to its end."""
        self.finish()
        for step in range(most_steps):
            if self.client.is_finished:
                break
            self.now_s += 0.05
            if self.client.is_silent(self.now_s):
                self.cut(rng)
            if self.wire is None:
                self.connect()
            self.send()
            self.serve(rng)
            self.claim(rng)
            if step % 5 == 0:
                self.commit()
            self.tell()
            self.hear()
        assert self.client.is_finished
        self.check()
        assert [self.store.frames[k] for k in range(len(self.made))] == self.made
        assert self.store.finish == (len(self.made), len(self.made_marks))


def step(world: World, rng: random.Random) -> None:
    """Any of them, the useful ones more often."""
    act = rng.choices(
        [
            *(world.make_frame, world.make_mark, world.connect, world.send, world.hear),
            *(lambda: world.serve(rng), lambda: world.claim(rng), world.commit, world.tell),
            *(world.duplicate, lambda: world.lose(rng), lambda: world.cut(rng), world.crash),
            *(lambda: world.commit("before"), lambda: world.commit("after"), world.finish),
        ],
        [20, 3, 2, 20, 20, 40, 10, 12, 14, 2, 0.7, 2, 1, 2, 2, 0.3],
    )[0]
    act()
