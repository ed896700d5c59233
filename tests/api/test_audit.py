"""The audit log: complete, in order, and not to be changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from sensor_screen.errors import StorageError
from sensor_screen.service.actor import Actor, Role
from sensor_screen.service.read_log import ReadLog
from sensor_screen.storage.database import schema
from tests.api.policy_world import PolicyWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection


def listed(world: PolicyWorld, **asked: Any) -> list[dict[str, Any]]:
    token = world.asker(Role.OWNER, world.own)
    answer = world.client.get("/v1/audit", token, params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_lines_are_neither_changed_nor_taken_away(either: PolicyWorld) -> None:
    token = either.asker(Role.OWNER, either.own)
    path = f"/v1/people/{either.own.person_id}"
    either.client.request("PATCH", path, token, json={"birth_year": 1991})
    before = either.rows(schema.audit)
    assert before
    statements = [update(schema.audit).values(outcome="other"), delete(schema.audit)]
    if either.services.database.is_sqlite:
        statements.append(text("INSERT OR REPLACE INTO audit SELECT * FROM audit"))
    else:
        statements.append(text("TRUNCATE audit"))
    for statement in statements:
        with (
            pytest.raises(IntegrityError, match="not changed"),
            either.services.database.write() as connection,
        ):
            connection.execute(statement)
    assert either.rows(schema.audit) == before


def test_changes_and_reads_leave_lines_that_are_found(either: PolicyWorld) -> None:
    token, own = either.asker(Role.THERAPIST, either.own), either.own
    me = either.client.get("/v1/me", token).json()["account_id"]
    either.client.request("PATCH", f"/v1/people/{own.person_id}", token, json={"label": "P"})
    reads = {
        "reports.face": f"reports/{own.report_id}/report.json",
        "reports.positions": f"reports/{own.report_id}/positions",
        "recordings.download": f"recordings/{own.recording_id}/file",
        "notes.list": f"people/{own.person_id}/notes",
        "people.export": f"people/{own.person_id}/export",
    }
    for path in reads.values():
        assert either.client.get(f"/v1/{path}", token).status_code == 200
    assert either.client.get(f"/v1/people/{either.foreign.person_id}/notes", token).is_error
    either.services.read_log.flush()
    by_me = listed(either, account_id=me)
    assert [line["action"] for line in by_me] == ["people.change", *reads]
    assert [line["object_id"] for line in by_me] == [
        own.person_id,
        own.report_id,
        own.report_id,
        own.recording_id,
        own.person_id,
        own.person_id,
    ]
    assert [line["action"] for line in listed(either, object_id=own.recording_id)] == [
        "recordings.download"
    ]
    assert {line["action"] for line in listed(either, action="notes.list")} == {"notes.list"}


def test_days_are_of_utc(either: PolicyWorld) -> None:
    token = either.asker(Role.OWNER, either.own)
    either.client.request("PATCH", f"/v1/people/{either.own.person_id}", token, json={})
    today = datetime.now(UTC).date()
    found = [listed(either, day=str(today + timedelta(days=days))) for days in (-2, 0, 2)]
    assert found[0] == found[2] == []
    assert found[1] == listed(either) != []
    for day in ("2026-02-30", "9999-12-31"):
        answer = either.client.get("/v1/audit", token, params={"day": day})
        assert answer.status_code == 422


def test_the_log_of_another_clinic_is_not_there(either: PolicyWorld) -> None:
    token = either.asker(Role.OWNER, either.foreign)
    path = f"/v1/people/{either.foreign.person_id}"
    assert either.client.request("PATCH", path, token, json={}).status_code == 200
    assert listed(either, object_id=either.foreign.person_id) == []


# --- the buffer -----------------------------------------------------------------------------------


class AwayDatabase:
    """Does not take lines until it is told to."""

    def __init__(self, world: PolicyWorld) -> None:
        self._database, self.away, self.tries = world.services.database, True, 0

    def write(self) -> AbstractContextManager[Connection]:
        self.tries += 1
        if self.away:
            raise StorageError("the database", "it does not answer", "wait", fault="away")
        return self._database.write()


@pytest.fixture
def world(tmp_path: Any) -> Iterator[PolicyWorld]:
    made = PolicyWorld(tmp_path)
    yield made
    made.close()


def read(log: ReadLog, world: PolicyWorld, count: int, start: int = 0) -> None:
    actor = Actor(world.clinic_id, Role.OWNER, "t" * 32)
    for number in range(start, start + count):
        log.add(actor, "reports.face", f"{number:032x}", "r")


def logged(world: PolicyWorld) -> list[str]:
    rows = sorted(world.rows(schema.audit), key=lambda row: row["at_us"])
    return [row["object_id"] or row["outcome"] for row in rows]


def test_a_clean_stop_loses_nothing(world: PolicyWorld) -> None:
    log = ReadLog(world.services.database, every_s=60.0)
    log.start()
    read(log, world, 2500)
    assert logged(world) == []
    log.stop()
    assert logged(world) == [f"{number:032x}" for number in range(2500)]


def test_lines_are_written_by_themselves(world: PolicyWorld) -> None:
    log = ReadLog(world.services.database, every_s=0.01)
    log.start()
    read(log, world, 1)
    for _ in range(500):
        if logged(world):
            break
        log._stopping.wait(0.01)
    assert logged(world) == [f"{0:032x}"]
    log.stop()


def test_lines_wait_for_a_database_that_is_away(world: PolicyWorld) -> None:
    database: Any = AwayDatabase(world)
    log = ReadLog(database, every_s=60.0)
    read(log, world, 3)
    with pytest.raises(StorageError):
        log.flush()
    read(log, world, 2, start=3)
    database.away = False
    log.flush()
    assert logged(world) == [f"{number:032x}" for number in range(5)]
    tries = database.tries
    log.flush()
    assert database.tries == tries


def test_what_is_too_much_is_counted(world: PolicyWorld) -> None:
    log = ReadLog(world.services.database, most_waiting=10)
    read(log, world, 13)
    log.flush()
    assert logged(world) == [*(f"{number:032x}" for number in range(3, 13)), "3 reads"]
