"""Blows: when they began, and how surely, with samples at full scale or filled in."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.core.blows import BlowParams, LegSignals, feel_blows, find_onset
from sensor_screen.model import SampleFlag

RATE_HZ, ONSET = 100.0, 100
FULL_MPS2 = 150.0
CLIPPED, FILLED = int(SampleFlag.CLIPPED), int(SampleFlag.FILLED | SampleFlag.HELD)


def struck_leg(*, foot_push_mps2: float = 0.0) -> LegSignals:
    """A steady turn; from one sample on the foot is shaken, and the shank a third as much."""
    shaking = np.zeros((200, 3))
    shaking[ONSET : ONSET + 6, 0] = [120.0, -90.0, 70.0, -50.0, 30.0, -20.0]
    turn = np.tile([0.0, 10.0, 0.0], (200, 1))
    foot = np.full((200, 3), 5.0) + shaking
    foot[ONSET - 8 : ONSET + 8] += foot_push_mps2
    calm = np.zeros(200, dtype=np.uint8)
    return LegSignals(
        RATE_HZ,
        turn,
        turn + 0.1 * shaking,
        np.full((200, 3), 5.0) + shaking / 3.0,
        foot,
        calm,
        calm,
    )


def onset_of(leg: LegSignals) -> tuple[float, float]:
    blows = feel_blows(leg, BlowParams())
    return find_onset(blows, int(np.argmax(blows.size)), RATE_HZ, BlowParams())


def at_full_scale(leg: LegSignals) -> LegSignals:
    """What a foot sensor of a small range makes of it."""
    assert leg.foot_acc_mps2 is not None
    cut = np.clip(leg.foot_acc_mps2, -FULL_MPS2, FULL_MPS2)
    full = (np.abs(leg.foot_acc_mps2) >= FULL_MPS2).any(axis=1)
    flags = np.where(full, CLIPPED, 0).astype(np.uint8)
    return LegSignals(
        RATE_HZ,
        leg.shank_gyr_radps,
        leg.foot_gyr_radps,
        leg.shank_acc_mps2,
        cut,
        leg.shank_flags,
        flags,
    )


def test_a_blow_begins_between_the_last_calm_sample_and_the_first_shaken() -> None:
    impact, sigma = onset_of(struck_leg())
    assert impact == ONSET - 0.5
    assert sigma == pytest.approx(np.hypot(1.0 / np.sqrt(12.0), 0.8))


def test_coming_to_full_scale_and_back_is_no_blow() -> None:
    leg = struck_leg(foot_push_mps2=500.0)
    free, full = feel_blows(leg, BlowParams()), feel_blows(at_full_scale(leg), BlowParams())
    back = slice(ONSET + 8, ONSET + 11)
    assert free.size[back].max() > 15.0
    assert full.size[back].max() < 1.0


def test_a_foot_at_full_scale_leaves_the_instant_to_the_shank_and_a_larger_error() -> None:
    impact, sigma = onset_of(at_full_scale(struck_leg(foot_push_mps2=500.0)))
    assert abs(impact - (ONSET - 0.5)) <= 0.5
    # Eight samples earlier the foot fell silent: the blow may have begun then.
    assert impact - 1.96 * sigma < ONSET - 8
    assert sigma > 3.0 * onset_of(struck_leg())[1]


def test_filled_samples_before_a_blow_widen_where_it_may_have_begun() -> None:
    leg = struck_leg()
    flags = np.zeros(200, dtype=np.uint8)
    flags[[ONSET - 1, ONSET + 2]] = FILLED
    values = []
    for signal in (leg.foot_gyr_radps, leg.foot_acc_mps2):
        assert signal is not None
        filled = signal.copy()
        for k in (ONSET - 1, ONSET + 2):  # as cleaning does: on the line between its neighbours
            filled[k] = 0.5 * (filled[k - 1] + filled[k + 1])
        values.append(filled)
    held = LegSignals(
        RATE_HZ, leg.shank_gyr_radps, values[0], leg.shank_acc_mps2, values[1], flags, flags
    )
    impact, sigma = onset_of(held)
    assert impact == ONSET - 1.0
    assert sigma == pytest.approx(np.hypot(2.0 / np.sqrt(12.0), 0.8))


def test_nothing_but_a_rate_tells_of_no_blow() -> None:
    leg = struck_leg()
    blows = feel_blows(LegSignals(RATE_HZ, leg.shank_gyr_radps), BlowParams())
    assert not blows.size.any()
