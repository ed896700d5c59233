"""kill -9 of a process that takes relay frames, again and again, under some streams.

    python -m tests.soak.kill_ingest --kills 20 --streams 20

What was acknowledged must be there after every kill, and at the end all that was made, byte for
byte. Sockets, group commit and SQLite are those of the service; only people and tickets are not
there. A kill keeps what the operating system has; power cuts are SQLite's own promise.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import websockets

from sensor_screen.service.relay_client import RelayClient
from sensor_screen.service.relay_messages import SUBPROTOCOL
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.frames import read_frames
from sensor_screen.storage.database.migration import migrate
from tests.service.databases import add_streams
from tests.service.relay_frames import a_frame

SERVER = """
import sys
from pathlib import Path
from threading import Event
from sensor_screen.storage.database.engine import open_database
from tests.api.live_service import serving
folder = Path(sys.argv[1])
with serving(open_database(f"sqlite:///{folder}/a.db"), folder, port=int(sys.argv[2])):
    Event().wait()
"""


class Phone:
    """One stream that makes frames all the time."""

    def __init__(self, stream_id: str, port: int, frames_per_s: int) -> None:
        self.stream_id, self._port, self._period_s = stream_id, port, 1.0 / frames_per_s
        self.client = RelayClient()
        self.ending = False
        self.acknowledged = 0
        self.greeted = 0
        self._rng = random.Random(stream_id)  # noqa: S311

    async def make(self) -> None:
        due_s = time.monotonic()
        while not self.ending:
            self.client.add_frame(a_frame(self.client.next_sequence))
            due_s += self._period_s
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    async def run(self) -> None:
        url = f"ws://127.0.0.1:{self._port}/v1/streams/{self.stream_id}/relay?ticket=t-1"
        while not (self.ending and not self.client.held_frames):
            code, reason = 1006, ""
            try:
                async with websockets.connect(
                    url, subprotocols=[websockets.Subprotocol(SUBPROTOCOL)], compression=None
                ) as socket:
                    await self._talk(socket)
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None:
                    code, reason = closed.rcvd.code, closed.rcvd.reason
            except (OSError, websockets.WebSocketException):
                pass
            wait_s = self.client.disconnected(code, reason, self._rng.random())
            assert wait_s is not None, self.client.problem
            await asyncio.sleep(min(wait_s, 1.0))

    async def _talk(self, socket: websockets.ClientConnection) -> None:
        for message in self.client.connected(time.monotonic()):
            await socket.send(message)
        while not (self.ending and not self.client.held_frames):
            for message in self.client.take_messages():
                await socket.send(message)
            try:
                async with asyncio.timeout(0.02):
                    while True:
                        self.client.receive(str(await socket.recv()), time.monotonic())
                        self.greeted += 1
            except TimeoutError:
                continue


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SERVER, str(folder), str(port)])


async def run(folder: Path, port: int, kills: int, streams: int, frames_per_s: int) -> None:
    database = open_database(f"sqlite:///{folder}/a.db")
    migrate(database)
    ids = add_streams(database, streams)
    database.close()
    rng = random.Random(1)  # noqa: S311
    service = start(folder, port)
    phones = [Phone(stream_id, port, frames_per_s) for stream_id in ids]
    tasks = [asyncio.create_task(act) for phone in phones for act in (phone.make(), phone.run())]
    back_s: list[float] = []
    for _ in range(kills):
        await asyncio.sleep(1.0 + rng.random())
        service.kill()
        service.wait()
        acknowledged = [phone.client.first_held for phone in phones]
        begin_s, service = time.monotonic(), start(folder, port)
        while any(p.client.first_held <= was for p, was in zip(phones, acknowledged, strict=True)):
            assert time.monotonic() - begin_s < 60, "not all came back"
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)
        back_s.append(time.monotonic() - begin_s)
    for phone in phones:
        phone.ending = True
    await asyncio.gather(*tasks)
    service.terminate()
    service.wait()
    database = open_database(f"sqlite:///{folder}/a.db")
    made = lost = 0
    with database.read() as connection:
        for phone in phones:
            rows = [one for chunk in read_frames(connection, phone.stream_id) for one in chunk]
            made += phone.client.next_sequence
            whole = [(k, a_frame(k)) for k in range(phone.client.next_sequence)]
            lost += rows != whole
    database.close()
    back_s.sort()
    print(
        f"{kills} kills, {streams} streams of {frames_per_s} frames/s: {made} frames made, "
        f"{lost} streams otherwise than made; all acknowledged again after "
        f"{back_s[len(back_s) // 2]:.1f} s (median), {back_s[-1]:.1f} s (longest)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--frames-per-second", type=int, default=20)
    parser.add_argument("--port", type=int, default=18_431)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), args.port, args.kills, args.streams, args.frames_per_second))


if __name__ == "__main__":
    main()
