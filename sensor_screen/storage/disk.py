"""Files as a power cut sees them: bytes at a place, and which of them have reached the disk.

Behind a port, so that tests can cut the power at every single step.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class DiskFile(Protocol):
    """One open file that nobody else writes."""

    def size(self) -> int:
        """Bytes."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from `offset` on, fewer at the end of the file."""
        ...

    def write(self, offset: int, value: bytes) -> None:
        """Put all bytes at `offset`; they may be anywhere until `sync` has returned."""
        ...

    def cut(self, size: int) -> None:
        """Drop what lies behind `size`."""
        ...

    def sync(self) -> None:
        """Return when all that was written and cut before outlasts a power cut."""
        ...

    def close(self) -> None:
        """Let the file and its lock go."""
        ...


class Disk(Protocol):
    """What a journal needs of a file system. All of it may raise `OSError`."""

    def create(self, path: Path) -> DiskFile:
        """A new empty file, locked; `FileExistsError` where there is one."""
        ...

    def open(self, path: Path) -> DiskFile:
        """A file that is there, locked; `BlockingIOError` where somebody else has it."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Return when new and removed names in it outlast a power cut."""
        ...

    def remove(self, path: Path) -> None:
        """Take the name away."""
        ...


class LocalFile:
    """A file of the operating system."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def size(self) -> int:
        """Bytes."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, size: int) -> bytes:
        """As `DiskFile`."""
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        value = b""
        while len(value) < size and (more := os.read(self._descriptor, size - len(value))):
            value += more
        return value

    def write(self, offset: int, value: bytes) -> None:
        """As `DiskFile`."""
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        left = memoryview(value)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def cut(self, size: int) -> None:
        """As `DiskFile`."""
        os.ftruncate(self._descriptor, size)

    def sync(self) -> None:
        """On macOS `fsync` stops at the drive's own memory; there is a call that does not."""
        if sys.platform == "darwin":
            with suppress(OSError):  # not every file system knows it
                fcntl.fcntl(self._descriptor, fcntl.F_FULLFSYNC)
                return
        os.fsync(self._descriptor)

    def close(self) -> None:
        """As `DiskFile`."""
        os.close(self._descriptor)


class LocalDisk:
    """The file system of the operating system."""

    def create(self, path: Path) -> LocalFile:
        """As `Disk`; readable by its owner alone."""
        return self._locked(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)

    def open(self, path: Path) -> LocalFile:
        """As `Disk`."""
        return self._locked(path, os.O_RDWR)

    def sync_folder(self, folder: Path) -> None:
        """Not every system lets a folder be opened; those keep names by themselves."""
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError:
            if sys.platform == "win32":
                return
            raise
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(descriptor)

    def remove(self, path: Path) -> None:
        """As `Disk`."""
        path.unlink()

    @staticmethod
    def _locked(path: Path, flags: int) -> LocalFile:
        extra = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(path, flags | extra, 0o600)
        try:
            _lock(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        return LocalFile(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """Ends with the process, however it ends."""
    if sys.platform == "win32":
        os.lseek(descriptor, 2**40, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise BlockingIOError(errno.EAGAIN, "another program replaced it")
