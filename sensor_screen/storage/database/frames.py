"""Frames and marks of streams that are being received, until they are folded into a recording."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from sensor_screen.protocol.relay_frame import HEAD_LAYOUT, decode_slot, encode_slot
from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.storage.database.schema import frame, mark, stream
from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Row

    from sensor_screen.protocol.relay_frame import SlotDescription

OPEN, FINISHING, FOLDED, FAILED = "open", "finishing", "folded", "failed"
"""States of a stream."""
MOST_ASKED = 500
"""Ids in one question."""
CHUNK_FRAMES = 500
"""Read at once: 100 kB of small frames."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream as it is durable."""

    id: str
    clinic_id: str
    session_id: str
    state: str
    writer: int
    next_sequence: int
    """Of the first frame that is not there."""
    marks: int
    last_base_us: int | None
    """Of the last frame; None: there is none, or it has been folded."""
    slots: dict[int, SlotDescription]
    recording_id: str | None
    problem: str | None

    @property
    def is_open(self) -> bool:
        """Frames may be added."""
        return self.state == OPEN


# --- writing --------------------------------------------------------------------------------------


def claim_stream(connection: Connection, stream_id: str) -> StreamState | None:
    """Become its writer; who was it before keeps nothing more.

    The caller has made sure that this relay may.

    Returns:
        None: there is no such stream.
    """
    connection.execute(
        update(stream)
        .where(stream.c.id == stream_id, stream.c.state == OPEN)
        .values(writer=stream.c.writer + 1)
    )
    return read_stream(connection, stream_id)


def finish_stream(connection: Connection, stream_id: str) -> bool:
    """Nothing more will come: what is there is all; whoever wrote it is not the writer any more.

    Returns:
        Whether it was open.
    """
    state = claim_stream(connection, stream_id)
    if state is None or not state.is_open:
        return False
    connection.execute(
        update(stream)
        .where(stream.c.id == stream_id)
        .values(state=FINISHING, frames=state.next_sequence, marks=state.marks)
    )
    return True


def append_batches(connection: Connection, batches: Sequence[StreamBatch]) -> list[Verdict]:
    """Add to many streams; what is there already stays as it is.

    Only batches of a stream's present writer are kept, and the rows of the streams stay locked
    until the transaction ends, so that a claim sees all of a batch or nothing.

    Returns:
        What became of each batch.
    """
    rows = _lock(connection, sorted({batch.stream_id for batch in batches}))
    verdicts = [_judge(rows.get(batch.stream_id), batch) for batch in batches]
    kept = [b for b, verdict in zip(batches, verdicts, strict=True) if verdict is Verdict.KEPT]
    _insert_frames(connection, kept)
    _insert_marks(connection, kept)
    for batch in kept:
        if batch.slots is not None:
            connection.execute(
                update(stream)
                .where(stream.c.id == batch.stream_id)
                .values(slots=write_slots(batch.slots))
            )
        if batch.finish is not None:
            frames, marks = batch.finish
            connection.execute(
                update(stream)
                .where(stream.c.id == batch.stream_id)
                .values(state=FINISHING, frames=frames, marks=marks)
            )
    return verdicts


def _lock(connection: Connection, ids: Sequence[str]) -> dict[str, Row[tuple[str, int, str]]]:
    rows: dict[str, Row[tuple[str, int, str]]] = {}
    for k in range(0, len(ids), MOST_ASKED):
        query = (
            select(stream.c.id, stream.c.writer, stream.c.state, stream.c.frames, stream.c.marks)
            .where(stream.c.id.in_(ids[k : k + MOST_ASKED]))
            .order_by(stream.c.id)
            .with_for_update()
        )
        rows |= {row.id: row for row in connection.execute(query)}
    return rows


def _judge(row: Row[tuple[str, int, str]] | None, batch: StreamBatch) -> Verdict:
    if row is None:
        return Verdict.GONE
    if row.writer != batch.writer:
        return Verdict.SUPERSEDED
    # A commit whose answer was lost is done again: then the stream is as this batch left it.
    again = batch.finish == (row.frames, row.marks)
    return Verdict.KEPT if row.state == OPEN or again else Verdict.CLOSED


_ROWS_AT_ONCE = (256, 64, 16, 4, 1)
"""Rows of one statement of SQLite. Its driver gives way to other threads at every statement, and
gets the interpreter back only milliseconds later where another thread is busy: a thousand
statements for a thousand rows would take seconds."""
_PLAIN = "INSERT OR IGNORE INTO"
_ARRAY_FRAMES = """INSERT INTO frame (stream_id, sequence, value)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bytea[]) ON CONFLICT DO NOTHING"""
_ARRAY_MARKS = """INSERT INTO mark (stream_id, number, at_us, name, text)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
    ON CONFLICT DO NOTHING"""


def _insert_frames(connection: Connection, batches: Sequence[StreamBatch]) -> None:
    _insert(
        connection,
        (f"{_PLAIN} frame (stream_id, sequence, value)", _ARRAY_FRAMES),
        [(b.stream_id, sequence, value) for b in batches for sequence, value in b.frames],
    )


def _insert_marks(connection: Connection, batches: Sequence[StreamBatch]) -> None:
    _insert(
        connection,
        (f"{_PLAIN} mark (stream_id, number, at_us, name, text)", _ARRAY_MARKS),
        [
            (b.stream_id, one.number, one.at_us, one.name.value, one.text)
            for b in batches
            for one in b.marks
        ],
    )


def _insert(connection: Connection, texts: tuple[str, str], rows: list[tuple[object, ...]]) -> None:
    """In the driver's own fastest way: many rows of SQLite, arrays of PostgreSQL."""
    if not rows:
        return
    plain, arrays = texts
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(arrays, tuple([*column] for column in zip(*rows, strict=True)))
        return
    row_text = f"({', '.join('?' * len(rows[0]))})"
    begin = 0
    for size in _ROWS_AT_ONCE:
        text = f"{plain} VALUES {', '.join([row_text] * size)}"
        while len(rows) - begin >= size:
            values = tuple(chain.from_iterable(rows[begin : begin + size]))
            connection.exec_driver_sql(text, values)
            begin += size


# --- reading --------------------------------------------------------------------------------------


def read_stream(connection: Connection, stream_id: str) -> StreamState | None:
    """A stream as it is durable; None: there is none of that id."""
    row = connection.execute(select(stream).where(stream.c.id == stream_id)).one_or_none()
    if row is None:
        return None
    next_sequence, marks, last = row.frames, row.marks, None
    if row.state == OPEN:
        last = connection.execute(
            select(frame.c.sequence, frame.c.value)
            .where(frame.c.stream_id == stream_id)
            .order_by(frame.c.sequence.desc())
            .limit(1)
        ).one_or_none()
        next_sequence = 0 if last is None else last.sequence + 1
        last_mark = connection.execute(
            select(func.max(mark.c.number)).where(mark.c.stream_id == stream_id)
        ).scalar()
        marks = 0 if last_mark is None else last_mark + 1
    return StreamState(
        row.id,
        row.clinic_id,
        row.session_id,
        row.state,
        row.writer,
        next_sequence or 0,
        marks or 0,
        None if last is None else int(HEAD_LAYOUT.unpack(last.value)[4]),
        read_slots(row.slots),
        row.recording_id,
        row.problem,
    )


def read_frames(
    connection: Connection, stream_id: str, first: int = 0, end: int | None = None
) -> Iterator[list[tuple[int, bytes]]]:
    """Frames in order, in chunks that fit into memory.

    Args:
        connection: Where from.
        stream_id: Whose.
        first: Sequence of the first one.
        end: Sequence of the one behind the last; None: all.
    """
    while True:
        query = select(frame.c.sequence, frame.c.value).where(
            frame.c.stream_id == stream_id, frame.c.sequence >= first
        )
        if end is not None:
            query = query.where(frame.c.sequence < end)
        rows = connection.execute(query.order_by(frame.c.sequence).limit(CHUNK_FRAMES)).all()
        if rows:
            yield [(row.sequence, bytes(row.value)) for row in rows]
            first = rows[-1].sequence + 1
        if len(rows) < CHUNK_FRAMES:
            return


def read_marks(connection: Connection, stream_id: str, first: int = 0) -> list[RelayMark]:
    """Marks in order, from number `first` on."""
    query = (
        select(mark)
        .where(mark.c.stream_id == stream_id, mark.c.number >= first)
        .order_by(mark.c.number)
    )
    return [
        RelayMark(row.number, row.at_us, MarkName(row.name), row.text)
        for row in connection.execute(query)
    ]


def find_streams(connection: Connection, state: str) -> list[str]:
    """Ids of all streams in a state, oldest first; of every clinic: for work at the start."""
    query = select(stream.c.id).where(stream.c.state == state).order_by(stream.c.id)
    return [*connection.execute(query).scalars()]


# --- the end --------------------------------------------------------------------------------------


def end_stream(
    connection: Connection,
    stream_id: str,
    *,
    recording_id: str | None = None,
    problem: str | None = None,
) -> bool:
    """A stream that was finishing, or failed, is folded, or failed if there is a problem.

    Returns:
        Whether it was; otherwise nothing has changed.
    """
    state = FOLDED if problem is None else FAILED
    done = connection.execute(
        update(stream)
        .where(stream.c.id == stream_id, stream.c.state.in_((FINISHING, FAILED)))
        .values(state=state, recording_id=recording_id, problem=problem)
    )
    return done.rowcount == 1


def delete_rows(connection: Connection, stream_id: str) -> None:
    """Frames and marks of a stream whose recording is safe, or that is erased."""
    connection.execute(delete(frame).where(frame.c.stream_id == stream_id))
    connection.execute(delete(mark).where(mark.c.stream_id == stream_id))


# --- slots ----------------------------------------------------------------------------------------


def write_slots(slots: dict[int, SlotDescription]) -> str:
    """As they stand in the row of a stream."""
    return json.dumps({str(slot): encode_slot(sensor).hex() for slot, sensor in slots.items()})


def read_slots(text: str | None) -> dict[int, SlotDescription]:
    """The reverse."""
    found = json.loads(text) if text else {}
    return {int(slot): decode_slot(bytes.fromhex(value)) for slot, value in found.items()}
