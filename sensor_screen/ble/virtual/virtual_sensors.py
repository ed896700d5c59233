"""A person, his sensors and the air, all of them made up; and a Bluetooth adapter to meet them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bumble.hci import Address

from sensor_screen.ble.virtual.air import AirParams, VirtualAir
from sensor_screen.ble.virtual.bumble_backend import bound_to
from sensor_screen.ble.virtual.central import Central, local_central
from sensor_screen.ble.virtual.clock import Performance
from sensor_screen.ble.virtual.sensor import VirtualSensor
from sensor_screen.ble.virtual.sensor_params import SensorParams, worn_sensors
from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Side
from sensor_screen.simulation.worn import Worn, wear

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner

    from sensor_screen.simulation import Person, Scenario, Simulation


@dataclass(frozen=True, slots=True)
class Wearer:
    """A person with sensors on, simulated once and worn by any number of virtual sensors."""

    worn: tuple[Worn, ...]
    simulation: Simulation
    """What the sensors replay, with the truth about the legs."""

    def at(self, side: Side, placement: Placement) -> Worn:
        """What a sensor there feels.

        Raises:
            UsageError: the person wears none there.
        """
        for one in self.worn:
            if (one.side, one.placement) == (side, placement):
                return one
        raise UsageError(
            f"{side} {placement}", "nothing is worn there", "choose a leg of the scenario"
        )


def dress(
    scenario: str | Scenario = "healthy",
    sensors: Sequence[SensorParams] = (),
    *,
    person: Person | None = None,
    seed: int = 0,
) -> Wearer:
    """Simulate a person for these sensors: takes seconds, so do it before the clock runs.

    Args:
        scenario: What he does, over and over again from the first START on.
        sensors: Their legs, highest rate, and by how much the foot's clock runs faster.
        person: Who; the scenario's own if not given.
        seed: Of the simulation.
    """
    sensors = sensors or worn_sensors()
    ppm = {one.placement: one.clock_ppm for one in reversed(sensors)}
    shank_ppm = ppm.get(Placement.SHANK, 0.0)
    ratio = (1e6 + ppm.get(Placement.FOOT, shank_ppm)) / (1e6 + shank_ppm)
    worn, simulation = wear(
        scenario,
        person=person,
        sides=tuple(dict.fromkeys(one.side for one in sensors)),
        seed=seed,
        rate_hz=max(rate_hz for one in sensors for rate_hz in one.rates_hz),
        foot_clock_ppm=(ratio - 1.0) * 1e6,
    )
    return Wearer(worn, simulation)


class VirtualSensors:
    """Everything that `virtual_sensors` brought to life.

    Attributes:
        air: What they send through.
        sensors: In the order of their parameters.
        central: The adapter.
        scanner_backend: For `BleakScanner(backend=...)`.
        client_backend: For `BleakClient(backend=...)`.
    """

    def __init__(
        self,
        air: VirtualAir,
        sensors: tuple[VirtualSensor, ...],
        central: Central,
        performance: Performance,
    ) -> None:
        self.air = air
        self._performance = performance
        self.sensors = sensors
        self.central = central
        self.scanner_backend: type[BaseBleakScanner]
        self.client_backend: type[BaseBleakClient]
        self.scanner_backend, self.client_backend = bound_to(central)

    def sensor(self, serial: str) -> VirtualSensor:
        """The sensor of that serial number.

        Raises:
            KeyError: there is none.
        """
        return {one.params.serial: one for one in self.sensors}[serial]

    def perform(self, wearer: Wearer) -> None:
        """From now on the person does something else: `dress` it beforehand, with the same sensors.

        With the same seed the sensors sit as before. What follows its end is its beginning again;
        a long stand at its end lets him wait.
        """
        now_s = asyncio.get_running_loop().time()
        for one in self.sensors:
            one.imu.measure(now_s)
        self._performance.turned_s = now_s
        for one in self.sensors:
            one.imu.wear(wearer.at(one.params.side, one.params.placement))

    @asynccontextmanager
    async def held_by_another(self, serial: str) -> AsyncIterator[None]:
        """Another phone has the sensor: it does not advertise meanwhile."""
        sensor = self.sensor(serial)
        phone, controller = local_central(self.air, "C0:00:00:00:00:02")
        try:
            await phone.connect(Address(sensor.address), 5.0)
            yield
        finally:
            await phone.close()
            self.air.remove(controller)


@asynccontextmanager
async def virtual_sensors(
    scenario: str | Scenario = "healthy",
    sensors: Sequence[SensorParams] = (),
    *,
    wearer: Wearer | None = None,
    seed: int = 0,
    air: AirParams = AirParams(),  # noqa: B008 - frozen
    largest_mtu: int = 517,
) -> AsyncIterator[VirtualSensors]:
    """Virtual sensors that advertise, and an adapter to scan and connect with.

    Args:
        scenario: What the person does, if `wearer` is not given.
        sensors: Shank and foot of the left leg if not given.
        wearer: A person who was simulated before.
        seed: Of the person, and of everything that happens by chance.
        air: How good the radio is.
        largest_mtu: That the adapter takes.
    """
    params = tuple(sensors) or worn_sensors()
    wearer = wearer or dress(scenario, params, seed=seed)
    medium, performance = VirtualAir(air), Performance()
    made = tuple(
        VirtualSensor(
            medium,
            f"D0:00:00:00:00:{index + 0x11:02X}",
            one,
            wearer.at(one.side, one.placement),
            performance,
            seed * 100 + index,
        )
        for index, one in enumerate(params)
    )
    central, _ = local_central(medium, largest_mtu=largest_mtu)
    for one in made:
        await one.power_on()
    try:
        yield VirtualSensors(medium, made, central, performance)
    finally:
        await central.close()
        for one in made:
            await one.power_off()
