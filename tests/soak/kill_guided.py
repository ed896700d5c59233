"""`record --virtual` is killed (SIGKILL) at random moments; is all there that was acknowledged?

    python -m tests.soak.kill_guided --kills 20

A child runs the command. Its virtual sensors write into a file what they were told is safe, number
by number with the counts that they measured. It is killed after a random time, then `recover` makes
the recording, and each acknowledged sample is looked for in it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensor_screen.storage.recording_file import read_recording

_HEAD = struct.Struct("<16sIII")
_COUNTS = 6


@dataclass
class Figures:
    kills: int = 0
    before_samples: int = 0
    finished: int = 0
    refused: int = 0
    acknowledged: int = 0
    recovered: int = 0
    lost: int = 0
    wrong: int = 0
    disorder: int = 0

    def print(self) -> None:
        rows = {
            "kills": self.kills,
            "of these before there was a sample": self.before_samples,
            "of these after the journal had become a recording": self.finished,
            "journals that were not recovered": self.refused,
            "samples that sensors were told are safe": self.acknowledged,
            "samples in the recordings": self.recovered,
            "of the acknowledged: missing": self.lost,
            "of the acknowledged: with other bytes": self.wrong,
            "samples twice or out of order": self.disorder,
        }
        for what, figure in rows.items():
            print(f"{what:<52}{figure:>10,}")


def record(folder: Path, side: str, seed: int, speed: float) -> None:
    """What the child does until it is killed."""
    from sensor_screen.__main__ import main as run
    from sensor_screen.ble.virtual.sensor import VirtualSensor

    told = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    plain: Any = VirtualSensor.write_request
    before: dict[tuple[str, int], int] = {}

    def write_request(self: VirtualSensor, value: bytes) -> None:
        plain(self, value)
        key, now = (self.params.serial, self.boot_id), int(self.firmware.acknowledged)
        first = before.get(key, 0)
        if now > first:
            before[key] = now
            head = _HEAD.pack(key[0].encode(), key[1], first, now - first)
            rows = self.truth(key[1], first, now - first).astype("<i2")
            os.write(told, head + rows.tobytes())

    VirtualSensor.write_request = write_request  # type: ignore[method-assign]
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    command = f"record --virtual --plan quick --side {side} --plain --speed {speed:g} --seed {seed}"
    sys.argv = ["sensor-screen", *command.split(), "--out", str(folder / "trial.parquet")]
    run()
    time.sleep(60.0)


def acknowledged(folder: Path) -> dict[str, np.ndarray]:
    """Serial -> counts of all samples from number 0 on that the sensor was told are safe."""
    found: dict[str, list[np.ndarray]] = {}
    path = folder / "acknowledged"
    value = path.read_bytes() if path.exists() else b""
    while len(value) >= _HEAD.size:
        serial, _, _, count = _HEAD.unpack_from(value)
        size = 2 * _COUNTS * count
        rows = np.frombuffer(value[_HEAD.size : _HEAD.size + size], "<i2")
        found.setdefault(serial.rstrip(b"\0").decode(), []).append(rows.reshape(-1, _COUNTS))
        value = value[_HEAD.size + size :]
    return {serial: np.concatenate(parts) for serial, parts in found.items()}


def kill_once(folder: Path, life_s: float, seed: int, speed: float, figures: Figures) -> None:
    """One child, its end, and what is left."""
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            record(folder, ("left", "right")[seed % 2], seed, speed)
        os._exit(1)
    time.sleep(life_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    figures.kills += 1
    safe = acknowledged(folder)
    figures.acknowledged += sum(map(len, safe.values()))
    out = folder / "trial.parquet"
    if (folder / "trial.journal").exists():
        command = (sys.executable, "-m", "sensor_screen", "recover", str(folder / "trial.journal"))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not out.exists():
            figures.before_samples += not safe
            figures.refused += bool(safe)
    else:
        figures.finished += out.exists()
        figures.before_samples += not out.exists()
    if out.exists():
        _judge(out, safe, figures)
    else:
        figures.lost += sum(map(len, safe.values()))


def _judge(out: Path, safe: dict[str, np.ndarray], figures: Figures) -> None:
    recording = read_recording(out)
    for stream in recording.streams:
        figures.recovered += len(stream.raw)
        assert stream.sequence is not None
        figures.disorder += int((np.diff(stream.sequence) != 1).sum())
        told = safe.pop(stream.info.serial, np.empty((0, _COUNTS), dtype=np.int16))
        held = stream.raw[: len(told)]
        at = np.flatnonzero(stream.sequence[: len(told)] == np.arange(len(held)))
        figures.lost += len(told) - len(at)
        figures.wrong += int((told[at] != held[at]).any(axis=1).sum())
    figures.lost += sum(map(len, safe.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill guided captures at random moments.")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--shortest", type=float, default=3.0, help="life, in seconds")
    parser.add_argument("--longest", type=float, default=10.0)
    parser.add_argument("--folder", type=Path, help="where journals are written; a disk")
    asked = parser.parse_args()
    dice, figures = random.Random(asked.seed), Figures()  # noqa: S311
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for kill in range(asked.kills):
            own = Path(folder) / str(kill)
            own.mkdir()
            kill_once(own, dice.uniform(asked.shortest, asked.longest), kill, asked.speed, figures)
    figures.print()
    return int(figures.lost + figures.wrong + figures.disorder + figures.refused > 0)


if __name__ == "__main__":
    sys.exit(main())
