"""The ankle of one leg: what must change nothing, what is known exactly, and what may go wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.replay import replay
from sensor_screen.core.sign import SignHint
from sensor_screen.errors import ScreenError
from sensor_screen.model import AngleMark, Placement, Side, Task
from sensor_screen.simulation import WORN_WALK
from sensor_screen.simulation.misplaced import cut_leg
from tests.core.simulated_legs import (
    FLAWLESS,
    KICKS,
    PUMPS_AND_STAIRS,
    WALK,
    at_time,
    clipping,
    heard_badly,
    holding,
    mirrored,
    remounted,
    rmse_deg,
    silent,
    simulated_leg,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sensor_screen.core.ankle import AnkleEstimate
    from sensor_screen.core.live_blocks import LiveAngles
    from sensor_screen.model import AngleTrace, Floats, SensorStream
    from sensor_screen.simulation import Scenario
    from tests.core.simulated_legs import SimulatedLeg

NAMES = ("stairs", "walk", "kicks")


def furthest_deg(one: Floats, other: Floats) -> float:
    return float(np.degrees(np.abs(one - other).max()))


# --- what must change nothing --------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_turning_a_sensor_on_its_segment_changes_nothing(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate], name: str, seed: int
) -> None:
    known, worn = legs[name], estimates[name].trace
    leg = remounted(known.leg, *Rotation.random(2, random_state=seed))
    found = estimate_ankle(leg, known.tasks).trace
    # Only measurement rows kept in single precision differ: 1e-7 deg was seen.
    assert furthest_deg(found.dorsiflexion_rad, worn.dorsiflexion_rad) < 1e-4
    assert furthest_deg(found.inversion_rad, worn.inversion_rad) < 1e-4
    assert furthest_deg(found.shank_lean_rad, worn.shank_lean_rad) < 1e-4
    assert furthest_deg(found.foot_pitch_rad, worn.foot_pitch_rad) < 1e-4
    np.testing.assert_allclose(found.sigma_rad, worn.sigma_rad, rtol=1e-4)
    np.testing.assert_array_equal(found.marks, worn.marks)


@pytest.mark.parametrize("name", NAMES)
def test_the_mirrored_leg_reads_alike(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate], name: str
) -> None:
    known, right = legs[name], estimates[name].trace
    left = estimate_ankle(mirrored(known.leg), known.tasks).trace
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert furthest_deg(left.dorsiflexion_rad, right.dorsiflexion_rad) < 1e-4
    assert furthest_deg(left.inversion_rad, right.inversion_rad) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_another_day_changes_nothing(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate], name: str
) -> None:
    known, today = legs[name], estimates[name].trace
    # A whole number of seconds is added without rounding the spacing of the samples away.
    day_s = 86_400.0
    tasks = [replace(t, start_s=t.start_s + day_s, end_s=t.end_s + day_s) for t in known.tasks]
    tomorrow = estimate_ankle(at_time(known.leg, day_s), tasks).trace
    assert furthest_deg(tomorrow.dorsiflexion_rad, today.dorsiflexion_rad) < 1e-6
    np.testing.assert_allclose(tomorrow.sigma_rad, today.sigma_rad, rtol=1e-6)
    np.testing.assert_array_equal(tomorrow.valid, today.valid)


# --- what is known -------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [PUMPS_AND_STAIRS, WALK, KICKS], ids=lambda s: s.name)
@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_without_any_flaw_and_with_given_axes_little_is_left(
    scenario: Scenario, side: Side
) -> None:
    known = simulated_leg(scenario, seed=5, side=side, imperfections=FLAWLESS)
    axes = np.stack([known.truth.flexion_axis_shank, known.truth.flexion_axis_foot])
    hint = SignHint(axes=axes, exact=True)
    found = estimate_ankle(known.leg, known.tasks, sign_hint=hint)
    assert rmse_deg(found.trace.dorsiflexion_rad, known.dorsiflexion_rad) < 0.3
    assert found.trace.valid.all()


@pytest.mark.parametrize("scenario", [PUMPS_AND_STAIRS, KICKS], ids=lambda s: s.name)
def test_a_good_sensor_is_good_to_six_tenths_of_a_degree(scenario: Scenario) -> None:
    errors = []
    for seed in range(3):
        known = simulated_leg(scenario, seed=30 + seed)
        found = estimate_ankle(known.leg, known.tasks)
        errors.append(rmse_deg(found.trace.dorsiflexion_rad, known.dorsiflexion_rad))
    assert np.median(errors) < 0.6


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_inversion_has_the_right_sign_on_both_legs(side: Side) -> None:
    known = simulated_leg(PUMPS_AND_STAIRS, seed=6, side=side)
    trace = estimate_ankle(known.leg, known.tasks).trace
    truth = np.interp(known.leg.time_s, known.truth.time_s, known.truth.inversion_rad)
    assert np.corrcoef(trace.inversion_rad, truth)[0, 1] > 0.95
    # 8 deg of it were simulated.
    assert rmse_deg(trace.inversion_rad, truth) < 3.0


def test_a_worn_logger_on_a_walk_is_good_to_a_degree_and_a_half() -> None:
    """0.5 m/s2 accelerometer bias, 2 g of range, lost packets and soft tissue; no pumps."""
    errors = []
    for seed in range(3):
        known = simulated_leg(WALK, seed=40 + seed, imperfections=WORN_WALK)
        found = estimate_ankle(known.leg, known.tasks)
        errors.append(rmse_deg(found.trace.dorsiflexion_rad, known.dorsiflexion_rad))
    assert np.median(errors) < 1.5


# --- what may go wrong ---------------------------------------------------------------------------


def both_ways(known: SimulatedLeg) -> tuple[AngleTrace, LiveAngles]:
    return estimate_ankle(known.leg, known.tasks).trace, replay(known.leg, known.tasks)


@pytest.fixture(scope="module")
def clean(legs: Mapping[str, SimulatedLeg]) -> Mapping[str, tuple[AngleTrace, LiveAngles]]:
    """Both answers to what the sensors really sent."""
    return {name: both_ways(legs[name]) for name in ("stairs", "walk")}


def assert_finite(answer: AngleTrace | LiveAngles) -> None:
    for values in (answer.dorsiflexion_rad, answer.inversion_rad, answer.sigma_rad):
        assert np.isfinite(values).all()


def away_deg(answer: AngleTrace | LiveAngles, clean: AngleTrace | LiveAngles) -> Floats:
    """(n,) how far an answer is from that of the clean run."""
    reference = np.interp(answer.time_s, clean.time_s, clean.dorsiflexion_rad)
    away: Floats = np.degrees(np.abs(answer.dorsiflexion_rad - reference))
    return away


@pytest.mark.parametrize("name", ["stairs", "walk"])
@pytest.mark.parametrize("gap_s", [(20.0, 20.15), (20.0, 21.0), (15.0, 25.0)])
def test_a_gap_is_marked_and_forgotten_in_ten_seconds(
    legs: Mapping[str, SimulatedLeg],
    clean: Mapping[str, tuple[AngleTrace, LiveAngles]],
    name: str,
    gap_s: tuple[float, float],
) -> None:
    heard = heard_badly(legs[name], silent(gap_s))
    for answer, wanted in zip(both_ways(heard), clean[name], strict=True):
        assert_finite(answer)
        inside = (answer.time_s > gap_s[0]) & (answer.time_s < gap_s[1])
        assert inside.any()
        assert not answer.valid[inside].any()
        assert ((answer.marks[inside] & int(AngleMark.GAP)) != 0).all()
        later = answer.time_s > gap_s[1] + 10.0
        assert later.any()
        assert away_deg(answer, wanted)[later].max() < 2.0


@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_a_gap_in_one_sensor_is_a_gap_of_the_angle(
    legs: Mapping[str, SimulatedLeg],
    clean: Mapping[str, tuple[AngleTrace, LiveAngles]],
    placement: Placement,
) -> None:
    heard = heard_badly(legs["walk"], silent((20.0, 20.15)), placement)
    for answer, wanted in zip(both_ways(heard), clean["walk"], strict=True):
        assert_finite(answer)
        assert not answer.valid[(answer.time_s > 20.0) & (answer.time_s < 20.15)].any()
        # A shank that turns at 6 rad/s is guessed to 3 deg over 150 ms.
        assert away_deg(answer, wanted)[answer.valid].max() < 4.0
        assert away_deg(answer, wanted)[answer.time_s > 30.15].max() < 0.5


@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_after_a_long_gap_in_one_sensor_nothing_wrong_is_called_valid(
    legs: Mapping[str, SimulatedLeg], placement: Placement
) -> None:
    """Gaps in the middle of steps, where the movement cannot be guessed."""
    known = legs["stairs"]
    for start_s in (24.5, 26.0, 28.5):
        for answer in both_ways(heard_badly(known, silent((start_s, start_s + 1.0)), placement)):
            truth = np.interp(answer.time_s, known.leg.time_s, known.dorsiflexion_rad)
            error = np.abs(answer.dorsiflexion_rad - truth)[answer.valid]
            far = (error > 5.0 * answer.sigma_rad[answer.valid]) & (error > np.radians(5.0))
            assert not far.any(), np.degrees(error.max())


@pytest.mark.parametrize("name", ["stairs", "walk"])
@pytest.mark.parametrize(
    ("fault", "most_deg"),
    [(holding(0.2), 2.0), (clipping(2.0 * 9.81, 8.0), 1.5)],
    ids=["a fifth of the samples held", "clipped at 2 g and 458 deg per s"],
)
def test_held_and_clipped_samples_cost_little(
    legs: Mapping[str, SimulatedLeg],
    clean: Mapping[str, tuple[AngleTrace, LiveAngles]],
    name: str,
    fault: Callable[[SensorStream], SensorStream],
    most_deg: float,
) -> None:
    for answer, wanted in zip(both_ways(heard_badly(legs[name], fault)), clean[name], strict=True):
        assert_finite(answer)
        assert answer.valid.mean() > 0.95
        assert away_deg(answer, wanted)[answer.valid].max() < most_deg


def test_where_clipping_hides_the_movement_the_angle_is_not_called_valid(
    legs: Mapping[str, SimulatedLeg],
) -> None:
    """Full scale at 229 deg/s: a swing is twice as fast."""
    known = legs["walk"]
    for answer in both_ways(heard_badly(known, clipping(3.0 * 9.81, 4.0))):
        assert_finite(answer)
        assert answer.valid.mean() < 0.9
        truth = np.interp(answer.time_s, known.leg.time_s, known.dorsiflexion_rad)
        error = np.abs(answer.dorsiflexion_rad - truth)
        assert (error[answer.valid] <= 3.0 * answer.sigma_rad[answer.valid]).mean() > 0.95


def test_a_recording_that_starts_in_motion_is_marked(legs: Mapping[str, SimulatedLeg]) -> None:
    known = legs["walk"]
    part = slice(300, 3_300)
    walk = tuple(task for task in known.tasks if task.task is Task.WALK)
    found = estimate_ankle(cut_leg(known.leg, part), walk)
    assert ((found.trace.marks & int(AngleMark.ZERO_UNKNOWN)) != 0).all()
    assert not found.trace.valid.any()
    # The zero is a guess, the excursions are right.
    error = found.trace.dorsiflexion_rad - known.dorsiflexion_rad[part]
    assert np.degrees(np.std(error)) < 1.5


@pytest.mark.parametrize("count", [40, 101, 120, 215, 260, 400])
def test_a_recording_that_is_too_short_is_refused_or_answered(
    legs: Mapping[str, SimulatedLeg], count: int
) -> None:
    """Never anything but an answer for every sample or one sentence. Below 1 s cleaning refuses."""
    known = legs["kicks"]
    with suppress(ScreenError):
        found = estimate_ankle(cut_leg(known.leg, slice(0, count)), known.tasks)
        assert_finite(found.trace)
        assert len(found.trace.time_s) == count
