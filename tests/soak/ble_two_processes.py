"""Client and virtual sensors in two processes: `python -m tests.soak.ble_two_processes`.

`--seconds 720 --losses 15 --drop 0.03 --sides left` is the long one: each of two sensors is lost as
often, for 5 to 60 s, one after the other.

In real time the client scans, pairs, records into a receiver, acknowledges, loses links and fetches
what was missed; printed is what arrived, byte for byte, and what of a core it took. In its process
is the Bluetooth host of bumble, too, which with a radio is the work of the operating system.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.open_sensor_logic import OpenSensorLogic
from sensor_screen.ble.outside import Backend, Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_task import SensorTask
from sensor_screen.ble.virtual import dress, worn_sensors
from sensor_screen.ble.virtual.remote import remote_adapter
from sensor_screen.model import Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import Family, SlotDescription
from sensor_screen.session.receive import Receiver

if TYPE_CHECKING:
    from sensor_screen.ble.virtual import SensorParams
    from sensor_screen.session.received import ReceivedBlock

AWAY_S = (5.0, 10.0, 20.0)
SHORTEST_S, LONGEST_S = 5.0, 60.0


class Sensors:
    """The other process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def say(self, command: str = "") -> dict[str, Any]:
        """Send a command and hear its answer; without one, what is said first."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if command:
            self.process.stdin.write(f"{command}\n".encode())
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer


class Client:
    """Records all sensors."""

    def __init__(self, backend: Backend, worn: tuple[SensorParams, ...]) -> None:
        self.worn = worn
        outside = Outside(backend)
        scanner = Scanner(outside)
        self.receiver = Receiver()
        self.blocks: list[ReceivedBlock] = []
        self.links, self.tasks = [], []
        for slot, sensor in enumerate(worn):
            link = OpenSensorLink(LinkPlan(session=70 + slot, serial=sensor.serial))
            side, placement = SideCode(1 + slot // 2), PlacementCode(1 + slot % 2)
            described = SlotDescription(Family.OPEN_SENSOR, side, placement, sensor.serial)
            logic = OpenSensorLogic(link, sensor.serial)
            wanted = WantedSensor(slot, described)
            self.links.append(link)
            self.tasks.append(SensorTask(wanted, logic, scanner, outside, self.receiver.receive))

    async def keep_up(self) -> None:
        """Take what came, and call it safe."""
        while True:
            await asyncio.sleep(0.1)
            self.blocks += self.receiver.take()
            for link in self.links:
                link.take_events()
                if link.held is not None:
                    link.durable(link.held)

    def counts(self, slot: int) -> Any:
        """(n, 7) number and counts."""
        own = [b for b in self.blocks if b.slot == slot and b.sequence is not None]
        return np.concatenate([np.column_stack([b.sequence, b.raw]) for b in own])


async def play(
    seconds: float, losses: int, worn: tuple[SensorParams, ...], sensors: Sensors
) -> None:
    """Record, with an outage each third of the time, or with many."""
    port = (await sensors.say())["port"]
    async with remote_adapter(port) as (scanner, client_class):
        client = Client(Backend(scanner, client_class), worn)
        keeping = asyncio.create_task(client.keep_up())
        running = [asyncio.create_task(task.run()) for task in client.tasks]
        await asyncio.sleep(5.0)
        used_s, began_s = time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds / 4)
        share = (time.process_time() - used_s) / (time.perf_counter() - began_s)
        print(f"client, {len(worn)} sensors streaming: {100 * share:.1f} % of a core", flush=True)
        for away_s, sensor in outages(losses, worn):
            each_s = 0.75 * seconds / max(3, losses * len(worn))
            await asyncio.sleep(max(3.0, each_s - away_s))
            await sensors.say(f"walk_away {sensor.serial} {away_s}")
        await asyncio.sleep(5.0)
        for task in client.tasks:
            task.stop()
        await asyncio.gather(*running)
        await asyncio.sleep(0.2)
        keeping.cancel()
        await asyncio.wait({keeping})
        await compare(client, sensors)


def outages(losses: int, worn: tuple[SensorParams, ...]) -> list[tuple[float, SensorParams]]:
    """How long, and which sensor: three, or as many as asked for of each, mostly short ones."""
    if not losses:
        return list(zip(AWAY_S, (*worn[1:], *worn)[:3], strict=True))
    drawn = np.random.default_rng(3).random(losses * len(worn)) ** 4
    drawn[0], drawn[-1] = 1.0, 0.0
    return [
        (float(SHORTEST_S + (LONGEST_S - SHORTEST_S) * share), worn[k % len(worn)])
        for k, share in enumerate(drawn)
    ]


async def compare(client: Client, sensors: Sensors) -> None:
    """What arrived with what was measured: the same person is simulated here once more."""
    wearer = dress("healthy", client.worn)
    for slot, sensor in enumerate(client.worn):
        told = await sensors.say(f"runs {sensor.serial}")
        (run,), rows = told["runs"], client.counts(slot)
        worn = wearer.at(sensor.side, sensor.placement)
        right = worn.block(run["first_index"], told["next"], run["every"])
        whole = len(rows) == told["next"] and np.array_equal(rows[:, 0], np.arange(len(rows)))
        same = whole and np.array_equal(rows[:, 1:], right)
        links = client.tasks[slot].status.links
        print(
            f"{sensor.serial}: measured {told['next']}, arrived {len(rows)}, links {links}, "
            f"{'every one once, in order, byte-right' if same else 'NOT THE SAME'}",
            flush=True,
        )


async def run(seconds: float, losses: int, drop: float, sides: tuple[Side, ...]) -> None:
    """Start the sensors' process, and end it."""
    given = ("--sides", ",".join(sides), "--drop", str(drop))
    command = (sys.executable, "-m", "sensor_screen.ble.virtual", *given)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        await play(seconds, losses, worn_sensors(sides), Sensors(process))
        assert process.stdin is not None
        process.stdin.write(b"quit\n")
    finally:
        if process.returncode is None and process.stdin is not None:
            process.stdin.close()
        await process.wait()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=80.0, help="of real time")
    parser.add_argument("--losses", type=int, default=0, help="outages of each sensor; 0: three")
    parser.add_argument("--drop", type=float, default=0.0, help="share of live packets lost")
    parser.add_argument("--sides", default="left,right", help="legs, two sensors each")
    chosen = parser.parse_args()
    sides = tuple(Side(side) for side in chosen.sides.split(","))
    asyncio.run(run(chosen.seconds, chosen.losses, chosen.drop, sides))


if __name__ == "__main__":
    main()
