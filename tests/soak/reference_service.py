"""A test double of the service: its protocol over one table, with faults on demand.

    python -m tests.soak.reference_service --port 8443 --data D --cert C --key K --fault lose

It shows that the soak commands work, and that they notice what they are there for: each fault must
end in a figure that is not 0. It has no accounts, no limits and no analysis.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sqlite3
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

from sensor_screen.errors import ProtocolError
from sensor_screen.model import Recording, SensorStream
from sensor_screen.protocol.relay_frame import RelayReader, decode_frame
from sensor_screen.session.receive import Receiver
from sensor_screen.session.received import ReceiverParams
from sensor_screen.storage.journal_entries import Mark
from sensor_screen.storage.journal_fold import find_tasks
from sensor_screen.storage.recording_file import write_recording

FAULTS = ("none", "lose", "double", "reorder", "change", "skip", "early", "back")
"""The first six are of what is stored; early: acknowledged before it is safe; back: an
acknowledgement lower than the one before."""
SERVE = (
    f"{sys.executable} -m tests.soak.reference_service --port {{port}} --data {{data}} "
    "--cert {cert} --key {key} --fault "
)
GROUP_S = 0.05
_SCHEMA = """
pragma journal_mode=wal; pragma synchronous=full;
create table if not exists stream (id text primary key, recording text);
create table if not exists frame (stream text, sequence int, value blob,
  primary key (stream, sequence)) without rowid;
create table if not exists mark (stream text, number int, at_us int, name text, words text,
  primary key (stream, number)) without rowid;
create table if not exists recording (id text primary key, value blob);
"""


@dataclass
class Open:
    """A relay that is connected."""

    stream: str
    socket: WebSocket
    next_frame: int
    next_mark: int
    told: tuple[int, int]
    finish: tuple[int, int] | None = None


class Double:
    """The whole service."""

    def __init__(self, data: Path, fault: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(data / "double.sqlite", check_same_thread=False)
        self.db.executescript(_SCHEMA)
        self.fault = fault
        self.full = False
        self.frames: list[tuple[str, int, bytes]] = []
        self.marks: list[tuple[str, int, int, str, str]] = []
        self.open: dict[str, Open] = {}
        self.watchers: dict[str, list[WebSocket]] = defaultdict(list)
        self.live: dict[str, tuple[RelayReader, Receiver]] = {}

    def known(self, stream: str) -> tuple[int, int]:
        """Next frame and mark."""
        counts = [
            self.db.execute(f"select count(*) from {name} where stream=?", (stream,)).fetchone()[0]  # noqa: S608
            for name in ("frame", "mark")
        ]
        return counts[0], counts[1]

    async def commit_for_ever(self) -> None:
        """Group commits, and what comes after them."""
        while True:
            await asyncio.sleep(GROUP_S * (10 if self.fault == "early" else 1))
            frames, self.frames = self.frames, []
            marks, self.marks = self.marks, []
            now = [(one, one.next_frame, one.next_mark) for one in self.open.values()]
            if frames or marks:
                try:
                    await asyncio.to_thread(self._write, frames, marks)
                except sqlite3.Error as error:
                    self.frames, self.marks = frames + self.frames, marks + self.marks
                    self.db.rollback()
                    await self._tell_trouble(str(error))
                    continue
            await self._tell_trouble("")
            for one, frame, mark in now:
                await self.acknowledge(one, frame, mark)
                if one.finish == (frame, mark):
                    self.open.pop(one.stream, None)
                    await asyncio.to_thread(self._fold, one.stream)
                    await self._say(one, {"type": "finished", "next_sequence": frame})

    async def _tell_trouble(self, detail: str) -> None:
        if bool(detail) == self.full:
            return
        self.full = bool(detail)
        message = {"type": "trouble", "code": "storage_full", "detail": detail}
        for one in self.open.values():
            await self._say(one, message if detail else {"type": "trouble_over"})

    def _write(self, frames: list[Any], marks: list[Any]) -> None:
        with self.db:
            self.db.executemany("insert or ignore into frame values (?,?,?)", frames)
            self.db.executemany("insert or ignore into mark values (?,?,?,?,?)", marks)

    async def acknowledge(self, one: Open, frame: int, mark: int) -> None:
        if (frame, mark) != one.told:
            one.told = (frame, mark)
            shown = frame - 40 if self.fault == "back" and frame % 3 == 0 else frame
            await self._say(one, {"type": "ack", "next_sequence": max(0, shown), "marks": mark})

    @staticmethod
    async def _say(one: Open, message: dict[str, Any]) -> None:
        try:
            await one.socket.send_text(json.dumps(message))
        except (RuntimeError, WebSocketDisconnect):
            return

    # --- a relay ----------------------------------------------------------------------------------

    async def relay(self, socket: WebSocket, stream: str) -> None:
        await socket.accept(subprotocol="sensor-screen-relay-1")
        await socket.receive_text()
        frame, mark = self.known(stream)
        one = Open(stream, socket, frame, mark, (frame, mark))
        self.open[stream] = one
        sizes = {"window_frames": 2000, "window_bytes": 4_194_304}
        await self._say(one, {"type": "resume", "next_sequence": frame, "marks": mark, **sizes})
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if message.get("bytes") is not None:
                    if not await self._take(one, message["bytes"]):
                        return
                elif message.get("text"):
                    self._hear(one, json.loads(message["text"]))
        finally:
            if self.open.get(stream) is one:
                del self.open[stream]

    async def _take(self, one: Open, value: bytes) -> bool:
        try:
            sequence = decode_frame(value).sequence
        except ProtocolError as error:
            await one.socket.close(4400, str(error)[:120])
            return False
        if sequence > one.next_frame:
            await one.socket.close(4409, "sequence")
            return False
        if sequence == one.next_frame:
            one.next_frame += 1
            self.frames.append((one.stream, sequence, value))
            if self.fault == "early":
                await self.acknowledge(one, one.next_frame, one.next_mark)
            await self._show(one.stream, value)
        return True

    def _hear(self, one: Open, said: dict[str, Any]) -> None:
        if said["type"] == "mark" and said["number"] == one.next_mark:
            one.next_mark += 1
            words = (said["at_us"], said["name"], said["text"])
            self.marks.append((one.stream, said["number"], *words))
        elif said["type"] == "finish":
            one.finish = (said["frames"], said["marks"])

    async def _show(self, stream: str, value: bytes) -> None:
        """An event with the newest time, as if there were an angle."""
        if not self.watchers[stream]:
            return
        fresh = (RelayReader(), Receiver(ReceiverParams(keep=False)))
        reader, receiver = self.live.setdefault(stream, fresh)
        try:
            receiver.receive_all(reader.read(value))
        except ProtocolError:
            return  # It came to watch late.
        blocks = receiver.take_live()
        if not blocks or not np.isfinite(blocks[-1].time_s[-1]):
            return
        event = {"type": "angle", "time_s": float(blocks[-1].time_s[-1]), "valid": True}
        for watcher in list(self.watchers[stream]):
            await watcher.send_text(json.dumps(event))

    async def watch(self, socket: WebSocket, stream: str) -> None:
        await socket.accept()
        self.watchers[stream].append(socket)
        await socket.send_text(json.dumps({"type": "picture"}))
        try:
            while True:
                await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError):
            self.watchers[stream].remove(socket)

    # --- the end ----------------------------------------------------------------------------------

    def _fold(self, stream: str) -> None:
        frames = [
            row[0]
            for row in self.db.execute(
                "select value from frame where stream=? order by sequence", (stream,)
            )
        ]
        reader, receiver, last_s = RelayReader(), Receiver(ReceiverParams()), 0.0
        for at, frame in enumerate(frames):
            if self.fault == "skip" and at == 20:
                reader.next_sequence += 1
                continue
            for arrival in reader.read(frame):
                last_s = max(last_s, arrival.arrival_s)
                receiver.receive(arrival)
        rows = self.db.execute(
            "select at_us, name, words from mark where stream=? order by number", (stream,)
        )
        marks = [Mark(name, at_us * 1e-6, text) for at_us, name, text in rows]
        tasks = find_tasks(marks, receiver.base_s or 0.0, last_s)
        recording = spoil(receiver.finish(tasks=tasks, recorded_on="2026-01-01"), self.fault)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "made.parquet"
            write_recording(recording, path)
            value = path.read_bytes()
        name = secrets.token_hex(16)
        with self.db:
            self.db.execute("insert into recording values (?,?)", (name, value))
            self.db.execute("update stream set recording=? where id=?", (name, stream))


def spoil(recording: Recording, fault: str) -> Recording:
    """A recording with one fault in the samples of its first sensor."""
    stream = recording.streams[0]
    rows = np.arange(len(stream.raw))
    at = len(rows) // 2
    if fault == "lose":
        stream = _with_rows(stream, np.delete(rows, at))
    elif fault == "double":
        stream = _with_rows(stream, np.insert(rows, at, at))
    elif fault == "reorder":
        rows[at], rows[at + 1] = rows[at + 1], rows[at]
        stream = _with_rows(stream, rows)
    elif fault == "change":
        raw = stream.raw.copy()
        raw[at, 3] ^= 1
        stream = replace(stream, raw=raw)
    return replace(recording, streams=(stream, *recording.streams[1:]))


def _with_rows(stream: SensorStream, rows: np.ndarray) -> SensorStream:
    assert stream.sequence is not None
    return replace(
        stream,
        device_time_s=stream.device_time_s[rows],
        raw=stream.raw[rows],
        sequence=stream.sequence[rows],
    )


def make_app(double: Double) -> FastAPI:
    """Its routes."""
    app = FastAPI()

    @app.get("/health/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/v1/setup")
    @app.post("/v1/people")
    @app.post("/v1/sessions")
    @app.post("/v1/tickets")
    async def anything() -> dict[str, str]:
        made = secrets.token_hex(16)
        return {"id": made, "token": made, "ticket": made}

    @app.post("/v1/streams")
    async def make_stream() -> dict[str, str]:
        made = secrets.token_hex(16)
        with double.db:
            double.db.execute("insert into stream values (?, null)", (made,))
        return {"id": made}

    @app.get("/v1/streams/{stream}")
    async def get_stream(stream: str) -> dict[str, str | None]:
        row = double.db.execute("select recording from stream where id=?", (stream,)).fetchone()
        return {"state": "recorded" if row[0] else "open", "recording_id": row[0]}

    @app.get("/v1/recordings/{recording}/file")
    async def get_file(recording: str) -> Response:
        row = double.db.execute("select value from recording where id=?", (recording,)).fetchone()
        return Response(row[0])

    app.add_api_websocket_route("/v1/streams/{stream}/relay", double.relay)
    app.add_api_websocket_route("/v1/streams/{stream}/watch", double.watch)
    return app


async def _serve(double: Double, asked: argparse.Namespace) -> None:
    config = uvicorn.Config(
        make_app(double),
        host="127.0.0.1",
        port=asked.port,
        ssl_certfile=asked.cert,
        ssl_keyfile=asked.key,
        ws_per_message_deflate=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    committing = asyncio.create_task(double.commit_for_ever())
    await uvicorn.Server(config).serve()
    committing.cancel()


def main() -> int:
    parser = argparse.ArgumentParser(description="A double of the service.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--fault", choices=FAULTS, default="none")
    asked = parser.parse_args()
    print(f"https://127.0.0.1:{asked.port}/setup#double", flush=True)
    import uvloop

    uvloop.run(_serve(Double(asked.data, asked.fault), asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
