"""A person who goes on for ever, as the counts of the sensors that he wears."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import UsageError
from sensor_screen.simulation.scenarios import SCENARIOS, Scenario
from sensor_screen.simulation.simulator import Simulation, simulate
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Placement, SensorStream, Side
    from sensor_screen.simulation.imperfections import Imperfections
    from sensor_screen.simulation.person import Person

ACC_RANGE_G = 16
GYR_RANGE_DPS = 2000
COUNTS = 32_768
"""Of a full scale: a count is range / 32,768."""


@dataclass(frozen=True, slots=True)
class Worn:
    """What one sensor measures, over and over again.

    The sample of index i lies at i / rate on the sensor's own clock, which shows zero when the
    person begins. That of the foot runs faster than that of the shank, as was asked for.
    """

    side: Side
    placement: Placement
    rate_hz: float
    first: int
    """Index of the first sample."""
    counts: NDArray[np.int16]  # (n, 6) acceleration, rotation

    def block(self, first: int, count: int, every: int = 1) -> NDArray[np.int16]:
        """(count, 6) samples of a rate lower by `every`: means of as many, rounded.

        Args:
            first: Index of the first sample, at the lower rate.
            count: How many samples.
            every: Samples of the full rate in one of the lower.
        """
        return self.at(np.arange(first, first + count), every)

    def at(self, index: NDArray[np.int64], every: int = 1) -> NDArray[np.int16]:
        """(n, 6) the same for any (n,) indices."""
        fine = index[:, None] * every + np.arange(every) - self.first
        taken: NDArray[np.int16] = self.counts[fine % len(self.counts)]
        if every == 1:
            return taken[:, 0]
        means = taken.mean(axis=1)
        lower: NDArray[np.int16] = np.rint(means).astype(np.int16)
        return lower


def wear(
    scenario: str | Scenario,
    *,
    person: Person | None = None,
    sides: tuple[Side, ...] | None = None,
    seed: int = 0,
    rate_hz: float = 200.0,
    foot_clock_ppm: float = 0.0,
) -> tuple[tuple[Worn, ...], Simulation]:
    """Two sensors on each leg of one person, and the simulation that they replay.

    Samples that the scenario would lose are all there: losing is the radio's part. Full scales are
    16 g and 2000 deg/s.

    Args:
        scenario: A name of `SCENARIOS`, or a scenario of your own.
        person: Who moves; the scenario's own person if not given.
        sides: Which legs carry sensors; the scenario's own if not given.
        seed: Any whole number from 0.
        rate_hz: The highest rate at which samples are wanted.
        foot_clock_ppm: By how much the foot's clock runs faster than the shank's.

    Raises:
        UsageError: an unknown scenario, a negative seed, or a rate that no such sensor has.
    """
    flaws = replace(_without_losses(scenario), foot_clock_skew_ppm=foot_clock_ppm)
    simulation = simulate(
        scenario, person=person, imperfections=flaws, seed=seed, rate_hz=rate_hz, sides=sides
    )
    worn = tuple(_put_on(stream, rate_hz) for stream in simulation.recording.streams)
    return worn, simulation


def _without_losses(scenario: str | Scenario) -> Imperfections:
    if not isinstance(scenario, Scenario):
        if scenario not in SCENARIOS:
            raise UsageError(
                scenario, "is not a scenario", f"choose one of {', '.join(sorted(SCENARIOS))}"
            )
        scenario = SCENARIOS[scenario]
    return open_sensor_flaws(scenario.imperfections)


def open_sensor_flaws(flaws: Imperfections) -> Imperfections:
    """The same in sensors of 16 g and 2000 deg/s; losing and clocks are the radio's part."""
    return replace(
        flaws,
        acc_range_mps2=ACC_RANGE_G * STANDARD_GRAVITY_MPS2,
        gyr_range_radps=radians(GYR_RANGE_DPS),
        quantised=True,
        loss_share=0.0,
        gaps_per_minute=0.0,
        held_share=0.0,
        foot_clock_offset_s=0.0,
    )


def _put_on(stream: SensorStream, rate_hz: float) -> Worn:
    return Worn(
        side=stream.info.side,
        placement=stream.info.placement,
        rate_hz=rate_hz,
        first=round(float(stream.device_time_s[0]) * rate_hz),
        counts=np.asarray(stream.raw, dtype=np.int16),
    )
