"""How large the pages of a Parquet file unpack, looked up before any is unpacked.

A page says in its own head how many bytes it unpacks to, and readers make room for that many,
whatever the footer says. 200 kB can hold a page of 2 GB. The heads are Thrift structs in the
compact protocol (parquet-format, `PageHeader`): field 2 is the unpacked size, field 3 the packed
one; all else is skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow.parquet as pq

MAX_HEAD_BYTES = 1 << 12
"""Of one page; usual ones have 30 to 150, most of it the least and greatest value."""
MAX_DEPTH = 8
_UNPACKED, _PACKED = 2, 3
_BOOLEAN_TRUE, _BOOLEAN_FALSE, _BYTE, _I32, _DOUBLE, _BINARY = 1, 2, 3, 5, 7, 8
_INTEGERS = (4, 5, 6)
_LISTS = (9, 10)
_STRUCT = 12


def unpacked_bytes(source: BinaryIO, chunk: pq.ColumnChunkMetaData, most_pages: int) -> int:
    """Bytes that all pages of one column chunk claim to unpack to.

    Args:
        source: The file.
        chunk: Which; its offsets and sizes are not believed either.
        most_pages: More are refused.

    Raises:
        ValueError: Pages do not fill the chunk, or a head is none.
    """
    start = chunk.data_page_offset
    if chunk.dictionary_page_offset is not None:
        start = min(start, chunk.dictionary_page_offset)
    end = start + chunk.total_compressed_size
    total = pages = 0
    if start < 0 or end < start:
        raise ValueError("its columns lie nowhere")
    while start < end:
        source.seek(start)
        head = _Head(source.read(min(MAX_HEAD_BYTES, end - start)))
        sizes = head.sizes()
        unpacked, packed = sizes.get(_UNPACKED, -1), sizes.get(_PACKED, -1)
        start += head.position + packed
        pages += 1
        total += unpacked
        if min(unpacked, packed) < 0 or start > end or pages > most_pages:
            raise ValueError("its pages do not fit their column")
    return total


class _Head:
    """Bytes that begin with one struct."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self.position = 0

    def sizes(self) -> dict[int, int]:
        """The 32-bit fields of the outermost struct; the position is behind it then."""
        found: dict[int, int] = {}
        field = 0
        while (kind := self._byte()) != 0:
            step = kind >> 4
            field = field + step if step else self._signed()
            if kind & 0x0F == _I32:
                found[field] = self._signed()
            else:
                self._skip(kind & 0x0F, MAX_DEPTH)
        return found

    def _skip(self, kind: int, depth: int) -> None:
        if depth == 0:
            raise ValueError("a page of it has a head nested too deep")
        if kind in _INTEGERS:
            self._varint()
        elif kind == _DOUBLE:
            self._forward(8)
        elif kind == _BYTE:
            self._forward(1)
        elif kind == _BINARY:
            self._forward(self._varint())
        elif kind in _LISTS:
            self._skip_list(depth)
        elif kind == _STRUCT:
            self._skip_struct(depth)
        elif kind not in (_BOOLEAN_TRUE, _BOOLEAN_FALSE):
            raise ValueError("a page of it has no head")

    def _skip_list(self, depth: int) -> None:
        form = self._byte()
        count = form >> 4 if form >> 4 < 15 else self._varint()
        kind = form & 0x0F
        if count > MAX_HEAD_BYTES:
            raise ValueError("a page of it has no head")
        if kind in (_BOOLEAN_TRUE, _BOOLEAN_FALSE):
            self._forward(count)
            return
        for _ in range(count):
            self._skip(kind, depth - 1)

    def _skip_struct(self, depth: int) -> None:
        while (kind := self._byte()) != 0:
            if not kind >> 4:
                self._varint()
            self._skip(kind & 0x0F, depth - 1)

    def _byte(self) -> int:
        self._forward(1)
        return self._value[self.position - 1]

    def _forward(self, count: int) -> None:
        self.position += count
        if self.position > len(self._value):
            raise ValueError("a page of it has no head")

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a page of it has no head")

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
