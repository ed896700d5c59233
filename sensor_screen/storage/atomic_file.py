"""A file, or a folder of files, that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Give a stream whose bytes take the place of `path` only when the block ends well.

    The bytes go to a hidden file beside it, reach the disk, and are then renamed: a reader sees the
    old file or the new one, also after a power cut.

    Raises:
        UsageError: The folder is missing or cannot be written, or the disk is full.
    """
    part = _part_of(path)
    try:
        try:
            with part.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def make_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `path` only when the block ends well.

    A folder is never replaced: what stands in it may be somebody's work.

    Raises:
        UsageError: There is something of that name already, or it cannot be written.
    """
    part = _part_of(path)
    try:
        _refuse_present(path)
        part.mkdir()
        try:
            yield part
            for inner in part.rglob("*"):
                _sync_file(inner)
            _refuse_present(path)
            part.rename(path)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def refuse_unwritable_folder(path: Path) -> None:
    """Say before long work whether `make_folder` will be able to begin; leaves nothing behind.

    Raises:
        UsageError: There is something of that name already, or it cannot be written.
    """
    part = _part_of(path)
    try:
        _refuse_present(path)
        part.mkdir()
        part.rmdir()
    except OSError as error:
        raise _unwritable(path, error) from error


def refuse_unwritable(path: Path) -> None:
    """Say before long work whether `replace_file` will be able to begin; leaves nothing behind.

    Raises:
        UsageError: The folder is missing or cannot be written, or `path` is a folder itself.
    """
    if path.is_dir():
        raise UsageError(str(path), "it is a folder", "name a file in it")
    part = _part_of(path)
    try:
        part.open("xb").close()
        part.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        str(path),
        f"it cannot be written ({error.strerror or error})",
        "choose a folder that exists, has room and may be written",
    )


def _refuse_present(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise UsageError(str(path), "it is there already", "name a folder that is not there yet")


def _sync_file(path: Path) -> None:
    if path.is_dir():
        _sync_folder(path)
        return
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; not every system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
