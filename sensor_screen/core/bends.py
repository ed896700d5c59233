"""Where each squat, lunge and point begins and ends: hills of an angle over the local standing level.

Theory of operation. The zero of an angle may be unknown or drift, so every hill is judged over the
level at which the person stood just before and just after it. Two tops are two repetitions only
where the angle between them came most of the way back to that level: a pause, a wobble or a slip
at the bottom, however long, stays one repetition, and nobody has to return exactly to zero. A hill
begins where it leaves that level by a small share of its own depth and ends where it is back, which
is where an onlooker would put the marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import RepetitionMark
from sensor_screen.units import DEGREES_PER_RADIAN, RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class BendParams:
    """What makes a hill of an angle a squat, a lunge or a point."""

    smoothing_s: float = 0.05
    """Standard deviation of the bell laid over the angle before hills are sought; a squat of one
    second loses 1 % of its depth by it."""
    least_depth_rad: float = 5.0 * RADIANS_PER_DEGREE
    """Below this nothing is a repetition: it is the size of the measurement error."""
    split_share: float = 0.5
    """Two tops are two repetitions where the dip between them is this share of the lower one's
    height over the standing level. Half of the way back is what a pause half-way up looks like."""
    level_window_s: float = 30.0
    """The standing level is sought in so much time around each sample: long enough for the slowest
    squat with a pause, short enough for a drifting zero."""
    level_share: float = 0.08
    """It is the value below which the angle stays for this share of that time. The lowest value
    itself would be that of a single step."""
    band_share: float = 0.2
    """Who is within this share of a hill's height of the standing level stands."""
    stand_s: float = 2.0
    """Only the last so much of the stand before a hill, and the first after it, gives its level."""
    edge_share: float = 0.07
    """A repetition begins and ends this share of its depth above the level before and after it:
    between 5 and 10 %, movement is seen by eye."""
    shallow_share: float = 0.35
    """A hill below this share of the usual depth is kept, and not counted."""
    half_share: float = 0.7
    """Below this share it is counted, and marked as a half repetition."""
    posture_share: float = 0.3
    """A hill below `half_share` whose levels before and after differ by more than this share of its
    height is no repetition: sitting down, getting up, a change of stance."""
    shortest_s: float = 0.6
    """Quicker movements are stumbles or steps."""
    longest_s: float = 12.0
    """Who moves for longer, pauses not counted, does not do one repetition."""
    longest_hold_s: float = 60.0
    """A longer pause is another posture."""
    fastest_radps: float = 230.0 * RADIANS_PER_DEGREE
    """A faster angle is a leg that swings. Squats of one second reach 150 deg/s."""
    pause_s: float = 1.0
    """A stillness from this length on is told as a pause."""
    pause_speed_share: float = 0.15
    """Still means slower than this share of the fastest moment of the repetition."""
    margin_s: float = 2.0
    """How far a repetition may reach over the edge of its label; its top must lie inside."""


@dataclass(frozen=True, slots=True)
class Bend:
    """One hill as half-open samples, with what must be said of it."""

    start: int
    end: int
    top: int
    depth_rad: float
    """Over the higher of the levels before and after."""
    reason: str = ""
    """Why it is not to be counted; empty where it is."""
    quality: tuple[RepetitionMark, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hill:
    """A hill with its surroundings, before it is judged."""

    top: int
    start: int
    end: int
    before_rad: float
    """Level before it; nan where the recording began in it."""
    after_rad: float
    depth_rad: float


def find_bends(
    toward_rad: Floats, label: slice, rate_hz: float, params: BendParams = BendParams()
) -> list[Bend]:
    """Hills of an angle whose tops lie inside the label, in order.

    Args:
        toward_rad: (n,) angle, positive in the direction of interest, finite; its zero is free.
        label: The samples of the label.
        rate_hz: Sampling rate.
        params: Tuning.
    """
    margin = round(params.margin_s * rate_hz)
    begin, stop = max(0, label.start - margin), min(toward_rad.size, label.stop + margin)
    if stop - begin < 3:
        return []
    curve = _smooth(toward_rad[begin:stop], params.smoothing_s * rate_hz)
    level = _standing_level(curve, rate_hz, params)
    open_ends = (begin == 0, stop == toward_rad.size)
    tops = _find_tops(curve, level, open_ends, params)
    hills = _bound_hills(curve, level, tops, open_ends, rate_hz, params)
    inside = [hill for hill in hills if label.start <= hill.top + begin < label.stop]
    speed = np.gradient(curve) * rate_hz
    usual = _usual_depth(inside, speed, params)
    least = max(params.least_depth_rad, 0.5 * params.shallow_share * usual)
    return [
        _judge(hill, begin, speed, usual, rate_hz, params)
        for hill in inside
        if hill.depth_rad >= least
    ]


def _smooth(values: Floats, width: float) -> Floats:
    from scipy.ndimage import gaussian_filter1d

    smooth: Floats = gaussian_filter1d(values, max(width, 1e-3), mode="nearest")
    return smooth


def _standing_level(curve: Floats, rate_hz: float, params: BendParams) -> Floats:
    """(n,) a low percentile of the curve around each sample, at a tenth of a second's grain."""
    from scipy.ndimage import percentile_filter

    step = max(1, round(0.1 * rate_hz))
    coarse = curve[::step]
    size = min(coarse.size, max(3, round(params.level_window_s * rate_hz / step)))
    low = percentile_filter(coarse, 100.0 * params.level_share, size=size, mode="nearest")
    level: Floats = np.interp(np.arange(curve.size), np.arange(coarse.size) * step, low)
    return level


def _find_tops(
    curve: Floats, level: Floats, open_ends: tuple[bool, bool], params: BendParams
) -> list[int]:
    """One top for each hill; at an end of the recording also the top of a hill that is cut off."""
    from scipy.signal import find_peaks

    low = float(curve.min()) - 1.0
    padded = np.concatenate(
        [[low if open_ends[0] else np.inf], curve, [low if open_ends[1] else np.inf]]
    )
    found, _ = find_peaks(padded, prominence=0.5 * params.least_depth_rad)
    tops = [int(top) - 1 for top in found]
    heights = [float(curve[top] - level[top]) for top in tops]
    usual = float(np.percentile(heights, 75.0)) if heights else 0.0
    kept: list[int] = []
    for top in tops:
        # A shallow wobble may lie between two dips that are none by themselves: what is merged is
        # compared again with the one before it.
        kept.append(top)
        while len(kept) > 1 and not _are_two(curve, level, kept[-2], kept[-1], usual, params):
            last = kept.pop()
            kept[-1] = max(kept[-1], last, key=lambda i: float(curve[i]))
    return kept


def _are_two(
    curve: Floats, level: Floats, one: int, other: int, usual: float, params: BendParams
) -> bool:
    lower = min(float(curve[one]), float(curve[other]))
    dip = lower - float(curve[one : other + 1].min())
    height = lower - min(float(level[one]), float(level[other]))
    return dip >= params.split_share * max(height, params.shallow_share * usual)


def _bound_hills(
    curve: Floats,
    level: Floats,
    tops: list[int],
    open_ends: tuple[bool, bool],
    rate_hz: float,
    params: BendParams,
) -> list[_Hill]:
    """Each hill between its neighbours, with the levels at which the person stood beside it."""
    hills = []
    for i, top in enumerate(tops):
        left = tops[i - 1] if i else 0
        right = tops[i + 1] if i + 1 < len(tops) else curve.size - 1
        band = float(level[top]) + params.band_share * float(curve[top] - level[top])
        stand = round(params.stand_s * rate_hz)
        before, start = _side(curve[left : top + 1][::-1], band, stand, params)
        after, end = _side(curve[top : right + 1], band, stand, params)
        # At the end of the recording there may be nothing to come back to.
        if start is None and not (i == 0 and open_ends[0]):
            before, start = (
                float(curve[left : top + 1].min()),
                top - left - int(np.argmin(curve[left : top + 1])),
            )
        if end is None and not (i + 1 == len(tops) and open_ends[1]):
            after, end = float(curve[top : right + 1].min()), int(np.argmin(curve[top : right + 1]))
        base = np.nanmax([before, after]) if np.isfinite([before, after]).any() else level[top]
        hills.append(
            _Hill(
                top=top,
                start=top - start if start is not None else left,
                end=top + end + 1 if end is not None else right + 1,
                before_rad=before,
                after_rad=after,
                depth_rad=float(curve[top] - base),
            )
        )
    return hills


def _side(away: Floats, band: float, stand: int, params: BendParams) -> tuple[float, int | None]:
    """Level of the stand nearest to a top, and how far from the top it is reached.

    Args:
        away: (m,) the curve from the top outwards.
        band: Below this the person stands.
        stand: At most so many samples give the level.
        params: Tuning.
    """
    standing = np.flatnonzero(away <= band)
    if not standing.size:
        return float("nan"), None
    first = int(standing[0])
    gone = np.flatnonzero(away[first:] > band)
    last = first + (int(gone[0]) if gone.size else away.size - first)
    stood = away[first : min(last, first + stand)]
    level = float(np.median(stood))
    edge = level + params.edge_share * (float(away[0]) - level)
    return level, int(np.flatnonzero(away <= edge)[0])


def _usual_depth(hills: list[_Hill], speed: Floats, params: BendParams) -> float:
    """Median depth of what may be a repetition; swings of the leg and fidgets left out."""
    depths = np.array(
        [
            hill.depth_rad
            for hill in hills
            if np.abs(speed[hill.start : hill.end]).max() <= params.fastest_radps
        ]
    )
    if not depths.size:
        return 0.0
    return float(np.median(depths[depths >= 0.5 * np.percentile(depths, 90.0)]))


def _judge(
    hill: _Hill, begin: int, speed: Floats, usual: float, rate_hz: float, params: BendParams
) -> Bend:
    """What counts, what does not, and what must be said of either."""
    part = np.abs(speed[hill.start : hill.end])
    duration_s = (hill.end - hill.start) / rate_hz
    pause_s = _longest_pause(part, rate_hz, params)
    share = hill.depth_rad / usual if usual > 0.0 else 1.0
    said: list[tuple[RepetitionMark, str]] = []
    if params.shallow_share <= share < params.half_share:
        words = f"It went {100 * share:.0f} % as far as is usual here: a half repetition."
        said.append((RepetitionMark.HALF, words))
    if pause_s >= params.pause_s:
        words = f"It was held still for {pause_s:.1f} s; that is one repetition, not two."
        said.append((RepetitionMark.PAUSED, words))
    cut = not np.isfinite(hill.before_rad) or not np.isfinite(hill.after_rad)
    if cut:
        end = "begins" if not np.isfinite(hill.before_rad) else "ends"
        said.append((RepetitionMark.CUT_OFF, f"The recording {end} in the middle of it."))
    reason = ""
    changed = abs(hill.before_rad - hill.after_rad)
    if cut:
        reason = "cut off by the end of the recording"
    elif share < params.shallow_share:
        reason = f"shallow: {100 * share:.0f} % as far as the others"
    elif float(part.max()) > params.fastest_radps:
        reason = f"too fast: {DEGREES_PER_RADIAN * part.max():.0f} deg/s, a leg that swings"
    elif duration_s < params.shortest_s:
        reason = f"too quick: {duration_s:.1f} s"
    elif pause_s > params.longest_hold_s:
        reason = f"held for {pause_s:.0f} s: taken for another posture"
    elif duration_s - (pause_s if pause_s >= params.pause_s else 0.0) > params.longest_s:
        reason = f"too slow: {duration_s:.1f} s"
    elif share < params.half_share and changed > params.posture_share * hill.depth_rad:
        reason = "it ends in another posture than it began, like sitting down"
    return Bend(
        start=begin + hill.start,
        end=begin + hill.end,
        top=begin + hill.top,
        depth_rad=hill.depth_rad,
        reason=reason,
        quality=tuple(mark for mark, _ in said),
        notes=tuple(words for _, words in said),
    )


def _longest_pause(speed: Floats, rate_hz: float, params: BendParams) -> float:
    """Longest stillness between the descent and the return, seconds."""
    from scipy.ndimage import uniform_filter1d

    slow = uniform_filter1d(speed, max(1, round(0.3 * rate_hz)))
    moving = np.flatnonzero(slow > params.pause_speed_share * slow.max())
    return float(np.diff(moving).max() / rate_hz) if moving.size > 1 else 0.0
