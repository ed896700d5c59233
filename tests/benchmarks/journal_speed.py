"""What the journal costs: appends a second, bytes a second, and its share of a core.

    python -m tests.benchmarks.journal_speed --folder FOLDER

FOLDER is on the disk in question; a sync in memory says nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from sensor_screen.storage.journal import create_journal, open_journal
from sensor_screen.storage.journal_fold import fold_journal
from tests.storage.relay_records import described, notified

SENSORS = 4
RATE_HZ = 200.0
BATCHES = {1: "MTU 23, a sample a packet", 7: "MTU 247, 7 samples a packet"}
COMMIT_S = 0.25


def as_fast_as_it_goes(folder: Path, batch: int, records: int = 40_000) -> None:
    """Appends without a pause, a commit after each quarter second of recorded time."""
    value = bytes(8 + 12 * batch)
    step_s = batch / RATE_HZ / SENSORS
    path = folder / "fast.journal"
    begin_s = time.perf_counter()
    with create_journal(path) as journal:
        for slot in range(SENSORS):
            journal.append(described(slot, 1.0))
        for i in range(records):
            record = notified(i % SENSORS, 1.0 + i * step_s, value)
            journal.append(record)
            if journal.is_due(record.arrival_s):
                journal.commit()
    took_s = time.perf_counter() - begin_s
    size = path.stat().st_size
    begin_s = time.perf_counter()
    with open_journal(path) as scan:
        read = sum(len(entry.arrivals) for entry in scan.entries())
    read_s = time.perf_counter() - begin_s
    path.unlink()
    print(
        f"{BATCHES[batch]}: {records / took_s:,.0f} appends/s, {1e-6 * size / took_s:.1f} MB/s; "
        f"{records * step_s / took_s:,.0f} times as fast as {SENSORS} sensors send; "
        f"read again at {read / read_s:,.0f} records/s"
    )


def at_the_rate_of_sensors(folder: Path, batch: int, duration_s: float) -> None:
    """Four sensors at 200 Hz in real time, a commit each quarter second."""
    value = bytes(8 + 12 * batch)
    path = folder / "paced.journal"
    commits_s: list[float] = []
    sent = 0
    with create_journal(path) as journal:
        begin_s, used_s = time.monotonic(), time.process_time()
        for slot in range(SENSORS):
            journal.append(described(slot, begin_s))
        while (now_s := time.monotonic()) - begin_s < duration_s:
            wanted = int((now_s - begin_s) * RATE_HZ * SENSORS / batch)
            for i in range(sent, wanted):
                journal.append(notified(i % SENSORS, now_s, value))
            sent = wanted
            if journal.is_due(now_s):
                before_s = time.perf_counter()
                journal.commit()
                commits_s.append(time.perf_counter() - before_s)
            time.sleep(0.015)
        used_s = time.process_time() - used_s
    size = path.stat().st_size
    path.unlink()
    median_s, high_s = np.quantile(commits_s, [0.5, 0.99])
    print(
        f"{BATCHES[batch]}: {sent / duration_s:.0f} records/s, "
        f"{1e-3 * size / duration_s:.1f} kB/s, {100 * used_s / duration_s:.2f} % of a core "
        f"with the pacing; commit {1e3 * median_s:.1f} ms, "
        f"p99 {1e3 * high_s:.1f} ms, largest {1e3 * max(commits_s):.1f} ms of {len(commits_s)}"
    )


def fold(folder: Path, minutes: float = 2.0) -> None:
    """Two sensors at 200 Hz become a recording."""
    from tests.protocol.virtual_link import Air, LinkPlan, VirtualSensor

    path, out = folder / "a.journal", folder / "a.parquet"
    sensors = [VirtualSensor(Air(), LinkPlan(session=7), slot=slot) for slot in range(2)]
    for sensor in sensors:
        sensor.run(60.0 * minutes)
    every = sorted((r for s in sensors for r in s.records), key=lambda r: r.arrival_s)
    with create_journal(path) as journal:
        for record in every:
            journal.append(record)
    size = path.stat().st_size
    begin_s = time.perf_counter()
    done = fold_journal(path, out)
    took_s = time.perf_counter() - begin_s
    samples = sum(len(stream.raw) for stream in done.recording.streams)
    print(
        f"fold: {minutes:.0f} min of 2 sensors, {samples:,} samples, "
        f"{1e-6 * size:.2f} MB of journal, {1e-6 * out.stat().st_size:.2f} MB of recording, "
        f"in {took_s:.2f} s"
    )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="What the journal costs.")
    parser.add_argument("--folder", type=Path, help="on the disk in question")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for batch in BATCHES:
            as_fast_as_it_goes(folder, batch)
        for batch in BATCHES:
            at_the_rate_of_sensors(folder, batch, given.seconds)
        fold(folder)


if __name__ == "__main__":
    main()
