"""Exposure: exact times and entries of curves drawn by hand, and what noise may not change."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.core.capacity import measure_capacities, measure_demands
from sensor_screen.core.exposure import ExposureParams, expose_demands, measure_exposure
from sensor_screen.model import Capacity, Condition, Direction, Exposure, Side, Task, TaskInterval
from tests.hand_made import RATE_HZ, ankle, hills, trace, whole

SHARP = ExposureParams(hysteresis_rad=math.radians(2.0))


def end_range(
    value_deg: float, direction: Direction = Direction.DORSIFLEXION, sigma_deg: float = 0.0
) -> Capacity:
    value_rad = math.radians(value_deg)
    condition = Condition.LUNGE if direction is Direction.DORSIFLEXION else Condition.POINT
    return Capacity(
        Side.LEFT, direction, condition, value_rad, math.radians(sigma_deg), (value_rad,)
    )


def exposed(
    curve_deg: np.ndarray, capacity: Capacity, task: Task = Task.SQUAT, **kw: object
) -> Exposure:
    angle = trace(curve_deg, sigma_deg=0.0)
    angle = replace(angle, **kw)  # type: ignore[arg-type]
    inside = np.ones(len(curve_deg), dtype=np.bool_)
    return measure_exposure(angle, inside, task, capacity, SHARP)


def test_a_trapezoid_gives_its_exact_time_area_and_speed() -> None:
    # Up at 40 deg/s to 40 deg, held for 1 s, down: beyond 36 deg for 1.2 s; area 4 (1 + 0.1) deg s.
    ramp = np.arange(100) * 0.4
    curve = np.concatenate([ramp, np.full(101, 40.0), ramp[::-1]])
    found = exposed(curve, end_range(40.0))
    assert found.time_s == pytest.approx(1.21, abs=0.021)
    assert found.angle_time_rads == pytest.approx(math.radians(4.4), rel=0.01)
    assert found.entry_velocity_radps == pytest.approx(math.radians(40.0), rel=1e-9)
    assert (found.entries, found.unseen_s) == (1, 0.0)


def test_plantarflexion_is_the_mirror_image() -> None:
    curve = hills([30.0, 42.0, 38.0])
    front = exposed(curve, end_range(40.0))
    back = exposed(-curve, end_range(40.0, Direction.PLANTARFLEXION))
    assert front == back
    assert front.entries == 2


@given(st.integers(0, 2**32 - 1))
def test_noise_below_the_hysteresis_adds_no_entries(seed: int) -> None:
    curve = hills([40.0] * 4, hold_s=1.0)
    noise = np.random.default_rng(seed).uniform(-0.9, 0.9, curve.size)
    assert exposed(curve + noise, end_range(40.0)).entries == 4


def test_a_spike_shorter_than_the_dwell_time_is_no_entry_but_in_a_kick() -> None:
    curve = np.zeros(300)
    curve[150:152] = 50.0
    back = end_range(40.0, Direction.PLANTARFLEXION)
    assert exposed(-curve, back).entries == 0
    assert exposed(-curve, back, Task.KICK).entries == 1


def test_what_is_not_seen_is_neither_time_nor_free_of_it() -> None:
    curve = hills([40.0], hold_s=2.0)
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[250:300] = False  # in the middle of the hold
    found = exposed(curve, end_range(40.0), valid=valid)
    whole_time = exposed(curve, end_range(40.0)).time_s
    assert found.unseen_s == pytest.approx(0.5)
    assert found.time_s == pytest.approx(whole_time - 0.5, abs=0.011)
    assert found.entries == 2  # on both sides of the gap
    # Only the first of them was seen to cross the line.
    assert found.entry_velocity_radps == found.fastest_entry_radps


def test_the_error_of_the_end_range_becomes_a_range_of_times() -> None:
    curve = hills([40.0, 36.5, 34.0], hold_s=1.0)
    sure = exposed(curve, end_range(40.0))
    unsure = exposed(curve, end_range(40.0, sigma_deg=2.0))
    assert sure.time_low_s == sure.time_s == sure.time_high_s
    assert unsure.time_low_s < unsure.time_s == sure.time_s < unsure.time_high_s


def test_demands_get_the_exposure_of_their_own_task_only() -> None:
    angle = trace(hills([38.0, 39.0]), sigma_deg=1.0)
    reps = ankle(squat=[38.0, 39.0], stairs_up=[20.0])
    capacities = measure_capacities(reps)
    demands = measure_demands(reps, capacities)
    label = whole(angle, Task.SQUAT)
    half = TaskInterval(label.start_s, label.end_s / 2, Task.SQUAT)
    once = expose_demands(demands, capacities, angle, [label])
    twice = expose_demands(demands, capacities, angle, [label, half])
    assert once == twice, "overlapping labels count once"
    by_task = {(d.task, d.direction): d.exposure for d in once}
    squat = by_task[Task.SQUAT, Direction.DORSIFLEXION]
    assert squat is not None
    assert squat.entries == 2
    assert squat.watched_s == pytest.approx((len(angle.time_s) - 1) / RATE_HZ)
    assert by_task[Task.STAIRS_UP, Direction.DORSIFLEXION] is None
