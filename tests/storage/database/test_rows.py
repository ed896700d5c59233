"""Rows are found as far as the caller reaches, and made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import ConflictError, NotFoundError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.ids import new_id
from sensor_screen.storage.database.migration import migrate
from sensor_screen.storage.database.rows import (
    Reach,
    Row,
    add,
    change,
    claim_key,
    find,
    list_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = open_database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    migrate(database)
    with database.write() as connection:
        yield connection
    database.close()


class Clinic:
    """A clinic with a person, a session and a stream."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.id = add(connection, schema.clinic, name=name)["id"]
        self.people = [self._person(connection, str(number)) for number in range(2)]

    def _person(self, connection: Connection, label: str) -> dict[str, Row]:
        mine = {"clinic_id": self.id}
        person = add(connection, schema.person, label=label, **mine)
        session = add(
            connection,
            schema.session,
            person_id=person["id"],
            recorded_on="2026-11-27",
            answers="",
            **mine,
        )
        stream = add(
            connection, schema.stream, session_id=session["id"], state="open", writer=0, **mine
        )
        return {"person": person, "session": session, "stream": stream}


def test_every_noun_is_found_within_reach_and_nowhere_else(connection: Connection) -> None:
    here, there = Clinic(connection, "here"), Clinic(connection, "there")
    mine, theirs = here.people
    for table in (schema.person, schema.session, schema.stream):
        name = table.name
        for reach, reached in (
            (Reach(here.id), {mine[name]["id"], theirs[name]["id"]}),
            (Reach(here.id, person_id=mine["person"]["id"]), {mine[name]["id"]}),
            (Reach(there.id, person_id=mine["person"]["id"]), set()),
            (
                Reach(here.id, stream_id=mine["stream"]["id"]),
                {mine[name]["id"]} if name == "stream" else set(),
            ),
            (Reach(here.id, person_id=""), set()),
        ):
            assert {row["id"] for row in list_rows(connection, table, reach)} == reached
            for one in (mine, theirs, *there.people):
                if one[name]["id"] in reached:
                    assert find(connection, table, one[name]["id"], reach) == one[name]
                else:
                    with pytest.raises(NotFoundError):
                        find(connection, table, one[name]["id"], reach)


def test_a_change_out_of_reach_changes_nothing(connection: Connection) -> None:
    here, there = Clinic(connection, "here"), Clinic(connection, "there")
    person = here.people[0]["person"]
    with pytest.raises(NotFoundError):
        change(connection, schema.person, person["id"], Reach(there.id), label="taken")
    assert find(connection, schema.person, person["id"], Reach(here.id)) == person


def test_pages_follow_each_other_without_gap_or_repeat(connection: Connection) -> None:
    clinic = add(connection, schema.clinic, name="a")["id"]
    made = [add(connection, schema.person, clinic_id=clinic, label=str(n))["id"] for n in range(25)]
    found: list[str] = []
    while page := list_rows(
        connection, schema.person, Reach(clinic), after=found[-1] if found else "", limit=10
    ):
        found += [row["id"] for row in page]
    assert found == sorted(made)


def test_ids_sort_by_time() -> None:
    import time

    first = new_id()
    time.sleep(0.002)
    assert first < new_id()
    assert len(first) == 32


def test_what_is_unique_is_a_conflict(connection: Connection) -> None:
    clinic = add(connection, schema.clinic, name="a")["id"]
    add(connection, schema.person, clinic_id=clinic, label="P-1")
    with pytest.raises(ConflictError), connection.begin_nested():
        add(connection, schema.person, clinic_id=clinic, label="P-1")


def test_a_key_makes_one_thing(connection: Connection) -> None:
    key, request = "a" * 64, "b" * 64
    assert claim_key(connection, key, request, "first") == ("first", True)
    assert claim_key(connection, key, request, "second") == ("first", False)
    with pytest.raises(ConflictError, match="another request"):
        claim_key(connection, key, "c" * 64, "third")
