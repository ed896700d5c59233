"""Cases by hand: legs of known peaks, and answers by their names."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sensor_screen.judgement import Answers, Case, Language, SessionMeasures
from sensor_screen.model import Capacity, Condition, Direction, RepetitionMark, Side, Task, ZeroMode
from sensor_screen.rules.concern import weigh_concern
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.quality_rules import apply_quality_rules, hide_poor
from sensor_screen.rules.range_rules import apply_range_rules
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.task_rules import apply_task_rules
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures, repetition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sensor_screen.judgement import (
        Answer,
        Concern,
        Finding,
        PatternLabel,
        RedFlag,
        RuleResult,
        Statement,
    )
    from sensor_screen.model import LegMeasures

BOOK = shipped_rulebook()
VOICES = {language: Voice(language) for language in Language}
SWAP = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}
Asked = dict[tuple[str, Side], "Answer"]


def asked(side: Side = Side.NONE, **values: Answer) -> Asked:
    """Answers by item: `entries__lunge_cm=9.0` is `entries.lunge_cm`."""
    return {(name.replace("__", "."), side): value for name, value in values.items()}


def left(**values: Answer) -> Asked:
    return asked(Side.LEFT, **values)


def right(**values: Answer) -> Asked:
    return asked(Side.RIGHT, **values)


def case(*legs: LegMeasures, answers: Mapping[tuple[str, Side], Answer] | None = None) -> Case:
    return Case(SessionMeasures(tuple(legs), Answers(answers or {})))


def leg(
    side: Side = Side.LEFT,
    *,
    zero_mode: ZeroMode = ZeroMode.GRAVITY_VERTICAL,
    bend_deg: float | None = 40.0,
    point_deg: float | None = 55.0,
    sigma_deg: float = 1.0,
    pumped_deg: float | None = None,
    lifted: int = 0,
    **peaks_deg: Sequence[float],
) -> LegMeasures:
    """One leg; the heel comes up in the first `lifted` of its squats."""
    reps = ankle(side, bend_deg=bend_deg, point_deg=point_deg, sigma_deg=sigma_deg, **peaks_deg)
    squats = [i for i, rep in enumerate(reps) if rep.task is Task.SQUAT]
    for i in squats[:lifted]:
        reps[i] = replace(reps[i], quality=(RepetitionMark.HEEL_LIFT,))
    # A leg without a single repetition would lose its side.
    made = leg_measures(reps or [repetition(Task.SQUAT, side=side, reason="none")])
    assert made.calibration is not None
    made = replace(made, calibration=replace(made.calibration, zero_mode=zero_mode))
    if pumped_deg is None:
        return made
    end, sigma = math.radians(pumped_deg), math.radians(sigma_deg)
    seated = Capacity(side, Direction.DORSIFLEXION, Condition.SEATED, end, sigma, (end,))
    return replace(made, capacities=(*made.capacities, seated))


def judge_rules(one: Case) -> tuple[tuple[Finding, ...], tuple[RuleResult, ...]]:
    """Findings and results of range, task and quality rules, poor data hidden."""
    quality = apply_quality_rules(one, BOOK)
    findings = hide_poor(find_positions(one.now.legs, BOOK), quality)
    ranges = apply_range_rules(one, findings, BOOK)
    return findings, (*ranges, *apply_task_rules(one, findings, BOOK), *quality)


def weigh(
    one: Case,
    more: Iterable[RuleResult] = (),
    *,
    patterns: tuple[PatternLabel, ...] = (),
    flags: tuple[RedFlag, ...] = (),
) -> tuple[Concern, ...]:
    findings, results = judge_rules(one)
    return weigh_concern(one, findings, (*results, *more), patterns, flags, BOOK)


def pick(results: Iterable[RuleResult], rule: str, side: Side | None = None) -> RuleResult:
    """The one result of a rule, of one leg where a side is named."""
    (found,) = [r for r in results if r.rule == rule and side in (None, r.side)]
    return found


def say(statement: Statement | None, language: Language = Language.ENGLISH) -> str:
    assert statement is not None
    return VOICES[language].say(statement)


def mirror_case(one: Case) -> Case:
    """The same person with left and right exchanged."""
    return Case(_mirror_session(one.now), tuple(_mirror_session(s) for s in one.earlier))


def _mirror_session(session: SessionMeasures) -> SessionMeasures:
    answers = {(item, SWAP[side]): v for (item, side), v in session.answers.values.items()}
    legs = tuple(mirror_leg(one) for one in session.legs)
    return replace(session, legs=legs, answers=Answers(answers))


def mirror_leg(one: LegMeasures) -> LegMeasures:
    side = SWAP[one.side]
    return replace(
        one,
        side=side,
        repetitions=tuple(replace(r, side=side) for r in one.repetitions),
        capacities=tuple(replace(c, side=side) for c in one.capacities),
        demands=tuple(replace(d, side=side) for d in one.demands),
    )


# --- random people -------------------------------------------------------------------------------

SOME_PEOPLE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A person has some forty answers and peaks, which takes a while to draw."""

PLACES = ("front", "front_inner", "front_outer", "back", "back_outer", "back_inner", "diffuse")
FRONT_PLACES, BACK_PLACES = PLACES[:3], PLACES[3:6]
COMPLAINTS = (
    *("squat_pain", "uphill_pain", "sprint_pain", "kick_pain", "downhill_pain", "pointing_pain"),
    "locks",
)
PAINS = ("lunge", "point", "squat", "stairs_up", "stairs_down", "kick", "balance", "walk")
OFTEN = ("never", "sometimes", "repeatedly")


_TASKS = ("squat", "stairs_up", "stairs_down", "kick")
_DEG = st.integers(2, 60).map(float)
_ANSWERED = st.fixed_dictionaries(
    {},
    optional={
        "symptoms.where": st.sampled_from(PLACES).map(lambda place: (place,))
        | st.sampled_from([("front", "back"), ("diffuse", "front_outer"), ()]),
        "symptoms.gives_way": st.sampled_from(OFTEN),
        "entries.lunge_cm": st.integers(30, 180).map(lambda mm: mm / 10.0),
        "entries.dorsiflexion_active_deg": st.integers(2, 30).map(float),
        **{f"symptoms.{name}": st.booleans() for name in COMPLAINTS},
        **{f"pain.{name}": st.integers(0, 10).map(float) for name in PAINS},
    },
)
_MEASURED = st.fixed_dictionaries(
    {
        "bend_deg": st.none() | st.integers(5, 55).map(float),
        "point_deg": st.none() | st.integers(20, 80).map(float),
        "sigma_deg": st.sampled_from([0.3, 1.0, 2.0, 4.0]),
    },
    optional={task: st.tuples(_DEG) for task in _TASKS},
)


@st.composite
def people(draw: st.DrawFn) -> Case:
    """Both legs with any end range and any tasks, and some of the answers."""
    both = (Side.LEFT, Side.RIGHT)
    answers = {(item, side): v for side in both for item, v in draw(_ANSWERED).items()}
    return case(*(leg(side, **draw(_MEASURED)) for side in both), answers=answers)
