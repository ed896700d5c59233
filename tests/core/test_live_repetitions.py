"""Live repetitions: those of the whole recording, in time, however the samples arrive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.leg_events import LegInputs, measure_events
from sensor_screen.core.live import LiveAnkle
from sensor_screen.core.live_blocks import LegBlock, LiveAngles
from sensor_screen.core.live_repetitions import (
    EventKind,
    LiveRepetitionParams,
    LiveRepetitions,
    RepetitionEvent,
)
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.core.replay import replay
from sensor_screen.model import Repetition, Side, Task, TaskInterval
from sensor_screen.session.live_screen import replay_repetitions
from sensor_screen.session.validation_live import is_same, peak_of
from sensor_screen.simulation import Scenario, Step
from tests.core.simulated_legs import SimulatedLeg, simulated_leg
from tests.core.test_live import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.model import Floats

MIXED = Scenario(
    "mixed",
    "calibration, and a few of everything",
    (
        Step(Task.STAND, 2.0),
        Step(Task.PUMP, 5),
        Step(Task.LUNGE, 2),
        Step(Task.POINT, 2),
        Step(Task.SQUAT, 3),
        Step(Task.STAIRS_UP, 6),
        Step(Task.KICK, 3),
    ),
)


@pytest.fixture(scope="module")
def known() -> SimulatedLeg:
    return simulated_leg(MIXED, seed=2)


@pytest.fixture(scope="module")
def offline(known: SimulatedLeg) -> list[Repetition]:
    """What the whole recording says; counted only."""
    found = estimate_ankle(known.leg, known.tasks)
    measured = measure_events(LegInputs(known.leg, known.tasks), found)
    return [r for r in measured.repetitions if r.counted]


@pytest.fixture(scope="module")
def events(known: SimulatedLeg) -> tuple[RepetitionEvent, ...]:
    return replay_repetitions(known.leg, known.tasks)


def run(
    known: SimulatedLeg, sizes: Iterable[int], saved_after: int = -1
) -> tuple[RepetitionEvent, ...]:
    """All events, the samples in blocks of these sizes, saved and restored after one of them."""
    ankle = LiveAnkle(known.leg.side, known.leg.rate_hz, tasks=known.tasks)
    live = LiveRepetitions(known.leg.side, known.leg.rate_hz, tasks=known.tasks)
    said: list[RepetitionEvent] = []
    for i, block in enumerate(blocks_of(known, sizes)):
        said += live.feed(block, ankle.feed(block))
        if i == saved_after:
            ankle, live = LiveAnkle.restore(ankle.save()), LiveRepetitions.restore(live.save())
    return (*said, *live.finish())


def of_kind(events: Sequence[RepetitionEvent], kind: EventKind) -> list[RepetitionEvent]:
    return [e for e in events if e.kind is kind and (e.repetition.counted or e.reason)]


def test_what_the_whole_recording_counts_is_announced_and_final_in_time(
    events: tuple[RepetitionEvent, ...], offline: list[Repetition]
) -> None:
    assert {r.task for r in offline} >= {Task.SQUAT, Task.STAIRS_UP, Task.KICK, Task.POINT}
    for kind, latest_s in ((EventKind.ANNOUNCED, 0.5), (EventKind.FINAL, 1.5)):
        said = of_kind(events, kind)
        assert len(said) == len(offline)
        for one in offline:
            (event,) = (e for e in said if is_same(e.repetition, one))
            assert 0.0 < event.at_s - one.end_s <= latest_s, (kind, one.task)
    assert not of_kind(events, EventKind.WITHDRAWN)


def test_final_peaks_are_those_of_the_whole_recording(
    events: tuple[RepetitionEvent, ...], offline: list[Repetition]
) -> None:
    final = [e.repetition for e in of_kind(events, EventKind.FINAL)]
    for one in offline:
        (live,) = (r for r in final if is_same(r, one))
        for direction in DIRECTIONS[one.task]:
            (peak, sigma), (whole, _) = (peak_of(r, direction) for r in (live, one))
            assert abs(peak - whole) <= 1.96 * sigma
        # Where a sway becomes a descent is a matter of tenths of a degree.
        assert abs(live.start_s - one.start_s) < 0.3
        assert abs(live.end_s - one.end_s) < 0.1
        assert (live.stride is None) == (one.stride is None)
        if live.stride is not None and one.stride is not None:
            assert live.stride.direction is one.stride.direction
        assert (live.kick is None) == (one.kick is None)


@settings(deadline=None, max_examples=3)
@given(seed=st.integers(0, 2**32 - 1), longest=st.sampled_from([3, 40, 2_000]))
def test_any_chunking_says_exactly_the_same(
    known: SimulatedLeg, events: tuple[RepetitionEvent, ...], seed: int, longest: int
) -> None:
    sizes = np.random.default_rng(seed).integers(1, longest + 1, 10_000)
    assert repr(run(known, sizes)) == repr(events)  # nan equals nan in words


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_restored_finder_goes_on_as_if_nothing_had_happened(
    known: SimulatedLeg, events: tuple[RepetitionEvent, ...], share: float
) -> None:
    size = 23
    after = int(share * len(known.leg.time_s) / size)
    assert repr(run(known, [size] * 1_000, saved_after=after)) == repr(events)


def test_lean_and_pitch_are_those_of_the_segments(known: SimulatedLeg) -> None:
    found, truth = replay(known.leg, known.tasks), known.truth
    pitch_rad = truth.dorsiflexion_rad - truth.shank_lean_rad
    upright = found.time_s < known.tasks[-1].start_s  # a kick swings past the horizontal
    pairs = ((found.shank_lean_rad, truth.shank_lean_rad), (found.foot_pitch_rad, pitch_rad))
    for live, true in pairs:
        error_rad = live - np.interp(found.time_s, truth.time_s, true)
        assert np.std(error_rad[upright]) < np.radians(1.5)


# --- known curves ---------------------------------------------------------------------------------

RATE_HZ = 100.0


def feed_curve(
    live: LiveRepetitions, lean_rad: Floats, block_samples: int = 10
) -> list[RepetitionEvent]:
    """A shank that leans like this over a flat foot, the angle known at once."""
    count = len(lean_rad)
    time_s = np.arange(count) / RATE_HZ
    said: list[RepetitionEvent] = []
    for start in range(0, count, block_samples):
        part = slice(start, start + block_samples)
        lean = lean_rad[part]
        still = np.zeros((len(lean), 2, 3))
        flat, none = np.zeros(len(lean)), np.empty(0)
        answer = LiveAngles(
            time_s=time_s[part],
            dorsiflexion_rad=lean,
            inversion_rad=flat,
            sigma_rad=flat + 0.01,
            valid=np.ones(len(lean), dtype=np.bool_),
            marks=np.zeros(len(lean), dtype=np.uint16),
            shank_lean_rad=lean,
            foot_pitch_rad=flat,
            shank_rate_radps=flat,
            lagged_time_s=none,
            lagged_dorsiflexion_rad=none,
        )
        block = LegBlock(time_s[part], still, still, np.zeros((len(lean), 2), dtype=np.uint8))
        said += live.feed(block, answer)
    return said


def ways(*steps: tuple[float, float]) -> Floats:
    """From zero to each angle (deg) in so many seconds, smoothly."""
    parts, at = [], 0.0
    for to_deg, seconds in steps:
        share = np.linspace(0.0, 1.0, round(seconds * RATE_HZ), endpoint=False)
        parts.append(at + (to_deg - at) * (share**3 * (10.0 - 15.0 * share + 6.0 * share**2)))
        at = to_deg
    return np.radians(np.concatenate(parts))


SQUAT = ((30.0, 1.5), (0.0, 1.5))


def squat_finder(final_s: float = LiveRepetitionParams().final_s) -> LiveRepetitions:
    task = TaskInterval(1.0, math.inf, Task.SQUAT)
    return LiveRepetitions(
        Side.LEFT, RATE_HZ, tasks=(task,), params=LiveRepetitionParams(final_s=final_s)
    )


def test_a_task_without_end_is_followed_and_its_peak_is_exact() -> None:
    said = feed_curve(squat_finder(), ways((0.0, 4.0), *SQUAT, (0.0, 3.0), *SQUAT, (0.0, 3.0)))
    assert [e.kind for e in said] == [EventKind.ANNOUNCED, EventKind.FINAL] * 2
    for event, top_s in zip(of_kind(said, EventKind.FINAL), (5.5, 11.5), strict=True):
        assert event.repetition.start_s < top_s < event.repetition.end_s
        assert event.repetition.peak_dorsiflexion_rad == pytest.approx(math.radians(30), abs=1e-6)


@pytest.mark.parametrize("depth_deg", [20.0, 30.0, 45.0])
def test_a_squat_of_three_seconds_is_announced_well_within_half_a_second(depth_deg: float) -> None:
    """The watch asks for no longer a stillness than the finder does."""
    squat = ((depth_deg, 1.5), (0.0, 1.5))
    announced, final = feed_curve(squat_finder(), ways((0.0, 4.0), *squat, (0.0, 2.5)))
    assert [e.kind for e in (announced, final)] == [EventKind.ANNOUNCED, EventKind.FINAL]
    assert 0.0 < announced.at_s - final.repetition.end_s < 0.44


def test_who_goes_on_into_another_posture_has_the_squat_withdrawn() -> None:
    curve = ways((0.0, 4.0), *SQUAT, (0.0, 0.4), (-20.0, 0.3), (-20.0, 4.0))
    said = feed_curve(squat_finder(final_s=1.4), curve)
    assert [e.kind for e in said] == [EventKind.ANNOUNCED, EventKind.WITHDRAWN]
    assert "another posture" in said[1].reason
    assert not said[1].repetition.counted


def test_a_squat_that_is_not_over_is_not_announced() -> None:
    assert not feed_curve(squat_finder(), ways((0.0, 4.0), *SQUAT[:1], (30.0, 5.0)))
    assert not feed_curve(squat_finder(), ways((0.0, 4.0), *SQUAT[:1], (17.0, 1.0), (17.0, 1.5)))


def test_what_does_not_count_is_said_with_its_reason() -> None:
    said = feed_curve(
        squat_finder(), ways((0.0, 4.0), *SQUAT, (0.0, 2.0), (9.0, 1.0), (0.0, 1.0), (0.0, 5.0))
    )
    assert [e.kind for e in said] == [EventKind.ANNOUNCED, EventKind.FINAL, EventKind.FINAL]
    assert "shallow" in said[2].repetition.reason


def test_the_tasks_may_change_on_the_way() -> None:
    live = LiveRepetitions(Side.LEFT, RATE_HZ)
    curve = ways((0.0, 4.0), *SQUAT, (0.0, 3.0))
    assert not feed_curve(live, curve)
    live = LiveRepetitions(Side.LEFT, RATE_HZ)
    live.tasks = (TaskInterval(3.0, math.inf, Task.SQUAT),)
    assert len(feed_curve(live, curve)) == 2


def test_the_state_stays_as_small_however_long_it_runs() -> None:
    sizes = []
    for seconds in (100.0, 300.0):
        live = squat_finder()
        feed_curve(live, ways((0.0, seconds)), block_samples=100)
        sizes.append(len(live.save()))
    assert max(sizes) < 1_000_000
    assert sizes[1] < 1.1 * sizes[0]
