"""Labels as hints: right ones stay, wrong edges move, and what contradicts them is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sensor_screen.core.pipeline import measure_recording
from sensor_screen.core.task_hints import label_by_found, labels_of_each_leg, refine_labels
from sensor_screen.model import FoundTask, Side, Task, TaskInterval
from sensor_screen.simulation import Scenario, Step, simulate
from sensor_screen.simulation.person import ANTERIOR_RESTRICTED

if TYPE_CHECKING:
    from sensor_screen.model import Recording

STAND = FoundTask(0.0, 9.6, Task.STAND, 0.9, "stood quietly")
SQUATS = FoundTask(9.6, 30.4, Task.SQUAT, 0.9, "leans")
STEPS = FoundTask(32.0, 45.0, Task.STAIRS_UP, 0.9, "steps")
FOUND = (STAND, SQUATS, STEPS)


def refined(*labels: TaskInterval) -> list[TaskInterval]:
    return [one.interval for one in refine_labels(labels, FOUND)]


def test_right_labels_stay_exactly_as_they_are() -> None:
    labels = (
        TaskInterval(0.0, 5.0, Task.STAND),
        TaskInterval(10.0, 31.0, Task.SQUAT),
        TaskInterval(31.0, 45.7, Task.STAIRS_UP),
    )
    assert refined(*labels) == list(labels)
    assert all(not one.sentence for one in refine_labels(labels, FOUND))


@pytest.mark.parametrize("late_s", [-4.0, -1.5, 1.5, 4.0])
def test_a_shifted_label_takes_in_its_movement_and_no_other(late_s: float) -> None:
    label = TaskInterval(10.0 + late_s, 30.0 + late_s, Task.SQUAT)
    (one,) = refine_labels((label,), FOUND)
    assert one.interval.start_s <= SQUATS.start_s + 0.8
    assert SQUATS.end_s - 0.8 <= one.interval.end_s <= STEPS.start_s + 0.8
    assert "squat" in one.sentence


def test_a_label_is_not_moved_further_than_people_err() -> None:
    (one,) = refined(TaskInterval(20.0, 22.0, Task.SQUAT))
    assert one == TaskInterval(15.0, 27.0, Task.SQUAT)


def test_a_label_in_which_nothing_was_found_is_kept_and_says_so() -> None:
    label = TaskInterval(50.0, 60.0, Task.KICK)
    (one,) = refine_labels((label,), FOUND)
    assert one.interval == label
    assert "nothing was found of kick at 50 s" in one.sentence
    assert not one.contradicted


def test_a_contradicted_label_is_kept_as_the_users_word() -> None:
    label = TaskInterval(33.0, 44.0, Task.WALK)
    (one,) = refine_labels((label,), FOUND)
    assert one.interval == label
    assert one.contradicted
    assert "looks like stairs up" in one.sentence


def test_two_labels_of_one_task_are_each_their_own() -> None:
    """One leg after the other: the kicks of this leg belong to the second label only."""
    kicks = (FoundTask(20.0, 30.0, Task.KICK, 0.9, "swings"),)
    labels = (TaskInterval(8.0, 19.0, Task.KICK), TaskInterval(19.5, 30.5, Task.KICK))
    assert [one.interval for one in refine_labels(labels, kicks)] == list(labels)


def test_where_a_label_is_plainly_wrong_none_is_moved() -> None:
    labels = (TaskInterval(13.0, 30.0, Task.SQUAT), TaskInterval(33.0, 44.0, Task.WALK))
    by_side, said = labels_of_each_leg(labels, {Side.RIGHT: FOUND})
    assert by_side[Side.RIGHT] == labels
    assert len(said) == 1


def test_a_task_of_one_leg_contradicts_no_label() -> None:
    lunge = TaskInterval(10.0, 30.0, Task.LUNGE)
    lunges = replace(SQUATS, task=Task.LUNGE)
    _, said = labels_of_each_leg((lunge,), {Side.LEFT: (STAND,), Side.RIGHT: (lunges,)})
    assert said == ()


def test_the_users_stand_stays_where_nothing_else_is_labelled() -> None:
    stand = TaskInterval(1.0, 4.0, Task.STAND)
    assert label_by_found((stand,), FOUND) == (stand, SQUATS.interval, STEPS.interval)
    assert label_by_found((), (STAND,)) == ()


def test_a_late_label_loses_at_its_end_what_its_beginning_lacked() -> None:
    found = (replace(SQUATS, task=Task.LUNGE),)
    late, early = TaskInterval(12.0, 32.9, Task.LUNGE), TaskInterval(7.2, 28.0, Task.LUNGE)
    for label in (late, early):
        (one,) = refine_labels((label,), found)
        assert one.interval == TaskInterval(9.6, 30.4, Task.LUNGE)


def test_a_label_that_is_only_too_long_stays_the_users_word() -> None:
    label = TaskInterval(6.0, 31.0, Task.SQUAT)
    assert refined(label) == [label]


def test_the_label_of_the_other_leg_does_not_hold_back_a_late_one() -> None:
    """Lunges of two legs, a second apart, both labels 3 s late; this leg lunged second."""
    labels = (TaskInterval(20.8, 40.8, Task.LUNGE), TaskInterval(41.6, 61.5, Task.LUNGE))
    lunges = (FoundTask(38.4, 58.6, Task.LUNGE, 0.9, "leans"),)
    first, second = (one.interval for one in refine_labels(labels, lunges))
    assert (second.start_s, second.end_s) == (38.4, 58.6)
    assert first == TaskInterval(20.8, 38.4, Task.LUNGE)


@pytest.mark.parametrize("late_s", [-0.7, 0.7])
def test_no_step_is_lost_where_a_label_is_a_little_off(late_s: float) -> None:
    label = TaskInterval(STEPS.start_s + late_s, STEPS.end_s + late_s, Task.STAIRS_UP)
    (one,) = refined(label)
    assert one.start_s <= STEPS.start_s
    assert one.end_s >= STEPS.end_s


def off(recording: Recording, late_s: float) -> Recording:
    """All its labels so late, or early."""
    tasks = (
        replace(t, start_s=max(0.0, t.start_s + late_s), end_s=t.end_s + late_s)
        for t in recording.tasks
    )
    return replace(recording, tasks=tuple(t for t in tasks if t.end_s > t.start_s))


def counted(recording: Recording) -> list[tuple[Side, Task, float]]:
    return [
        (leg.side, r.task, r.start_s)
        for leg in measure_recording(recording)
        for r in leg.repetitions
        if r.counted
    ]


@pytest.fixture(scope="module")
def screened() -> Recording:
    """Everything that a clinic asks of two legs, little of each."""
    steps = (Step(Task.STAND, 3.0), Step(Task.PUMP, 4), Step(Task.LUNGE, 2), Step(Task.POINT, 2))
    steps += (Step(Task.SQUAT, 3), Step(Task.STAIRS_UP, 4), Step(Task.KICK, 2), Step(Task.WALK, 4))
    sides = (Side.LEFT, Side.RIGHT)
    return simulate(Scenario("off", "labels by eye", steps, sides=sides), seed=6).recording


@pytest.fixture(scope="module")
def right_counts(screened: Recording) -> list[tuple[Side, Task, float]]:
    return counted(screened)


@pytest.mark.parametrize("late_s", [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
def test_labels_some_seconds_off_give_the_same_repetitions(
    screened: Recording, right_counts: list[tuple[Side, Task, float]], late_s: float
) -> None:
    found = counted(off(screened, late_s))
    assert [what for *what, _ in found] == [what for *what, _ in right_counts]
    for (*_, found_s), (*_, true_s) in zip(found, right_counts, strict=True):
        assert found_s == pytest.approx(true_s, abs=0.05)


@pytest.mark.parametrize("late_s", [-3.0, 2.0])
def test_stiff_lunges_are_not_lost_beside_pumps(late_s: float) -> None:
    """A foot that pumps goes further down than this lunge goes up."""
    steps = (Step(Task.STAND, 3.0), Step(Task.PUMP, 4), Step(Task.LUNGE, 3), Step(Task.POINT, 2))
    stiff = Scenario("stiff", "20 deg of dorsiflexion", steps, ANTERIOR_RESTRICTED)
    found = counted(off(simulate(stiff, seed=1).recording, late_s))
    assert [task for _, task, _ in found] == [Task.LUNGE] * 3 + [Task.POINT] * 2


@pytest.mark.parametrize(("every_s", "first_s", "seed"), [(4.0, 6.8, 1), (2.0, 5.5, 2)])
def test_pumps_with_lost_samples_are_not_taken_for_a_held_foot(
    every_s: float, first_s: float, seed: int
) -> None:
    """Gaps of 1.2 s: the foot rests in them, but only on paper."""
    steps = (Step(Task.STAND, 3.0), Step(Task.PUMP, 8), Step(Task.SQUAT, 3))
    recording = simulate(Scenario("gaps", "radio", steps), seed=seed).recording
    streams = []
    for stream in recording.streams:
        since_s = stream.device_time_s - first_s
        lost = (since_s >= 0.0) & (since_s < 10.5) & (since_s % every_s < 1.2)
        kept = {"device_time_s": stream.device_time_s[~lost], "raw": stream.raw[~lost]}
        streams.append(replace(stream, **kept, sequence=None))
    (leg,) = measure_recording(replace(recording, streams=tuple(streams)))
    assert not any("looks like" in sentence for sentence in leg.missing)
