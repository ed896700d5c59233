"""A quantity against its limits: moved, scaled, capped, in doubt, and on its way from radians."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sensor_screen.judgement import Level, Panel, Statement
from sensor_screen.model import Side, Task
from sensor_screen.rules.quantity import (
    Quantity,
    judge_quantity,
    leave_unjudged,
    say_level,
    say_otherwise,
    settle,
)
from sensor_screen.rules.rulebook import shipped_rulebook

BOOK = shipped_rulebook()
BEND = Quantity(
    rule="L1", key="range.lunge", side=Side.LEFT, panel=Panel.ANTERIOR, task=Task.LUNGE, limits="L1"
)
"""Amber under 36 deg, red under 30."""
GREEN, AMBER, RED = Level.GREEN, Level.AMBER, Level.RED


def test_a_value_that_was_in_radians_is_not_under_its_own_limit() -> None:
    noisy = math.nextafter(36.0, 0.0)
    assert settle(noisy) == 36.0
    assert judge_quantity(replace(BEND, value=noisy), BOOK).level is GREEN
    assert judge_quantity(replace(BEND, value=36.0 - 1e-8), BOOK).level is AMBER


@pytest.mark.parametrize(
    ("value", "level"), [(32.0, GREEN), (31.9, AMBER), (24.0, AMBER), (23.9, RED)]
)
def test_red_moves_further_than_amber(value: float, level: Level) -> None:
    result = judge_quantity(replace(BEND, value=value), BOOK, start=-4.0, red_start=-6.0)
    assert (result.level, result.amber, result.red) == (level, "< 32", "< 24")


def test_limits_in_steps_of_the_value() -> None:
    result = judge_quantity(replace(BEND, value=81.9), BOOK, step=2.0, start=10.0)
    assert (result.level, result.amber, result.red) == (AMBER, "< 82", "< 70")


def test_what_is_never_red_is_in_doubt_at_amber_only() -> None:
    low = replace(BEND, value=30.0, error_95=1.0)
    assert judge_quantity(low, BOOK).within_error
    capped = judge_quantity(replace(low, value=29.0), BOOK, never_red=True)
    assert (capped.level, capped.red, capped.within_error) == (AMBER, "", False)
    assert judge_quantity(replace(low, value=36.5), BOOK, never_red=True).within_error


def test_without_an_error_nothing_is_in_doubt() -> None:
    assert not judge_quantity(replace(BEND, value=36.0), BOOK).within_error


def test_limits_of_another_name_and_what_else_decided() -> None:
    rate = Statement("range.base_rate.lunge")
    quantity = replace(BEND, limits="L1_cm", value=9.0, rests_on=("calf_hint",), base_rate=rate)
    result = judge_quantity(quantity, BOOK)
    assert (result.rule, result.unit, result.rests_on) == ("L1", "cm", ("L1_cm", "calf_hint"))
    assert (result.base_rate, result.grade) == (rate, BOOK.limits["L1_cm"].grade)


def test_what_is_not_judged_rests_on_limits_only_where_it_has_some() -> None:
    bare = leave_unjudged(replace(BEND, limits=""), BOOK, "range.lunge.missing")
    assert (bare.level, bare.rests_on, bare.grade) == (Level.UNJUDGED, (), "")
    assert leave_unjudged(BEND, BOOK, "range.lunge.missing").rests_on == ("L1",)


def test_another_message_keeps_the_values() -> None:
    first = say_level(replace(BEND, value=31.0, values={"zero": "known"}), AMBER, BOOK)
    again = say_otherwise(first, "range.lunge.red", near=True)
    assert again.within_error
    assert again.statement is not None
    assert again.statement.key == "range.lunge.red"
    assert again.statement.values["zero"] == "known"
    assert again.statement.values["doubt"] == Statement("quantity.doubt.near")
    assert say_otherwise(again, "range.lunge.amber").within_error
