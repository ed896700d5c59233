"""Zones: at, just under and just over each limit, and never narrower than the error."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.capacity import measure_capacities, measure_demands
from sensor_screen.judgement import Zone, ZoneBands
from sensor_screen.model import Capacity, Condition, Demand, Direction, Side, Task
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.zones import place, zone_bands
from tests.hand_made import ankle

ORDER = [Zone.GREEN, Zone.AMBER, Zone.RED, Zone.BEYOND]
JUDGED = [Task.SQUAT, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK, Task.KICK]


def bands(
    capacity_deg: float, task: Task = Task.SQUAT, *, u_task_deg: float = 1.0, u_cap_deg: float = 1.0
) -> ZoneBands:
    end, u_cap, u_task = np.radians([capacity_deg, u_cap_deg, u_task_deg]).tolist()
    capacity = Capacity(Side.LEFT, Direction.DORSIFLEXION, Condition.LUNGE, end, u_cap, (end,))
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


def ratio(task_deg: float, capacity_deg: float) -> float:
    """As measured: the demand that a person with this end range gets."""
    (squat,) = measure_demands(
        reps := ankle(bend_deg=capacity_deg, squat=[task_deg]), measure_capacities(reps)
    )
    return squat.ratio


@settings(deadline=None)
@given(
    capacity_deg=st.floats(20.0, 60.0), share=st.floats(0.1, 1.2), offset_deg=st.floats(-5.0, 5.0)
)
def test_a_shared_zero_error_moves_the_ratio_by_the_known_amount(
    capacity_deg: float, share: float, offset_deg: float
) -> None:
    task_deg = share * capacity_deg
    moved = ratio(task_deg + offset_deg, capacity_deg + offset_deg) - ratio(task_deg, capacity_deg)
    known = offset_deg * (1.0 - share) / (capacity_deg + offset_deg)
    assert moved == pytest.approx(known, abs=1e-9)
    if capacity_deg >= 40.0 and 0.75 <= share <= 1.0:
        assert abs(moved) <= 0.036  # 5 * 0.25 / 35: zones lie where the ratio can be trusted


@given(capacities=st.tuples(st.floats(18.01, 40.0), st.floats(18.01, 40.0)))
def test_where_the_error_decides_a_shared_zero_error_moves_no_peak_to_another_zone(
    capacities: tuple[float, float],
) -> None:
    # Up to 40 deg every zone is as wide as the error, so all of them go with the end range.
    for below_deg in (-7.0, -5.0, 0.5, 5.5, 6.5, 11.5, 12.5):
        zones = {place(math.radians(c - below_deg), bands(c)) for c in capacities}
        assert len(zones) == 1


@pytest.mark.parametrize(
    ("peak_deg", "zone"),
    [
        (44.99, Zone.GREEN),
        (45.01, Zone.AMBER),
        (54.99, Zone.AMBER),
        (55.01, Zone.RED),
        (64.99, Zone.RED),
        (65.01, Zone.BEYOND),
    ],
)
def test_each_limit_of_kicks_from_both_sides(peak_deg: float, zone: Zone) -> None:
    assert place(math.radians(peak_deg), bands(55.0, Task.KICK)) == zone


def test_kicks_are_close_from_nine_tenths_where_that_is_wider_than_the_error() -> None:
    wide = bands(55.0, Task.KICK, u_task_deg=0.1, u_cap_deg=0.1)
    assert math.degrees(wide.amber_from_rad) == pytest.approx(45.0)  # 10 deg, not 5.5
    with_small_error = zone_bands_with(smallest_change_kick=4.0)
    assert math.degrees(with_small_error.amber_from_rad) == pytest.approx(0.9 * 55.0)


def zone_bands_with(**values: float) -> ZoneBands:
    """Of a kick at an end range of 55 deg, under a rule book with other figures."""
    book = shipped_rulebook()
    thresholds = {n: replace(book.thresholds[n], value=v) for n, v in values.items()}
    other = replace(book, thresholds=book.thresholds | thresholds)
    end, sigma = np.radians([55.0, 0.1]).tolist()
    capacity = Capacity(Side.LEFT, Direction.PLANTARFLEXION, Condition.POINT, end, sigma, (end,))
    demand = Demand(
        Side.LEFT, Task.KICK, Direction.PLANTARFLEXION, (0.5,), 0.5, sigma, math.nan, 0.1
    )
    return zone_bands(demand, capacity, other)


def test_smallest_changes_are_those_of_the_evidence() -> None:
    book = shipped_rulebook()
    names = ("smallest_change_static", "smallest_change_cyclic", "smallest_change_kick")
    assert [book.shown(name) for name in names] == [5.0, 6.0, 10.0]
    assert math.degrees(bands(40.0).error_rad) == pytest.approx(6.0)
    assert math.degrees(bands(40.0, Task.STAIRS_DOWN).error_rad) == pytest.approx(6.0)
    assert math.degrees(bands(40.0, Task.KICK).error_rad) == pytest.approx(10.0)
