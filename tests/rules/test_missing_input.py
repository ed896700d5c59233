"""What was not measured or asked is never judged, whatever is missing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.judgement import Case, Level, RuleResult, SessionMeasures
from sensor_screen.model import LegMeasures, Side
from sensor_screen.rules.balance_rules import apply_balance_rules
from sensor_screen.rules.changes import compare, judge_changes
from sensor_screen.rules.exposure_rules import apply_exposure_rules
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.kick_rules import apply_kick_rules
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.rules.made_sessions import by_id, leg, session, standing

BOOK = shipped_rulebook()


def judged(case: Case) -> dict[str, RuleResult]:
    findings = find_positions(case.now.legs, BOOK)
    return by_id(
        (
            *apply_kick_rules(case, findings, BOOK),
            *apply_balance_rules(case, BOOK),
            *apply_exposure_rules(case, BOOK),
            *judge_changes(compare(case, BOOK), BOOK),
        )
    )


@pytest.mark.parametrize("sides", [(), (Side.LEFT,), (Side.LEFT, Side.RIGHT)])
def test_legs_of_which_nothing_is_known(sides: tuple[Side, ...]) -> None:
    empty = session(*(standing(side) for side in sides), answers={"goals.protect_back": True})
    results = judged(Case(empty, (empty,) * 5))
    assert {r.level for r in results.values()} <= {Level.UNJUDGED}
    assert {r.rule for r in results.values()} == (
        {"K1", "K2", "K3", "K4", "B1", "B2", "B3", "B4", "I1"} if sides else set()
    )


angles = st.none() | st.floats(5.0, 60.0)
peaks = st.lists(st.floats(2.0, 70.0), max_size=7)


@st.composite
def legs(draw: st.DrawFn, side: Side) -> LegMeasures:
    tasks = {name: found for name in ("squat", "kick") if (found := draw(peaks))}
    made = leg(side, bend_deg=draw(angles), point_deg=draw(angles), **tasks)
    return made if made.repetitions else standing(side)


@st.composite
def sessions(draw: st.DrawFn) -> SessionMeasures:
    return session(*(draw(legs(side)) for side in (Side.LEFT, Side.RIGHT) if draw(st.booleans())))


@settings(max_examples=40)
@given(sessions(), st.lists(sessions(), max_size=4))
def test_a_level_needs_a_value(now: SessionMeasures, earlier: list[SessionMeasures]) -> None:
    for result in judged(Case(now, tuple(earlier))).values():
        if result.level is not Level.UNJUDGED:
            assert result.value == result.value, "not nan"
            assert result.rests_on
            assert set(result.rests_on) <= {n for t in BOOK.tables().values() for n in t}
