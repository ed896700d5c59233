"""Stretches with movement, cut from both sensors, low-passed and thinned to search for a lag."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.sample_faults import row_length
from sensor_screen.model import SampleFlag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, CleanStream, Floats

    Ints = NDArray[np.int64]

_DOUBTFUL = int(SampleFlag.CLIPPED | SampleFlag.CLIPPED_GYR | SampleFlag.MISSING)
_FILTER_PAD_S = 0.5


@dataclass(frozen=True, slots=True)
class WindowParams:
    """Tuning of the windows."""

    search_s: float = 0.25
    """Largest offset looked for."""
    largest_skew: float = 1.2e-4
    """Largest difference in rate looked for: two crystals at 50 ppm each, and some reserve."""
    length_s: float = 30.0
    """Longer windows are steadier, shorter ones more numerous."""
    short_length_s: float = 15.0
    """In recordings shorter than `short_recording_s`."""
    short_recording_s: float = 70.0
    shortest_s: float = 3.5
    """Less common time than this says nothing about the clocks."""
    most: int = 12
    """At most so many windows, spread evenly; more cost time and add little."""
    moving_radps: float = 0.35
    """A window counts as movement if the shank is faster for a tenth of its time."""
    cutoff_hz: float = 7.0
    """Low-pass on all signals. Higher lets in impacts, which soft tissue delays on their way to the
    shank (10 Hz: 2 to 3 ms in simulation); lower blurs what two turning sensors share (5 Hz: 1 ms
    without any soft tissue)."""
    rate_hz: float = 30.0
    """Working rate, at least."""
    margin_s: float = 0.06
    """Samples this close to a clipped or missing one are left out."""


@dataclass(frozen=True, slots=True)
class SegmentCourse:
    """One sensor in windows of equal length."""

    acc: Floats  # (w, m, 3)
    gyr: Floats  # (w, m, 3)
    angular_acc: Floats  # (w, m, 3)
    usable: Bools  # (w, m)


@dataclass(frozen=True, slots=True)
class LagWindows:
    """Both sensors in windows; the foot with a margin on either side, to be shifted within."""

    rate_hz: float
    start_s: Floats  # (w,) on the shank's clock
    length_s: float
    shank: SegmentCourse  # m samples
    foot: SegmentCourse  # m + 2 margin samples
    margin: int
    centre_s: Floats  # (w,) the lag at which foot sample `margin` meets shank sample 0

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.start_s)

    def pick(self, kept: Ints) -> LagWindows:
        """Some of the windows."""
        shank, foot = (
            SegmentCourse(c.acc[kept], c.gyr[kept], c.angular_acc[kept], c.usable[kept])
            for c in (self.shank, self.foot)
        )
        return replace(
            self,
            start_s=self.start_s[kept],
            shank=shank,
            foot=foot,
            centre_s=self.centre_s[kept],
        )


def cut_windows(
    shank: CleanStream, foot: CleanStream, params: WindowParams = WindowParams()
) -> LagWindows | None:
    """Windows with movement in the common time of two sensors of one rate; None without any."""
    start_s, length_s = _choose(shank, foot, params)
    if not len(start_s):
        return None
    step = max(1, int(shank.rate_hz / params.rate_hz))
    rate_hz = shank.rate_hz / step
    span_s = float(shank.time_s[-1] - shank.time_s[0])
    margin = int((params.search_s + params.largest_skew * span_s) * rate_hz) + 4
    count = int(length_s * rate_hz)
    first = [np.rint((start_s - s.time_s[0]) * s.rate_hz).astype(np.int64) for s in (shank, foot)]
    return LagWindows(
        rate_hz=rate_hz,
        start_s=start_s,
        length_s=length_s,
        shank=_cut(shank, first[0], count, step, params),
        foot=_cut(foot, first[1] - margin * step, count + 2 * margin, step, params),
        margin=margin,
        centre_s=foot.time_s[0] - shank.time_s[0] + (first[1] - first[0]) / shank.rate_hz,
    )


def _choose(shank: CleanStream, foot: CleanStream, params: WindowParams) -> tuple[Floats, float]:
    """Starts of the windows with movement, the liveliest of each part, and their length."""
    first_s = max(shank.time_s[0], foot.time_s[0])
    last_s = min(shank.time_s[-1], foot.time_s[-1])
    common_s = float(last_s - first_s)
    short = common_s < params.short_recording_s
    length_s = min(params.short_length_s if short else params.length_s, common_s)
    if length_s < params.shortest_s:
        return np.zeros(0), length_s
    start_s = np.linspace(first_s, last_s - length_s, int(common_s / length_s + 1e-9))
    first = np.rint((start_s - shank.time_s[0]) * shank.rate_hz).astype(np.int64)
    count = int(length_s * shank.rate_hz)
    speed = np.array(
        [np.quantile(row_length(shank.gyr_radps[i : i + count : 4]), 0.9) for i in first]
    )
    moving = np.flatnonzero(speed > params.moving_radps)
    if len(moving) > params.most:
        parts = np.array_split(moving, params.most)
        moving = np.array([part[np.argmax(speed[part])] for part in parts])
    return start_s[moving], length_s


def _cut(
    stream: CleanStream, first: Ints, count: int, step: int, params: WindowParams
) -> SegmentCourse:
    """`count` low-passed and thinned samples of each window, from sample `first` on.

    Samples outside the recording repeat its ends, and are not usable.
    """
    from scipy.ndimage import maximum_filter1d
    from scipy.signal import butter, sosfiltfilt

    pad = int(_FILTER_PAD_S * stream.rate_hz)
    wanted = first[:, None] + np.arange(-pad, count * step + pad)
    inside = np.clip(wanted, 0, len(stream.time_s) - 1)
    values = np.concatenate([stream.acc_mps2[inside], stream.gyr_radps[inside]], axis=2)
    low = sosfiltfilt(butter(2, params.cutoff_hz, fs=stream.rate_hz, output="sos"), values, axis=1)
    bad = ((stream.flags[inside] & _DOUBTFUL) != 0) | (wanted != inside)
    reach = 2 * round(params.margin_s * stream.rate_hz) + 1
    near_bad = maximum_filter1d(bad.astype(np.uint8), reach, axis=1)
    kept = slice(pad, pad + count * step, step)
    angular_acc = np.gradient(low[..., 3:], 1.0 / stream.rate_hz, axis=1)
    return SegmentCourse(
        acc=np.ascontiguousarray(low[:, kept, :3]),
        gyr=np.ascontiguousarray(low[:, kept, 3:]),
        angular_acc=np.ascontiguousarray(angular_acc[:, kept]),
        usable=near_bad[:, kept] == 0,
    )
