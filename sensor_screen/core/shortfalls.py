"""What could not be measured, and why: one sentence each, for the report to repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.model import AngleMark, Placement, Side, Task

if TYPE_CHECKING:
    from sensor_screen.model import (
        AngleTrace,
        CleanLeg,
        LegMeasures,
        Recording,
        Repetition,
        TaskInterval,
    )

EARLY_END_S = 1.0
"""Sensors are switched off one after the other; more than this is said."""

_MARK_WORDS = {
    AngleMark.NOT_A_HINGE: "the joint does not turn about one axis; check the sensors' places",
    AngleMark.UNCERTAIN: "the angle is uncertain by more than 4 deg, 1 sigma",
    AngleMark.SIGN_UNKNOWN: "nothing tells toes up from toes down; add pumps or say which it is",
    AngleMark.ZERO_UNKNOWN: "nobody stood still, so only excursions are right",
    AngleMark.SINGLE_SENSOR: "shank sensor alone, so only lunges and flat-footed squats",
    AngleMark.APART: "the two sensors do not move as one leg; check that both are on it",
    AngleMark.SLIPPED: "a sensor no longer sits as it did in the still stand",
}
_MARKS_FROM_A_MOMENT_ON = (AngleMark.APART, AngleMark.SLIPPED)
"""What happens in the middle of a recording: said however short, and from when on."""


def name_leg(side: Side) -> str:
    """The leg as a report names it."""
    return f"{side} leg" if side is not Side.NONE else "leg"


def name_marks(trace: AngleTrace) -> list[str]:
    """What must be said of the whole trace: marks that hold for most of it, and lost sensors."""
    sentences = []
    for mark, words in _MARK_WORDS.items():
        held = (trace.marks & int(mark)) != 0
        if held.mean() > 0.95 or (mark not in _MARKS_FROM_A_MOMENT_ON and held.mean() > 0.5):
            sentences.append(f"{words}.")
        elif mark in _MARKS_FROM_A_MOMENT_ON and held.any():
            seconds = held.sum() / trace.rate_hz
            since_s = trace.time_s[int(held.argmax())]
            sentences.append(f"from {since_s:.0f} s, for {seconds:.0f} s, {words}.")
    return sentences


def name_early_end(recording: Recording, leg: CleanLeg) -> list[str]:
    """An angle needs both sensors: it ends with the first that falls silent."""
    streams = [recording.stream(leg.side, p) for p in (Placement.SHANK, Placement.FOOT)]
    ends_s = []
    for stream in streams:
        if stream is not None:
            end_s = float(stream.time_s[-1])
            aligned = stream.clock is None and stream.info.placement is Placement.FOOT
            ends_s.append(end_s * (1.0 + leg.clock.skew) + leg.clock.offset_s if aligned else end_s)
    lost_s = max(ends_s) - float(leg.time_s[-1])
    if lost_s < EARLY_END_S:
        return []
    return [
        f"a sensor falls silent at {leg.time_s[-1]:.0f} s, {lost_s:.0f} s before the recording "
        "ends; nothing is measured after that."
    ]


def name_unseen_tasks(
    legs: tuple[LegMeasures, ...], tasks: tuple[TaskInterval, ...]
) -> tuple[str, ...]:
    """Labels name no leg: a task is missed only where neither leg did it."""
    unseen: list[str] = []
    for task in tasks:
        mine = [r for leg in legs for r in leg.repetitions if _belongs(r, task)]
        if task.task in DIRECTIONS and not any(r.counted for r in mine):
            why = mine[0].reason if mine else "no repetition was found"
            unseen.append(f"{_words(task.task)} at {task.start_s:.0f} s: {why}.")
        # By the middle of a stance: a label that began late was moved to where it begins.
        middles_s = [0.5 * (s.start_s + s.end_s) for leg in legs for s in leg.sway]
        stood = any(task.start_s <= at_s < task.end_s for at_s in middles_s)
        if task.task is Task.BALANCE and not stood:
            unseen.append(f"balance at {task.start_s:.0f} s: no leg stood still for long enough.")
    return tuple(unseen)


def _belongs(repetition: Repetition, task: TaskInterval) -> bool:
    overlaps = repetition.start_s < task.end_s and repetition.end_s > task.start_s
    return repetition.task is task.task and overlaps


def _words(task: Task) -> str:
    return task.value.replace("_", " ")
