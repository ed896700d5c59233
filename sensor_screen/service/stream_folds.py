"""Finished streams become recordings, one after the other, in a thread of their own.

folds = StreamFolds(database, objects, on_folded)
folds.start()               those that an earlier run of the service left are done first
folds.submit(stream_id)
folds.stop()                the one that is on may be left; it is done again
"""

from __future__ import annotations

from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

from sensor_screen.errors import StorageError
from sensor_screen.service.fold_stream import fold_stream
from sensor_screen.storage.database.frames import FINISHING, find_streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.fold_stream import FoldedStream, Objects
    from sensor_screen.storage.database.engine import Database

RETRY_S = 5.0
"""Seconds after the store could not be used. Nobody waits for less: the frames are safe."""


class StreamFolds:
    """Folds what is submitted, until it is folded.

    Args:
        database: Has the rows.
        objects: Gets the recordings.
        on_folded: (stream, outcome), in the thread of the folds.
        retry_s: Seconds between attempts while a store is away.
    """

    def __init__(
        self,
        database: Database,
        objects: Objects,
        on_folded: Callable[[str, FoldedStream], None] = lambda *_: None,
        retry_s: float = RETRY_S,
    ) -> None:
        self._database, self._objects = database, objects
        self._on_folded = on_folded
        self._retry_s = retry_s
        self._waiting: Queue[str | None] = Queue()
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._run, name="stream-folds", daemon=True)
        self._thread.start()

    def submit(self, stream_id: str) -> None:
        """Fold a stream, of which everything is durable."""
        self._waiting.put(stream_id)

    def stop(self, timeout_s: float = 30.0) -> None:
        """End behind the fold that is on."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def _run(self) -> None:
        self._try(self._find_left)
        while not self._stopping.is_set():
            stream_id = self._waiting.get()
            if stream_id is not None:
                self._try(lambda one=stream_id: self._fold(one))  # type: ignore[misc]

    def _find_left(self) -> None:
        with self._database.read() as connection:
            left = find_streams(connection, FINISHING)
        for stream_id in left:
            self._waiting.put(stream_id)

    def _fold(self, stream_id: str) -> None:
        folded = fold_stream(self._database, self._objects, stream_id)
        if folded is not None:
            self._on_folded(stream_id, folded)

    def _try(self, act: Callable[[], None]) -> None:
        """Again and again while the store is away; a damaged stream is left, and said."""
        log = structlog.get_logger()
        while not self._stopping.is_set():
            try:
                act()
            except StorageError as error:
                log.warning("fold", problem=error.problem, fault=error.fault)
                if error.fault == "damaged":
                    return
            except Exception:
                log.exception("fold")
                return
            else:
                return
            self._stopping.wait(self._retry_s)
