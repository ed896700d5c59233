"""Samples of one sensor through its restarts as one stream, with one clock, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import ClockMap, SensorStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.model import Floats
    from sensor_screen.protocol.assembly_counts import GoneRange
    from sensor_screen.protocol.clock import EpochClock
    from sensor_screen.protocol.epoch_assembly import ReadyBlock
    from sensor_screen.protocol.open_sensor_info import MeasuredSensor

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class EpochSamples:
    """What came of one start of the sensor, in order."""

    boot_id: int
    blocks: Sequence[ReadyBlock]
    clock: EpochClock | None

    @property
    def sequence(self) -> NDArray[np.int64]:
        """(n,) unwrapped numbers."""
        parts = [np.arange(one.chunk.first_sequence, one.chunk.end_sequence) for one in self.blocks]
        return np.concatenate(parts).astype(np.int64)

    @property
    def raw(self) -> NDArray[np.int16]:
        """(n, 6) counts."""
        return np.concatenate([one.chunk.counts for one in self.blocks])


def join_epochs(
    epochs: Sequence[EpochSamples], measured: MeasuredSensor, rate_hz: float
) -> tuple[SensorStream, dict[str, str]]:
    """One stream of all starts, and notes on its times.

    One start without a jump of a clock keeps the sensor's own times. Otherwise device times and
    numbers go on where those before ended, by the receiver's clock, and a note says so.

    Args:
        epochs: In order, none empty.
        measured: Where it was worn and what a count is.
        rate_hz: Of the samples, by name.
    """
    notes: dict[str, str] = {}
    raw = np.concatenate([one.raw for one in epochs])
    sequences = [one.sequence for one in epochs]
    line = _line_of(epochs[0], sequences[0]) if len(epochs) == 1 else None
    if line is not None and epochs[0].clock is not None:
        sequence = sequences[0]
        clock: ClockMap | None = line
        device_s = epochs[0].clock.times(sequence).device_s
    else:
        host_s, residual_s = _host_times(epochs, sequences, rate_hz)
        sequence, device_s, clock = _one_line(epochs, sequences, host_s, residual_s, rate_hz)
        notes |= _explain(epochs, clock)
    stream = SensorStream(
        info=measured.sensor,
        device_time_s=device_s,
        raw=raw,
        acc_scale_mps2=measured.acc_scale_mps2,
        gyr_scale_radps=measured.gyr_scale_radps,
        sequence=sequence,
        clock=clock,
    )
    return stream, notes


def _line_of(epoch: EpochSamples, sequence: NDArray[np.int64]) -> ClockMap | None:
    if epoch.clock is None:
        return None
    return epoch.clock.line_map(int(sequence[0]), int(sequence[-1]))


def _host_times(
    epochs: Sequence[EpochSamples], sequences: Sequence[NDArray[np.int64]], rate_hz: float
) -> tuple[list[Floats], float]:
    """Receiver's times of every start's samples, never going back, and their worst residual."""
    found: list[Floats] = []
    worst_s, after_s = 0.0, -np.inf
    for epoch, sequence in zip(epochs, sequences, strict=True):
        host_s = np.full(len(sequence), np.nan)
        if epoch.clock is not None:
            times = epoch.clock.times(sequence)
            host_s = times.host_s
            known = np.isfinite(times.residual_s)
            worst_s = max(worst_s, float(times.residual_s[known].max(initial=0.0)))
        if np.isnan(host_s).any():
            host_s = _fill(host_s, sequence, after_s, rate_hz)
        found.append(host_s)
        after_s = float(host_s[-1]) + 1.0 / rate_hz
    return found, worst_s


def _fill(host_s: Floats, sequence: NDArray[np.int64], after_s: float, rate_hz: float) -> Floats:
    """Times where nothing was heard live: by number and rate, from what is known on."""
    known = np.flatnonzero(np.isfinite(host_s))
    if len(known):
        at = known[np.clip(np.searchsorted(known, np.arange(len(host_s))), 0, len(known) - 1)]
        guess = host_s[at] + (sequence - sequence[at]) / rate_hz
    else:
        begin_s = after_s if np.isfinite(after_s) else 0.0
        guess = begin_s + (sequence - sequence[0]) / rate_hz
    return np.where(np.isfinite(host_s), host_s, guess)


def _one_line(
    epochs: Sequence[EpochSamples],
    sequences: Sequence[NDArray[np.int64]],
    host_s: Sequence[Floats],
    residual_s: float,
    rate_hz: float,
) -> tuple[NDArray[np.int64], Floats, ClockMap | None]:
    """Numbers and device times that go on over restarts and jumps, by the clock of the longest."""
    longest = max(range(len(epochs)), key=lambda at: len(sequences[at]))
    clock = epochs[longest].clock
    middle = int(sequences[longest][len(sequences[longest]) // 2])
    near = None if clock is None else clock.clock_map(middle)
    numbers, end, end_s = [], 0, 0.0
    for at, sequence in enumerate(sequences):
        moved = sequence
        if at:
            passed = max(1, round((float(host_s[at][0]) - end_s) * rate_hz))
            moved = sequence - sequence[0] + end + passed
        numbers.append(moved)
        end, end_s = int(moved[-1]), float(host_s[at][-1])
    joined_s = np.concatenate(host_s)
    if near is None:
        return np.concatenate(numbers), joined_s, None
    device_s = (joined_s - near.offset_s) / (1.0 + near.skew)
    line = ClockMap(near.offset_s, near.skew, max(residual_s, near.residual_s), "arrivals")
    return np.concatenate(numbers), device_s, line


def _explain(epochs: Sequence[EpochSamples], clock: ClockMap | None) -> dict[str, str]:
    notes = {}
    if len(epochs) > 1:
        notes["restarts"] = (
            f"The sensor was switched off and on {len(epochs) - 1} time(s): what it had not sent "
            "before is lost. Its numbers and clock were continued by when its packets arrived."
        )
    elif clock is not None:
        notes["clock"] = (
            "The clock of the sensor or of the receiver jumped; times were continued by when "
            "packets arrived."
        )
    if clock is None:
        notes["clock"] = (
            "No packet came live, so it is not known how the sensor's time relates to others."
        )
    return notes


def describe_gone(gone: Sequence[GoneRange], rate_hz: float) -> str:
    """Which samples are missing for good, how long that is, and why; empty: none."""
    if not gone:
        return ""
    total = sum(len(one.range) for one in gone)
    named = [
        f"{one.range.first} to {one.range.end - 1} ({len(one.range) / rate_hz:.2f} s: {one.reason})"
        for one in gone[:_MOST_NAMED]
    ]
    more = f"; and {len(gone) - _MOST_NAMED} more ranges" if len(gone) > _MOST_NAMED else ""
    return (
        f"{total} samples ({total / rate_hz:.2f} s) are missing for good: numbers "
        f"{'; '.join(named)}{more}."
    )
