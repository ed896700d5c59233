"""Simulated legs as the estimator takes them, and the same legs seen otherwise or heard badly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.quaternion import unit
from sensor_screen.core.segments import SegmentSamples, SegmentStart, prepare_samples
from sensor_screen.model import CleanLeg, Placement, Recording, Side, Task, TaskInterval
from sensor_screen.simulation import IDEAL, Scenario, Simulation, Step, Truth, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.spatial.transform import Rotation

    from sensor_screen.model import Floats, SensorStream
    from sensor_screen.simulation import Imperfections

PUMPS_AND_STAIRS = Scenario(
    "pumps-and-stairs",
    "a little of everything that calibrates",
    (
        Step(Task.STAND, 2.0),
        Step(Task.PUMP, 5),
        Step(Task.SQUAT, 2),
        Step(Task.STAIRS_UP, 8),
        Step(Task.STAIRS_DOWN, 6),
    ),
)
FLAWLESS = replace(IDEAL, acc_noise_mps2=1e-5, gyr_noise_radps=1e-7)
"""Nothing wrong, and a trace of noise: samples that repeat exactly are taken for held ones."""
WALK = Scenario("short-walk", "walking, no pumps", (Step(Task.STAND, 2.0), Step(Task.WALK, 30)))
SQUATS = Scenario("squats", "squats, no pumps", (Step(Task.STAND, 2.0), Step(Task.SQUAT, 8)))
KICKS = Scenario("kicks", "kicks, no pumps", (Step(Task.STAND, 2.0), Step(Task.KICK, 8)))


@dataclass(frozen=True)
class SimulatedLeg:
    """One leg, its labels and its truth."""

    recording: Recording
    leg: CleanLeg
    truth: Truth

    @property
    def tasks(self) -> tuple[TaskInterval, ...]:
        return self.recording.tasks

    @cached_property
    def samples(self) -> SegmentSamples:
        return prepare_samples(self.leg)

    @property
    def stand(self) -> slice:
        """Samples of the labelled stand."""
        return slice(0, int(np.searchsorted(self.leg.time_s, self.tasks[0].end_s)))

    @property
    def start(self) -> SegmentStart:
        """The start with the true axes: nothing is left to calibration."""
        still = self.samples.part(self.stand)
        return SegmentStart(
            up=unit(still.acc_mps2.mean(axis=0)),
            axis=np.stack([self.truth.flexion_axis_shank, self.truth.flexion_axis_foot]),
            gyr_bias_radps=still.gyr_radps.mean(axis=0),
            acc_bias_mps2=np.zeros((2, 3)),
            lever_m=np.zeros((2, 3)),
        )

    @property
    def dorsiflexion_rad(self) -> Floats:
        """(n,) the true angle on the grid of the leg."""
        return np.interp(self.leg.time_s, self.truth.time_s, self.truth.dorsiflexion_rad)


def simulated_leg(
    scenario: Scenario,
    *,
    seed: int = 0,
    side: Side = Side.RIGHT,
    imperfections: Imperfections | None = None,
) -> SimulatedLeg:
    found = simulate(scenario, seed=seed, sides=(side,), imperfections=imperfections)
    return received(found)


def received(simulation: Simulation, recording: Recording | None = None) -> SimulatedLeg:
    """The only leg of a simulation; with a recording, of what came of it on the way."""
    recording = recording or simulation.recording
    (side,) = recording.sides
    leg = assemble_leg(
        recording.stream(side, Placement.SHANK), recording.stream(side, Placement.FOOT), side
    )
    return SimulatedLeg(recording, leg, simulation.truth[side])


def heard_badly(
    known: SimulatedLeg, change: Callable[[SensorStream], SensorStream], *placements: Placement
) -> SimulatedLeg:
    """The leg whose sensors at these places (all, if none is named) sent something else."""
    wanted = placements or tuple(Placement)
    streams = tuple(change(s) if s.info.placement in wanted else s for s in known.recording.streams)
    recording = replace(known.recording, streams=streams)
    return received(Simulation(recording, {known.truth.side: known.truth}))


def silent(*spans_s: tuple[float, float]) -> Callable[[SensorStream], SensorStream]:
    """What a sensor sends that is not heard in these times."""

    def lose(stream: SensorStream) -> SensorStream:
        time_s = stream.device_time_s
        kept = np.ones(len(time_s), dtype=np.bool_)
        for start_s, end_s in spans_s:
            kept &= (time_s < start_s) | (time_s >= end_s)
        sequence = None if stream.sequence is None else stream.sequence[kept]
        return replace(stream, device_time_s=time_s[kept], raw=stream.raw[kept], sequence=sequence)

    return lose


def holding(share: float, seed: int = 0) -> Callable[[SensorStream], SensorStream]:
    """A sensor that repeats its last sample this often."""

    def hold(stream: SensorStream) -> SensorStream:
        held = np.random.default_rng(seed).random(len(stream.raw)) < share
        held[0] = False
        newest = np.maximum.accumulate(np.where(held, 0, np.arange(len(held))))
        return replace(stream, raw=stream.raw[newest])

    return hold


def clipping(acc_mps2: float, gyr_radps: float) -> Callable[[SensorStream], SensorStream]:
    """A sensor with these full scales."""

    def clip(stream: SensorStream) -> SensorStream:
        limits = np.repeat([acc_mps2, gyr_radps], 3)
        values = np.concatenate([stream.acc_mps2, stream.gyr_radps], axis=1)
        return replace(
            stream,
            info=replace(stream.info, acc_range_mps2=acc_mps2, gyr_range_radps=gyr_radps),
            raw=np.clip(values, -limits, limits).astype(np.float32),
            acc_scale_mps2=1.0,
            gyr_scale_radps=1.0,
        )

    return clip


def remounted(leg: CleanLeg, shank: Rotation, foot: Rotation) -> CleanLeg:
    """The same movement seen by sensors that are strapped on otherwise."""
    assert leg.shank is not None
    assert leg.foot is not None
    turned = [
        replace(s, acc_mps2=turn.apply(s.acc_mps2), gyr_radps=turn.apply(s.gyr_radps))
        for s, turn in ((leg.shank, shank), (leg.foot, foot))
    ]
    return replace(leg, shank=turned[0], foot=turned[1])


def mirrored(leg: CleanLeg) -> CleanLeg:
    """The other leg doing the same: forces are mirrored, angular velocities turn the other way."""
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}[leg.side]
    flip = np.array([1.0, 1.0, -1.0])
    assert leg.shank is not None
    assert leg.foot is not None
    pair = [
        replace(
            s,
            info=replace(s.info, side=other),
            acc_mps2=s.acc_mps2 * flip,
            gyr_radps=s.gyr_radps * -flip,
        )
        for s in (leg.shank, leg.foot)
    ]
    return replace(leg, side=other, shank=pair[0], foot=pair[1])


def at_time(leg: CleanLeg, later_s: float) -> CleanLeg:
    """The same leg on another day."""
    assert leg.shank is not None
    assert leg.foot is not None
    time_s = leg.time_s + later_s
    pair = [replace(s, time_s=time_s) for s in (leg.shank, leg.foot)]
    return replace(leg, time_s=time_s, shank=pair[0], foot=pair[1])


def rmse_deg(angle_rad: Floats, truth_rad: Floats) -> float:
    return float(np.degrees(np.sqrt(np.mean((angle_rad - truth_rad) ** 2))))


def turned_deg(one: Floats, other: Floats) -> Floats:
    """(...) angle between rotation matrices; the chord, which is exact where they nearly agree."""
    chord = np.sqrt(np.sum((one - other) ** 2, axis=(-2, -1)) / 8.0)
    angle: Floats = np.degrees(2.0 * np.arcsin(np.clip(chord, 0.0, 1.0)))
    return angle
