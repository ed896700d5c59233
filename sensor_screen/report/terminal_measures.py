"""What was measured on one leg, in letters: repetitions, curve, and how good it all is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS, reference_capacity
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.model import AxisOrigin, Condition, Direction, SignOrigin, Task, ZeroMode
from sensor_screen.report.terminal_curve import draw_curve
from sensor_screen.report.terminal_lens import LABEL_WIDTH
from sensor_screen.report.terminal_page import figure
from sensor_screen.rules.texts import TASK_NAMES, ankle_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import (
        AngleTrace,
        Calibration,
        CleaningCounts,
        ClockMap,
        Demand,
        LegMeasures,
        Placement,
        Repetition,
        SideComparison,
    )
    from sensor_screen.report.terminal_page import Page

MOVEMENTS = {Direction.DORSIFLEXION: "bend", Direction.PLANTARFLEXION: "point"}

_MOST_LISTED = 24
_NORMAL_95 = 1.96
_ZEROS = {
    ZeroMode.GRAVITY_VERTICAL: "shank vertical over a flat foot",
    ZeroMode.QUIET_STANDING: "quiet standing",
}
_AXES = {
    AxisOrigin.PUMPS: "axis from the ankle pumps",
    AxisOrigin.MOVEMENT: "axis estimated from the movement itself",
    AxisOrigin.GIVEN: "axis as given",
}
_SIGNS = {
    SignOrigin.PUMPS: "direction from the pumps",
    SignOrigin.SWING: "direction from the swing of the leg",
    SignOrigin.SQUAT: "direction from a squat",
    SignOrigin.USER: "direction as given by the user",
    SignOrigin.UNKNOWN: "direction not known: bend and point may be exchanged",
}


def list_repetitions(leg: LegMeasures, page: Page) -> list[str]:
    """A row for each task and direction: typical peak, then each repetition."""
    lines = []
    for task, directions in DIRECTIONS.items():
        reps = [r for r in leg.repetitions if r.task == task]
        if not reps:
            continue
        for direction in directions:
            lines += _list_peaks(leg, task, direction, page)
        lines += _list_impacts(reps, page)
        lines += _left_out(reps, page)
    return lines


def _list_impacts(reps: Sequence[Repetition], page: Page) -> list[str]:
    """How far the ankle points just before each ball contact, and what full scale hides."""
    kicks = [r.kick for r in reps if r.kick is not None and r.counted]
    points = [
        f"{math.degrees(-kick.plantarflexion_before_impact_rad):.0f}".replace("-", "−")
        for kick in kicks
        if kick.struck and math.isfinite(kick.plantarflexion_before_impact_rad)
    ]
    indent = " " * LABEL_WIDTH
    lines = []
    if points:
        text = f"point just before the ball: {' '.join(points[:_MOST_LISTED])}"
        lines += page.paragraph(text, first=indent, indent=indent + "  ")
    clipped = sum(kick.clipped for kick in kicks)
    if clipped:
        text = f"{clipped} of {len(kicks)} reach the sensors' full scale round the ball"
        lines += page.paragraph(text, first=indent, indent=indent + "  ", style="dim")
    return lines


def _list_peaks(leg: LegMeasures, task: Task, direction: Direction, page: Page) -> list[str]:
    measured = _find_peaks(leg, task, direction)
    if measured is None:
        return []
    typical_rad, sigma_rad, peaks_rad = measured
    peaks = [f"{math.degrees(peak):.0f}".replace("-", "−") for peak in peaks_rad]
    more = len(peaks) - _MOST_LISTED
    listed = " ".join(peaks[:_MOST_LISTED]) + (f" … {more} more" if more > 0 else "")
    typical = figure(math.degrees(typical_rad), _NORMAL_95 * math.degrees(sigma_rad), "°")
    label = page.words(TASK_NAMES[task]).ljust(LABEL_WIDTH)
    head = label + MOVEMENTS[direction].ljust(7) + page.words(typical).ljust(13)
    return page.paragraph(listed, first=head, indent=" " * len(head))


def _find_peaks(
    leg: LegMeasures, task: Task, direction: Direction
) -> tuple[float, float, tuple[float, ...]] | None:
    """Best trial of a range test or typical peak of a task, its sigma, and all peaks."""
    if task in RANGE_TESTS:
        for capacity in leg.capacities:
            if (capacity.condition, capacity.direction) == (task.value, direction):
                return capacity.value_rad, capacity.sigma_rad, capacity.trials_rad
    for demand in leg.demands:
        if (demand.task, demand.direction) == (task, direction):
            return demand.typical_rad, demand.sigma_rad, demand.peaks_rad
    return None


def _left_out(reps: Sequence[Repetition], page: Page) -> list[str]:
    """What was not counted, by reason."""
    reasons = [r.reason for r in reps if not r.counted]
    lines = []
    for reason in dict.fromkeys(reasons):
        text = f"{reasons.count(reason)} of {len(reps)} not counted: {reason}"
        indent = " " * LABEL_WIDTH
        lines += page.paragraph(text, first=indent, indent=indent + "  ", style="dim")
    return lines


def show_curve(leg: LegMeasures, page: Page) -> list[str]:
    """The angle over the recording, with its own end ranges."""
    if leg.angle is None:
        return []
    ends_deg = [
        math.degrees(capacity.value_rad) * (1.0 if direction == Direction.DORSIFLEXION else -1.0)
        for direction in Direction
        if (capacity := reference_capacity(leg.capacities, leg.side, direction))
    ]
    curve = draw_curve(leg.angle, leg.repetitions, ends_deg, page)
    if not curve:
        return []
    title = "Angle over the recording: up is bend, down is point"
    return ["", *page.heading(title, "dotted: own end range" if ends_deg else ""), *curve]


def list_exposure(leg: LegMeasures, page: Page) -> list[str]:
    """Time near the own end range, and whether the peaks changed from first to last."""
    lines = []
    for demand in leg.demands:
        words = [*_exposure_words(demand), *_trend_words(demand)]
        if words:
            name = f"{TASK_NAMES[demand.task].capitalize()}, {MOVEMENTS[demand.direction]}: "
            lines += page.paragraph(name + "; ".join(words) + ".", indent="  ")
    return lines


def _exposure_words(demand: Demand) -> list[str]:
    exposure = demand.exposure
    if exposure is None or exposure.time_high_s == 0.0:
        return []
    speed = ""
    if math.isfinite(exposure.entry_velocity_radps):
        speed = f", entered at {math.degrees(exposure.entry_velocity_radps):.0f}°/s"
    return [
        f"{exposure.time_s:.1f} s in {exposure.entries} entries beyond "
        f"{100 * exposure.share:.0f} % of the end range "
        f"({exposure.time_low_s:.1f} to {exposure.time_high_s:.1f} s within the error){speed}"
    ]


def _trend_words(demand: Demand) -> list[str]:
    """Only a change beyond its own scatter is worth a line."""
    trend = demand.trend
    if trend is None or abs(trend.change_rad) <= _NORMAL_95 * trend.sigma_rad:
        return []
    change = figure(
        abs(math.degrees(trend.change_rad)), _NORMAL_95 * math.degrees(trend.sigma_rad), "°"
    )
    way = "grew" if trend.change_rad > 0 else "fell"
    return [f"peaks {way} by {change} from the first third to the last"]


def list_comparisons(comparisons: Sequence[SideComparison], page: Page) -> list[str]:
    """A row for each end range and typical peak of both legs; *alike* is within the 95 % error."""
    lines = []
    for one in comparisons:
        test, _, direction = one.what.partition(", ")
        if one.measure not in ("end range", "typical peak") or test == Condition.SEATED:
            continue
        name = f"{test} {MOVEMENTS[Direction(direction)]}"
        left, right = (f"{math.degrees(value):.0f}°" for value in (one.left, one.right))
        gap = figure(abs(math.degrees(one.difference)), _NORMAL_95 * math.degrees(one.sigma), "°")
        told = abs(one.difference) > _NORMAL_95 * one.sigma
        larger = "left larger" if one.difference > 0 else "right larger"
        lines.append(_columns(page, name, left, right, gap) + (larger if told else "alike"))
    if not lines:
        return []
    return [_columns(page, "", "left", "right", "differ by"), *lines]


def _columns(page: Page, name: str, left: str, right: str, gap: str) -> str:
    words = [page.words(word) for word in (name, left, right, gap)]
    return "".join(word.ljust(width) for word, width in zip(words, (19, 7, 7, 13), strict=True))


def describe_quality(leg: LegMeasures, page: Page) -> list[str]:
    """How far this leg's figures can be trusted, and why."""
    words = [] if leg.angle is None else [_describe_angle(leg.angle)]
    if leg.calibration is not None:
        words.append(_describe_calibration(leg.calibration))
    if len(leg.cleaning) > 1:
        words.append(_describe_clock(leg.clock))
    words += [_describe_samples(placement, counts) for placement, counts in leg.cleaning.items()]
    lines = page.paragraph(f"Quality, {ankle_name(leg.side)}. " + " ".join(words))
    for reason in () if leg.calibration is None else leg.calibration.reasons:
        lines += page.paragraph(reason, first="  ! ", indent="    ")
    return lines


def _describe_angle(angle: AngleTrace) -> str:
    share = 100 * float(angle.valid.mean()) if angle.valid.size else 0.0
    hinge = ""
    if math.isfinite(angle.hinge_share):
        hinge = f", {100 * angle.hinge_share:.0f} % of the movement about one axis"
    return (
        f"Angle valid in {share:.0f} % of the recording{hinge}; "
        f"method: {angle.method}, {angle.rate_hz:.0f} Hz."
    )


def _describe_calibration(calibration: Calibration) -> str:
    quality = calibration.quality
    word = "good" if quality >= 0.8 else "fair" if quality >= 0.5 else "poor"
    error_deg = math.degrees(calibration.axis_error_rad)
    unsure = "" if calibration.neutral_verified else ", a guess because nobody stood still"
    return (
        f"Calibration {word} (alignment known to {error_deg:.1f}°, "
        f"{_AXES[calibration.axis_origin]}, {_SIGNS[calibration.sign_origin]}; "
        f"zero: {_ZEROS[calibration.zero_mode]}{unsure})."
    )


def _describe_clock(clock: ClockMap) -> str:
    if clock.origin == "movement":
        return (
            f"Clocks brought together from the movement: offset {1e3 * clock.offset_s:.0f} ms, "
            f"known to {1e3 * clock.residual_s:.0f} ms.".replace("-", "−")
        )
    if clock.origin == "shared":
        return "One clock for both sensors."
    return f"Clocks as the source gave them, known to {1e3 * clock.residual_s:.0f} ms."


def _describe_samples(placement: Placement, counts: CleaningCounts) -> str:
    total = counts.received + counts.missing
    found = {
        "lost": counts.missing,
        "filled": counts.filled,
        "clipped": counts.clipped,
        "held": counts.held,
        "late": counts.late,
        "doubled": counts.duplicate,
        "not a number": counts.nonfinite,
    }
    faults = [f"{count} {word}" for word, count in found.items() if count]
    share = f" ({100 * counts.missing / total:.1f} % lost)" if counts.missing else ""
    sensor = placement.value.capitalize()
    return f"{sensor}: {counts.received} samples, {', '.join(faults) or 'none lost'}{share}."
