"""Stairs by the foot: every stride goes the right way, as high as the stairs, however mounted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.pipeline import measure_leg
from sensor_screen.core.quaternion import to_matrix, turn, unit
from sensor_screen.core.stairs import FOOT_ALONE, find_foot_strides, tell_climb
from sensor_screen.model import (
    Climb,
    Placement,
    Recording,
    RepetitionMark,
    Side,
    Task,
    TaskInterval,
)
from sensor_screen.simulation import HARSH, simulate
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.storage.folder import read_folder

if TYPE_CHECKING:
    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.model import CleanStream, Floats
    from sensor_screen.simulation.imperfections import Imperfections
    from sensor_screen.simulation.simulator import Simulation

DATA = Path(__file__).parents[3] / "shared" / "data"
shared = pytest.mark.skipif(
    not DATA.exists(), reason="the public recordings are not beside this checkout"
)
STAIRS = Scenario(
    "stairs, short",
    "stand, pumps, eight strides up and down",
    (
        Step(Task.STAND, 3.0),
        Step(Task.PUMP, 5),
        Step(Task.STAIRS_UP, 8),
        Step(Task.STAIRS_DOWN, 8),
        Step(Task.WALK, 6),
    ),
)
RISE_M = {Task.STAIRS_UP: 0.36, Task.STAIRS_DOWN: -0.36, Task.WALK: 0.0}
"""Of one simulated stride."""


def climb(imperfections: Imperfections | None = None, rate_hz: float = 100.0) -> Simulation:
    return simulate(STAIRS, seed=3, rate_hz=rate_hz, imperfections=imperfections)


def foot_of(recording: Recording, side: Side = Side.RIGHT) -> CleanStream:
    leg = assemble_leg(None, recording.stream(side, Placement.FOOT), side)
    assert leg.foot is not None
    return leg.foot


def way_of(path: FootPath) -> Floats:
    return np.array([[s.height_change_m, s.distance_m] for s in path.steps])


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
@pytest.mark.parametrize("imperfections", [None, HARSH], ids=["plain", "harsh"])
def test_every_stride_is_one_step_of_its_height(
    rate_hz: float, imperfections: Imperfections | None
) -> None:
    simulation = climb(imperfections, rate_hz)
    foot = foot_of(simulation.recording)
    path = trace_foot(foot)
    for done in simulation.truth[Side.RIGHT].repetitions:
        if done.task not in RISE_M:
            continue
        steps = [s for s in path.steps if done.start_s < foot.time_s[s.fastest] < done.end_s]
        assert len(steps) == 1
        # An accelerometer wrong by 0.5 m/s2 errs most on the long level strides.
        error_m = 0.07 if done.task is Task.WALK else 0.03
        assert steps[0].height_change_m == pytest.approx(RISE_M[done.task], abs=error_m)
        assert abs(steps[0].height_change_m - RISE_M[done.task]) < 3.0 * steps[0].height_sigma_m


def test_the_mounting_does_not_matter() -> None:
    foot = foot_of(climb().recording)
    random = np.random.default_rng(1)
    turned, _ = np.linalg.qr(random.standard_normal((3, 3)))
    turned *= np.sign(np.linalg.det(turned))
    other = replace(foot, acc_mps2=foot.acc_mps2 @ turned, gyr_radps=foot.gyr_radps @ turned)
    # Orientations are found by a filter that starts from the first samples: 1 mm is left.
    np.testing.assert_allclose(way_of(trace_foot(other)), way_of(trace_foot(foot)), atol=1e-3)


def test_a_foot_that_stays_takes_no_step() -> None:
    foot = foot_of(climb().recording)
    still = slice(0, round(2.5 * foot.rate_hz))
    stand = replace(
        foot,
        time_s=foot.time_s[still],
        acc_mps2=foot.acc_mps2[still],
        gyr_radps=foot.gyr_radps[still],
        flags=foot.flags[still],
    )
    path = trace_foot(stand)
    assert (len(path.flats), path.steps) == (1, ())


def test_strides_of_a_leg_carry_direction_stance_and_both_peaks() -> None:
    simulation = climb()
    truth = simulation.truth[Side.RIGHT]
    found = measure_leg(simulation.recording, Side.RIGHT).repetitions
    ways = {Task.STAIRS_UP: Climb.UP, Task.STAIRS_DOWN: Climb.DOWN, Task.WALK: Climb.LEVEL}
    for task, way in ways.items():
        strides = [r for r in found if r.task is task]
        # From mid-swing to mid-swing: one fewer than swings.
        assert len(strides) == sum(r.task is task for r in truth.repetitions) - 1
        for one in strides:
            assert one.counted
            assert one.stride is not None
            assert one.stride.direction is way
            assert one.start_s < one.stride.foot_flat_start_s < one.stride.foot_flat_end_s
            assert one.stride.foot_flat_end_s < one.end_s
            a, b, c = np.searchsorted(
                truth.time_s, [one.start_s, one.stride.foot_flat_end_s, one.end_s]
            )
            exact = np.degrees(truth.dorsiflexion_rad)
            # 1 deg: what the ankle angle itself is good for in so short a movement.
            assert np.degrees(one.stride.push_off_plantarflexion_rad) == pytest.approx(
                exact[b:c].min(), abs=1.0
            )
            stance = exact[a:c][: int(np.argmin(exact[b:c])) + b - a]
            assert np.degrees(one.stride.stance_dorsiflexion_rad) <= stance.max() + 1.0


def test_a_stride_that_goes_the_other_way_is_kept_and_not_counted() -> None:
    recording = climb().recording
    renamed = tuple(
        replace(t, task=Task.STAIRS_UP if t.task is Task.STAIRS_DOWN else t.task)
        for t in recording.tasks
    )
    found = measure_leg(replace(recording, tasks=renamed), Side.RIGHT).repetitions
    down = [r for r in found if r.stride is not None and r.stride.direction is Climb.DOWN]
    assert len(down) == 7
    for one in down:
        assert not one.counted
        assert "went down" in one.reason
        assert one.quality[-1] is RepetitionMark.OTHER_WAY
        assert "labelled stairs up" in one.notes[-1]


def test_a_foot_alone_says_where_it_went() -> None:
    recording = climb().recording
    foot = recording.stream(Side.RIGHT, Placement.FOOT)
    assert foot is not None
    leg = measure_leg(replace(recording, streams=(foot,)), Side.RIGHT)
    assert leg.angle is None
    up = [r for r in leg.repetitions if r.task is Task.STAIRS_UP]
    assert [r.stride.direction for r in up if r.stride is not None] == [Climb.UP] * 7
    assert {r.reason for r in leg.repetitions} == {FOOT_ALONE}
    assert "7 up, 7 down, 5 level" in leg.missing[0]


def test_heights_within_their_error_are_level() -> None:
    assert tell_climb(0.3, 0.2) is Climb.LEVEL
    assert tell_climb(0.3, 0.02) is Climb.UP
    assert tell_climb(-0.3, 0.02) is Climb.DOWN
    assert tell_climb(float("nan"), 0.02) is Climb.UNKNOWN


def strides_of(folder: str) -> list[Climb]:
    recording = read_folder(DATA / folder).recording
    side = recording.sides[0]
    foot = foot_of(recording, side)
    whole = TaskInterval(float(foot.time_s[0]), float(foot.time_s[-1]), Task.WALK)
    found = find_foot_strides(trace_foot(foot), foot.time_s, whole, side)
    return [r.stride.direction for r in found if r.stride is not None]


@shared
@pytest.mark.parametrize(("way", "wrong"), [("up", Climb.DOWN), ("down", Climb.UP)])
def test_a_real_staircase(way: str, wrong: Climb) -> None:
    left, right = (strides_of(f"stairs_foot/{way}_{side}") for side in ("left", "right"))
    assert abs(len(left) - len(right)) <= 1
    for feet in (left, right):
        assert wrong not in feet
        # The rest is the floor before, between and after the two flights.
        assert feet.count(Climb(way)) >= 16


@shared
def test_real_level_walking_is_level() -> None:
    assert set(strides_of("pp054/walk_right")) == {Climb.LEVEL}


def test_turning_vectors_agrees_with_the_matrices() -> None:
    rng = np.random.default_rng(0)
    quaternions, vectors = unit(rng.normal(size=(100, 4))), rng.normal(size=(100, 3))
    expected = (to_matrix(quaternions) @ vectors[..., None])[..., 0]
    np.testing.assert_allclose(turn(quaternions, vectors), expected, atol=1e-12)
