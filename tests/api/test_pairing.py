"""Streams as rows, tickets for sockets, and phones that are paired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.api.app import create_app
from sensor_screen.api.tickets import recheck, redeem_ticket
from sensor_screen.api.trust_pages import TrustOffer
from sensor_screen.certificates.leaf import open_local_tls
from sensor_screen.errors import DeniedError
from sensor_screen.service.actor import Role
from sensor_screen.service.pairings import RELAY_VALID_US
from sensor_screen.storage.database import schema
from tests.api.clinic_world import NOT_THERE, PASSWORD, Clinic, TestClient, World, open_world
from tests.certificates.made_tls import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WATCH, RELAY = "socket.watch", "socket.relay"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, each_url: str) -> Iterator[World]:
    with open_world(
        tmp_path_factory.mktemp("pairing"), database_url=each_url, streams_per_clinic=6
    ) as opened:
        yield opened


@pytest.fixture
def made(world: World) -> Clinic:
    """A clinic of this test alone."""
    return world.clinic()


# --- streams --------------------------------------------------------------------------------------


def test_a_stream_from_open_to_finishing(world: World, made: Clinic) -> None:
    opened = world.get(f"/streams/{made.stream}", made.relay).json()
    assert (opened["state"], opened["frames"], opened["recording_id"]) == ("open", None, None)
    for _ in range(2):
        finished = world.post(f"/streams/{made.stream}/finish", made.therapist)
        assert (finished.status_code, finished.json()["state"]) == (200, "finishing")
    folding: Any = world.services.live
    assert folding.finished.count(made.stream) == 1


@pytest.mark.parametrize("state", ["folded", "failed"])
def test_a_stream_that_has_ended_stays_as_it_is(world: World, made: Clinic, state: str) -> None:
    ended = {"state": state, "problem": "a reason", "recording_id": NOT_THERE, "frames": 7}
    world.set(schema.stream, schema.stream.c.id == made.stream, **ended)
    told = world.post(f"/streams/{made.stream}/finish", made.therapist).json()
    assert ended == {name: told[name] for name in ended}


def test_streams_of_a_session(world: World, made: Clinic) -> None:
    listed = world.get(f"/streams?session_id={made.session}", made.owner).json()["items"]
    assert [one["id"] for one in listed] == [made.stream]
    everything = world.get("/streams", made.owner).json()["items"]
    assert [one["id"] for one in everything] == [made.stream, made.other_stream]
    assert [s["id"] for s in world.get("/streams", made.athlete).json()["items"]] == [made.stream]


def test_a_clinic_has_so_many_streams_open(world: World, made: Clinic) -> None:
    for _ in range(4):
        made.stream_of(made.session)
    refused = world.post("/streams", made.owner, session_id=made.session)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    world.post(f"/streams/{made.stream}/finish", made.owner)
    made.stream_of(made.session)


def test_an_athlete_does_not_use_up_the_clinic(world: World, made: Clinic) -> None:
    for _ in range(3):
        world.made("/streams", made.athlete, session_id=made.session)
    refused = world.post("/streams", made.athlete, session_id=made.session)
    assert refused.status_code == 429
    made.stream_of(made.session)


def test_a_stream_is_opened_once_under_a_key(world: World, made: Clinic) -> None:
    body, headers = {"session_id": made.session}, {"Idempotency-Key": f"first {made.id}"}
    first, again = (
        world.ask("POST", "/streams", made.owner, json=body, headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


# --- tickets --------------------------------------------------------------------------------------


def ticket_of(world: World, token: str, action: str, stream_id: str) -> str:
    body = {"action": action, "stream_id": stream_id}
    return str(world.made("/tickets", token, **body)["ticket"])


def test_a_ticket_says_who_and_how_far(world: World, made: Clinic) -> None:
    shown = ticket_of(world, made.athlete, WATCH, made.stream)
    actor, reach = redeem_ticket(world.services, shown, WATCH, made.stream)
    assert (actor.role, actor.clinic_id) == (Role.ATHLETE, made.id)
    assert (reach.person_id, reach.stream_id) == (made.person, None)
    shown = ticket_of(world, made.relay, RELAY, made.stream)
    actor, reach = redeem_ticket(world.services, shown, RELAY, made.stream)
    assert (actor.role, reach.stream_id) == (Role.RELAY, made.stream)


@pytest.mark.parametrize(
    ("role", "action", "which", "status"),
    [
        *((role, WATCH, "stream", 201) for role in Role),
        *((role, RELAY, "stream", 403 if role is Role.INTEGRATION else 201) for role in Role),
        (Role.OWNER, RELAY, "other_stream", 201),
        (Role.ATHLETE, RELAY, "other_stream", 404),
        (Role.ATHLETE, WATCH, "other_stream", 404),
        (Role.RELAY, RELAY, "other_stream", 404),
        (Role.RELAY, WATCH, "other_stream", 404),
    ],
)
def test_a_ticket_is_had_for_what_the_policy_allows(
    world: World, role: Role, action: str, which: str, status: int
) -> None:
    clinic = once(world)
    body = {"action": action, "stream_id": getattr(clinic, which)}
    assert world.post("/tickets", clinic.tokens[role], **body).status_code == status


def once(world: World) -> Clinic:
    """A clinic that stays as it is."""
    if not hasattr(world, "unchanged"):
        world.unchanged = world.clinic("unchanged")  # type: ignore[attr-defined]
    clinic: Clinic = world.unchanged  # type: ignore[attr-defined]
    return clinic


def test_a_ticket_is_for_a_socket(world: World) -> None:
    clinic = once(world)
    body = {"action": "people.erase", "stream_id": clinic.stream}
    assert world.post("/tickets", clinic.owner, **body).status_code == 422


def test_tickets_that_are_over_are_swept_up(world: World, made: Clinic) -> None:
    ticket_of(world, made.owner, WATCH, made.stream)
    ticket = schema.ticket
    world.set(ticket, ticket.c.stream_id == made.stream, expires_at_us=1)
    ticket_of(world, made.owner, WATCH, made.stream)
    assert world.count(ticket, ticket.c.stream_id == made.stream) == 1


def test_an_open_socket_is_looked_at_again(world: World, made: Clinic) -> None:
    shown = ticket_of(world, made.therapist, WATCH, made.stream)
    actor, reach = redeem_ticket(world.services, shown, WATCH, made.stream)
    assert recheck(world.services, actor.token_id, WATCH, made.stream) == (actor, reach)
    world.post("/sign-out", made.therapist)
    assert actor.token_id in world.closed
    with pytest.raises(DeniedError) as refused:
        recheck(world.services, actor.token_id, WATCH, made.stream)
    assert refused.value.unknown


# --- pairing --------------------------------------------------------------------------------------


def begun(world: World, clinic: Clinic, stream_id: str = "") -> tuple[str, str]:
    """A pairing, and its code."""
    pairing = world.made("/pairings", clinic.therapist, stream_id=stream_id or clinic.stream)
    return pairing["id"], pairing["link"].partition("#")[2]


def test_a_pairing_step_by_step(world: World, made: Clinic) -> None:
    pairing = world.made("/pairings", made.therapist, stream_id=made.other_stream)
    assert pairing["link"].startswith("http://testserver/pair#")
    assert len(pairing["link"].partition("#")[2]) == 22, "128 bits"
    assert pairing["qr_svg"].startswith("<svg")
    path = f"/pairings/{pairing['id']}"
    assert world.get(path, made.therapist).json()["state"] == "waiting"
    early = world.post(f"{path}/confirm", made.therapist, digits="0000")
    assert early.status_code == 409
    claimed = world.made("/pairings/claim", code=pairing["link"].partition("#")[2])
    shown = world.get(path, made.therapist)
    assert shown.json()["state"] == "claimed"
    assert "digits" not in shown.json(), "they are read off the phone"
    waiting = world.post("/pairings/collect", claim=claimed["claim"]).json()
    assert waiting == {"state": "claimed", "token": None, "stream_id": None}
    confirmed = world.post(f"{path}/confirm", made.therapist, digits=claimed["digits"])
    assert confirmed.json()["state"] == "confirmed"
    collected = world.post("/pairings/collect", claim=claimed["claim"]).json()
    assert collected["state"] == "confirmed"
    me = world.get("/me", collected["token"]).json()
    assert (me["role"], me["stream_id"]) == ("relay", made.other_stream)
    assert (me["account_id"], me["person_id"]) == (None, None)
    assert world.get(path, made.therapist).json()["state"] == "collected"
    assert world.post("/pairings/collect", claim=claimed["claim"]).status_code == 401
    assert world.is_known(made.relay), "another stream's phone goes on"


def test_a_code_shown_at_localhost_leads_a_phone_here(
    world: World, made: Clinic, tmp_path: Path
) -> None:
    tls = open_local_tls(tmp_path, NAMES, datetime.now(UTC))
    app = create_app(world.services, lambda: TrustOffer(tls, 8443, 8444))
    headers = {"Authorization": f"Bearer {made.therapist}"}
    body = {"stream_id": made.stream}
    for base in ("https://localhost:8443", "https://clinic.local:8443"):
        client = TestClient(app, base_url=base)
        link = client.post("/v1/pairings", json=body, headers=headers).json()["link"]
        shown = link.partition("/pair#")[0]
        assert shown == ("https://192.168.7.20:8443" if "localhost" in base else base)
        assert f"{shown}/" in TrustOffer(tls, 8443, 8444).secure_urls or "localhost" not in base


def test_a_phone_ends_with_its_stream(world: World, made: Clinic) -> None:
    world.post(f"/streams/{made.stream}/finish", made.therapist)
    assert world.is_known(made.relay), "what it holds is still delivered"
    world.set(schema.stream, schema.stream.c.id == made.stream, state="folded")
    ended = world.get("/me", made.relay)
    assert ended.status_code == 401
    assert "stream that has ended" in ended.text


def test_a_phone_ends_after_a_day(world: World, made: Clinic) -> None:
    token = schema.token
    row = world.row(token, token.c.stream_id == made.stream)
    assert row["expires_at_us"] - row["created_at_us"] == pytest.approx(RELAY_VALID_US, abs=1e6)
    world.set(token, token.c.id == row["id"], expires_at_us=1)
    assert not world.is_known(made.relay)


def test_a_second_phone_takes_the_place_of_the_first(world: World, made: Clinic) -> None:
    first = world.row(schema.token, schema.token.c.stream_id == made.stream)
    second = made.paired(made.stream)
    assert not world.is_known(made.relay)
    assert world.is_known(second)
    assert first["id"] in world.closed


def test_a_new_code_ends_the_one_before(world: World, made: Clinic) -> None:
    _, first = begun(world, made)
    begun(world, made)
    assert world.post("/pairings/claim", code=first).status_code == 401


@pytest.mark.parametrize("when", ["unclaimed", "claimed", "confirmed"])
def test_a_pairing_is_over_after_two_minutes(world: World, made: Clinic, when: str) -> None:
    pairing_id, code = begun(world, made)
    row = world.row(schema.pairing, schema.pairing.c.id == pairing_id)
    assert row["expires_at_us"] - row["created_at_us"] == pytest.approx(120e6, abs=1e6)
    claimed = {} if when == "unclaimed" else world.made("/pairings/claim", code=code)
    confirm = f"/pairings/{pairing_id}/confirm"
    if when == "confirmed":
        world.post(confirm, made.therapist, digits=claimed["digits"])
    world.set(schema.pairing, schema.pairing.c.id == pairing_id, expires_at_us=1)
    assert world.get(f"/pairings/{pairing_id}", made.therapist).json()["state"] == "expired"
    if when == "unclaimed":
        assert world.post("/pairings/claim", code=code).status_code == 401
        return
    late = world.post(confirm, made.therapist, digits=claimed["digits"])
    assert late.status_code == 409
    collected = world.post("/pairings/collect", claim=claimed["claim"]).json()
    assert (collected["state"], collected["token"]) == ("expired", None)


@pytest.mark.parametrize("meanwhile", ["stream", "account"])
def test_nothing_is_collected_of_what_has_ended(world: World, made: Clinic, meanwhile: str) -> None:
    pairing_id, code = begun(world, made)
    claimed = world.made("/pairings/claim", code=code)
    world.post(f"/pairings/{pairing_id}/confirm", made.therapist, digits=claimed["digits"])
    if meanwhile == "stream":
        world.post(f"/streams/{made.stream}/finish", made.therapist)
    else:
        path = f"/accounts/{made.account_id('therapist')}"
        world.ask("PATCH", path, made.owner, json={"disabled": True})
    collected = world.post("/pairings/collect", claim=claimed["claim"]).json()
    assert (collected["state"], collected["token"]) == ("expired", None)


def test_no_phone_is_paired_with_a_stream_that_has_ended(world: World, made: Clinic) -> None:
    world.post(f"/streams/{made.stream}/finish", made.therapist)
    assert world.post("/pairings", made.therapist, stream_id=made.stream).status_code == 409
    assert world.post("/pairings", made.therapist, stream_id=NOT_THERE).status_code == 404


def test_an_athlete_pairs_an_own_phone_only(world: World, made: Clinic) -> None:
    assert world.post("/pairings", made.athlete, stream_id=made.stream).status_code == 201
    assert world.post("/pairings", made.athlete, stream_id=made.other_stream).status_code == 404
    pairing_id, code = begun(world, made, made.other_stream)
    digits = world.made("/pairings/claim", code=code)["digits"]
    path = f"/pairings/{pairing_id}"
    assert world.get(path, made.athlete).status_code == 404
    assert world.post(f"{path}/confirm", made.athlete, digits=digits).status_code == 404
    assert world.get(path, made.therapist).json()["state"] == "claimed"


def test_passwords_are_not_needed_for_a_phone(world: World, made: Clinic) -> None:
    body = {"old": PASSWORD, "new": "something longer"}
    assert world.post("/me/password", made.relay, **body).status_code == 403
