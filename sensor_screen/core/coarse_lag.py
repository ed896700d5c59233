"""Clocks that started seconds apart: brought near each other by when both sensors were lively.

Theory of operation. How lively a sensor is, by its angular velocity and by its force, rises and
falls with the person: stands, steps and kicks show in both segments at the same moment. The
correlation of the two envelopes over the lag has one high top where the lag is right. The top is
believed only where angular velocity and force agree on it; where a foot stands for the whole
recording, as under squats, there is none, and nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import CleanStream, Floats

    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class CoarseLagParams:
    """When a lag of seconds is believed; right recordings and shifted ones are far apart."""

    envelope_hz: float = 20.0
    """Envelopes are sampled at about this; the fine search covers a quarter second around."""
    search_s: float = 30.0
    """Two sensors are switched on within this time of each other."""
    near_s: float = 0.2
    """A lag below this is left to the fine search."""
    least_correlation: float = 0.5
    """Of both envelopes. Steps and kicks have 0.6 to 0.97, squats over a flat foot 0.1."""
    agreement_s: float = 0.15
    """Angular velocity and force must agree on the lag; a stride is longer than a second."""
    least_gain: float = 0.03
    """By which the correlation is above the best of the clocks as they are."""
    gyr_floor_radps: float = 0.3
    acc_floor_mps2: float = 1.0
    """Below these a sensor rests: what it does then tells nothing."""


def find_coarse_lag(
    shank: CleanStream, foot: CleanStream, params: CoarseLagParams = CoarseLagParams()
) -> float:
    """How much more the foot's clock shows than the shank's, s; 0 where that is not clear.

    Args:
        shank: On its own clock.
        foot: On its own clock, at the same rate.
        params: Tuning.
    """
    step = max(1, int(shank.rate_hz / params.envelope_hz))
    interval_s = step / shank.rate_hz
    lags = [
        _correlate(shank_lively, foot_lively, interval_s, params)
        for shank_lively, foot_lively in zip(
            _liveliness(shank, step, params), _liveliness(foot, step, params), strict=True
        )
    ]
    started_s = float(foot.time_s[0] - shank.time_s[0])
    tops = []
    for lag_s, correlation in lags:
        if not len(lag_s):
            return 0.0
        shown_s = lag_s + started_s
        top = int(np.argmax(correlation))
        near = np.abs(shown_s) <= params.near_s
        asis = float(correlation[near].max()) if near.any() else -1.0
        if correlation[top] < max(params.least_correlation, asis + params.least_gain):
            return 0.0
        tops.append(float(shown_s[top]))
    return tops[0] if abs(tops[0] - tops[1]) <= params.agreement_s else 0.0


def _liveliness(stream: CleanStream, step: int, params: CoarseLagParams) -> tuple[Floats, Floats]:
    """Logarithms of how fast it turns and how hard it is pushed, averaged over each step."""
    turning = stream.gyr_radps - np.median(stream.gyr_radps, axis=0)
    turn = np.sqrt(np.einsum("ni,ni->n", turning, turning))
    size = np.sqrt(np.einsum("ni,ni->n", stream.acc_mps2, stream.acc_mps2))
    push = np.abs(size - np.median(size))
    count = len(turn) // step * step
    return (
        np.log(turn[:count].reshape(-1, step).mean(axis=1) + params.gyr_floor_radps),
        np.log(push[:count].reshape(-1, step).mean(axis=1) + params.acc_floor_mps2),
    )


def _correlate(
    one: Floats, other: Floats, interval_s: float, params: CoarseLagParams
) -> tuple[Floats, Floats]:
    """Lags of the other behind the one, s, and the correlation over what both have in common."""
    one, other = one - one.mean(), other - other.mean()
    room = int(min(params.search_s / interval_s, 0.5 * min(len(one), len(other))))
    size = 1 << int(np.ceil(np.log2(len(one) + len(other))))
    lags = np.arange(-room, room + 1)
    spectrum = np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size))
    # Samples of the one from, and to, which the shifted other lies beside it.
    begin = np.clip(lags, 0, len(one))
    end = np.clip(lags + len(other), 0, len(one))
    power = _sums(one**2, begin, end) * _sums(other**2, begin - lags, end - lags)
    correlation = np.fft.irfft(spectrum, size)[lags] / np.sqrt(np.maximum(power, 1e-12))
    lag_s: Floats = lags.astype(np.float64) * -interval_s
    return lag_s, correlation


def _sums(values: Floats, begin: Ints, end: Ints) -> Floats:
    """(k,) sums of parts of the values."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    sums: Floats = total[end] - total[begin]
    return sums
