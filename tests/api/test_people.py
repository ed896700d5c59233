"""People with their names, consents, notes and goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.service.actor import Role
from sensor_screen.service.consent_texts import NEWEST, TEXTS
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of
from sensor_screen.storage.database.rows import Reach, change
from sensor_screen.storage.sealing import new_key
from tests.api.policy_world import PolicyWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[PolicyWorld]:
    """A service with a key that asks for consents."""
    made = PolicyWorld(tmp_path, sealing_keys=new_key(), require_consent=True)
    yield made
    made.close()


def ask(world: PolicyWorld, role: Role, method: str, path: str, **more: Any) -> Any:
    """What a 2xx answer holds."""
    answer = world.client.request(method, f"/v1{path}", world.asker(role, world.own), **more)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def refused(world: PolicyWorld, status: int, method: str, path: str, **more: Any) -> Any:
    answer = world.client.request(method, f"/v1{path}", world.asker(Role.OWNER, world.own), **more)
    assert answer.status_code == status, answer.text
    return answer.json()


# --- names ----------------------------------------------------------------------------------------


def test_a_name_is_sealed_and_only_staff_see_it(sealed: PolicyWorld) -> None:
    form = {"label": "P-1", "name": "Zoë Ångström", "birth_year": 1990}
    made = ask(sealed, Role.THERAPIST, "POST", "/people", json=form)
    assert made["name"] == "Zoë Ångström"
    (row,) = sealed.rows(schema.person, schema.person.c.id == made["id"])
    assert "Zo" not in row["name"]
    path = f"/people/{made['id']}"
    assert ask(sealed, Role.OWNER, "GET", path)["name"] == "Zoë Ångström"
    assert ask(sealed, Role.INTEGRATION, "GET", path) == made | {"name": None}
    listed = ask(sealed, Role.INTEGRATION, "GET", "/people?label=P-1")["items"]
    assert listed == [made | {"name": None}]


def test_an_athlete_is_shown_a_pseudonym(sealed: PolicyWorld) -> None:
    path = f"/people/{sealed.own.person_id}"
    ask(sealed, Role.OWNER, "PATCH", path, json={"name": "Somebody"})
    assert ask(sealed, Role.ATHLETE, "GET", path)["name"] is None


def test_a_sealed_name_does_not_open_for_another_person(sealed: PolicyWorld) -> None:
    one = ask(sealed, Role.OWNER, "POST", "/people", json={"label": "P-1", "name": "One"})
    (row,) = sealed.rows(schema.person, schema.person.c.id == one["id"])
    with sealed.services.database.write() as connection:
        reach = Reach(sealed.clinic_id)
        change(connection, schema.person, sealed.own.person_id, reach, name=row["name"])
    refused(sealed, 503, "GET", f"/people/{sealed.own.person_id}")


def test_what_is_not_sent_stays(sealed: PolicyWorld) -> None:
    form = {"label": "P-1", "name": "One", "birth_year": 1980}
    made = ask(sealed, Role.OWNER, "POST", "/people", json=form)
    path = f"/people/{made['id']}"
    changed = ask(sealed, Role.OWNER, "PATCH", path, json={"label": "P-2"})
    assert changed == made | {"label": "P-2"}
    changed = ask(sealed, Role.OWNER, "PATCH", path, json={"name": None, "birth_year": None})
    assert changed == made | {"label": "P-2", "name": None, "birth_year": None}
    assert ask(sealed, Role.OWNER, "PATCH", path, json={}) == changed
    other = ask(sealed, Role.OWNER, "POST", "/people", json={"label": "P-3"})
    refused(sealed, 409, "PATCH", f"/people/{other['id']}", json={"label": "P-2"})
    refused(sealed, 422, "PATCH", path, json={"label": None})


# --- consents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_text_is_told_with_its_hash(sealed: PolicyWorld, language: str) -> None:
    told = ask(sealed, Role.ATHLETE, "GET", f"/consents/text?language={language}")
    assert told["text"] == TEXTS[NEWEST][language]
    assert told["sha256"] == sha256_of(told["text"])
    assert (told["version"], told["required"], told["retention_days"]) == (NEWEST, True, None)
    form = {"version": NEWEST, "language": language}
    given = ask(sealed, Role.ATHLETE, "POST", f"/people/{sealed.own.person_id}/consents", json=form)
    assert given["text_sha256"] == told["sha256"]


def test_every_version_is_in_both_languages_and_says_what_it_must() -> None:
    assert [*TEXTS] == sorted(TEXTS)
    for texts in TEXTS.values():
        assert set(texts) == {"en", "de"}
        english, german = (text.split("\n\n") for text in (texts["en"], texts["de"]))
        assert len(english) == len(german)
        assert "no diagnosis" in texts["en"]
        assert "withdraw" in texts["en"]
        assert "keine Diagnose" in texts["de"]
        assert "widerrufen" in texts["de"]


def recordings_of(world: PolicyWorld) -> list[tuple[str, dict[str, Any]]]:
    """Every way in which somebody begins to be recorded."""
    session, file = world.own.session_id, {"file": ("a.parquet", world.another_recording())}
    return [
        ("/sessions", {"json": {"person_id": world.own.person_id, "recorded_on": "2026-11-27"}}),
        ("/streams", {"json": {"session_id": session}}),
        (f"/sessions/{session}/recordings", {"files": file}),
    ]


def test_nothing_is_recorded_without_a_valid_consent(sealed: PolicyWorld) -> None:
    consents = f"/people/{sealed.own.person_id}/consents"
    objects = sorted(found.key for found in sealed.services.objects.list())
    for path, more in recordings_of(sealed):  # the consent that is there is to an older text
        assert "consent" in refused(sealed, 409, "POST", path, **more)["remedy"]
    assert sorted(found.key for found in sealed.services.objects.list()) == objects
    old = {"version": "2000-01-01", "language": "en"}
    assert NEWEST in refused(sealed, 409, "POST", consents, json=old)["detail"]
    given = ask(sealed, Role.OWNER, "POST", consents, json={"version": NEWEST, "language": "de"})
    key = {"Idempotency-Key": "the same one"}
    (first, more), *others = recordings_of(sealed)
    made = ask(sealed, Role.THERAPIST, "POST", first, headers=key, **more)
    for path, more_of_it in others:
        ask(sealed, Role.OWNER, "POST", path, **more_of_it)
    ended = ask(sealed, Role.ATHLETE, "POST", f"/consents/{given['id']}/withdrawal")
    assert ended["withdrawn_at"] is not None
    again = ask(sealed, Role.ATHLETE, "POST", f"/consents/{given['id']}/withdrawal")
    assert again == ended
    for path, more_of_it in recordings_of(sealed):
        refused(sealed, 409, "POST", path, **more_of_it)
    assert made["person_id"] == sealed.own.person_id
    listed = ask(sealed, Role.INTEGRATION, "GET", consents)["items"]
    assert [(one["version"], one["is_newest"]) for one in listed] == [
        ("2000-01-01", False),
        (NEWEST, True),
    ]


def test_an_upload_in_one_step_makes_nobody_who_has_not_consented(sealed: PolicyWorld) -> None:
    before = [sealed.rows(table) for table in (schema.person, schema.session, schema.recording)]
    file = {"file": ("a.parquet", sealed.another_recording())}
    form = {"person": "P-new", "recorded_on": "2026-11-27"}
    refused(sealed, 409, "POST", "/recordings", files=file, data=form)
    after = [sealed.rows(table) for table in (schema.person, schema.session, schema.recording)]
    assert after == before


def test_without_the_setting_no_consent_is_asked_for(either: PolicyWorld) -> None:
    for path, more in recordings_of(either):
        ask(either, Role.OWNER, "POST", path, **more)


# --- notes and goals ------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["notes", "goals"])
def test_a_text_is_sealed_and_made_once(sealed: PolicyWorld, noun: str) -> None:
    path, token = f"/v1/people/{sealed.own.person_id}/{noun}", sealed.asker(Role.OWNER, sealed.own)
    key = {"Idempotency-Key": "one of mine"}
    answers = [
        sealed.client.request("POST", path, token, json={"text": text}, headers=key)
        for text in ("walks again", "walks again", "runs")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["text"] == "walks again"
    table = schema.note if noun == "notes" else schema.goal
    (row,) = sealed.rows(table, table.c.id == answers[0].json()["id"])
    assert "walks" not in row["text"]


def test_notes_come_in_pages_in_their_order(sealed: PolicyWorld) -> None:
    path = f"/people/{sealed.other.person_id}/notes"
    for number in range(5):
        ask(sealed, Role.OWNER, "POST", path, json={"text": f"note {number}"})
    found, after = [], ""
    while after is not None:
        page = ask(sealed, Role.OWNER, "GET", f"{path}?limit=2&after={after}")
        assert len(page["items"]) <= 2
        found += [item["text"] for item in page["items"]]
        after = page["next"]
    assert found == ["a note", *(f"note {number}" for number in range(5))]


def test_a_note_is_about_a_session_of_that_person(sealed: PolicyWorld) -> None:
    path = f"/people/{sealed.own.person_id}/notes"
    form = {"text": "x", "session_id": sealed.other.session_id}
    refused(sealed, 404, "POST", path, json=form)
    form["session_id"] = sealed.own.session_id
    made = ask(sealed, Role.OWNER, "POST", path, json=form)
    assert made["session_id"] == sealed.own.session_id


def test_a_goal_is_reached_and_not_any_more(sealed: PolicyWorld) -> None:
    path = f"/people/{sealed.own.person_id}/goals"
    form = {"text": "run", "by_date": "2027-03-01"}
    made = ask(sealed, Role.ATHLETE, "POST", path, json=form)
    goal = f"/goals/{made['id']}"
    reached = ask(sealed, Role.ATHLETE, "PATCH", goal, json={"reached": True})
    assert reached == made | {"reached_at": reached["reached_at"]}
    assert reached["reached_at"] is not None
    assert ask(sealed, Role.ATHLETE, "PATCH", goal, json={"reached": False}) == made
    changed = ask(sealed, Role.ATHLETE, "PATCH", goal, json={"text": "hike", "by_date": None})
    assert (changed["text"], changed["by_date"]) == ("hike", None)
    ask(sealed, Role.ATHLETE, "DELETE", goal)
    refused(sealed, 404, "PATCH", goal, json={})


def test_without_a_consent_an_upload_makes_nobody_and_is_not_even_read(
    sealed: PolicyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = sealed.services.measuring
    read: list[object] = []
    run = measuring.run
    monkeypatch.setattr(measuring, "run", lambda *args: [read.append(args[0]), run(*args)][1])
    files = {"file": sealed.another_recording()}
    people, objects = len(sealed.rows(schema.person)), [*sealed.services.objects.list()]
    form = {"person": "P-new", "recorded_on": "2026-11-27"}
    said = refused(sealed, 409, "POST", "/recordings", data=form, files=files)
    assert "consented" in said["problem"]
    path = f"/sessions/{sealed.own.session_id}/recordings"
    refused(sealed, 409, "POST", path, files=files)
    assert len(sealed.rows(schema.person)) == people
    assert [*sealed.services.objects.list()] == objects
    assert read == []
    person = ask(sealed, Role.OWNER, "POST", "/people", json={"label": "P-new"})["id"]
    consent = {"version": NEWEST, "language": "en"}
    ask(sealed, Role.OWNER, "POST", f"/people/{person}/consents", json=consent)
    made = ask(sealed, Role.OWNER, "POST", "/recordings", data=form, files=files)
    assert len(read) == 1
    (session,) = sealed.rows(schema.session, schema.session.c.id == made["session_id"])
    assert session["person_id"] == person
