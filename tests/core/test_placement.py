"""Sensors that are not where they are said to be are refused, with a sentence that helps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle, is_doubtful
from sensor_screen.core.live import LiveAnkle
from sensor_screen.core.live_blocks import LegBlock
from sensor_screen.core.placement import check_placement
from sensor_screen.core.replay import replay
from sensor_screen.errors import MeasurementError, PlacementError
from sensor_screen.model import Placement, Side, Task, TaskInterval
from sensor_screen.simulation import HARSH, WORN_WALK, Scenario, Step
from sensor_screen.simulation.misplaced import swap_sensors
from sensor_screen.storage.folder import read_folder
from tests.core.simulated_legs import KICKS, WALK, simulated_leg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sensor_screen.model import CleanLeg, Floats
    from sensor_screen.simulation import Imperfections
    from tests.core.simulated_legs import SimulatedLeg

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
TIME_S = np.arange(3_000) / 100.0


def turning(shank_radps: float, foot_radps: float) -> Floats:
    """(n, 2, 3) two sensors that shake with these RMS."""
    noise = np.random.default_rng(0).standard_normal((len(TIME_S), 2, 3)) / np.sqrt(3.0)
    return noise * np.array([shank_radps, foot_radps])[:, None]


def during(task: Task) -> TaskInterval:
    return TaskInterval(5.0, 25.0, task)


def check(leg: CleanLeg, tasks: Sequence[TaskInterval]) -> None:
    assert leg.shank is not None
    assert leg.foot is not None
    pair = (leg.shank, leg.foot)
    check_placement(
        leg.time_s,
        np.stack([s.acc_mps2 for s in pair], axis=1),
        np.stack([s.gyr_radps for s in pair], axis=1),
        is_doubtful(leg.shank.flags | leg.foot.flags),
        tasks,
    )


def check_turning(gyr_radps: Floats, tasks: Sequence[TaskInterval]) -> None:
    upright = np.tile([0.0, 0.0, 9.81], (len(TIME_S), 2, 1))
    check_placement(TIME_S, upright, gyr_radps, np.zeros(len(TIME_S), dtype=np.bool_), tasks)


def test_swapped_sensors_are_told_by_pumps_and_squats(legs: Mapping[str, SimulatedLeg]) -> None:
    known = legs["stairs"]
    with pytest.raises(PlacementError) as refused:
        estimate_ankle(swap_sensors(known.leg), known.tasks)
    assert refused.value.value == "shank and foot"
    assert "the sensor called shank moves most in the pumps" in refused.value.problem
    assert "swap the two sensors" in refused.value.remedy


STAIRS = Scenario("steps", "stairs alone", (Step(Task.STAND, 2.0), *[Step(Task.STAIRS_UP, 6)] * 2))
DOWN = Scenario("steps-down", "down alone", (Step(Task.STAND, 2.0), Step(Task.STAIRS_DOWN, 8)))


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("flaws", [None, HARSH, WORN_WALK])
@pytest.mark.parametrize("scenario", [WALK, STAIRS, DOWN], ids=lambda s: s.name)
def test_steps_alone_tell_swapped_sensors(
    scenario: Scenario, flaws: Imperfections | None, labelled: bool
) -> None:
    known = simulated_leg(scenario, seed=3, imperfections=flaws)
    tasks = known.tasks if labelled else ()
    check(known.leg, tasks)
    with pytest.raises(PlacementError, match="called shank stands on the ground"):
        check(swap_sensors(known.leg), tasks)


def test_kicks_alone_tell_nothing_and_nothing_is_refused() -> None:
    known = simulated_leg(KICKS, seed=2)
    check(known.leg, known.tasks)
    check(swap_sensors(known.leg), known.tasks)


@pytest.mark.parametrize("labelled", [True, False])
def test_live_ends_with_the_same_sentence(labelled: bool) -> None:
    known = simulated_leg(WALK, seed=4)
    tasks = known.tasks if labelled else ()
    with pytest.raises(PlacementError) as offline:
        estimate_ankle(swap_sensors(known.leg), tasks)
    for block_samples in (7, 10_000):
        with pytest.raises(PlacementError) as live:
            replay(swap_sensors(known.leg), tasks, block_samples=block_samples)
        assert str(live.value) == str(offline.value)


def test_live_goes_on_watching_after_it_has_begun() -> None:
    """Movement of no known kind says nothing; the labelled steps after it do."""
    known = simulated_leg(WALK, seed=4)
    wrong = swap_sensors(known.leg)
    assert wrong.shank is not None
    assert wrong.foot is not None
    block = LegBlock(
        wrong.time_s,
        np.stack([wrong.shank.acc_mps2, wrong.foot.acc_mps2], axis=1),
        np.stack([wrong.shank.gyr_radps, wrong.foot.gyr_radps], axis=1),
        np.stack([wrong.shank.flags, wrong.foot.flags], axis=1),
    )
    stand, walk = known.tasks
    late = (stand, TaskInterval(walk.start_s, 13.0, Task.MOVE), replace(walk, start_s=13.0))
    live = LiveAnkle(Side.RIGHT, wrong.rate_hz, tasks=late)
    begun = live.feed(block.part(slice(0, 1_250)))
    assert len(begun.time_s) == 1_250
    with pytest.raises(PlacementError, match="called shank stands on the ground"):
        live.feed(block.part(slice(1_250, None)))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public recordings are not beside the checkout")
def test_real_recordings_are_where_they_are_said_to_be() -> None:
    """Walking tells; 40 files of kicks with a step or two, and waved rigs, must not."""
    told = []
    kicks = sorted(SHARED.glob("kick/*/meta.json"))
    others = [path for path in SHARED.glob("*/*/meta.json") if path.parts[-3] != "kick"]
    for path in others + kicks[::4]:
        recording = read_folder(path.parent).recording
        (side,) = recording.sides
        if recording.stream(side, Placement.SHANK) is None:
            continue
        leg = assemble_leg(
            recording.stream(side, Placement.SHANK), recording.stream(side, Placement.FOOT), side
        )
        for tasks in (recording.tasks, ()):
            check(leg, tasks)
            try:
                check(swap_sensors(leg), tasks)
            except PlacementError:
                told.append(path.parent.name)
    assert told == ["walk_right", "walk_right"]


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
    assert "never turns (0.0 deg/s)" in refused.value.problem
    assert "strapped to the leg" in refused.value.remedy


@pytest.mark.parametrize(
    ("task", "quiet"), [(Task.PUMP, "shank"), (Task.SQUAT, "foot"), (Task.LUNGE, "foot")]
)
def test_each_task_tells_which_sensor_must_be_quiet(task: Task, quiet: str) -> None:
    right, wrong = turning(0.2, 2.0), turning(2.0, 0.2)
    if quiet == "foot":
        right, wrong = wrong, right
    check_turning(right, (during(task),))
    with pytest.raises(MeasurementError, match="where it should be quiet; swap"):
        check_turning(wrong, (during(task),))


def test_tasks_that_contradict_each_other_refuse_nobody() -> None:
    """A person who pumps with the whole leg is no reason to send him away."""
    both = (TaskInterval(0.0, 10.0, Task.PUMP), TaskInterval(12.0, 28.0, Task.SQUAT))
    check_turning(turning(2.0, 0.2), both)


def test_a_leg_that_rests_is_no_forgotten_sensor() -> None:
    check_turning(turning(0.01, 0.1), (during(Task.BALANCE),))


@pytest.mark.parametrize("task", [Task.SQUAT, Task.LUNGE, Task.BALANCE])
def test_a_foot_may_lie_still_under_squats(task: Task) -> None:
    check_turning(turning(0.8, 0.002), (during(task),))


@pytest.mark.parametrize("task", [Task.PUMP, Task.WALK, Task.KICK])
def test_a_foot_may_not_lie_still_in_pumps_and_steps(task: Task) -> None:
    with pytest.raises(PlacementError, match="foot sensor: it never turns"):
        check_turning(turning(0.8, 0.002), (during(task),))


def test_a_foot_may_not_lie_still_under_a_shank_that_is_faster_than_any_squat() -> None:
    with pytest.raises(PlacementError, match="foot sensor: it never turns"):
        check_turning(turning(4.0, 0.002), ())


def test_a_shank_may_not_lie_still_in_squats() -> None:
    with pytest.raises(PlacementError, match="shank sensor: it never turns"):
        check_turning(turning(0.002, 0.01), (during(Task.SQUAT),))


def test_a_shank_may_lie_still_in_pumps() -> None:
    foot = turning(0.002, 1.0)
    foot[(TIME_S < 5.0) | (TIME_S > 25.0)] *= 0.01
    check_turning(foot, (during(Task.PUMP),))


def test_a_foot_sensor_alone_is_refused(legs: Mapping[str, SimulatedLeg]) -> None:
    with pytest.raises(MeasurementError) as refused:
        estimate_ankle(replace(legs["stairs"].leg, shank=None), legs["stairs"].tasks)
    assert refused.value.value == "right leg"
    assert "only a foot sensor" in refused.value.problem
    assert "add the shank sensor" in refused.value.remedy
