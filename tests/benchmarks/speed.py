"""Speed and memory of the angle; run it by hand: `python tests/benchmarks/speed.py`.

Figures are ratios in one run wherever that is possible: machines differ, and the same one drifts.
Simulated walking, two sensors at 100 Hz, each on its own clock (so clock alignment is included).
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.live import LiveAnkle
from sensor_screen.core.live_blocks import LegBlock
from sensor_screen.core.orientation import estimate_orientation
from sensor_screen.model import CleanLeg, Placement, Recording, Side, Task
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.session.case import Session
from sensor_screen.session.screen import open_case, screen_session
from sensor_screen.simulation import SCENARIOS, simulate
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE


def walking(duration_s: float) -> Recording:
    """A still stand, then walking; nobody knows the clocks."""
    scenario = SCENARIOS["walk"]
    steps = tuple(
        dataclasses.replace(step, amount=duration_s / 1.1) if step.task is Task.WALK else step
        for step in scenario.steps
    )
    recording = simulate(dataclasses.replace(scenario, steps=steps), seed=1).recording
    return unknown_clocks(recording)


def unknown_clocks(recording: Recording) -> Recording:
    """The same recording without clock maps."""
    streams = tuple(dataclasses.replace(stream, clock=None) for stream in recording.streams)
    return dataclasses.replace(recording, streams=streams)


def repeat(recording: Recording, times: int) -> Recording:
    """A longer recording of the same walking; the seams are jumps that the estimator must stand."""
    streams = []
    for stream in recording.streams:
        length_s = stream.device_time_s[-1] - stream.device_time_s[0] + 0.01
        time_s = np.concatenate([stream.device_time_s + k * length_s for k in range(times)])
        raw = np.tile(stream.raw, (times, 1))
        streams.append(dataclasses.replace(stream, device_time_s=time_s, raw=raw, sequence=None))
    return dataclasses.replace(recording, streams=tuple(streams))


def fastest_s(job: Callable[[], object], runs: int = 3) -> float:
    """The least disturbed of some runs."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return min(times)


def clean_leg(recording: Recording) -> CleanLeg:
    """Both sensors on one grid."""
    side = recording.sides[0]
    shank, foot = (recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT))
    return assemble_leg(shank, foot, side)


def compare_with_vqf(recording: Recording) -> None:
    """The whole offline screen against two orientation filters on the same samples."""
    session = Session((recording,))
    screen_session(session)
    samples = [(s.acc_mps2, s.gyr_radps) for s in recording.streams]
    vqf_s = fastest_s(lambda: [estimate_orientation(a, g, 100.0) for a, g in samples])
    screen_s = fastest_s(lambda: screen_session(session))
    seconds = recording.streams[0].device_time_s[-1]
    print(f"screen of {seconds:.0f} s: {screen_s:.2f} s, {screen_s / vqf_s:.1f} x offlineVQF alone")


def judge_people() -> None:
    """Judging what was measured: positions, rules, concern, advice."""
    book = shipped_rulebook()
    for person in SAMPLE_PEOPLE.values():
        sessions = [Session((v.record(),), v.answers) for v in person.visits]
        case, _ = open_case(sessions[-1], sessions[:-1], book)
        took_s = fastest_s(lambda case=case: judge(case, book), runs=20)  # type: ignore[misc]
        print(f"judging {person.name:18} {1e3 * took_s:5.1f} ms")


def grow(recording: Recording) -> None:
    """Time and memory of the estimate on ever longer recordings."""
    for times in (1, 3, 12):
        leg = clean_leg(repeat(recording, times))
        took_s = fastest_s(lambda leg=leg: estimate_ankle(leg, recording.tasks), runs=1)  # type: ignore[misc]
        tracemalloc.start()
        estimate_ankle(leg, recording.tasks)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        minutes = len(leg.time_s) / leg.rate_hz / 60
        print(
            f"estimate of {minutes:4.0f} min: {took_s:6.2f} s, {1e3 * took_s / minutes:4.0f} ms a "
            f"minute, peak {peak / 1e6:.0f} MB, {peak / len(leg.time_s):.0f} B per sample"
        )


def feed_live(recording: Recording) -> None:
    """The live estimator, ten samples at a time."""
    leg = clean_leg(recording)
    if leg.shank is None or leg.foot is None:
        raise ValueError("both sensors are needed")
    acc = np.stack([leg.shank.acc_mps2, leg.foot.acc_mps2], axis=1)
    gyr = np.stack([leg.shank.gyr_radps, leg.foot.gyr_radps], axis=1)
    flags = np.stack([leg.shank.flags, leg.foot.flags], axis=1)
    whole = LegBlock(leg.time_s, acc, gyr, flags)
    for size in (1, 10):
        live = LiveAnkle(Side.RIGHT, leg.rate_hz, tasks=recording.tasks)
        times, gathering = [], 0
        for start in range(0, len(leg.time_s), size):
            block = whole.part(slice(start, start + size))
            begin = time.perf_counter()
            live.feed(block)
            times.append(time.perf_counter() - begin)
            if live.calibration is None:
                gathering = max(gathering, len(live.save()))
        running = 1e6 * np.array(times[len(times) // 5 :])
        print(
            f"live, blocks of {size:2}: {running.mean() / size:.1f} us a sample pair, block p50 "
            f"{np.median(running):.0f} us, p99 {np.percentile(running, 99):.0f} us; state "
            f"{len(live.save()) / 1e3:.0f} kB, at most {gathering / 1e3:.0f} kB while gathering"
        )


def start() -> None:
    """What a user waits for."""
    for name in ("--help", "demo", "demo"):
        command = [sys.executable, "-m", "sensor_screen", name]
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        print(f"sensor-screen {name}: {time.perf_counter() - begin:.2f} s")


if __name__ == "__main__":
    ten_minutes = walking(600.0)
    start()
    feed_live(ten_minutes)
    compare_with_vqf(ten_minutes)
    judge_people()
    grow(ten_minutes)
