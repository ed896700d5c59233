"""Four sensors at 200 Hz, links lost: `python -m tests.soak.virtual_memory [MINUTES]`.

Client and sensors in one process, on a clock that jumps; every other minute one link is lost. What
matters is that memory and tasks do not grow any more after the first minutes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path

from sensor_screen.ble.virtual import dress, virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.model import Side
from tests.ble.open_client import OpenClient, find

PARAMS = worn_sensors((Side.LEFT, Side.RIGHT))
NAMES = ("SS-LS01", "SS-LF01", "SS-RS01", "SS-RF01")
PAGE_MB = 4096 / 1e6


def memory_mb() -> float:
    """Resident memory, on Linux."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_MB


async def soak(minutes: int) -> None:
    wearer = dress("healthy", PARAMS)
    async with virtual_sensors(sensors=PARAMS, wearer=wearer) as virtual:
        clients = []
        for name in NAMES:
            device = await find(virtual, name)
            assert device is not None
            clients.append(OpenClient(virtual, device))
            await clients[-1].begin(batch=8)
        print("| minute | memory, MB | tasks | samples came | computing, s |")
        came = 0
        for minute in range(minutes):
            await asyncio.sleep(60.0)
            if minute % 2:
                virtual.sensors[minute % 4].lose_link()
                await asyncio.sleep(1.0)
                await clients[minute % 4].begin(batch=8)
            for client in clients:
                came += len(client.samples)
                for held in (client.samples, client.packets, client.statuses):
                    held.clear()
            gc.collect()
            tasks, spent_s = len(asyncio.all_tasks()), time.process_time()
            print(f"| {minute + 1} | {memory_mb():.1f} | {tasks} | {came} | {spent_s:.1f} |")


if __name__ == "__main__":
    run_jumping(soak(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
