"""Changes: like with like, in smallest changes, and never more than can be told."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.capacity import CapacityEntry, measure_capacities, measure_demands
from sensor_screen.judgement import Case, Change, Level, Panel, RuleResult, SessionMeasures, Verdict
from sensor_screen.model import Condition, Direction, LegMeasures, Side, ZeroMode
from sensor_screen.rules.changes import compare, describe_change, judge_changes
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.rules.made_sessions import (
    OTHER,
    by_id,
    figures,
    leg,
    mirrored_case,
    said,
    session,
    stance,
    standing,
    zeroed,
)

BOOK = shipped_rulebook()
LUNGE, POINT = "T1-left-anterior-lunge", "T1-left-posterior-point"
Key = tuple[str, str, Panel | None, str]


def bent(*bends_deg: float, **what: object) -> Case:
    """Sessions with these bending ranges, the last one now."""
    return of([session(leg(bend_deg=b, point_deg=None, **what)) for b in bends_deg])


def of(sessions: list[SessionMeasures]) -> Case:
    return Case(sessions[-1], tuple(sessions[:-1]))


def compared(case: Case) -> dict[Key, Change]:
    changes = compare(case, BOOK).changes
    found = {(c.measure, c.what, c.panel, c.against): c for c in changes}
    assert len(found) == len({(c.side, *k) for k, c in found.items()})
    for change in changes:
        said(describe_change(change))
    return found


def judged(case: Case) -> dict[str, RuleResult]:
    return by_id(judge_changes(compare(case, BOOK), BOOK))


def lunge(case: Case, against: str = "last") -> Change:
    return compared(case)["end_range", "lunge", Panel.ANTERIOR, against]


# --- angles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "verdict", "level"),
    [
        (30.0, 34.9, Verdict.SAME, Level.GREEN),
        (30.0, 35.1, Verdict.BETTER, Level.GREEN),
        (30.0, 45.0, Verdict.BETTER, Level.GREEN),
        (30.0, 25.1, Verdict.SAME, Level.GREEN),
        (30.0, 24.9, Verdict.WORSE, Level.AMBER),
        (30.0, 20.1, Verdict.WORSE, Level.AMBER),
        (30.0, 19.9, Verdict.WORSE, Level.RED),
    ],
)
def test_a_larger_end_range_is_better(
    before: float, now: float, verdict: Verdict, level: Level
) -> None:
    change = lunge(bent(before, now))
    assert change.verdict is verdict
    assert change.difference == pytest.approx(now - before)
    assert (change.smallest, change.smallest_is_own, change.unit) == (5.0, False, "deg")
    result = judged(bent(before, now))[LUNGE]
    assert result.level is level
    assert result.value == pytest.approx(abs(now - before))
    assert not result.within_error


@pytest.mark.parametrize(("task", "smallest"), [("squat", 6.0), ("stairs_up", 6.0), ("kick", 10.0)])
def test_tasks_are_different_and_never_red(task: str, smallest: float) -> None:
    for now_deg, verdict in ((30.0 + smallest + 0.1, Verdict.DIFFERENT), (29.0, Verdict.SAME)):
        case = of([session(leg(**{task: [30.0]})), session(leg(**{task: [now_deg]}))])
        panel = Panel.POSTERIOR if task == "kick" else Panel.ANTERIOR
        change = compared(case)["typical_peak", task, panel, "last"]
        assert (change.verdict, change.smallest) == (verdict, smallest)
    case = of([session(leg(squat=[5.0])), session(leg(squat=[45.0]))])
    assert judged(case)["T1-left-anterior-squat"].level is Level.AMBER
    assert judged(case)["T1-left-anterior-squat"].red == ""


def test_excursions_do_not_depend_on_the_zero() -> None:
    old = zeroed(leg(squat=[30.0]), ZeroMode.QUIET_STANDING)
    case = of([session(old), session(leg(squat=[40.0]))])
    # The hill goes from -30 to 30 and from -40 to 40: the hand-made task moves both ways.
    change = compared(case)["excursion", "squat", None, "last"]
    assert change.difference == pytest.approx(20.0)
    assert change.verdict is Verdict.DIFFERENT


def test_another_zero_is_not_compared_and_says_why() -> None:
    old = zeroed(leg(squat=[30.0]), ZeroMode.QUIET_STANDING)
    case = of([session(old), session(leg(squat=[40.0]))])
    assert {key[0] for key in compared(case)} == {"excursion"}
    results = judged(case)
    for name in (LUNGE, POINT, "T1-left-anterior-squat"):
        assert results[name].level is Level.UNJUDGED
        assert "zero of the angle" in said(results[name].statement)[0]
    assert results["T1-left-squat"].level is Level.AMBER


def test_a_clinicians_figure_has_a_zero_of_its_own() -> None:
    def entered(one: LegMeasures, deg: float) -> LegMeasures:
        entry = CapacityEntry(Side.LEFT, Direction.PLANTARFLEXION, math.radians(deg), 0.035)
        return replace(one, capacities=measure_capacities([], entries=[entry]))

    old = zeroed(entered(leg(squat=[30.0]), 50.0), ZeroMode.QUIET_STANDING)
    case = of([session(old), session(entered(leg(squat=[30.0]), 60.0))])
    change = compared(case)["end_range", "passive", Panel.POSTERIOR, "last"]
    assert change.verdict is Verdict.BETTER
    assert judged(case)["T1-left-posterior"].level is Level.GREEN


def test_seated_pumps_are_neither_better_nor_worse() -> None:
    def pumped(deg: float) -> SessionMeasures:
        (lunged,) = leg(bend_deg=deg, point_deg=None).capacities
        seated = replace(lunged, condition=Condition.SEATED)
        return session(replace(leg(), capacities=(seated,)))

    case = of([pumped(10.0), pumped(40.0)])
    change = compared(case)["end_range", "seated", Panel.ANTERIOR, "last"]
    assert change.verdict is Verdict.DIFFERENT
    assert judged(case)["T1-left-anterior-pump"].level is Level.AMBER


def test_nothing_is_less_than_the_error_of_the_recordings() -> None:
    change = lunge(bent(30.0, 38.0, sigma_deg=3.0))
    assert change.smallest == pytest.approx(1.96 * math.hypot(3.0, 3.0))
    assert change.verdict is Verdict.SAME


# --- the own smallest change ----------------------------------------------------------------------


def test_three_earlier_sessions_give_the_own_smallest_change() -> None:
    assert not lunge(bent(30.0, 36.0, 33.0)).smallest_is_own
    change = lunge(bent(30.0, 36.0, 33.0, 40.0))
    # Differences 6 and -3: their standard deviation is 9 / sqrt 2; times 1.96.
    assert change.smallest == pytest.approx(1.96 * 9.0 / math.sqrt(2.0))
    assert change.smallest_is_own
    assert change.verdict is Verdict.SAME


def test_steady_progress_is_not_noise_and_the_floor_holds() -> None:
    change = lunge(bent(30.0, 32.0, 34.0, 38.0))
    assert change.smallest == 3.0
    assert change.verdict is Verdict.BETTER


# --- last and baseline ----------------------------------------------------------------------------


def test_the_baseline_is_the_median_of_the_first_three() -> None:
    case = bent(20.0, 30.0, 22.0, 39.0, 40.0)
    assert lunge(case, "last").before == pytest.approx(39.0)
    assert lunge(case, "baseline").before == pytest.approx(22.0)
    assert lunge(bent(20.0, 30.0, 40.0), "baseline").before == pytest.approx(25.0)
    assert ("end_range", "lunge", Panel.ANTERIOR, "baseline") not in compared(bent(20.0, 30.0))


def test_the_worst_of_last_and_baseline_is_judged() -> None:
    case = bent(20.0, 44.0, 38.0)
    assert lunge(case, "baseline").verdict is Verdict.BETTER
    assert lunge(case, "last").verdict is Verdict.WORSE
    assert judged(case)[LUNGE].level is Level.AMBER
    assert judged(case)[LUNGE].value == pytest.approx(6.0)


def test_last_is_the_latest_session_that_has_the_measure() -> None:
    case = of(
        [session(leg(bend_deg=30.0)), session(leg(bend_deg=None)), session(leg(bend_deg=40.0))]
    )
    assert lunge(case).before == pytest.approx(30.0)


def test_the_first_session_has_no_change() -> None:
    assert compared(bent(30.0)) == {}
    assert judged(bent(30.0)) == {}


# --- footwear -------------------------------------------------------------------------------------


def shod(bend_deg: float, kind: str) -> SessionMeasures:
    answers = {"footwear.kind": kind} if kind else {}
    return session(leg(bend_deg=bend_deg, point_deg=None), answers=answers)


def test_boot_against_barefoot_is_no_change_over_time() -> None:
    case = of([shod(40.0, "barefoot"), shod(30.0, "boot")])
    (change,) = compared(case).values()
    assert (change.against, change.verdict) == ("footwear", Verdict.DIFFERENT)
    assert "no change over time" in said(describe_change(change))[0]
    result = judged(case)[LUNGE]
    assert result.level is Level.UNJUDGED
    assert "no change over time" in said(result.statement)[0]


def test_like_footwear_is_compared_past_a_session_in_other() -> None:
    case = of([shod(39.0, "boot"), shod(40.0, "barefoot"), shod(30.0, "boot")])
    assert lunge(case, "last").before == pytest.approx(39.0)
    assert lunge(case, "footwear").before == pytest.approx(40.0)
    assert judged(case)[LUNGE].value == pytest.approx(9.0)


def test_footwear_that_nobody_named_is_not_another() -> None:
    assert lunge(of([shod(40.0, ""), shod(30.0, "boot")])).against == "last"


# --- standing -------------------------------------------------------------------------------------


def stood(*holds: float | tuple[float, bool]) -> Case:
    made = [h if isinstance(h, tuple) else (h, False) for h in holds]
    return of([session(standing(Side.LEFT, stance(hold_s=h, still_held=s))) for h, s in made])


def hold(case: Case) -> Change | None:
    return compared(case).get(("hold_time", "balance", None, "last"))


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (20.0, 27.9, Verdict.SAME),
        (20.0, 28.1, Verdict.BETTER),
        (20.0, 12.1, Verdict.SAME),
        (20.0, 11.9, Verdict.WORSE),
        (0.0, 0.9, Verdict.SAME),
    ],
)
def test_a_hold_changes_by_more_than_its_share(before: float, now: float, verdict: Verdict) -> None:
    change = hold(stood(before, now))
    assert change is not None
    assert change.verdict is verdict
    assert change.unit == "s"


def test_a_hold_must_change_by_more_than_the_own_change_too() -> None:
    change = hold(stood(20.0, 30.0, 20.0, 35.0))
    assert change is not None
    assert change.smallest == pytest.approx(1.96 * 20.0 / math.sqrt(2.0))
    assert (change.verdict, change.smallest_is_own) == (Verdict.SAME, True)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((20.0, True), (30.0, False), False),
        ((20.0, False), (30.0, True), True),
        ((20.0, True), (10.0, False), True),
        ((20.0, False), (10.0, True), False),
        ((20.0, True), (21.0, True), False),
        ((45.0, True), (45.0, True), True),
    ],
)
def test_a_stance_that_was_still_held_is_told_only_where_it_decides_nothing(
    before: tuple[float, bool], now: tuple[float, bool], told: bool
) -> None:
    case = stood(before, now)
    assert (hold(case) is not None) == told
    result = judged(case)["T1-left-balance"]
    assert (result.level is not Level.UNJUDGED) == told


# --- all ------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.floats(-8.0, 8.0), st.floats(35.0, 45.0), st.floats(20.0, 34.0))
def test_an_offset_of_the_zero_leaves_excursions_alone(
    offset_deg: float, bend_deg: float, squat_deg: float
) -> None:
    def moved(one: LegMeasures) -> LegMeasures:
        offset = math.radians(offset_deg)
        reps = tuple(
            replace(
                r,
                peak_dorsiflexion_rad=r.peak_dorsiflexion_rad + offset,
                peak_plantarflexion_rad=r.peak_plantarflexion_rad + offset,
            )
            for r in one.repetitions
        )
        capacities = measure_capacities(reps)
        return replace(
            one,
            repetitions=reps,
            capacities=capacities,
            demands=measure_demands(reps, capacities),
        )

    one = leg(bend_deg=bend_deg, squat=[squat_deg])
    changes = compared(of([session(one), session(moved(one))]))
    assert changes["excursion", "squat", None, "last"].difference == pytest.approx(0.0, abs=1e-9)
    assert changes["end_range", "lunge", Panel.ANTERIOR, "last"].difference == pytest.approx(
        offset_deg, abs=1e-9
    )


people = st.tuples(st.floats(5.0, 50.0), st.floats(5.0, 60.0), st.floats(2.0, 60.0))


@settings(max_examples=30)
@given(st.lists(st.tuples(people, people), min_size=1, max_size=5))
def test_mirrored_sessions_change_alike(persons: list) -> None:
    sessions = [
        session(
            *(
                replace(
                    leg(side, bend_deg=bend, squat=[squat]), sway=(stance(side, hold_s=hold_s),)
                )
                for side, (bend, squat, hold_s) in zip((Side.LEFT, Side.RIGHT), both, strict=True)
            )
        )
        for both in persons
    ]
    case, mirror = of(sessions), mirrored_case(of(sessions))
    straight, mirrored = (compare(c, BOOK) for c in (case, mirror))
    assert {replace(c, side=OTHER[c.side]) for c in straight.changes} == set(mirrored.changes)
    assert figures(judge_changes(straight, BOOK), mirror=True) == figures(
        judge_changes(mirrored, BOOK)
    )


def test_exactly_the_smallest_change_is_none_on_the_way_from_radians() -> None:
    changes = compare(of([session(leg(squat=[deg])) for deg in (18.0, 24.0)]), BOOK).changes
    (peak,) = [c for c in changes if (c.measure, c.panel) == ("typical_peak", Panel.ANTERIOR)]
    assert peak.size != 1.0, "the noise is there"
    assert peak.size == pytest.approx(1.0)
    assert peak.verdict is Verdict.SAME
