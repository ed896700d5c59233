"""One screen: a session in, a report out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.pipeline import MeasureOptions, PipelineParams
from sensor_screen.core.symmetry import compare_sides
from sensor_screen.errors import MeasurementError
from sensor_screen.judgement import Case, Claims, Language, ScreeningReport
from sensor_screen.model import AngleMark, Origin, Placement, Side, SignOrigin, Task
from sensor_screen.rules.claims import restrain
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.rulebook import RuleBook, shipped_rulebook
from sensor_screen.session.case import Session, measure_session, refuse_disorder
from sensor_screen.session.received import TIMING_ESTIMATED
from sensor_screen.units import NORMAL_95
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.model import LegMeasures, Recording


UNKNOWN_CLOCK_S = 0.05
"""1 sigma. Clocks are not known against each other from this residual on."""
LEAST_VALID_SHARE = 0.8
"""With less of the angle than this valid, every face says so first: a choice of ours, no limit of
the method. Of ten sample people only the one with bad data has less on a leg."""
LEAST_QUALITY = 0.5
"""Below it the report calls a calibration poor."""


def screen_session(
    session: Session,
    *,
    earlier: Sequence[Session] = (),
    claims: Claims = Claims.CLINICIAN,
    language: Language = Language.ENGLISH,
    options: MeasureOptions = MeasureOptions(),
    rulebook: RuleBook | None = None,
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> ScreeningReport:
    """Measure and judge one session of one person.

    Capacity and demand are compared within one recording only: between two attachments of the
    sensors the zero differs.

    Args:
        session: Recordings and answers of one occasion.
        earlier: Sessions of the same person, oldest first, to compare with.
        claims: Whom the report is for, and so what it may say.
        language: What it is said in.
        options: The user's decisions.
        rulebook: The shipped one where None.
        params: Tuning of the stages.
        progress: Called with the name of each step as it begins.

    Raises:
        ScreenError: Nothing that was asked for could be measured; says why and what to do.
    """
    book = rulebook or shipped_rulebook()
    case, lost = open_case(
        session, earlier, book, options=options, params=params, progress=progress
    )
    legs = case.now.legs
    _refuse_nothing(legs)
    progress("findings and advice")
    return ScreeningReport(
        origin=_origin(session.recordings),
        source="; ".join(r.source for r in session.recordings if r.source),
        legs=legs,
        judgement=restrain(judge(case, book), claims),
        missing=(*(sentence for leg in legs for sentence in leg.missing), *lost),
        marks=name_marks(session.recordings, legs),
        software_version=__version__,
        claims=claims,
        language=language,
        answers=session.answers,
        comparisons=compare_sides(legs),
        recorded_on=session.recorded_on,
    )


def open_case(
    session: Session,
    earlier: Sequence[Session],
    book: RuleBook,
    *,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Case, tuple[str, ...]]:
    """Everything that is judged, measured; and why any recording gave nothing.

    Raises:
        ScreenError: A session gave no measure at all, or an earlier one is none.
    """
    refuse_disorder(session, earlier)
    before = []
    for number, old in enumerate(earlier, start=1):
        progress(f"earlier session {number} of {len(earlier)}")
        measures, _ = measure_session(old, book, options=options, params=params)
        before.append(measures)
    now, lost = measure_session(session, book, options=options, params=params, progress=progress)
    return Case(now, tuple(before)), lost


def _refuse_nothing(legs: tuple[LegMeasures, ...]) -> None:
    """A report without one trustworthy measure would only look like one."""
    if any(r.stride is not None for leg in legs if leg.angle is None for r in leg.repetitions):
        return  # A lone foot knows where its strides went.
    why = next((s for leg in legs for s in leg.missing), "no task is labelled or was found")
    why = why.rstrip(".")
    trusted = any(leg.sway or (leg.angle is not None and leg.angle.valid.any()) for leg in legs)
    if not trusted:
        raise MeasurementError(
            "recording",
            f"nothing in it can be trusted ({why})",
            "record again with a still stand, pumps (toes up first) and both sensors firmly on",
        )
    if not any(leg.sway or any(r.counted for r in leg.repetitions) for leg in legs):
        raise MeasurementError(
            "recording",
            f"there is no squat, step, kick or stance to report ({why})",
            "label the tasks (`import csv --tasks F`) or repeat them with a short rest between; "
            "the bare curve is there with `angles`",
        )


def _origin(recordings: Sequence[Recording]) -> Origin:
    simulated = any(r.origin is Origin.SIMULATED for r in recordings)
    return Origin.SIMULATED if simulated else Origin.MEASURED


def name_marks(recordings: Sequence[Recording], legs: tuple[LegMeasures, ...]) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    marks = []
    if _origin(recordings) is Origin.SIMULATED:
        marks.append("simulated: no person was measured")
    if any(leg.clock.origin == "movement" for leg in legs if leg.angle is not None):
        marks.append("estimated timing: the sensors' clocks were matched by the movement itself")
    if any(title.endswith(f": {TIMING_ESTIMATED}") for one in recordings for title in one.notes):
        marks.append(
            "estimated timing: a sensor sends no time, and its samples are timed by their arrival"
        )
    marks += [
        f"{leg.side}: nothing in the movement shows how the clocks of shank and foot relate; the "
        "angle is right only if both were started together"
        for leg in legs
        if leg.angle is not None and _has_unknown_clock(leg)
    ]
    marks += _found_marks(legs)
    for leg in legs:
        if leg.angle is not None and leg.angle.marks.any():
            marks += _angle_marks(leg)
        marks += _doubts(leg)
        if leg.calibration is not None and leg.calibration.sign_origin is SignOrigin.USER:
            marks.append(f"{leg.side}: which way is dorsiflexion is the user's word")
    return tuple(dict.fromkeys(marks))


def _found_marks(legs: Sequence[LegMeasures]) -> list[str]:
    """That nobody labelled what was measured, and how sure each stretch is."""
    marks = []
    for leg in legs:
        named = [
            f"{task.task.value.replace('_', ' ')} {task.start_s:.0f} to {task.end_s:.0f} s "
            f"({100 * task.confidence:.0f} %)"
            for task in leg.found_tasks
            if task.task not in (Task.STAND, Task.MOVE)
        ]
        if named:
            side = f"{leg.side} leg" if leg.side is not Side.NONE else "leg"
            marks.append(f"{side}: found {', '.join(named)}")
    words = "tasks were found by the program, not labelled; the confidence of each is in brackets"
    return [words, *marks] if marks else []


def _has_unknown_clock(leg: LegMeasures) -> bool:
    return leg.clock.origin == "movement" and leg.clock.residual_s >= UNKNOWN_CLOCK_S


def _doubts(leg: LegMeasures) -> list[str]:
    """A lone foot, an angle that is not valid for long, and a poor calibration."""
    marks = []
    if set(leg.cleaning) == {Placement.FOOT}:
        marks.append(f"{leg.side}: single sensor, on the foot: there is no ankle angle")
    if leg.angle is not None and leg.angle.valid.size:
        share = float(leg.angle.valid.mean())
        if share < LEAST_VALID_SHARE:
            marks.append(f"{leg.side}: the angle is valid in {100 * share:.0f} % of the time only")
    calibration = leg.calibration
    if calibration is not None and calibration.quality < LEAST_QUALITY:
        error_deg = math.degrees(NORMAL_95 * calibration.axis_error_rad)
        marks.append(f"{leg.side}: poor calibration, axis known to {error_deg:.0f} deg (95 %)")
    return marks


def _angle_marks(leg: LegMeasures) -> list[str]:
    if leg.angle is None:
        return []
    marks = []
    if (leg.angle.marks & int(AngleMark.SINGLE_SENSOR)).any():
        marks.append(f"{leg.side}: single sensor, the shank's inclination stands for the ankle")
    if leg.angle.method == "gravity plane":
        marks.append(f"{leg.side}: fall-back angle, 3 deg uncertain")
    return marks
