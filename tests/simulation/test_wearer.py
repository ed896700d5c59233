"""A simulated person who waits: still until asked, then exactly the simulated movement."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.model import Placement, Side, Task
from sensor_screen.simulation.wearer import Order, Wearer

ORDERS = (Order(Task.STAND, 2.0), Order(Task.PUMP, 3), Order(Task.LUNGE, 1), Order(Task.SQUAT, 1))


def turn_rate(wearer: Wearer, numbers: np.ndarray) -> np.ndarray:
    """(n,) the larger of both sensors of the right leg, rad/s."""
    right = [s for s in wearer.streams if s.info.side is Side.RIGHT]
    return np.max([np.linalg.norm(s.gyr_radps[numbers], axis=1) for s in right], axis=0)


def test_it_is_still_until_asked_and_after_it_is_done() -> None:
    wearer = Wearer(ORDERS)
    assert turn_rate(wearer, wearer.take(300)).max() < 0.05
    for act in range(1, 4):
        wearer.perform(act)
        moved = wearer.take(60)
        assert not wearer.is_quiet
        while not wearer.is_quiet:
            moved = np.concatenate([moved, wearer.take(20)])
        assert turn_rate(wearer, moved).max() > 0.3
        assert turn_rate(wearer, wearer.take(200)).max() < 0.05


def test_what_is_asked_for_is_the_movement_of_the_session_sample_by_sample() -> None:
    wearer = Wearer(ORDERS)
    wearer.take(50)
    wearer.perform(3)
    numbers = wearer.take(200)
    assert np.array_equal(np.diff(numbers), np.ones(199))
    wearer.perform(3)
    assert np.array_equal(wearer.take(200), numbers), "asked twice, done twice"


def test_no_sample_repeats_the_one_before() -> None:
    wearer = Wearer(ORDERS)
    assert np.diff(wearer.take(2000)).all()


def test_legs_in_turn_are_two_acts() -> None:
    wearer = Wearer(ORDERS, sides=(Side.LEFT, Side.RIGHT))
    assert wearer.acts == (Task.STAND, Task.PUMP, Task.LUNGE, Task.LUNGE, Task.SQUAT)
    wearer.perform(2)
    numbers = wearer.take(300)
    rates = {
        s.info.side: np.linalg.norm(s.gyr_radps[numbers], axis=1).max()
        for s in wearer.streams
        if s.info.placement is Placement.SHANK
    }
    assert rates[Side.LEFT] > 0.3
    assert rates[Side.RIGHT] < 0.05


def test_the_recording_is_what_was_sent() -> None:
    wearer = Wearer(ORDERS)
    numbers = wearer.take(120)
    recording = wearer.recording(numbers)
    for sent, made in zip(recording.streams, wearer.streams, strict=True):
        assert np.array_equal(sent.raw, made.raw[numbers])
        assert sent.device_time_s[-1] == pytest.approx(1.19)
    assert recording.tasks == ()
