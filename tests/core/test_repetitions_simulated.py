"""Repetitions against the exact truth of the simulator: whole screens, labels kept."""

import numpy as np
import pytest

from sensor_screen.core.repetitions import DIRECTIONS, find_repetitions
from sensor_screen.model import AngleTrace, Direction, Repetition, Task, ZeroMode
from sensor_screen.simulation.simulator import TrueRepetition, Truth, simulate

STRIDES = (Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK)


def true_trace(truth: Truth) -> AngleTrace:
    count = truth.time_s.size
    return AngleTrace(
        side=truth.side,
        rate_hz=100.0,
        time_s=truth.time_s,
        dorsiflexion_rad=truth.dorsiflexion_rad,
        inversion_rad=truth.inversion_rad,
        sigma_rad=np.full(count, 0.01),
        valid=np.ones(count, dtype=np.bool_),
        marks=np.zeros(count, dtype=np.uint16),
        shank_lean_rad=truth.shank_lean_rad,
        foot_pitch_rad=truth.dorsiflexion_rad - truth.shank_lean_rad,
        zero_mode=ZeroMode.GRAVITY_VERTICAL,
        method="truth",
        hinge_share=1.0,
    )


def peaks_deg(repetition: Repetition | TrueRepetition, direction: Direction) -> float:
    if direction == Direction.DORSIFLEXION:
        return float(np.degrees(repetition.peak_dorsiflexion_rad))
    return float(np.degrees(repetition.peak_plantarflexion_rad))


@pytest.mark.parametrize("scenario", ["anterior-restricted", "kick-heavy"])
def test_counts_and_peaks_of_a_whole_screen(scenario: str) -> None:
    simulation = simulate(scenario, seed=1)
    for truth in simulation.truth.values():
        angle = true_trace(truth)
        for label in simulation.recording.tasks:
            if label.task not in DIRECTIONS:
                continue
            found = [r for r in find_repetitions(angle, label) if r.counted]
            done = [
                r
                for r in truth.repetitions
                if r.task == label.task and label.start_s <= r.start_s < label.end_s
            ]
            if label.task in STRIDES:
                # From mid-swing to mid-swing: one fewer than swings.
                assert len(found) == max(0, len(done) - 1)
                continue
            assert len(found) == len(done)
            for direction in DIRECTIONS[label.task]:
                # 0.1 deg: the true peak may fall between two samples of a kick.
                np.testing.assert_allclose(
                    [peaks_deg(r, direction) for r in found],
                    [peaks_deg(r, direction) for r in done],
                    atol=0.1,
                )


def test_bends_of_the_stairs_are_those_of_the_steps() -> None:
    simulation = simulate("stairs", seed=0)
    (truth,) = simulation.truth.values()
    label = next(x for x in simulation.recording.tasks if x.task == Task.STAIRS_DOWN)
    found = find_repetitions(true_trace(truth), label)
    done = [r for r in truth.repetitions if label.start_s <= r.start_s < label.end_s]
    # The stance after the n-th swing belongs to the n-th true step; 0.05 deg between samples.
    np.testing.assert_allclose(
        np.degrees([r.peak_dorsiflexion_rad for r in found]),
        np.degrees([r.peak_dorsiflexion_rad for r in done])[1:],
        atol=0.05,
    )
