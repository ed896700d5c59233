"""A sensor that left the leg, slipped on it, or is of another recording: no valid angle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.attachment import AttachmentParams, is_apart, kinds_of, refer_to, watch
from sensor_screen.core.attachment_kernels import NEVER, no_votes
from sensor_screen.core.replay import replay
from sensor_screen.core.sign import SignHint
from sensor_screen.model import AngleMark, Placement, Task, TaskInterval
from sensor_screen.simulation import WORN_WALK, Scenario, Step
from sensor_screen.simulation.misplaced import (
    borrow_foot,
    drop_sensor,
    hear,
    sensor_of,
    slip_sensor,
)
from sensor_screen.storage.folder import read_folder
from tests.core.simulated_legs import (
    KICKS,
    PUMPS_AND_STAIRS,
    WALK,
    SimulatedLeg,
    mirrored,
    simulated_leg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.core.ankle import AnkleEstimate
    from sensor_screen.core.live_blocks import LiveAngles
    from sensor_screen.model import AngleTrace, CleanLeg

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="the public recordings are not beside this checkout"
)
LOST = int(AngleMark.APART | AngleMark.SLIPPED)


def slipped(known: SimulatedLeg, placement: Placement, degrees: float, at_s: float) -> CleanLeg:
    foot = placement is Placement.FOOT
    axis = known.truth.flexion_axis_foot if foot else known.truth.flexion_axis_shank
    return slip_sensor(known.leg, placement, axis, np.radians(degrees), at_s)


def both_ways(leg: CleanLeg, known: SimulatedLeg) -> tuple[AngleTrace, LiveAngles]:
    return estimate_ankle(leg, known.tasks).trace, replay(leg, known.tasks)


def test_one_leg_is_never_called_two(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate]
) -> None:
    for name, known in legs.items():
        for answer in (estimates[name].trace, replay(known.leg, known.tasks)):
            assert not (answer.marks & LOST).any()


@pytest.mark.parametrize("name", ["stairs", "walk", "kicks"])
@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_a_sensor_on_the_floor_gives_no_valid_angle(
    legs: Mapping[str, SimulatedLeg], name: str, placement: Placement
) -> None:
    known = legs[name]
    since_s = 0.7 * float(known.leg.time_s[-1])
    # Who cannot look ahead must wait until the surprise is larger than a hard kick's.
    for answer, wait_s in zip(
        both_ways(drop_sensor(known.leg, placement, since_s), known),
        (2.5, 5.0),
        strict=True,
    ):
        assert not answer.valid[answer.time_s > since_s + wait_s].any()


@pytest.mark.parametrize(
    ("scenario", "name"), [(PUMPS_AND_STAIRS, "stairs"), (WALK, "walk"), (KICKS, "kicks")]
)
def test_the_foot_of_another_recording_gives_no_valid_angle(
    legs: Mapping[str, SimulatedLeg], scenario: Scenario, name: str
) -> None:
    known = legs[name]
    other = simulated_leg(scenario, seed=5, imperfections=WORN_WALK if name == "walk" else None)
    mixed = borrow_foot(known.leg, other.leg)
    trace = estimate_ankle(mixed, known.tasks).trace
    assert not trace.valid.any()
    assert (trace.marks & int(AngleMark.APART)).mean() > 0.5


@pytest.mark.parametrize("degrees", [25.0, -25.0])
@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_a_slip_of_25_deg_is_found_within_some_steps(
    legs: Mapping[str, SimulatedLeg], placement: Placement, degrees: float
) -> None:
    """Walking: four of six votes decide, one a step."""
    known, at_s = legs["walk"], 22.0
    offline, live = both_ways(slipped(known, placement, degrees, at_s), known)
    for answer, found_s in ((offline, at_s + 1.3), (live, at_s + 8.0)):
        late = answer.time_s > found_s
        assert ((answer.marks[late] & int(AngleMark.SLIPPED)) != 0).all()
        assert answer.valid[(answer.time_s > 1.0) & (answer.time_s < at_s - 5.0)].all()


def test_left_and_right_are_judged_alike(legs: Mapping[str, SimulatedLeg]) -> None:
    known = legs["walk"]
    leg = slipped(known, Placement.FOOT, 25.0, 22.0)
    right, left = (estimate_ankle(one, known.tasks).trace for one in (leg, mirrored(leg)))
    lost = [(trace.marks & LOST) != 0 for trace in (right, left)]
    assert (lost[0] == lost[1]).mean() > 0.99


def test_votes_do_not_depend_on_how_samples_are_cut(legs: Mapping[str, SimulatedLeg]) -> None:
    known = legs["walk"]
    samples, params = known.samples, AttachmentParams()
    rest = samples.part(known.stand).acc_mps2.mean(axis=0)
    ref = refer_to(rest, known.truth.flexion_axis_shank, samples.rate_hz, params)
    n = len(samples)
    kinds = kinds_of(known.leg.time_s, known.tasks, np.zeros(n, dtype=np.bool_))
    up = np.random.default_rng(0).standard_normal((n, 3))
    whole = watch(no_votes(), samples, up, kinds, ref)
    votes, parts = no_votes(), []
    for edge in range(0, n, 7):
        part = slice(edge, edge + 7)
        parts.append(watch(votes, samples.part(part), up[part], kinds[part], ref))
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (whole[:, 1] > 0).any()


def test_hanging_feet_and_gaps_have_no_vote() -> None:
    time_s = np.arange(0.0, 10.0, 0.1)
    tasks = (TaskInterval(0.0, 9.0, Task.WALK), TaskInterval(2.0, 3.0, Task.POINT))
    kinds = kinds_of(time_s, tasks, time_s > 8.0)
    never = (time_s > 8.0) | ((time_s >= 2.0) & (time_s <= 3.0))
    np.testing.assert_array_equal(kinds == NEVER, never)


def test_apart_holds_until_the_surprise_is_over() -> None:
    surprise = np.array([0.0, 1.7, 1.9, 1.7, 1.0, 0.8, 1.7])
    wanted = [False, False, True, True, True, False, False]
    assert is_apart(surprise, False, AttachmentParams()).tolist() == wanted
    assert is_apart(surprise[3:5], True, AttachmentParams()).all()


def test_after_pumps_a_squat_tells_the_sign_of_the_shank_s_axis() -> None:
    """Seated points and a foot that stands: shank and foot hardly ever turn together."""
    steps = (
        Step(Task.STAND, 2.0),
        Step(Task.PUMP, 5),
        Step(Task.POINT, 3),
        Step(Task.SQUAT, 4),
    )
    known = simulated_leg(Scenario("no-steps", "nothing but squats and points", steps), seed=0)
    found = estimate_ankle(known.leg, known.tasks)
    assert found.calibration.shank_axis @ known.truth.flexion_axis_shank > 0.8
    assert found.calibration.foot_axis @ known.truth.flexion_axis_foot > 0.8
    assert found.trace.valid.mean() > 0.95
    assert np.degrees(np.abs(found.trace.dorsiflexion_rad - known.dorsiflexion_rad)).max() < 8.0


def test_the_live_catch_up_says_so_and_nothing_else_does(
    legs: Mapping[str, SimulatedLeg],
) -> None:
    known = legs["stairs"]
    answer = replay(known.leg, known.tasks)
    late = (answer.marks & int(AngleMark.CAUGHT_UP)) != 0
    pumped_s = known.tasks[1].end_s
    assert answer.time_s[late][-1] == pytest.approx(pumped_s + 5.0, abs=0.02)
    assert late[: int(late.sum())].all()
    assert answer.valid[late].mean() > 0.95  # a note, not a fault


def backwards(leg: CleanLeg) -> CleanLeg:
    """The same movement in reverse: forces stay, angular velocities turn round."""
    for placement in (Placement.SHANK, Placement.FOOT):
        stream = sensor_of(leg, placement)
        leg = hear(leg, placement, stream.acc_mps2[::-1].copy(), -stream.gyr_radps[::-1])
    return leg


@needs_data
@pytest.mark.parametrize(
    ("name", "valid"), [("rig1d/02", 1.0), ("rig2d/02", 0.0), ("rig3d/01", 0.0)]
)
def test_a_hinge_is_judged_also_where_the_stand_comes_last(name: str, valid: float) -> None:
    found = read_folder(DATA / name)
    (side,) = found.recording.sides
    shank, foot = (found.recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT))
    leg = backwards(assemble_leg(shank, foot, side))
    both_ends_s = float(leg.time_s[0] + leg.time_s[-1])
    stand = next(t for t in found.recording.tasks if t.task is Task.STAND)
    last = TaskInterval(both_ends_s - stand.end_s, both_ends_s - stand.start_s, Task.STAND)
    axes = np.array([found.meta["hinge_axis_shank"], found.meta["hinge_axis_foot"]])
    trace = estimate_ankle(leg, (last,), sign_hint=SignHint(axes=axes)).trace
    assert trace.valid.mean() == pytest.approx(valid, abs=0.03)
