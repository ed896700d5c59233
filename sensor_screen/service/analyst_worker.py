"""The process that analyses live streams: batches of frames in, messages for viewers out.

It knows nothing of sockets or of the database. Every batch is answered by one outcome, so that the
pipe never holds more than one of each.
"""

from __future__ import annotations

import gc
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.judgement import Claims
from sensor_screen.protocol.relay_frame import NUMBERS, RelayReader
from sensor_screen.report.live_json import event_text, picture_text
from sensor_screen.session.live_events import Note
from sensor_screen.session.live_stream import LiveStream
from sensor_screen.session.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence, Sequence
    from multiprocessing.connection import Connection

    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.live_events import LiveEvent

POLITE = 5
"""Steps of `nice` behind the process that acknowledges."""
READY = "ready"
"""Said once, when everything is loaded and compiled."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How one stream is looked at."""

    claims: Claims = Claims.CLINICIAN
    """Wellness shows no zones."""
    book: RuleBook | None = None
    """None: the shipped one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream begins, or begins again from its first frame."""

    stream_id: str
    settings: StreamSettings
    told_sequence: int
    """What follows from frames before this one was told already."""


@dataclass(frozen=True, slots=True)
class Item:
    """News of one stream."""

    stream_id: str
    first_sequence: int
    frames: Sequence[bytes]
    marks: Sequence[tuple[str, float, str]]
    """(name, at_s, text)."""
    quiet: bool
    """It catches up: a picture says everything."""
    picture: bool
    """Give one behind it."""


@dataclass(slots=True)
class Batch:
    """What a worker is given at once."""

    opened: list[Opened] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Streams of which no more comes."""
    asked: list[tuple[int, str]] = field(default_factory=list)
    """(token, stream) of which somebody wants a picture."""

    def __bool__(self) -> bool:
        return bool(self.opened or self.items or self.finished or self.asked)


@dataclass(slots=True)
class Outcome:
    """The answer to a batch."""

    texts: list[tuple[str, list[str]]] = field(default_factory=list)
    """(stream, messages) in their order; a message that begins with `PICTURE` is a picture."""
    pictures: list[tuple[int, str | None]] = field(default_factory=list)
    """(token, picture); None: no such stream."""
    known: set[str] = field(default_factory=set)
    """Streams of the batch whose angles are all known."""


PICTURE = '{"type":"picture",'


class _Watched:
    """One stream in the worker."""

    def __init__(self, opened: Opened) -> None:
        settings = opened.settings
        self.reader = RelayReader()
        self.live = LiveStream(settings.book, settings.claims)
        self.told_sequence = opened.told_sequence

    def take(self, item: Item) -> list[str]:
        """Messages that follow from an item."""
        texts: list[str] = []
        marks = [Mark(name, at_s, text) for name, at_s, text in item.marks]
        self._say(self.live.feed((), marks), item, item.first_sequence, texts)
        for sequence, frame in enumerate(item.frames, item.first_sequence):
            arrivals: Sequence[RelayArrival] = ()
            try:
                arrivals = self.reader.read(frame)
            except ProtocolError as error:
                # It is stored all the same; the next one can be read.
                self.reader.next_sequence = (sequence + 1) % NUMBERS
                note = Note(self.live.now_s, "frame_refused", str(error))
                self._say((note,), item, sequence, texts)
            self._say(self.live.feed(arrivals), item, sequence, texts)
        if item.picture:
            texts.append(picture_text(self.live.picture()))
        return texts

    def _say(
        self, events: Sequence[LiveEvent], item: Item, sequence: int, texts: list[str]
    ) -> None:
        if item.quiet or sequence < self.told_sequence:
            return
        texts += [event_text(event) for event in events]


class AnalystWorker:
    """All streams of one process.

    Args:
        progress: One number that grows with every item, for who watches from outside.
    """

    def __init__(self, progress: MutableSequence[int]) -> None:
        self._streams: dict[str, _Watched] = {}
        self._progress = progress

    def work(self, batch: Batch) -> Outcome:
        """Take in one batch."""
        outcome = Outcome()
        for opened in batch.opened:
            self._streams[opened.stream_id] = _Watched(opened)
        for item in batch.items:
            self._progress[0] += 1
            stream = self._streams.get(item.stream_id)
            if stream is None:
                continue
            if texts := stream.take(item):
                outcome.texts.append((item.stream_id, texts))
            if stream.live.is_known:
                outcome.known.add(item.stream_id)
        self._progress[0] += 1
        for token, stream_id in batch.asked:
            stream = self._streams.get(stream_id)
            told = None if stream is None else picture_text(stream.live.picture())
            outcome.pictures.append((token, told))
        for stream_id in batch.finished:
            stream = self._streams.pop(stream_id, None)
            if stream is not None:
                events = stream.live.finish()
                outcome.texts.append((stream_id, [event_text(event) for event in events]))
        return outcome


def warm_up() -> None:
    """Load everything and compile every kernel, by one short simulated session."""
    from sensor_screen.core.alignment import assemble_leg
    from sensor_screen.model import Placement, Task
    from sensor_screen.rules.rulebook import shipped_rulebook
    from sensor_screen.session.live_screen import replay_repetitions
    from sensor_screen.simulation import Scenario, Step, simulate

    steps = (
        Step(Task.STAND, 3.0),
        Step(Task.PUMP, 3),
        Step(Task.LUNGE, 1),
        Step(Task.SQUAT, 1),
        Step(Task.STAIRS_UP, 2),
        Step(Task.KICK, 1),
    )
    made = simulate(Scenario("warm", "every kernel once", steps), seed=0).recording
    (side,) = made.sides
    shank, foot = (made.stream(side, place) for place in (Placement.SHANK, Placement.FOOT))
    replay_repetitions(assemble_leg(shank, foot, side), made.tasks)
    shipped_rulebook()


def settle_memory() -> None:
    """What was loaded stays, and what is made holds no circles: neither is looked through often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def run_worker(
    pipe: Connection, progress: MutableSequence[int], warm: Callable[[], None] = warm_up
) -> None:
    """Main function of the process: until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(POLITE)  # whoever waits for an acknowledgement comes first
    worker = AnalystWorker(progress)
    with suppress(EOFError, BrokenPipeError, ConnectionError):
        warm()
        settle_memory()
        pipe.send(READY)
        while True:
            pipe.send(worker.work(pipe.recv()))
