"""Who may do what: one table, action x role -> how far.

An action is the operation id of a route, or one of the sockets. A role that is not in the row of an
action may not do it, to anything (403). A role that is reaches what its scope says; all else is
not there for it (404).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sensor_screen.service.actor import Role
from sensor_screen.storage.database.rows import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.service.actor import Actor


class Scope(StrEnum):
    """How far a role reaches in an action."""

    CLINIC = "clinic"
    """Everything of the clinic."""
    OWN = "own"
    """What is of the person whom the account is linked to."""
    STREAM = "stream"
    """The one stream of the token."""


Row = dict[Role, Scope]
PUBLIC: Row = {}
"""Anybody, without a token: the action itself asks for what it needs."""

_OWNER: Row = {Role.OWNER: Scope.CLINIC}
_STAFF: Row = _OWNER | {Role.THERAPIST: Scope.CLINIC}
_WRITE: Row = _STAFF | {Role.ATHLETE: Scope.OWN}
_READ: Row = _WRITE | {Role.INTEGRATION: Scope.CLINIC}
_RELAY: Row = {Role.RELAY: Scope.STREAM}

POLICY: Mapping[str, Row] = {
    "health.live": PUBLIC,
    "health.ready": PUBLIC,
    "about.version": PUBLIC,
    "about.metrics": _OWNER | {Role.INTEGRATION: Scope.CLINIC},
    # pages before there is an app
    "show_trust_page": PUBLIC,
    "get_authority_certificate": PUBLIC,
    "get_authority_profile": PUBLIC,
    "get_trust_code": PUBLIC,
    "show_setup_page": PUBLIC,
    "show_join_page": PUBLIC,
    "show_pair_page": PUBLIC,
    "get_static_file": PUBLIC,
    # people who sign in
    "accounts.set_up": PUBLIC,
    "accounts.join": PUBLIC,
    "accounts.sign_in": PUBLIC,
    "accounts.sign_out": _READ | _RELAY,
    "accounts.me": _READ | _RELAY,
    "accounts.change_password": _WRITE,
    "accounts.list": _OWNER,
    "accounts.invite": _STAFF,
    "accounts.change": _OWNER,
    "keys.list": _OWNER,
    "keys.create": _OWNER,
    "keys.revoke": _OWNER,
    "audit.list": _OWNER,
    # people who are screened
    "people.list": _READ,
    "people.create": _STAFF,
    "people.find": _READ,
    "people.change": _STAFF,
    "people.erase": _OWNER,
    "people.export": _WRITE,
    "people.progress": _READ,
    "consents.text": _READ,
    "consents.list": _READ,
    "consents.give": _WRITE,
    "consents.withdraw": _WRITE,
    "notes.list": _STAFF,
    "notes.create": _STAFF,
    "notes.remove": _STAFF,
    "goals.list": _READ,
    "goals.create": _WRITE,
    "goals.change": _WRITE,
    "goals.remove": _WRITE,
    # sessions
    "plans.list": _READ,
    "plans.find": _READ,
    "sessions.list": _READ,
    "sessions.create": _WRITE,
    "sessions.find": _READ,
    "sessions.change": _WRITE,
    "sessions.remove": _STAFF,
    "sessions.comparison": _READ,
    "sessions.positions": _READ,
    "sessions.rejudge": _STAFF,
    "intake.questions": _READ,
    "intake.find": _READ,
    "intake.put": _WRITE,
    "entries.find": _READ,
    "entries.put": _WRITE,
    # recordings and what is made of them
    "recordings.screen": _STAFF,
    "recordings.upload": _WRITE,
    "recordings.list": _READ,
    "recordings.find": _READ,
    "recordings.download": _READ,
    "recordings.export": _READ,
    "recordings.remove": _STAFF,
    "reports.create": _WRITE,
    "reports.create_for_person": _WRITE,
    "reports.list": _READ,
    "reports.find": _READ,
    "reports.face": _READ,
    "reports.positions": _READ,
    "positions.find": _READ,
    "rulebooks.list": _READ,
    "rulebooks.find": _READ,
    "rulebooks.create": _STAFF,
    # live
    "streams.create": _WRITE,
    "streams.list": _READ,
    "streams.find": _READ | _RELAY,
    "streams.finish": _WRITE,
    "tickets.create": _READ | _RELAY,
    "pairings.create": _WRITE,
    "pairings.find": _WRITE,
    "pairings.confirm": _WRITE,
    "pairings.claim": PUBLIC,
    "pairings.collect": PUBLIC,
    "socket.relay": _WRITE | _RELAY,
    "socket.watch": _READ | _RELAY,
}

READS_LOGGED = frozenset(
    {
        "people.export",
        "people.progress",
        "notes.list",
        "sessions.comparison",
        "sessions.positions",
        "intake.find",
        "entries.find",
        "recordings.download",
        "recordings.export",
        "reports.face",
        "reports.positions",
    }
)
"""Reads of what is personal, which leave a line in the audit log as changes do."""


def reach_of(actor: Actor, action: str) -> Reach | None:
    """What an actor reaches in an action; None: the action is not for that role.

    Raises:
        KeyError: The action has no row.
    """
    scope = POLICY[action].get(actor.role)
    if scope is None:
        return None
    if scope is Scope.CLINIC:
        return Reach(actor.clinic_id)
    if scope is Scope.STREAM:
        return Reach(actor.clinic_id, stream_id=actor.stream_id or "")
    return Reach(actor.clinic_id, person_id=actor.person_id or "")
