"""What a relay and the service say to each other beside frames: JSON texts, closing codes, limits.

Subprotocol `sensor-screen-relay-1`. Frames are binary messages (PROTOCOL.md, 12), one each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from sensor_screen.model import Task
from sensor_screen.protocol.relay_marks import MarkName, RelayMark

PROTOCOL = 1
SUBPROTOCOL = "sensor-screen-relay-1"
LATEST_US = 2**53
"""A clock beyond it is none: 285 years, and what JavaScript counts exactly."""
LONGEST_TEXT = 4096
"""Characters of a message."""
LONGEST_REASON = 123
"""Bytes of the reason in a closing frame of a WebSocket."""
RETRY_AFTER = "retry-after="
"""Begins the reason of `OVERLOADED`; seconds follow."""


class CloseCode(IntEnum):
    """Why a socket is closed."""

    DONE = 1000
    TOO_LARGE = 1009
    RESTARTING = 1012
    BAD_MESSAGE = 4400
    BAD_TICKET = 4401
    NOT_ALLOWED = 4403
    NO_STREAM = 4404
    TAKEN_OVER = 4408
    OUT_OF_SEQUENCE = 4409
    FINISHED = 4410
    OVERLOADED = 4429


class TroubleCode(StrEnum):
    """Why nothing is acknowledged at present."""

    STORAGE_FULL = "storage_full"
    DATABASE_AWAY = "database_away"
    STORAGE_FAILED = "storage_failed"
    VIEW_BEHIND = "view_behind"
    """Of what is measured nothing more is shown; frames are taken as before."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the service from making anything durable."""

    code: TroubleCode
    detail: str
    """One sentence."""
    retry_after_s: float

    @property
    def text(self) -> str:
        """As it is said."""
        return compact(
            type="trouble",
            code=self.code.value,
            detail=self.detail,
            retry_after_s=self.retry_after_s,
        )


class MessageError(ValueError):
    """A text is not one of the messages; its words are one sentence for the closing frame."""


def read_message(text: str) -> dict[str, Any]:
    """A text as an object with a known type.

    Raises:
        MessageError: It is too long or no such object.
    """
    if len(text) > LONGEST_TEXT:
        raise MessageError(f"A message has {len(text)} characters and may have {LONGEST_TEXT}.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MessageError("A message is not JSON.") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise MessageError("A message is not an object with a type.")
    return message


def whole_number(message: dict[str, Any], name: str, limit: int = LATEST_US) -> int:
    """A field that is an integer within 0 to `limit`.

    Raises:
        MessageError: It is not.
    """
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise MessageError(f"A {message['type'][:20]} needs {name}, a whole number from 0 on.")
    return value


def only(message: dict[str, Any], *names: str) -> None:
    """Refuse fields that nobody would read.

    Raises:
        MessageError: There is one.
    """
    if unknown := sorted(set(message) - {"type", *names}):
        raise MessageError(f"A {message['type'][:20]} has no field {unknown[0][:20]!r}.")


def read_mark(message: dict[str, Any]) -> RelayMark:
    """The mark that a message of that type is.

    Raises:
        MessageError: A field is missing or is not as it must be.
    """
    only(message, "number", "at_us", "name", "text")
    name, text = message.get("name"), message.get("text", "")
    if name not in list(MarkName):
        raise MessageError(f"A mark is one of {', '.join(MarkName)}.")
    if text not in list(Task) and (text != "" or name == MarkName.BEGINS):
        raise MessageError("A mark names a task that is not known.")
    return RelayMark(
        whole_number(message, "number"), whole_number(message, "at_us"), MarkName(name), str(text)
    )


def write_mark(mark: RelayMark) -> str:
    """The reverse of `read_mark`."""
    return compact(
        type="mark", number=mark.number, at_us=mark.at_us, name=mark.name.value, text=mark.text
    )


def compact(**fields: object) -> str:
    """JSON without spaces."""
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def closing_reason(sentence: str) -> str:
    """As much of a sentence as fits into a closing frame."""
    value = sentence.encode("utf-8", "replace")
    if len(value) <= LONGEST_REASON:
        return value.decode()
    return value[: LONGEST_REASON - 3].decode("utf-8", "ignore") + "..."
