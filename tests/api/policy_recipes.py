"""A valid request for every action; paths and their parameters come from the routes themselves.

An action that is not here, or a parameter that `Belongings` does not know, fails the test.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sensor_screen.service.actor import Role
from sensor_screen.service.consent_texts import NEWEST
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of
from sensor_screen.storage.database.rows import add
from tests.api.policy_world import LATER_US, PASSWORD

if TYPE_CHECKING:
    from tests.api.policy_world import Belongings, PolicyWorld

Body = Callable[["PolicyWorld", "Belongings"], dict[str, Any]]
NOTHING, PERSON, CLINIC = "nothing", "person", "clinic"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an action is asked for."""

    about: str = PERSON
    """`nothing` in particular, something of a `person`, or something of the whole `clinic`."""
    changes: bool = False
    """What it is about, so that every case needs its own."""
    json: Body | None = None
    files: Body | None = None
    form: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    """Of the path, besides ids."""
    label: bool = False
    """The person is asked for by the pseudonym."""
    fine: frozenset[int] = frozenset({200, 201, 204})
    """Statuses of whoever may."""


def _is(**values: Any) -> Body:
    return lambda _world, _about: dict(values)


def _ids(*names: str, **values: Any) -> Body:
    return lambda _world, about: {name: getattr(about, name) for name in names} | values


def _label(_: PolicyWorld, __: Belongings) -> dict[str, Any]:
    return {"label": f"P-{secrets.token_hex(6)}"}


def _file(world: PolicyWorld, _: Belongings) -> dict[str, Any]:
    return {"file": ("made.parquet", world.another_recording())}


def _answers(name: str, value: Any) -> Body:
    """Other answers of the version that is there."""

    def body(world: PolicyWorld, _: Belongings) -> dict[str, Any]:
        token = world.asker(Role.OWNER, world.own, new=False)
        found = world.client.get(f"/v1/sessions/{world.own.session_id}/intake", token).json()
        return {"version": found["version"], name: value}

    return body


def _invited(world: PolicyWorld, role: Role, clinic_id: str | None) -> str:
    from sensor_screen.storage.database.ids import now_us

    code = secrets.token_urlsafe(16)
    values = {"code_sha256": sha256_of(code), "expires_at_us": now_us() + LATER_US}
    with world.services.database.write() as connection:
        add(connection, schema.invitation, clinic_id=clinic_id, role=role.value, **values)
    return code


def _set_up(world: PolicyWorld, _: Belongings) -> dict[str, Any]:
    code = _invited(world, Role.OWNER, None)
    login = f"owner.{secrets.token_hex(6)}"
    return {"code": code, "login": login, "password": PASSWORD, "clinic": "One more"}


def _join(world: PolicyWorld, about: Belongings) -> dict[str, Any]:
    code = _invited(world, Role.THERAPIST, about.clinic_id)
    return {"code": code, "login": f"new.{secrets.token_hex(6)}", "password": PASSWORD}


def _sign_in(_: PolicyWorld, about: Belongings) -> dict[str, Any]:
    return {"login": about.account_id, "password": PASSWORD}


_MADE = frozenset({200, 201, 422})
"""The made recording is too short to be measured: what comes after the policy may say so."""
_NONE = frozenset({404})

RECIPES: dict[str, Recipe] = {
    "health.live": Recipe(NOTHING),
    "health.ready": Recipe(NOTHING),
    "about.version": Recipe(NOTHING),
    "about.metrics": Recipe(NOTHING),
    # pages before there is an app; nothing is offered for trust here
    "show_trust_page": Recipe(NOTHING, fine=_NONE),
    "get_authority_certificate": Recipe(NOTHING, fine=_NONE),
    "get_authority_profile": Recipe(NOTHING, fine=_NONE),
    "get_trust_code": Recipe(NOTHING, fine=_NONE),
    "show_setup_page": Recipe(NOTHING),
    "show_join_page": Recipe(NOTHING),
    "show_pair_page": Recipe(NOTHING),
    "get_static_file": Recipe(NOTHING, params={"name": "pages.css"}),
    # people who sign in
    "accounts.set_up": Recipe(NOTHING, json=_set_up),
    "accounts.join": Recipe(NOTHING, json=_join),
    "accounts.sign_in": Recipe(NOTHING, json=_sign_in),
    "accounts.sign_out": Recipe(NOTHING, changes=True),
    "accounts.me": Recipe(NOTHING),
    "accounts.change_password": Recipe(
        NOTHING, changes=True, json=_is(old=PASSWORD, new="four other words of mine")
    ),
    "accounts.list": Recipe(NOTHING),
    "accounts.invite": Recipe(json=_ids("person_id", role="athlete")),
    "accounts.change": Recipe(changes=True, json=_is(disabled=True)),
    "keys.list": Recipe(NOTHING),
    "keys.create": Recipe(NOTHING, json=_is(label="of the practice software")),
    "keys.revoke": Recipe(changes=True),
    "audit.list": Recipe(NOTHING),
    # people who are screened
    "people.list": Recipe(NOTHING),
    "people.create": Recipe(NOTHING, json=_label),
    "people.find": Recipe(),
    "people.change": Recipe(changes=True, json=_is(name="Another", birth_year=None)),
    "people.erase": Recipe(changes=True),
    "people.export": Recipe(),
    "people.progress": Recipe(fine=_MADE),
    "consents.text": Recipe(NOTHING),
    "consents.list": Recipe(),
    "consents.give": Recipe(json=_is(version=NEWEST, language="de")),
    "consents.withdraw": Recipe(changes=True),
    "notes.list": Recipe(),
    "notes.create": Recipe(json=_ids("session_id", text="better")),
    "notes.remove": Recipe(changes=True),
    "goals.list": Recipe(),
    "goals.create": Recipe(json=_is(text="run", by_date="2027-01-01")),
    "goals.change": Recipe(changes=True, json=_is(reached=True)),
    "goals.remove": Recipe(changes=True),
    # sessions
    "plans.list": Recipe(NOTHING),
    "plans.find": Recipe(NOTHING, params={"plan": "clinic", "plan_id": "clinic", "name": "clinic"}),
    "sessions.list": Recipe(NOTHING),
    "sessions.create": Recipe(json=_ids("person_id", recorded_on="2026-11-27")),
    "sessions.find": Recipe(),
    "sessions.change": Recipe(changes=True, json=_is(recorded_on="2026-11-26")),
    "sessions.remove": Recipe(changes=True, fine=frozenset({200, 204, 409})),
    "sessions.comparison": Recipe(fine=_MADE),
    "sessions.positions": Recipe(),
    "sessions.rejudge": Recipe(json=_is(b="shipped"), fine=_MADE),
    "intake.questions": Recipe(NOTHING),
    "intake.find": Recipe(),
    "intake.put": Recipe(changes=True, json=_answers("answers", {})),
    "entries.find": Recipe(),
    "entries.put": Recipe(changes=True, json=_answers("entries", {})),
    # recordings and what is made of them
    "recordings.screen": Recipe(
        NOTHING, files=_file, form={"person": "P-017", "recorded_on": "2026-11-27"}
    ),
    "recordings.upload": Recipe(changes=True, files=_file),
    "recordings.list": Recipe(),
    "recordings.find": Recipe(),
    "recordings.download": Recipe(),
    "recordings.export": Recipe(params={"to": "mcap", "format": "mcap"}, fine=_MADE),
    "recordings.remove": Recipe(changes=True),
    "reports.create": Recipe(json=_is(compare=False), fine=_MADE),
    "reports.create_for_person": Recipe(json=_is(compare=False), label=True, fine=_MADE),
    "reports.list": Recipe(),
    "reports.find": Recipe(),
    "reports.face": Recipe(params={"face": "report.json"}),
    "reports.positions": Recipe(),
    "positions.find": Recipe(label=True),
    "rulebooks.list": Recipe(NOTHING),
    "rulebooks.find": Recipe(CLINIC),
    "rulebooks.create": Recipe(
        NOTHING, json=_is(name="ours", text="is no rule book"), fine=frozenset({422})
    ),
    # live
    "streams.create": Recipe(json=_ids("session_id"), fine=frozenset({201, 409})),
    "streams.list": Recipe(NOTHING),
    "streams.find": Recipe(),
    "streams.finish": Recipe(changes=True),
    "tickets.create": Recipe(json=_ids("stream_id", action="socket.watch")),
    "pairings.create": Recipe(changes=True, json=_ids("stream_id")),
    "pairings.find": Recipe(),
    "pairings.confirm": Recipe(changes=True, json=_is(digits="0417")),
    "pairings.claim": Recipe(NOTHING, fine=frozenset({401}), json=_is(code="is not one")),
    "pairings.collect": Recipe(NOTHING, fine=frozenset({401}), json=_is(claim="is not one")),
}
