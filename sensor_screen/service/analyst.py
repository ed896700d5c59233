"""Live streams are analysed in processes of their own, of what is durable.

    analyst = Analyst(read_frames, read_marks, on_messages)
    analyst.start()
    analyst.open(stream_id, settings)
    analyst.offer(stream_id, first_sequence, frames, marks)     after each commit
    analyst.ask_picture(stream_id, deliver)                     for who comes late
    analyst.close(stream_id)

Theory of operation. Each stream has a next sequence. What is offered is handed on from memory where
it follows, and otherwise read from the rows: a restart of the service, a worker that died, a view
that was opened late, and one that fell behind are the same. While a stream is far behind, viewers
get a picture now and then instead of every event; each says how far behind it is (`behind_s`).
Nothing here is ever waited for by who offers.

A thread for each worker gives it one batch at a time and waits for the answer. Batches are small:
what a stream says is told when its whole batch is done. Streams that may calibrate, which takes
long, have batches of their own, a few in each, and take turns with the others. A worker that is
at one stream for too long is ended: that stream's view is over, the others are begun again from
their rows, and what they had told is not told twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sensor_screen.service.analyst_params import AnalystParams
from sensor_screen.service.analyst_process import Lost, WorkerProcess
from sensor_screen.service.analyst_queue import StreamQueue, empty_picture, note_text, pictured
from sensor_screen.service.analyst_worker import PICTURE, Batch, StreamSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.service.analyst_params import NumberedMark
    from sensor_screen.service.analyst_worker import Outcome

__all__ = ["Analyst", "AnalystParams", "StreamSettings"]

_SLOW = note_text(
    "view_ended", "Its frames take too long to analyse: the live view is over. All is recorded."
)
_DEADLY = note_text(
    "view_ended", "Its frames cannot be analysed: the live view is over. All is recorded."
)


Deliver = Callable[[str | None], None]
_Asked = list[tuple[str, Deliver]]


class Analyst:
    """The live analysis of many streams.

    Args:
        read_frames: (stream, from sequence, limit) -> durable frames that follow each other from
            there on; called from a thread of the analyst.
        read_marks: (stream, from number) -> durable marks from there on.
        on_messages: (stream, JSON texts) in order; called from a thread of the analyst, and must
            not block for long. May raise: that is the end of nothing.
        workers: Processes.
        params: Tuning.
    """

    def __init__(
        self,
        read_frames: Callable[[str, int, int], Sequence[bytes]],
        read_marks: Callable[[str, int], Sequence[NumberedMark]],
        on_messages: Callable[[str, list[str]], None],
        *,
        workers: int = 1,
        params: AnalystParams | None = None,
    ) -> None:
        self._read_frames, self._read_marks = read_frames, read_marks
        self._on_messages = on_messages
        self._params = params or AnalystParams()
        self._lock = threading.Lock()
        self._streams: dict[str, StreamQueue] = {}
        self._held_bytes = 0
        self._opened = 0
        self._asked: list[deque[tuple[str, Deliver]]] = [deque() for _ in range(workers)]
        self._wake = [threading.Event() for _ in range(workers)]
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._learning_next = [False] * workers
        self.restarts = 0
        """Workers that were ended or died."""

    # --- what the service calls -------------------------------------------------------------------

    def start(self) -> None:
        """Begin; returns at once, while the workers warm up."""
        for number in range(len(self._wake)):
            name = f"analyst-{number}"
            thread = threading.Thread(target=self._serve, args=(number,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def open(self, stream_id: str, settings: StreamSettings | None = None) -> None:
        """Look at a stream from its first frame on; the same again changes nothing."""
        with self._lock:
            if stream_id in self._streams:
                return
            worker = self._opened % len(self._wake)
            self._opened += 1
            self._streams[stream_id] = StreamQueue(
                stream_id, settings or StreamSettings(), worker, time.monotonic()
            )
        self._wake[worker].set()

    def offer(
        self,
        stream_id: str,
        first_sequence: int,
        frames: Sequence[bytes],
        marks: Sequence[NumberedMark] = (),
    ) -> None:
        """Frames and marks that became durable; never blocks, and a stream not open is left."""
        with self._lock:
            stream = self._streams.get(stream_id)
            if stream is None:
                return
            room = self._params.memory_bytes - self._held_bytes
            more = stream.offer(first_sequence, frames, marks, room, time.monotonic())
            self._held_bytes += more
        self._wake[stream.worker].set()

    def ask_picture(self, stream_id: str, deliver: Deliver) -> None:
        """Have a picture given to `deliver`; None where the stream is not open.

        It comes in the thread and in the order of `on_messages`: what that is given afterwards is
        not in the picture, and everything before is.
        """
        with self._lock:
            stream = self._streams.get(stream_id)
            if stream is not None:
                self._asked[stream.worker].append((stream_id, deliver))
        if stream is None:
            deliver(None)
        else:
            self._wake[stream.worker].set()

    def picture(self, stream_id: str, timeout_s: float = 5.0) -> str | None:
        """The same, waited for; None also where none came in time. Not for `on_messages`."""
        found: list[str | None] = []
        done = threading.Event()

        def deliver(text: str | None) -> None:
            found.append(text)
            done.set()

        self.ask_picture(stream_id, deliver)
        return found[0] if done.wait(timeout_s) else None

    def behind_s(self, stream_id: str) -> float:
        """How old the oldest durable frame is that was not analysed yet; 0: none."""
        with self._lock:
            stream = self._streams.get(stream_id)
            return 0.0 if stream is None else stream.behind_s(time.monotonic())

    def close(self, stream_id: str) -> None:
        """No more comes: what is durable is still looked at, then the stream is left."""
        with self._lock:
            stream = self._streams.get(stream_id)
            if stream is None:
                return
            stream.closing = True
        self._wake[stream.worker].set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the workers; may be called once."""
        self._stop.set()
        for wake in self._wake:
            wake.set()
        for thread in self._threads:
            thread.join(timeout_s)

    # --- a thread for each worker -----------------------------------------------------------------

    def _serve(self, number: int) -> None:
        worker: WorkerProcess | None = None
        while not self._stop.is_set():
            if worker is None:
                worker = WorkerProcess.begin(self._params, self._stop.is_set)
            if worker is None:
                self._stop.wait(self._params.retry_s)
                continue
            self._wake[number].clear()
            batch, asked = self._gather(number)
            if not batch:
                if self._wake[number].wait(self._params.retry_s):
                    self._stop.wait(self._params.tick_s)
                continue
            outcome = worker.exchange(batch, self._params.stuck_s, self._stop.is_set)
            if isinstance(outcome, Lost):
                worker.end()
                worker = None
                self._lose(number, batch, asked, outcome)
                continue
            self._settle(batch, outcome, asked)
        if worker is not None:
            worker.end()

    def _gather(self, number: int) -> tuple[Batch, _Asked]:
        """What is new for one worker, the longest unserved first."""
        batch = Batch()
        with self._lock:
            mine = [one for one in self._streams.values() if one.worker == number]
            asked = list(self._asked[number])
            self._asked[number].clear()
            openings = (stream.opening() for stream in mine)
            batch.opened = [opened for opened in openings if opened is not None]
        mine.sort(key=lambda one: one.served_s)
        learning = [one for one in mine if one.learning]
        known = [one for one in mine if not one.learning]
        most = self._params.learning_streams if known else len(learning)
        turns = [(known, len(known)), (learning, most)]
        if self._learning_next[number]:
            turns.reverse()
        for streams, most_items in turns:
            if not batch.items:
                self._fill(batch, streams, most_items)
                self._learning_next[number] = streams is known
        batch.asked = [(token, stream_id) for token, (stream_id, _) in enumerate(asked)]
        return batch, asked

    def _fill(self, batch: Batch, streams: list[StreamQueue], most_items: int) -> None:
        """News of some streams, as much as a batch may hold."""
        params, now_s = self._params, time.monotonic()
        left = params.batch_frames
        for stream in streams:
            limit = min(left, params.stream_frames)
            if limit <= 0 or len(batch.items) >= most_items:
                break
            try:
                stream.read_rows(self._read_frames, self._read_marks, limit, now_s)
            except Exception:  # noqa: BLE001 - the database is away: it is asked again
                stream.retry_s = now_s + params.retry_s
            with self._lock:
                held = stream.held_bytes
                item = stream.take(limit, now_s, params)
                self._held_bytes += stream.held_bytes - held
            if item is not None:
                left -= len(item.frames)
                batch.items.append(item)
            elif stream.closing and stream.is_done:
                batch.finished.append(stream.stream_id)

    def _settle(self, batch: Batch, outcome: Outcome, asked: _Asked) -> None:
        """Pass on what came of a batch."""
        now_s = time.monotonic()
        concerned = {stream_id for stream_id, _ in (*outcome.texts, *asked)}
        with self._lock:
            for item in batch.items:
                if (stream := self._streams.get(item.stream_id)) is not None:
                    stream.done(item)
                    stream.learning = item.stream_id not in outcome.known
            streams = [one for name in concerned if (one := self._streams.get(name)) is not None]
            behind = {one.stream_id: one.behind_s(now_s) for one in streams}
            over = {one.stream_id: one.over for one in streams if one.over}
            for stream_id in batch.finished:
                if (stream := self._streams.pop(stream_id, None)) is not None:
                    self._held_bytes -= stream.held_bytes
        for stream_id, texts in outcome.texts:
            late_s = behind.get(stream_id, 0.0)
            told = [pictured(text, late_s) if text.startswith(PICTURE) else text for text in texts]
            self._tell(stream_id, told)
        for token, text in outcome.pictures:
            stream_id, deliver = asked[token]
            if text is not None:
                self._deliver(deliver, pictured(text, behind.get(stream_id, 0.0)))
            else:
                note = over.get(stream_id)
                self._deliver(deliver, None if note is None else empty_picture(note))

    def _tell(self, stream_id: str, texts: list[str]) -> None:
        with suppress(Exception):  # whoever listens must not end the analysis
            self._on_messages(stream_id, texts)

    def _deliver(self, deliver: Deliver, text: str | None) -> None:
        with suppress(Exception):  # likewise
            deliver(text)

    def _lose(self, number: int, batch: Batch, asked: _Asked, lost: Lost) -> None:
        """A worker is gone: whose fault it was is over, the others begin again."""
        if self._stop.is_set():
            return
        self.restarts += 1
        ended: str | None = None
        note = ""
        with self._lock:
            if lost.item is not None:
                stream = self._streams.get(batch.items[lost.item].stream_id)
                if stream is not None:
                    stream.strikes += 1
                    if lost.stuck or stream.strikes >= self._params.most_strikes:
                        ended, note = stream.stream_id, _SLOW if lost.stuck else _DEADLY
                        self._held_bytes -= stream.held_bytes
                        stream.end(note)
            for one in self._streams.values():
                if one.worker == number:
                    one.begin_again(time.monotonic())
            self._asked[number].extendleft(reversed(asked))
        if ended is not None:
            self._tell(ended, [note])
