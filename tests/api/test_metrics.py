"""Counts move with what they count, and are of nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from sensor_screen.errors import StorageError
from sensor_screen.service.actor import Role
from sensor_screen.service.group_commit import GroupCommit, GroupCommitParams
from sensor_screen.service.metrics import expose
from sensor_screen.service.relay_acts import Taken
from sensor_screen.service.relay_client import RelayClient
from sensor_screen.storage.samples import find_sample
from tests.api.live_service import exchange, greet, serving, wait_until
from tests.api.policy_world import PolicyWorld
from tests.service.databases import add_streams
from tests.service.relay_frames import a_frame

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.storage.database.engine import Database

LABELS = {"action", "status", "fault", "le"}


def counted(name: str, **labels: str) -> float:
    """The value now, of all labels that are not said."""
    samples = [one for family in families() for one in family.samples]
    found = [one for one in samples if one.name == f"sensor_screen_{name}"]
    wanted = [one.value for one in found if labels.items() <= one.labels.items()]
    return sum(wanted)


def families() -> list[Any]:
    return list(text_string_to_metric_families(expose()[0].decode()))


def test_a_stream_moves_its_counts(sqlite_database: Database, tmp_path: Path) -> None:
    (one,) = add_streams(sqlite_database)
    frames, commits = counted("frames_durable_total"), counted("commit_seconds_count")
    relays, viewers = counted("streams_connected"), counted("viewers_connected")
    client = RelayClient()
    for k in range(30):
        client.add_frame(a_frame(k))
    with serving(sqlite_database, tmp_path) as service:
        with service.connect(one) as relay, service.connect(one, "watch") as viewer:
            greet(client, relay)
            while client.held_frames:
                exchange(client, relay)
            viewer.recv(5)
            assert counted("streams_connected") == relays + 1
            assert counted("viewers_connected") >= viewers + 1
        wait_until(lambda: counted("streams_connected") == relays)
        wait_until(lambda: counted("viewers_connected") == viewers)
    assert counted("frames_durable_total") == frames + 30
    assert counted("commit_seconds_count") > commits
    assert counted("held_bytes") == 0


class FullStore:
    """Keeps nothing."""

    def append(self, batches: object) -> Any:  # noqa: ARG002
        raise StorageError("the disk", "is full", "make room", fault="full")


class Nobody:
    """Hears nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def test_a_commit_that_fails_is_counted_and_what_waits_is_held() -> None:
    failures = counted("commit_failures_total", fault="storage_full")
    commits = GroupCommit(FullStore(), GroupCommitParams())
    lane = commits.open("5" * 32, 1, (0, 0), Nobody())
    lane.add(Taken(frames=[(0, bytes(70))]))
    commits.commit()
    assert counted("commit_failures_total", fault="storage_full") == failures + 1
    assert counted("held_bytes") == 70


def test_requests_and_reports_are_counted_and_of_nobody(tmp_path: Path) -> None:
    world = PolicyWorld(tmp_path)
    owner = world.asker(Role.OWNER, world.own)
    made, refused = ({"action": "reports.create", "status": status} for status in ("201", "401"))
    before = counted("requests_total", **made), counted("requests_total", **refused)
    reports, seconds = counted("report_seconds_count"), counted("request_seconds_count")
    uploaded = world.client.request(
        "POST",
        "/v1/recordings",
        owner,
        data={"person": "Zacharias"},
        files={"file": find_sample("healthy").read_bytes()},
    )
    path = f"/v1/sessions/{uploaded.json()['session_id']}/reports"
    assert world.client.request("POST", path, owner).status_code == 201
    assert world.client.request("POST", path).status_code == 401
    assert world.client.request("GET", "/v1/nothing/Zacharias").status_code == 404
    after = counted("requests_total", **made), counted("requests_total", **refused)
    assert after == (before[0] + 1, before[1] + 1)
    assert counted("report_seconds_count") == reports + 1
    assert counted("request_seconds_count") == seconds + 4
    text = world.client.get("/metrics", owner).text
    assert "sensor_screen_requests_total" in text
    for told in ("Zacharias", path, world.own.person_id, world.clinic_id):
        assert told not in text
    ours = [one for one in families() if one.name.startswith("sensor_screen_")]
    assert {label for family in ours for one in family.samples for label in one.labels} <= LABELS
    world.close()
