"""A simulated person with virtual sensors on, who does what is asked for when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.ble.virtual.virtual_sensors import Wearer
from sensor_screen.simulation.simulator import Simulation
from sensor_screen.simulation.worn import Worn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.simulation.wearer import Wearer as PersonAsked


class _Numbers:
    """Samples of the person from one request on, made as far as they are looked at."""

    def __init__(self, person: PersonAsked) -> None:
        self._person = person
        self._known = np.empty(0, dtype=np.int64)

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which sample of the simulated session is felt at these places."""
        lacking = int(places.max(initial=-1)) + 1 - len(self._known)
        if lacking > 0:
            self._known = np.concatenate([self._known, self._person.take(lacking)])
        found: NDArray[np.int64] = self._known[places]
        return found


@dataclass(frozen=True, slots=True)
class AskedWorn(Worn):
    """One sensor of such a person; at its full rate only."""

    numbers: _Numbers

    def at(self, index: NDArray[np.int64], every: int = 1) -> NDArray[np.int16]:
        """(n, 6) at places counted from the request on."""
        if every != 1:
            raise ValueError("a person who is asked is felt at one rate only")
        taken: NDArray[np.int16] = self.counts[self.numbers.at(index)]
        return taken


class AskedPerson:
    """Dresses virtual sensors anew with each request.

    Args:
        person: Who is asked; his sensors have the full scales of the virtual ones.
        rate_hz: Of his samples, and the only rate of the virtual sensors.
    """

    def __init__(self, person: PersonAsked, rate_hz: float) -> None:
        self._person, self._rate_hz = person, rate_hz

    def wear(self, *acts: int) -> Wearer:
        """What the sensors feel from now on: these acts, then standing still."""
        self._person.perform(*acts)
        numbers = _Numbers(self._person)
        worn = tuple(
            AskedWorn(
                side=stream.info.side,
                placement=stream.info.placement,
                rate_hz=self._rate_hz,
                first=0,
                counts=np.asarray(stream.raw, dtype=np.int16),
                numbers=numbers,
            )
            for stream in self._person.streams
        )
        nothing = self._person.recording(np.empty(0, dtype=np.int64))
        return Wearer(worn, Simulation(nothing, {}))
