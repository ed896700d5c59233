"""Capacity and demand: exact figures, error propagation, and what is left out."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.core.capacity import (
    CapacityEntry,
    measure_capacities,
    measure_demands,
    measure_seated_range,
    measure_trend,
    reference_capacity,
)
from sensor_screen.errors import UsageError
from sensor_screen.model import Condition, Direction, Side, Task
from tests.hand_made import ankle, hills, repetition, trace, whole


def test_capacity_is_the_best_counted_trial_in_its_own_direction() -> None:
    trials = [
        repetition(Task.LUNGE, bend_deg=36.0),
        repetition(Task.LUNGE, bend_deg=39.0),
        repetition(Task.LUNGE, bend_deg=60.0, reason="shallow"),
        repetition(Task.POINT, point_deg=52.0),
    ]
    bend, point = measure_capacities(trials)
    assert (bend.direction, bend.condition) == (Direction.DORSIFLEXION, "lunge")
    assert bend.value_rad == pytest.approx(math.radians(39.0))
    assert len(bend.trials_rad) == 2
    assert (point.direction, point.condition) == (Direction.PLANTARFLEXION, "point")
    assert point.value_rad == pytest.approx(math.radians(52.0))


def test_trials_that_disagree_make_the_end_range_uncertain() -> None:
    alike = [repetition(Task.LUNGE, bend_deg=b) for b in (38.0, 38.0, 38.0)]
    apart = [repetition(Task.LUNGE, bend_deg=b) for b in (32.0, 35.0, 38.0)]
    assert measure_capacities(alike)[0].sigma_rad == pytest.approx(math.radians(1.0))
    # Scatter 3 deg over three trials: standard error sqrt(3) deg, joined with 1 deg of the sensor.
    assert measure_capacities(apart)[0].sigma_rad == pytest.approx(math.radians(2.0))


def test_demand_is_the_median_over_the_counted_repetitions() -> None:
    reps = [
        *(repetition(Task.LUNGE, bend_deg=40.0) for _ in range(3)),
        *(repetition(Task.SQUAT, bend_deg=b) for b in (28.0, 30.0, 38.0)),
        repetition(Task.SQUAT, bend_deg=5.0, reason="shallow"),
    ]
    (demand,) = measure_demands(reps, measure_capacities(reps))
    assert demand.typical_rad == pytest.approx(math.radians(30.0))
    assert demand.ratio == pytest.approx(0.75)
    assert len(demand.peaks_rad) == 3


def test_ratio_error_joins_task_and_capacity() -> None:
    reps = [
        repetition(Task.LUNGE, bend_deg=40.0, sigma_deg=2.0),
        repetition(Task.SQUAT, bend_deg=30.0, sigma_deg=1.5),
    ]
    (demand,) = measure_demands(reps, measure_capacities(reps))
    assert demand.ratio_sigma == pytest.approx(math.hypot(1.5 / 40.0, 0.75 * 2.0 / 40.0))


def test_without_capacity_there_is_a_peak_and_no_ratio() -> None:
    (demand,) = measure_demands([repetition(Task.KICK, point_deg=48.0)], ())
    assert demand.typical_rad == pytest.approx(math.radians(48.0))
    assert math.isnan(demand.ratio)
    assert math.isnan(demand.ratio_sigma)


def test_stairs_are_judged_in_both_directions_and_squats_in_one() -> None:
    reps = [
        repetition(Task.STAIRS_DOWN, bend_deg=20.0, point_deg=38.0),
        repetition(Task.SQUAT, bend_deg=30.0, point_deg=3.0),
    ]
    assert [(d.task, d.direction) for d in measure_demands(reps, ())] == [
        (Task.SQUAT, Direction.DORSIFLEXION),
        (Task.STAIRS_DOWN, Direction.DORSIFLEXION),
        (Task.STAIRS_DOWN, Direction.PLANTARFLEXION),
    ]


def test_range_tests_are_no_demand_and_an_unbent_ankle_has_no_capacity() -> None:
    reps = [repetition(Task.LUNGE, bend_deg=0.4), repetition(Task.POINT, point_deg=-3.0)]
    assert measure_capacities(reps) == ()
    assert measure_demands(reps, ()) == ()


def test_each_side_has_its_own_capacity() -> None:
    left = [repetition(Task.LUNGE, bend_deg=30.0), repetition(Task.SQUAT, bend_deg=30.0)]
    right = [
        repetition(Task.LUNGE, bend_deg=40.0, side=Side.RIGHT),
        repetition(Task.SQUAT, bend_deg=30.0, side=Side.RIGHT),
    ]
    demands = measure_demands(left + right, measure_capacities(left + right))
    assert [d.ratio for d in demands] == pytest.approx([1.0, 0.75])
    mirror = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    swapped = [dataclasses.replace(r, side=mirror[r.side]) for r in left + right]
    mirrored = measure_demands(swapped, measure_capacities(swapped))
    assert [d.ratio for d in mirrored] == pytest.approx([0.75, 1.0])


@given(
    capacity_deg=st.floats(40.0, 60.0),
    ratio=st.floats(0.75, 1.0),
    offset_deg=st.floats(-5.0, 5.0),
)
def test_a_shared_zero_error_shifts_the_ratio_by_the_known_amount(
    capacity_deg: float, ratio: float, offset_deg: float
) -> None:
    task_deg = ratio * capacity_deg
    reps = [
        repetition(Task.LUNGE, bend_deg=capacity_deg + offset_deg),
        repetition(Task.SQUAT, bend_deg=task_deg + offset_deg),
    ]
    (demand,) = measure_demands(reps, measure_capacities(reps))
    shift = offset_deg * (1.0 - ratio) / (capacity_deg + offset_deg)
    assert demand.ratio == pytest.approx(ratio + shift, abs=1e-12)
    # 5 deg x 0.25 / 35 deg is the worst case of the ranges drawn here.
    assert abs(demand.ratio - ratio) <= 0.0358


def test_errors_shared_by_repetitions_do_not_average_out() -> None:
    one = measure_demands([repetition(Task.SQUAT, bend_deg=30.0)], ())
    many = measure_demands([repetition(Task.SQUAT, bend_deg=30.0)] * 50, ())
    np.testing.assert_allclose(many[0].sigma_rad, one[0].sigma_rad)


def test_each_repetition_has_its_own_ratio_and_error() -> None:
    reps = ankle(bend_deg=40.0, sigma_deg=2.0, squat=[30.0, 38.0])
    (demand,) = measure_demands(reps, measure_capacities(reps))
    assert demand.condition is Condition.LUNGE
    assert demand.ratios == pytest.approx((0.75, 0.95))
    assert demand.ratio_sigmas[1] == pytest.approx(math.hypot(2.0, 0.95 * 2.0) / 40.0)


def test_without_an_end_range_no_repetition_has_a_ratio() -> None:
    (demand,) = measure_demands(ankle(bend_deg=None, squat=[30.0]), ())
    assert (demand.condition, demand.ratios, demand.ratio_sigmas) == (None, (), ())


def test_best_and_mean_of_three() -> None:
    trials = [repetition(Task.LUNGE, bend_deg=b) for b in (20.0, 36.0, 38.0, 40.0)]
    (capacity,) = measure_capacities(trials)
    assert capacity.value_rad == pytest.approx(math.radians(40.0))
    assert capacity.mean_of_best_rad == pytest.approx(math.radians(38.0))


def test_pain_is_said_of_the_test_it_ended_and_of_no_other() -> None:
    reps = [*ankle(Side.LEFT), *ankle(Side.RIGHT)]
    found = measure_capacities(reps, painful=[(Side.RIGHT, Task.LUNGE)])
    hurt = [(c.side, c.condition) for c in found if c.limited_by_pain]
    assert hurt == [(Side.RIGHT, Condition.LUNGE)]


def test_a_clinicians_figure_stands_in_only_where_nothing_was_measured() -> None:
    entry = CapacityEntry(Side.LEFT, Direction.DORSIFLEXION, math.radians(20.0), math.radians(2.5))
    tested = measure_capacities(ankle(), entries=[entry])
    untested = measure_capacities(ankle(bend_deg=None), entries=[entry])
    front = [
        reference_capacity(found, Side.LEFT, Direction.DORSIFLEXION) for found in (tested, untested)
    ]
    assert [c.condition for c in front if c] == [Condition.LUNGE, Condition.PASSIVE]
    assert [c.entered for c in front if c] == [False, True]


def test_a_seated_range_is_shown_and_never_compared_with() -> None:
    angle = trace(np.concatenate([np.zeros(100), -hills([25.0] * 4), hills([15.0] * 4)]))
    found = measure_seated_range(angle, [whole(angle, Task.PUMP)])
    assert {c.direction: round(math.degrees(c.value_rad)) for c in found} == {
        Direction.DORSIFLEXION: 15,
        Direction.PLANTARFLEXION: 25,
    }
    assert {c.condition for c in found} == {Condition.SEATED}
    assert reference_capacity(found, angle.side, Direction.DORSIFLEXION) is None
    assert measure_seated_range(angle, []) == ()


@pytest.mark.parametrize("value_deg", [-5.0, 0.0, 120.0, math.nan])
def test_impossible_entries_are_refused(value_deg: float) -> None:
    with pytest.raises(UsageError, match="1 to 90 deg"):
        CapacityEntry(Side.LEFT, Direction.DORSIFLEXION, math.radians(value_deg), 0.05)


def test_an_entry_without_an_error_is_refused() -> None:
    with pytest.raises(UsageError, match="has an error"):
        CapacityEntry(Side.LEFT, Direction.DORSIFLEXION, 0.5, 0.0)


def test_a_trend_is_the_last_third_against_the_first() -> None:
    reps = ankle(squat=[30.0, 31.0, 35.0, 20.0, 32.0, 34.0])
    (demand,) = measure_demands(reps, measure_capacities(reps))
    assert demand.trend is not None
    assert demand.trend.change_rad == pytest.approx(math.radians(33.0 - 30.5))
    # Each third has a variance of 0.5 and 2 deg2 over two repetitions.
    assert demand.trend.sigma_rad == pytest.approx(math.radians(math.sqrt((0.5 + 2.0) / 2)))
    assert measure_trend([0.1] * 5) is None
