"""A gyroscope is held against gravity: right ones pass, wrong scales and signs are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.core.gyro_check import find_gyro_fault
from sensor_screen.core.sample_faults import find_faults
from sensor_screen.model import Side, Task
from sensor_screen.simulation import (
    BENCHMARK,
    HARSH,
    WORN_WALK,
    Imperfections,
    Scenario,
    Step,
    simulate,
)
from sensor_screen.storage.folder import read_folder

if TYPE_CHECKING:
    from sensor_screen.core.gyro_check import GyroFault
    from sensor_screen.core.sample_faults import OrderedSamples
    from sensor_screen.model import Floats, SensorStream

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
BENDS = Scenario(
    "bends",
    "pumps, squats and a few steps",
    (
        Step(Task.STAND, 2.0),
        Step(Task.PUMP, 6),
        Step(Task.SQUAT, 3),
        Step(Task.STAIRS_UP, 6),
    ),
)
WALK = Scenario("walk", "walking", (Step(Task.STAND, 1.0), Step(Task.WALK, 16)))
KICKS = Scenario("kicks", "hard kicks", (Step(Task.STAND, 1.0), Step(Task.KICK, 6)))


def judge(
    samples: OrderedSamples, factors: float | Floats = 1.0, offset_radps: float = 0.0
) -> GyroFault | None:
    sound = ~samples.held
    values = samples.values[sound].copy()
    values[:, 3:] = values[:, 3:] * factors + offset_radps / np.sqrt(3.0)
    return find_gyro_fault(samples.time_s[sound], values, ~samples.clipped_gyr[sound])


def sensors(
    scenario: Scenario, flaws: Imperfections, rate_hz: float = 100.0, seed: int = 0
) -> tuple[SensorStream, ...]:
    made = simulate(scenario, seed=seed, imperfections=flaws, rate_hz=rate_hz, sides=(Side.RIGHT,))
    return made.recording.streams


@pytest.mark.parametrize("flaws", [BENCHMARK, HARSH, WORN_WALK], ids=["good", "harsh", "worn"])
@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 400.0])
@pytest.mark.parametrize("scenario", [BENDS, WALK, KICKS], ids=lambda s: s.name)
def test_a_right_gyroscope_passes(scenario: Scenario, flaws: Imperfections, rate_hz: float) -> None:
    for stream in sensors(scenario, flaws, rate_hz):
        samples = find_faults(stream)
        assert judge(samples) is None
        assert judge(samples, offset_radps=np.radians(5.0)) is None


@pytest.mark.parametrize("flaws", [BENCHMARK, HARSH], ids=["good", "harsh"])
@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0, 4.0, np.degrees(1.0), np.radians(1.0)])
def test_a_wrong_scale_is_found(flaws: Imperfections, factor: float) -> None:
    for stream in sensors(BENDS, flaws, seed=1):
        fault = judge(find_faults(stream), factor)
        assert fault is not None
        assert fault.signs == (1, 1, 1)
        # Two steps of 1.19 between the scales that are tried.
        assert fault.scale * factor == pytest.approx(1.0, rel=0.42)


@pytest.mark.parametrize("signs", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
def test_a_wrong_sign_is_found(signs: tuple[int, int, int]) -> None:
    for stream in sensors(BENDS, HARSH, seed=1):
        fault = judge(find_faults(stream), np.array(signs, dtype=np.float64))
        assert fault is not None
        assert min(fault.signs) < 0


def test_how_the_sensor_is_mounted_changes_nothing() -> None:
    samples = find_faults(sensors(WALK, BENCHMARK)[1])
    turn = Rotation.from_rotvec([0.4, -1.1, 0.7])
    values = np.hstack([turn.apply(samples.values[:, :3]), turn.apply(samples.values[:, 3:])])
    usable = np.ones(len(values), dtype=np.bool_)
    wrong = np.r_[np.ones(3), np.full(3, 0.5)]
    there = find_gyro_fault(samples.time_s, samples.values * wrong, usable)
    here = find_gyro_fault(samples.time_s, values * wrong, usable)
    assert there is not None
    assert here is not None
    assert here.scale == pytest.approx(there.scale)
    assert here.evidence == pytest.approx(there.evidence, rel=1e-6)


def test_a_turn_round_the_vertical_tells_nothing() -> None:
    """Gravity does not move, so it knows nothing of the scale."""
    time_s = np.arange(2_000) / 100.0
    zero = np.zeros_like(time_s)
    rate = 3.0 * np.maximum(0.0, np.sin(2.0 * time_s))
    values = np.column_stack([zero, zero, zero + 9.81, zero, zero, rate])
    assert find_gyro_fault(time_s, values, np.ones(len(time_s), dtype=np.bool_)) is None


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public recordings are not beside the checkout")
def test_real_gyroscopes_pass_and_are_found_at_half_their_scale() -> None:
    found = set()
    for meta in sorted(SHARED.glob("*/*/meta.json")):
        kind = meta.parts[-3]
        for stream in read_folder(meta.parent).recording.streams:
            samples = find_faults(stream)
            assert judge(samples) is None
            if kind != "kick" and judge(samples, 0.5) is not None:
                found.add(kind)
    assert {"rig1d", "rig2d", "rig3d", "stairs_foot"} <= found
