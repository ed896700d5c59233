"""Fields of fixed size, one after another: how structures of the open sensor protocol lie in bytes.

All integers are little-endian. What is wrong is said by a `Fault`, one word for programs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from sensor_screen.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_QUOTED = 24
"""Bytes of a packet that an error quotes."""


class Fault(StrEnum):
    """Which rule of the protocol some bytes break; the words of `vectors.json`."""

    LENGTH = "length"
    """Longer or shorter than it says or may be."""
    VERSION = "version"
    """Of another major version."""
    COUNT = "count"
    """So many items may not be in it."""
    VALUE = "value"
    """A field has a value that is not allowed."""
    OP = "op"
    """Not what is sent in this direction."""
    CUT = "cut"
    """An entry reaches past the end."""
    MISSING = "missing"
    """A required entry is not there."""
    SHORT = "short"
    """An entry has fewer bytes than its fields need."""
    TWICE = "twice"
    """A known entry stands twice."""
    TEXT = "text"
    """Not UTF-8, or of a length that is not allowed."""
    SCALE = "scale"
    """Not finite, or not above 0."""
    AXES = "axes"
    """Not a permutation, or left-handed."""
    KIND = "kind"
    """Of a kind that is not known."""
    CHANNEL = "channel"
    """Of a channel that is not known, or none where one is needed."""
    ORDER = "order"
    """Not in the order of time."""
    CRC = "crc"
    """Bytes were changed on the way."""
    SLOT = "slot"
    """Said of a sensor that was not described, or describes another in its place."""
    SEQUENCE = "sequence"
    """Frames before it did not come."""


def refuse(value: bytes, what: str, fault: Fault, problem: str, remedy: str) -> NoReturn:
    """Raise the error for `value`, quoted as far as is useful.

    Raises:
        ProtocolError: Always.
    """
    raise ProtocolError(quoted(value, what), problem, remedy, fault)


def quoted(value: bytes, what: str) -> str:
    """`Packet 11 01 70 ...`, at most `MOST_QUOTED` bytes of it."""
    shown = bytes(value[:MOST_QUOTED]).hex(" ")
    return f"{what} {shown or '(empty)'}{' ...' if len(value) > MOST_QUOTED else ''}"


_CODES = {
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "u48": "6s",
    "u64": "Q",
    "i8": "b",
    "i16": "h",
    "f32": "f",
}


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """Names and types of fields, in the order in which they are sent."""

    fields: tuple[tuple[str, str], ...]
    """(name, type): u8 u16 u32 u48 u64 i8 i16 f32."""
    _struct: struct.Struct = field(init=False, repr=False, compare=False)
    _wide: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        code = "<" + "".join(_CODES[kind] for _, kind in self.fields)
        wide = tuple(k for k, (_, kind) in enumerate(self.fields) if kind == "u48")
        object.__setattr__(self, "_struct", struct.Struct(code))
        object.__setattr__(self, "_wide", wide)

    @property
    def size(self) -> int:
        """Bytes."""
        return self._struct.size

    @property
    def names(self) -> tuple[str, ...]:
        """Of the fields, in their order."""
        return tuple(name for name, _ in self.fields)

    def unpack(self, value: bytes, offset: int = 0) -> tuple[int | float, ...]:
        """The fields that begin at `offset`; the caller has checked that they are there."""
        found = self._struct.unpack_from(value, offset)
        if not self._wide:
            return found
        values = list(found)
        for k in self._wide:
            values[k] = int.from_bytes(values[k], "little")
        return tuple(values)

    def pack(self, values: Iterable[int | float], what: str) -> bytes:
        """The fields as bytes.

        Raises:
            ProtocolError: A value does not fit its field.
        """
        given = list(values)
        packed: list[int | float | bytes] = list(given)
        try:
            for k in self._wide:
                packed[k] = int(given[k]).to_bytes(6, "little")
            return self._struct.pack(*packed)
        except (struct.error, OverflowError, ValueError, TypeError) as error:
            raise ProtocolError(
                f"{what} {given}",
                "holds a value that does not fit its field",
                "send what the tables of PROTOCOL.md allow",
                Fault.VALUE,
            ) from error


def layout(**fields: str) -> FieldLayout:
    """`layout(first="u32", count="u32")`."""
    return FieldLayout(tuple(fields.items()))


def decode_text(value: bytes, most_bytes: int, what: str) -> str:
    """Text that was sent as 1 to `most_bytes` bytes of UTF-8.

    Raises:
        ProtocolError: It is none.
    """
    if not 1 <= len(value) <= most_bytes:
        refuse(
            value,
            what,
            Fault.TEXT,
            f"has {len(value)} bytes",
            f"send 1 to {most_bytes} bytes of UTF-8",
        )
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        refuse(value, what, Fault.TEXT, "is not UTF-8", f"send 1 to {most_bytes} bytes of UTF-8")


def encode_text(text: str, most_bytes: int, what: str) -> bytes:
    """The reverse of `decode_text`.

    Raises:
        ProtocolError: Too long or empty, or it cannot be written in UTF-8.
    """
    try:
        value = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProtocolError(
            f"{what} {text!r}", "is not text", "send text that UTF-8 can write", Fault.TEXT
        ) from error
    decode_text(value, most_bytes, what)
    return value
