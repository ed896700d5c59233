"""The inertial sensor of a virtual sensor: what its wearer does, sample by sample, by its clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.ble.virtual.clock import Performance, SampleGrid, SensorClock
from sensor_screen.firmware import board

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sensor_screen.ble.virtual.sensor_params import SensorParams
    from sensor_screen.simulation.worn import Worn

_BLOCK = 200
"""Samples that are made at once, ahead of their time."""
_BYTES = 12


@dataclass(frozen=True, slots=True)
class Run:
    """Samples that were measured without a break in their numbers."""

    boot_id: int
    first_number: int
    first_index: int
    grid: SampleGrid
    every: int
    worn: Worn
    began_index: int
    """Index at which the wearer began what he does now."""

    def index_of(self, number: int) -> int:
        """Of the sample with that number."""
        return self.first_index + number - self.first_number

    def number_of(self, index: int) -> int:
        """Of the sample with that index."""
        return self.first_number + index - self.first_index

    def counts(self, index: int, count: int) -> NDArray[np.int16]:
        """(count, 6) what is measured from this index on."""
        indices = np.arange(index, index + count)
        places = self.grid.content(indices) - self.grid.content(np.array([self.began_index]))
        # What the FIFO held when the wearer turned is the first of what he does now.
        return self.worn.at(np.maximum(places, 0), self.every)


class Inertial(board.Board):  # type: ignore[misc]
    """Measures while it is told to, and remembers which number got which sample.

    Args:
        params: Of its sensor.
        worn: What it feels.
        performance: When its wearer began.
        now_s: The event loop's clock.
    """

    def __init__(
        self,
        params: SensorParams,
        worn: Worn,
        performance: Performance,
        now_s: Callable[[], float],
    ) -> None:
        self.params = params
        self._worn = worn
        self.performance = performance
        self.silent = False
        self.label: tuple[int, int] | None = None
        self.blinks = False
        self.runs: list[Run] = []
        self.on_reset: Callable[[], None] = lambda: None
        self.on_sleep: Callable[[], None] = lambda: None
        self._now_s = now_s
        self._firmware: Any = None
        self._clock = SensorClock(0.0, 0.0)
        self._run: Run | None = None
        self._index = 0
        self._block: tuple[int, bytes] = (0, b"")

    def power_on(self, firmware: Any, clock: SensorClock) -> None:  # noqa: ANN401 - untyped
        """Work for a firmware that has just started."""
        self._firmware, self._clock, self._run = firmware, clock, None

    # --- what the firmware asks for ---------------------------------------------------------------

    def start_imu(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int) -> bool:  # noqa: ARG002
        """Begin to measure."""
        if self.silent:
            return False
        now_s = self._now_s()
        rate_hz = rate_mhz / 1000.0
        every = round(self._worn.rate_hz / rate_hz)
        grid = SampleGrid(
            self._clock,
            zero_s=self.performance.begin(now_s),
            nominal_hz=rate_hz,
            actual_hz=rate_hz * (1.0 + self.params.rate_lie),
            lag_s=(every - 1) / 2.0 / self._worn.rate_hz,
        )
        self._index = grid.next_index(now_s)
        boot_id, number = self._firmware.config.boot_id, self._firmware.ring.next
        began_index = self._began_index(grid)
        self._enter(Run(boot_id, number, self._index, grid, every, self._worn, began_index))
        return True

    def stop_imu(self) -> None:
        """Measure no more."""
        self._run = None

    def identify(self, seconds: int) -> None:
        """Light on or off."""
        self.blinks = seconds > 0

    def store_label(self, side: int, placement: int) -> None:
        """Keep it over restarts."""
        self.label = (side, placement)

    def factory_reset(self) -> None:
        """Restart without label and bonds."""
        self.label = (0, 0)
        self.on_reset()

    def sleep(self) -> None:
        """Power off."""
        self.on_sleep()

    # --- measuring --------------------------------------------------------------------------------

    @property
    def next_s(self) -> float | None:
        """When the next samples are handed over; None: nothing is measured."""
        if self._run is None:
            return None
        return self._run.grid.at_s(self._index + self.params.fifo_samples - 1)

    def measure(self, now_s: float) -> None:
        """Hand all samples over that lie before this time."""
        while (due_s := self.next_s) is not None and due_s <= now_s + 1e-7:
            for _ in range(self.params.fifo_samples):
                if self._run is None:
                    return
                index, self._index = self._index, self._index + 1
                self._firmware.sample(self._counts(self._run, index), self._run.grid.at_us(index))

    def wear(self, worn: Worn) -> None:
        """The wearer does something else, since the performance turned.

        Args:
            worn: Of the same rate as before.
        """
        self._worn = worn
        run = self._run
        if run is not None:
            number = run.number_of(self._index)
            self._enter(
                replace(
                    run,
                    first_number=number,
                    first_index=self._index,
                    worn=worn,
                    began_index=self._began_index(run.grid),
                )
            )

    def lose(self, count: int) -> None:
        """The FIFO runs over: so many samples are lost, and the sensor knows how many."""
        if self._run is None:
            return
        self._firmware.overrun(count)
        self._index += count

    def truth(self, boot_id: int, first: int, count: int) -> NDArray[np.int16]:
        """(count, 6) what was measured under these numbers, whether they were ever sent or not.

        Raises:
            KeyError: a number that no measurement of this start reaches down to.
        """
        rows = np.empty((count, 6), dtype=np.int16)
        for row, number in enumerate(range(first, first + count)):
            run = self._run_of(boot_id, number)
            rows[row] = run.counts(run.index_of(number), 1)[0]
        return rows

    def _run_of(self, boot_id: int, number: int) -> Run:
        for run in reversed(self.runs):
            if run.boot_id == boot_id and run.first_number <= number:
                return run
        raise KeyError(number)

    def _began_index(self, grid: SampleGrid) -> int:
        """The same moment for all sensors, whenever they start."""
        return grid.next_index(self.performance.turned_s)

    def _enter(self, run: Run) -> None:
        self._run = run
        self._block = (0, b"")
        self.runs.append(run)

    def _counts(self, run: Run, index: int) -> bytes:
        first, block = self._block
        at = (index - first) * _BYTES
        if not 0 <= at < len(block):
            block, at = run.counts(index, _BLOCK).astype("<i2").tobytes(), 0
            self._block = (index, block)
        return block[at : at + _BYTES]
