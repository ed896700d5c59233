"""What the virtual air carries, and what it costs: `python -m tests.soak.virtual_figures`.

Everything runs in one process on a clock that jumps, through bleak's API and bumble's GATT. Latency
is from the instant of the newest sample of a live packet to the client's callback; the resend asks
for the last minute; the cost is all computing, of client and sensor, for a second of one sensor.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sensor_screen.ble.virtual import AirParams, dress, virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.firmware import packet
from tests.ble.open_client import linked

if TYPE_CHECKING:
    from sensor_screen.ble.virtual import Wearer

LIVE_S = 60.0


class Case(NamedTuple):
    mtu: int
    rate_hz: float
    batch: int
    air: AirParams


CASES = (
    Case(247, 200.0, 0, AirParams()),
    Case(247, 200.0, 8, AirParams()),
    Case(247, 200.0, 8, AirParams(interval_s=0.030, loss_share=0.1)),
    Case(185, 200.0, 8, AirParams(interval_s=0.030, packets_per_event=4)),
    Case(23, 100.0, 0, AirParams(interval_s=0.0075, packets_per_event=4)),
)


async def measure(case: Case, wearer: Wearer) -> tuple[float, float, float, int]:
    """Latency in ms (median, 95th percentile), resend in samples/s, and samples that came live."""
    params = worn_sensors(largest_mtu=case.mtu)[:1]
    loop = asyncio.get_running_loop()
    async with (
        virtual_sensors(sensors=params, wearer=wearer, air=case.air) as virtual,
        linked(virtual) as client,
    ):
        await client.begin(case.rate_hz, batch=case.batch)
        await asyncio.sleep(LIVE_S)
        came = len(client.samples)
        (run,) = virtual.sensors[0].imu.runs
        late_ms = []
        for at_s, value in client.packets:
            newest = int.from_bytes(value[2:6], "little") + value[1] - 1
            late_ms.append(1e3 * (at_s - run.grid.at_s(run.index_of(newest))))
        end = int.from_bytes((await client.ask(packet.STOP))[3:7], "little")
        client.samples.clear()
        began_s = loop.time()
        await client.fetch_missing(end)
        rate = end / (loop.time() - began_s)
    return float(np.median(late_ms)), float(np.percentile(late_ms, 95)), rate, came


def main() -> None:
    wearer = dress("squat", worn_sensors())
    print("| MTU | Hz | batch | interval, ms | packets an event | loss, % ", end="")
    print("| live: median, ms | p95, ms | came live | resend, samples/s | computing, ms/s |")
    for case in CASES:
        began_s = time.process_time()
        median_ms, late_ms, rate, came = run_jumping(measure(case, wearer))
        cost_ms = 1e3 * (time.process_time() - began_s) / LIVE_S
        air, batch = case.air, case.batch or "all"
        what = (case.mtu, f"{case.rate_hz:g}", batch, f"{1e3 * air.interval_s:g}")
        how = (air.packets_per_event, f"{100 * air.loss_share:g}")
        reached = (f"{median_ms:.1f}", f"{late_ms:.1f}", came, f"{rate:.0f}", f"{cost_ms:.1f}")
        print("|", " | ".join(str(cell) for cell in (*what, *how, *reached)), "|")


if __name__ == "__main__":
    main()
