"""Live repetitions against those of the whole recording: announced, final, how late, how near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.leg_events import LegInputs, measure_events
from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.core.replay import replay
from sensor_screen.model import AngleMark, Direction, Placement, Task
from sensor_screen.session.live_screen import replay_repetitions
from sensor_screen.simulation import simulate
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.live_repetitions import RepetitionEvent
    from sensor_screen.model import CleanLeg, Repetition, TaskInterval

LIVE_SCENARIOS = ("healthy", "squat", "stairs", "kick")
RATES_HZ = (100.0, 200.0)
LIVE_KINDS: dict[str, tuple[Task, ...]] = {
    "squats": (Task.SQUAT,),
    "lunges and points": (Task.LUNGE, Task.POINT),
    "strides": (Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK),
    "kicks": (Task.KICK,),
}
"""What is announced alike."""


@dataclass(frozen=True, slots=True)
class LiveTwin:
    """One counted repetition of a whole recording, and what was said of it live."""

    task: Task
    after_calibration: bool
    """It ended after the live angle had caught up."""
    announced_s: float
    """After its end; nan where it was not announced."""
    final_s: float
    """The same for its final values."""
    peaks: int
    peaks_within: int
    """Of its final peaks, those within 1.96 of their sigma of the whole recording's."""


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The twins of one or more legs, and what has none."""

    twins: tuple[LiveTwin, ...] = ()
    besides: tuple[Task, ...] = ()
    """Final and counted live, and not in the whole recording."""
    withdrawn: tuple[Task, ...] = ()

    def __add__(self, other: LiveRun) -> LiveRun:
        return LiveRun(
            self.twins + other.twins,
            self.besides + other.besides,
            self.withdrawn + other.withdrawn,
        )


@dataclass(frozen=True, slots=True)
class LiveRow:
    """Repetitions of one kind; delays in seconds after their end, median, 95 % and largest."""

    name: str
    counted: int
    """In whole recordings."""
    announced: int
    final: int
    besides: int
    withdrawn: int
    announced_s: tuple[float, float, float]
    """Of those that ended after calibration."""
    final_s: tuple[float, float, float]
    peaks: int
    within: float
    """Share of the final peaks within the stated error of the whole recording's."""


def run_live(scenario: str, rate_hz: float, seed: int) -> LiveRun:
    """All legs of one simulated recording with right labels, live and as a whole."""
    made = simulate(scenario, seed=seed, rate_hz=rate_hz)
    recording, run = made.recording, LiveRun()
    for side in recording.sides:
        shank, foot = (recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT))
        run += compare_leg(assemble_leg(shank, foot, side), recording.tasks)
    return run


def compare_leg(leg: CleanLeg, tasks: Sequence[TaskInterval]) -> LiveRun:
    """One leg, live and as a whole.

    Args:
        leg: Both sensors.
        tasks: Labels.
    """
    measured = measure_events(LegInputs(leg, tuple(tasks)), estimate_ankle(leg, tasks))
    whole = [r for r in measured.repetitions if r.counted]
    said = replay_repetitions(leg, tasks)
    live = replay(leg, tasks, block_samples=100)
    late = live.time_s[(live.marks & np.uint16(AngleMark.CAUGHT_UP)) != 0]
    caught_up_s = float(late[-1]) if late.size else float("-inf")
    announced, final = (
        [e for e in said if e.kind is kind and e.repetition.counted]
        for kind in (EventKind.ANNOUNCED, EventKind.FINAL)
    )
    twins = tuple(_pair(one, announced, final, one.end_s > caught_up_s) for one in whole)
    besides = tuple(
        e.repetition.task for e in final if not any(is_same(e.repetition, r) for r in whole)
    )
    withdrawn = tuple(e.repetition.task for e in said if e.kind is EventKind.WITHDRAWN)
    return LiveRun(twins, besides, withdrawn)


def _pair(
    one: Repetition,
    announced: Sequence[RepetitionEvent],
    final: Sequence[RepetitionEvent],
    after_calibration: bool,
) -> LiveTwin:
    first, last = (
        next((e for e in events if is_same(e.repetition, one)), None)
        for events in (announced, final)
    )
    directions = DIRECTIONS[one.task] if last is not None else ()
    within = 0
    for direction in directions:
        if last is not None:
            (peak, sigma), (exact, _) = (peak_of(r, direction) for r in (last.repetition, one))
            within += abs(peak - exact) <= NORMAL_95 * sigma
    return LiveTwin(
        task=one.task,
        after_calibration=after_calibration,
        announced_s=first.at_s - one.end_s if first else float("nan"),
        final_s=last.at_s - one.end_s if last else float("nan"),
        peaks=len(directions),
        peaks_within=within,
    )


def is_same(one: Repetition, other: Repetition) -> bool:
    """Do both mean one movement?"""
    middle_s = 0.5 * (other.start_s + other.end_s)
    return one.task is other.task and one.start_s < middle_s < one.end_s


def peak_of(one: Repetition, direction: Direction) -> tuple[float, float]:
    """The peak in one direction and its sigma, rad."""
    if direction is Direction.DORSIFLEXION:
        return one.peak_dorsiflexion_rad, one.peak_dorsiflexion_sigma_rad
    return one.peak_plantarflexion_rad, one.peak_plantarflexion_sigma_rad


def summarise_live(run: LiveRun) -> tuple[LiveRow, ...]:
    """One row for each kind of repetition, and one for what ended before calibration."""
    kinds = {name: [t for t in run.twins if t.task in k] for name, k in LIVE_KINDS.items()}
    rows = []
    for name, tasks in LIVE_KINDS.items():
        twins = [t for t in kinds[name] if t.after_calibration]
        besides, withdrawn = (
            sum(task in tasks for task in said) for said in (run.besides, run.withdrawn)
        )
        rows.append(_row(name, twins, besides, withdrawn))
    early = [t for t in run.twins if not t.after_calibration]
    return (*rows, _row("before calibration", early, 0, 0))


def _row(name: str, twins: Sequence[LiveTwin], besides: int, withdrawn: int) -> LiveRow:
    announced, final = (
        np.array([t for t in delays if t == t])  # noqa: PLR0124 - nan where nothing was said
        for delays in ([t.announced_s for t in twins], [t.final_s for t in twins])
    )
    peaks = sum(t.peaks for t in twins)
    return LiveRow(
        name=name,
        counted=len(twins),
        announced=announced.size,
        final=final.size,
        besides=besides,
        withdrawn=withdrawn,
        announced_s=_spread(announced),
        final_s=_spread(final),
        peaks=peaks,
        within=sum(t.peaks_within for t in twins) / peaks if peaks else float("nan"),
    )


def _spread(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    if not values.size:
        return (float("nan"),) * 3
    return float(np.median(values)), float(np.percentile(values, 95.0)), float(values.max())
