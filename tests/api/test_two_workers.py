"""A viewer and a relay at different workers, which have nothing in common but PostgreSQL."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from sensor_screen.protocol.relay_marks import MarkName
from sensor_screen.service.analyst import Analyst
from sensor_screen.service.fold_stream import fold_stream
from sensor_screen.service.relay_client import RelayClient
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.frames import read_stream
from sensor_screen.storage.objects import open_objects
from tests.api.live_service import exchange, greet, send_all, serving, wait_until
from tests.api.test_live_relay import EchoAnalyst, until_held
from tests.service.databases import add_streams
from tests.service.relay_frames import a_frame
from tests.soak.relay_streams import RelayStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    from sensor_screen.service.durable_streams import DurableStreams
    from sensor_screen.service.live_hub import LiveHub
    from sensor_screen.storage.database.engine import Database


class ReadingAnalyst(EchoAnalyst):
    """Reads what it was not handed, as the real one does."""

    def offer(
        self, stream_id: str, first_sequence: int, frames: Sequence[bytes], marks: Any = ()
    ) -> None:
        seen = self.seen.get(stream_id, first_sequence)
        if first_sequence > seen:
            frames = self._streams.read_frames(stream_id, seen, 10**6)
        super().offer(stream_id, min(seen, first_sequence), frames, marks)


def real_analyst(streams: DurableStreams, hub: LiveHub) -> Analyst:
    return Analyst(streams.read_frames, streams.read_marks, hub.publish)


def heard(viewer: ClientConnection, kind: str, most: int = 2000) -> list[dict[str, Any]]:
    """Events up to the first of a kind."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        found.append(json.loads(viewer.recv(15)))
        if found[-1]["type"] == kind:
            return found
    raise AssertionError(f"no {kind} in {most} events")


def test_a_viewer_of_another_worker_gets_every_event_and_the_end(
    postgres_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(postgres_database)
    client = RelayClient()
    with (
        serving(postgres_database, tmp_path, make_analyst=ReadingAnalyst) as relays,
        serving(postgres_database, tmp_path, make_analyst=ReadingAnalyst) as viewers,
        relays.connect(one) as relay,
        viewers.connect(one, "watch") as early,
    ):
        assert json.loads(early.recv(5)) == {"type": "picture", "seen": 0}
        greet(client, relay)
        analyst: Any = viewers.live.hub.analyst
        for begin, end in ((0, 150), (150, 160), (160, 170)):
            for k in range(begin, end):
                client.add_frame(a_frame(k))
            until_held(client, relay, 0)
            wait_until(lambda to=end: analyst.seen[one] == to)
        with viewers.connect(one, "watch") as late:
            assert json.loads(late.recv(5))["type"] == "picture"
        client.finish()
        while not client.is_finished:
            exchange(client, relay)
        events = heard(early, "finished")
    numbers = [event["number"] for event in events if event["type"] == "angle"]
    assert numbers == [*range(170)]
    assert events[-1]["problem"] == "No sample came."


def test_a_stream_is_analysed_at_another_worker_and_folded_once(
    postgres_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(postgres_database)
    stream, client = RelayStream(3), RelayClient()
    for number in range(stream.marks_within(270)):
        at_us, name, text = stream.mark(number)
        client.add_mark(at_us, MarkName(name), text)
    with (
        serving(postgres_database, tmp_path) as relays,
        serving(postgres_database, tmp_path, make_analyst=real_analyst) as viewers,
        viewers.connect(one, "watch") as viewer,
    ):
        assert json.loads(viewer.recv(90))["type"] == "picture"
        with relays.connect(one) as relay:
            greet(client, relay)
            analyst: Any = viewers.live.hub.analyst
            for begin, end in ((0, 250), (250, 270)):
                for number in range(begin, end):
                    client.add_frame(stream.frame(number))
                until_held(client, relay, 0)
                time.sleep(0.5)  # two looks
                wait_until(lambda: analyst.behind_s(one) == 0.0, 20)
            assert heard(viewer, "angle")
        client.disconnected(1006, "", 0.5)
        client.finish()
        send_all(viewers, client, one)  # the relay has moved
        end = heard(viewer, "finished")[-1]
        for worker in (relays, viewers):
            worker.live.folds.submit(one)
        objects = open_objects(tmp_path / "objects")
        again = fold_stream(postgres_database, objects, one)
    assert again is not None
    assert again.recording_id == end["recording"]
    with postgres_database.read() as connection:
        state = read_stream(connection, one)
        table = schema.recording
        of_it = select(func.count()).where(table.c.session_id == (state and state.session_id))
        assert connection.execute(of_it).scalar() == 1
    assert len([*objects.list()]) == 1


def test_two_workers_fold_the_same_streams_at_once(
    postgres_database: Database, tmp_path: Path
) -> None:
    ids = add_streams(postgres_database, 6)
    stream = RelayStream(3)
    with serving(postgres_database, tmp_path) as a, serving(postgres_database, tmp_path) as b:
        for one in ids:
            client = RelayClient()
            for number in range(60):
                client.add_frame(stream.frame(number))
            with a.connect(one) as relay:
                greet(client, relay)
                until_held(client, relay, 0)
            assert a.live.streams.finish(one)
        for one in ids:
            a.live.folds.submit(one)
            b.live.folds.submit(one)

        def state(one: str) -> str:
            with postgres_database.read() as connection:
                found = read_stream(connection, one)
            return found.state if found else ""

        wait_until(lambda: all(state(one) != "finishing" for one in ids), 30)
        assert {state(one) for one in ids} == {"folded"}
    with postgres_database.read() as connection:
        folded = [read_stream(connection, one) for one in ids]
        made = [one.recording_id for one in folded if one]
        table = schema.recording
        query = select(func.count()).where(table.c.id.in_(made))
        assert connection.execute(query).scalar() == len({*made}) == 6
