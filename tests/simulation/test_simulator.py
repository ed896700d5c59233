"""A simulated recording: the same every time, labelled, honest about itself, and true."""

from dataclasses import replace

import numpy as np
import pytest

from sensor_screen.errors import UsageError
from sensor_screen.model import Origin, Placement, Recording, Side, Task
from sensor_screen.simulation import (
    BENCHMARK,
    HARSH,
    IDEAL,
    PEOPLE,
    SCENARIOS,
    WORN_WALK,
    Scenario,
    Simulation,
    Step,
    simulate,
)

SHORT = Scenario(
    "short",
    "a little of much",
    (
        Step(Task.STAND, 1.0),
        Step(Task.PUMP, 2),
        Step(Task.SQUAT, 1),
        Step(Task.STAIRS_UP, 2),
        Step(Task.KICK, 1),
    ),
)
BOTH = (Side.LEFT, Side.RIGHT)


def contents(recording: Recording) -> list[bytes]:
    return [s.raw.tobytes() + s.device_time_s.tobytes() for s in recording.streams]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (
        simulate(SHORT, imperfections=WORN_WALK, seed=seed, sides=BOTH) for seed in (4, 4, 5)
    )
    assert contents(first.recording) == contents(again.recording)
    assert first.recording.tasks == again.recording.tasks
    assert contents(first.recording) != contents(other.recording)


def test_one_leg_alone_is_the_same_leg_as_in_a_pair_of_squats() -> None:
    scenario = Scenario("squats", "squats", (Step(Task.STAND, 1.0), Step(Task.SQUAT, 2)))
    alone = simulate(scenario, seed=2, sides=(Side.RIGHT,))
    pair = simulate(scenario, seed=2, sides=BOTH)
    np.testing.assert_array_equal(
        alone.truth[Side.RIGHT].dorsiflexion_rad, pair.truth[Side.RIGHT].dorsiflexion_rad
    )


def test_sensor_flaws_change_nothing_of_the_movement() -> None:
    plain = simulate(SHORT, seed=1)
    flawed = simulate(SHORT, seed=1, imperfections=replace(HARSH, loss_share=0.1, held_share=0.1))
    one, other = plain.truth[Side.RIGHT], flawed.truth[Side.RIGHT]
    np.testing.assert_array_equal(one.dorsiflexion_rad, other.dorsiflexion_rad)
    assert one.repetitions == other.repetitions


def test_the_recording_says_that_it_is_simulated_and_from_what() -> None:
    recording = simulate(SHORT, seed=3).recording
    assert recording.origin is Origin.SIMULATED
    assert "simulation" in recording.source
    assert recording.notes == {"scenario": "short", "person": "healthy", "seed": "3"}


def test_gyroscopes_turn_by_the_difference_that_the_truth_says() -> None:
    """Without any flaw, foot rate minus shank rate about the axis is the rate of the angle."""
    simulation = simulate(SHORT, imperfections=IDEAL, seed=6, rate_hz=500.0)
    truth = simulation.truth[Side.RIGHT]
    shank, foot = (
        simulation.recording.stream(Side.RIGHT, placement)
        for placement in (Placement.SHANK, Placement.FOOT)
    )
    assert shank is not None
    assert foot is not None
    rate = foot.gyr_radps @ truth.flexion_axis_foot - shank.gyr_radps @ truth.flexion_axis_shank
    angle = truth.dorsiflexion_rad[0] + np.concatenate(
        [[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1])) / 500.0]
    )
    # 0.02 deg: interval means integrated by trapezoids, in single precision.
    np.testing.assert_allclose(angle, truth.dorsiflexion_rad, atol=np.radians(0.02))


def test_still_moments_read_one_g() -> None:
    simulation = simulate(
        SHORT, imperfections=IDEAL, person=replace(PEOPLE["healthy"], stand_sway_rad=0.0)
    )
    for stream in simulation.recording.streams:
        still = stream.device_time_s < 0.9
        norm = np.linalg.norm(stream.acc_mps2[still], axis=1)
        np.testing.assert_allclose(norm, 9.80665, rtol=1e-6)  # single precision
        # The first movement's smoothing reaches back no further than 50 ms.
        assert np.abs(stream.gyr_radps[still]).max() < 1e-9


def test_a_late_or_fast_foot_clock_is_hidden_in_the_recording_and_told_in_the_truth() -> None:
    flaws = replace(IDEAL, foot_clock_offset_s=0.0237, foot_clock_skew_ppm=80.0)
    shifted = simulate(SHORT, imperfections=flaws, seed=1, rate_hz=200.0)
    plain = simulate(SHORT, imperfections=IDEAL, seed=1, rate_hz=200.0)
    assert all(s.clock is None for s in shifted.recording.streams)
    assert all(s.clock is not None for s in plain.recording.streams)
    late = shifted.recording.stream(Side.RIGHT, Placement.FOOT)
    true = plain.recording.stream(Side.RIGHT, Placement.FOOT)
    assert late is not None
    assert true is not None
    common_s = shifted.truth[Side.RIGHT].foot_clock.common_time_s(late.device_time_s)
    assert common_s[0] == pytest.approx(0.0, abs=0.005)
    from scipy.interpolate import CubicSpline

    inside = (common_s > 0.1) & (common_s < true.device_time_s[-1] - 0.1)
    expected = CubicSpline(true.device_time_s, true.gyr_radps)(common_s[inside])
    # 0.02 rad/s of 20: interpolation of a kick at 200 Hz; 1 ms too much would be 0.3.
    np.testing.assert_allclose(late.gyr_radps[inside], expected, atol=0.02)


def test_peaks_of_the_truth_are_those_of_its_angle() -> None:
    truth = simulate(SHORT, seed=2, rate_hz=500.0).truth[Side.RIGHT]
    for repetition in truth.repetitions:
        part = slice(*np.searchsorted(truth.time_s, [repetition.start_s, repetition.end_s]))
        angle = truth.dorsiflexion_rad[part]
        # 0.05 deg: half a sample of a peak at 500 Hz.
        assert repetition.peak_dorsiflexion_rad == pytest.approx(angle.max(), abs=1e-3)
        assert repetition.peak_plantarflexion_rad == pytest.approx(angle.min(), abs=1e-3)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_can_be_simulated(name: str) -> None:
    simulation = simulate(name, seed=1)
    recording = simulation.recording
    assert SCENARIOS[name].description
    assert recording.sides == tuple(sorted(simulation.truth, key=list(Side).index))
    assert len(recording.streams) == 2 * len(recording.sides)
    assert recording.tasks[0].task == Task.STAND
    starts = [task.start_s for task in recording.tasks]
    ends = [task.end_s for task in recording.tasks]
    assert all(end <= start for end, start in zip(ends[:-1], starts[1:], strict=True))
    for stream in recording.streams:
        assert np.isfinite(stream.acc_mps2).all()
        assert stream.device_time_s[-1] > ends[-1]
    for truth in simulation.truth.values():
        assert truth.dorsiflexion_rad.shape == truth.time_s.shape


def duration_s(simulation: Simulation, *tasks: Task) -> float:
    return sum(t.end_s - t.start_s for t in simulation.recording.tasks if t.task in tasks)


def test_benchmarks_are_as_long_as_agreed() -> None:
    for name, tasks in (
        ("squat", [Task.SQUAT]),
        ("stairs", [Task.STAIRS_UP, Task.STAIRS_DOWN]),
        ("kick", [Task.KICK]),
    ):
        simulation = simulate(name)
        assert SCENARIOS[name].imperfections == BENCHMARK
        assert duration_s(simulation, Task.STAND) == pytest.approx(3.0)
        assert duration_s(simulation, Task.PUMP) == pytest.approx(10.0, abs=2.0)
        assert duration_s(simulation, *tasks) == pytest.approx(120.0, abs=10.0)


def test_the_walk_has_a_short_stand_of_varying_length_and_no_pumps() -> None:
    walker = replace(SCENARIOS["walk"], steps=(*SCENARIOS["walk"].steps[:1], Step(Task.WALK, 2)))
    stands_s = [duration_s(simulate(walker, seed=seed), Task.STAND) for seed in range(6)]
    assert all(0.4 <= stand_s <= 2.6 for stand_s in stands_s)
    assert np.ptp(stands_s) > 0.5
    walk = simulate("walk")
    assert {task.task for task in walk.recording.tasks} == {Task.STAND, Task.WALK}
    assert duration_s(walk, Task.WALK) == pytest.approx(180.0, abs=5.0)
    foot = walk.recording.stream(Side.RIGHT, Placement.FOOT)
    assert foot is not None
    assert np.diff(foot.device_time_s).max() > 0.025
    assert np.abs(foot.acc_mps2).max() == pytest.approx(2 * 9.80665)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"scenario": "dance"}, "not a scenario"),
        ({"scenario": "squat", "rate_hz": 5.0}, "rate"),
        ({"scenario": "squat", "seed": -1}, "negative"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(
    arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        simulate(**arguments)  # type: ignore[arg-type]
