"""Random traces of a simulated radio, fed to the clock, and judged by the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.protocol.clock import ClockModel
from sensor_screen.simulation.radio import SimulatedRadio, SimulatedStatus, SimulatedTrace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.model import Floats
    from sensor_screen.protocol.clock import SampleTimes
    from sensor_screen.simulation.radio import SimulatedPacket


def draw_radio(random: np.random.Generator) -> SimulatedRadio:
    """Anything that may go wrong, now and then together."""
    seconds = float(random.uniform(20.0, 150.0))

    def now_and_then(share: float, value: float) -> float:
        return value if random.random() < share else 0.0

    def times(most: int) -> list[float]:
        count = int(random.integers(0, most + 1)) if random.random() < 0.4 else 0
        return sorted(float(at) for at in random.uniform(8.0, seconds - 6.0, count))

    return SimulatedRadio(
        seconds=seconds,
        rate_hz=float(200.0 * (1.0 + random.choice([0.0, random.uniform(-0.03, 0.03)]))),
        packet_samples=int(random.choice([4, 7, 8, 9, 10, 11, 14, 19])),
        connection_interval_s=float(random.choice([0.0075, 0.015, 0.0225, 0.030, 0.045])),
        least_delay_s=float(random.uniform(0.0015, 0.0035)),
        jitter_s=float(random.uniform(0.001, 0.006)),
        loss_share=now_and_then(0.6, float(random.uniform(0.0, 0.4))),
        duplicate_share=now_and_then(0.5, 0.05),
        reorder_share=now_and_then(0.5, 0.05),
        outages_s=tuple((at, at + float(random.uniform(0.5, 30.0))) for at in times(3)),
        restarts_s=tuple(times(1)),
        clock_ppm=float(random.uniform(-100.0, 100.0)),
        drift_ppm=float(random.uniform(0.0, 5.0)),
        clock_steps_s=tuple(
            (at, float(random.choice([-1, 1]) * 10 ** random.uniform(-3.5, 1.0))) for at in times(2)
        ),
        suspends_s=tuple((at, float(random.uniform(0.5, 60.0))) for at in times(1)),
        status_dither_s=now_and_then(0.3, 0.05),
        first_sequence=int(random.choice([0, 2**32 - 2000, 123_456])),
        first_clock_us=int(random.choice([0, 48 * 3_600_000_000, 2**32 - 10_000_000])),
    )


def hear(clock: ClockModel, notifications: Iterable[SimulatedPacket | SimulatedStatus]) -> None:
    """Feed the clock."""
    for one in notifications:
        epoch = clock.begin_epoch(one.boot_id)
        if isinstance(one, SimulatedStatus):
            epoch.hear_status(one.newest, one.device_us, one.arrival_s, one.composed_us)
        else:
            epoch.hear_packet(one.first_sequence, len(one.counts), one.t100us, one.arrival_s)


@dataclass(frozen=True)
class TraceErrors:
    """All samples of a trace whose host time is known."""

    error_s: Floats
    residual_s: Floats

    @property
    def within(self) -> bool:
        """No sample is further off than stated."""
        return bool(np.all(np.abs(self.error_s) <= self.residual_s))


def judge(trace: SimulatedTrace, clock: ClockModel) -> TraceErrors:
    """Estimated against true host time, of all samples measured while the host was awake.

    Up to the last that was heard live: of a sleep after that nobody could know.
    """
    errors, residuals = [], []
    last_s = trace.notifications[-1].arrival_s
    for boot, epoch in clock.epochs.items():
        base = trace.first_sequence(boot)
        numbers = np.arange(base, base + trace.sample_count(boot))
        times: SampleTimes = epoch.times(numbers)
        true_s = trace.true_time_s(boot, numbers)
        judged = ~np.isnan(times.host_s) & (trace.host_time_s(true_s) < last_s)
        for at_s, length_s in trace.radio.suspends_s:
            judged &= (true_s < at_s) | (true_s > at_s + length_s)
        errors.append((times.host_s - trace.host_time_s(true_s))[judged])
        residuals.append(times.residual_s[judged])
    return TraceErrors(np.concatenate(errors), np.concatenate(residuals))
