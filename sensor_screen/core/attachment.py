"""Do both sensors still sit where they sat in the neutral pose, and on one leg?

Three kinds of evidence. *Surprise*: the filter predicts the joint centre from either sensor; two
sensors that have nothing to do with each other contradict it many times more than one leg ever
does. *The standing foot*: floors are level, so a foot that stands has the attitude of the neutral
pose. *The standing leg*: a squat begins upright, and one stride is like the others, so the least
lean of the shank over a standing foot does not jump. The last two see a sensor that slipped, which
the first does not: both sensors still belong to one leg, but no longer to its neutral pose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import unit
from sensor_screen.model import AngleMark, SampleFlag, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.attachment_kernels import Reference, Votes
    from sensor_screen.core.segments import SegmentMotion, SegmentSamples
    from sensor_screen.model import AngleTrace, Bools, Calibration, Floats, Marks, TaskInterval


@dataclass(frozen=True, slots=True)
class AttachmentParams:
    """When a sensor no longer belongs to the leg, or no longer to its neutral pose."""

    apart_surprise: float = 1.8
    """Surprise from which two sensors are not one leg. Walking, stairs and the rigs stay below 0.2,
    the hardest of ten simulated kickers with soft tissue reaches 1.4; a sensor of another leg, a
    fallen one and one half a second late reach 3 to 4 in kicks, walking and on stairs."""
    together_surprise: float = 0.9
    """And below which they are again."""
    apart_before_s: float = 2.0
    """Whole recordings: what is found late began so long before."""
    never_together_s: float = 8.0
    """Whole recordings: with less than this of a fast shank before it, nothing tells that the two
    ever were one leg, and nothing before it holds either."""
    fast_shank_radps: float = 1.0
    """What counts there: pumps and squats are too slow to tell."""
    level_rad: float = np.radians(5.0)
    """Median tilt of a standing foot that says nothing: soles, ramps and stairs. On real stairs
    medians of six steps reached 6 deg, single steps 11."""
    slipped_foot_rad: float = np.radians(12.0)
    """Median tilt from which the foot's sensor has slipped; between the two it adds to sigma."""
    slipped_shank_rad: float = np.radians(20.0)
    """Jump of the shank's least lean over a standing foot. Within one task it stayed below 13 deg
    in simulation; people vary more."""
    shortest_vote_s: float = 0.14
    """A foot that stands is quiet for this long."""
    longest_vote_s: float = 0.4
    """A longer stance votes in pieces."""
    moving_shank_radps: float = 0.3
    """RMS. A foot that is quiet while its shank moves stands on something."""
    spread_rad: float = np.radians(4.0)
    """Votes that differ more (median) say nothing: a foot in the air rests anywhere."""


_MISSING = np.uint8(SampleFlag.MISSING)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known against the places of the sensors, sample by sample."""

    sigma_rad: Floats  # (n,) to be added to that of dorsiflexion
    marks: Marks  # (n,) APART and SLIPPED


def kinds_of(time_s: Floats, tasks: Sequence[TaskInterval], missing: Bools) -> NDArray[np.uint8]:
    """(n,) what each sample may tell of the sensors' places; see `attachment_kernels`.

    A hanging foot rests anywhere, and the rear foot of a lunge stands on its toes: no votes there.
    """
    from sensor_screen.core import attachment_kernels as k

    voting = {
        Task.SQUAT: k.SQUAT,
        Task.STAND: k.STAND,
        Task.WALK: k.WALK,
        Task.STAIRS_UP: k.STAIRS_UP,
        Task.STAIRS_DOWN: k.STAIRS_DOWN,
        Task.KICK: k.KICK,
        Task.MOVE: k.UNLABELLED,
    }
    kinds = np.full(len(time_s), k.UNLABELLED, dtype=np.uint8)
    first_s, last_s = time_s[0], time_s[-1]
    near = [t for t in tasks if t.end_s >= first_s and t.start_s <= last_s]
    if len(near) == 1 and near[0].start_s <= first_s and near[0].end_s >= last_s:
        kinds[:] = voting.get(near[0].task, k.NEVER)
        near = []
    never = missing.copy()
    for task in near:
        hit = (time_s >= task.start_s) & (time_s <= task.end_s)
        if task.task in voting:
            kinds[hit] = voting[task.task]
        else:
            never |= hit
    kinds[never] = k.NEVER
    return kinds


def refer_to(
    rest_force: Floats, shank_axis: Floats, rate_hz: float, params: AttachmentParams
) -> Reference:
    """The neutral pose as the votes are compared with it.

    Args:
        rest_force: (2, 3) mean specific force of both sensors in the neutral pose. Their offsets
            are in the votes as well, and cancel.
        shank_axis: (3,) flexion axis in the shank sensor.
        rate_hz: Of the samples.
        params: Tuning.
    """
    from sensor_screen.core.attachment_kernels import Reference

    right = unit(shank_axis)
    above = unit(rest_force[0] - right * (rest_force[0] @ right))
    return Reference(
        foot=unit(rest_force[1]),
        shank=np.stack([np.cross(above, right), above]),
        shortest=max(3, round(params.shortest_vote_s * rate_hz)),
        longest=max(6, round(params.longest_vote_s * rate_hz)),
        moving_radps=params.moving_shank_radps,
        spread_rad=params.spread_rad,
        slipped_rad=params.slipped_shank_rad,
    )


def watch(
    votes: Votes, samples: SegmentSamples, up: Floats, kinds: NDArray[np.uint8], ref: Reference
) -> Floats:
    """(n, 4) what the votes say at each sample; see `attachment_kernels` for the columns."""
    from sensor_screen.core.attachment_kernels import watch_stances

    told = np.empty((len(samples), 4))
    watch_stances(votes, samples.acc_mps2, samples.gyr_radps, up, kinds, ref, told)
    return told


def is_slipped(told: Floats, params: AttachmentParams) -> Bools:
    """(n,) by the foot's tilt or the shank's lean."""
    slipped: Bools = (told[:, 0] > params.slipped_foot_rad) | (
        told[:, 1] > params.slipped_shank_rad
    )
    return slipped


def is_apart(surprise: Floats, before: bool, params: AttachmentParams) -> Bools:
    """(n,) with hysteresis, going on from `before`."""
    on = surprise > params.apart_surprise
    if not before and not on.any():
        return on
    off = surprise < params.together_surprise
    at = np.where(on | off, np.arange(1, len(on) + 1), 0)
    last = np.maximum.accumulate(at)
    apart: Bools = np.concatenate([[before], on])[last]
    return apart


def tilt_sigma(told: Floats, params: AttachmentParams) -> Floats:
    """(n,) what a foot that does not stand as in the neutral pose adds to sigma, rad."""
    sigma: Floats = np.maximum(told[:, 0] - params.level_rad, 0.0)
    return sigma


def judge_attachment(
    samples: SegmentSamples,
    missing: Bools,
    time_s: Floats,
    tasks: Sequence[TaskInterval],
    motion: SegmentMotion,
    calibration: Calibration,
    neutral: slice,
    params: AttachmentParams = AttachmentParams(),
) -> Attachment:
    """The places of both sensors over a whole recording.

    Args:
        samples: Both sensors.
        missing: (n,) inside a gap of either.
        time_s: (n,) seconds.
        tasks: Labels; they say when a foot stands.
        motion: By the smoother.
        calibration: Axes; without a verified neutral pose there is nothing to compare with.
        neutral: Samples of the neutral pose.
        params: Tuning.
    """
    marks = np.zeros(len(samples), dtype=np.uint16)
    apart = _spread_apart(is_apart(motion.surprise, False, params), samples, params)
    marks[apart] |= int(AngleMark.APART)
    sigma = np.zeros(len(samples))
    if calibration.neutral_verified:
        from sensor_screen.core.attachment_kernels import no_votes

        rest = samples.acc_mps2[neutral].mean(axis=0)
        ref = refer_to(rest, calibration.shank_axis, samples.rate_hz, params)
        kinds = kinds_of(time_s, tasks, missing)
        told = watch(no_votes(), samples, np.ascontiguousarray(motion.up[:, 0]), kinds, ref)
        marks[_since_last_vote(is_slipped(told, params), told, params)] |= int(AngleMark.SLIPPED)
        sigma = tilt_sigma(told, params)
    return Attachment(sigma, marks)


def _spread_apart(apart: Bools, samples: SegmentSamples, params: AttachmentParams) -> Bools:
    """Back to where it began; to the beginning where the sensors never were one leg."""
    if not apart.any():
        return apart
    back = int(params.apart_before_s * samples.rate_hz)
    edges = np.flatnonzero(apart[1:] & ~apart[:-1]) + 1
    wide = apart.copy()
    for edge in edges:
        wide[max(0, edge - back) : edge] = True
    first = int(np.argmax(wide))
    rate = np.linalg.norm(samples.gyr_radps[:first, 0], axis=1)
    moved_s = np.count_nonzero(rate > params.fast_shank_radps) / samples.rate_hz
    if moved_s < params.never_together_s and apart[first:].mean() > 0.5:
        wide[:first] = True
    return wide


def _since_last_vote(slipped: Bools, told: Floats, params: AttachmentParams) -> Bools:
    """It slipped after the last vote that was as usual."""
    edges = np.flatnonzero(slipped[1:] & ~slipped[:-1]) + 1
    wide = slipped.copy()
    for edge in edges:
        foot = told[edge, 0] > params.slipped_foot_rad
        column, limit = (2, params.slipped_foot_rad) if foot else (3, params.slipped_shank_rad)
        own = told[: edge + 1, column]
        good = np.flatnonzero(own <= 0.5 * limit)
        if len(good):  # the last good vote holds from where its value appeared
            changed = np.flatnonzero(own[: good[-1] + 1] != own[good[-1]])
            wide[changed[-1] + 1 if len(changed) else 0 : edge] = True
        else:
            wide[:edge] = True
    return wide


def with_attachment(trace: AngleTrace, found: Attachment, largest_sigma_rad: float) -> AngleTrace:
    """The trace with what is known against the places of the sensors."""
    sigma = np.hypot(trace.sigma_rad, found.sigma_rad)
    marks = trace.marks | found.marks
    marks[sigma > largest_sigma_rad] |= int(AngleMark.UNCERTAIN)
    return replace(trace, sigma_rad=sigma, marks=marks, valid=marks == 0)


def is_missing(flags: NDArray[np.uint8]) -> Bools:
    """(n,) of (n, 2): inside a long gap of either sensor."""
    missing: Bools = ((flags[:, 0] | flags[:, 1]) & _MISSING) != 0
    return missing
