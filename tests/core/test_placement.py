"""Sensors that are not where they are said to be are refused, with a sentence that helps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.placement import check_placement
from sensor_screen.errors import MeasurementError
from sensor_screen.model import Task, TaskInterval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import CleanLeg, Floats
    from tests.core.simulated_legs import SimulatedLeg

TIME_S = np.arange(3_000) / 100.0


def swapped(leg: CleanLeg) -> CleanLeg:
    return replace(leg, shank=leg.foot, foot=leg.shank)


def turning(shank_radps: float, foot_radps: float) -> Floats:
    """(n, 2, 3) two sensors that shake with these RMS."""
    noise = np.random.default_rng(0).standard_normal((len(TIME_S), 2, 3)) / np.sqrt(3.0)
    return noise * np.array([shank_radps, foot_radps])[:, None]


def during(task: Task) -> TaskInterval:
    return TaskInterval(5.0, 25.0, task)


def test_swapped_sensors_are_told_by_pumps_and_squats(legs: Mapping[str, SimulatedLeg]) -> None:
    known = legs["stairs"]
    with pytest.raises(MeasurementError) as refused:
        estimate_ankle(swapped(known.leg), known.tasks)
    assert refused.value.value == "shank and foot"
    assert "the sensor called shank moves most in the pumps" in refused.value.problem
    assert "swap the two sensors" in refused.value.remedy


def test_where_nothing_tells_them_apart_nothing_is_refused(
    legs: Mapping[str, SimulatedLeg],
) -> None:
    known = legs["walk"]
    check_placement(known.leg.time_s, known.samples.gyr_radps[:, ::-1], known.tasks)


@pytest.mark.parametrize("forgotten", [0, 1])
def test_a_sensor_that_never_turns_is_named(
    legs: Mapping[str, SimulatedLeg], forgotten: int
) -> None:
    known = legs["walk"]
    name = ("shank", "foot")[forgotten]
    lying = getattr(known.leg, name)
    lying = replace(
        lying,
        acc_mps2=np.tile([0.0, 0.0, 9.81], (len(lying.acc_mps2), 1)),
        gyr_radps=np.full_like(lying.gyr_radps, 0.005),
    )
    with pytest.raises(MeasurementError) as refused:
        estimate_ankle(replace(known.leg, **{name: lying}), known.tasks)
    assert refused.value.value == f"{name} sensor"
    assert "never turns (0.5 deg/s)" in refused.value.problem
    assert "strapped to the leg" in refused.value.remedy


@pytest.mark.parametrize(
    ("task", "quiet"), [(Task.PUMP, "shank"), (Task.SQUAT, "foot"), (Task.LUNGE, "foot")]
)
def test_each_task_tells_which_sensor_must_be_quiet(task: Task, quiet: str) -> None:
    right, wrong = turning(0.2, 2.0), turning(2.0, 0.2)
    if quiet == "foot":
        right, wrong = wrong, right
    check_placement(TIME_S, right, (during(task),))
    with pytest.raises(MeasurementError, match="where it should be quiet; swap"):
        check_placement(TIME_S, wrong, (during(task),))


def test_tasks_that_contradict_each_other_refuse_nobody() -> None:
    """A person who pumps with the whole leg is no reason to send him away."""
    both = (TaskInterval(0.0, 10.0, Task.PUMP), TaskInterval(12.0, 28.0, Task.SQUAT))
    check_placement(TIME_S, turning(2.0, 0.2), both)


def test_a_leg_that_rests_is_no_forgotten_sensor() -> None:
    check_placement(TIME_S, turning(0.01, 0.1), (during(Task.BALANCE),))


def test_a_foot_sensor_alone_is_refused(legs: Mapping[str, SimulatedLeg]) -> None:
    with pytest.raises(MeasurementError) as refused:
        estimate_ankle(replace(legs["stairs"].leg, shank=None), legs["stairs"].tasks)
    assert refused.value.value == "right leg"
    assert "only a foot sensor" in refused.value.problem
    assert "add the shank sensor" in refused.value.remedy
