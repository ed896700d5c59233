"""Capacity and demand: exact figures, error propagation, and what is left out."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.core.capacity import measure_capacities, measure_demands
from sensor_screen.model import Direction, Side, Task
from tests.hand_made import repetition


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
