"""Status of the open sensor protocol, and the exact times of samples (PROTOCOL.md, 4 and 6).

The status says once a second which sample was taken when, to the microsecond. Between two of them
the times of samples lie on a line, unless the time steps of a packet say that something broke.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault, layout, refuse
from sensor_screen.protocol.open_sensor_packet import NUMBERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


class StatusFlag(IntFlag):
    """What the sensor says of itself once a second."""

    MEASURING = 1 << 0
    ACC_CLIPPED = 1 << 1
    GYR_CLIPPED = 1 << 2
    FIFO_OVERRUN = 1 << 3
    TIME_STEP = 1 << 4
    BATTERY_LOW = 1 << 5
    CHARGING = 1 << 6
    UNACKNOWLEDGED_OVERWRITTEN = 1 << 7


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """What the sensor says of itself once a second."""

    next_sequence: int
    """u32, number that the next sample will get."""
    oldest_sequence: int
    """u32, oldest sample held; equal to `next_sequence`: none is held."""
    time_us: int
    """u48, sensor clock of sample `next_sequence - 1`."""
    boot: int
    """Low 16 bits of the boot id."""
    battery: int
    """Percent; 255 unknown."""
    flags: StatusFlag
    lost: int
    """Samples never stored since start; stays at 65,535."""

    @property
    def held(self) -> int:
        """How many samples the sensor can still send."""
        return (self.next_sequence - self.oldest_sequence) % NUMBERS

    @property
    def pair(self) -> tuple[int, int] | None:
        """Number of a sample and its time in us.

        None where no sample is held: the time may then be that of the status itself.
        """
        return ((self.next_sequence - 1) % NUMBERS, self.time_us) if self.held else None

    @property
    def battery_percent(self) -> int | None:
        """None where it is not known, or not a share."""
        return self.battery if self.battery <= 100 else None


STATUS_LAYOUT = layout(
    next_sequence="u32",
    oldest_sequence="u32",
    time_us="u48",
    boot="u16",
    battery="u8",
    flags="u8",
    lost="u16",
)


def decode_status(value: bytes) -> SensorStatus:
    """One notification or reading of the status.

    Raises:
        ProtocolError: It has not 20 bytes.
    """
    if len(value) != STATUS_LAYOUT.size:
        refuse(
            value,
            "Status",
            Fault.LENGTH,
            f"has {len(value)} bytes",
            f"send {STATUS_LAYOUT.size} bytes",
        )
    next_sequence, oldest, time_us, boot, battery, flags, lost = map(
        int, STATUS_LAYOUT.unpack(value)
    )
    return SensorStatus(next_sequence, oldest, time_us, boot, battery, StatusFlag(flags), lost)


def encode_status(status: SensorStatus) -> bytes:
    """The reverse of `decode_status`.

    Raises:
        ProtocolError: A value does not fit its field.
    """
    values = (getattr(status, name) for name in STATUS_LAYOUT.names)
    return STATUS_LAYOUT.pack(values, "Status")


# --- times of samples -----------------------------------------------------------------------------

TICK_US = 100
"""Unit of `t100us`."""
ROUND_US = TICK_US * 65_536
"""After which `t100us` begins again: 6.5536 s."""


@dataclass(frozen=True, slots=True)
class SampleTimes:
    """When samples were measured, on the sensor's own clock."""

    first_us: Floats
    """(p,) of the first sample of each packet."""
    period_us: Floats
    """(p,) between the samples of each packet."""
    after_break: Bools
    """(p,) a pause or loss of unknown length lies between the packet and the pair it hangs on."""
    uncertain: Bools
    """(p,) its time may be off by a multiple of 6.5536 s: no status says how long the break was."""

    def of_samples(self, count: NDArray[np.integer]) -> Floats:
        """(n,) of every sample.

        Args:
            count: (p,) samples in each packet.
        """
        counts = count.astype(np.int64)
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        within = np.arange(total) - np.repeat(ends - counts, counts)
        return np.repeat(self.first_us, counts) + within * np.repeat(self.period_us, counts)


def unwrap_numbers(sequence: Ints, near: int) -> Ints:
    """Numbers as sent, u32, as those within 2^31 of `near`, which may be larger than u32."""
    half = NUMBERS // 2
    return near + (np.asarray(sequence, dtype=np.int64) - near + half) % NUMBERS - half


def sample_times(
    first_sequence: Ints,
    t100us: Ints,
    pair_sequence: Ints,
    pair_time_us: Ints,
    period_us: float,
    tolerance_ppm: float = 200.0,
) -> SampleTimes:
    """Times of the samples of packets, from the pairs of number and time in the status.

    Each packet hangs on the pair before or after it, whichever agrees better with its `t100us`.
    Where neither does, a break lies on both sides, and the packet's own `t100us` counts.

    Args:
        first_sequence: (p,) of each packet, unwrapped (`unwrap_numbers`), in any order.
        t100us: (p,) of each packet, as sent.
        pair_sequence: (k,) rising, unwrapped: `next_sequence - 1` of statuses that hold samples.
        pair_time_us: (k,) rising: their `time_us`.
        period_us: Nominal time between two samples; where pairs agree on another that is near,
            that one counts, for inertial sensors keep their rate to a few percent only.
        tolerance_ppm: By which the rate may wander within the recording.

    Raises:
        ProtocolError: There is no pair, the pairs do not rise, or the period is not above 0.
    """
    _check_pairs(pair_sequence, pair_time_us, period_us)
    period_us = _measured_period_us(pair_sequence, pair_time_us, period_us)
    stamp_us = np.asarray(t100us, dtype=np.int64) * TICK_US
    last = len(pair_sequence) - 1
    place = np.searchsorted(pair_sequence, first_sequence, side="left")
    has_left, has_right = place > 0, place <= last
    before, after = np.maximum(place - 1, 0), np.minimum(place, last)

    steps = np.maximum(pair_sequence[after] - pair_sequence[before], 1)
    span_us = pair_time_us[after] - pair_time_us[before]
    off_us = np.abs(span_us - steps * period_us)
    unbroken = has_left & has_right & (off_us <= _slack_us(steps, period_us, tolerance_ppm))
    period = np.where(unbroken, span_us / steps, period_us)
    # Between two pairs the rate is measured; beyond them it may wander with the distance.
    left, right = (
        _hang(
            first_sequence - pair_sequence[pair],
            pair_time_us[pair],
            np.where(there, stamp_us, -1),
            period,
            np.where(unbroken, 0.0, tolerance_ppm),
        )
        for pair, there in ((before, has_left), (after, has_right))
    )
    use_left = np.where(left.broken == right.broken, left.miss_us <= right.miss_us, ~left.broken)
    broken = left.broken & right.broken
    stamp_time_us = np.where(use_left, left.time_us, right.time_us)
    expected_us = np.where(use_left, left.expected_us, right.expected_us)

    # Between two pairs a broken packet is placed where both allow it, if only one place does; after
    # the last pair a break can only have made it later.
    between = broken & has_left & has_right
    floor_us = np.round(left.expected_us).astype(np.int64) - ROUND_US // 16
    lowest_us = np.where(between, pair_time_us[before], floor_us)
    placed_us = lowest_us + (stamp_us - lowest_us) % ROUND_US
    stamp_time_us = np.where(broken & has_left, placed_us, stamp_time_us)
    first_us = np.where(
        broken,
        stamp_time_us + TICK_US / 2,
        np.clip(expected_us, stamp_time_us, stamp_time_us + TICK_US - 1),
    )
    # A break of just a round of t100us: both pairs agree, and not with each other.
    torn = ~left.broken & ~right.broken & (left.time_us != right.time_us)
    uncertain = torn | (broken & ~(between & (span_us < ROUND_US)))
    return SampleTimes(first_us, period, broken, uncertain)


def _check_pairs(pair_sequence: Ints, pair_time_us: Ints, period_us: float) -> None:
    alike = len(pair_sequence) == len(pair_time_us) > 0
    if not alike or (np.diff(pair_sequence) <= 0).any() or (np.diff(pair_time_us) <= 0).any():
        raise ProtocolError(
            f"{len(pair_sequence)} pairs of number and time",
            "do not rise, or there is none",
            "give those of one start of the sensor, each once, in their order",
            Fault.ORDER,
        )
    if not period_us > 0:
        raise ProtocolError(
            f"A period of {period_us} us", "is none", "give that of the rate", Fault.VALUE
        )


class _Hanging(NamedTuple):
    """Packets hung on a pair each: all (p,)."""

    time_us: Ints
    """The time nearest to the expected one that has the packet's `t100us`."""
    expected_us: Floats
    miss_us: Floats
    """Between the two; infinite where there is no pair."""
    broken: Bools
    """They are too far apart, or there is no pair."""


def _hang(
    away: Ints, pair_time_us: Ints, stamp_us: Ints, period_us: Floats, tolerance_ppm: Floats
) -> _Hanging:
    """Where a pair so many samples away puts packets; a stamp below 0: there is no pair."""
    expected_us = pair_time_us + away * period_us
    time_us = _nearest_congruent(stamp_us, expected_us)
    miss_us = np.where(stamp_us < 0, np.inf, np.abs(time_us + TICK_US / 2 - expected_us))
    slack_us = np.maximum(_slack_us(np.abs(away), period_us, tolerance_ppm), TICK_US)
    return _Hanging(time_us, expected_us, miss_us, miss_us > slack_us)


def _measured_period_us(pair_sequence: Ints, pair_time_us: Ints, nominal_us: float) -> float:
    """The middle one of the periods between pairs that are within 10 % of the nominal one."""
    ratios = np.diff(pair_time_us) / np.diff(pair_sequence)
    near = ratios[np.abs(ratios - nominal_us) < 0.1 * nominal_us]
    return float(np.median(near)) if len(near) else nominal_us


def _slack_us(steps: Ints, period_us: float | Floats, tolerance_ppm: float | Floats) -> Floats:
    """By how much so many steps may be off: half a period, and what the rate may be off."""
    return np.asarray(period_us / 2 + steps * (period_us * tolerance_ppm * 1e-6))


def _nearest_congruent(stamp_us: Ints, expected_us: Floats) -> Ints:
    """The time nearest to the expected one that has this `t100us`."""
    away = stamp_us + TICK_US // 2 - np.round(expected_us).astype(np.int64)
    away = (away + ROUND_US // 2) % ROUND_US - ROUND_US // 2
    return np.round(expected_us).astype(np.int64) + away - TICK_US // 2
