"""What is written in forms, addresses and headers: nothing of it makes a database fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.clinic_world import PASSWORD, Clinic, World, open_world

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTROLS = ["a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\nb", "a\ud800b"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, each_url: str) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("forms"), database_url=each_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def river(world: World) -> Clinic:
    return world.clinic("river")


def sent(world: World, method: str, path: str, token: str, body: Any) -> int:
    """Status of a body that a careful client would not make."""
    headers = {"Content-Type": "application/json"}
    answer = world.ask(method, path, token, content=json.dumps(body), headers=headers)
    assert answer.json()["status"] == answer.status_code
    return answer.status_code


@pytest.mark.parametrize("bad", CONTROLS, ids=ascii)
def test_lines_have_no_control_characters(world: World, river: Clinic, bad: str) -> None:
    owner = river.owner
    person = f"/people/{river.person}"
    code = world.made("/invitations", owner, role="therapist")["link"].partition("#")[2]
    consent = {"version": bad, "language": "en"}
    for method, path, body in (
        ("POST", "/people", {"label": bad}),
        ("POST", "/people", {"label": "fine", "name": bad}),
        ("PATCH", person, {"label": bad}),
        ("POST", f"{person}/consents", consent),
        ("POST", "/keys", {"label": bad}),
        ("POST", "/rulebooks", {"name": bad, "text": "x"}),
        ("POST", "/join", {"code": code, "login": bad, "password": PASSWORD}),
        ("POST", "/people", {"label": "fine", bad: 1}),
        ("PUT", f"/sessions/{river.session}/intake", {bad: {bad: bad}}),
    ):
        assert sent(world, method, path, owner, body) == 422, (method, path, body)
    assert world.ask("POST", "/recordings", owner, data={"person": "a\0b"}).status_code == 422


@pytest.mark.parametrize("bad", ["a\0b", "a\x1bb", "a\x7fb", "a\ud800b"], ids=ascii)
def test_texts_have_lines_and_no_other_control(world: World, river: Clinic, bad: str) -> None:
    person = f"/people/{river.person}"
    for path in (f"{person}/notes", f"{person}/goals"):
        assert sent(world, "POST", path, river.owner, {"text": bad}) == 422
        good = {"text": "one\n\ttwo\r\nthree – ‘ü’ 😀"}
        assert world.made(path, river.owner, **good)["text"] == good["text"]


@pytest.mark.parametrize(
    "day", ["2026-02-31", "2026-13-01", "0000-01-01", "٢٠٢٦-01-01", "2026-1-1", "2026-01-01\n"]
)
def test_a_day_is_one(world: World, river: Clinic, day: str) -> None:
    owner, goals = river.owner, f"/people/{river.person}/goals"
    body = {"person_id": river.person, "recorded_on": day}
    # Spaces around a field are dropped before it is looked at.
    assert sent(world, "POST", "/sessions", owner, {**body, "recorded_on": f"{day}x"}) == 422
    if day.strip() == day:
        assert sent(world, "POST", "/sessions", owner, body) == 422
        assert sent(world, "POST", goals, owner, {"text": "run", "by_date": day}) == 422
    assert world.get("/audit", owner, params={"day": day}).status_code == 422
    upload = world.ask("POST", "/recordings", owner, data={"person": "P-9", "recorded_on": day})
    assert upload.status_code == 422


def test_leap_days_are_days(world: World, river: Clinic) -> None:
    body = {"person_id": river.person, "recorded_on": "2028-02-29"}
    assert world.made("/sessions", river.owner, **body)["recorded_on"] == "2028-02-29"


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "0" * 31 + "\0", "%00"], ids=ascii)
def test_ids_and_queries_have_their_form(world: World, river: Clinic, bad: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in bad.encode("utf-8", "surrogatepass"))
    for path in (
        f"/people/{quoted}",
        f"/sessions/{quoted}",
        f"/rulebooks/{quoted}",
        f"/plans/{quoted}",
        f"/people?after={quoted}",
        f"/audit?action={quoted}",
        f"/streams?session_id={quoted}",
    ):
        assert world.get(path, river.owner).status_code == 422, path
    by_label = world.get(f"/people?label={quoted}", river.owner).status_code
    assert by_label == (422 if "\0" in bad else 200)
    assert world.get("/me", quoted).status_code == 401
    body = {"action": "socket.watch", "stream_id": bad}
    assert sent(world, "POST", "/tickets", river.owner, body) == 422


@pytest.mark.parametrize("key", [b"12345678\0", b"1234567\x1b", b"1234567\xe9", b"short"])
def test_a_key_is_of_plain_characters(world: World, river: Clinic, key: bytes) -> None:
    headers = [(b"idempotency-key", key), (b"authorization", f"Bearer {river.owner}".encode())]
    made = world.client.post("/v1/people", headers=headers, json={"label": "keyed"})
    assert made.status_code == 422


def test_secrets_may_hold_anything(world: World) -> None:
    """They are only compared by their hash."""
    assert world.sign_in("river.owner", "four\0words of mine").status_code == 401
    assert world.post("/pairings/claim", code="a\0b").status_code == 401
    for path, body in (
        ("/sign-in", {"login": "river.owner", "password": "\ud800"}),
        ("/join", {"code": "a", "login": "river.half", "password": PASSWORD + "\ud800"}),
        ("/pairings/claim", {"code": "\ud800"}),
        ("/pairings/collect", {"claim": "\ud800"}),
    ):
        assert sent(world, "POST", path, "", body) == 422


def test_the_version_of_a_rule_book_is_a_line(world: World, river: Clinic) -> None:
    text = '[book]\nschema = "sensor-screen-rules/2"\nversion = "a\\u0000b"\nbase = "1.0.0"\n'
    assert world.post("/rulebooks", river.owner, name="ours", text=text).status_code == 422
