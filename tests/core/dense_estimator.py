"""The connected-segment filter and smoother once more, as a textbook writes them: dense and slow.

Every matrix stands there in full (39 x 39), measurements are 3-vectors in Joseph's form, and the
smoother is that of Rauch, Tung and Striebel. Of the package only the parameters are used; limits
are repeated here on purpose, so that a changed one cannot pass.

Errors, in an order of its own: 15 for each segment (turn, velocity, gyroscope bias, accelerometer
bias, lever), then the relative position, the flexion axis and the clone of the neutral pose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

if TYPE_CHECKING:
    from sensor_screen.core.segments import SegmentParams, SegmentSamples, SegmentStart
    from sensor_screen.model import Floats

SIZE = 39
GRAVITY = np.array([0.0, 0.0, 9.81])
POSITION, AXIS, NEUTRAL = slice(30, 33), slice(33, 36), slice(36, 39)
SIGN = (1.0, -1.0)  # the position is that of the shank minus that of the foot


def turn(s: int) -> slice:
    return slice(15 * s, 15 * s + 3)


def velocity(s: int) -> slice:
    return slice(15 * s + 3, 15 * s + 6)


def gyr_bias(s: int) -> slice:
    return slice(15 * s + 6, 15 * s + 9)


def acc_bias(s: int) -> slice:
    return slice(15 * s + 9, 15 * s + 12)


def lever(s: int) -> slice:
    return slice(15 * s + 12, 15 * s + 15)


def cross(v: Floats) -> Floats:
    matrix: Floats = np.cross(v, np.eye(3)).T
    return matrix


def exp(v: Floats) -> Floats:
    matrix: Floats = Rotation.from_rotvec(v).as_matrix()
    return matrix


@dataclass(frozen=True)
class DenseBlock:
    """What Rauch, Tung and Striebel need of one update."""

    sample: int
    transition: Floats  # (39, 39) from the errors after the block before to those before this one
    predicted: Floats  # (39, 39) covariance before the measurements
    posterior: Floats  # (39, 39) after them
    correction: Floats  # (39,)
    rotation: Floats  # (2, 3, 3) after them
    flexion: Floats  # (39,) row that makes the flexion error of all errors


@dataclass
class DenseEstimate:
    """The filter's answer, and its present state."""

    rotation: list[Floats]
    velocity: list[Floats]
    position: Floats
    gyr_bias: list[Floats]
    acc_bias: list[Floats]
    lever: list[Floats]
    axis: list[Floats]
    neutral: Floats
    covariance: Floats
    spread: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    share: float = 1.0
    unheard: list[int] = field(default_factory=lambda: [0, 0])  # samples in the present gap
    heard_again: list[int] = field(default_factory=lambda: [0, 0])  # samples since
    felt: list[Floats] = field(default_factory=lambda: [np.zeros(3), np.zeros(3)])
    blocks: list[DenseBlock] = field(default_factory=list)
    rotations: list[Floats] = field(default_factory=list)  # of every sample
    shares: list[float] = field(default_factory=list)  # of every sample

    @property
    def last_at(self) -> dict[int, DenseBlock]:
        """By sample; a restart is a block of its own, at the sample of the one before."""
        return {block.sample: block for block in self.blocks}

    @property
    def ends(self) -> Floats:
        """(m,) samples at which blocks end."""
        return np.array(list(self.last_at))

    @property
    def flexion_variances(self) -> Floats:
        """(m,) after each block."""
        return np.array([b.flexion @ b.posterior @ b.flexion for b in self.last_at.values()])


def filter_densely(
    samples: SegmentSamples, start: SegmentStart, clone_at: int, params: SegmentParams
) -> DenseEstimate:
    """The whole recording, sample by sample."""
    now = _begin(start, params)
    dt, block = 1.0 / samples.rate_hz, round(samples.rate_hz / params.update_rate_hz)
    flat, still = _rests(samples, params)
    push, noise = np.zeros((2, 3)), np.zeros((2, 2))
    clone, cloned = np.eye(SIZE), False
    for k in range(len(samples)):
        if k:
            push, noise = _integrate(now, samples, k, push, noise, params)
            _listen(now, samples, k, params)
        if k and k % block == 0:
            F = _transition(now, push, block * dt) @ clone
            predicted = F @ now.covariance @ F.T + _process_noise(noise, block * dt, params)
            now.covariance, clone = predicted, np.eye(SIZE)
            correction = np.zeros(SIZE)
            if not any(now.unheard):
                part = slice(k - block + 1, k + 1)
                resting = k // block % 2 if still[part].all() else None
                is_flat = flat[part].mean() >= 0.5
                correction = _measure(now, samples.gyr_radps[k], resting, is_flat, params)
                _correct(now, correction)
                if k > clone_at:
                    _follow_axis(now, samples.gyr_radps[k], block * dt, start, params)
            _remember(now, k, F, predicted, correction)
            if any(now.unheard):
                _restart(now, k, samples.rate_hz, params)
            if k >= clone_at and not cloned:
                clone, cloned = _clone(now), True
            push, noise = np.zeros((2, 3)), np.zeros((2, 2))
        now.rotations.append(np.stack(now.rotation))
        now.shares.append(now.share)
    return now


def smooth_densely(estimate: DenseEstimate) -> tuple[Floats, Floats]:
    """(m, 2, 3, 3) smoothed orientations and (m,) flexion variances at the block ends."""
    blocks = estimate.blocks
    shift, P = np.zeros(SIZE), blocks[-1].posterior
    rotation, variance = [], []
    for block, after in zip(blocks[::-1], [None, *blocks[:0:-1]], strict=True):
        if after is not None:
            gain = _gain(block, after)
            shift = gain @ (after.correction + shift)
            P = block.posterior + gain @ (P - after.predicted) @ gain.T
        if after is None or after.sample != block.sample:
            rotation.append(np.stack([exp(shift[turn(s)]) @ block.rotation[s] for s in range(2)]))
            variance.append(block.flexion @ P @ block.flexion)
    return np.array(rotation[::-1]), np.array(variance[::-1])


def _gain(block: DenseBlock, after: DenseBlock) -> Floats:
    """P F' / predicted P. Scaled, since units differ; and with a trifle on the diagonal, since the
    clone makes the covariance singular."""
    P = after.predicted
    scale = np.sqrt(np.where(np.diag(P) > 0.0, np.diag(P), 1.0))
    regular = P / np.outer(scale, scale) + 1e-12 * np.eye(SIZE)
    crossed = (after.transition @ block.posterior) / scale[:, None]
    gain: Floats = np.linalg.solve(regular, crossed).T / scale
    return gain


def _begin(start: SegmentStart, params: SegmentParams) -> DenseEstimate:
    rotation = []
    for up, axis in zip(start.up, start.axis, strict=True):
        north = axis - up * (axis @ up)
        rotation.append(np.array([north, np.cross(up, north), up]))
        rotation[-1] /= np.linalg.norm(rotation[-1], axis=1, keepdims=True)
    sigma = np.zeros(SIZE)
    tilt, heading = params.tilt_start_sigma_rad, params.heading_start_sigma_rad
    for s in range(2):
        sigma[turn(s)] = [tilt, tilt, np.hypot(tilt, heading)]
        sigma[velocity(s)] = params.velocity_start_sigma_mps
        sigma[gyr_bias(s)] = params.gyr_bias_start_sigma_radps
        sigma[acc_bias(s)] = params.acc_bias_start_sigma_mps2
        sigma[lever(s)] = params.lever_start_sigma_m
    sigma[POSITION] = params.position_start_sigma_m
    P = np.diag(sigma**2)
    j = start.axis[0] / np.linalg.norm(start.axis[0])
    P[AXIS, AXIS] = params.axis_start_sigma_rad**2 * (np.eye(3) - 0.99 * np.outer(j, j))
    return DenseEstimate(
        rotation=rotation,
        velocity=[np.zeros(3), np.zeros(3)],
        position=rotation[1] @ start.lever_m[1] - rotation[0] @ start.lever_m[0],
        gyr_bias=list(start.gyr_bias_radps),
        acc_bias=list(start.acc_bias_mps2),
        lever=list(start.lever_m),
        axis=[v / np.linalg.norm(v) for v in start.axis],
        neutral=rotation[0].T @ rotation[1],
        covariance=P,
    )


def _rests(samples: SegmentSamples, params: SegmentParams) -> tuple[Floats, Floats]:
    """(n,) and (n,) 1 where the foot has been flat, and both sensors still, for long enough."""
    rate = np.linalg.norm(samples.gyr_radps, axis=2)
    force = np.linalg.norm(samples.acc_mps2, axis=2)
    foot_flat = (rate[:, 1] < 0.7) & (np.abs(force[:, 1] - 9.81) < 1.2)
    flat, still = np.zeros(len(samples)), np.zeros(len(samples))
    flat_run = still_run = 0
    rest_force = force[0]
    for k in range(1, len(samples)):
        if still_run == 0:
            rest_force = force[k]
        quiet = (rate[k] < 0.06).all() and (np.abs(force[k] - rest_force) < 0.2).all()
        flat_run, still_run = (flat_run + 1) * foot_flat[k], (still_run + 1) * quiet
        flat[k] = flat_run >= round(params.flat_s * samples.rate_hz)
        still[k] = still_run >= round(params.still_s * samples.rate_hz)
    return flat, still


def _integrate(
    now: DenseEstimate,
    samples: SegmentSamples,
    k: int,
    push: Floats,
    noise: Floats,
    params: SegmentParams,
) -> tuple[Floats, Floats]:
    """One step of strapdown integration; returns the sums since the last update."""
    dt = 1.0 / samples.rate_hz
    push, noise = push.copy(), noise.copy()
    for s in range(2):
        acc, gyr = samples.acc_mps2[k - 1 : k + 1, s], samples.gyr_radps[k - 1 : k + 1, s]
        rate = (gyr[1] if samples.interval_mean else gyr.mean(axis=0)) - now.gyr_bias[s]
        turned = now.rotation[s] @ exp(rate * dt)
        before, after = acc - now.acc_bias[s]
        force = 0.5 * (now.rotation[s] @ before + turned @ after)
        now.position = now.position + SIGN[s] * (
            now.velocity[s] * dt + 0.5 * (force - GRAVITY) * dt**2
        )
        now.velocity[s] = now.velocity[s] + (force - GRAVITY) * dt
        now.rotation[s] = turned
        push[s] += force * dt
        acc_extra, gyr_extra = samples.extra_noise[k, s]
        turning = params.gyr_scale_noise * np.linalg.norm(rate)
        shaking = params.acc_scale_noise * (np.linalg.norm(acc[1]) - 9.81)
        noise[s, 0] += dt * (params.gyr_noise_radps**2 + turning**2 + gyr_extra**2)
        noise[s, 1] += dt**2 * (params.acc_noise_mps2**2 + shaking**2 + acc_extra**2)
    return push, noise


def _listen(now: DenseEstimate, samples: SegmentSamples, k: int, params: SegmentParams) -> None:
    """Count the samples of a gap; after a long one, sum what is felt in the room."""
    for s in range(2):
        if samples.extra_noise[k, s, 1] >= params.missing_gyr_radps:
            now.unheard[s] += 1
            now.heard_again[s], now.felt[s] = 0, np.zeros(3)
        elif now.unheard[s] > params.bridged_gap_s * samples.rate_hz:
            now.heard_again[s] += 1
            force = samples.acc_mps2[k, s] - now.acc_bias[s]
            now.felt[s] = now.felt[s] + now.rotation[s] @ force
        else:
            now.unheard[s] = 0


def _restart(now: DenseEstimate, k: int, rate_hz: float, params: SegmentParams) -> None:
    """The sensors that were lost stand up and look where their axes meet; all else is kept."""
    lost = [s for s in range(2) if now.unheard[s]]
    if any(now.heard_again[s] < params.listen_s * rate_hz for s in lost):
        return
    for s in lost:
        up, felt = np.array([0.0, 0.0, 1.0]), now.felt[s] / np.linalg.norm(now.felt[s])
        about = np.cross(felt, up)
        about *= np.arctan2(np.linalg.norm(about), felt @ up) / np.linalg.norm(about)
        now.rotation[s] = exp(about) @ now.rotation[s]
    x, y, _ = np.transpose([now.rotation[s] @ now.axis[s] for s in range(2)])
    away = np.arctan2(y[0], x[0]) - np.arctan2(y[1], x[1])
    newest = lost[-1]
    heading = np.array([0.0, 0.0, away if newest == 1 else -away])
    now.rotation[newest] = exp(heading) @ now.rotation[newest]
    now.position = now.rotation[1] @ now.lever[1] - now.rotation[0] @ now.lever[0]
    now.velocity = [np.zeros(3), np.zeros(3)]
    variance = np.zeros(SIZE)
    tilt = params.restart_tilt_sigma_rad**2
    for s in range(2):
        variance[velocity(s)] = params.restart_velocity_sigma_mps**2
        if s in lost:
            variance[turn(s)] = [tilt, tilt, tilt + params.heading_start_sigma_rad**2]
    variance[POSITION] = params.position_start_sigma_m**2
    keep = np.diag((variance == 0.0).astype(float))
    now.covariance = keep @ now.covariance @ keep + np.diag(variance)
    now.unheard, now.heard_again = [0, 0], [0, 0]
    now.felt = [np.zeros(3), np.zeros(3)]
    _remember(now, k, keep, now.covariance, np.zeros(SIZE))


def _remember(now: DenseEstimate, k: int, F: Floats, predicted: Floats, correction: Floats) -> None:
    after = (np.stack(now.rotation), _flexion_row(now))
    now.blocks.append(DenseBlock(k, F, predicted, now.covariance, correction, *after))


def _transition(now: DenseEstimate, push: Floats, time: float) -> Floats:
    F = np.eye(SIZE)
    for s in range(2):
        R, force = now.rotation[s], cross(push[s])
        F[turn(s), gyr_bias(s)] = -R * time
        F[velocity(s), turn(s)] = -force
        F[velocity(s), acc_bias(s)] = -R * time
        F[POSITION, velocity(s)] = SIGN[s] * time * np.eye(3)
        F[POSITION, turn(s)] = -0.5 * SIGN[s] * time * force
        F[POSITION, acc_bias(s)] = -0.5 * SIGN[s] * time**2 * R
    return F


def _process_noise(noise: Floats, time: float, params: SegmentParams) -> Floats:
    variance = np.zeros(SIZE)
    for s in range(2):
        variance[turn(s)], variance[velocity(s)] = noise[s]
        variance[gyr_bias(s)] = time * params.gyr_bias_walk_radps**2
        variance[acc_bias(s)] = time * params.acc_bias_walk_mps2**2
        variance[lever(s)] = time * params.lever_walk_m**2
    return np.diag(variance)


def _measure(
    now: DenseEstimate, gyr: Floats, resting: int | None, flat: bool, params: SegmentParams
) -> Floats:
    """All measurements of one block; returns the errors that they tell."""
    R, H = now.rotation, np.zeros((3, SIZE))
    arm = [R[s] @ now.lever[s] for s in range(2)]
    H[:, turn(0)], H[:, turn(1)] = -cross(arm[0]), cross(arm[1])
    H[:, POSITION], H[:, lever(0)], H[:, lever(1)] = np.eye(3), R[0], -R[1]
    apart = now.position + arm[0] - arm[1]
    errors = _update(now, np.zeros(SIZE), H, -apart, params.joint_sigma_m**2)
    H = np.zeros((3, SIZE))
    if resting is None:
        axis = [R[s] @ now.axis[s] for s in range(2)]
        H[:, turn(0)], H[:, turn(1)], H[:, AXIS] = -cross(axis[0]), cross(axis[1]), R[0]
        errors = _update(now, errors, H, axis[1] - axis[0], params.axis_sigma_rad**2)
    else:  # the two sensors take turns, so each counts double
        H[:, gyr_bias(resting)] = np.eye(3)
        off = gyr[resting] - now.gyr_bias[resting]
        errors = _update(now, errors, H, off, 0.5 * params.still_sigma_radps**2)
    H, at, v = np.zeros((3, SIZE)), velocity(1), now.velocity[1]
    H[:, at] = np.eye(3)
    variance = params.velocity_sigma_mps**2
    if flat:  # a floor that moves is believed less
        variance = params.foot_flat_sigma_mps**2
        surprise = np.sum(v**2 / (np.diag(now.covariance[at, at]) + variance))
        variance *= max(1.0, surprise / 9.0)
    return _update(now, errors, H, -v, variance)


def _update(now: DenseEstimate, errors: Floats, H: Floats, z: Floats, variance: float) -> Floats:
    """A measurement z = H e + noise in Joseph's form; returns the errors."""
    P, noise = now.covariance, variance * np.eye(3)
    K = np.linalg.solve(H @ P @ H.T + noise, H @ P).T
    keep = np.eye(SIZE) - K @ H
    now.covariance = keep @ P @ keep.T + K @ noise @ K.T
    return errors + K @ (z - H @ errors)


def _correct(now: DenseEstimate, errors: Floats) -> None:
    for s in range(2):
        now.rotation[s] = exp(errors[turn(s)]) @ now.rotation[s]
        now.velocity[s] = now.velocity[s] + errors[velocity(s)]
        now.gyr_bias[s] = now.gyr_bias[s] + errors[gyr_bias(s)]
        now.acc_bias[s] = now.acc_bias[s] + errors[acc_bias(s)]
        now.lever[s] = now.lever[s] + errors[lever(s)]
    now.position = now.position + errors[POSITION]
    now.axis[0] = now.axis[0] + errors[AXIS]
    now.axis[0] /= np.linalg.norm(now.axis[0])
    now.neutral = exp(errors[NEUTRAL]) @ now.neutral


def _follow_axis(
    now: DenseEstimate, gyr: Floats, time: float, start: SegmentStart, params: SegmentParams
) -> None:
    """One step of power iteration towards the main direction of the relative angular velocity."""
    relative = now.rotation[0].T @ now.rotation[1]
    w = gyr[1] - now.gyr_bias[1] - relative.T @ (gyr[0] - now.gyr_bias[0])
    now.spread = (1.0 - time / params.axis_forgetting_s) * now.spread + time * np.outer(w, w)
    total = np.trace(now.spread)
    now.share = float(np.linalg.eigvalsh(now.spread)[-1] / total) if total >= 0.9 else 1.0
    if now.share >= params.axis_share:
        first = start.axis[1] / np.linalg.norm(start.axis[1])
        axis = (now.spread + params.axis_weight_rad2ps * np.outer(first, first)) @ now.axis[1]
        now.axis[1] = axis / np.linalg.norm(axis)


def _clone(now: DenseEstimate) -> Floats:
    """The neutral pose is now; returns how its error is made of the others."""
    G = np.eye(SIZE)
    G[NEUTRAL] = 0.0
    G[NEUTRAL, turn(0)], G[NEUTRAL, turn(1)] = -now.rotation[0].T, now.rotation[0].T
    now.neutral = now.rotation[0].T @ now.rotation[1]
    return G


def _flexion_row(now: DenseEstimate) -> Floats:
    row = np.zeros(SIZE)
    row[turn(1)] = now.rotation[0] @ now.axis[0]
    row[turn(0)] = -row[turn(1)]
    row[NEUTRAL] = -now.axis[0]
    return row
