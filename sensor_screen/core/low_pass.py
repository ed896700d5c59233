"""The low-pass in front of the sway figures: zero-phase, and 3 dB down where its name says.

A Butterworth filter of fourth order runs forward and then backward. Two passes double the loss: a
filter designed for 3.5 Hz and run twice has lost half of the amplitude there, and 3 dB already at
3.14 Hz. The design frequency is therefore raised so that both passes *together* are 3 dB down at
the cutoff. At a third of the cutoff the amplitude is 0.01 % too small.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from sensor_screen.model import Floats

SWAY_CUTOFF_HZ = 3.5
"""-3 dB point of both passes together. Frozen: figures with another cutoff cannot be compared.
JERK and PATH of the unfiltered signal are mostly sensor noise (six and five times too large)."""
ORDER = 4
"""Of each pass."""
EDGE_S = 1.0
"""Before the first and after the last sample the signal is continued for this long, turned about
its end point: the filter has then settled (its impulse response is over after 0.8 s)."""


def low_pass(samples: Floats, rate_hz: float, cutoff_hz: float = SWAY_CUTOFF_HZ) -> Floats:
    """The samples without what is faster than the cutoff; zero-phase.

    The gain of both passes together at frequency f is `1 / (1 + (sqrt(2) - 1) r^8)` with
    `r = tan(pi f / rate) / tan(pi cutoff / rate)`: 0.7071 at the cutoff.

    Args:
        samples: (n,) or (n, k), any unit; columns are filtered alone.
        rate_hz: Samples per second.
        cutoff_hz: Where the gain is -3 dB.

    Raises:
        UsageError: The cutoff is not below 0.45 of the rate.
    """
    columns = np.asarray(samples, dtype=np.float64)
    state = LowPassState(rate_hz, cutoff_hz)
    state.add(columns.reshape(len(columns), -1))
    return state.filtered().reshape(columns.shape)


class LowPassState:
    """`low_pass` for samples that come block by block: the forward pass is done as they come.

    However the samples are cut into blocks, the result is the same to the bit.

    Args:
        rate_hz: Samples per second.
        cutoff_hz: Where the gain is -3 dB.
    """

    def __init__(self, rate_hz: float, cutoff_hz: float = SWAY_CUTOFF_HZ) -> None:
        self._sections = _design(rate_hz, cutoff_hz)
        self._edge = round(EDGE_S * rate_hz)
        self._raw: list[Floats] = []
        self._forward: list[Floats] = []
        self._state: Floats | None = None
        self._waiting = 0

    def add(self, samples: Floats) -> None:
        """(n, k) further samples."""
        block = np.array(samples, dtype=np.float64)
        self._raw.append(block)
        if self._state is not None:
            passed, self._state = _pass_on(self._sections, block, self._state)
            self._forward.append(passed)
            return
        self._waiting += len(block)
        # The continuation before the first sample needs this many to be turned about it.
        if self._waiting > self._edge:
            passed, self._state = self._begin(np.concatenate(self._raw), self._edge)
            self._forward.append(passed)

    def raw(self) -> Floats:
        """(n, k) all samples so far, as they came."""
        return np.concatenate(self._raw)

    def filtered(self) -> Floats:
        """(n, k) all samples so far, filtered forward and backward; the state is not touched."""
        raw = self.raw()
        edge = min(self._edge, len(raw) - 1)
        forward, state = self._forward, self._state
        if state is None:
            passed, state = self._begin(raw, edge)
            forward = [passed]
        after, _ = _pass_on(self._sections, 2.0 * raw[-1] - raw[::-1][1 : edge + 1], state)
        back = np.concatenate([*forward, after])[::-1]
        passed, _ = _pass_on(self._sections, back, _settled(self._sections, back[0]))
        return np.ascontiguousarray(passed[::-1][: len(raw)])

    def _begin(self, raw: Floats, edge: int) -> tuple[Floats, Floats]:
        """The forward pass over the continuation, left out, and over these samples."""
        before = 2.0 * raw[0] - raw[edge:0:-1]
        first = before[0] if edge else raw[0]
        _, state = _pass_on(self._sections, before, _settled(self._sections, first))
        return _pass_on(self._sections, raw, state)


def _pass_on(sections: Floats, samples: Floats, state: Floats) -> tuple[Floats, Floats]:
    """One pass over further samples, and the state after it."""
    from scipy.signal import sosfilt

    if not len(samples):
        return samples, state
    passed, state = sosfilt(sections, samples, axis=0, zi=state)
    return passed, state


def _settled(sections: Floats, value: Floats) -> Floats:
    """(sections, 2, k) the state in which a constant input has been answered for long."""
    from scipy.signal import sosfilt_zi

    state: Floats = sosfilt_zi(sections)[:, :, None] * value
    return state


def _design(rate_hz: float, cutoff_hz: float) -> Floats:
    """(sections, 6) one pass, designed for a frequency at which both passes give -3 dB."""
    from scipy.signal import butter

    if not 0.0 < cutoff_hz < 0.45 * rate_hz:
        raise UsageError(
            f"low-pass at {cutoff_hz:g} Hz of samples at {rate_hz:g} Hz",
            "is not possible",
            "sample faster, or choose a cutoff below 0.45 of the rate",
        )
    widened = math.tan(math.pi * cutoff_hz / rate_hz) / (math.sqrt(2.0) - 1.0) ** (0.5 / ORDER)
    design_hz = math.atan(widened) * rate_hz / math.pi
    sections: Floats = butter(ORDER, design_hz, fs=rate_hz, output="sos")
    return sections
