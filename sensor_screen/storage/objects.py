"""Recordings and reports as objects: whole values under keys, in a folder or in an S3 bucket.

    clinics/<clinic>/recordings/<id>.parquet

An object is written once and never changed: the same bytes again are welcome, others are refused.
In a folder a value is on the disk before its name is, and its name before `put_new` returns.
obstore writes the name first and waits for neither, so that a power cut could leave an empty
object which no retry may replace; therefore new files are written here and all else is obstore's.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sensor_screen.errors import StorageError, UsageError
from sensor_screen.storage.disk import LocalDisk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import LocalStore, S3Store

MAX_KEY = 180
MAX_SEGMENT = 64
"""Characters; together they let every key stand in a tar header of a backup."""
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PART = re.compile(rf"{_SEGMENT.pattern}#[0-9]+")
PATIENCE_S = 20
"""How long one call of S3 is tried again. A report waits for it, so not obstore's three minutes."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of an object without reading it."""

    key: str
    size_bytes: int


class ObjectStore:
    """Objects in one place; made by `open_objects`. Safe to use from several threads."""

    def __init__(self, store: LocalStore | S3Store, name: str, folder: Path | None = None) -> None:
        self.name = name
        """Where it is, for messages."""
        self._store = store
        self._folder = folder
        self._disk = LocalDisk()
        self._durable: set[Path] = set()

    def check(self) -> None:
        """Raise StorageError where the place does not answer, or its folder is gone."""
        if self._folder is None:
            next(iter(self.list()), None)
            return
        try:
            with os.scandir(self._folder) as entries:
                next(entries, None)
        except OSError as error:
            raise _explain(error, "the store of recordings", self.name) from error

    def put_new(self, key: str, value: bytes) -> str:
        """Keep a value; durable when this returns.

        Returns:
            Its sha256, in hex.

        Raises:
            StorageError: Another value has this key (`taken`), there is no room (`full`), or the
                place cannot be written (`away`).
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        check_key(key)
        sha256 = hashlib.sha256(value).hexdigest()
        with self._told(key):
            try:
                if self._folder is not None:
                    self._put_file(self._folder / key, value)
                else:
                    obstore.put(self._store, key, value, mode="create")
            except (FileExistsError, AlreadyExistsError, PreconditionError):
                self._refuse_other(key, sha256)
        return sha256

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The value of a key.

        Args:
            key: Its key.
            sha256: What its hash has to be; None to take what is there.

        Raises:
            StorageError: There is none (`missing`), it is not what was kept (`damaged`), or the
                place cannot be read (`away`).
        """
        import obstore

        check_key(key)
        with self._told(key):
            value = bytes(obstore.get(self._store, key).bytes())
        if sha256 is not None and hashlib.sha256(value).hexdigest() != sha256:
            raise StorageError(
                key, "it is not what was stored", "restore it from a backup", fault="damaged"
            )
        return value

    def size(self, key: str) -> int:
        """Bytes of a value.

        Raises:
            StorageError: There is none, or the place cannot be read.
        """
        import obstore

        check_key(key)
        with self._told(key):
            return int(obstore.head(self._store, key)["size"])

    def delete(self, key: str) -> None:
        """Take a value away; one that is not there is fine.

        Raises:
            StorageError: The place cannot be written.
        """
        import obstore

        check_key(key)
        with self._told(key):
            with suppress(FileNotFoundError):
                obstore.delete(self._store, key)
            if self._folder is not None and (folder := (self._folder / key).parent).is_dir():
                self._disk.sync_folder(folder)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose first parts are `prefix`, in no order.

        Args:
            prefix: Whole parts, as `clinics/<clinic>`; empty for all.

        Raises:
            StorageError: The place cannot be read.
        """
        import obstore

        if prefix:
            check_key(prefix)
        with self._told(prefix or self.name):
            for found in obstore.list(self._store, prefix or None):
                for entry in found:
                    yield StoredObject(entry["path"], int(entry["size"]))

    def remove_parts(self, before_s: float) -> int:
        """Remove what kills and power cuts left of values that were never named.

        Args:
            before_s: Older than this, in seconds since 1970; a day ago is far enough.

        Returns:
            How many; in S3 the store itself takes care of them.

        Raises:
            StorageError: The folder cannot be read or written.
        """
        count = 0
        if self._folder is None:
            return count
        with self._told(self.name):
            for part in self._folder.rglob("*#*"):
                with suppress(FileNotFoundError):
                    if _PART.fullmatch(part.name) and part.stat().st_mtime < before_s:
                        part.unlink()
                        count += 1
        return count

    def _put_file(self, path: Path, value: bytes) -> None:
        """Written, on the disk, and only then named; `FileExistsError` where the name is taken."""
        self.check()  # else a disk that is not mounted would be written under its place
        self._make_folder(path.parent)
        # obstore leaves names that end in # and digits out of its lists.
        part = path.with_name(f"{path.name}#{secrets.randbelow(10**12)}")
        try:
            file = self._disk.create(part)
            try:
                file.write(0, value)
                file.sync()
            finally:
                file.close()
            os.link(part, path)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
            # Also where the name is taken: who took it may not have come so far yet.
            self._disk.sync_folder(path.parent)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder whose name, and those above it, outlast a power cut."""
        folder.mkdir(parents=True, exist_ok=True)
        while folder != self._folder and folder not in self._durable:
            self._disk.sync_folder(folder.parent)
            self._durable.add(folder)
            folder = folder.parent

    def _refuse_other(self, key: str, sha256: str) -> None:
        if hashlib.sha256(self.get(key)).hexdigest() != sha256:
            raise StorageError(
                key, "another value is stored there", "use a new id for new data", fault="taken"
            )

    @contextmanager
    def _told(self, value: str) -> Iterator[None]:
        """Every failure of the place as one sentence."""
        from obstore.exceptions import BaseError, NotFoundError

        try:
            yield
        except (FileNotFoundError, NotFoundError) as error:
            raise StorageError(
                value, f"there is nothing of that name in {self.name}", _LOST, fault="missing"
            ) from error
        except (OSError, BaseError) as error:
            raise _explain(error, value, self.name) from error


_LOST = "restore it from a backup, or find out who took it away"


def open_objects(url: str | Path) -> ObjectStore:
    """The objects in a folder, which is made where there is none, or in an S3 bucket.

    Args:
        url: A path, `file:///path`, or `s3://bucket/prefix`. Of S3, region, endpoint and keys are
            in the usual variables: `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`,
            `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.

    Raises:
        UsageError: It is no such address.
        StorageError: The folder cannot be made.
    """
    text = str(url)
    scheme, separator, _ = text.partition("://")
    if scheme == "s3" and separator:
        return _open_bucket(text)
    if separator and scheme != "file":
        raise UsageError(
            f"{scheme}://", "objects are not kept in such a place", "give a folder or s3://bucket"
        )
    path = Path(unquote(urlsplit(text).path)) if separator else Path(url)
    return _open_folder(path)


def _open_folder(path: Path) -> ObjectStore:
    from obstore.store import LocalStore

    try:
        path.mkdir(parents=True, exist_ok=True)
        folder = path.resolve()
        return ObjectStore(LocalStore(folder), str(path), folder)
    except OSError as error:
        raise _explain(error, str(path), "its folder") from error


def _open_bucket(url: str) -> ObjectStore:
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    if not parts.netloc or parts.query or "@" in parts.netloc:
        raise UsageError(
            "s3://", "it names no bucket, or more than a bucket and a prefix", "give s3://bucket"
        )
    if prefix:
        check_key(prefix)
    # Without TLS only where the endpoint, which an operator sets, says so.
    endpoint = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))
    try:
        store = S3Store(
            parts.netloc,
            prefix=prefix or None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": "5s",
                "timeout": "30s",
            },
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=PATIENCE_S)},
        )
    except (BaseError, ValueError) as error:
        raise UsageError(url, "it cannot be used", "check AWS_REGION and its fellows") from error
    return ObjectStore(store, url)


def check_key(key: str) -> None:
    """Refuse what could lead out of the place, or would be another key on another system.

    Raises:
        UsageError: It is no key.
    """
    parts = key.split("/")
    sound = all(
        _SEGMENT.fullmatch(part) and len(part) <= MAX_SEGMENT and not part.endswith(".")
        for part in parts
    )
    if not sound or len(key) > MAX_KEY:
        raise UsageError(
            f"key {key!r:.60}",
            "it is no name for an object",
            "use small letters, digits, dots, dashes and slashes between them",
        )


def _explain(error: Exception, value: str, place: str) -> StorageError:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            value, f"there is no room in {place}", "make room on that disk", fault="full"
        )
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0][:200]
    return StorageError(
        value,
        f"{place} cannot be used ({reason})",
        "check that it is there and may be read and written",
        fault="away",
    )
