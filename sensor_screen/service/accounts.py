"""People who sign in: the owner of a clinic, therapists, athletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError, DeniedError
from sensor_screen.service.actor import Role
from sensor_screen.service.endings import Ended
from sensor_screen.service.invitations import (
    add_invitation,
    check_person,
    open_invitation,
    use_up,
)
from sensor_screen.service.tokens import DAY_US, end_tokens, issue_token
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us
from sensor_screen.storage.database.rows import (
    add,
    change,
    change_where,
    find,
    find_one,
    list_rows,
    remove,
    within,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Reach, Row

SETUP_VALID_US = 7 * DAY_US


def login_form(login: str) -> str:
    """Logins are told apart without regard to case."""
    return login.strip().lower()


# --- becoming somebody ---------------------------------------------------------------------------


def offer_set_up(database: Database) -> str | None:
    """A code for the first owner; None where there is one already. An older code ends."""
    with database.write() as connection:
        if find_one(connection, schema.account) is not None:
            return None
        remove(connection, schema.invitation, schema.invitation.c.clinic_id.is_(None))
        return add_invitation(connection, None, Role.OWNER, None, SETUP_VALID_US)[0]


def set_up(
    access: Access, code: str, login: str, password: str, clinic_name: str, *, address: str = ""
) -> str:
    """The first owner with the clinic; gives a token.

    Raises:
        DeniedError: The code is not valid.
        ConflictError: The login is taken.
        UsageError: The password is too short.
        BusyError: There were too many tries.
    """
    return _redeem(access, code, login, password, address, clinic_name)[0]


def join(
    access: Access, code: str, login: str, password: str, *, address: str = ""
) -> tuple[str, Role]:
    """A new account by an invitation; gives a token, and the role.

    Raises:
        DeniedError: The code is not valid.
        ConflictError: The login is taken; the code can be used with another.
        UsageError: The password is too short.
        BusyError: There were too many tries.
    """
    return _redeem(access, code, login, password, address, None)


def _redeem(
    access: Access, code: str, login: str, password: str, address: str, clinic_name: str | None
) -> tuple[str, Role]:
    access.services.throttle.try_secret(address)
    with access.read() as connection:
        row = open_invitation(connection, code)  # first: a guess costs no hash
    if (row["clinic_id"] is None) != (clinic_name is not None):
        raise DeniedError("the code", "is for another page", "open the link as it was given")
    hashed = access.services.passwords.hash(password)
    with access.services.database.write() as connection:
        use_up(connection, row)
        clinic_id = row["clinic_id"] or new_id()
        if clinic_name is not None:
            add(connection, schema.clinic, id=clinic_id, name=clinic_name)
        account = _add_account(connection, clinic_id, login, hashed, row)
        access.note(connection, account["id"], clinic_id=clinic_id, account_id=account["id"])
        secret = _issue_session(access, connection, account, "first sign-in")
    access.services.throttle.succeeded(login_form(login), address)
    return secret, Role(row["role"])


def _add_account(connection: Connection, clinic_id: str, login: str, hashed: str, row: Row) -> Row:
    try:
        return add(
            connection,
            schema.account,
            clinic_id=clinic_id,
            login=login_form(login),
            password_hash=hashed,
            role=row["role"],
            person_id=row["person_id"],
        )
    except ConflictError as error:
        raise ConflictError("the login", "is taken", "choose another") from error


def _issue_session(access: Access, connection: Connection, account: Row, label: str) -> str:
    secret, _ = issue_token(
        connection,
        clinic_id=account["clinic_id"],
        role=Role(account["role"]),
        kind="session",
        label=label,
        account_id=account["id"],
        valid_us=access.services.settings.session_days * DAY_US,
    )
    return secret


# --- signing in ----------------------------------------------------------------------------------


def sign_in(access: Access, login: str, password: str, *, address: str = "") -> tuple[str, Role]:
    """A token for login and password.

    Whether there is such a login shows neither in the answer nor in the work: one hash is compared
    and one line of the audit log is written either way.

    Raises:
        DeniedError: They do not belong together; not said why.
        BusyError: There were too many tries.
    """
    login = login_form(login)
    services = access.services
    services.throttle.try_login(login, address)
    with access.read() as connection:
        found = find_one(connection, schema.account, schema.account.c.login == login)
    right = services.passwords.check(found["password_hash"] if found else None, password)
    if found is None or not right or found["disabled_at_us"]:
        _note_refused(access, found)
        raise DeniedError(
            "login and password", "do not belong together", "check both", unknown=True
        )
    services.throttle.succeeded(login, address)
    renewed = _renewed_hash(access, found, password)
    with services.database.write() as connection:
        account = _unchanged(connection, found)
        if renewed is not None:
            _renew(connection, found, renewed)
        secret = _issue_session(access, connection, account, "sign-in")
        access.note(connection, found["id"], clinic_id=found["clinic_id"], account_id=found["id"])
    return secret, Role(account["role"])


def _unchanged(connection: Connection, found: Row) -> Row:
    """The account again: it may have been changed while the password was compared."""
    table = schema.account
    account = find_one(connection, table, table.c.id == found["id"], lock=True)
    same = account is not None and account["password_hash"] == found["password_hash"]
    if account is None or not same or account["disabled_at_us"]:
        raise DeniedError("the account", "has just changed", "sign in again", unknown=True)
    return account


def _note_refused(access: Access, found: Row | None) -> None:
    clinic_id, account_id = (found["clinic_id"], found["id"]) if found else (None, None)
    with access.services.database.write() as connection:
        access.note(connection, account_id, "refused", clinic_id=clinic_id)


def _renewed_hash(access: Access, found: Row, password: str) -> str | None:
    """The password as today's parameters hash it, where that is not how it is kept."""
    passwords = access.services.passwords
    return passwords.hash(password) if passwords.is_dated(found["password_hash"]) else None


def _renew(connection: Connection, found: Row, hashed: str) -> None:
    table = schema.account
    same = (table.c.id == found["id"], table.c.password_hash == found["password_hash"])
    change_where(connection, table, *same, password_hash=hashed)


def change_password(access: Access, old: str, new: str, *, address: str = "") -> None:
    """A new password; every other token of the account ends, phones that it paired included.

    Raises:
        DeniedError: The old one is wrong.
        UsageError: The new one is too short.
        BusyError: There were too many tries.
    """
    services, account_id = access.services, access.actor.account_id or ""
    # Counted apart from signing in: who holds a stolen token must not use up the owner's tries.
    services.throttle.try_login(f"password of {account_id}", address)
    with access.read() as connection:
        account = find(connection, schema.account, account_id, access.reach)
    if not services.passwords.check(account["password_hash"], old):
        with services.database.write() as connection:
            access.note(connection, account_id, "refused")
        raise DeniedError("the old password", "is not right", "type it again")
    hashed = services.passwords.hash(new)
    token = schema.token
    with access.write(account_id) as connection:
        change_where(
            connection, schema.account, schema.account.c.id == account_id, password_hash=hashed
        )
        others = token.c.id != access.actor.token_id
        ended = end_tokens(connection, token.c.account_id == account_id, others)
    services.throttle.succeeded(f"password of {account_id}", address)
    services.endings.tell(Ended(token_ids=tuple(ended)))


# --- accounts of a clinic ------------------------------------------------------------------------


def list_accounts(access: Access, after: str, limit: int) -> list[Row]:
    """Everybody who has an account in the clinic."""
    with access.read() as connection:
        return list_rows(connection, schema.account, access.reach, after=after, limit=limit)


def change_account(
    access: Access,
    account_id: str,
    role: Role | None,
    person_id: str | None,
    disabled: bool | None,
) -> Row:
    """Another role, or whether the account is disabled; either ends all its tokens and sockets.

    Args:
        access: Of an owner.
        account_id: Whose.
        role: The new one; None: as it is.
        person_id: Of an athlete.
        disabled: Whether; None: as it is.

    Raises:
        NotFoundError: There is no such account, or person.
        UsageError: An athlete without a person, or somebody else with one.
        ConflictError: Nobody would be left who is an owner.
    """
    with access.write(account_id) as connection:
        _lock_owners(connection, access.reach)
        account = find(connection, schema.account, account_id, access.reach, lock=True)
        values = _changed(connection, access, account, role, person_id, disabled)
        after = change(connection, schema.account, account_id, access.reach, **values)
        if find_one(connection, schema.account, *_owners(access.reach)) is None:
            raise ConflictError("the last owner", "cannot go", "make somebody else an owner before")
        fewer = any(account[name] != after[name] for name in ("role", "person_id"))
        ended: list[str] = []
        if fewer or after["disabled_at_us"]:
            ended = end_tokens(connection, schema.token.c.account_id == account_id)
    access.services.endings.tell(Ended(token_ids=tuple(ended)))
    return after


def _changed(
    connection: Connection,
    access: Access,
    account: Row,
    role: Role | None,
    person_id: str | None,
    disabled: bool | None,
) -> dict[str, object]:
    values: dict[str, object] = {}
    if role is not None or person_id is not None:
        as_what = role or Role(account["role"])
        who = person_id or (account["person_id"] if as_what is Role.ATHLETE else None)
        check_person(as_what, who)
        if person_id is not None:
            find(connection, schema.person, person_id, access.reach)
        values |= {"role": as_what.value, "person_id": who}
    if disabled is not None:
        values["disabled_at_us"] = (account["disabled_at_us"] or now_us()) if disabled else None
    return values


def _owners(reach: Reach) -> tuple[ColumnElement[bool], ...]:
    table = schema.account
    return (
        within(table, reach),
        table.c.role == Role.OWNER.value,
        table.c.disabled_at_us.is_(None),
    )


def _lock_owners(connection: Connection, reach: Reach) -> None:
    """Two owners who demote each other at the same moment come one after the other."""
    find_one(connection, schema.account, *_owners(reach), lock=True)
