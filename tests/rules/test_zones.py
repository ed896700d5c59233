"""Zones: at, just under and just over each limit, and never narrower than the error."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Zone, ZoneBands
from sensor_screen.model import Capacity, Demand, Direction, Side, Task
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.zones import place, zone_bands

ORDER = [Zone.GREEN, Zone.AMBER, Zone.RED, Zone.BEYOND]
JUDGED = [Task.SQUAT, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK, Task.KICK]


def bands(
    capacity_deg: float, task: Task = Task.SQUAT, *, u_task_deg: float = 1.0, u_cap_deg: float = 1.0
) -> ZoneBands:
    end, u_cap, u_task = np.radians([capacity_deg, u_cap_deg, u_task_deg]).tolist()
    capacity = Capacity(Side.LEFT, Direction.DORSIFLEXION, "lunge", end, u_cap, (end,))
    demand = Demand(Side.LEFT, task, Direction.DORSIFLEXION, (0.5,), 0.5, u_task, math.nan, 0.1)
    return zone_bands(demand, capacity, shipped_rulebook())


def starts_deg(b: ZoneBands) -> list[float]:
    return [math.degrees(x) for x in (b.amber_from_rad, b.red_from_rad, b.beyond_from_rad)]


def test_squat_zones_of_a_usual_ankle() -> None:
    # A tenth of 40 is 4 deg, less than the 6 deg that can be told: both zones are 6 deg wide.
    assert starts_deg(bands(40.0)) == pytest.approx([28.0, 34.0, 46.0])


def test_shares_decide_where_they_are_wider_than_the_error() -> None:
    # 10 % of 80 is 8 deg, 15 % is 12 deg.
    assert starts_deg(bands(80.0)) == pytest.approx([60.0, 72.0, 86.0])


def test_kicks_have_their_own_scale() -> None:
    assert starts_deg(bands(55.0, Task.KICK)) == pytest.approx([45.0, 55.0, 65.0])


def test_a_worse_recording_widens_the_zones() -> None:
    wide = bands(60.0, u_task_deg=4.0, u_cap_deg=3.0)
    assert math.degrees(wide.error_rad) == pytest.approx(1.96 * 5.0)


@pytest.mark.parametrize(
    ("peak_deg", "zone"),
    [
        (-5.0, Zone.GREEN),
        (27.99, Zone.GREEN),
        (28.01, Zone.AMBER),
        (33.99, Zone.AMBER),
        (34.01, Zone.RED),
        (40.0, Zone.RED),
        (45.99, Zone.RED),
        (46.01, Zone.BEYOND),
    ],
)
def test_each_limit_from_both_sides(peak_deg: float, zone: Zone) -> None:
    assert place(math.radians(peak_deg), bands(40.0)) == zone


@pytest.mark.parametrize("capacity_deg", [8.0, 12.0, 17.9])
def test_a_range_too_small_for_zones_is_said_so(capacity_deg: float) -> None:
    small = bands(capacity_deg)
    assert place(math.radians(capacity_deg), small) == Zone.UNRESOLVED
    assert place(0.0, small) == Zone.UNRESOLVED
    # More than the error past the tested range can still be told.
    assert place(math.radians(capacity_deg + 6.1), small) == Zone.BEYOND


def test_the_smallest_range_with_zones_holds_three_errors() -> None:
    assert bands(18.01).resolved
    assert not bands(17.99).resolved


@given(
    capacity_deg=st.floats(1.0, 90.0),
    u_task_deg=st.floats(0.1, 8.0),
    u_cap_deg=st.floats(0.1, 8.0),
    task=st.sampled_from(JUDGED),
)
def test_no_zone_is_narrower_than_the_error(
    capacity_deg: float, u_task_deg: float, u_cap_deg: float, task: Task
) -> None:
    b = bands(capacity_deg, task, u_task_deg=u_task_deg, u_cap_deg=u_cap_deg)
    least = b.error_rad - 1e-12
    assert b.error_rad >= 1.96 * math.radians(math.hypot(u_task_deg, u_cap_deg)) - 1e-12
    assert b.red_from_rad - b.amber_from_rad >= least
    assert b.beyond_from_rad - b.red_from_rad >= least
    assert b.beyond_from_rad - b.end_range_rad >= least
    if b.resolved:
        assert b.amber_from_rad >= least


@given(
    capacity_deg=st.floats(20.0, 90.0),
    task=st.sampled_from(JUDGED),
    peaks_deg=st.lists(st.floats(-20.0, 120.0), min_size=2, max_size=20),
)
def test_a_larger_peak_is_never_in_a_lower_zone(
    capacity_deg: float, task: Task, peaks_deg: list[float]
) -> None:
    b = bands(capacity_deg, task)
    placed = [ORDER.index(place(math.radians(p), b)) for p in sorted(peaks_deg)]
    assert placed == sorted(placed)


@given(peak_deg=st.floats(1.0, 90.0), capacities=st.tuples(st.floats(20, 80), st.floats(20, 80)))
def test_a_larger_range_never_brings_a_peak_closer_to_its_end(
    peak_deg: float, capacities: tuple[float, float]
) -> None:
    small, large = sorted(capacities)
    at = math.radians(peak_deg)
    assert ORDER.index(place(at, bands(large))) <= ORDER.index(place(at, bands(small)))
