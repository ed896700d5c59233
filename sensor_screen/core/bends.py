"""Where each squat, lunge and point begins and ends: hills of an angle over the standing level.

Theory of operation. The zero of an angle may be unknown or drift, so every hill is judged over the
level at which the person stood just before and just after it. Two tops are two repetitions only
where the angle between them came most of the way back to that level: a pause, a wobble or a slip
at the bottom, however long, stays one repetition, and nobody has to return exactly to zero. A hill
begins where it leaves that level by a small share of its own depth and ends where it is back, which
is where an onlooker would put the marks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import RepetitionMark
from sensor_screen.units import DEGREES_PER_RADIAN, RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Floats


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
    """Who is within this share of a hill's height of the lowest value beside it stands; a rise by
    as much, outwards, ends that stand."""
    stand_s: float = 2.0
    """Only the last so much of the stand before a hill, and the first after it, gives its level."""
    least_stand_s: float = 0.2
    """A stillness from this length on is a stand."""
    still_radps: float = 4.0 * RADIANS_PER_DEGREE
    """Still means slower than this; standing people sway at 1 to 2 deg/s."""
    still_share: float = 0.1
    """Or slower than this share of the fastest moment of the way from the top."""
    undershoot_s: float = 0.6
    """For so long beside the hill an undershoot is looked for: a leg that swings through."""
    edge_share: float = 0.07
    """A repetition begins and ends this share of its depth above the level before and after it:
    between 5 and 10 %, movement is seen by eye."""
    shallow_share: float = 0.4
    """A hill below this share of the usual depth is kept, and not counted."""
    half_share: float = 0.7
    """Below this share it is counted, and marked as a half repetition."""
    posture_share: float = 0.25
    """A hill whose levels before and after differ by more than this share of its height is no
    repetition: sitting down, getting up, a step."""
    half_posture_share: float = 0.15
    """The same for a half repetition, which sitting down and getting up look most alike."""
    shortest_s: float = 0.5
    """Quicker movements are stumbles or steps."""
    longest_s: float = 12.0
    """Who moves for longer, pauses not counted, does not do one repetition."""
    longest_hold_s: float = 60.0
    """A longer pause is another posture."""
    fastest_radps: float = 230.0 * RADIANS_PER_DEGREE
    """A faster angle is a leg that swings. Squats of one second reach 150 deg/s."""
    sharpest_per_s: float = 5.5
    """Fastest moment over depth. A squat of one second has 3.8 (minimum jerk), a step 5 to 8."""
    sharpest_swing_per_s: float = 5.0
    """The same for a hill with an undershoot of `undershoot_share` of its depth."""
    undershoot_share: float = 0.08
    swing_margin_s: float = 0.5
    """So long before and after such a moment the leg may be in the air."""
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
    under_rad: float
    """How far the curve went below its levels right beside the hill."""


def find_bends(
    toward_rad: Floats,
    label: slice,
    rate_hz: float,
    params: BendParams = BendParams(),
    room: slice | None = None,
) -> list[Bend]:
    """Hills of an angle whose tops lie inside the label, in order.

    Args:
        toward_rad: (n,) angle, positive in the direction of interest, finite; its zero is free.
        label: The samples of the label.
        rate_hz: Sampling rate.
        params: Tuning.
        room: Samples; what lies outside belongs to other tasks: a foot that pumps goes further down
            than a lunge goes up, and would pass for the stand beside it.
    """
    margin = round(params.margin_s * rate_hz)
    begin, stop = max(0, label.start - margin), min(toward_rad.size, label.stop + margin)
    if room is not None:
        begin = max(begin, min(room.start, label.start))
        stop = min(stop, max(room.stop, label.stop))
    if stop - begin < 3:
        return []
    curve = _smooth(toward_rad[begin:stop], params.smoothing_s * rate_hz)
    level = _standing_level(_without_swings(curve, rate_hz, params), rate_hz, params)
    open_ends = (begin == 0, stop == toward_rad.size)
    tops = _find_tops(curve, level, open_ends, params)
    hills = _bound_hills(curve, tops, open_ends, rate_hz, params)
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

    return np.asarray(gaussian_filter1d(values, max(width, 1e-3), mode="nearest"))


def _without_swings(curve: Floats, rate_hz: float, params: BendParams) -> Floats:
    """(n,) the curve with straight lines where the leg is in the air: nobody stands there."""
    from scipy.ndimage import maximum_filter1d

    fast = (np.abs(np.gradient(curve)) * rate_hz > params.fastest_radps).astype(np.uint8)
    swings = maximum_filter1d(fast, 2 * round(params.swing_margin_s * rate_hz) + 1) > 0
    if not swings.any() or swings.all():
        return curve
    at = np.arange(curve.size)
    return np.interp(at, at[~swings], curve[~swings])


def _standing_level(curve: Floats, rate_hz: float, params: BendParams) -> Floats:
    """(n,) a low percentile of the curve around each sample, at a tenth of a second's grain."""
    from scipy.ndimage import percentile_filter

    step = max(1, round(0.1 * rate_hz))
    coarse = curve[::step]
    size = min(coarse.size, max(3, round(params.level_window_s * rate_hz / step)))
    low = percentile_filter(coarse, 100.0 * params.level_share, size=size, mode="nearest")
    return np.interp(np.arange(curve.size), np.arange(coarse.size) * step, low)


def _find_tops(
    curve: Floats, level: Floats, open_ends: tuple[bool, bool], params: BendParams
) -> list[int]:
    """One top for each hill; at an end of the recording also the top of a hill that is cut off."""
    from scipy.signal import find_peaks

    low = float(curve.min()) - 1.0
    ends = [low if is_open else np.inf for is_open in open_ends]
    padded = np.concatenate([ends[:1], curve, ends[1:]])
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
        # At an end of the recording there may be nothing to come back to.
        free = (i == 0 and open_ends[0], i + 1 == len(tops) and open_ends[1])
        before, start, under = _find_stand(curve[left : top + 1][::-1], free[0], rate_hz, params)
        after, end, after_under = _find_stand(curve[top : right + 1], free[1], rate_hz, params)
        known = [level for level in (before, after) if np.isfinite(level)]
        base = max(known) if known else float(curve[left : right + 1].min())
        depth = float(curve[top]) - base
        under = max(under, after_under)
        hills.append(_Hill(top, top - start, top + end + 1, before, after, depth, under))
    return hills


def _find_stand(
    away: Floats, free: bool, rate_hz: float, params: BendParams
) -> tuple[float, int, float]:
    """Level of the stand nearest to a top, how far from the top it is reached, and the undershoot.

    Outwards from the half height the first stillness is the stand, unless the curve falls on from
    there to another one without a rise: then it was a pause half-way. Where nobody stood still, as
    between two quick squats, it is the lowest value before the next rise.

    Args:
        away: (m,) the curve from the top outwards.
        free: The recording ends there: the hill may be cut off, and then has no level.
        rate_hz: Sampling rate.
        params: Tuning.
    """
    height = float(away[0] - away.min())
    first = int(np.flatnonzero(away <= away[0] - 0.5 * height)[0])
    lowest = np.minimum.accumulate(away[first:])
    turned = np.flatnonzero(away[first:] > lowest + params.band_share * height)
    last = first + (int(turned[0]) if turned.size else away.size - first)
    speed = np.abs(_slope(away)) * rate_hz if away.size > 1 else np.zeros(1)
    still_radps = max(params.still_radps, params.still_share * float(speed[: first + 1].max()))
    stands = _runs(speed[first:last] <= still_radps, round(params.least_stand_s * rate_hz))
    if stands:
        chosen = stands[0]
        for later in stands[1:]:
            fall = np.median(away[first:][chosen]) - np.median(away[first:][later])
            if fall > params.band_share * height:
                chosen = later
        begin = first + chosen.start
        stood = away[begin : min(first + chosen.stop, begin + round(params.stand_s * rate_hz))]
        level = _lower_quartile(stood)
    else:
        level = float(away[first:last].min())
    reached = int(np.flatnonzero(away <= level + params.edge_share * (away[0] - level))[0])
    if free and not stands and not turned.size and away.size - reached < params.stand_s * rate_hz:
        return float("nan"), away.size - 1, 0.0
    soon = away[reached : reached + round(params.undershoot_s * rate_hz)]
    return level, reached, float(level - soon.min()) if soon.size else 0.0


def _runs(mask: Bools, shortest: int) -> list[slice]:
    """Unbroken stretches of at least so many samples."""
    padded = np.concatenate([[False], mask, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [slice(a, b) for a, b in pairs if b - a >= max(1, shortest)]


def _slope(values: Floats) -> Floats:
    """(n,) of at least two, a sample: what `np.gradient` gives, at a third of its time."""
    slope = np.empty(values.size)
    slope[0], slope[-1] = values[1] - values[0], values[-1] - values[-2]
    slope[1:-1] = (values[2:] - values[:-2]) / 2.0
    return slope


def _lower_quartile(values: Floats) -> float:
    """Of at least one: what `np.percentile` gives, at a tenth of its time."""
    ordered = np.sort(values)
    at = 0.25 * (ordered.size - 1)
    below = int(at)
    one, other = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    share, apart = at - below, other - one
    return other - apart * (1.0 - share) if share >= 0.5 else one + apart * share


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
    reason = _why_not(hill, share, float(part.max()), duration_s, pause_s, params)
    return Bend(
        start=begin + hill.start,
        end=begin + hill.end,
        top=begin + hill.top,
        depth_rad=hill.depth_rad,
        reason=reason,
        quality=tuple(mark for mark, _ in said),
        notes=tuple(words for _, words in said),
    )


def _why_not(
    hill: _Hill,
    share: float,
    fastest_radps: float,
    duration_s: float,
    pause_s: float,
    params: BendParams,
) -> str:
    """Why a hill is no repetition that counts; empty where it is one."""
    moving_s = duration_s - (pause_s if pause_s >= params.pause_s else 0.0)
    swings = hill.under_rad > params.undershoot_share * hill.depth_rad
    sharpest = params.sharpest_swing_per_s if swings else params.sharpest_per_s
    sharp = math.isfinite(params.fastest_radps) and fastest_radps > sharpest * hill.depth_rad
    changed_rad = abs(hill.before_rad - hill.after_rad)
    half = share < params.half_share
    posture_share = params.half_posture_share if half else params.posture_share
    faults = (
        (not np.isfinite(changed_rad), "cut off by the end of the recording"),
        (share < params.shallow_share, f"shallow: {100 * share:.0f} % as far as the others"),
        (duration_s < params.shortest_s, f"too quick: {duration_s:.1f} s"),
        (
            sharp or fastest_radps > params.fastest_radps,
            f"too fast: {DEGREES_PER_RADIAN * fastest_radps:.0f} deg/s, like the swing of a step",
        ),
        (pause_s > params.longest_hold_s, f"held for {pause_s:.0f} s, like another posture"),
        (moving_s > params.longest_s, f"too slow: {moving_s:.1f} s"),
        (
            changed_rad > posture_share * hill.depth_rad,
            "it ends in another posture than it began, like sitting down",
        ),
    )
    return next((words for fault, words in faults if fault), "")


def _longest_pause(speed: Floats, rate_hz: float, params: BendParams) -> float:
    """Longest stillness between the descent and the return, seconds."""
    from scipy.ndimage import uniform_filter1d

    slow = uniform_filter1d(speed, max(1, round(0.3 * rate_hz)))
    moving = np.flatnonzero(slow > params.pause_speed_share * slow.max())
    return float(np.diff(moving).max() / rate_hz) if moving.size > 1 else 0.0
