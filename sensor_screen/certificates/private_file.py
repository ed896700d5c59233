"""Files that hold a key: whole or not at all, for their owner's eyes only."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY = 0o600


def create_private(path: Path, content: bytes) -> bool:
    """Make a file that is not there yet; False where another was faster, which stays as it is.

    Raises:
        UsageError: It cannot be written.
    """
    with _written_beside(path, content) as part:
        try:
            # A new name for the same file fails where the name is taken; renaming would not.
            os.link(part, path)
        except FileExistsError:
            return False
        return True


def replace_private(path: Path, content: bytes) -> None:
    """Make a file, or put another in its place.

    Raises:
        UsageError: It cannot be written.
    """
    with _written_beside(path, content) as part:
        part.replace(path)


def read_private(path: Path) -> bytes:
    """The content of a file with a key.

    Raises:
        UsageError: It cannot be read, or others than its owner may read it.
    """
    try:
        content = path.read_bytes()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise _trouble(path, "read", error) from error
    if os.name == "posix" and mode & 0o077:
        raise UsageError(
            str(path),
            f"others on this computer may read the key in it (mode {mode:04o})",
            f"run `chmod 600 {path}`, or move it away to have a new one made",
        )
    return content


@contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            yield part
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise _trouble(path, "written", error) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; not every system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _trouble(path: Path, done: str, error: OSError) -> UsageError:
    return UsageError(
        str(path),
        f"it cannot be {done} ({error.strerror or error})",
        "choose a folder that exists, has room and may be used",
    )
