"""Sensors over Bluetooth brought together with what keeps their samples."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.ble.meeting import Met
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.radio_source import RadioSource
    from sensor_screen.ble.scanner import Scanner
    from sensor_screen.ble.virtual import VirtualSensors
    from sensor_screen.model import Recording, Side
    from sensor_screen.session.capture_view import CaptureEvent
    from sensor_screen.session.plan import Plan
    from sensor_screen.storage.journal import Journal
    from sensor_screen.wiring.naming import Naming

RATE_HZ = 100.0
LISTEN_S = 4.0
AHEAD_S = 2.0


@dataclass
class Radio:
    """A Bluetooth stack with its loop, which does not run yet; `close` it."""

    loop: asyncio.AbstractEventLoop
    outside: Outside
    scanner: Scanner
    simulated: bool = False
    heard: Callable[[CaptureEvent], None] = lambda _: None
    virtual: VirtualSensors | None = None
    """What there is instead of sensors; faults are theirs."""
    _left: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Let go of everything."""
        self._left.close()

    def __enter__(self) -> Radio:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_radio() -> Radio:
    """The Bluetooth of this computer."""
    import asyncio

    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.scanner import Scanner

    loop = asyncio.new_event_loop()
    outside = Outside(clock=loop.time)
    left = ExitStack()
    left.callback(loop.close)
    return Radio(loop, outside, Scanner(outside), _left=left)


def open_virtual_radio(
    plan: Plan | None = None,
    sides: tuple[Side, ...] | None = None,
    seed: int = 0,
    rate_hz: float = RATE_HZ,
) -> Radio:
    """Sensors that do not exist on a person who does not exist, who does what a plan asks for.

    Raises:
        sensor_screen.errors.UsageError: The libraries that they are made of are not installed.
    """
    from sensor_screen.ble.outside import Backend, Outside
    from sensor_screen.ble.scanner import Scanner
    from sensor_screen.ble.virtual import virtual_sensors, worn_sensors
    from sensor_screen.ble.virtual.asked import AskedPerson
    from sensor_screen.ble.virtual.jumping_loop import JumpingLoop
    from sensor_screen.model import Side, Task
    from sensor_screen.session.capture_view import Happening
    from sensor_screen.session.simulated_source import acts_of, orders_of
    from sensor_screen.simulation.imperfections import BENCHMARK
    from sensor_screen.simulation.wearer import Order, Wearer
    from sensor_screen.simulation.worn import open_sensor_flaws

    sides = sides or (Side.LEFT, Side.RIGHT)
    orders = orders_of(plan.steps) if plan else [Order(Task.STAND, 2.0)]
    flaws = open_sensor_flaws(BENCHMARK)
    person = Wearer(orders, sides=sides, rate_hz=rate_hz, seed=seed, imperfections=flaws)
    asked = AskedPerson(person, rate_hz)
    acts = acts_of(plan.steps, sides) if plan else {}
    loop = JumpingLoop()
    left = ExitStack()
    left.callback(loop.close)
    # One clock for both sensors of a leg: the person's samples are shared by number.
    sensors = worn_sensors(sides, rates_hz=(rate_hz,), clock_ppm=0.0)
    bringing = virtual_sensors(wearer=asked.wear(), sensors=sensors, seed=seed)
    virtual = loop.run_until_complete(bringing.__aenter__())
    left.callback(lambda: loop.run_until_complete(bringing.__aexit__(None, None, None)))

    backend = Backend(virtual.scanner_backend, virtual.client_backend)
    outside = Outside(backend, loop.time)
    doing: list[asyncio.Task[None]] = []

    async def perform(turn: int) -> None:
        # Nobody jumps out of the middle of a lunge when a link is back: it is done first. Samples
        # of him are made up to so long ahead.
        while not person.is_quiet:
            await outside.sleep(AHEAD_S)
        virtual.perform(asked.wear(*acts[turn]))

    def heard(event: CaptureEvent) -> None:
        if event.kind is Happening.BEGUN:
            for before in doing:
                before.cancel()
            doing[:] = [loop.create_task(perform(event.turn))]

    return Radio(
        loop, outside, Scanner(outside), simulated=True, heard=heard, virtual=virtual, _left=left
    )


def find_sensors(radio: Radio) -> tuple[Met, ...]:
    """Who is here.

    Raises:
        sensor_screen.errors.RadioError: Bluetooth cannot be used.
    """
    from sensor_screen.ble.meeting import meet_all

    return radio.loop.run_until_complete(meet_all(radio.scanner, radio.outside, LISTEN_S))


def hear_sensors(radio: Radio, for_s: float) -> int:
    """How many sensors advertise; none is connected.

    Raises:
        sensor_screen.errors.RadioError: Bluetooth cannot be used.
    """
    return len(radio.loop.run_until_complete(radio.scanner.look_around(for_s)))


def open_radio_source(
    radio: Radio,
    sides: tuple[Side, ...],
    out: Path,
    naming: Naming | None = None,
    rate_hz: float = RATE_HZ,
) -> RadioSource:
    """Shank and foot sensor of each leg; a journal lies beside the recording while it is made.

    Raises:
        sensor_screen.errors.UsageError: A sensor is missing, or the journal cannot be written.
    """
    import secrets

    from sensor_screen.ble.introduction import WantedSensor
    from sensor_screen.ble.radio_source import RadioSource, RadioSourceParams
    from sensor_screen.model import Origin
    from sensor_screen.session.capture_view import Happening
    from sensor_screen.storage.journal import (
        JournalFacts,
        create_journal,
        drop_journal,
        name_journal,
    )
    from sensor_screen.storage.journal_entries import Mark
    from sensor_screen.storage.journal_fold import (
        TASK_BEGINS,
        TASK_DROPPED,
        TASK_ENDS,
        fold_journal,
    )
    from sensor_screen.wiring.naming import name_sensors

    names = {
        Happening.BEGUN: TASK_BEGINS,
        Happening.KEPT: TASK_ENDS,
        Happening.DROPPED: TASK_DROPPED,
    }

    journal = name_journal(out)
    # Before anybody is looked for or asked: the sentence is of no use in the middle of a session.
    create_journal(journal).close()
    drop_journal(journal)
    named = name_sensors(radio, find_sensors(radio), sides, naming, rate_hz)
    wanted = [WantedSensor(slot, sensor) for slot, sensor in enumerate(named.described())]
    origin = Origin.SIMULATED if radio.simulated else Origin.MEASURED
    said = "simulated person, virtual Bluetooth sensors" if radio.simulated else "Bluetooth sensors"
    kept: list[Journal] = []

    def keep() -> Journal:
        kept.append(create_journal(journal, JournalFacts(origin=origin, source=said)))
        return kept[0]

    def heard(event: CaptureEvent) -> None:
        if kept and (name := names.get(event.kind)):
            task = event.step.task if event.step is not None else None
            kept[0].mark(Mark(name, radio.outside.clock(), str(task or "")))
        radio.heard(event)

    def fold() -> Recording:
        return fold_journal(journal, out).recording

    return RadioSource(
        radio.loop,
        radio.scanner,
        radio.outside,
        wanted,
        keep,
        fold,
        session=secrets.randbelow(2**32 - 1) + 1,
        heard=heard,
        simulated=radio.simulated,
        params=RadioSourceParams(rate_hz=rate_hz),
    )
