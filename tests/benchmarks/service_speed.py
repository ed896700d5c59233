"""From upload to advice, by a service that is started for it: how long each step takes.

    python -m tests.benchmarks.service_speed

A ten-minute recording of two sensors at 100 Hz is simulated, uploaded, screened and asked for its
positions, by `sensor-screen serve` in a process of its own with an empty data folder. Code has been
compiled before: the first start after an installation takes half a minute longer.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from sensor_screen.model import Task
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.simulator import simulate
from sensor_screen.storage.recording_file import encode_recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CALLS = 200
LENGTH_S = 600.0
ROUND = (
    Step(Task.LUNGE, 3),
    Step(Task.POINT, 3),
    Step(Task.SQUAT, 8),
    Step(Task.STAIRS_UP, 8),
    Step(Task.STAIRS_DOWN, 8),
    Step(Task.KICK, 4),
    Step(Task.BALANCE, 20.0),
)
SCENARIO = Scenario(
    "ten-minutes",
    "one leg, four times round, and a walk",
    (Step(Task.STAND, 3.0), Step(Task.PUMP, 8), *(ROUND * 4), Step(Task.WALK, 40)),
)


def ten_minutes(seed: int) -> bytes:
    """Two sensors at 100 Hz."""
    recording = simulate(SCENARIO, seed=seed).recording
    length_s = max(float(s.device_time_s[-1] - s.device_time_s[0]) for s in recording.streams)
    if length_s < LENGTH_S:
        raise SystemExit(f"the scenario is only {length_s:.0f} s long")
    return encode_recording(recording)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[httpx.Client, float]]:
    """A client who is signed in, and seconds from the start to the first answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SENSOR_SCREEN_REQUESTS_PER_MINUTE": "1000000"}
    command = [sys.executable, "-m", "sensor_screen", "serve"]
    begin_s = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--data", str(folder / "data"), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            first_s = _first_answer(client, begin_s)
            client.headers["Authorization"] = f"Bearer {_set_up(client, process)}"
            yield client, first_s
    finally:
        process.terminate()
        process.wait(30)


def _first_answer(client: httpx.Client, begin_s: float) -> float:
    while True:
        try:
            if client.get("/health/ready").status_code == 200:
                return time.perf_counter() - begin_s
        except httpx.TransportError:
            pass
        if time.perf_counter() - begin_s > 60:
            raise SystemExit("the service does not answer")
        time.sleep(0.01)


def _set_up(client: httpx.Client, process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := re.search(r"setup#([\w-]+)", line):
            form = {
                "code": found[1],
                "login": "owner",
                "password": "a long password",
                "clinic": "Speed",
            }
            return str(client.post("/v1/setup", json=form).json()["token"])
    raise SystemExit("the service printed no link")


def upload_to_advice(client: httpx.Client, value: bytes, person: str) -> dict[str, float]:
    """Seconds of three calls, and the size that is stored."""
    times = [time.perf_counter()]
    recording = _made(
        client.post("/v1/recordings", data={"person": person}, files={"file": ("r.parquet", value)})
    )
    times.append(time.perf_counter())
    session = recording["session_id"]
    _made(client.post(f"/v1/sessions/{session}/reports"))
    times.append(time.perf_counter())
    positions = client.get(f"/v1/sessions/{session}/positions")
    times.append(time.perf_counter())
    if positions.status_code != 200 or not positions.json()["judged"]:
        raise SystemExit(positions.text)
    steps = [after - before for before, after in itertools.pairwise(times)]
    return {
        "upload, s": steps[0],
        "report, s": steps[1],
        "advice, s": steps[2],
        "upload to advice, s": times[-1] - times[0],
        "stored, MB": recording["bytes"] / 1e6,
        **positions_of(client, session),
    }


def _made(response: httpx.Response) -> dict[str, object]:
    if response.status_code != 201:
        raise SystemExit(response.text)
    content: dict[str, object] = response.json()
    return content


def positions_of(client: httpx.Client, session: object) -> dict[str, float]:
    """Milliseconds of the simple endpoint, once everything else is done."""
    time.sleep(4.0)  # the other faces of the report are being rendered
    taken = []
    for _ in range(CALLS):
        begin_s = time.perf_counter()
        client.get(f"/v1/sessions/{session}/positions").raise_for_status()
        taken.append(1000 * (time.perf_counter() - begin_s))
    taken.sort()
    return {
        "positions p50, ms": taken[CALLS // 2],
        "positions p99, ms": taken[int(0.99 * CALLS)],
    }


def tell(rows: Sequence[dict[str, float]]) -> None:
    """Median and worst of each."""
    print(f"{'':24} {'median':>9} {'worst':>9}")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:24} {statistics.median(values):9.3f} {max(values):9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    values = [ten_minutes(seed) for seed in range(times + 1)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    starts, rows = [], []
    for number in range(times):
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (client, first_s):
            first = upload_to_advice(client, values[-1], "first")
            starts.append(
                {
                    "start to answer, s": first_s,
                    "first upload to advice, s": first["upload to advice, s"],
                }
            )
            if number == 0:
                rows = [upload_to_advice(client, values[k], f"P-{k}") for k in range(times)]
    tell(starts)
    tell(rows)


if __name__ == "__main__":
    main()
