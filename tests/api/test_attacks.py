"""What an attacker would try, by the OWASP API Security Top 10 of 2023 as far as it is about this.

API8 and API9 (set-up and inventory) are about the whole service; API7 and API10 need addresses that
somebody else chooses, of which there are none here.
"""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from sensor_screen.api.policy import POLICY
from sensor_screen.api.tickets import redeem_ticket
from sensor_screen.errors import BusyError, DeniedError
from sensor_screen.service import throttle
from sensor_screen.service.actor import Role
from sensor_screen.service.passwords import Passwords
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.schema import metadata
from tests.api.clinic_world import CHEAP, NOT_THERE, PASSWORD, Clinic, World, open_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WATCH, RELAY = "socket.watch", "socket.relay"
WRONG = "guessed guessed"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, each_url: str) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("attacks"), database_url=each_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def river(world: World) -> Clinic:
    return world.clinic("river")


@pytest.fixture(scope="module")
def hill(world: World) -> Clinic:
    """Somebody else's."""
    return world.clinic("hill")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[World, Clinic]]:
    """A service of this test alone, with nothing counted."""
    with open_world(tmp_path) as opened:
        yield opened, opened.clinic("river")


# --- API1: objects of others ----------------------------------------------------------------------


def calls_of(clinic: Clinic, pairing_id: str) -> dict[str, tuple[str, str, Any]]:
    """Every action here that is about one object of a clinic: method, path, body."""
    account, stream = f"/accounts/{clinic.account_id('therapist')}", f"/streams/{clinic.stream}"
    person, watch = clinic.person, {"action": WATCH, "stream_id": clinic.stream}
    return {
        "accounts.change": ("PATCH", account, {"disabled": True}),
        "accounts.invite": ("POST", "/invitations", {"role": "athlete", "person_id": person}),
        "keys.revoke": ("DELETE", f"/keys/{clinic.key['id']}", None),
        "streams.create": ("POST", "/streams", {"session_id": clinic.session}),
        "streams.find": ("GET", stream, None),
        "streams.finish": ("POST", f"{stream}/finish", None),
        "tickets.create": ("POST", "/tickets", watch),
        "pairings.create": ("POST", "/pairings", {"stream_id": clinic.stream}),
        "pairings.find": ("GET", f"/pairings/{pairing_id}", None),
        "pairings.confirm": ("POST", f"/pairings/{pairing_id}/confirm", {"digits": "0000"}),
    }


def test_what_is_of_another_clinic_is_not_there(world: World, river: Clinic, hill: Clinic) -> None:
    pairing = world.made("/pairings", hill.owner, stream_id=hill.stream)
    foreign = calls_of(hill, pairing["id"])
    for action, (method, path, body) in foreign.items():
        for role, token in river.tokens.items():
            status = world.ask(method, path, token, json=body).status_code
            may = role in POLICY[action] and (action != "accounts.invite" or role != "athlete")
            assert status == (404 if may else 403), (action, role)
    assert world.get(f"/streams/{hill.stream}", hill.owner).json()["state"] == "open"
    assert world.is_known(hill.therapist)
    assert world.is_known(hill.key["token"])


def test_what_is_not_there_looks_like_what_is_of_others(
    world: World, river: Clinic, hill: Clinic
) -> None:
    for path, its_id in (("streams", hill.stream), ("keys", hill.key["id"])):
        method = "DELETE" if path == "keys" else "GET"
        foreign = world.ask(method, f"/{path}/{its_id}", river.owner)
        nothing = world.ask(method, f"/{path}/{NOT_THERE}", river.owner)
        assert foreign.status_code == nothing.status_code == 404
        assert foreign.text.replace(its_id, "") == nothing.text.replace(NOT_THERE, "")


def test_an_athlete_reaches_no_other_person(world: World, river: Clinic) -> None:
    other, me = river.other_stream, river.athlete
    pairing = world.made("/pairings", river.owner, stream_id=other)["id"]
    assert world.get(f"/streams/{other}", me).status_code == 404
    assert world.post(f"/streams/{other}/finish", me).status_code == 404
    assert world.post("/streams", me, session_id=river.other_session).status_code == 404
    assert world.get(f"/pairings/{pairing}", me).status_code == 404
    listed = world.get(f"/streams?session_id={river.other_session}", me).json()
    assert listed["items"] == []


def test_a_phone_reaches_its_stream_and_nothing_else(world: World, river: Clinic) -> None:
    assert world.get(f"/streams/{river.stream}", river.relay).status_code == 200
    assert world.get(f"/streams/{river.other_stream}", river.relay).status_code == 404
    body = {"action": RELAY, "stream_id": river.other_stream}
    assert world.post("/tickets", river.relay, **body).status_code == 404


# --- API2: who somebody is ------------------------------------------------------------------------


def test_an_unknown_login_costs_what_a_wrong_password_costs(world: World, river: Clinic) -> None:
    passwords: Any = world.passwords
    audit = (schema.audit.c.action == "accounts.sign_in", schema.audit.c.outcome == "refused")
    answers, work = [], []
    for login in ("river.owner", "river.nobody"):
        before = len(passwords.checks), passwords.hashes, world.count(schema.audit, *audit)
        answer = world.sign_in(login, WRONG)
        answers.append((answer.status_code, answer.text))
        after = len(passwords.checks), passwords.hashes, world.count(schema.audit, *audit)
        work.append([b - a for a, b in zip(before, after, strict=True)])
    assert answers[0] == answers[1]
    assert work == [[1, 0, 1], [1, 0, 1]], "compared, made, written"
    assert river.owner not in answers[0][1]


def test_a_disabled_account_is_not_told_from_a_wrong_password(world: World) -> None:
    clinic = world.clinic()
    world.ask("PATCH", f"/accounts/{clinic.account_id('therapist')}", clinic.owner,
              json={"disabled": True})  # fmt: skip
    right = world.sign_in(f"{clinic.name}.therapist")
    wrong = world.sign_in(f"{clinic.name}.therapist", WRONG)
    assert (right.status_code, right.text) == (wrong.status_code, wrong.text)
    assert right.status_code == 401


def test_guessing_a_password_is_held_up(fresh: tuple[World, Clinic]) -> None:
    world, _ = fresh
    elsewhere = [world.sign_in("river.somebody", WRONG).status_code for _ in range(14)]
    assert elsewhere == [401] * throttle.PER_LOGIN + [429] * 4
    refused = world.sign_in("River.Somebody", WRONG)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    passwords: Any = world.passwords
    assert len(passwords.checks) == throttle.PER_LOGIN, "who is refused costs no hash"


def test_who_guesses_does_not_keep_the_owner_of_a_login_out() -> None:
    counted = throttle.SignInThrottle()
    counted.try_login("anna", "192.0.2.1")
    counted.succeeded("anna", "192.0.2.1")
    for _ in range(throttle.PER_LOGIN - 1):
        counted.try_login("anna", "203.0.113.9")
    with pytest.raises(BusyError) as refused:
        counted.try_login("anna", "203.0.113.10")
    assert refused.value.retry_after_s <= 60.0
    for _ in range(20):
        counted.try_login("anna", "192.0.2.1")
        counted.succeeded("anna", "192.0.2.1")
    for _ in range(throttle.PER_LOGIN):
        counted.try_login("anna", "192.0.2.1")
    with pytest.raises(BusyError):
        counted.try_login("anna", "192.0.2.1")  # a known place has its own tries, not endless ones


def test_many_logins_from_one_line_are_held_up() -> None:
    counted = throttle.SignInThrottle()
    for i in range(throttle.PER_ADDRESS):
        counted.try_login(f"login{i}", f"2001:db8:1:2::{i:x}")
    with pytest.raises(BusyError):
        counted.try_login("another", "2001:db8:1:2:ffff::1")
    counted.try_login("another", "2001:db8:1:3::1")
    assert throttle.line_of("::ffff:192.0.2.1") == throttle.line_of("192.0.2.1")


def test_guesses_from_many_threads_are_all_counted() -> None:
    counted = throttle.SignInThrottle()

    def guess(_: int) -> bool:
        try:
            counted.try_login("anna", "192.0.2.1")
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(100))) == throttle.PER_LOGIN


def test_a_stolen_token_does_not_guess_the_password(fresh: tuple[World, Clinic]) -> None:
    world, clinic = fresh
    body = {"old": WRONG, "new": "something longer"}
    tried = [world.post("/me/password", clinic.therapist, **body).status_code for _ in range(12)]
    assert tried == [403] * throttle.PER_LOGIN + [429] * 2
    assert world.sign_in("river.therapist").status_code == 201


def test_codes_are_not_guessed(fresh: tuple[World, Clinic]) -> None:
    world, _ = fresh
    seen = set()
    for i in range(throttle.PER_ADDRESS + 5):
        code = {"code": secrets.token_urlsafe(16)}
        path, more = (
            ("/pairings/claim", {}) if i % 2 else ("/join", {"login": "me", "password": PASSWORD})
        )
        seen.add(world.post(path, **code, **more).status_code)
    assert seen == {401, 429}


def test_digits_are_not_guessed(world: World, river: Clinic) -> None:
    pairing = world.made("/pairings", river.therapist, stream_id=river.other_stream)
    claimed = world.made("/pairings/claim", code=pairing["link"].partition("#")[2])
    wrong = f"{(int(claimed['digits']) + 1) % 10_000:04d}"
    path = f"/pairings/{pairing['id']}"
    for _ in range(3):
        assert world.post(f"{path}/confirm", river.therapist, digits=wrong).status_code == 409
    right = world.post(f"{path}/confirm", river.therapist, digits=claimed["digits"])
    assert right.status_code == 409
    assert world.get(path, river.therapist).json()["state"] == "refused"
    collected = world.post("/pairings/collect", claim=claimed["claim"]).json()
    assert (collected["state"], collected["token"]) == ("refused", None)


def test_a_code_that_was_photographed_gives_nothing(world: World, river: Clinic) -> None:
    pairing = world.made("/pairings", river.therapist, stream_id=river.other_stream)
    code = pairing["link"].partition("#")[2]
    thief = world.made("/pairings/claim", code=code)
    assert world.post("/pairings/claim", code=code).status_code == 401, "the phone in the room"
    assert world.post("/pairings/collect", claim=thief["claim"]).json()["token"] is None
    assert world.post("/pairings/collect", claim=code).status_code == 401
    assert world.post("/pairings/collect", claim=pairing["id"]).status_code == 401


def test_of_many_at_once_one_has_the_code_and_one_the_token(world: World, river: Clinic) -> None:
    pairing = world.made("/pairings", river.therapist, stream_id=river.other_stream)
    code = pairing["link"].partition("#")[2]
    claims = at_once(lambda: world.post("/pairings/claim", code=code))
    (claimed,) = [one.json() for one in claims if one.status_code == 201]
    path = f"/pairings/{pairing['id']}/confirm"
    world.post(path, river.therapist, digits=claimed["digits"])
    collected = at_once(lambda: world.post("/pairings/collect", claim=claimed["claim"]))
    assert sum(one.status_code == 200 for one in collected) == 1


def test_of_many_at_once_one_joins(world: World, river: Clinic) -> None:
    code = world.made("/invitations", river.owner, role="owner")["link"].partition("#")[2]

    def join() -> Any:
        body = {"code": code, "login": secrets.token_hex(8), "password": PASSWORD}
        return world.post("/join", **body)

    assert sorted(one.status_code for one in at_once(join)) == [201] + [401] * 5


def at_once(ask: Any, times: int = 6) -> list[Any]:
    """Answers of as many who begin together."""
    gate = threading.Barrier(times)

    def go(_: int) -> Any:
        gate.wait(10)
        return ask()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(go, range(times)))


@pytest.mark.parametrize("name", ["token", "access_token", "ticket", "authorization"])
def test_a_token_in_an_address_is_nobody(world: World, river: Clinic, name: str) -> None:
    assert world.get(f"/me?{name}={river.owner}").status_code == 401
    assert world.get("/me", headers={"Cookie": f"{name}={river.owner}"}).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {}", "Bearer {}x", "Bearer x{}", "{}", "Bearer ss_", "\xff"],
)
def test_only_a_bearer_is_somebody(world: World, river: Clinic, header: str) -> None:
    sent = {"Authorization": header.format(river.owner).encode("latin-1")}
    assert world.get("/me", headers=sent).status_code == 401


def test_secrets_are_kept_as_hashes_only(world: World, river: Clinic) -> None:
    invited = world.made("/invitations", river.owner, role="owner")["link"].partition("#")[2]
    pairing = world.made("/pairings", river.owner, stream_id=river.stream)
    code = pairing["link"].partition("#")[2]
    claim = world.made("/pairings/claim", code=code)["claim"]
    body = {"action": WATCH, "stream_id": river.stream}
    ticket = world.made("/tickets", river.owner, **body)["ticket"]
    told = [*river.tokens.values(), invited, code, claim, ticket, PASSWORD]
    with world.services.database.read() as connection:
        kept = repr([connection.execute(table.select()).all() for table in metadata.sorted_tables])
    assert "river.owner" in kept
    assert not [secret for secret in told if secret in kept]


# --- API3: properties of others -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sign-in", {"login": "river.owner", "password": PASSWORD, "role": "owner"}),
        ("/join", {"code": "x", "login": "me", "password": PASSWORD, "role": "owner"}),
        ("/join", {"code": "x", "login": "me", "password": PASSWORD, "clinic_id": NOT_THERE}),
        ("/invitations", {"role": "therapist", "clinic_id": NOT_THERE}),
        ("/keys", {"label": "k", "role": "owner"}),
        ("/keys", {"label": "k", "valid_days": 100_000}),
        ("/streams", {"session_id": NOT_THERE, "state": "folded"}),
        ("/streams", {"session_id": NOT_THERE, "writer": 9}),
        ("/tickets", {"action": WATCH, "stream_id": NOT_THERE, "token_id": NOT_THERE}),
        ("/pairings", {"stream_id": NOT_THERE, "digits": "0000"}),
    ],
)
def test_nothing_is_set_that_is_not_asked_for(
    world: World, river: Clinic, path: str, body: dict[str, Any]
) -> None:
    assert world.post(path, river.owner, **body).status_code == 422


@pytest.mark.parametrize("name", ["login", "password_hash", "clinic_id", "created_at_us", "id"])
def test_an_account_is_not_changed_otherwise(world: World, river: Clinic, name: str) -> None:
    path = f"/accounts/{river.account_id('therapist')}"
    assert world.ask("PATCH", path, river.owner, json={name: "x"}).status_code == 422


# --- API4 and API6: more than is good -------------------------------------------------------------


class SlowHasher(PasswordHasher):
    """Lasts until it is let go; knows how many it does at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go, self.inside, self.most = threading.Event(), 0, 0
        self._count = threading.Lock()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._count:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.go.wait(10)
        with self._count:
            self.inside -= 1
        return super().hash(password, salt=salt)


def test_hashes_take_so_much_memory_at_once_and_no_more() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher, at_once=2, most_waiting=3)
    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(passwords.hash, PASSWORD) for _ in range(9)]
        refused = [future for future in asked if not _is_waiting(future)]
        hasher.go.set()
        outcomes = [future.exception() for future in asked]
    assert hasher.most == 2
    assert sum(isinstance(outcome, BusyError) for outcome in outcomes) == 4
    assert len(refused) <= 4
    assert passwords.hash(PASSWORD), "there is place again"


def _is_waiting(future: Any) -> bool:
    try:
        future.exception(0.2)
    except TimeoutError:
        return True
    return False


def test_a_hash_is_renewed_when_its_parameters_are_dated(fresh: tuple[World, Clinic]) -> None:
    world, clinic = fresh
    of_owner = schema.account.c.id == clinic.account_id("owner")
    dated = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    world.set(schema.account, of_owner, password_hash=dated)
    assert world.sign_in("river.owner", WRONG).status_code == 401
    assert world.row(schema.account, of_owner)["password_hash"] == dated
    assert world.sign_in("river.owner").status_code == 201
    renewed = world.row(schema.account, of_owner)["password_hash"]
    assert not CHEAP.check_needs_rehash(renewed)
    assert CHEAP.verify(renewed, PASSWORD)


# --- API5: what is for others to do ---------------------------------------------------------------


def test_nobody_does_what_the_policy_has_not_for_their_role(world: World) -> None:
    clinic = world.clinic()
    pairing = world.made("/pairings", clinic.owner, stream_id=clinic.stream)
    calls = calls_of(clinic, pairing["id"]) | {
        "accounts.list": ("GET", "/accounts", None),
        "accounts.change_password": ("POST", "/me/password", {"old": WRONG, "new": PASSWORD}),
        "keys.list": ("GET", "/keys", None),
        "keys.create": ("POST", "/keys", {"label": "mine"}),
        "streams.list": ("GET", "/streams", None),
    }
    for action, (method, path, body) in calls.items():
        for role in set(Role) - set(POLICY[action]):
            asked = world.ask(method, path, clinic.tokens[role], json=body)
            assert asked.status_code == 403, (action, role)
        assert world.ask(method, path, json=body).status_code == 401, action


# --- sockets --------------------------------------------------------------------------------------


def refused(world: World, ticket: str, action: str, stream_id: str) -> bool:
    try:
        redeem_ticket(world.services, ticket, action, stream_id)
    except DeniedError as error:
        return error.unknown
    return False


def ticket_of(world: World, clinic: Clinic, token: str, action: str = WATCH) -> str:
    body = {"action": action, "stream_id": clinic.stream}
    return str(world.made("/tickets", token, **body)["ticket"])


def test_a_ticket_is_not_shown_twice(world: World, river: Clinic) -> None:
    ticket = ticket_of(world, river, river.therapist)
    assert not refused(world, ticket, WATCH, river.stream)
    assert refused(world, ticket, WATCH, river.stream)


def test_a_ticket_for_something_else_is_used_up(world: World, river: Clinic, hill: Clinic) -> None:
    for action, stream in (
        (RELAY, river.stream),
        (WATCH, river.other_stream),
        (WATCH, hill.stream),
    ):
        ticket = ticket_of(world, river, river.therapist)
        assert refused(world, ticket, action, stream)
        assert refused(world, ticket, WATCH, river.stream)


def test_a_ticket_is_over_after_half_a_minute(world: World, river: Clinic) -> None:
    ticket = ticket_of(world, river, river.therapist)
    world.set(schema.ticket, schema.ticket.c.stream_id == river.stream, expires_at_us=1)
    assert refused(world, ticket, WATCH, river.stream)


@pytest.mark.parametrize("how", ["sign out", "disable", "role", "erase"])
def test_a_ticket_ends_with_what_it_rests_on(world: World, how: str) -> None:
    clinic = world.clinic()
    who = clinic.athlete
    ticket = ticket_of(world, clinic, who, RELAY)
    path = f"/accounts/{clinic.account_id('athlete')}"
    if how == "sign out":
        world.post("/sign-out", who)
    elif how == "disable":
        world.ask("PATCH", path, clinic.owner, json={"disabled": True})
    elif how == "role":
        change = {"role": "athlete", "person_id": clinic.other_person}
        world.ask("PATCH", path, clinic.owner, json=change)
    else:
        of_stream = schema.stream.c.id == clinic.stream
        world.set(schema.stream, of_stream, session_id=clinic.other_session)
    assert refused(world, ticket, RELAY, clinic.stream)


def test_a_token_is_no_ticket(world: World, river: Clinic) -> None:
    for secret in (river.owner, river.relay, "", "x"):
        assert refused(world, secret, WATCH, river.stream)


def test_of_many_at_once_one_shows_the_ticket(world: World, river: Clinic) -> None:
    ticket = ticket_of(world, river, river.therapist)
    shown = at_once(lambda: refused(world, ticket, WATCH, river.stream))
    assert sorted(shown) == [False] + [True] * 5
