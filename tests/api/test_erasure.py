"""Erasing somebody, and that nobody who was erased comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from time import sleep
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from sensor_screen.errors import StorageError
from sensor_screen.service import erasure
from sensor_screen.service.actor import Role
from sensor_screen.service.endings import Ended
from sensor_screen.service.erasure import (
    apply_tombstones,
    bury,
    finish,
    go_on_erasing,
    read_tombstones,
)
from sensor_screen.service.retention import DAY_US, DailyCare, keep_retention
from sensor_screen.storage.database import person_rows, schema
from sensor_screen.storage.database.ids import now_us
from sensor_screen.storage.database.rows import Reach, add, change
from tests.api.policy_world import Belongings, InThisProcess, PolicyWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Table


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PolicyWorld]:
    made = PolicyWorld(tmp_path)
    yield made
    made.close()


def erase(world: PolicyWorld, about: Belongings) -> Any:
    token = world.asker(Role.OWNER, world.own)
    answer = world.client.request("DELETE", f"/v1/people/{about.person_id}", token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cells(world: PolicyWorld, *without: Table) -> dict[str, str]:
    """Table -> all that stands in it, as one text."""
    tables = [table for table in schema.metadata.sorted_tables if table not in without]
    return {table.name: repr(world.rows(table)) for table in tables}


def keys(world: PolicyWorld) -> set[str]:
    return {found.key for found in world.services.objects.list()}


def ids_of(about: Belongings) -> set[str]:
    """What is of that person alone."""
    return set(about.ids()) - {about.clinic_id, about.rulebook_id, about.key_id}


# --- what goes ------------------------------------------------------------------------------------


def test_a_table_that_leads_to_a_person_is_known() -> None:
    """By a foreign key, or by a column that is named like one."""
    known = {*person_rows.OF_PERSON, *person_rows.ENDED}
    names = {table.name for table in known}
    for table in schema.metadata.sorted_tables:
        led = {key.column.table.name for key in table.foreign_keys}
        led |= {c.name.removesuffix("_id") for c in table.c if c.name.endswith("_id")}
        if led & (names - {"account", "token"}) - {"clinic"} and table is not schema.tombstone:
            assert table in known, f"{table.name} leads to a person by {sorted(led)}"


def test_everything_of_the_person_goes(either: PolicyWorld) -> None:
    own, token = either.own, either.asker(Role.OWNER, either.own)
    key = {"Idempotency-Key": "key of a note"}
    form = {"text": "a note with its key"}
    path = f"/v1/people/{own.person_id}/notes"
    assert either.client.request("POST", path, token, json=form, headers=key).status_code == 201
    with either.services.database.write() as connection:
        stream = own.stream_id
        add(connection, schema.frame, stream_id=stream, sequence=0, value=b"x")
        add(connection, schema.mark, stream_id=stream, number=0, at_us=1, name="a", text="squat")
        invited = {"code_sha256": "1" * 64, "role": "athlete", "expires_at_us": 1}
        add(connection, schema.invitation, person_id=own.person_id, **invited)
    told = erase(either, own)
    assert (told["sessions"], told["recordings"], told["objects_left"]) == (1, 1, 0)
    left = cells(either, schema.audit, schema.tombstone)
    for table, text in left.items():
        here = {one for one in ids_of(own) if one in text}
        ended = {own.account_id, own.stream_id} if table in ("account", "token") else set()
        assert here <= ended, table
    assert either.rows(schema.idempotency) == []
    assert {key for key in keys(either) if own.recording_id in key or own.report_id in key} == set()
    assert either.client.request("DELETE", f"/v1/people/{own.person_id}", token).status_code == 404


def test_nothing_of_others_goes(either: PolicyWorld) -> None:
    def of_others() -> dict[str, list[Any]]:
        rows = {table.name: either.rows(table) for table in schema.metadata.sorted_tables}
        mine = ids_of(either.own)
        return {
            name: [row for row in found if not mine & {v for v in row.values() if v}]
            for name, found in rows.items()
            if name not in ("audit", "tombstone", "token")
        }

    either.asker(Role.OWNER, either.own)
    token = either.asker(Role.OWNER, either.own)
    before, objects = of_others(), keys(either)
    path = f"/v1/people/{either.own.person_id}"
    assert either.client.request("DELETE", path, token).status_code == 200
    assert of_others() == before
    mine = {key for key in objects if either.own.recording_id in key or either.own.report_id in key}
    tombstone = {f"tombstones/{either.own.person_id}.json"}
    assert keys(either) == (objects - mine) | tombstone


def test_accounts_tokens_and_streams_end(world: PolicyWorld) -> None:
    heard: list[Ended] = []
    world.services.endings.listen(heard.append)
    own = world.own
    for token in (own.athlete, own.relay):
        assert world.client.get("/v1/me", token).status_code == 200
    tokens = {
        row["id"]
        for row in world.rows(schema.token)
        if own.account_id == row["account_id"] or own.stream_id == row["stream_id"]
    }
    erase(world, own)
    for token in (own.athlete, own.relay):
        assert world.client.get("/v1/me", token).status_code == 401
    (ended,) = heard
    assert set(ended.token_ids) == tokens
    assert ended.stream_ids == (own.stream_id,)
    (account,) = world.rows(schema.account, schema.account.c.id == own.account_id)
    assert account["person_id"] is None
    assert account["disabled_at_us"] is not None
    assert (account["login"], account["password_hash"]) == (f"erased {own.account_id}", "")


def test_a_tombstone_holds_nothing_personal(world: PolicyWorld) -> None:
    label, name = "P-one-of-a-kind", "Zoë Ångström"
    token, path = world.asker(Role.OWNER, world.own), f"/v1/people/{world.own.person_id}"
    form = {"label": label, "name": name}
    assert world.client.request("PATCH", path, token, json=form).status_code == 200
    erase(world, world.own)
    everything = "".join(cells(world).values())
    everything += "".join(
        world.services.objects.get(key).decode() for key in keys(world) if key.endswith(".json")
    )
    assert label not in everything
    assert name not in everything
    (row,) = world.rows(schema.tombstone)
    assert set(row) == {
        *("person_id", "clinic_id", "erased_at_us", "erased_by", "reason", "sessions"),
        *("recordings", "objects_left"),
    }


# --- what cannot go at once -----------------------------------------------------------------------


class StubbornObjects:
    """A store that does not let go until it is told to."""

    def __init__(self, store: Any) -> None:
        self._store, self.stubborn = store, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def delete(self, key: str) -> None:
        if self.stubborn and "/recordings/" in key:
            raise StorageError(key, "cannot be removed", "wait", fault="away")
        self._store.delete(key)


def test_objects_that_cannot_go_now_go_later(world: PolicyWorld) -> None:
    objects: Any = StubbornObjects(world.services.objects)
    services = replace(world.services, objects=objects)
    world.app.state.services = services
    own = world.own
    key = f"clinics/{own.clinic_id}/recordings/{own.recording_id}.parquet"
    assert erase(world, own)["objects_left"] == 1
    assert world.rows(schema.person, schema.person.c.id == own.person_id) == []
    (row,) = world.rows(schema.tombstone)
    assert key in json.loads(row["objects_left"])
    assert key in keys(world)
    assert go_on_erasing(services) == 1
    objects.stubborn = False
    go_on_erasing(services)
    assert key not in keys(world)


def test_an_object_that_came_late_goes_too(
    world: PolicyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was being made during the erasure; its place is named until that is over."""
    erase(world, world.own)
    late = f"clinics/{world.clinic_id}/reports/{world.own.report_id}/report.html"
    world.services.objects.put_new(late, b"<p>late</p>")
    assert go_on_erasing(world.services) == 1
    assert late not in keys(world)
    monkeypatch.setattr(erasure, "SETTLED_US", 0)
    assert go_on_erasing(world.services) == 0
    (row,) = world.rows(schema.tombstone)
    assert row["objects_left"] == "[]"


@dataclass
class ErasesMeanwhile(InThisProcess):
    """Makes a report while the person is erased."""

    world: PolicyWorld

    def run(self, *_: object, **__: object) -> Any:
        services, own = self.world.services, self.world.own
        with services.database.write() as connection:
            removed = bury(connection, own.clinic_id, own.person_id, "asked")
        finish(services, own.person_id, removed)
        return SimpleNamespace(
            content=b"{}", software_version="0", rulebook_version="1", simulated=False, kept=b""
        )


def test_a_report_that_is_made_meanwhile_leaves_nothing(either: PolicyWorld) -> None:
    measuring: Any = ErasesMeanwhile(either)
    either.app.state.services = replace(either.services, measuring=measuring)
    path = f"/v1/sessions/{either.own.session_id}/reports"
    answer = either.client.request("POST", path, either.asker(Role.THERAPIST, either.own))
    assert answer.status_code == 409
    assert {key for key in keys(either) if key.startswith(f"clinics/{either.clinic_id}/")} == {
        f"clinics/{either.clinic_id}/recordings/{either.other.recording_id}.parquet",
        f"clinics/{either.clinic_id}/reports/{either.other.report_id}/report.json",
    }


# --- after a restore ------------------------------------------------------------------------------


def copy_of(world: PolicyWorld, folder: Path) -> PolicyWorld:
    """The same rows and objects in another place, as a restored backup."""
    restored = PolicyWorld(folder, fill=False)
    with world.services.database.read() as old, restored.services.database.write() as new:
        for table in schema.metadata.sorted_tables:
            rows = [dict(row) for row in old.execute(select(table)).mappings()]
            if rows:
                new.execute(insert(table), rows)
    for key in keys(world):
        restored.services.objects.put_new(key, world.services.objects.get(key))
    return restored


@pytest.mark.parametrize("known_by", ["database", "objects"])
def test_an_older_backup_does_not_bring_them_back(
    world: PolicyWorld, tmp_path: Path, known_by: str
) -> None:
    restored = copy_of(world, tmp_path / "restored")
    erase(world, world.own)
    services = world.services
    tombstones = (
        read_tombstones(services.database, None)
        if known_by == "database"
        else read_tombstones(None, services.objects)
    )
    assert [row["person_id"] for row in tombstones] == [world.own.person_id]
    new = restored.services
    assert apply_tombstones(new.database, new.objects, tombstones) == 1
    assert restored.rows(schema.person) == world.rows(schema.person)
    assert keys(restored) == keys(world)
    told = read_tombstones(new.database, new.objects)
    assert told == tombstones
    assert apply_tombstones(new.database, new.objects, tombstones) == 0
    restored.close()


# --- retention ------------------------------------------------------------------------------------


def age(world: PolicyWorld, about: Belongings, *, person: int, session: int) -> None:
    """Make a person and their session older, in days."""
    reach = Reach(about.clinic_id)
    with world.services.database.write() as connection:
        for table, row_id, days in (
            (schema.person, about.person_id, person),
            (schema.session, about.session_id, session),
        ):
            change(connection, table, row_id, reach, created_at_us=now_us() - days * DAY_US)


def test_who_was_not_seen_for_long_is_erased(tmp_path: Path) -> None:
    world = PolicyWorld(tmp_path, retention_days=100)
    age(world, world.own, person=300, session=101)
    age(world, world.other, person=300, session=99)
    age(world, world.foreign, person=101, session=101)
    with world.services.database.write() as connection:
        new = add(connection, schema.person, clinic_id=world.clinic_id, label="new")["id"]
    assert keep_retention(world.services, stopping=lambda: True) == 0
    assert keep_retention(world.services) == 2
    left = {row["id"] for row in world.rows(schema.person)}
    assert left == {world.other.person_id, new}
    assert {row["reason"] for row in world.rows(schema.tombstone)} == {"retention"}
    lines = world.rows(schema.audit, schema.audit.c.action == "people.erase")
    assert {(line["clinic_id"], line["object_id"], line["outcome"]) for line in lines} == {
        (world.clinic_id, world.own.person_id, "retention"),
        (world.foreign_clinic_id, world.foreign.person_id, "retention"),
    }
    assert keep_retention(world.services) == 0
    assert keep_retention(world.services, now_us() + 200 * DAY_US) == 2
    world.close()


def test_without_a_setting_nobody_is_erased(world: PolicyWorld) -> None:
    assert keep_retention(world.services, now_us() + 10_000 * DAY_US) == 0


def test_it_is_done_when_the_service_starts(tmp_path: Path) -> None:
    world = PolicyWorld(tmp_path, retention_days=100)
    age(world, world.own, person=300, session=101)
    care = DailyCare(world.services)
    care.start()
    for _ in range(500):
        if world.rows(schema.tombstone):
            break
        sleep(0.01)
    care.stop()
    assert len(world.rows(schema.tombstone)) == 1
    world.close()
