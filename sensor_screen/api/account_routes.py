"""Who signs in: the first owner, and whoever comes after."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field, SecretStr

from sensor_screen.api.forms import Form, Line, Shown
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import accounts
from sensor_screen.service.actor import Role

router = make_router("accounts")

Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{3,64}$", examples=["anna.therapist"])]
Password = Annotated[SecretStr, Field(min_length=10, max_length=200)]


class SetUp(Form):
    """The first owner, by the link that `serve` printed."""

    code: Line
    login: Login
    password: Password
    clinic: Line = Field(examples=["Physiotherapy by the river"])


class SignIn(Form):
    """Who signs in."""

    login: Line
    password: Password


class SignedIn(Shown):
    """A token; it is told once."""

    token: str = Field(examples=["ss_Zk3..."])
    role: Role


class Me(Shown):
    """Whose token it is."""

    role: Role
    clinic_id: str
    account_id: str | None
    person_id: str | None
    stream_id: str | None


@router.post("/setup", operation_id="accounts.set_up", status_code=201)
def set_up(form: SetUp, access: Allowed) -> SignedIn:
    """Make the clinic and its owner, once, with the one-time code."""
    secret = accounts.set_up(
        access, form.code, form.login, form.password.get_secret_value(), form.clinic
    )
    return SignedIn(token=secret, role=Role.OWNER)


@router.post("/sign-in", operation_id="accounts.sign_in", status_code=201)
def sign_in(form: SignIn, access: Allowed) -> SignedIn:
    """A new token for login and password."""
    secret, role = accounts.sign_in(access, form.login, form.password.get_secret_value())
    return SignedIn(token=secret, role=role)


@router.post("/sign-out", operation_id="accounts.sign_out", status_code=204)
def sign_out(access: Allowed) -> Response:
    """The token of this request ends, and the sockets that it opened."""
    accounts.revoke(access, access.actor.token_id)
    return Response(status_code=204)


@router.get("/me", operation_id="accounts.me")
def tell_me(access: Allowed) -> Me:
    """Whose token this is."""
    actor = access.actor
    return Me(
        role=actor.role,
        clinic_id=actor.clinic_id,
        account_id=actor.account_id,
        person_id=actor.person_id,
        stream_id=actor.stream_id,
    )
