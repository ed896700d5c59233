"""Who asks, and with which role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a clinic."""

    OWNER = "owner"
    THERAPIST = "therapist"
    ATHLETE = "athlete"
    """Sees and makes what is of the person whom the account is linked to."""
    RELAY = "relay"
    """The token of a phone that writes one stream."""
    INTEGRATION = "integration"
    """A key of another program; reads only."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as its token says."""

    clinic_id: str
    role: Role
    token_id: str
    account_id: str | None = None
    person_id: str | None = None
    """Of an athlete."""
    stream_id: str | None = None
    """Of a relay."""
