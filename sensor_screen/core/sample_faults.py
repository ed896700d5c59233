"""What can be wrong with the samples of one sensor: each fault found, marked and counted.

From samples as received to samples in order of time, each with what is known against it; values are
not changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Floats, SensorInfo, SensorStream

_PAUSE_S = 0.25
"""Longer than any interval between samples or packets: the sensor paused."""


@dataclass(frozen=True, slots=True)
class FaultParams:
    """Tuning of the search for faults."""

    clip_tolerance: float = 0.02
    """Samples this close to full scale (m/s2, rad/s) count as clipped: wider than the dither of a
    saturated converter, narrower than any movement stays at its peak."""
    clip_repeats_samples: int = 5
    """An unknown full scale shows itself by being reached this often."""
    smallest_acc_range_mps2: float = 15.0
    """Extremes below this are movement: the smallest usual range, 2 g, clips at 19.6 before any
    correction for offset and scale."""
    smallest_gyr_range_radps: float = 4.3
    """The same for angular velocity: 250 deg/s is 4.36."""
    clip_overshoot: float = 0.01
    """Share of the extreme by which the course before it must point beyond it. Zero would take the
    rounded peaks of an even movement for clipping."""
    rest_acc_mps2: float = 1.5
    """Within this of one g, a value can be that of a sensor at rest."""
    rest_gyr_radps: float = 0.15
    """The same for angular velocity; a zero-rate offset stays far below."""
    jump_acc_mps2: float = 3.0
    """No leg leaves rest with such a step from one sample to the next: the sensor was stuck."""
    jump_gyr_radps: float = 1.0
    chance_factor: float = 5.0
    """Repeats at rest up to this many times the expected number are chance."""
    crowded_share: float = 0.2
    """Largest share of samples that may share a time stamp or crowd together. More, and the stamps
    are arrival times, or two recordings overlap: the order of the samples is then unknown."""


@dataclass(frozen=True, slots=True)
class OrderedSamples:
    """Finite samples in order of time, nothing added, each with what is known against it."""

    info: SensorInfo
    interval_s: float
    """Usual time between two samples."""
    longest_interval_s: float
    """More time than this between two samples, and one is missing."""
    time_s: Floats  # (n,) increasing
    values: Floats  # (n, 6) acc x, y, z, gyr x, y, z
    clipped_acc: Bools  # (n,)
    clipped_gyr: Bools  # (n,)
    held: Bools  # (n,)
    received: int
    nonfinite: int
    duplicate: int
    late: int

    @property
    def name(self) -> str:
        """The sensor, as a person would call it."""
        return sensor_name(self.info)


def sensor_name(info: SensorInfo) -> str:
    """`left shank sensor`."""
    side = "" if info.side == "none" else f"{info.side} "
    return f"{side}{info.placement} sensor"


def row_length(vectors: Floats) -> Floats:
    """(n,) Euclidean length of every row of (n, 3)."""
    length: Floats = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return length


def find_faults(stream: SensorStream, params: FaultParams = FaultParams()) -> OrderedSamples:
    """The samples of one sensor in order, with non-finite and duplicate ones dropped and counted.

    A sample is late if a newer one came before it; it is put where it belongs. Of several samples
    with one time stamp the first received stays.

    Raises:
        RecordingError: hardly any samples, time that stands still, or stamps that crowd together.
    """
    time_s = np.asarray(stream.time_s, dtype=np.float64)
    values = np.concatenate([stream.acc_mps2, stream.gyr_radps], axis=1)
    name = sensor_name(stream.info)
    received = len(time_s)
    finite = np.isfinite(time_s) & np.isfinite(values).all(axis=1)
    if not finite.all():
        time_s, values = time_s[finite], values[finite]
    if len(time_s) < 2:
        raise RecordingError(
            name, f"only {len(time_s)} usable samples", "record again, at least some seconds"
        )
    late = int((time_s < np.maximum.accumulate(time_s)).sum())
    if late:
        order = np.argsort(time_s, kind="stable")
        time_s, values = time_s[order], values[order]
    fresh = _distinct(time_s, values, name, params)
    duplicate = len(fresh) - int(fresh.sum())
    if duplicate:
        time_s, values = time_s[fresh], values[fresh]
    interval_s, longest_s = _usual_interval(time_s, name, params)
    held = find_held(values, params)
    info = stream.info
    return OrderedSamples(
        info=info,
        interval_s=interval_s,
        longest_interval_s=longest_s,
        time_s=time_s,
        values=values,
        clipped_acc=_clipped(
            values[:, :3], ~held, info.acc_range_mps2, params.smallest_acc_range_mps2, params
        ),
        clipped_gyr=_clipped(
            values[:, 3:], ~held, info.gyr_range_radps, params.smallest_gyr_range_radps, params
        ),
        held=held,
        received=received,
        nonfinite=int(received - finite.sum()),
        duplicate=duplicate,
        late=late,
    )


def _distinct(time_s: Floats, values: Floats, name: str, params: FaultParams) -> Bools:
    """(n,) False for every repetition of a time stamp; times are in order."""
    fresh = np.ones(len(time_s), dtype=np.bool_)
    step = np.diff(time_s)
    if not step.any():
        raise RecordingError(
            name, "all samples carry the same time", "export the time of every sample"
        )
    # A millionth of the usual interval: the same instant, written with rounding.
    fresh[1:] = step > 1e-6 * np.median(step[step > 0])
    again = np.flatnonzero(~fresh)
    contradicting = (values[again] != values[again - 1]).any(axis=1).sum()
    if contradicting > params.crowded_share * len(time_s):
        raise _crowded(name, contradicting / len(time_s))
    return fresh


def _crowded(name: str, share: float) -> RecordingError:
    return RecordingError(
        name,
        f"{100 * share:.0f} % of the time stamps coincide or crowd together: they are arrival "
        "times, or the clock was restarted",
        "export the sensor's own sample times, and one recording at a time",
    )


def _usual_interval(time_s: Floats, name: str, params: FaultParams) -> tuple[float, float]:
    """Usual and longest interval between neighbours.

    The room left for jitter is taken from the short intervals: losses make none of those.
    """
    step = np.diff(time_s)
    median_s = float(np.median(step))
    interval_s = float(step[(step >= 0.5 * median_s) & (step <= 1.5 * median_s)].mean())
    usual = step[step < _PAUSE_S]
    even_s = float(usual.mean()) if len(usual) else interval_s
    crowded = float((step < 0.25 * max(interval_s, even_s)).mean())
    if crowded > params.crowded_share:
        raise _crowded(name, crowded)
    jitter_s = max(0.0, interval_s - float(np.quantile(step, 0.1)))
    return interval_s, interval_s + max(0.5 * interval_s, 1.5 * jitter_s)


def find_held(values: Floats, params: FaultParams = FaultParams()) -> Bools:
    """(n,) True for rows that repeat the row before exactly in all six channels.

    Noise hardly ever repeats six channels, so a repeat means that the sensor sent no new value.
    Repeats at rest are genuine, unless the value jumps when they end, in a stream that has no noise
    at rest (coarse counts, a simulation) and where no more of them occur than channels that each
    repeat by chance explain.
    """
    repeat = np.zeros(len(values), dtype=np.bool_)
    same = np.flatnonzero(values[1:, 0] == values[:-1, 0])
    repeat[same + 1] = (values[same + 1] == values[same]).all(axis=1)
    if not repeat.any():
        return repeat
    rest = np.abs(row_length(values[:, :3]) - STANDARD_GRAVITY_MPS2) < params.rest_acc_mps2
    rest &= row_length(values[:, 3:]) < params.rest_gyr_radps
    observed = int((repeat & rest).sum())
    noiseless = 2 * observed >= rest.sum()
    if noiseless or observed <= params.chance_factor * _chance_repeats(values, rest, repeat):
        return repeat & ~(rest & ~_ends_in_jump(values, repeat, params))
    return repeat


def _chance_repeats(values: Floats, rest: Bools, repeat: Bools) -> float:
    """Expected repeats of all six channels at rest, if each channel repeats by itself."""
    single = np.flatnonzero(rest[1:] & ~repeat[1:]) + 1
    if not len(single):
        return 0.0
    alone = (values[single] == values[single - 1]).mean(axis=0)
    return float(rest.sum() * alone.prod())


def _ends_in_jump(values: Floats, repeat: Bools, params: FaultParams) -> Bools:
    """(n,) for every row: does the value jump at the end of its run of equal rows?"""
    step = np.abs(np.diff(values, axis=0))
    jump = np.zeros(len(values), dtype=np.bool_)
    jump[:-1] = (step[:, :3].max(axis=1) > params.jump_acc_mps2) | (
        step[:, 3:].max(axis=1) > params.jump_gyr_radps
    )
    first = np.flatnonzero(~repeat)
    last = np.r_[first[1:], len(values)] - 1
    ends: Bools = jump[last][np.cumsum(~repeat) - 1]
    return ends


def _clipped(
    values: Floats, usable: Bools, full_scale: float | None, smallest: float, params: FaultParams
) -> Bools:
    """(n,) True where an axis of (n, 3) is at its full scale, known or found."""
    if full_scale is not None:
        margin = max(params.clip_tolerance, 1e-3 * full_scale)
        return np.asarray((np.abs(values) >= full_scale - margin).any(axis=1), dtype=np.bool_)
    clipped: Bools = np.zeros(len(values), dtype=np.bool_)
    for axis in range(3):
        for sign in (1.0, -1.0):
            course: Floats = sign * values[:, axis]
            extreme = course.max()
            if extreme < smallest:
                continue
            near: Bools = course >= extreme - params.clip_tolerance
            if (near & usable).sum() >= params.clip_repeats_samples and _cut_off(
                course, near, extreme, params
            ):
                clipped[near] = True
    return clipped


def _cut_off(course: Floats, near: Bools, extreme: float, params: FaultParams) -> bool:
    """Does the course on either side of its extremes point beyond them?

    A parabola through the three samples beside a run of extremes meets the extreme of a smooth
    movement, but overshoots a course that was cut off.
    """
    edges = np.diff(np.r_[False, near, False].astype(np.int8))
    start, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    inner = (start >= 3) & (end <= len(course) - 3)
    if not inner.any():
        return True
    start, end = start[inner], end[inner]
    before = 3 * course[start - 1] - 3 * course[start - 2] + course[start - 3]
    after = 3 * course[end] - 3 * course[end + 1] + course[np.minimum(end + 2, len(course) - 1)]
    overshoot = np.maximum(before, after) - extreme
    return bool(np.median(overshoot) > params.clip_overshoot * extreme)
