"""Shank and foot as two connected segments: the filter (live) and the smoother (whole recordings).

An error-state Kalman filter of two strapdown sensors whose joint centres coincide. Connecting the
*positions* of the two sensors, rather than their accelerations, needs no angular acceleration and
makes the accelerometer biases observable; they are the largest error of simpler methods.
Related work: Weygers & Kok 2020 (doi:10.1109/JSEN.2020.2968887) connect joint-centre accelerations;
Solin 2018 and Roumeliotis & Burdick 2002 describe stochastic cloning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import unit
from sensor_screen.model import GyroSampling, SampleFlag

if TYPE_CHECKING:
    from sensor_screen.core.segment_state import Nominal, Tape, Tuning
    from sensor_screen.model import Bytes, CleanLeg, Floats


@dataclass(frozen=True, slots=True)
class SegmentParams:
    """Tuning of the connected-segment estimator. Sigmas are per update, at `update_rate_hz`."""

    update_rate_hz: float = 25.0
    """How often the covariance is carried on and measurements are taken. 25 Hz lost nothing
    against every sample, at a quarter of the cost."""
    gyr_noise_radps: float = 0.002
    """White angular velocity noise, rad/s per sqrt(Hz); larger trusts the gyroscope less."""
    gyr_scale_noise: float = 0.004
    """Additional noise as a share of the angular velocity: scale and axis errors."""
    acc_noise_mps2: float = 0.3
    """Specific-force noise of one sample: soft tissue, not the sensor."""
    acc_scale_noise: float = 0.05
    """Additional noise as a share of the departure from one g."""
    clipped_acc_mps2: float = 15.0
    """Noise of a sample with a channel at full scale."""
    clipped_gyr_radps: float = 0.5
    """The same for angular velocity, per sqrt(Hz)."""
    filled_acc_mps2: float = 3.0
    """Noise of a sample interpolated over a gap of at most 100 ms."""
    filled_gyr_radps: float = 0.05
    missing_acc_mps2: float = 15.0
    """Noise of a placeholder inside a longer gap."""
    missing_gyr_radps: float = 1.0
    bridged_gap_s: float = 0.3
    """Over a longer gap the movement cannot be guessed: orientation begins anew. Of 0.5 s gaps in
    one sensor in the middle of steps one in five left the filter wrong and sure of it."""
    listen_s: float = 1.0
    """What a sensor feels in this time after such a gap tells its vertical; about a stride."""
    restart_tilt_sigma_rad: float = 0.2
    """Error of a vertical found like that."""
    restart_velocity_sigma_mps: float = 2.0
    joint_sigma_m: float = 0.02
    """How well the two joint centres coincide; 0.01 to 0.04 changes nothing."""
    axis_sigma_rad: float = 0.45
    """How well the flexion axes of the segments agree; weak, because inversion is allowed."""
    velocity_sigma_mps: float = 6.7
    """Nobody leaves for ever: makes gravity observable where the foot is never flat."""
    foot_flat_sigma_mps: float = 0.05
    flat_s: float = 0.14
    """A foot is flat once it has been quiet for this long."""
    still_s: float = 0.6
    """Both sensors are at rest once they have been still for this long."""
    misfit_start_m: float = 0.0016
    """Expected misfit of the two joint centres between updates: walking people with straps."""
    misfit_memory_s: float = 20.0
    still_sigma_radps: float = 0.01
    """Gyroscope reading of a sensor at rest."""
    gyr_bias_walk_radps: float = 2e-4
    """Random walk per sqrt(s)."""
    acc_bias_walk_mps2: float = 1e-3
    lever_walk_m: float = 1e-4
    axis_forgetting_s: float = 60.0
    """Memory of the foot axis; longer is steadier, shorter follows a slipping sensor."""
    axis_share: float = 0.72
    """The foot axis follows the movement only while this share of it is about one axis."""
    axis_weight_rad2ps: float = 10.0
    """Weight of the start value of the foot axis against the movement seen since."""
    tilt_start_sigma_rad: float = 0.052
    heading_start_sigma_rad: float = 0.35
    gyr_bias_start_sigma_radps: float = 0.005
    acc_bias_start_sigma_mps2: float = 0.2
    velocity_start_sigma_mps: float = 0.05
    position_start_sigma_m: float = 0.4
    lever_start_sigma_m: float = 0.25
    axis_start_sigma_rad: float = 0.3
    """How far the start axis of the shank may be wrong."""
    window_s: float = 60.0
    """The smoother works in windows of this length; the result does not depend on it."""


@dataclass(frozen=True, slots=True)
class SegmentSamples:
    """What the estimator reads: both sensors on one grid, and what is known against each."""

    rate_hz: float
    acc_mps2: Floats  # (n, 2, 3) shank, foot
    gyr_radps: Floats  # (n, 2, 3)
    extra_noise: Floats  # (n, 2, 2) of each sensor: acc, gyr
    interval_mean: bool

    def __len__(self) -> int:
        """Samples."""
        return len(self.acc_mps2)

    def part(self, where: slice) -> SegmentSamples:
        """Some of the samples."""
        return replace(
            self,
            acc_mps2=self.acc_mps2[where],
            gyr_radps=self.gyr_radps[where],
            extra_noise=self.extra_noise[where],
        )


@dataclass(frozen=True, slots=True)
class SegmentMotion:
    """How the two segments moved, by the filter or by the smoother."""

    relative: Floats  # (n, 3, 3) shank_from_foot
    up: Floats  # (n, 2, 3) vertical, in the shank and in the foot sensor
    neutral: Floats  # (n, 3, 3) live: as known at each sample; smoothed: constant
    axis: Floats  # (n, 3) flexion axis in the shank sensor
    variance_rad2: Floats  # (n,) of dorsiflexion, by the model alone
    hinge_share: Floats  # (n,) of the relative rate about the foot axis, last minute
    axis_sigma_rad: Floats  # (n,) of the shank axis; smoothed: constant
    misfit_m: Floats  # (n,) of the joint centres; smoothed: constant
    surprise: Floats  # (n,) by the joint centres against what was expected; 1 and more: no one leg
    gyr_bias_radps: Floats  # (2, 3) at the end
    acc_bias_mps2: Floats  # (2, 3)
    lever_m: Floats  # (2, 3)
    foot_axis: Floats  # (3,)


def prepare_samples(leg: CleanLeg, params: SegmentParams = SegmentParams()) -> SegmentSamples:
    """Both sensors of a leg as the estimator reads them.

    Args:
        leg: Must have both sensors.
        params: Noise of flagged samples.
    """
    if leg.shank is None or leg.foot is None:
        raise ValueError("prepare_samples needs both sensors of the leg")
    pair = (leg.shank, leg.foot)
    acc = np.ascontiguousarray(np.stack([s.acc_mps2 for s in pair], axis=1))
    gyr = np.ascontiguousarray(np.stack([s.gyr_radps for s in pair], axis=1))
    flags = np.stack([s.flags for s in pair], axis=1)
    return SegmentSamples(
        rate_hz=leg.rate_hz,
        acc_mps2=acc,
        gyr_radps=gyr,
        extra_noise=extra_noise(flags, flags[0], params),
        interval_mean=leg.foot.info.gyro_sampling is GyroSampling.INTERVAL_MEAN,
    )


def extra_noise(flags: Bytes, before: Bytes, params: SegmentParams) -> Floats:
    """(n, 2, 2) additional noise (acc, gyr) of each sensor; both ends of a step count.

    `flags` are (n, 2) of shank and foot, `before` those (2,) of the sample before the first.
    """
    either = flags | np.concatenate([before[None], flags[:-1]])
    noise: Floats = _noise_of_flags(params)[either]
    return noise


@cache
def _noise_of_flags(params: SegmentParams) -> Floats:
    """(256, 2) additional noise (acc, gyr) for every combination of `SampleFlag` bits."""
    kinds = (
        (SampleFlag.FILLED | SampleFlag.HELD, params.filled_acc_mps2, params.filled_gyr_radps),
        (SampleFlag.CLIPPED, params.clipped_acc_mps2, 0.0),
        (SampleFlag.CLIPPED_GYR, 0.0, params.clipped_gyr_radps),
        (SampleFlag.MISSING, params.missing_acc_mps2, params.missing_gyr_radps),
    )
    table = np.zeros((256, 2))
    for flag, acc, gyr in kinds:
        hit = (np.arange(256) & int(flag)) != 0
        table[hit] = np.maximum(table[hit], (acc, gyr))
    table.setflags(write=False)
    return table


def tune(samples: SegmentSamples, params: SegmentParams) -> Tuning:
    """`SegmentParams` as the kernels take it, at the rate of these samples."""
    from sensor_screen.core.segment_state import Tuning

    block = max(1, round(samples.rate_hz / params.update_rate_hz))
    return Tuning(
        dt=1.0 / samples.rate_hz,
        block=block,
        gyr_previous_share=0.0 if samples.interval_mean else 0.5,
        gyr_noise=params.gyr_noise_radps,
        gyr_scale_noise=params.gyr_scale_noise,
        acc_noise=params.acc_noise_mps2,
        acc_scale_noise=params.acc_scale_noise,
        joint_var=params.joint_sigma_m**2,
        axis_var=params.axis_sigma_rad**2,
        velocity_var=params.velocity_sigma_mps**2,
        foot_flat_var=params.foot_flat_sigma_mps**2,
        still_var=0.5 * params.still_sigma_radps**2,  # the two sensors take turns
        gyr_bias_walk=params.gyr_bias_walk_radps,
        acc_bias_walk=params.acc_bias_walk_mps2,
        lever_walk=params.lever_walk_m,
        axis_forgetting_s=params.axis_forgetting_s,
        axis_share=params.axis_share,
        axis_weight=params.axis_weight_rad2ps,
        flat_samples=max(3, round(params.flat_s * samples.rate_hz)),
        misfit_memory_s=params.misfit_memory_s,
        missing_gyr_noise=params.missing_gyr_radps,
        bridged_samples=round(params.bridged_gap_s * samples.rate_hz),
        listen_samples=round(params.listen_s * samples.rate_hz),
        restart_tilt_var=params.restart_tilt_sigma_rad**2,
        restart_heading_var=params.heading_start_sigma_rad**2,
        restart_velocity_var=params.restart_velocity_sigma_mps**2,
        restart_position_var=params.position_start_sigma_m**2,
        still_samples=max(3, round(params.still_s * samples.rate_hz)),
    )


@dataclass(frozen=True, slots=True)
class SegmentStart:
    """Where the filter begins."""

    up: Floats  # (2, 3) vertical in each sensor at the first sample
    axis: Floats  # (2, 3) flexion axis in each sensor
    gyr_bias_radps: Floats  # (2, 3)
    acc_bias_mps2: Floats  # (2, 3) zero unless learnt before
    lever_m: Floats  # (2, 3) sensor to joint centre, zero unless learnt before


def start_state(start: SegmentStart, params: SegmentParams) -> Nominal:
    """The filter's state before its first sample: headings chosen so that both axes agree."""
    from sensor_screen.core import segment_state as k

    rotation = np.stack([_heading_from_axis(start.up[s], start.axis[s]) for s in range(2)])
    return k.Nominal(
        rotation=rotation,
        velocity=np.zeros((2, 3)),
        position=rotation[1] @ start.lever_m[1] - rotation[0] @ start.lever_m[0],
        gyr_bias=start.gyr_bias_radps.copy(),
        acc_bias=start.acc_bias_mps2.copy(),
        lever=start.lever_m.copy(),
        axis=np.stack([unit(start.axis[0]), unit(start.axis[1])]),
        neutral=rotation[0].T @ rotation[1],
        covariance=_start_covariance(start, params),
        spread=np.zeros((3, 3)),
        start_axis=unit(start.axis[1]),
        last=np.zeros((2, 2, 3)),
        impulse=np.zeros((2, 3)),
        noise=np.zeros((2, 2)),
        told=np.array([0.0, 1.0, params.axis_start_sigma_rad]),
        misfit=np.array([params.misfit_start_m, 0.0]),
        rest_force=np.zeros(2),
        unheard=np.zeros(2, dtype=np.int64),
        heard_again=np.zeros(2, dtype=np.int64),
        felt=np.zeros((2, 3)),
        tally=np.zeros(7, dtype=np.int64),
        scratch=np.zeros((10, 3)),
    )


def _heading_from_axis(up: Floats, axis: Floats) -> Floats:
    """earth_from_sensor with the horizontal part of the axis along earth x."""
    z = unit(up)
    x = unit(axis - z * (axis @ z))
    return np.stack([x, np.cross(z, x), z])


def _start_covariance(start: SegmentStart, params: SegmentParams) -> Floats:
    from sensor_screen.core import segment_state as k

    sigma = np.zeros(k.N_ERRORS)
    sigma[k.THETA : k.THETA + 6] = params.tilt_start_sigma_rad
    sigma[[k.THETA + 2, k.THETA + 5]] = np.hypot(
        params.tilt_start_sigma_rad, params.heading_start_sigma_rad
    )
    sigma[k.VELOCITY : k.VELOCITY + 6] = params.velocity_start_sigma_mps
    sigma[k.POSITION : k.POSITION + 3] = params.position_start_sigma_m
    sigma[k.GYR_BIAS : k.GYR_BIAS + 6] = params.gyr_bias_start_sigma_radps
    sigma[k.ACC_BIAS : k.ACC_BIAS + 6] = params.acc_bias_start_sigma_mps2
    sigma[k.LEVER : k.LEVER + 6] = params.lever_start_sigma_m
    covariance = np.diag(sigma**2)
    axis = unit(start.axis[0])
    across = np.eye(3) - 0.99 * np.outer(axis, axis)
    at = slice(k.AXIS, k.AXIS + 3)
    covariance[at, at] = params.axis_start_sigma_rad**2 * across
    return covariance


def copy_state(state: Nominal) -> Nominal:
    """An independent copy: the kernels change states in place."""
    return type(state)._make(part.copy() for part in state)


def make_tape(blocks: int) -> Tape:
    """Room for a window of `blocks` filter blocks."""
    from sensor_screen.core import segment_state as k

    m, n = max(1, blocks), k.N_ERRORS
    return k.Tape(
        orientation_rows=np.empty((m, 6, n), dtype=np.float32),
        flexion_column=np.empty((m, n)),
        flexion_variance=np.empty(m),
        rotation=np.empty((m, 2, 3, 3)),
        posterior=np.empty((m, 3, 3)),
        impulse=np.empty((m, 2, 3)),
        duration=np.empty(m),
        correction=np.empty((m, 6)),
        cloned=np.zeros(m, dtype=np.bool_),
        restarted=np.zeros(m, dtype=np.int8),
        updates=np.zeros(m, dtype=np.int64),
        places=np.full((m, k.MAX_UPDATES, k.MAX_NONZERO), -1, dtype=np.int8),
        row=np.empty((m, k.MAX_UPDATES, k.MAX_NONZERO), dtype=np.float32),
        gain=np.empty((m, k.MAX_UPDATES, n)),
        innovation=np.empty((m, k.MAX_UPDATES, 2)),
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The filter's output over a stretch of samples."""

    rotation: Floats  # (n, 2, 3, 3)
    live: Floats  # (n, 8) axis, variance, hinge share, axis sigma, misfit, surprise
    neutral: Floats  # (n, 3, 3)
    blocks: int


def advance(
    state: Nominal,
    samples: SegmentSamples,
    part: slice,
    clone_at: int,
    tuning: Tuning,
    tape: Tape,
    slot: int = 0,
) -> _Stretch:
    """Run the filter in place over a part of the samples, writing the tape from `slot` on."""
    from sensor_screen.core.filter_kernels import filter_samples

    acc = samples.acc_mps2[part]
    n = len(acc)
    rotation, live, neutral = np.empty((n, 2, 3, 3)), np.empty((n, 8)), np.empty((n, 3, 3))
    blocks = filter_samples(
        state,
        acc,
        samples.gyr_radps[part],
        samples.extra_noise[part],
        clone_at,
        tuning,
        tape,
        slot,
        rotation,
        live,
        neutral,
    )
    return _Stretch(rotation, live, neutral, int(blocks))


def filter_segments(
    samples: SegmentSamples,
    start: SegmentStart,
    clone_at: int,
    params: SegmentParams = SegmentParams(),
) -> SegmentMotion:
    """Every sample estimated from the samples up to it.

    Args:
        samples: Both sensors on one grid.
        start: Orientation and axes at the first sample.
        clone_at: Last sample of the neutral pose.
        params: Tuning.
    """
    state = start_state(start, params)
    out = advance(state, samples, slice(None), clone_at, tune(samples, params), make_tape(1))
    neutral = out.neutral
    neutral[: clone_at + 1] = neutral[min(clone_at + tune(samples, params).block, len(neutral) - 1)]
    return SegmentMotion(
        relative=np.matmul(out.rotation[:, 0].transpose(0, 2, 1), out.rotation[:, 1]),
        up=out.rotation[:, :, 2, :].copy(),
        neutral=neutral,
        axis=out.live[:, :3].copy(),
        variance_rad2=np.maximum(out.live[:, 3], 0.0),
        hinge_share=out.live[:, 4].copy(),
        axis_sigma_rad=out.live[:, 5].copy(),
        misfit_m=out.live[:, 6].copy(),
        surprise=out.live[:, 7].copy(),
        gyr_bias_radps=state.gyr_bias,
        acc_bias_mps2=state.acc_bias,
        lever_m=state.lever,
        foot_axis=state.axis[1],
    )
