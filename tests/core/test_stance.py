"""Who stood, for how long, and what interrupted it: simulated stances with known events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.stance import longest_hold
from sensor_screen.core.sway import measure_sway, pair_stances
from sensor_screen.model import (
    AxisOrigin,
    Calibration,
    CleanLeg,
    LegMeasures,
    Placement,
    Side,
    SignOrigin,
    Stance,
    StanceRole,
    SwayMeasures,
    Task,
    TaskInterval,
    ZeroMode,
)
from sensor_screen.simulation import (
    BENCHMARK,
    HARSH,
    HEALTHY,
    Imperfections,
    Scenario,
    Simulation,
    Step,
    simulate,
)
from tests.core.simulated_legs import mirrored
from tests.hand_made import leg_measures

BALANCE = Scenario(
    "balance",
    "a stand, then each leg in turn",
    (Step(Task.STAND, 3.0), Step(Task.BALANCE, 20.0)),
    sides=(Side.LEFT, Side.RIGHT),
)


def balance(
    *, touch_downs: int = 0, hops: int = 0, imperfections: Imperfections = BENCHMARK, seed: int = 0
) -> Simulation:
    person = replace(HEALTHY, balance_touch_downs=touch_downs, balance_hops=hops)
    return simulate(BALANCE, person=person, imperfections=imperfections, seed=seed)


def known_leg(simulation: Simulation, side: Side) -> tuple[CleanLeg, Calibration]:
    """One leg with its true axes and the neutral pose of its stand."""
    streams = [simulation.recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT)]
    truth = simulation.truth[side]
    return assemble_leg(streams[0], streams[1], side), Calibration(
        0.5,
        2.5,
        truth.flexion_axis_shank,
        truth.flexion_axis_foot,
        AxisOrigin.GIVEN,
        SignOrigin.USER,
        ZeroMode.QUIET_STANDING,
        0.0,
        1.0,
    )


def stances(simulation: Simulation) -> list[TaskInterval]:
    """The left leg stands in the first, the right one in the second."""
    return [task for task in simulation.recording.tasks if task.task is Task.BALANCE]


def on_left_leg(simulation: Simulation) -> tuple[SwayMeasures, SwayMeasures]:
    """What left and right leg tell of the stance on the left one."""
    first = stances(simulation)[0]
    legs = [known_leg(simulation, side) for side in (Side.LEFT, Side.RIGHT)]
    left, right = (measure_sway(leg, calibration, first) for leg, calibration in legs)
    return left, right


def of_leg(*sway: SwayMeasures) -> LegMeasures:
    return replace(leg_measures([], sway=sway), side=sway[0].side)


def middles(spans_s: tuple[tuple[float, float], ...] | None) -> list[float]:
    assert spans_s is not None
    return [0.5 * (begin_s + over_s) for begin_s, over_s in spans_s]


@pytest.mark.parametrize("imperfections", [BENCHMARK, HARSH], ids=["benchmark", "harsh"])
@pytest.mark.parametrize(("touch_downs", "hops"), [(0, 0), (1, 0), (0, 2), (2, 1)])
def test_touch_downs_and_hops_are_found_where_they_were(
    touch_downs: int, hops: int, imperfections: Imperfections
) -> None:
    simulation = balance(
        touch_downs=touch_downs, hops=hops, imperfections=imperfections, seed=touch_downs + hops
    )
    left, right = on_left_leg(simulation)
    start_s = stances(simulation)[0].start_s
    assert (left.role, right.role) == (StanceRole.STANDING, StanceRole.RAISED)
    down_s = [start_s + 20.0 * (k + 1) / (touch_downs + 1) for k in range(touch_downs)]
    hop_s = [start_s + 20.0 * (k + 1.5) / (hops + 1.5) for k in range(hops)]
    np.testing.assert_allclose(middles(right.touch_downs_s), down_s, atol=0.25)
    np.testing.assert_allclose(middles(left.hops_s), hop_s, atol=0.25)
    assert (left.touch_downs_s, right.hops_s) == (None, None)

    (paired,) = pair_stances([of_leg(left), of_leg(right)])[0].sway
    assert paired.stance is Stance.ONE_LEG
    assert paired.touch_downs_s == right.touch_downs_s
    ends_s = sorted([start_s, *down_s, *hop_s, start_s + 20.0])
    # A touch-down and the way back up take a second, lifting the foot at first half of one.
    assert paired.hold_s == pytest.approx(np.diff(ends_s).max(), abs=1.2)
    assert pair_stances([of_leg(left), of_leg(right)])[1].sway == ()


@pytest.mark.parametrize("hops", [0, 1])
def test_tilt_is_that_of_the_shank_also_beside_a_hop(hops: int) -> None:
    simulation = balance(hops=hops)
    sway, _ = on_left_leg(simulation)
    truth = simulation.truth[Side.LEFT]
    within = (truth.time_s >= sway.measured_start_s) & (truth.time_s <= sway.measured_end_s)
    expected_deg = np.degrees(
        [truth.inversion_rad[within].std(), truth.shank_lean_rad[within].std()]
    )
    tilt = sway.tilt_of(Placement.SHANK)
    # 1 %: gravity fixes the straight line to 0.01 deg or so.
    assert np.degrees([tilt.mediolateral_rms_rad, tilt.anteroposterior_rms_rad]) == pytest.approx(
        expected_deg, rel=0.01
    )
    # The foot stands still; a hop that leaked in would be 0.3 deg.
    assert np.degrees(sway.tilt_of(Placement.FOOT).total_rms_rad) < 0.02
    assert (sway.measured_end_s - sway.measured_start_s < 0.7 * 20.0) == bool(hops)


def test_a_foot_that_comes_down_for_good_ends_the_hold() -> None:
    """The label goes on for 14 s after the person gave up."""
    simulation = simulate(
        replace(
            BALANCE,
            steps=(Step(Task.STAND, 3.0), Step(Task.BALANCE, 9.0), Step(Task.STAND, 15.0)),
        )
    )
    second = stances(simulation)[1]  # the right leg stands, then both do
    label = TaskInterval(second.start_s, second.end_s + 14.0, Task.BALANCE)
    left, right = (
        measure_sway(leg, calibration, label)
        for leg, calibration in (known_leg(simulation, side) for side in (Side.LEFT, Side.RIGHT))
    )
    (paired,) = pair_stances([of_leg(left), of_leg(right)])[1].sway
    assert left.role is StanceRole.RAISED
    assert paired.hold_s == pytest.approx(9.0, abs=1.2)
    assert not paired.hold_is_minimum
    assert len(paired.touch_downs_s or ()) == 1


def test_two_standing_legs_are_a_stance_on_both() -> None:
    steps = (Step(Task.STAND, 3.0), Step(Task.SQUAT, 1), Step(Task.STAND, 20.0))
    simulation = simulate(replace(BALANCE, steps=steps))
    end_s = simulation.recording.tasks[-1].end_s
    label = TaskInterval(end_s - 18.0, end_s, Task.BALANCE)
    legs = [
        of_leg(measure_sway(*known_leg(simulation, side), label))
        for side in (Side.LEFT, Side.RIGHT)
    ]
    for leg in pair_stances(legs):
        (stance,) = leg.sway
        assert stance.stance is Stance.TWO_LEGS
        assert (stance.touch_downs_s, stance.hops_s) == (None, ())
        assert stance.hold_is_minimum


def test_a_leg_alone_does_not_know_of_the_other() -> None:
    left, right = on_left_leg(balance(touch_downs=1))
    for seen in (left, right):
        ((stance,),) = [leg.sway for leg in pair_stances([of_leg(seen)])]
        assert stance == seen
    assert left.stance is Stance.UNKNOWN
    assert left.touch_downs_s is None


def test_without_a_foot_sensor_events_are_not_seen_and_not_zero() -> None:
    simulation = balance(touch_downs=1, hops=1)
    first = stances(simulation)[0]
    for side, role in ((Side.LEFT, StanceRole.STANDING), (Side.RIGHT, StanceRole.RAISED)):
        leg, calibration = known_leg(simulation, side)
        alone = measure_sway(replace(leg, foot=None), calibration, first)
        assert (alone.role, alone.hops_s, alone.touch_downs_s) == (role, None, None)


def test_the_mirror_image_is_the_same_stance_on_the_other_leg() -> None:
    simulation = balance(touch_downs=1, hops=1)
    first = stances(simulation)[0]
    flip = np.array([-1.0, -1.0, 1.0])  # of an axis, which is axial
    for side in (Side.LEFT, Side.RIGHT):
        leg, calibration = known_leg(simulation, side)
        turned = replace(
            calibration,
            shank_axis=calibration.shank_axis * flip,
            foot_axis=calibration.foot_axis * flip,
        )
        one = measure_sway(leg, calibration, first)
        other = measure_sway(mirrored(leg), turned, first)
        assert (other.hops_s, other.touch_downs_s) == (one.hops_s, one.touch_downs_s)
        assert other.side is not one.side
        for a, b in zip(one.tilt, other.tilt, strict=True):
            assert a.mediolateral_rms_rad == pytest.approx(b.mediolateral_rms_rad)


@pytest.mark.parametrize(
    ("events_s", "hold_s"),
    [
        ((), (0.0, 10.0)),
        (((4.0, 5.0),), (5.0, 10.0)),
        (((4.0, 9.0), (5.0, 6.0)), (0.0, 4.0)),
        (((0.0, 3.0), (9.0, 10.0)), (3.0, 9.0)),
        (((0.0, 10.0),), (0.0, 0.0)),
    ],
)
def test_the_longest_hold_lies_between_events(
    events_s: tuple[tuple[float, float], ...], hold_s: tuple[float, float]
) -> None:
    assert longest_hold(0.0, 10.0, events_s) == hold_s
