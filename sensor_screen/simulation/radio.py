"""What a receiver would get of a simulated sensor over a simulated radio, and the truth behind it.

No radio was listened to: the shape of the delays is a model. Notifications wait for the next
connection event, are on the air, and are handed up by an operating system that is sometimes late;
some stall for retransmissions and hold up those behind them; some are lost, doubled or reordered
above the link; links break; sensors restart; clocks drift, step and stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, Floats

    Ints = NDArray[np.int64]

_SEQUENCES = 1 << 32


@dataclass(frozen=True, slots=True)
class SimulatedRadio:
    """Everything that decides a trace but chance."""

    seconds: float = 60.0
    rate_hz: float = 200.0
    """Of the samples, in true time: with what the part's own oscillator is off."""
    packet_samples: int = 19
    connection_interval_s: float = 0.030
    least_delay_s: float = 0.0025
    """From a connection event to the receiver's time stamp, at least: air and stack."""
    jitter_s: float = 0.004
    """Mean of what the operating system adds, exponential."""
    stall_share: float = 0.02
    stall_s: tuple[float, float] = (0.03, 0.5)
    """Share of packets that are retransmitted for long, and how long."""
    loss_share: float = 0.0
    duplicate_share: float = 0.0
    reorder_share: float = 0.0
    """Share of notifications that are dropped, doubled, or held back above the link."""
    outages_s: tuple[tuple[float, float], ...] = ()
    """True start and end of broken links. The sensor measures on."""
    restarts_s: tuple[float, ...] = ()
    """True times at which the sensor restarts: clock and numbers begin anew."""
    clock_ppm: float = 0.0
    """By which the sensor's clock is fast."""
    drift_ppm: float = 0.0
    """Amplitude of a slow change of that, over `drift_period_s`: temperature."""
    drift_period_s: float = 1800.0
    clock_steps_s: tuple[tuple[float, float], ...] = ()
    """True time and size of jumps of the sensor's clock."""
    suspends_s: tuple[tuple[float, float], ...] = ()
    """True time and length of sleeps of the host: its monotonic clock stands, nothing comes."""
    first_sequence: int = 0
    first_clock_us: int = 0
    """Of the first start; later starts begin at zero, as after power on."""
    ring_samples: int = 12_000
    """What the sensor holds for resending: 60 s at 200 Hz."""
    status_s: float = 1.0
    status_dither_s: float = 0.0
    """Statuses are composed up to so much after their newest sample, evenly spread."""


@dataclass(frozen=True, slots=True)
class SimulatedPacket:
    """A notification with samples, as it would be decoded."""

    arrival_s: float
    backfill: bool
    boot_id: int
    first_sequence: int
    """u32"""
    counts: NDArray[np.int16]  # (n, 6)
    t100us: int
    """Device time of the first sample in units of 100 us, low 16 bits."""


@dataclass(frozen=True, slots=True)
class SimulatedStatus:
    """What the sensor says of itself once a second."""

    arrival_s: float
    boot_id: int
    newest: int
    """u32"""
    oldest_held: int
    """u32"""
    device_us: int
    """Device time of the newest sample."""
    composed_us: int
    """Device time at which it was made ready."""


def simulated_counts(boot_id: int, first: int, count: int) -> NDArray[np.int16]:
    """(count, 6) what the sample of each number holds: no two near each other are equal."""
    numbers = np.arange(first, first + count, dtype=np.int64) + 77 * boot_id
    mixed = numbers[:, None] * np.array([1, 3, 7, 31, 127, 8191]) % 65536
    counts: NDArray[np.int16] = mixed.astype(np.uint16).view(np.int16)
    return counts


class SimulatedTrace:
    """What arrives, and when every sample was truly measured. Equal arguments give equal traces."""

    def __init__(self, radio: SimulatedRadio, seed: int = 0) -> None:
        self.radio = radio
        self._random = np.random.default_rng([seed, 11])
        self._drift_phase = self._random.uniform(0.0, 2 * np.pi)
        starts = (0.0, *(at for at in radio.restarts_s if at < radio.seconds))
        self._starts_s = np.array(starts)
        self._ends_s = np.array([*(at - 1.0 for at in starts[1:]), radio.seconds])
        """A start takes a second, in which nothing is measured."""
        asleep = tuple((at, at + length) for at, length in radio.suspends_s)
        self._deaf_s = sorted((*radio.outages_s, *asleep))
        self._anchors_s = self._random.uniform(0, radio.connection_interval_s, 1 << 8)
        self.notifications: list[SimulatedPacket | SimulatedStatus] = []
        for boot in range(len(starts)):
            self.notifications += self._live(boot)
            self.notifications += self._statuses(boot)
        self.notifications.sort(key=lambda one: one.arrival_s)

    # --- truth ------------------------------------------------------------------------------------

    def sample_count(self, boot: int) -> int:
        """Samples measured in one start."""
        return int((self._ends_s[boot] - self._starts_s[boot]) * self.radio.rate_hz)

    def first_sequence(self, boot: int) -> int:
        """Number of the first sample of a start, not wrapped."""
        return self.radio.first_sequence if boot == 0 else 0

    def true_time_s(self, boot: int, sequence: Ints) -> Floats:
        """True time of samples, by their unwrapped numbers."""
        index = np.asarray(sequence) - self.first_sequence(boot)
        times: Floats = self._starts_s[boot] + index / self.radio.rate_hz
        return times

    def host_time_s(self, true_s: Floats) -> Floats:
        """What the host's monotonic clock shows."""
        shown = np.array(true_s, dtype=np.float64)
        for at_s, length_s in self.radio.suspends_s:
            shown -= np.clip(true_s - at_s, 0.0, length_s)
        return shown

    def device_us(self, boot: int, true_s: Floats) -> Ints:
        """What the sensor's clock shows, in whole microseconds."""
        start_s, period_s = float(self._starts_s[boot]), self.radio.drift_period_s
        wave = period_s / (2 * np.pi)

        def drifted(at_s: Floats) -> Floats:
            turn: Floats = -wave * np.cos(at_s / wave + self._drift_phase)
            return turn

        extra = self.radio.clock_ppm * (true_s - start_s)
        extra = extra + self.radio.drift_ppm * (drifted(true_s) - drifted(np.array(start_s)))
        shown_s = true_s - start_s + 1e-6 * extra
        for at_s, size_s in self.radio.clock_steps_s:
            if start_s <= at_s < self._ends_s[boot]:
                shown_s = shown_s + size_s * (true_s >= at_s)
        first_us = self.radio.first_clock_us if boot == 0 else 0
        shown: Ints = np.floor(shown_s * 1e6).astype(np.int64) + first_us
        return shown

    # --- the way ----------------------------------------------------------------------------------

    def resend(self, boot: int, first: int, last: int, at_s: float) -> list[SimulatedPacket]:
        """What the sensor sends when it is asked, at a host time, for unwrapped numbers.

        Only what it still holds: the newest `ring_samples` of the present start.
        """
        now_s = at_s + sum(length for at, length in self.radio.suspends_s if at < at_s)
        if not self._starts_s[boot] <= now_s < self._ends_s[boot] + 60.0:
            return []
        low = max(first, self._oldest(boot, now_s))
        high = min(last, self.first_sequence(boot) + self.sample_count(boot) - 1)
        size = self.radio.packet_samples
        firsts = np.arange(low, high + 1, size)
        counts = np.minimum(size, high + 1 - firsts)
        event_s = self._next_event(np.full(len(firsts), now_s))
        event_s += self.radio.connection_interval_s * (np.arange(len(firsts)) // 4)
        arrival_s = event_s + self.radio.least_delay_s + self._jitter(len(firsts))
        return self._pack(boot, firsts, counts, np.maximum.accumulate(arrival_s), backfill=True)

    def _oldest(self, boot: int, now_s: float) -> int:
        newest = int((now_s - self._starts_s[boot]) * self.radio.rate_hz)
        newest = min(newest, self.sample_count(boot) - 1)
        return self.first_sequence(boot) + max(0, newest + 1 - self.radio.ring_samples)

    def _live(self, boot: int) -> list[SimulatedPacket]:
        size = self.radio.packet_samples
        packets = self.sample_count(boot) // size
        firsts = self.first_sequence(boot) + size * np.arange(packets, dtype=np.int64)
        ready_s = self.true_time_s(boot, firsts + size - 1)
        arrival_s, heard = self._carry(ready_s)
        arrival_s += np.where(
            self._random.random(packets) < self.radio.reorder_share,
            self._random.uniform(0.0, 0.4, packets),
            0.0,
        )
        again = heard & (self._random.random(packets) < self.radio.duplicate_share)
        sizes = np.full(packets, size)
        first_time = self._pack(boot, firsts[heard], sizes[heard], arrival_s[heard], backfill=False)
        later_s = arrival_s[again] + self._random.exponential(0.1, int(again.sum()))
        return first_time + self._pack(boot, firsts[again], sizes[again], later_s, backfill=False)

    def _statuses(self, boot: int) -> list[SimulatedStatus]:
        step = max(1, round(self.radio.status_s * self.radio.rate_hz))
        index = np.arange(step - 1, self.sample_count(boot), step, dtype=np.int64)
        newest = index + self.first_sequence(boot)
        true_s = self.true_time_s(boot, newest)
        composed_s = true_s
        if self.radio.status_dither_s:
            composed_s = true_s + self._random.uniform(0, self.radio.status_dither_s, len(true_s))
        arrival_s, heard = self._carry(composed_s)
        device_us, composed_us = (self.device_us(boot, at_s) for at_s in (true_s, composed_s))
        arrival_s = self.host_time_s(arrival_s)
        return [
            SimulatedStatus(
                arrival_s=float(arrival_s[at]),
                boot_id=boot,
                newest=int(newest[at]) % _SEQUENCES,
                oldest_held=self._oldest(boot, float(true_s[at])) % _SEQUENCES,
                device_us=int(device_us[at]),
                composed_us=int(composed_us[at]),
            )
            for at in np.flatnonzero(heard)
        ]

    def _carry(self, ready_s: Floats) -> tuple[Floats, Bools]:
        """True arrival of what is ready at these times, and whether it arrives."""
        radio, count = self.radio, len(ready_s)
        stalled = self._random.random(count) < radio.stall_share
        stall_s = np.where(stalled, self._random.uniform(*radio.stall_s, count), 0.0)
        sent_s = self._next_event(ready_s + stall_s)
        # The link keeps the order: what is behind a stalled packet waits. What comes in one event
        # is handed up together.
        sent_s = np.maximum.accumulate(sent_s)
        _, event = np.unique(sent_s, return_inverse=True)
        arrival_s = sent_s + radio.least_delay_s + self._jitter(count)[event]
        arrival_s = np.maximum.accumulate(arrival_s)
        heard = self._random.random(count) >= radio.loss_share
        for start_s, end_s in self._deaf_s:
            heard &= (arrival_s < start_s) | (ready_s >= end_s)
        return arrival_s, heard

    def _next_event(self, ready_s: Floats) -> Floats:
        """The connection event at or after each time; every new link has its own grid."""
        ends_s = np.array([end for _, end in self._deaf_s])
        anchor_s = self._anchors_s[np.searchsorted(ends_s, ready_s, side="right") % 256]
        interval_s = self.radio.connection_interval_s
        events: Floats = np.ceil((ready_s - anchor_s) / interval_s) * interval_s + anchor_s
        return events

    def _jitter(self, count: int) -> Floats:
        return self._random.exponential(max(self.radio.jitter_s, 1e-12), count)

    def _pack(
        self, boot: int, firsts: Ints, counts: Ints, arrival_s: Floats, *, backfill: bool
    ) -> list[SimulatedPacket]:
        arrival_s = self.host_time_s(arrival_s)
        t100us = self.device_us(boot, self.true_time_s(boot, firsts)) // 100 % 65536
        rows = zip(
            arrival_s.tolist(), firsts.tolist(), counts.tolist(), t100us.tolist(), strict=True
        )
        return [
            SimulatedPacket(
                at, backfill, boot, first % _SEQUENCES, simulated_counts(boot, first, count), time
            )
            for at, first, count, time in rows
        ]
