"""Everything about a person in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.service.actor import Actor, Role
from sensor_screen.service.consent_texts import NEWEST, TEXTS
from sensor_screen.service.person_export import SLICE, export_person
from sensor_screen.service.services import Access
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of
from sensor_screen.storage.database.rows import Reach, add, change
from sensor_screen.storage.sealing import new_key
from tests.api.policy_world import Belongings, PolicyWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[PolicyWorld]:
    made = PolicyWorld(tmp_path, sealing_keys=new_key())
    yield made
    made.close()


def exported(world: PolicyWorld, role: Role, own: Belongings) -> dict[str, bytes]:
    """Files of the zip; every one of them is sound."""
    answer = world.client.get(f"/v1/people/{own.person_id}/export", world.asker(role, own))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def write_about(world: PolicyWorld) -> None:
    """A name, a note, a consent and some frames."""
    token, path = world.asker(Role.THERAPIST, world.own), f"/v1/people/{world.own.person_id}"
    for method, to, form in (
        ("PATCH", path, {"name": "Zoë Ångström"}),
        ("POST", f"{path}/notes", {"text": "Tightness, not pain."}),
        ("POST", f"{path}/consents", {"version": NEWEST, "language": "de"}),
    ):
        assert world.client.request(method, to, token, json=form).status_code < 300
    with world.services.database.write() as connection:
        for number in range(3):
            row = {"stream_id": world.own.stream_id, "sequence": number, "value": b"\0\xff"}
            add(connection, schema.frame, **row)


def test_everything_is_in_it_in_plain(sealed: PolicyWorld) -> None:
    write_about(sealed)
    own = sealed.own
    files = exported(sealed, Role.OWNER, own)
    assert "no diagnoses" in files["README.txt"].decode()
    assert json.loads(files["person.json"])[0]["name"] == "Zoë Ångström"
    notes = [note["text"] for note in json.loads(files["notes.json"])]
    assert "Tightness, not pain." in notes
    assert files[f"recordings/{own.recording_id}.parquet"] == sealed.recording
    assert files[f"reports/{own.report_id}/report.json"] == sealed.report
    assert files[f"consents/{NEWEST}.de.txt"].decode() == TEXTS[NEWEST]["de"]
    frames = files[f"streams/{own.stream_id}.frames.jsonl"].decode().splitlines()
    assert [json.loads(line)["value"] for line in frames] == ["AP8="] * 3
    assert "problems.txt" not in files
    everything = b"".join(files.values()).decode(errors="replace")
    named = own.ids() - {own.clinic_id, own.rulebook_id, own.key_id}
    assert {one for one in named if one not in everything} == set()


def test_every_table_about_a_person_is_in_it(sealed: PolicyWorld) -> None:
    write_about(sealed)
    names = {name.partition(".")[0] for name in exported(sealed, Role.OWNER, sealed.own)}
    assert names >= {
        *("person", "sessions", "recordings", "reports", "streams", "pairings", "notes", "goals"),
        *("consents", "account", "tokens", "audit"),
    }


def test_nothing_of_others_and_no_secret_is_in_it(sealed: PolicyWorld) -> None:
    write_about(sealed)
    content = b"".join(exported(sealed, Role.ATHLETE, sealed.own).values())
    for other in (sealed.other, sealed.foreign):
        for one in other.ids() - {sealed.clinic_id}:
            assert one.encode() not in content
    for table, column in (("account", "password_hash"), ("token", "secret_sha256")):
        for row in sealed.rows(schema.metadata.tables[table]):
            assert row[column].encode() not in content
    assert sealed.own.athlete.encode() not in content


def test_the_person_has_the_same_right_to_it(sealed: PolicyWorld) -> None:
    """Notes of staff too, as they are about the person; who of the staff read them is not told."""
    write_about(sealed)
    files = exported(sealed, Role.ATHLETE, sealed.own)
    assert "Tightness, not pain." in files["notes.json"].decode()
    sealed.services.read_log.flush()
    lines = json.loads(exported(sealed, Role.OWNER, sealed.own)["audit.json"])
    assert {(line["action"], line["by"]) for line in lines} >= {
        ("people.change", "staff"),
        ("people.export", "person"),
    }
    assert {name for line in lines for name in line} == {
        *("at_us", "action", "object_id", "outcome", "by")
    }


def test_what_cannot_be_read_is_named_and_the_rest_is_there(sealed: PolicyWorld) -> None:
    own = sealed.own
    key = f"clinics/{own.clinic_id}/recordings/{own.recording_id}.parquet"
    sealed.services.objects.delete(key)
    with sealed.services.database.write() as connection:
        reach = Reach(own.clinic_id)
        change(connection, schema.note, own.note_id, reach, text="sealed-1:0011223344556677:AAAA")
    files = exported(sealed, Role.OWNER, own)
    problems = files["problems.txt"].decode().splitlines()
    assert len(problems) == 2
    assert any(own.recording_id in line for line in problems)
    assert any(own.note_id in line for line in problems)
    assert files[f"reports/{own.report_id}/report.json"] == sealed.report


def test_pieces_are_small_however_much_there_is(sealed: PolicyWorld) -> None:
    own = sealed.own
    big = bytes(range(256)) * (8 * SLICE // 256)
    key = f"clinics/{own.clinic_id}/recordings/big.parquet"
    sealed.services.objects.put_new(key, big)
    with sealed.services.database.write() as connection:
        reach = Reach(own.clinic_id)
        changed = {"object_key": key, "sha256": sha256_of(big)}
        change(connection, schema.recording, own.recording_id, reach, **changed)
        for number in range(1200):
            values = {"clinic_id": own.clinic_id, "person_id": own.person_id}
            add(connection, schema.goal, text=f"{number:04d}" * 1000, **values)
    actor = Actor(own.clinic_id, Role.OWNER, "t" * 32)
    access = Access(sealed.services, actor, Reach(own.clinic_id), "people.export", "r")
    pieces = list(export_person(access, own.person_id))
    assert max(map(len, pieces)) <= 2 * SLICE
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as file:
        goals: list[Any] = json.loads(file.read("goals.json"))
        assert len(goals) == 1201
        assert file.read(f"recordings/{own.recording_id}.parquet") == big
