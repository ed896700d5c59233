"""A file that came as bytes, for readers that otherwise open paths; and what readers take."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much of a file is read into memory before it is called hostile."""

    text_bytes: int = 512 << 20
    """Unpacked text of one file: about nine hours of one sensor at 200 Hz. A bomb stops here."""
    rows: int = 20_000_000
    """Samples of all sensors: four at 200 Hz for seven hours; beyond it a file is not one
    occasion."""


OWN_FILES = ReadLimits()
"""Of files that the user opens on the own computer."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """Bytes with a name, as far as readers need a path."""

    name: str
    """What to call it in messages; not believed to be a path."""
    content: bytes
    limits: ReadLimits = OWN_FILES

    def __str__(self) -> str:
        return self.name

    def __truediv__(self, inner: str) -> GivenFile:
        """The name of something inside, for messages."""
        return GivenFile(f"{self.name}/{inner}", b"", self.limits)

    def open(self, mode: Literal["rb"]) -> io.BufferedReader:
        """As `Path.open`."""
        del mode  # there is no other
        return io.BufferedReader(io.BytesIO(self.content))


FileSource: TypeAlias = Path | GivenFile
"""What readers read."""


def limits_of(source: FileSource) -> ReadLimits:
    """How much of it may be read."""
    return source.limits if isinstance(source, GivenFile) else OWN_FILES
