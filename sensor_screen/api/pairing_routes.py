"""Pairing a phone by a QR code that is scanned once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sensor_screen.api.account_routes import Code
from sensor_screen.api.forms import Form, Id, Shown, time_of
from sensor_screen.api.origin import Address, ServedUrl
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.certificates.qr import svg_qr
from sensor_screen.service import pairings
from sensor_screen.service.pairings import PairingState, state_of

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("pairings")


class NewPairing(Form):
    """Which stream a phone shall write."""

    stream_id: Id


class Pairing(Shown):
    """How far it is. The digits are not told: the phone shows them."""

    id: str
    stream_id: str
    state: PairingState
    expires_at: datetime


class ToldPairing(Pairing):
    """A pairing with its code, which is told once."""

    link: str = Field(examples=["https://screen.example/pair#mY2Ck0vJQ4WlF5dE1wTz9A"])
    qr_svg: str = Field(description="The link as a QR code.", examples=["<svg ..."])


class Claim(Form):
    """A code that a phone has scanned."""

    code: Code


class Claimed(Shown):
    """What the phone shows, and the secret with which it collects its token."""

    claim: str
    digits: str = Field(examples=["0417"])


class Digits(Form):
    """What the phone shows."""

    digits: Annotated[str, Field(pattern="^[0-9]{4}$", examples=["0417"])]


class Collect(Form):
    """The secret of a claim: in the body, because addresses stand in logs."""

    claim: Code


class Collected(Shown):
    """How far it is; once confirmed, and only once, with the token."""

    state: PairingState
    token: str | None = Field(default=None, examples=["ss_Zk3..."])
    stream_id: str | None = None


def show_pairing(row: Row) -> Pairing:
    """A row as it is answered."""
    return Pairing(
        id=row["id"],
        stream_id=row["stream_id"],
        state=state_of(row),
        expires_at=time_of(row["expires_at_us"]),
    )


@router.post(
    "/pairings", operation_id="pairings.create", status_code=201, responses=responses(404, 409)
)
def create_pairing(form: NewPairing, access: Allowed, url: ServedUrl) -> ToldPairing:
    """A code with which one phone may write one stream; good for two minutes."""
    code, row = pairings.create_pairing(access, form.stream_id)
    link = f"{url}/pair#{code}"
    return ToldPairing(**show_pairing(row).model_dump(), link=link, qr_svg=svg_qr(link).decode())


@router.get("/pairings/{pairing_id}", operation_id="pairings.find", responses=responses(404))
def find_pairing(pairing_id: Id, access: Allowed) -> Pairing:
    """How far one is."""
    return show_pairing(pairings.find_pairing(access, pairing_id))


@router.post(
    "/pairings/{pairing_id}/confirm",
    operation_id="pairings.confirm",
    responses=responses(404, 409),
)
def confirm_pairing(pairing_id: Id, form: Digits, access: Allowed) -> Pairing:
    """Type the digits that the phone shows; the third wrong answer ends it."""
    return show_pairing(pairings.confirm_pairing(access, pairing_id, form.digits))


@router.post("/pairings/claim", operation_id="pairings.claim", status_code=201)
def claim_pairing(form: Claim, access: Allowed, address: Address) -> Claimed:
    """Take a code, once."""
    claim, digits = pairings.claim_pairing(access, form.code, address=address)
    return Claimed(claim=claim, digits=digits)


@router.post("/pairings/collect", operation_id="pairings.collect")
def collect_pairing(form: Collect, access: Allowed) -> Collected:
    """Ask until it is confirmed, refused or expired; confirmed brings the token, once."""
    state, token, stream_id = pairings.collect_pairing(access, form.claim)
    return Collected(state=state, token=token, stream_id=stream_id)
