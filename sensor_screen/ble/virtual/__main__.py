"""Virtual sensors in a process of their own: `python -m sensor_screen.ble.virtual --help`.

It prints one line of JSON with the port of its adapter, and then takes one command a line:
`lose_link SERIAL`, `walk_away SERIAL SECONDS`, `reboot SERIAL`, `battery SERIAL PERCENT`,
`lose_samples SERIAL COUNT`, `runs SERIAL`, `quit`. Each is answered by a line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from sensor_screen.ble.virtual import AirParams, dress, virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.remote import serve_adapter
from sensor_screen.errors import ScreenError
from sensor_screen.model import Side
from sensor_screen.simulation import SCENARIOS

if TYPE_CHECKING:
    from sensor_screen.ble.virtual import VirtualSensors
    from sensor_screen.ble.virtual.sensor import VirtualSensor


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sensor_screen.ble.virtual",
        description="Virtual sensors, for other processes.",
    )
    add = parser.add_argument
    add("--scenario", default="healthy", choices=sorted(SCENARIOS), help="what the person does")
    add("--sides", default="left", help="left, right, or left,right")
    add("--seed", type=int, default=0, help="of everything that happens by chance")
    add("--port", type=int, default=0, help="TCP port on this machine; 0: a free one")
    add("--interval", type=float, default=0.015, help="connection interval, seconds")
    add("--packets", type=int, default=6, help="packets in a connection event")
    add("--loss", type=float, default=0.01, help="share of packets that must be repeated")
    add("--drop", type=float, default=0.0, help="share of live packets that never arrive")
    add("--mtu", type=int, default=247, help="largest MTU of the sensors")
    return parser.parse_args()


def _tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _obey(virtual: VirtualSensors, words: list[str]) -> dict[str, Any]:
    """One command."""
    name, serial, *rest = words
    sensor = virtual.sensor(serial)
    amount = float(rest[0]) if rest else 0.0
    match name:
        case "lose_link":
            sensor.lose_link()
        case "walk_away":
            await sensor.walk_away(amount)
        case "reboot":
            await sensor.reboot()
        case "battery":
            sensor.set_battery(int(amount))
        case "lose_samples":
            sensor.lose_samples(int(amount))
        case "runs":
            return {"runs": _runs(sensor), "next": sensor.next_number, "boot_id": sensor.boot_id}
        case _:
            return {"error": f"no such command: {name}"}
    return {"done": " ".join(words)}


def _runs(sensor: VirtualSensor) -> list[dict[str, int]]:
    """Which sample of the person has which number."""
    return [
        {
            "boot_id": run.boot_id,
            "first_number": run.first_number,
            "first_index": run.first_index,
            "every": run.every,
        }
        for run in sensor.imu.runs
    ]


async def _answer(virtual: VirtualSensors, line: str) -> None:
    try:
        _tell(**await _obey(virtual, line.split()))
    except (ValueError, KeyError) as error:
        _tell(error=f"{line}: {error!r}")


async def _serve(chosen: argparse.Namespace) -> None:
    params = worn_sensors(
        tuple(Side(name) for name in chosen.sides.split(",")),
        largest_mtu=chosen.mtu,
        live_drop_share=chosen.drop,
    )
    wearer = dress(chosen.scenario, params, seed=chosen.seed)
    air = AirParams(chosen.interval, chosen.packets, chosen.loss, seed=chosen.seed)
    async with virtual_sensors(sensors=params, wearer=wearer, seed=chosen.seed, air=air) as virtual:
        server, port = await serve_adapter(virtual.air, chosen.port)
        async with server:
            _tell(port=port, serials=[one.serial for one in params])
            await _listen(virtual)


async def _listen(virtual: VirtualSensors) -> None:
    """Commands until the end of input; those that take time run beside each other."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running: set[asyncio.Task[None]] = set()
    while (line := (await reader.readline()).decode().strip()) not in {"", "quit"}:
        task = asyncio.create_task(_answer(virtual, line))
        running.add(task)
        task.add_done_callback(running.discard)
    for task in running:
        task.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(_arguments()))
    except (ScreenError, ValueError) as wrong:
        sys.exit(str(wrong))
