"""The sign: labels are hints, all evidence is weighed, and what contradicts itself is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.ankle import AnkleParams, calibrate_segments, estimate_ankle
from sensor_screen.core.calibration import CalibrationParams
from sensor_screen.core.sign import weigh
from sensor_screen.core.sign_clues import FOOT, SHANK, Clue, SignParams
from sensor_screen.model import Side, SignOrigin, Task, TaskInterval
from sensor_screen.simulation import HARSH, Scenario, Step
from tests.core.simulated_legs import SimulatedLeg, simulated_leg

if TYPE_CHECKING:
    from sensor_screen.model import Calibration

SEATED = Scenario("seated", "stand, seated pumps", (Step(Task.STAND, 3.0), Step(Task.PUMP, 6)))
SQUATS = replace(SEATED, name="squats", steps=(*SEATED.steps, Step(Task.SQUAT, 4)))
STAIRS = replace(SEATED, name="stairs", steps=(*SEATED.steps, Step(Task.STAIRS_UP, 6)))


def calibrated(known: SimulatedLeg, tasks: tuple[TaskInterval, ...]) -> Calibration:
    fine = np.zeros(len(known.leg.time_s), dtype=np.bool_)
    return calibrate_segments(known.leg.time_s, known.samples, fine, tasks).calibration


def agrees(known: SimulatedLeg, found: Calibration) -> bool:
    """Both axes point to the person's right."""
    return bool(
        found.shank_axis @ known.truth.flexion_axis_shank > 0
        and found.foot_axis @ known.truth.flexion_axis_foot > 0
    )


def shifted(
    tasks: tuple[TaskInterval, ...], late_s: float, *wanted: Task
) -> tuple[TaskInterval, ...]:
    """These labels later (or, below zero, earlier)."""
    return tuple(
        replace(t, start_s=t.start_s + late_s, end_s=t.end_s + late_s) if t.task in wanted else t
        for t in tasks
    )


@pytest.mark.parametrize("scenario", [SEATED, SQUATS, STAIRS], ids=lambda s: s.name)
@pytest.mark.parametrize("wanted", [(Task.PUMP,), tuple(Task)], ids=["pumps", "all labels"])
def test_labels_that_are_seconds_off_never_flip_the_sign(
    scenario: Scenario, wanted: tuple[Task, ...]
) -> None:
    for seed, side in ((1, Side.LEFT), (2, Side.RIGHT)):
        known = simulated_leg(scenario, seed=seed, side=side, imperfections=HARSH)
        for late_s in (-3.0, -1.0, 0.7, 0.9, 1.0, 2.0, 3.0):
            found = calibrated(known, shifted(known.tasks, late_s, *wanted))
            # It is found again, too: a sign that is always unknown would pass as never wrong.
            assert found.sign_origin is not SignOrigin.UNKNOWN
            assert agrees(known, found)


def test_a_label_that_begins_far_inside_the_pumps_tells_no_direction() -> None:
    pumps = Scenario("long", "many pumps", (Step(Task.STAND, 3.0), Step(Task.PUMP, 12)))
    known = simulated_leg(pumps, seed=1)
    label = next(t for t in known.tasks if t.task is Task.PUMP)
    late = replace(label, start_s=label.start_s + 9.0)
    assert calibrated(known, (known.tasks[0], late)).sign_origin is SignOrigin.UNKNOWN


@pytest.mark.parametrize("pumps", [1.0, -1.0])
def test_strong_movement_is_believed_against_pumps_and_says_so(pumps: float) -> None:
    clues = [
        Clue(SignOrigin.PUMPS, FOOT, pumps, "the first pump"),
        Clue(SignOrigin.SWING, SHANK, 3.0, "the swing of the leg"),
    ]
    found = weigh(clues, SignParams())
    assert found.sign == 1.0
    if pumps > 0:
        assert found.origin is SignOrigin.PUMPS
        assert found.reasons == ()
    else:
        assert found.origin is SignOrigin.SWING
        assert found.reasons == (
            "the swing of the leg and the first pump contradict each other on which way is toes "
            "up; the swing of the leg decided",
        )


def test_evidence_that_contradicts_itself_tells_nothing() -> None:
    for other in (-0.6, -1.0, -3.0):
        clues = [
            Clue(SignOrigin.PUMPS, FOOT, 1.0, "the first pump"),
            Clue(SignOrigin.SQUAT, SHANK, other, "the squats and lunges"),
        ]
        found = weigh(clues, SignParams())
        if other == -3.0:
            assert (found.origin, found.sign) == (SignOrigin.SQUAT, -1.0)
            continue
        assert found.origin is SignOrigin.UNKNOWN
        assert "contradict each other" in found.reasons[0]
    assert weigh([], SignParams()).origin is SignOrigin.UNKNOWN


def toes_down_first(scenario: Scenario) -> SimulatedLeg:
    """A person who misunderstood: as the pumps go, the foot turns the other way."""
    known = simulated_leg(scenario, seed=4)
    label = next(t for t in known.tasks if t.task is Task.PUMP)
    foot = known.leg.foot
    assert foot is not None
    pumping = slice(*np.searchsorted(known.leg.time_s, [label.start_s, label.end_s]))
    gyr = foot.gyr_radps.copy()
    gyr[pumping] *= -1.0
    return replace(known, leg=replace(known.leg, foot=replace(foot, gyr_radps=gyr)))


def test_pumps_against_a_walk_are_overruled_with_a_reason() -> None:
    known = toes_down_first(STAIRS)
    found = calibrated(known, known.tasks)
    assert agrees(known, found)
    assert found.sign_origin is SignOrigin.SWING
    assert any("contradict each other" in reason for reason in found.reasons)
    plain = simulated_leg(STAIRS, seed=4)
    assert found.quality < calibrated(plain, plain.tasks).quality


@pytest.mark.parametrize("task", [Task.PUMP, Task.POINT])
def test_seated_movement_alone_pairs_the_axes_rightly_or_says_that_it_cannot(task: Task) -> None:
    scenario = Scenario("seated", "nothing else", (Step(Task.STAND, 2.0), Step(task, 4)))
    deaf = AnkleParams(calibration=CalibrationParams(together_radps=10.0))  # sees no sitting down
    for seed in range(2):
        known = simulated_leg(scenario, seed=seed)
        paired = estimate_ankle(known.leg, known.tasks[:1])
        unpaired = estimate_ankle(known.leg, known.tasks[:1], params=deaf)
        for found, least_share in ((paired, 0.99), (unpaired, 0.95)):
            assert found.calibration.sign_origin is SignOrigin.UNKNOWN
            # Either of both signs: nothing tells which.
            angle, truth = found.trace.dorsiflexion_rad, known.dorsiflexion_rad
            error = np.minimum(np.abs(angle - truth), np.abs(angle + truth))
            assert (error <= 1.96 * found.trace.sigma_rad).mean() > least_share
        assert np.degrees(found.trace.sigma_rad).max() < 45.0  # the band still says something
        assert paired.calibration.axis_error_rad < 0.1
        assert unpaired.calibration.axis_error_rad > 0.5
        assert any("never turned as a whole" in r for r in unpaired.calibration.reasons)
