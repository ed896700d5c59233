"""Clocks seconds apart: found where steps show them, left alone where nothing does."""

from dataclasses import replace

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.coarse_lag import find_coarse_lag
from sensor_screen.model import CleanStream, Placement, Side, Task
from sensor_screen.simulation import simulate
from sensor_screen.simulation.scenarios import Scenario, Step
from tests.core.simulated_legs import PUMPS_AND_STAIRS, simulated_leg

STAIRS = simulated_leg(PUMPS_AND_STAIRS, seed=1)


def pair() -> tuple[CleanStream, CleanStream]:
    assert STAIRS.leg.shank is not None
    assert STAIRS.leg.foot is not None
    return STAIRS.leg.shank, STAIRS.leg.foot


@pytest.mark.parametrize("late_s", [-7.0, -2.0, -0.5, 0.5, 2.0, 7.0])
def test_a_lag_of_seconds_is_found(late_s: float) -> None:
    shank, foot = pair()
    moved = replace(foot, time_s=foot.time_s + late_s)
    assert find_coarse_lag(shank, moved) == pytest.approx(late_s, abs=0.06)


def test_turning_a_sensor_changes_nothing() -> None:
    shank, foot = pair()
    moved = replace(foot, time_s=foot.time_s + 2.0)
    turned = replace(moved, acc_mps2=moved.acc_mps2[:, ::-1], gyr_radps=moved.gyr_radps[:, ::-1])
    assert find_coarse_lag(shank, turned) == find_coarse_lag(shank, moved)


def test_clocks_that_agree_are_left_alone() -> None:
    assert find_coarse_lag(*pair()) == 0.0


def test_a_foot_that_stands_throughout_says_nothing() -> None:
    shank, foot = pair()
    still = replace(
        foot,
        time_s=foot.time_s + 2.0,
        gyr_radps=np.random.default_rng(0).normal(0.0, 0.002, foot.gyr_radps.shape),
        acc_mps2=np.tile([0.0, 0.0, 9.81], (len(foot.time_s), 1)),
    )
    assert find_coarse_lag(shank, still) == 0.0


@pytest.mark.parametrize("late_s", [-3.0, 0.4, 12.0])
def test_two_recordings_of_one_walk_come_together_to_the_millisecond(late_s: float) -> None:
    steps = (Step(Task.STAND, 2.0), Step(Task.WALK, 30))
    recording = simulate(Scenario("walk", "a stand and a walk", steps), seed=4).recording
    shank = recording.stream(Side.RIGHT, Placement.SHANK)
    foot = recording.stream(Side.RIGHT, Placement.FOOT)
    assert shank is not None
    assert foot is not None
    late = replace(foot, clock=None, device_time_s=foot.device_time_s + late_s)
    leg = assemble_leg(replace(shank, clock=None), late, Side.RIGHT)
    assert leg.clock.offset_s == pytest.approx(-late_s, abs=2e-3)
    assert leg.clock.residual_s < 5e-3
