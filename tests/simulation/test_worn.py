"""A person who goes on for ever: the same counts as his recording, and no sample lost."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import numpy as np
import pytest

from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Side, Task
from sensor_screen.simulation import WORN_WALK, Scenario, Step
from sensor_screen.simulation.worn import ACC_RANGE_G, COUNTS, GYR_RANGE_DPS, wear
from sensor_screen.units import STANDARD_GRAVITY_MPS2

STAND = Scenario("stand", "a stand", (Step(Task.STAND, 2.0),))


def test_both_sensors_of_each_leg_are_worn() -> None:
    worn, simulation = wear(STAND, sides=(Side.LEFT, Side.RIGHT), rate_hz=100.0)
    assert [(one.side, one.placement) for one in worn] == [
        (side, placement)
        for side in (Side.LEFT, Side.RIGHT)
        for placement in (Placement.SHANK, Placement.FOOT)
    ]
    for one, stream in zip(worn, simulation.recording.streams, strict=True):
        assert np.array_equal(one.block(0, len(stream.raw)), stream.raw)


def test_a_count_is_a_full_scale_over_32768() -> None:
    _, simulation = wear(STAND, rate_hz=100.0)
    for stream in simulation.recording.streams:
        assert stream.acc_scale_mps2 == pytest.approx(
            ACC_RANGE_G * STANDARD_GRAVITY_MPS2 / COUNTS, rel=1e-12
        )
        assert stream.gyr_scale_radps == pytest.approx(radians(GYR_RANGE_DPS) / COUNTS, rel=1e-12)


def test_after_the_end_comes_the_beginning() -> None:
    (shank, _), _ = wear(STAND, rate_hz=100.0)
    size = len(shank.counts)
    assert np.array_equal(shank.block(size - 3, 6)[3:], shank.block(0, 3))
    assert np.array_equal(shank.block(5 * size, 10), shank.block(0, 10))


def test_blocks_of_any_size_are_the_whole() -> None:
    (_, foot), _ = wear(STAND, rate_hz=100.0)
    parts = [foot.block(at, size, 2) for at, size in ((0, 1), (1, 6), (7, 13))]
    assert np.array_equal(np.concatenate(parts), foot.block(0, 20, 2))


def test_what_the_scenario_loses_is_all_there() -> None:
    lossy = replace(STAND, imperfections=replace(WORN_WALK, loss_share=0.3))
    (shank, foot), simulation = wear(lossy, rate_hz=100.0)
    assert simulation.recording.streams[0].sequence is not None
    assert len(shank.counts) == len(foot.counts) == pytest.approx(280, abs=10)


def test_the_foot_clock_is_as_fast_as_asked_for() -> None:
    _, simulation = wear(STAND, rate_hz=100.0, foot_clock_ppm=80.0)
    (truth,) = simulation.truth.values()
    assert truth.foot_clock.skew == pytest.approx(-80e-6, rel=1e-3)


def test_an_unknown_scenario_is_named() -> None:
    with pytest.raises(UsageError, match="not a scenario"):
        wear("nothing")
