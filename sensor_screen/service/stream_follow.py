"""What streams get whose relay is connected to another worker: read from the rows, for who watches.

    follower = StreamFollower(database, hub, is_here)
    follower.start()
    follower.stop()

With several workers a viewer and a relay are often not at the same one. What its own worker does
not commit it finds in the database, a moment later; also that the stream is over.
"""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

from sensor_screen.errors import StorageError
from sensor_screen.storage.database.frames import (
    FINISHING,
    FOLDED,
    read_frames,
    read_marks,
    read_stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.live_hub import LiveHub
    from sensor_screen.storage.database.engine import Database

EVERY_S = 0.2
"""Seconds between looks: one small query for each stream that is watched from elsewhere."""
AT_ONCE = 200
"""Frames of one look: what is more the analyst reads itself."""


class StreamFollower:
    """Hands on what other workers made durable.

    Args:
        database: Of all workers.
        hub: With the viewers of this one.
        is_here: Whether the relay of a stream is connected to this one.
        on_over: (stream, recording, problem) of one that is over.
        every_s: Seconds between looks.
    """

    def __init__(
        self,
        database: Database,
        hub: LiveHub,
        is_here: Callable[[str], bool],
        on_over: Callable[[str, str | None, str | None], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._database, self._hub = database, hub
        self._is_here, self._on_over, self._every_s = is_here, on_over, every_s
        self._next: dict[str, tuple[int, int]] = {}
        self._over: set[str] = set()
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = Thread(target=self._run, name="stream-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def look(self) -> None:
        """Once, at every stream that is watched here and comes elsewhere.

        Raises:
            StorageError: The database does not answer.
        """
        watched = {one for one in self._hub.watched() if not self._is_here(one)}
        self._next = {one: at for one, at in self._next.items() if one in watched}
        self._over &= watched
        for stream_id in watched - self._over:
            self._look_at(stream_id)

    def _look_at(self, stream_id: str) -> None:
        with self._database.read() as connection:
            state = read_stream(connection, stream_id)
            if state is None:
                return
            # The last that is there tells the analyst how far the rows go.
            begin = (state.next_sequence - 1, max(state.marks - 1, 0))
            seen, marks_seen = self._next.get(stream_id, begin)
            first = max(seen, 0, state.next_sequence - AT_ONCE)
            chunks = read_frames(connection, stream_id, first, state.next_sequence)
            frames = [value for chunk in chunks for _, value in chunk]
            marks = read_marks(connection, stream_id, marks_seen)
        if frames or marks:
            self._hub.analyst.offer(stream_id, first, frames, marks)
        self._next[stream_id] = (first + len(frames), marks_seen + len(marks))
        if state.is_open:
            return
        self._hub.analyst.close(stream_id)
        if state.state != FINISHING:
            self._over.add(stream_id)
            recording_id = state.recording_id if state.state == FOLDED else None
            self._on_over(stream_id, recording_id, state.problem)

    def _run(self) -> None:
        log = structlog.get_logger()
        while not self._stopping.wait(self._every_s):
            try:
                self.look()
            except StorageError as error:
                log.warning("follow", problem=error.problem, fault=error.fault)
            except Exception:
                log.exception("follow")
