from __future__ import annotations

import json
import logging
import socket
import struct
import time
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from sensor_screen.errors import StorageError
from sensor_screen.protocol.relay_marks import MarkName
from sensor_screen.service.analyst import Analyst
from sensor_screen.service.group_commit import GroupCommitParams
from sensor_screen.service.live_hub import LiveHubParams
from sensor_screen.service.relay_client import RelayClient
from sensor_screen.storage.database.frames import read_frames, read_stream
from tests.api.live_service import (
    LiveService,
    closed_with,
    exchange,
    greet,
    send_all,
    serving,
    wait_until,
)
from tests.service.databases import add_streams
from tests.service.relay_frames import a_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    from sensor_screen.service.durable_streams import DurableStreams
    from sensor_screen.service.live_hub import LiveHub
    from sensor_screen.service.live_streams import LiveStreams
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict


def stored(database: Database, stream_id: str) -> list[bytes]:
    with database.read() as connection:
        return [v for chunk in read_frames(connection, stream_id) for _, v in chunk]


def with_frames(count: int) -> RelayClient:
    client = RelayClient()
    for k in range(count):
        client.add_frame(a_frame(k))
    return client


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Iterator[LiveService]:
    with serving(sqlite_database, tmp_path) as running:
        yield running


def until_held(client: RelayClient, socket: ClientConnection, frames: int) -> None:
    end_s = time.monotonic() + 10
    while client.held_frames > frames:
        assert time.monotonic() < end_s
        exchange(client, socket)


# --- the ordinary way -----------------------------------------------------------------------------


def test_what_is_sent_is_stored_byte_for_byte(database: Database, tmp_path: Path) -> None:
    one, other = add_streams(database, 2)
    client = with_frames(300)
    client.add_mark(1, MarkName.BEGINS, "squat")
    with serving(database, tmp_path) as service, service.connect(one) as socket:
        greet(client, socket)
        until_held(client, socket, 0)
        assert client.marks_held == 0
    assert stored(database, one) == [a_frame(k) for k in range(300)]
    assert stored(database, other) == []


def test_a_cut_connection_is_resumed(service: LiveService, sqlite_database: Database) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(50)
    for made in (100, 150, 200):
        with service.connect(one) as socket:
            greet(client, socket)
            exchange(client, socket, 0.05)
            socket.socket.close()
        client.disconnected(1006, "", 0.5)
        while client.next_sequence < made:
            client.add_frame(a_frame(client.next_sequence))
    with service.connect(one) as socket:
        greet(client, socket)
        until_held(client, socket, 0)
    assert stored(sqlite_database, one) == [a_frame(k) for k in range(200)]


def test_a_finished_stream_without_samples_fails_with_a_sentence(
    service: LiveService, sqlite_database: Database
) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(3)
    client.finish()
    send_all(service, client, one)

    def state() -> str | None:
        with sqlite_database.read() as connection:
            found = read_stream(connection, one)
        return None if found is None else found.problem

    wait_until(state)
    assert state() == "No sample came."
    with service.connect(one) as socket:
        greet(client, socket)
        code, _, said = closed_with(socket)
    assert (code, said) == (4410, [{"type": "finished", "next_sequence": 3}])
    with service.connect(one, "watch") as socket:
        code, _, said = closed_with(socket)
    assert code == 1000
    assert said == [{"type": "finished", "recording": None, "problem": "No sample came."}]


def test_a_second_connection_takes_over(service: LiveService, sqlite_database: Database) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(5)
    with service.connect(one) as first, service.connect(one) as second:
        greet(client, first)
        until_held(client, first, 0)
        greet(client, second)
        exchange(client, second, 0.2)
        assert closed_with(first)[0] == 4408
        client.add_frame(a_frame(5))
        until_held(client, second, 0)
    assert len(stored(sqlite_database, one)) == 6


def test_a_stream_is_ended_from_this_side(service: LiveService, sqlite_database: Database) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(5)
    with service.connect(one) as socket:
        greet(client, socket)
        until_held(client, socket, 0)
        assert service.live.finish(one)
        assert closed_with(socket)[0] == 4410
    wait_until(lambda: stored(sqlite_database, one) == [])


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type":"ack"}', 4400),
        (b"\x01\x00", 4400),
        ('{"type":"hello","protocol":1,"next_sequence":5}', 4409),
        (b"x" * 65_536, 1009),
        ("x" * 65_536, 1009),
    ],
    ids=["no hello", "frame first", "gap", "large frame", "large text"],
)
def test_bad_messages_close_with_their_code(
    service: LiveService, sqlite_database: Database, message: str | bytes, code: int
) -> None:
    (one,) = add_streams(sqlite_database)
    with service.connect(one) as socket:
        socket.send(message)
        found, reason, _ = closed_with(socket)
    assert found == code
    assert reason


def test_who_is_not_admitted_is_told(service: LiveService, sqlite_database: Database) -> None:
    (one,) = add_streams(sqlite_database)
    for what in ("relay", "watch"):
        with service.connect(one, what, ticket="") as socket:
            assert closed_with(socket)[0] == 4401
        with service.connect(one, what, additional_headers={"Origin": "https://evil.example"}) as s:
            assert closed_with(s)[0] == 4403
    own = {"Origin": f"http://127.0.0.1:{service.port}"}
    with service.connect(one, additional_headers=own) as socket:
        client = with_frames(1)
        greet(client, socket)
        until_held(client, socket, 0)
    with service.connect("e" * 32) as socket:
        greet(with_frames(0), socket)
        assert closed_with(socket)[0] == 4404


def test_revoked_tokens_lose_their_sockets(sqlite_database: Database, tmp_path: Path) -> None:
    one, other = add_streams(sqlite_database, 2)
    with serving(sqlite_database, tmp_path, recheck_s=0.05) as service:
        with service.connect(one, ticket="t-a") as a, service.connect(other, ticket="t-b") as b:
            client = with_frames(1)
            greet(client, b)
            until_held(client, b, 0)
            service.door.revoked.add("t-a")
            assert closed_with(a)[0] == 4403
            with service.connect(one, "watch", ticket="t-b") as viewer:
                wait_until(lambda: len(service.sockets) == 2)
                service.sockets.close_all(token_id="t-b")  # noqa: S106
                assert closed_with(viewer)[0] == 4403
            assert closed_with(b)[0] == 4403
        wait_until(lambda: len(service.sockets) == 0)


# --- push-back and trouble ------------------------------------------------------------------------


class Gate:
    """A store that can be closed: commits fail, or wait."""

    def __init__(self, append: Callable[[Sequence[StreamBatch]], list[Verdict]]) -> None:
        self._append = append
        self.fault = ""
        self.open = Event()
        self.open.set()

    def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
        self.open.wait(20)
        if self.fault:
            raise StorageError("the database", "it is not well", "mend it", fault=self.fault)
        return self._append(batches)


@contextmanager
def gated(
    database: Database, folder: Path, params: GroupCommitParams | None = None
) -> Iterator[tuple[LiveService, Gate]]:
    gates: list[Gate] = []

    def change(live: LiveStreams) -> None:
        gates.append(Gate(live.streams.append))
        live.streams.append = gates[0].append  # type: ignore[method-assign]

    with serving(database, folder, params, change=change) as service:
        yield service, gates[0]


def test_a_full_disk_is_said_and_over_without_loss(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)
    params = GroupCommitParams(first_retry_s=0.02, longest_retry_s=0.05)
    client = with_frames(20)
    with (
        gated(sqlite_database, tmp_path, params) as (service, gate),
        service.connect(one) as socket,
    ):
        gate.fault = "full"
        greet(client, socket)
        end_s = time.monotonic() + 5
        while client.trouble is None:
            assert time.monotonic() < end_s
            exchange(client, socket)
        assert client.trouble["code"] == "storage_full"
        time.sleep(0.2)
        exchange(client, socket)
        assert client.held_frames == 20, "nothing is acknowledged"
        assert stored(sqlite_database, one) == []
        gate.fault = ""
        until_held(client, socket, 0)
        assert client.trouble is None
    assert stored(sqlite_database, one) == [a_frame(k) for k in range(20)]


def test_a_relay_is_pushed_back_by_not_reading(sqlite_database: Database, tmp_path: Path) -> None:
    """A store that stands still: the service holds no more than its bound, TCP the rest."""
    (one,) = add_streams(sqlite_database)
    params = GroupCommitParams(most_held_bytes=100_000)
    frames = [a_frame(k, value=bytes(9000)) for k in range(600)]
    with gated(sqlite_database, tmp_path, params) as (service, gate):
        gate.open.clear()
        with service.connect(one) as socket:
            socket.send('{"type":"hello","protocol":1,"next_sequence":0}')
            socket.recv(5)
            socket.socket.settimeout(0.5)
            sent = 0
            with pytest.raises((TimeoutError, ConnectionClosed, OSError)):  # noqa: PT012
                for frame in frames:
                    socket.send(frame)
                    sent += 1
            assert sent < 600
            assert service.live.commits.held_bytes < 200_000
            with service.connect(one) as late:
                assert closed_with(late)[:2] == (4429, "retry-after=5")
            gate.open.set()
    whole = stored(sqlite_database, one)
    assert whole == frames[: len(whole)]


def test_a_restart_acknowledges_what_was_taken(sqlite_database: Database, tmp_path: Path) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(100)
    with (
        serving(sqlite_database, tmp_path, GroupCommitParams(interval_s=0.3)) as service,
        service.connect(one) as socket,
    ):
        greet(client, socket)
        exchange(client, socket, 0.1)
        exchange(client, socket, 0.05)
        assert service.drain()
        code, _, said = closed_with(socket)
        for message in said:
            client.receive(json.dumps(message), 0.0)
    assert code == 1012
    kept = stored(sqlite_database, one)
    assert client.first_held == len(kept) > 0


# --- viewers --------------------------------------------------------------------------------------


class EchoAnalyst:
    """Says of each frame that it came; its picture is how many did."""

    def __init__(self, streams: DurableStreams, hub: LiveHub) -> None:
        self._streams, self._hub = streams, hub
        self.seen: dict[str, int] = {}

    def start(self) -> None:
        """There is nothing to start."""

    def stop(self) -> None:
        """Nor to stop."""

    def open(self, stream_id: str) -> None:
        if stream_id not in self.seen:
            self.seen[stream_id] = len(self._streams.read_frames(stream_id, 0, 10**6))

    def offer(
        self,
        stream_id: str,
        first_sequence: int,
        frames: Sequence[bytes],
        marks: Sequence[Any] = (),
    ) -> None:
        del marks
        if stream_id not in self.seen:
            return
        begin, end = self.seen[stream_id], first_sequence + len(frames)
        assert first_sequence <= begin or not frames
        self.seen[stream_id] = max(begin, end)
        texts = [json.dumps({"type": "angle", "number": k}) for k in range(begin, end)]
        self._hub.publish(stream_id, texts)

    def ask_picture(self, stream_id: str, deliver: Callable[[str | None], None]) -> None:
        seen = self.seen.get(stream_id)
        deliver(None if seen is None else json.dumps({"type": "picture", "seen": seen}))

    def close(self, stream_id: str) -> None:
        self._hub.publish(stream_id, [f'{{"type":"note","text":"{stream_id} ends"}}'])


def test_viewers_get_the_picture_and_then_every_event(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)
    client = RelayClient(view=True)
    with (
        serving(sqlite_database, tmp_path, make_analyst=EchoAnalyst) as service,
        service.connect(one) as relay,
    ):
        greet(client, relay)
        for k in range(10):
            client.add_frame(a_frame(k))
        until_held(client, relay, 0)
        with service.connect(one, "watch") as viewer:
            first = json.loads(viewer.recv(5))
            for k in range(10, 30):
                client.add_frame(a_frame(k))
            until_held(client, relay, 0)
            events = [json.loads(viewer.recv(5)) for _ in range(20)]
        exchange(client, relay, 0.1)
    assert first == {"type": "picture", "seen": 10}
    assert [event["number"] for event in events] == [*range(10, 30)]
    own = list(client.events)
    assert own[0] == {"type": "picture", "seen": 0}
    assert [event["number"] for event in own[1:]] == [*range(30)]


def test_a_stream_without_its_relay_is_looked_at_for_a_viewer(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)
    client = with_frames(7)
    with serving(sqlite_database, tmp_path) as service, service.connect(one) as relay:
        greet(client, relay)
        until_held(client, relay, 0)
    with (
        serving(sqlite_database, tmp_path, make_analyst=EchoAnalyst) as service,
        service.connect(one, "watch") as viewer,
    ):
        assert json.loads(viewer.recv(5)) == {"type": "picture", "seen": 7}
        with service.connect(one) as relay:
            client.disconnected(1006, "", 0.5)
            greet(client, relay)
            client.add_frame(a_frame(7))
            until_held(client, relay, 0)
            assert json.loads(viewer.recv(5)) == {"type": "angle", "number": 7}


def test_a_viewer_that_does_not_read_is_cut_off_and_nobody_waits(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)

    def few(live: LiveStreams) -> None:
        live.hub._params = LiveHubParams(most_waiting=50)

    with (
        serving(sqlite_database, tmp_path, make_analyst=EchoAnalyst, change=few) as service,
        service.connect(one) as relay,
        service.connect(one, "watch", max_queue=1) as viewer,
    ):
        client = with_frames(1)
        greet(client, relay)
        until_held(client, relay, 0)
        wait_until(lambda: service.live.hub.viewers)
        text = json.dumps({"type": "note", "text": "x" * 20_000})
        for _ in range(500):
            service.live.hub.publish(one, [text])
            time.sleep(0.0005)
        client.add_frame(a_frame(1))
        until_held(client, relay, 0)
        code, reason, said = closed_with(viewer)
        assert (code, reason) == (4429, "retry-after=1")
        assert len(said) < 500


def test_a_viewer_says_nothing(service: LiveService, sqlite_database: Database) -> None:
    (one,) = add_streams(sqlite_database)
    with service.connect(one, "watch") as socket:
        assert json.loads(socket.recv(5))["type"] == "note"
        socket.send("{}")
        assert closed_with(socket)[0] == 4400


def test_a_viewer_who_comes_first_gets_a_picture_and_every_event(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)
    client = RelayClient()
    with (
        serving(sqlite_database, tmp_path, make_analyst=EchoAnalyst) as service,
        service.connect(one, "watch") as viewer,
    ):
        assert json.loads(viewer.recv(5)) == {"type": "picture", "seen": 0}
        with service.connect(one) as relay:
            greet(client, relay)
            for k in range(5):
                client.add_frame(a_frame(k))
            until_held(client, relay, 0)
            events = [json.loads(viewer.recv(5)) for _ in range(5)]
    assert [event["number"] for event in events] == [*range(5)]


def test_the_analyst_shows_a_stream_that_has_not_begun(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)

    def make(streams: DurableStreams, hub: LiveHub) -> Analyst:
        return Analyst(streams.read_frames, streams.read_marks, hub.publish)

    with (
        serving(sqlite_database, tmp_path, make_analyst=make) as service,
        service.connect(one, "watch") as viewer,
    ):
        assert json.loads(viewer.recv(60))["type"] == "picture"


def test_who_opens_a_view_stands_in_the_log_of_reads(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (one,) = add_streams(sqlite_database)
    with serving(sqlite_database, tmp_path) as service:
        with service.connect(one, "watch", ticket="") as refused:
            assert closed_with(refused)[0] == 4401
        with service.connect(one, "watch", ticket="t-5") as viewer:
            viewer.recv(5)
        with service.connect(one) as relay:
            greet(with_frames(0), relay)
            relay.recv(5)
    assert [(who.action, who.token_id) for who in service.watched] == [("socket.watch", "t-5")]


def test_viewers_that_are_cut_off_leave_nothing_in_the_log(
    sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = add_streams(sqlite_database)
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    with serving(sqlite_database, tmp_path, make_analyst=EchoAnalyst) as service:
        for logger in loggers:
            logger.setLevel(logging.WARNING)
            logger.addHandler(caplog.handler)
        try:
            for k in range(40):
                with socket.create_connection(("127.0.0.1", service.port)) as raw:
                    ticket = "t-1" if k % 2 else ""
                    raw.sendall(UPGRADE.format(one, ticket).encode())
                    time.sleep(0.001 * (k // 2))
                    cut(raw)
                service.live.hub.publish(one, ["{}"] * 3)
            with service.connect(one, "watch") as viewer:
                viewer.recv(5)
                cut(viewer.socket)
                for _ in range(50):
                    service.live.hub.publish(one, ["x" * 20_000])
                    service.sockets.close_all(stream_id=one)
                    time.sleep(0.002)
            wait_until(lambda: len(service.sockets) == 0)
        finally:
            for logger in loggers:
                logger.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records] == []


def cut(raw: socket.socket) -> None:
    """As a phone does that leaves the network, but said at once (RST)."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


UPGRADE = (
    "GET /v1/streams/{}/watch?ticket={} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
