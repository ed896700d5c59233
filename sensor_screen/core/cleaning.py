"""Cleaning: from samples as received to a regular grid, each with what is known against it.

Nothing is passed on silently. An orientation filter never recovers from one non-finite
acceleration, and a tenth of a second that is skipped costs 17 degrees; filled linearly it costs
half a degree.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.plausibility import PlausibilityParams, refuse_implausible
from sensor_screen.core.sample_faults import FaultParams, OrderedSamples, find_faults
from sensor_screen.errors import RecordingError
from sensor_screen.model import CleaningCounts, CleanStream, SampleFlag

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Bytes, Floats, SensorStream


@dataclass(frozen=True, slots=True)
class CleaningParams:
    """Tuning of the cleaning."""

    rate_hz: float | None = None
    """Rate of the grid; None takes the stream's own, to a tenth of a hertz."""
    fill_gap_s: float = 0.1
    """Longest time without samples that is filled. Linear filling of 100 ms costs 0.5 deg, of
    200 ms 3 deg; longer gaps are marked as missing."""
    shortest_s: float = 1.0
    """Less than this much time cannot be screened."""
    longest_s: float = 6 * 3600.0
    """A recording that spans more is a sensor left running, or broken time stamps."""
    missing_share: float = 0.8
    """A recording that misses a larger share of its time is refused."""
    slowest_hz: float = 20.0
    """Below this a step or a kick falls between the samples."""
    fastest_hz: float = 2000.0
    """Above this the time stamps are broken: no such sensor is that fast."""
    faults: FaultParams = field(default_factory=FaultParams)
    plausibility: PlausibilityParams = field(default_factory=PlausibilityParams)


def clean_stream(stream: SensorStream, params: CleaningParams = CleaningParams()) -> CleanStream:
    """One sensor on a regular grid of its own rate, starting at its first sound sample.

    Values between samples are interpolated linearly; a sample on the grid keeps its value. Time is
    on the common base where the stream's clock is known, the sensor's own otherwise.

    Raises:
        RecordingError: what was recorded cannot be screened; says why and what to do.
    """
    samples = order_samples(stream, params)
    rate_hz = params.rate_hz or nominal_rate_hz(samples)
    return lay_on_grid(samples, regular_grid(samples, rate_hz), rate_hz, params)


def order_samples(
    stream: SensorStream, params: CleaningParams = CleaningParams()
) -> OrderedSamples:
    """Faults found, and everything refused that cannot be screened.

    Raises:
        RecordingError: see `clean_stream`.
    """
    samples = find_faults(stream, params.faults)
    _refuse_time(samples, params)
    refuse_implausible(samples, params.plausibility)
    return samples


def nominal_rate_hz(samples: OrderedSamples) -> float:
    """Rate of the sensor to a tenth of a hertz."""
    return round(1.0 / samples.interval_s, 1)


def regular_grid(samples: OrderedSamples, rate_hz: float) -> Floats:
    """(n,) from the first to the last sound sample."""
    sound = samples.time_s[~samples.held]
    count = int((sound[-1] - sound[0]) * rate_hz + 1e-6) + 1
    grid: Floats = sound[0] + np.arange(count) / rate_hz
    return grid


def lay_on_grid(
    samples: OrderedSamples,
    grid_s: Floats,
    rate_hz: float,
    params: CleaningParams = CleaningParams(),
) -> CleanStream:
    """The samples interpolated at the given times, with flags and counts.

    Counts of faults are of the samples received; `filled` and `missing` are of the grid.
    """
    sound = ~samples.held
    time_s = samples.time_s[sound]
    after = np.clip(np.searchsorted(time_s, grid_s, side="left"), 1, len(time_s) - 1)
    before = after - 1
    spacing_s = time_s[after] - time_s[before]
    share = np.clip((grid_s - time_s[before]) / spacing_s, 0.0, 1.0)
    values = samples.values[sound]
    values = values[before] + share[:, None] * (values[after] - values[before])
    flags = _flag_gaps(samples, grid_s, spacing_s, share, params)
    uses_before, uses_after = share < 1 - 1e-6, share > 1e-6
    for flag, marked in (
        (SampleFlag.CLIPPED, samples.clipped_acc | samples.clipped_gyr),
        (SampleFlag.CLIPPED_GYR, samples.clipped_gyr),
    ):
        if marked.any():
            known = marked[sound]
            hit = (known[before] & uses_before) | (known[after] & uses_after)
            flags[hit] |= int(flag)
    return CleanStream(
        info=samples.info,
        rate_hz=rate_hz,
        time_s=grid_s,
        acc_mps2=np.ascontiguousarray(values[:, :3]),
        gyr_radps=np.ascontiguousarray(values[:, 3:]),
        flags=flags,
        counts=_count(samples, grid_s, flags, params),
    )


def resample(stream: CleanStream, rate_hz: float) -> CleanStream:
    """The stream at another rate, by straight lines; flags of the nearest sample."""
    if stream.rate_hz == rate_hz:
        return stream
    count = int((stream.time_s[-1] - stream.time_s[0]) * rate_hz) + 1
    time_s = stream.time_s[0] + np.arange(count) / rate_hz
    nearest = np.rint((time_s - stream.time_s[0]) * stream.rate_hz).astype(np.int64)
    acc, gyr = (
        np.stack([np.interp(time_s, stream.time_s, column) for column in values.T], axis=1)
        for values in (stream.acc_mps2, stream.gyr_radps)
    )
    flags = stream.flags[np.minimum(nearest, len(stream.flags) - 1)]
    return _regrid(stream, rate_hz, time_s, acc, gyr, flags)


def thin(stream: CleanStream, highest_hz: float) -> CleanStream:
    """The stream at a whole fraction of its rate, by averaging neighbours; flags are joined."""
    size = int(np.ceil(stream.rate_hz / highest_hz - 1e-9))
    if size <= 1:
        return stream
    blocks = len(stream.time_s) // size
    time_s, acc, gyr = (
        values[: blocks * size].reshape(blocks, size, -1).mean(axis=1)
        for values in (stream.time_s, stream.acc_mps2, stream.gyr_radps)
    )
    flags = np.bitwise_or.reduce(stream.flags[: blocks * size].reshape(blocks, size), axis=1)
    return _regrid(stream, stream.rate_hz / size, time_s[:, 0], acc, gyr, flags)


def _regrid(
    stream: CleanStream, rate_hz: float, time_s: Floats, acc: Floats, gyr: Floats, flags: Bytes
) -> CleanStream:
    filled, missing = _count_empty(flags)
    return replace(
        stream,
        rate_hz=rate_hz,
        time_s=time_s,
        acc_mps2=acc,
        gyr_radps=gyr,
        flags=flags,
        counts=replace(stream.counts, filled=filled, missing=missing),
    )


def _count_empty(flags: Bytes) -> tuple[int, int]:
    """Samples that are filled, and that are missing."""
    filled, missing = (flags & int(f) for f in (SampleFlag.FILLED, SampleFlag.MISSING))
    return int(np.count_nonzero(filled)), int(np.count_nonzero(missing))


def _flag_gaps(
    samples: OrderedSamples,
    grid_s: Floats,
    spacing_s: Floats,
    share: Floats,
    params: CleaningParams,
) -> Bytes:
    """Flags where no sound sample lies within half an interval, and whether a held one does."""
    flags = np.zeros(len(grid_s), dtype=np.uint8)
    apart_s = np.minimum(share, 1 - share) * spacing_s
    empty = spacing_s > samples.longest_interval_s
    empty &= apart_s > (0.5 - 1e-6) * samples.interval_s
    long = _is_long(spacing_s, samples, params)
    flags[empty & ~long] |= int(SampleFlag.FILLED)
    flags[empty & long] |= int(SampleFlag.MISSING)
    if samples.held.any():
        middle_s = (samples.time_s[1:] + samples.time_s[:-1]) / 2
        nearest = np.searchsorted(middle_s, grid_s)
        near_s = np.abs(samples.time_s[nearest] - grid_s) < samples.interval_s
        flags[empty & samples.held[nearest] & near_s] |= int(SampleFlag.HELD)
    return flags


def _is_long(spacing_s: Floats, samples: OrderedSamples, params: CleaningParams) -> Bools:
    """Does the time without samples exceed what is filled? A quarter interval is for jitter."""
    lost_s = spacing_s - samples.interval_s
    return lost_s > params.fill_gap_s + 0.25 * samples.interval_s


def _count(
    samples: OrderedSamples, grid_s: Floats, flags: Bytes, params: CleaningParams
) -> CleaningCounts:
    time_s = samples.time_s[~samples.held]
    long = np.flatnonzero(_is_long(np.diff(time_s), samples, params))
    inside = (time_s[long + 1] > grid_s[0]) & (time_s[long] < grid_s[-1])
    filled, missing = _count_empty(flags)
    gaps_s = zip(time_s[long[inside]], time_s[long[inside] + 1], strict=True)
    return CleaningCounts(
        received=samples.received,
        nonfinite=samples.nonfinite,
        duplicate=samples.duplicate,
        late=samples.late,
        clipped=int((samples.clipped_acc | samples.clipped_gyr).sum()),
        held=int(samples.held.sum()),
        filled=filled,
        missing=missing,
        gaps_s=tuple((float(start), float(end)) for start, end in gaps_s),
    )


def _refuse_time(samples: OrderedSamples, params: CleaningParams) -> None:
    rate_hz = 1.0 / samples.interval_s
    span_s = float(samples.time_s[-1] - samples.time_s[0])
    if span_s > params.longest_s:
        raise RecordingError(
            samples.name,
            f"its time stamps span {span_s / 3600:.3g} hours, more than "
            f"{params.longest_s / 3600:.0f}",
            "check the unit of the time column, or cut the recording to the session",
        )
    if not params.slowest_hz <= rate_hz <= params.fastest_hz:
        raise RecordingError(
            samples.name,
            f"its rate is {rate_hz:.3g} samples a second, outside {params.slowest_hz:.0f} to "
            f"{params.fastest_hz:.0f}",
            "check the unit of the time column, or set the sensor to 100 Hz",
        )
    if span_s + samples.interval_s < params.shortest_s * (1 - 1e-6):
        raise RecordingError(
            samples.name,
            f"it holds only {span_s:.2f} s",
            "record again, at least some seconds of stillness and movement",
        )
    spacing_s = np.diff(samples.time_s[~samples.held])
    missing_s = float(spacing_s[_is_long(spacing_s, samples, params)].sum())
    if missing_s > params.missing_share * span_s:
        raise RecordingError(
            samples.name,
            f"samples are missing for {100 * missing_s / span_s:.0f} % of its time",
            "keep the sensor within reach, or cut the recording to the part that was received",
        )
