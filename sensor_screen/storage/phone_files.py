"""The CSV files of one recording of a phone: in a folder, or in the zip as exported."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sensor_screen.errors import RecordingError
from sensor_screen.storage.csv_table import read_text
from sensor_screen.storage.given_file import limits_of

if TYPE_CHECKING:
    from sensor_screen.storage.given_file import FileSource

MAX_MEMBERS = 2_000
"""Files in a zip; the app writes a few dozen, and a picture a second where the camera is on."""

MAX_NAMED = 2 * MAX_MEMBERS
"""Entries in the directory of a zip that came as bytes; packed data may look like one by chance."""
_ENTRY = b"PK\x01\x02"


class PhoneFiles:
    """Opens the folder or zip, finds files by their name, and reads them within bounds."""

    def __init__(self, path: FileSource) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        self._members: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            RecordingError: It is neither folder nor zip, or holds two recordings.
        """
        if isinstance(self.path, Path) and self.path.is_dir():
            self._members = {file.stem: file.name for file in self.path.glob("*.csv")}
            return self
        try:
            self._zip = zipfile.ZipFile(self._open())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise RecordingError(
                str(self.path),
                "it is no folder and no whole zip file",
                "give the folder or the zip that Sensor Logger exports",
            ) from error
        try:
            self._find_members(self._zip)
        except RecordingError:
            self._zip.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        if self._zip is not None:
            self._zip.close()

    def has(self, name: str) -> bool:
        """Whether there is such a file; without ending."""
        return name in self._members

    def names(self) -> str:
        """What there is, for a message."""
        return ", ".join(sorted(self._members)[:12]) or "its files"

    def read(self, name: str) -> bytes | None:
        """One file; None where there is none.

        Raises:
            RecordingError: It is damaged, locked or too large.
        """
        if name not in self._members:
            return None
        member = self._members[name]
        most = limits_of(self.path).text_bytes
        if self._zip is None:
            return read_text(self.path / member)
        try:
            with self._zip.open(member) as file:
                content = file.read(most + 1)
        except NotImplementedError as error:
            raise RecordingError(
                str(self.path / member), f"it is packed in an unusual way ({error})", "zip it anew"
            ) from error
        except RuntimeError as error:  # zipfile says so of a password and of nothing else
            raise RecordingError(
                str(self.path / member), "it is locked with a password", "unlock it first"
            ) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise RecordingError(
                str(self.path / member), "it is cut off or damaged", "export it again"
            ) from error
        if len(content) > most:
            raise RecordingError(
                str(self.path / member),
                f"it holds more than {most >> 20} MB of text",
                "cut it into parts",
            )
        return content

    def _open(self) -> Path | io.BytesIO:
        """What `zipfile` opens; it reads all names at once, so they are counted before."""
        if isinstance(self.path, Path):
            return self.path
        count = self.path.content.count(_ENTRY)
        if count > MAX_NAMED:
            raise RecordingError(str(self.path), f"it names {count} files", "export one recording")
        return io.BytesIO(self.path.content)

    def _find_members(self, file: zipfile.ZipFile) -> None:
        members = file.namelist()
        if len(members) > MAX_MEMBERS:
            raise RecordingError(
                str(self.path), f"it holds {len(members)} files", "export one recording"
            )
        for member in members:
            name = member.rpartition("/")[2]
            if not name.endswith(".csv") or member.startswith("__MACOSX/"):
                continue
            stem = name.removesuffix(".csv")
            if stem in self._members:
                raise RecordingError(
                    str(self.path), f"it holds {name} twice", "export one recording at a time"
                )
            self._members[stem] = member
