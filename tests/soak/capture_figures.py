"""Figures of the guided capture, by hand: `python -m tests.soak.capture_figures`.

A simulated person goes through a plan with packets of a usual link. Lag: from the newest sample
that arrived to the angle that is shown. Work: time of this process for feeding, ticking and looking
at the view, 25 times a second. Counts: repetitions counted live and in the whole recording.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np

from sensor_screen.core.pipeline import measure_recording
from sensor_screen.model import Side, Task
from sensor_screen.rules.items import Kind
from sensor_screen.session.capture import Capture
from sensor_screen.session.capture_view import CaptureKey, Happening, Phase
from sensor_screen.session.plan import shipped_plan
from sensor_screen.session.simulated_source import SimulatedSource

STEP_S = 0.04
BOTH = (Side.LEFT, Side.RIGHT)
HELD = (Task.STAND, Task.PUMP, Task.BALANCE)


@dataclass(frozen=True)
class Row:
    """One run."""

    lag_s: np.ndarray
    late_s: np.ndarray
    """From the end of a repetition to its announcement, once the angle was known."""
    work_s: np.ndarray
    """Of each look."""
    lasted_s: float
    live: int
    whole: int


def run(name: str, rate_hz: float, packet: int, seed: int) -> Row:
    """One person through one plan."""
    plan = shipped_plan(name)
    sides = BOTH if plan.legs == 2 else (Side.RIGHT,)
    source = SimulatedSource(plan, sides, seed=seed, rate_hz=rate_hz, packet=packet)
    capture = Capture(plan, source.slots)
    lag, late, work = [], [], []
    now_s = newest_s = 0.0
    known_s = dict.fromkeys(sides, np.inf)
    live: dict[tuple[Side, Task], set[float]] = {}
    while not capture.is_over:
        now_s += STEP_S
        blocks = source.receive(now_s) if capture.needs_samples else ()
        begin = time.process_time()
        for block in blocks:
            capture.feed(block)
        capture.tick(now_s)
        view = capture.view()
        work.append(time.process_time() - begin)
        newest_s = max([newest_s, *(float(block.time_s[-1]) for block in blocks)])
        if view.phase is Phase.DOING:
            lag += [newest_s - bar.time_s for bar in view.bars]
        for event in capture.take_events():
            source.hear(event)
            if event.kind is Happening.ANGLE_KNOWN:
                known_s[event.said.values["side"]] = now_s  # type: ignore[index]
            one = event.repetition
            if one is None:
                continue
            seen = live.setdefault((one.side, one.task), set())
            (seen.add if one.counted else seen.discard)(round(one.start_s, 1))
            if event.repetition_kind == "announced" and one.end_s > known_s[one.side]:
                late.append(now_s - one.end_s)
        if view.question is not None:
            healthy = {Kind.YES_NO: False, Kind.NUMBER: 0, Kind.SEVERAL: []}
            capture.answer(healthy[view.question.item.kind])
        elif view.phase is Phase.WEARING:
            capture.press(CaptureKey.NEXT)
    recording = replace(source.finish(), tasks=capture.result().tasks)
    whole = [r for leg in measure_recording(recording) for r in leg.repetitions if r.counted]
    counted = sum(capture_count(capture_events) for capture_events in live.values())
    return Row(
        np.array(lag), np.array(late), np.array(work), now_s, counted,
        sum(r.task not in HELD for r in whole),
    )  # fmt: skip


def capture_count(starts: set[float]) -> int:
    """Repetitions whose starts are more than half a second apart: final values move a little."""
    ordered = np.sort(list(starts))
    return int(1 + np.count_nonzero(np.diff(ordered) > 0.5)) if len(ordered) else 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    run("quick", 100.0, 4, 0)  # compiles
    head = ("plan", "Hz", "packet", "lag p95", "lag max", "said p50", "said p95", "look p95",
            "look max", "of a core", "counted live", "whole")  # fmt: skip
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name, rate_hz, packet in (
        ("quick", 100.0, 4), ("quick", 200.0, 15), ("clinic", 100.0, 4), ("clinic", 200.0, 15),
    ):  # fmt: skip
        rows = [run(name, rate_hz, packet, seed) for seed in range(args.seeds)]
        lag, late, work = (
            1e3 * np.concatenate([getattr(row, part) for row in rows])
            for part in ("lag_s", "late_s", "work_s")
        )
        share = work.sum() / 1e3 / sum(row.lasted_s for row in rows)
        cells = (
            name, f"{rate_hz:.0f}", f"{packet}", f"{np.percentile(lag, 95):.0f} ms",
            f"{lag.max():.0f} ms", f"{np.median(late):.0f} ms", f"{np.percentile(late, 95):.0f} ms",
            f"{np.percentile(work, 95):.1f} ms", f"{work.max():.0f} ms", f"{100 * share:.1f} %",
            f"{sum(row.live for row in rows)}", f"{sum(row.whole for row in rows)}",
        )  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
