"""The file of a backup: a tar packed with zstd, and the hash of all of it at the end.

    tables/<table>/<part>.jsonl    rows as JSON, one a line
    objects/<key>                  values as they are kept
    manifest.json                  what there is, with the sha256 of each part

`tar --zstd -xf` opens it. The hash stands in a frame that zstd skips, so that every changed byte is
noticed, also one that means nothing to tar or zstd. It guards against accidents: who can write the
file can write the hash too, so a reader believes no size and no name in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Protocol

from sensor_screen.errors import StorageError, UsageError
from sensor_screen.storage.atomic_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "manifest.json"
BLOCK = tarfile.BLOCKSIZE
FRAME = b"\x50\x2a\x4d\x18" + (32).to_bytes(4, "little")
"""Head of a zstd frame that is skipped (RFC 8878, 3.1.2), and its length: one sha256."""
END_BYTES = len(FRAME) + 32
PACKING = 6
"""Level of zstd: rows shrink well, recordings are packed already."""


@dataclass(frozen=True, slots=True)
class BackupLimits:
    """What a reader takes; all of it is larger than any honest backup needs."""

    part_bytes: int = 512 << 20
    """Of one part, which is held in memory. The largest object is an upload, of 100 MB or so."""
    manifest_bytes: int = 256 << 20
    """About a million objects."""
    ratio: int = 1000
    """Bytes unpacked for each packed one, beyond `free_bytes`. Rows shrink to a tenth."""
    free_bytes: int = 64 << 20
    """Unpacked without regard to the ratio: a small backup of equal rows may shrink further."""
    window_bytes: int = 8 << 20
    """Memory of the unpacker; level 6 needs 4 MB."""


@dataclass(frozen=True, slots=True)
class BackupPart:
    """One part as the manifest names it."""

    name: str
    size_bytes: int
    sha256: str


class _Packer(Protocol):
    def write(self, data: bytes, /) -> int: ...


class BackupWriter:
    """Takes parts one by one; made by `write_backup`."""

    def __init__(self, packer: _Packer) -> None:
        self._packer = packer
        self._parts: list[BackupPart] = []

    def add(self, name: str, value: bytes) -> BackupPart:
        """Write one part.

        Returns:
            What the manifest has to say of it.
        """
        self._write(name, value)
        part = BackupPart(name, len(value), hashlib.sha256(value).hexdigest())
        self._parts.append(part)
        return part

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, which gets the list of all `parts`, and the end."""
        parts = [[part.name, part.size_bytes, part.sha256] for part in self._parts]
        content = json.dumps({**manifest, "parts": parts}, allow_nan=False, separators=(",", ":"))
        self._write(MANIFEST, content.encode())
        self._packer.write(bytes(2 * BLOCK))

    def _write(self, name: str, value: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(value)
        info.mode = 0o600
        self._packer.write(info.tobuf(tarfile.USTAR_FORMAT))
        self._packer.write(value)
        self._packer.write(bytes(-len(value) % BLOCK))


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self.sha256.update(data)
        return self._stream.write(data)


@contextmanager
def write_backup(path: Path) -> Iterator[BackupWriter]:
    """Give a writer; the file is there, whole and on the disk, when the block ends well.

    Readable by its owner alone.

    Raises:
        UsageError: It cannot be written.
    """
    import zstandard

    with replace_file(path) as stream:
        if hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), 0o600)
        hashed = _Hashed(stream)
        packing = zstandard.ZstdCompressor(level=PACKING, write_checksum=True)
        sink: Any = hashed
        with packing.stream_writer(sink, closefd=False) as packer:
            yield BackupWriter(packer)
        stream.write(FRAME + hashed.sha256.digest())


def read_backup(
    path: Path, limits: BackupLimits = BackupLimits()
) -> Iterator[tuple[BackupPart, bytes]]:
    """Every part in the order of the file, the manifest last; each is held alone in memory.

    Whatever comes before the last part is not yet known to be whole.

    Raises:
        UsageError: There is no such file, or it cannot be opened.
        StorageError: It is no backup, is cut off, damaged or hostile.
    """
    try:
        with path.open("rb") as stream:
            yield from _read(path, stream, limits)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            str(path), f"it cannot be read ({reason})", "check the name and the disk"
        ) from error


def refuse_changed(path: Path) -> int:
    """Compare the file with the hash at its end; the first thing to do with one.

    Returns:
        Its size in bytes.

    Raises:
        UsageError: It cannot be read.
        StorageError: It is no backup, cut off or changed.
    """
    try:
        with path.open("rb") as stream:
            left = _packed_size(path, stream)
            sha256 = hashlib.sha256()
            while left and (block := stream.read(min(left, 1 << 20))):
                sha256.update(block)
                left -= len(block)
            if stream.read() != FRAME + sha256.digest():
                raise damaged(path, "it is not as it was written")
            return stream.tell()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            str(path), f"it cannot be read ({reason})", "check the name and the disk"
        ) from error


def damaged(path: Path, problem: str) -> StorageError:
    """The error of a file that cannot be trusted."""
    return StorageError(str(path), problem, "use another backup", fault="damaged")


def _packed_size(path: Path, stream: BinaryIO) -> int:
    """Bytes before the end; the stream is at the start then."""
    size = stream.seek(0, os.SEEK_END) - END_BYTES
    if size >= 0:
        stream.seek(size)
        if stream.read(len(FRAME)) == FRAME:
            stream.seek(0)
            return size
    raise damaged(path, "it is cut off, or no backup of this program")


def _read(path: Path, stream: BinaryIO, limits: BackupLimits) -> Iterator[tuple[BackupPart, bytes]]:
    import zstandard

    packed = _packed_size(path, stream)
    unpacker = zstandard.ZstdDecompressor(max_window_size=limits.window_bytes)
    source: Any = _Front(stream, packed)
    most = limits.free_bytes + limits.ratio * packed
    try:
        with unpacker.stream_reader(source, closefd=False) as reader:
            tar = _Tar(path, reader, most)
            while (part := tar.next_part(limits)) is not None:
                yield part
            if tar.take(1, or_end=True) or source.read(1):
                raise damaged(path, "something stands behind its end")
    except zstandard.ZstdError as error:
        raise damaged(path, "it cannot be unpacked") from error


class _Front:
    """The first bytes of a file, as if it ended there."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        return block


class _Tar:
    """The few things of tar that a backup uses: plain files, one after the other."""

    def __init__(self, path: Path, reader: IO[bytes], most_bytes: int) -> None:
        self._path = path
        self._reader = reader
        self._left = most_bytes

    def next_part(self, limits: BackupLimits) -> tuple[BackupPart, bytes] | None:
        """The next part; None at the end."""
        head = self.take(BLOCK)
        if head == bytes(BLOCK):
            if self.take(BLOCK) != head:
                raise damaged(self._path, "it ends in the middle")
            return None
        try:
            info = tarfile.TarInfo.frombuf(head, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise damaged(self._path, "a head of a part is damaged") from error
        most = limits.manifest_bytes if info.name == MANIFEST else limits.part_bytes
        if info.type != tarfile.REGTYPE or not 0 <= info.size <= most:
            raise damaged(self._path, f"its part {info.name!r:.80} is no file, or too large")
        value = self.take(info.size)
        if any(self.take(-info.size % BLOCK)):
            raise damaged(self._path, f"something stands behind its part {info.name!r:.80}")
        return BackupPart(info.name, info.size, hashlib.sha256(value).hexdigest()), value

    def take(self, size: int, *, or_end: bool = False) -> bytes:
        """So many bytes; fewer only with `or_end`."""
        self._left -= size
        if self._left < 0:
            raise damaged(self._path, "it unpacks to far more than a backup would")
        value = b""
        while len(value) < size and (block := self._reader.read(size - len(value))):
            value = value + block if value else block
        if len(value) < size and not or_end:
            raise damaged(self._path, "it is cut off")
        return value
