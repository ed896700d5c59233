"""What waits to be analysed of one live stream: in memory where it follows, else in the rows."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING

from sensor_screen.service.analyst_worker import Item, Opened, StreamSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.service.analyst_params import AnalystParams, NumberedMark

_GRAIN_S = 0.25
_MOST_TIMES = 4096


class StreamQueue:
    """One stream.

    Args:
        stream_id: Of the stream.
        settings: How it is looked at.
        worker: Number of the worker that has it.
        now_s: Monotonic time.
    """

    def __init__(self, stream_id: str, settings: StreamSettings, worker: int, now_s: float) -> None:
        self.stream_id, self.worker = stream_id, worker
        self.closing = False
        self.over: str | None = None
        """Its view is over, and why, as a note."""
        self.strikes = 0
        """Workers that died at it."""
        self.learning = True
        """An angle of it is not known yet: its next frames may take long."""
        self.served_s = 0.0
        self.held_bytes = 0
        self.retry_s = 0.0
        """Rows are not asked for again before."""
        self._settings = settings
        self._is_open = False
        self._next = self._told = self._end = 0
        self._memory: deque[bytes] = deque()
        self._memory_first = 0
        self._rows: Sequence[bytes] = ()
        self._exhausted = False  # the rows were read to their end
        self._marks: list[tuple[str, float, str]] = []
        self._marks_end = 0
        self._stale_marks = True
        self._catching = False
        self._picture_s = 0.0
        self._times: deque[tuple[int, float]] = deque(maxlen=_MOST_TIMES)
        self._since_s = now_s

    # --- what came --------------------------------------------------------------------------------

    def offer(
        self,
        first: int,
        frames: Sequence[bytes],
        marks: Sequence[NumberedMark],
        room_bytes: int,
        now_s: float,
    ) -> int:
        """Durable frames and marks; gives how many bytes are held more than before."""
        before = self.held_bytes
        if self.over is not None:
            return 0
        self._hear_marks(marks)
        end = first + len(frames)
        if not frames or end <= self._end:
            return 0
        known_end, self._end = self._end, end
        if self._times and now_s - self._times[-1][1] < _GRAIN_S:
            self._times[-1] = (end, self._times[-1][1])
        else:
            self._times.append((end, now_s))
        memory_end = self._memory_first + len(self._memory)
        if not self._memory or first > memory_end:
            self._drop_memory()
            self._memory_first = memory_end = max(first, known_end)
        fresh = frames[memory_end - first :]
        size = sum(map(len, fresh))
        if size > room_bytes:
            self._drop_memory()
        else:
            self._memory.extend(fresh)
            self.held_bytes += size
        return self.held_bytes - before

    def _hear_marks(self, marks: Sequence[NumberedMark]) -> None:
        for one in marks:
            if one.number == self._marks_end:
                self._marks.append((str(one.name), one.at_us * 1e-6, one.text))
                self._marks_end += 1
            elif one.number > self._marks_end:
                self._stale_marks = True

    def _drop_memory(self) -> None:
        self._memory.clear()
        self.held_bytes = 0

    def end(self, note: str) -> None:
        """Its view is over."""
        self.over = note
        self._drop_memory()
        self._rows, self._marks = (), []

    def begin_again(self, now_s: float) -> None:
        """Its worker is gone: from the first frame on; what was told is not told again."""
        self._is_open, self._exhausted, self.learning = False, False, True
        self._next, self._rows = 0, ()
        self._marks, self._marks_end, self._stale_marks = [], 0, True
        self._since_s = now_s

    # --- what is wanted ---------------------------------------------------------------------------

    def read_rows(
        self,
        read_frames: Callable[[str, int, int], Sequence[bytes]],
        read_marks: Callable[[str, int], Sequence[NumberedMark]],
        limit: int,
        now_s: float,
    ) -> None:
        """Read what is not in memory; from the thread of its worker alone, without a lock."""
        if self.over is not None or now_s < self.retry_s:
            return
        if self._stale_marks:
            self._stale_marks = False
            try:
                self._hear_marks(read_marks(self.stream_id, self._marks_end))
            except BaseException:
                self._stale_marks = True
                raise
        if self._rows:
            return
        until = self._memory_first if self._memory else self._end
        if self._next >= until and (self._exhausted or self._memory):
            return
        if self._memory:
            limit = min(limit, self._memory_first - self._next)
        self._rows = read_frames(self.stream_id, self._next, limit)
        self._end = max(self._end, self._next + len(self._rows))
        if len(self._rows) < limit:
            self._exhausted = True
            if not self._rows:  # not there (yet), whatever was said
                self.retry_s = now_s + 1.0

    def opening(self) -> Opened | None:
        """To be said to the worker before anything else; once."""
        if self._is_open or self.over is not None:
            return None
        self._is_open = True
        return Opened(self.stream_id, self._settings, self._told)

    def take(self, limit: int, now_s: float, params: AnalystParams) -> Item | None:
        """What the worker is given next; None where there is nothing."""
        if self.over is not None:
            return None
        frames: list[bytes] = list(self._rows)
        self._rows = ()
        if not frames and self._memory and self._memory_first == self._next:
            frames = [self._memory.popleft() for _ in range(min(limit, len(self._memory)))]
            self._memory_first += len(frames)
            self.held_bytes -= sum(map(len, frames))
        if not frames and not self._marks:
            return None
        first, self._next = self._next, self._next + len(frames)
        marks, self._marks = self._marks, []
        left = self._end - self._next
        self._catching |= left + len(frames) > params.far_behind_frames
        quiet, picture = self._catching, False
        if quiet:
            there = left <= 0 and (self._exhausted or bool(self._memory_first == self._next))
            picture = there or now_s - self._picture_s > params.picture_s
            self._catching = not there
        if picture:
            self._picture_s = now_s
        self.served_s = now_s
        return Item(self.stream_id, first, frames, marks, quiet, picture)

    def done(self, item: Item) -> None:
        """An item was worked on, and what follows from it told."""
        self._told = max(self._told, item.first_sequence + len(item.frames))
        while self._times and self._times[0][0] <= self._next:
            self._times.popleft()

    @property
    def is_done(self) -> bool:
        """Nothing durable is left to look at, as far as is known."""
        waits = self._rows or self._memory or self._marks
        return self.over is not None or (not waits and (self._next >= self._end or self._exhausted))

    def behind_s(self, now_s: float) -> float:
        """How old the oldest durable frame is that was not analysed yet; 0: none."""
        follows = self._exhausted or (bool(self._memory) and self._memory_first <= self._next)
        if self._next < self._told or not follows:
            return now_s - self._since_s
        return now_s - self._times[0][1] if self._times else 0.0


def pictured(text: str, behind_s: float) -> str:
    """A picture that says how far behind it is."""
    return f'{text[:-1]},"behind_s":{max(0.0, behind_s):.3f}}}'


def note_text(code: str, text: str) -> str:
    """A note that no stream itself says."""
    said = {"type": "note", "time_s": None, "side": None, "code": code, "text": text}
    return json.dumps(said, separators=(",", ":"))


def empty_picture(note: str) -> str:
    """Of a stream whose view is over."""
    return (
        '{"type":"picture","time_s":null,"legs":[],"links":[],"tasks":[],'
        f'"notes":[{note}],"behind_s":0.0}}'
    )
