"""Who signs in: the first owner, and whoever comes after."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Response
from pydantic import AfterValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from sensor_screen.api.forms import After, Form, Id, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.origin import Address, ServedUrl
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import accounts, invitations, tokens
from sensor_screen.service.actor import Role
from sensor_screen.service.passwords import AT_LEAST, AT_MOST, LOGIN

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("accounts")


def _whole(password: SecretStr) -> SecretStr:
    """Refuse half characters, which have no bytes to be hashed."""
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("half", "there is half a character in it") from error
    return password


Login = Annotated[str, Field(pattern=f"^{LOGIN}$", examples=["anna.therapist"])]
Code = Annotated[str, Field(min_length=1, max_length=200, examples=["mY2Ck0vJQ4WlF5dE1wTz9A"])]
NewPassword = Annotated[
    SecretStr,
    Field(
        min_length=AT_LEAST,
        max_length=AT_MOST,
        description="Taken as it is; a sentence is good.",
        examples=["four words of mine"],
    ),
    AfterValidator(_whole),
]
Password = Annotated[
    SecretStr,
    Field(min_length=1, max_length=AT_MOST),
    AfterValidator(_whole),
]


class SecretForm(Form):
    """What has a password in it, of which spaces are a part."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class SetUp(SecretForm):
    """The first owner, by the link that `serve` printed."""

    code: Code
    login: Login
    password: NewPassword
    clinic: Line = Field(examples=["Physiotherapy by the river"])


class Join(SecretForm):
    """A new account, by the link of an invitation."""

    code: Code
    login: Login
    password: NewPassword


class SignIn(SecretForm):
    """Who signs in."""

    login: Login
    password: Password


class NewPasswords(SecretForm):
    """A password for another."""

    old: Password
    new: NewPassword


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


class Account(Shown):
    """Somebody who signs in."""

    id: str
    login: str
    role: Role
    person_id: str | None = Field(description="Whose sessions an athlete sees.")
    created_at: datetime
    disabled_at: datetime | None


class AccountChange(Form):
    """What becomes different; what is not said stays."""

    role: Role | None = None
    person_id: Id | None = Field(default=None, description="Of an athlete.")
    disabled: bool | None = None


class NewInvitation(Form):
    """Whom to invite."""

    role: Role = Field(examples=["therapist"])
    person_id: Id | None = Field(default=None, description="Of an athlete, and only of one.")


class Invitation(Shown):
    """A link that makes one account; it is told once."""

    id: str
    role: Role
    person_id: str | None
    link: str = Field(examples=["https://screen.example/join#mY2Ck0vJQ4WlF5dE1wTz9A"])
    expires_at: datetime


def show_account(row: Row) -> Account:
    """A row as it is answered: never its hash."""
    ended_us = row["disabled_at_us"]
    return Account(
        id=row["id"],
        login=row["login"],
        role=Role(row["role"]),
        person_id=row["person_id"],
        created_at=time_of(row["created_at_us"]),
        disabled_at=None if ended_us is None else time_of(ended_us),
    )


@router.post("/setup", operation_id="accounts.set_up", status_code=201, responses=responses(409))
def set_up(form: SetUp, access: Allowed, address: Address) -> SignedIn:
    """Make the clinic and its owner, once, with the one-time code."""
    password = form.password.get_secret_value()
    secret = accounts.set_up(access, form.code, form.login, password, form.clinic, address=address)
    return SignedIn(token=secret, role=Role.OWNER)


@router.post("/join", operation_id="accounts.join", status_code=201, responses=responses(409))
def join(form: Join, access: Allowed, address: Address) -> SignedIn:
    """Make an account with the code of an invitation."""
    password = form.password.get_secret_value()
    secret, role = accounts.join(access, form.code, form.login, password, address=address)
    return SignedIn(token=secret, role=role)


@router.post("/sign-in", operation_id="accounts.sign_in", status_code=201)
def sign_in(form: SignIn, access: Allowed, address: Address) -> SignedIn:
    """A new token for login and password."""
    password = form.password.get_secret_value()
    secret, role = accounts.sign_in(access, form.login, password, address=address)
    return SignedIn(token=secret, role=role)


@router.post("/sign-out", operation_id="accounts.sign_out", status_code=204)
def sign_out(access: Allowed) -> Response:
    """The token of this request ends, and the sockets that it opened."""
    tokens.sign_out(access)
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


@router.post("/me/password", operation_id="accounts.change_password", status_code=204)
def change_password(form: NewPasswords, access: Allowed, address: Address) -> Response:
    """Another password. All other tokens of the account end; that of this request goes on."""
    old, new = form.old.get_secret_value(), form.new.get_secret_value()
    accounts.change_password(access, old, new, address=address)
    return Response(status_code=204)


@router.get("/accounts", operation_id="accounts.list")
def list_accounts(access: Allowed, after: After = "", limit: Limit = 50) -> Page[Account]:
    """Everybody who has an account in the clinic, the first made first."""
    return page_of(accounts.list_accounts(access, after, limit + 1), limit, show_account)


@router.patch(
    "/accounts/{account_id}", operation_id="accounts.change", responses=responses(404, 409)
)
def change_account(account_id: Id, form: AccountChange, access: Allowed) -> Account:
    """Another role, or disabled: all tokens of the account end. One owner always stays."""
    row = accounts.change_account(access, account_id, form.role, form.person_id, form.disabled)
    return show_account(row)


@router.post(
    "/invitations", operation_id="accounts.invite", status_code=201, responses=responses(404)
)
def invite(form: NewInvitation, access: Allowed, url: ServedUrl) -> Invitation:
    """A one-time link that makes an account. Owners invite anybody, therapists athletes."""
    code, row = invitations.invite(access, form.role, form.person_id)
    return Invitation(
        id=row["id"],
        role=Role(row["role"]),
        person_id=row["person_id"],
        link=f"{url}/join#{code}",
        expires_at=time_of(row["expires_at_us"]),
    )
