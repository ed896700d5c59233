"""The same samples give the same report, to the byte, by whatever way and in whatever database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service.actor import Role
from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.service.fold_stream import fold_stream
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.stream_batch import StreamBatch
from sensor_screen.storage.journal import JournalFacts, Mark, create_journal
from sensor_screen.storage.journal_fold import fold_journal
from tests.api.policy_world import PolicyWorld
from tests.service.postgres import empty_database
from tests.soak.relay_streams import RelayStream

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2026-11-27"
FRAMES = 600
"""A minute: standing, and what of the rest fits."""


def frames_and_marks() -> tuple[list[bytes], list[RelayMark]]:
    stream = RelayStream(3)
    said = [stream.mark(number) for number in range(stream.marks_within(FRAMES))]
    marks = [
        RelayMark(number, at_us, MarkName(name), text)
        for number, (at_us, name, text) in enumerate(said)
    ]
    return [stream.frame(number) for number in range(FRAMES)], marks


def of_a_journal(folder: Path) -> bytes:
    """A recording file of a journal of the same frames."""
    frames, marks = frames_and_marks()
    with create_journal(folder / "a.journal", JournalFacts(recorded_on=DAY)) as journal:
        for value in frames:
            journal.append_frame(value, 0.0)
        for mark in marks:
            journal.mark(Mark(mark.name.value, mark.at_us * 1e-6, mark.text))
    fold_journal(folder / "a.journal", folder / "a.parquet")
    return (folder / "a.parquet").read_bytes()


def report_of(world: PolicyWorld, session_id: str) -> bytes:
    owner = world.asker(Role.OWNER, world.own, new=False)
    made = world.client.request("POST", f"/v1/sessions/{session_id}/reports", owner)
    assert made.status_code == 201, made.text
    table = schema.report
    (row,) = world.rows(table, table.c.id == made.json()["id"])
    return world.services.objects.get(row["object_key"], row["sha256"])


def uploaded(world: PolicyWorld, value: bytes) -> str:
    """The session of an upload."""
    owner = world.asker(Role.OWNER, world.own, new=False)
    form = {"person": "P-9", "recorded_on": DAY}
    answer = world.client.request("POST", "/v1/recordings", owner, data=form, files={"file": value})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["session_id"])


def streamed(world: PolicyWorld) -> str:
    """The session of a stream of somebody else, which is folded."""
    owner = world.asker(Role.OWNER, world.own, new=False)
    person = world.client.request("POST", "/v1/people", owner, json={"label": "P-10"}).json()["id"]
    form = {"person_id": person, "recorded_on": DAY}
    session = world.client.request("POST", "/v1/sessions", owner, json=form).json()["id"]
    stream = world.client.request("POST", "/v1/streams", owner, json={"session_id": session})
    stream_id, database = stream.json()["id"], world.services.database
    frames, marks = frames_and_marks()
    end = (len(frames), len(marks))
    DurableStreams(database).append(
        [StreamBatch(stream_id, 0, tuple(enumerate(frames)), tuple(marks), None, end)]
    )
    folded = fold_stream(database, world.services.objects, stream_id)
    assert folded is not None
    assert folded.problem is None
    return str(session)


def test_reports_are_the_same_to_the_byte(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    value = of_a_journal(tmp_path)
    made: dict[str, bytes] = {}
    with empty_database(request.getfixturevalue("postgres_cluster")) as url:
        for name, database_url in (("sqlite", ""), ("postgresql", url)):
            world = PolicyWorld(tmp_path / name, database_url=database_url)
            made[f"{name} uploaded"] = report_of(world, uploaded(world, value))
            made[f"{name} streamed"] = report_of(world, streamed(world))
            world.close()
    assert len(made) == 4
    assert b'"squat"' in made["sqlite streamed"], "it is a report of something"
    assert {*made.values()} == {made["sqlite uploaded"]}
