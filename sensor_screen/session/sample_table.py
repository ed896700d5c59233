"""Every sample of one leg with what is known of it: velocity, task, zone and repetition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.labels import merge_tasks
from sensor_screen.core.task_hints import is_unlabelled
from sensor_screen.model import AngleMark, Direction, Task
from sensor_screen.rules.zones import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.judgement import Finding, ZoneBands
    from sensor_screen.model import AngleTrace, Floats, LegMeasures, Repetition, TaskInterval

    Words = np.ndarray[tuple[int], np.dtype[np.object_]]
    Indices = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class SampleTable:
    """One leg, one entry a sample; words are empty where there is nothing to say."""

    trace: AngleTrace
    velocity_radps: Floats  # (n,) of dorsiflexion, positive towards it; nan beside unknown angles
    task: Words  # (n,) of the repetition, else of the label or of what was found
    zone: Words  # (n,) a `Zone`, where the angle is valid and the task has bands that way
    repetition: Words  # (n,) as by `name_repetitions`


def name_repetitions(repetitions: Iterable[Repetition]) -> tuple[tuple[str, Repetition], ...]:
    """Repetitions in the order of their start, each with a name such as `left-squat-3`.

    Those that were not counted have a name, too, so that every table tells the same ones apart.
    """
    named, numbers = [], dict.fromkeys(Task, 0)
    for repetition in sorted(repetitions, key=lambda r: (r.start_s, r.end_s)):
        numbers[repetition.task] += 1
        number = numbers[repetition.task]
        named.append((f"{repetition.side}-{repetition.task}-{number}", repetition))
    return tuple(named)


def mark_words(marks: int) -> str:
    """The names of the marks of one sample, joined by `+`; empty for none."""
    return "+".join(str(mark.name).lower() for mark in AngleMark if marks & mark)


def tabulate_samples(
    leg: LegMeasures, labels: Sequence[TaskInterval], findings: Iterable[Finding]
) -> SampleTable:
    """The samples of a leg that has an angle.

    Args:
        leg: With its repetitions.
        labels: Of the recording; where nobody labelled it, what was found on the leg is used.
        findings: Their bands give the zones; empty for whom zones are not to be shown.
    """
    trace = leg.angle
    if trace is None:
        raise ValueError("the leg has no angle")
    task, repetition = _empty(trace), _empty(trace)
    found = [f.interval for f in leg.found_tasks if f.task is not Task.MOVE]
    for label in merge_tasks(found if is_unlabelled(labels) and found else labels):
        task[_span(trace, label.start_s, label.end_s)] = label.task.value
    for name, one in name_repetitions(leg.repetitions):
        span = _span(trace, one.start_s, one.end_s)
        task[span], repetition[span] = one.task.value, name
    bands = {(f.task.value, f.demand.direction): f.bands for f in findings if f.side == leg.side}
    few = trace.time_s.size < 2
    angle = trace.dorsiflexion_rad
    velocity = np.full_like(angle, np.nan) if few else np.gradient(angle) * trace.rate_hz
    return SampleTable(trace, velocity, task, _place_all(trace, task, bands), repetition)


def _place_all(
    trace: AngleTrace, task: Words, bands: dict[tuple[str, Direction], ZoneBands]
) -> Words:
    """Zone of each valid sample whose task has bands in the direction in which it is bent."""
    zone = _empty(trace)
    for (name, direction), band in bands.items():
        sign = 1.0 if direction is Direction.DORSIFLEXION else -1.0
        bent = sign * trace.dorsiflexion_rad
        at = np.flatnonzero((task == name) & trace.valid & (bent >= 0.0))
        zone[at] = [place(float(value), band).value for value in bent[at]]
    return zone


def _empty(trace: AngleTrace) -> Words:
    return np.full(trace.time_s.size, "", dtype=np.object_)


def _span(trace: AngleTrace, start_s: float, end_s: float) -> slice:
    return slice(*np.searchsorted(trace.time_s, (start_s, end_s)).tolist())


# --- both legs beside each other -----------------------------------------------------------------


def nearest_samples(time_s: Floats, at_s: Floats, rate_hz: float) -> Indices:
    """(m,) index of the sample nearest to each time, -1 where none is within half a sample."""
    if not time_s.size:
        return np.full(at_s.size, -1, dtype=np.int64)
    after = np.clip(np.searchsorted(time_s, at_s), 1, max(1, time_s.size - 1))
    after = np.minimum(after, time_s.size - 1)
    before = np.maximum(after - 1, 0)
    index = np.where(at_s - time_s[before] <= time_s[after] - at_s, before, after)
    near = np.abs(time_s[index] - at_s) <= (0.5 + 1e-6) / rate_hz
    return np.where(near, index, -1).astype(np.int64)


def common_rows(traces: Sequence[AngleTrace]) -> Floats:
    """(m,) times of a table that holds both legs.

    They are those of the leg with the higher rate, of the first where both are equal; and of the
    other leg where that one has no sample near.
    """
    if not traces:
        return np.zeros(0)
    first = max(traces, key=lambda trace: trace.rate_hz)
    rows = first.time_s
    for trace in traces:
        if trace is not first:
            apart = nearest_samples(rows, trace.time_s, trace.rate_hz) < 0
            rows = np.union1d(rows, trace.time_s[apart])
    return rows
