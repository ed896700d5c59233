"""The ledger: sums of weeks, front and back apart, beside the weeks before and without a limit."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import pytest

from sensor_screen.judgement import Panel, SessionMeasures
from sensor_screen.model import Side
from sensor_screen.rules.ledger import LedgerRow, compare_week, say_no_limit, sum_weeks
from tests.rules.made_sessions import OTHER, exposed, exposure, leg, mirrored_session, said, session


def squats(time_s: float, side: Side = Side.LEFT) -> SessionMeasures:
    return session(exposed(leg(side, squat=[35.0]), exposure(time_s=time_s)))


def test_a_week_adds_up_all_its_recordings() -> None:
    again = exposed(leg(squat=[35.0]), replace(exposure(time_s=2.0), unseen_s=4.0))
    twice = session(exposed(leg(squat=[35.0]), exposure(time_s=3.0)), again)
    (row,) = sum_weeks([("2026-W07", squats(10.0)), ("2026-W07", twice)])
    assert (row.week, row.side, row.panel) == ("2026-W07", Side.LEFT, Panel.ANTERIOR)
    assert (row.sessions, row.time_s, row.unseen_s, row.entries) == (2, 15.0, 4.0, 18.0)
    assert row.angle_time_degs == pytest.approx(60.0)
    assert math.isnan(row.kicks)


def test_kicks_are_counted_against_the_range_of_their_own_session() -> None:
    wide, narrow = leg(point_deg=60.0, kick=[55.0, 61.0]), leg(point_deg=50.0, kick=[55.0, 45.0])
    rows = sum_weeks([("w1", session(wide)), ("w1", session(narrow))])
    (row,) = rows
    assert (row.panel, row.kicks, row.kicks_past) == (Panel.POSTERIOR, 4.0, 2.0)
    assert math.isnan(row.time_s), "no exposure was measured"


def test_kicks_without_a_range_are_counted_only() -> None:
    (row,) = sum_weeks([("w1", session(leg(point_deg=None, kick=[55.0])))])
    assert row.kicks == 1.0
    assert math.isnan(row.kicks_past)


def test_a_week_is_compared_with_the_median_of_the_weeks_before() -> None:
    weeks = {"2026-W09": 100.0, "2026-W06": 10.0, "2026-W07": 30.0, "2026-W04": 20.0}
    rows = sum_weeks((week, squats(t)) for week, t in weeks.items())
    assert [row.week for row in rows] == sorted(weeks)
    time = {c.figure: c for c in compare_week(rows, "2026-W07")}["time_s"]
    assert (time.now, time.usual, time.weeks) == (30.0, 15.0, 2)
    assert "more than your usual 15 (earlier weeks: 2)" in said(time.statement)[0]


def test_the_first_week_and_figures_that_round_alike() -> None:
    rows = sum_weeks([("w1", squats(10.0)), ("w2", squats(10.2)), ("w3", squats(5.0))])

    def words(week: str) -> str:
        return next(said(c.statement)[0] for c in compare_week(rows, week) if c.figure == "time_s")

    assert "no earlier week" in words("w1")
    assert "as usual" in words("w2")
    assert "less than your usual 10" in words("w3")
    assert compare_week(rows, "w4") == ()


def test_sides_do_not_mix() -> None:
    rows = sum_weeks([("w1", squats(10.0)), ("w2", squats(50.0, Side.RIGHT))])
    assert {c.weeks for c in compare_week(rows, "w2")} == {0}


def test_no_dose_limit_exists_and_that_is_said() -> None:
    assert "no limit exists" in said(say_no_limit())[0]


def test_mirrored_weeks_add_up_alike() -> None:
    weeks = [("w1", squats(10.0)), ("w2", session(leg(Side.RIGHT, kick=[50.0, 60.0])))]

    def rows(mirror: bool) -> set[str]:
        made = sum_weeks((w, mirrored_session(s) if mirror else s) for w, s in weeks)
        return {repr(astuple(turn(row) if mirror else row)) for row in made}

    def turn(row: LedgerRow) -> LedgerRow:
        return replace(row, side=OTHER[row.side])

    assert rows(mirror=True) == rows(mirror=False)
