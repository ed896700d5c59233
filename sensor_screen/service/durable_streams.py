"""Streams in the database: claimed by a connection, added to by the group commit, read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.service.relay_acts import DurableStream
from sensor_screen.storage.database.frames import (
    append_batches,
    claim_stream,
    finish_stream,
    read_frames,
    read_marks,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.protocol.relay_marks import RelayMark
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict


class DurableStreams:
    """A `FrameStore` on a database; every method may block.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
        """See `FrameStore`.

        Raises:
            StorageError: Nothing of it was kept, or nobody knows.
        """
        with self._database.write() as connection:
            return append_batches(connection, batches)

    def claim(self, stream_id: str) -> DurableStream | None:
        """Become the writer of a stream, whom the caller has let in; None: there is none.

        Raises:
            StorageError: The database does not answer.
        """
        with self._database.write() as connection:
            state = claim_stream(connection, stream_id)
        if state is None:
            return None
        return DurableStream(
            state.writer,
            state.next_sequence,
            state.marks,
            state.last_base_us,
            state.slots,
            state.is_open,
        )

    def finish(self, stream_id: str) -> bool:
        """End a stream from this side, with what of it is durable; its relay adds nothing more.

        Returns:
            Whether it was open.

        Raises:
            StorageError: The database does not answer.
        """
        with self._database.write() as connection:
            return finish_stream(connection, stream_id)

    def read_frames(self, stream_id: str, first: int, limit: int) -> list[bytes]:
        """At most `limit` frames, from sequence `first` on.

        Raises:
            StorageError: The database does not answer.
        """
        with self._database.read() as connection:
            chunks = read_frames(connection, stream_id, first, first + limit)
            return [value for chunk in chunks for _, value in chunk]

    def read_marks(self, stream_id: str, first: int) -> list[RelayMark]:
        """Marks from number `first` on.

        Raises:
            StorageError: The database does not answer.
        """
        with self._database.read() as connection:
            return read_marks(connection, stream_id, first)
