"""Does the gyroscope turn as far, and the way round, that gravity says?

Theory of operation
-------------------
Between two calm moments a leg's sensor starts and ends at (nearly) no velocity. Turned back by the
gyroscope to how the sensor was oriented at the start,

- the mean of the specific force over the time between is gravity at the start: accelerations
  cancel, because the velocity is the same before and after;
- gravity at the end is gravity at the start.

Both fail if the gyroscope is scaled wrongly or one of its axes is turned round, and both hold again
once it is put right. So every scale and every choice of signs is tried, and the one that holds best
is compared with the gyroscope as it came. Each sensor is judged alone, in any mounting.

A wrong scale moves gravity in proportion to how far the sensor is turned *in the mean*, so that
single strides and squats tell it; short and hard kicks with nothing calm around them do not, and
nothing is said of those.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, Floats

    Numbers = NDArray[np.int64]

_SCALES = np.exp(np.linspace(-np.log(64.0), np.log(64.0), 49))
"""Factors that are tried, each 1.19 times the one before."""
_SIGNS = np.array([[x, y, z] for x in (1, -1) for y in (1, -1) for z in (1, -1)], dtype=np.float64)
"""Choices of signs; the first is the gyroscope as it came."""


@dataclass(frozen=True, slots=True)
class GyroCheckParams:
    """Tuning of the check; all found on public recordings and simulation."""

    cell_s: float = 0.02
    """Samples are averaged to this: integrals stay exact, and computing stays short."""
    calm_s: float = 0.12
    """Length of a calm moment: shorter than the flat foot of a quick step."""
    calm_spread_mps2: float = 0.6
    """Scatter of the specific force in a calm moment."""
    calm_off_mps2: float = 0.8
    """Departure of its size from one g; worn sensors are 0.5 off."""
    calm_turn: float = 0.5
    """Angular velocity in a calm moment, as a share of the RMS of the recording: the scale of the
    gyroscope is what is in question."""
    shortest_s: float = 0.4
    longest_s: float = 2.5
    """Between two calm moments. Longer, and the zero-rate offset turns too far."""
    most_spans: int = 40
    """Those in which the sensor turns most; more change nothing."""
    least_spans: int = 4
    """Fewer tell nothing: single spans around a kick misjudge the scale by up to four."""
    turn_share: float = 0.3
    """Least turn of a span, as a share of the largest."""
    error_g: float = 0.07
    """How far gravity may be off in a span: 4 deg, or 0.2 m/s over 0.3 s."""
    evidence: float = 1.0
    """Least gain of the mean log error, per span, that speaks against the gyroscope."""
    right_scale: float = 1.6
    """Right recordings were found at 0.7 to 1.3 times; 2 and more is a setting."""


@dataclass(frozen=True, slots=True)
class GyroFault:
    """What would put the gyroscope right."""

    scale: float
    """Factor that its values lack; 1 where a sign is wrong."""
    signs: tuple[int, int, int]
    evidence: float
    spans: int


def find_gyro_fault(
    time_s: Floats,
    values: Floats,
    usable: Bools,
    params: GyroCheckParams = GyroCheckParams(),
) -> GyroFault | None:
    """The scale or the signs that a gyroscope lacks, or None where they are right or not told.

    Args:
        time_s: (n,) increasing.
        values: (n, 6) specific force in m/s2, angular velocity in rad/s.
        usable: (n,) False where the gyroscope is clipped: no span goes over it.
        params: Tuning.
    """
    spans = _find_spans(time_s, values, usable, params)
    if spans is None or len(spans.cells) < params.least_spans:
        return None
    # No choice gains more than the whole error: most gyroscopes are cleared by one look.
    if _log_error(spans, _SIGNS[:1], params)[0] < params.evidence:
        return None
    rough = _log_error(spans, np.concatenate([_SIGNS, _every(_SCALES[::4])]), params)
    if rough[0] - rough.min() < 0.25 * params.evidence:
        return None
    tried = np.concatenate([_SIGNS, _every(_SCALES), np.zeros((1, 3))])
    *errors, unturned = _log_error(spans, tried, params)
    best = int(np.argmin(errors))
    # A gyroscope put right must explain more than none at all: else it is not the scale.
    gain = float(min(errors[0], unturned) - errors[best])
    signs, scale = np.sign(tried[best]), float(np.abs(tried[best, 0]))
    wrong = bool((signs < 0).any()) or not 1 / params.right_scale < scale < params.right_scale
    if not wrong or gain < params.evidence:
        return None
    x, y, z = (int(s) for s in signs)
    return GyroFault(scale, (x, y, z), gain, len(spans.cells))


def _every(scales: Floats) -> Floats:
    """(c, 3) the same factor on every axis."""
    return np.repeat(scales[:, None], 3, axis=1)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Movement between calm moments, padded to one length."""

    cells: Floats  # (s, m, 6) specific force in g, angular velocity; no turn after the end
    last: Numbers  # (s,) index of the last cell
    start_g: Floats  # (s, 3) gravity at the start
    end_g: Floats  # (s, 3)
    cell_s: float


def _find_spans(
    time_s: Floats, values: Floats, usable: Bools, params: GyroCheckParams
) -> _Spans | None:
    interval_s = float(np.median(np.diff(time_s)))
    cell_s = max(params.cell_s, interval_s)
    cells, sound = _average(time_s, values, usable, cell_s)
    if not cells.shape[-1]:
        return None
    mean, calm = _find_calm(cells, sound, cell_s, params)
    turned = np.concatenate([[0.0], np.cumsum(_sizes(cells[3:]))])
    starts, ends = _pair_up(np.flatnonzero(calm), np.cumsum(~sound), cell_s, params)
    if len(starts) == 0:
        return None
    turn = turned[ends] - turned[starts]
    chosen = np.argsort(-turn, kind="stable")[: params.most_spans]
    chosen = chosen[turn[chosen] >= params.turn_share * turn.max()]
    starts, ends = starts[chosen], ends[chosen]
    last = ends - starts
    at = starts[:, None] + np.minimum(np.arange(last.max() + 1), last[:, None])
    part = cells.T[at]
    part[:, 1:, 3:] *= (np.arange(1, last.max() + 1) <= last[:, None])[..., None]
    start, end = mean[:, starts].T, mean[:, ends].T
    gravity = float(np.median(np.linalg.norm(np.concatenate([start, end]), axis=1)))
    part[..., :3] /= gravity
    return _Spans(part, last, start / gravity, end / gravity, cell_s)


def _average(time_s: Floats, values: Floats, usable: Bools, cell_s: float) -> tuple[Floats, Bools]:
    """(6, m) means over cells of equal length, and where they hold sound samples throughout."""
    step_s = np.diff(time_s)
    rows = np.ascontiguousarray(values.T)
    integral = np.zeros_like(rows)
    middle = rows[:, 1:] + rows[:, :-1]
    middle *= 0.5 * step_s
    np.cumsum(middle, axis=1, out=integral[:, 1:])
    edges = np.arange(time_s[0], time_s[-1], cell_s)
    at_edges = np.stack([np.interp(edges, time_s, row) for row in integral])
    lost = (step_s > 0.1) | ~usable[1:] | ~usable[:-1]
    if not lost.any():
        return np.diff(at_edges, axis=1) / cell_s, np.ones(len(edges) - 1, dtype=np.bool_)
    doubt = np.zeros(len(time_s))
    np.cumsum(np.where(lost, step_s, 0.0), out=doubt[1:])
    sound = np.diff(np.interp(edges, time_s, doubt)) <= 0.0
    return np.diff(at_edges, axis=1) / cell_s, sound


def _find_calm(
    cells: Floats, sound: Bools, cell_s: float, params: GyroCheckParams
) -> tuple[Floats, Bools]:
    """(3, m) mean force around each cell, and where it is gravity alone."""
    from scipy.ndimage import uniform_filter1d

    size = max(3, round(params.calm_s / cell_s) | 1)
    mean = uniform_filter1d(cells, size, axis=1)
    square = uniform_filter1d(np.einsum("im,im->m", cells[:3], cells[:3]), size)
    spread = np.sqrt(np.maximum(square - np.einsum("im,im->m", mean[:3], mean[:3]), 0.0))
    rms = np.sqrt(np.mean(np.einsum("im,im->m", cells[3:], cells[3:])))
    calm = sound & (spread < params.calm_spread_mps2)
    calm &= np.abs(_sizes(mean[:3]) - STANDARD_GRAVITY_MPS2) < params.calm_off_mps2
    calm &= _sizes(mean[3:]) < params.calm_turn * rms
    return mean[:3], calm


def _sizes(columns: Floats) -> Floats:
    """(m,) lengths of (3, m) vectors."""
    sizes: Floats = np.sqrt(np.einsum("im,im->m", columns, columns))
    return sizes


def _pair_up(
    calm: Numbers, broken: Numbers, cell_s: float, params: GyroCheckParams
) -> tuple[Numbers, Numbers]:
    """Start and end of every span: from one calm moment to the next one far enough away."""
    starts, ends, at = [], [], 0
    least = round(params.shortest_s / cell_s)
    most = round(params.longest_s / cell_s)
    cells, breaks = calm.tolist(), broken[calm].tolist()
    while at < len(cells):
        after = bisect_left(cells, cells[at] + least, at)
        if after == len(cells):
            break
        if cells[after] - cells[at] > most or breaks[after] != breaks[at]:
            at += 1
            continue
        starts.append(cells[at])
        ends.append(cells[after])
        at = after
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


def _log_error(spans: _Spans, tried: Floats, params: GyroCheckParams) -> Floats:
    """(c,) mean log error of both statements for each choice of (c, 3) factors of the gyroscope."""
    turn = 0.5 * spans.cell_s * (spans.cells[:, 1:, 3:] + spans.cells[:, :-1, 3:])
    turn = turn.transpose(1, 2, 0)[..., None] * tried.T[:, None]  # (m - 1, 3, s, c)
    half = 0.5 * np.sqrt(np.sum(turn**2, axis=1))
    cosine, turn = np.cos(half), turn * (0.5 * np.sinc(half / np.pi))[:, None]
    weight = np.where(np.arange(spans.cells.shape[1]) <= spans.last[:, None], 1.0, 0.0)
    weight[:, 0] = weight[np.arange(len(weight)), spans.last] = 0.5
    force = (spans.cells[..., :3] * (weight / spans.last[:, None])[..., None]).transpose(1, 2, 0)
    orientation = np.zeros((4, *half.shape[1:]))  # scalar first
    orientation[0] = 1.0
    total = _rotate(orientation, force[0])
    for i in range(len(turn)):
        orientation = _turn_on(orientation, cosine[i], turn[i])
        total += _rotate(orientation, force[i + 1])
    error = np.zeros(len(tried))
    for gravity in (total, _rotate(orientation, spans.end_g.T)):
        off = np.sum((gravity - spans.start_g.T[..., None]) ** 2, axis=0)
        error += np.log1p(off / params.error_g**2).mean(axis=0)
    return error


def _turn_on(orientation: Floats, cosine: Floats, part: Floats) -> Floats:
    """(4, s, c) quaternion times the one of scalar `cosine` and vector `part`."""
    w, x, y, z = orientation
    a, b, c = part
    turned: Floats = np.empty_like(orientation)
    turned[0] = w * cosine - x * a - y * b - z * c
    turned[1] = w * a + x * cosine + y * c - z * b
    turned[2] = w * b + y * cosine + z * a - x * c
    turned[3] = w * c + z * cosine + x * b - y * a
    return turned


def _rotate(orientation: Floats, vector: Floats) -> Floats:
    """(3, s, c) vectors, one a span, turned by each quaternion."""
    w, x, y, z = orientation
    a, b, c = (2.0 * component[:, None] for component in vector)
    p, q, r = y * c - z * b, z * a - x * c, x * b - y * a
    turned: Floats = np.empty((3, *w.shape))
    turned[0] = 0.5 * a + w * p + y * r - z * q
    turned[1] = 0.5 * b + w * q + z * p - x * r
    turned[2] = 0.5 * c + w * r + x * q - y * p
    return turned
