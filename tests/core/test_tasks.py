"""Tasks found without labels, against what the simulated legs did and on public recordings."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.pipeline import measure_recording
from sensor_screen.core.repetitions import DIRECTIONS, find_repetitions
from sensor_screen.core.tasks import find_tasks
from sensor_screen.model import FoundTask, Placement, Side, Task
from sensor_screen.session.span_scores import STRIDES, covered_s
from sensor_screen.session.validation_tasks import AROUND_S, true_stretches
from sensor_screen.simulation import HARSH, Scenario, Step, simulate
from sensor_screen.storage.folder import read_folder
from tests.core.test_alignment import SHARED

if TYPE_CHECKING:
    from sensor_screen.model import CleanLeg, Recording
    from sensor_screen.simulation import Simulation

RESTS = (Task.STAND, Task.BALANCE, Task.MOVE)

MIXED = Scenario(
    "mixed-order",
    "everything once, in no usual order, with short rests",
    (
        Step(Task.STAND, 2.0, rest_s=0.5),
        Step(Task.WALK, 5, rest_s=0.5),
        Step(Task.SQUAT, 3),
        Step(Task.POINT, 2, rest_s=1.5),
        Step(Task.KICK, 2),
        Step(Task.STAIRS_DOWN, 4, rest_s=0.4),
        Step(Task.LUNGE, 2),
        Step(Task.PUMP, 5),
        Step(Task.BALANCE, 10.0),
        Step(Task.STAIRS_UP, 4),
    ),
    sides=(Side.LEFT, Side.RIGHT),
)


def legs_of(recording: Recording, *placements: Placement) -> list[CleanLeg]:
    wanted = placements or (Placement.SHANK, Placement.FOOT)
    legs = []
    for side in recording.sides:
        shank, foot = (
            recording.stream(side, p) if p in wanted else None
            for p in (Placement.SHANK, Placement.FOOT)
        )
        legs.append(assemble_leg(shank, foot, side))
    return legs


@pytest.fixture(scope="module")
def mixed() -> Simulation:
    return simulate(MIXED, seed=1)


@pytest.fixture(scope="module")
def found(mixed: Simulation) -> dict[Side, tuple[FoundTask, ...]]:
    return find_tasks(legs_of(mixed.recording))


def cores(simulation: Simulation, side: Side) -> list[tuple[Task, float, float]]:
    """From the first to the last repetition of each labelled task of one leg."""
    return [
        (task, *span)
        for task in Task
        if task not in RESTS
        for span in true_stretches(simulation, side, task)
    ]


def covered(task: Task, start_s: float, end_s: float, found: tuple[FoundTask, ...]) -> float:
    """Share of a span that is found as this task."""
    as_task = [(f.start_s, f.end_s) for f in found if f.task is task]
    return covered_s((start_s, end_s), as_task) / (end_s - start_s)


def check_times(simulation: Simulation, found: dict[Side, tuple[FoundTask, ...]]) -> None:
    for side, tasks in found.items():
        true = cores(simulation, side)
        for task, start_s, end_s in true:
            assert covered(task, start_s, end_s, tasks) > 0.98, (side, task)
        for one in tasks:
            if one.task in RESTS:
                continue
            # People are at rest for a second around a task, and a kick begins with a step.
            near = [(a - AROUND_S, b + AROUND_S) for t, a, b in true if t is one.task]
            right_s = covered_s((one.start_s, one.end_s), near)
            assert right_s > 0.98 * (one.end_s - one.start_s), (side, one)


def test_every_task_is_found_where_it_was_done(
    mixed: Simulation, found: dict[Side, tuple[FoundTask, ...]]
) -> None:
    check_times(mixed, found)


@pytest.mark.parametrize("rate_hz", [50.0, 200.0])
def test_the_rate_does_not_matter(rate_hz: float) -> None:
    simulation = simulate(MIXED, seed=4, rate_hz=rate_hz)
    check_times(simulation, find_tasks(legs_of(simulation.recording)))


def test_soft_tissue_and_impacts_do_not_hide_a_task() -> None:
    simulation = simulate(MIXED, seed=5, imperfections=HARSH)
    check_times(simulation, find_tasks(legs_of(simulation.recording)))


def test_stretches_are_in_order_and_do_not_overlap(
    found: dict[Side, tuple[FoundTask, ...]],
) -> None:
    for tasks in found.values():
        assert all(0.0 <= f.confidence <= 1.0 and f.sentence for f in tasks)
        assert all(a.end_s <= b.start_s for a, b in pairwise(tasks))


def test_who_balances_is_told_from_who_hangs_in_the_air(
    mixed: Simulation, found: dict[Side, tuple[FoundTask, ...]]
) -> None:
    labels = [t for t in mixed.recording.tasks if t.task is Task.BALANCE]
    for label, side in zip(labels, mixed.truth, strict=True):
        for leg, tasks in found.items():
            share = covered(Task.BALANCE, label.start_s, label.end_s, tasks)
            assert share > 0.95 if leg is side else share < 0.05


def test_repetitions_are_those_of_the_truth(
    mixed: Simulation, found: dict[Side, tuple[FoundTask, ...]]
) -> None:
    for leg in legs_of(mixed.recording):
        tasks = [f.interval for f in found[leg.side] if f.task is not Task.MOVE]
        angle = estimate_ankle(leg, tasks).trace
        done = mixed.truth[leg.side].repetitions
        for task in DIRECTIONS:
            counted = [
                r for t in tasks if t.task is task for r in find_repetitions(angle, t) if r.counted
            ]
            # Strides run from mid-swing to mid-swing: one fewer than swings.
            expected = sum(r.task is task for r in done) - (task in STRIDES)
            assert len(counted) == expected, (leg.side, task)


def test_the_mounting_changes_nothing(mixed: Simulation) -> None:
    def turned(leg: CleanLeg) -> CleanLeg:
        # A quarter turn about an oblique axis: a permutation, so that nothing is rounded.
        assert leg.shank is not None
        shank = replace(
            leg.shank,
            acc_mps2=leg.shank.acc_mps2[:, [1, 2, 0]],
            gyr_radps=leg.shank.gyr_radps[:, [1, 2, 0]],
        )
        return replace(leg, shank=shank)

    legs = legs_of(mixed.recording)
    before, after = find_tasks(legs), find_tasks([turned(leg) for leg in legs])
    for side, tasks in before.items():
        assert [f.task for f in after[side]] == [f.task for f in tasks]
        # The orientation filter adds in another order; 20 ms are two samples.
        np.testing.assert_allclose(
            [(f.start_s, f.end_s) for f in after[side]],
            [(f.start_s, f.end_s) for f in tasks],
            atol=0.02,
        )


def test_left_and_right_are_alike(
    mixed: Simulation, found: dict[Side, tuple[FoundTask, ...]]
) -> None:
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    swapped = find_tasks([replace(leg, side=other[leg.side]) for leg in legs_of(mixed.recording)])
    assert swapped == {other[side]: tasks for side, tasks in found.items()}


def test_one_leg_alone_has_the_same_movements(
    mixed: Simulation, found: dict[Side, tuple[FoundTask, ...]]
) -> None:
    leg = legs_of(mixed.recording)[1]
    alone = find_tasks([leg])[leg.side]
    moved = set(DIRECTIONS) | {Task.PUMP}
    assert [f.task for f in alone if f.task in moved] == [
        f.task for f in found[leg.side] if f.task in moved
    ]


def test_a_shank_alone_shows_bends_steps_and_kicks(mixed: Simulation) -> None:
    for side, tasks in find_tasks(legs_of(mixed.recording, Placement.SHANK)).items():
        for task, start_s, end_s in cores(mixed, side):
            seen = Task.WALK if task in STRIDES else task
            share = covered(seen, start_s, end_s, tasks)
            assert share == 0.0 if task in (Task.PUMP, Task.POINT) else share > 0.9, task


def test_a_foot_alone_shows_steps_stairs_and_kicks(mixed: Simulation) -> None:
    for side, tasks in find_tasks(legs_of(mixed.recording, Placement.FOOT)).items():
        assert {f.task for f in tasks} <= {Task.KICK, *STRIDES, *RESTS}
        for task, start_s, end_s in cores(mixed, side):
            if task in (Task.KICK, *STRIDES):
                assert covered(task, start_s, end_s, tasks) > 0.98, task


def test_pumps_that_begin_toes_down_are_counted_from_toes_up() -> None:
    """Which way the first pump goes decides the sign; steps show which way is down."""
    steps = (Step(Task.PUMP, 6), Step(Task.WALK, 6))
    simulation = simulate(Scenario("pumps", "no stand", steps), seed=3)
    truth = simulation.truth[Side.RIGHT]
    (pumps, _) = simulation.recording.tasks
    lasts = slice(*np.searchsorted(truth.time_s, [pumps.start_s, pumps.start_s + 1.0]))
    top_s = float(truth.time_s[lasts][np.argmax(truth.dorsiflexion_rad[lasts])])
    (leg,) = legs_of(late(simulation.recording, top_s))
    (found,) = [f for f in find_tasks([leg])[Side.RIGHT] if f.task is Task.PUMP]
    after = truth.dorsiflexion_rad[np.searchsorted(truth.time_s, found.start_s) :]
    change = after - after[0]
    assert "down first" in found.sentence
    assert change[np.flatnonzero(np.abs(change) > 0.1)[0]] > 0.0


def late(recording: Recording, start_s: float) -> Recording:
    """The recording as if it had been switched on later."""
    return replace(
        recording,
        streams=tuple(
            replace(s, device_time_s=s.device_time_s[kept], raw=s.raw[kept], sequence=None)
            for s in recording.streams
            for kept in (s.device_time_s >= start_s,)
        ),
    )


def test_an_unlabelled_recording_is_measured_like_a_labelled_one(mixed: Simulation) -> None:
    labelled = measure_recording(mixed.recording)
    bare = measure_recording(replace(mixed.recording, tasks=()))
    for one, other in zip(labelled, bare, strict=True):
        assert not one.found_tasks
        assert other.found_tasks
        counts = [
            {
                task: sum(r.task is task and r.counted for r in leg.repetitions)
                for task in DIRECTIONS
            }
            for leg in (one, other)
        ]
        assert counts[0] == counts[1]
        assert len(other.sway) == len(one.sway) == 1
        peaks = [
            {(d.task, d.direction): np.degrees(d.typical_rad) for d in leg.demands}
            for leg in (one, other)
        ]
        for what, peak_deg in peaks[0].items():
            # Axis and zero come from nearly the same samples.
            assert peaks[1][what] == pytest.approx(peak_deg, abs=0.5)


# --- public recordings ---------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("name", ["up_left", "up_right", "down_left", "down_right"])
def test_a_real_staircase_has_a_direction(name: str) -> None:
    folder = SHARED / "stairs_foot" / name
    if not folder.is_dir():
        pytest.skip("the public recordings are not beside this checkout")
    recording = read_folder(folder).recording
    (tasks,) = find_tasks(legs_of(recording)).values()
    wanted = Task.STAIRS_UP if name.startswith("up") else Task.STAIRS_DOWN
    stairs = [f for f in tasks if f.task in STRIDES and f.task is not Task.WALK]
    assert {f.task for f in stairs} == {wanted}
    # About 8 steps, a landing, and 8 steps.
    assert sum(f.end_s - f.start_s for f in stairs) > 12.0


@pytest.mark.shared
def test_real_walking_is_walking_and_a_rig_is_nothing() -> None:
    for name, wanted in (("pp054/walk_right", {Task.WALK}), ("rig1d/01", set())):
        folder = SHARED / name
        if not folder.is_dir():
            pytest.skip("the public recordings are not beside this checkout")
        (tasks,) = find_tasks(legs_of(read_folder(folder).recording)).values()
        assert {f.task for f in tasks} - {Task.STAND, Task.MOVE} == wanted


@pytest.mark.shared
@pytest.mark.parametrize("placements", [(), (Placement.FOOT,)])
def test_real_kicks_are_found_and_who_stands_does_not_kick(
    placements: tuple[Placement, ...],
) -> None:
    """Each leg alone; by the same finder as the kicks that are measured."""
    folders = [
        SHARED / "kick" / f"player{player}_S{number:02}_{side}"
        for player in (1, 2, 3, 4)
        for number in (1, 2)
        for side in ("left", "right")
    ]
    folders = [folder for folder in folders if folder.is_dir()]
    if not folders:
        pytest.skip("the public recordings are not beside this checkout")
    for folder in folders:
        expected = json.loads((folder / "meta.json").read_text("utf-8"))["kicks_expected"]
        (tasks,) = find_tasks(legs_of(read_folder(folder).recording, *placements)).values()
        assert sum(f.task is Task.KICK for f in tasks) == expected, folder.name
