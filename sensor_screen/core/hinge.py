"""Does this joint turn about one axis, and which? Found without assuming that it does.

Heading between the two sensors comes from the acceleration of the joint centre, which both sensors
must agree on; no flexion axis enters. What is left between shank and foot is the true relative
rotation, and the principal direction of its rate is the flexion axis. A plain principal axis of one
gyroscope is up to 35 deg wrong when the whole leg is waved about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import to_matrix, unit

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Floats


@dataclass(frozen=True, slots=True)
class HingeParams:
    """Tuning of the hinge evidence."""

    window_s: float = 10.0
    """Heading of a 6-axis orientation drifts; within one window it is taken as constant."""
    rate_hz: float = 50.0
    """Working rate; the movement of a leg needs no more here."""
    quiet_radps: float = 0.3
    """A window whose relative rate is below this RMS says nothing about the axis."""
    clip_margin_s: float = 0.06
    """Samples this close to a clipped or missing one are left out."""


@dataclass(frozen=True, slots=True)
class HingeEvidence:
    """The axis of the relative rotation, and how much of the rotation is about it."""

    shank_axis: Floats  # (3,) unit, sign arbitrary but common to both
    foot_axis: Floats  # (3,)
    share: float
    """Of the squared relative rate about the axis, whole stretch: 1 is a perfect hinge."""
    window_start_s: Floats  # (w,) start of each moving window
    window_share: Floats  # (w,) its own largest share about any one axis
    heading_confidence: float
    """0 to 1: agreement of the horizontal joint accelerations, median of windows."""
    shank_lever_m: Floats  # (3,) sensor to joint centre
    foot_lever_m: Floats  # (3,)


@dataclass(frozen=True, slots=True)
class _Joint:
    """Both sensors at the working rate."""

    time_s: Floats
    acc: Floats  # (n, 2, 3)
    gyr: Floats  # (n, 2, 3)
    lever_matrix: Floats  # (n, 2, 3, 3): acceleration at the joint centre = acc + matrix @ lever
    orientation: Floats  # (n, 2, 4) earth_from_sensor, headings unrelated
    usable: Bools  # (n,)


def find_hinge(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    orientation: Floats,
    doubtful: Bools,
    params: HingeParams = HingeParams(),
) -> HingeEvidence | None:
    """Axis and share of the relative rotation of two sensors.

    Args:
        time_s: (n,) regular.
        acc_mps2: (n, 2, 3) specific force of shank and foot.
        gyr_radps: (n, 2, 3) bias-free angular velocity.
        orientation: (n, 2, 4) earth_from_sensor of each sensor by a 6-axis filter.
        doubtful: (n,) clipped or missing samples.
        params: Tuning.

    Returns:
        None where no window holds enough movement.
    """
    joint = _reduce(time_s, acc_mps2, gyr_radps, orientation, doubtful, params)
    if joint.usable.sum() < 50:
        return None
    levers = fit_levers(joint.acc[joint.usable], joint.lever_matrix[joint.usable])
    windows = [
        found
        for start in np.arange(joint.time_s[0], joint.time_s[-1], params.window_s)
        if (found := _measure_window(joint, levers, start, params)) is not None
    ]
    if not windows:
        return None
    spread = np.sum([w.spread for w in windows], axis=0)  # (2, 3, 3)
    axes = [np.linalg.eigh(spread[s])[1][:, -1] for s in range(2)]
    mixed = np.sum([w.mixed for w in windows], axis=0)
    if axes[0] @ mixed @ axes[1] < 0:
        axes[1] = -axes[1]
    values = np.linalg.eigvalsh(spread[0])
    return HingeEvidence(
        shank_axis=axes[0],
        foot_axis=axes[1],
        share=float(values[-1] / values.sum()),
        window_start_s=np.array([w.start_s for w in windows]),
        window_share=np.array([w.share for w in windows]),
        heading_confidence=float(np.median([w.confidence for w in windows])),
        shank_lever_m=levers[:3],
        foot_lever_m=levers[3:6],
    )


@dataclass(frozen=True, slots=True)
class _Window:
    start_s: float
    spread: Floats  # (2, 3, 3) sum of w w' in each sensor's frame
    mixed: Floats  # (3, 3) sum of w_shank w_foot'
    share: float
    confidence: float


def _reduce(
    time_s: Floats,
    acc: Floats,
    gyr: Floats,
    orientation: Floats,
    doubtful: Bools,
    params: HingeParams,
) -> _Joint:
    from scipy.ndimage import maximum_filter1d
    from scipy.signal import savgol_filter

    rate_hz = 1.0 / (time_s[1] - time_s[0])
    size = max(5, int(0.05 * rate_hz) | 1)
    step = max(1, round(rate_hz / params.rate_hz))
    angular_acc = savgol_filter(gyr, size, 2, deriv=1, delta=1.0 / rate_hz, axis=0)[::step]
    rate = gyr[::step]
    margin = 2 * int(params.clip_margin_s * rate_hz) + 1
    near = maximum_filter1d(doubtful.astype(np.uint8), margin)[::step] > 0
    return _Joint(
        time_s=time_s[::step],
        acc=acc[::step],
        gyr=rate,
        lever_matrix=cross_matrix(angular_acc) + cross_matrix(rate) @ cross_matrix(rate),
        orientation=orientation[::step],
        usable=~near,
    )


def cross_matrix(vector: Floats) -> Floats:
    """The matrix of a cross product: (..., 3, 3) that turns b into a x b."""
    zero = np.zeros_like(vector[..., 0])
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def fit_levers(acc_mps2: Floats, lever_matrix: Floats, steps: int = 8) -> Floats:
    """(12,) lever arms and accelerometer biases that make the joint accelerations equally long.

    Gauss-Newton with Huber weights on | |a1 - b1 + K1 r1| - |a2 - b2 + K2 r2| | (Seel 2012, eq. 4,
    with biases). Weak priors, 0.3 m and 0.2 m/s2, keep directions that the movement does not show.

    Args:
        acc_mps2: (n, 2, 3).
        lever_matrix: (n, 2, 3, 3).
        steps: Gauss-Newton steps.
    """
    thin = max(1, len(acc_mps2) // 4000)
    acc, matrix = acc_mps2[::thin], lever_matrix[::thin]
    x = np.full(12, 0.01)
    x[6:] = 0.0
    prior = np.r_[np.full(6, 1 / 0.3**2), np.full(6, 1 / 0.2**2)]
    for _ in range(steps):
        force = acc - x[6:].reshape(2, 3) + np.einsum("nsij,sj->nsi", matrix, x[:6].reshape(2, 3))
        norm = np.linalg.norm(force, axis=2)
        along = force / norm[..., None]
        along[:, 1] *= -1.0
        residual = norm[:, 0] - norm[:, 1]
        by_lever = np.einsum("nsi,nsij->nsj", along, matrix).reshape(-1, 6)
        jacobian = np.concatenate([by_lever, -along.reshape(-1, 6)], axis=1)
        scale = 1.5 * np.median(np.abs(residual)) + 1e-6
        weight = 1.0 / np.maximum(1.0, np.abs(residual) / scale) / scale**2
        # Neighbouring samples err together: count every tenth as independent.
        weighted = jacobian * (0.1 * weight)[:, None]
        normal = weighted.T @ jacobian + np.diag(prior)
        x = x - np.linalg.solve(normal, weighted.T @ residual + prior * x)
    return x


def _measure_window(
    joint: _Joint, levers: Floats, start_s: float, params: HingeParams
) -> _Window | None:
    first, stop = np.searchsorted(joint.time_s, [start_s, start_s + params.window_s])
    part = first + np.flatnonzero(joint.usable[first:stop])
    if len(part) < 3.0 / (joint.time_s[1] - joint.time_s[0]):
        return None
    turn = to_matrix(joint.orientation[part])  # (n, 2, 3, 3)
    centre = joint.acc[part] - levers[6:].reshape(2, 3)
    centre = centre + np.einsum("nsij,sj->nsi", joint.lever_matrix[part], levers[:6].reshape(2, 3))
    world = np.einsum("nsij,nsj->nsi", turn, centre)
    flat = world[..., 0] + 1j * world[..., 1]
    product = flat[:, 0] * np.conj(flat[:, 1])
    heading = np.angle(product.sum())
    confidence = np.abs(product.sum()) / max(np.abs(product).sum(), 1e-9)
    c, s = np.cos(heading), np.sin(heading)
    yaw = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    shank_from_foot = np.einsum("nji,jk,nkl->nil", turn[:, 0], yaw, turn[:, 1])
    in_shank = np.einsum("nij,nj->ni", shank_from_foot, joint.gyr[part, 1]) - joint.gyr[part, 0]
    if np.sqrt(np.mean(np.sum(in_shank**2, axis=1))) < params.quiet_radps:
        return None
    in_foot = np.einsum("nji,nj->ni", shank_from_foot, in_shank)
    spread = np.stack([in_shank.T @ in_shank, in_foot.T @ in_foot])
    values = np.linalg.eigvalsh(spread[0])
    return _Window(
        start_s=float(start_s),
        spread=spread,
        mixed=in_shank.T @ in_foot,
        share=float(values[-1] / values.sum()),
        confidence=float(confidence),
    )


def principal_axis(gyr_radps: Floats) -> tuple[Floats, float]:
    """Leading direction of one gyroscope, and its share of the squared rate."""
    values, vectors = np.linalg.eigh(gyr_radps.T @ gyr_radps)
    return unit(vectors[:, -1]), float(values[-1] / values.sum())
