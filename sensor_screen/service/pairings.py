"""Pairing: a phone is given the right to write one stream, by a code that is scanned once.

1. The therapist's page asks for a pairing, and shows its code as QR: 128 bits, two minutes.
2. A phone claims the code; nobody can again. It shows four digits.
3. The therapist types the digits that the phone in the room shows. Where somebody photographed the
   code and was faster, the phone in the room says that the code is over, and has no digits.
   Three wrong answers end it, so digits are not guessed either.
4. The phone collects its token, once.

Codes and claims are found by the hash that is kept of them: how long that takes says nothing about
the next guess, and 128 bits are not guessed. Digits are few: they are compared in constant time.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError, DeniedError
from sensor_screen.service.actor import Role
from sensor_screen.service.endings import Ended
from sensor_screen.service.tokens import end_tokens, issue_token
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us, sha256_of
from sensor_screen.storage.database.rows import add, change_where, find, find_one

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

VALID_US = 120_000_000
COLLECT_US = 30_000_000
"""Left for collecting, however late it was confirmed."""
RELAY_VALID_US = 24 * 3_600_000_000
"""A phone that comes back from a dead battery the same day still delivers what it holds."""
MOST_WRONG = 3


class PairingState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    """For a phone."""
    CLAIMED = "claimed"
    """By a phone; the digits are to be typed."""
    CONFIRMED = "confirmed"
    """The phone can collect its token."""
    COLLECTED = "collected"
    REFUSED = "refused"
    """Too many wrong digits."""
    EXPIRED = "expired"


def state_of(row: Row) -> PairingState:
    """How far a pairing is now."""
    if row["collected_at_us"]:
        return PairingState.COLLECTED
    if row["wrong_digits"] >= MOST_WRONG:
        return PairingState.REFUSED
    if row["expires_at_us"] <= now_us():
        return PairingState.EXPIRED
    if row["confirmed_at_us"]:
        return PairingState.CONFIRMED
    return PairingState.CLAIMED if row["claim_sha256"] else PairingState.WAITING


def create_pairing(access: Access, stream_id: str) -> tuple[str, Row]:
    """A code for a phone to write a stream; earlier codes of the stream end.

    Raises:
        NotFoundError: There is no such stream.
        ConflictError: It has ended.
    """
    code, row_id, table = secrets.token_urlsafe(16), new_id(), schema.pairing
    with access.write(row_id) as connection:
        _open_stream(connection, access, stream_id)
        pending = (table.c.stream_id == stream_id, table.c.expires_at_us > now_us())
        change_where(connection, table, *pending, expires_at_us=now_us())
        row = add(
            connection,
            table,
            id=row_id,
            clinic_id=access.actor.clinic_id,
            stream_id=stream_id,
            code_sha256=sha256_of(code),
            wrong_digits=0,
            created_by=access.actor.account_id,
            expires_at_us=now_us() + VALID_US,
        )
    return code, row


def _open_stream(connection: Connection, access: Access, stream_id: str) -> None:
    stream = find(connection, schema.stream, stream_id, access.reach, lock=True)
    if stream["state"] != "open":
        raise ConflictError("the stream", f"is {stream['state']}", "open a new one")


def find_pairing(access: Access, pairing_id: str) -> Row:
    """One of them.

    Raises:
        NotFoundError: There is none within reach.
    """
    with access.read() as connection:
        return find(connection, schema.pairing, pairing_id, access.reach)


def claim_pairing(access: Access, code: str, *, address: str = "") -> tuple[str, str]:
    """A phone takes a code; gives the secret of its claim, and the digits that it shows.

    Raises:
        DeniedError: The code is not known, was used or is over; not said which.
        BusyError: There were too many tries from that address.
    """
    access.services.throttle.try_secret(address)
    claim, digits = secrets.token_urlsafe(32), f"{secrets.randbelow(10_000):04d}"
    table = schema.pairing
    unclaimed = (
        table.c.code_sha256 == sha256_of(code),
        table.c.claim_sha256.is_(None),
        table.c.expires_at_us > now_us(),
    )
    taken = {"claim_sha256": sha256_of(claim), "digits": digits}
    with access.services.database.write() as connection:
        if change_where(connection, table, *unclaimed, **taken) != 1:
            raise DeniedError(
                "the code", "is not known, was used or is over", "scan a new one", unknown=True
            )
        row = find_one(connection, table, table.c.claim_sha256 == taken["claim_sha256"])
        if row is not None:
            access.note(connection, row["id"], clinic_id=row["clinic_id"])
    return claim, digits


def confirm_pairing(access: Access, pairing_id: str, digits: str) -> Row:
    """The digits that the phone shows.

    Raises:
        NotFoundError: There is no such pairing.
        ConflictError: They are others, or the pairing is not there yet, or over.
    """
    table = schema.pairing
    with access.services.database.write() as connection:
        row = find(connection, table, pairing_id, access.reach, lock=True)
        problem = _problem_of(row, digits)
        this = table.c.id == pairing_id
        if problem is None and not row["confirmed_at_us"]:
            until_us = max(row["expires_at_us"], now_us() + COLLECT_US)
            values = {"confirmed_at_us": now_us(), "expires_at_us": until_us}
            change_where(connection, table, this, **values)
        elif problem is not None and state_of(row) is PairingState.CLAIMED:
            change_where(connection, table, this, wrong_digits=row["wrong_digits"] + 1)
        access.note(connection, pairing_id, "done" if problem is None else "refused")
        row = find(connection, table, pairing_id, access.reach)
    if problem is not None:
        raise problem
    return row


def _problem_of(row: Row, digits: str) -> ConflictError | None:
    state = state_of(row)
    if state is PairingState.WAITING:
        return ConflictError("the pairing", "waits for a phone", "scan the code first")
    if state not in {PairingState.CLAIMED, PairingState.CONFIRMED}:
        return ConflictError("the pairing", f"is {state.value}", "begin a new one")
    if secrets.compare_digest(row["digits"] or "", digits):
        return None
    left = MOST_WRONG - row["wrong_digits"] - 1
    if left <= 0:
        return ConflictError("the digits", "were wrong three times", "begin a new pairing")
    return ConflictError(
        "the digits", "are not those of the phone that has the code", "read them again"
    )


def collect_pairing(access: Access, claim: str) -> tuple[PairingState, str | None, str | None]:
    """What a phone that has claimed a code asks until it has its token.

    Returns:
        How far it is; with `CONFIRMED`, once, the token and the stream that it writes.

    Raises:
        DeniedError: The claim is not known, or its token was collected.
    """
    table = schema.pairing
    claimed = table.c.claim_sha256 == sha256_of(claim)
    with access.read() as connection:
        row = find_one(connection, table, claimed)
    if row is None or row["collected_at_us"]:
        raise DeniedError("the claim", "is not known or was used", "scan a new code", unknown=True)
    if (state := state_of(row)) is not PairingState.CONFIRMED:
        return state, None, None
    return _collect(access, row)


def _collect(access: Access, row: Row) -> tuple[PairingState, str | None, str | None]:
    table, token = schema.pairing, schema.token
    with access.services.database.write() as connection:
        stream = find_one(connection, schema.stream, schema.stream.c.id == row["stream_id"])
        account = find_one(connection, schema.account, schema.account.c.id == row["created_by"])
        gone = account is None or account["disabled_at_us"]
        if stream is None or stream["state"] != "open" or gone:
            return PairingState.EXPIRED, None, None
        uncollected = (table.c.id == row["id"], table.c.collected_at_us.is_(None))
        if change_where(connection, table, *uncollected, collected_at_us=now_us()) != 1:
            raise DeniedError("the claim", "was used", "scan a new code", unknown=True)
        # One phone writes a stream: one that was paired before has its right no more.
        ended = end_tokens(connection, token.c.stream_id == row["stream_id"])
        secret, relay = issue_token(
            connection,
            clinic_id=row["clinic_id"],
            role=Role.RELAY,
            kind="relay",
            label="paired phone",
            account_id=row["created_by"],
            stream_id=row["stream_id"],
            valid_us=RELAY_VALID_US,
        )
        access.note(connection, relay["id"], clinic_id=row["clinic_id"])
    access.services.endings.tell(Ended(token_ids=tuple(ended)))
    return PairingState.CONFIRMED, secret, str(row["stream_id"])
