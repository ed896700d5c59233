"""Figures of the whole Bluetooth client, printed: `python -m tests.soak.ble_figures`.

bleak, the client and the reference firmware in one process, through real GATT on bumble's virtual
link, in a time that jumps; the air is printed with the figures. No radio was used.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.ble.states import LinkState
from sensor_screen.ble.virtual import AirParams, dress, worn_sensors
from sensor_screen.model import Side
from sensor_screen.protocol.relay_frame import Channel, RelayArrival, RelayKind
from tests.ble.air_room import Room, record

if TYPE_CHECKING:
    pass

SHANK, FOOT = worn_sensors()
AIR = AirParams()
AIR_OF_23 = replace(AIR, interval_s=0.0075, packets_per_event=4)


def outages(minutes: float, count: int, seed: int) -> list[tuple[float, float]]:
    """How long until the next one, and how long it lasts: 5 to 60 s, or what fits."""
    random = np.random.default_rng(seed)
    share_s = minutes * 60.0 / count
    lengths = random.permutation(np.linspace(5.0, min(60.0, 1.4 * share_s), count))
    lengths *= min(1.0, 0.75 * minutes * 60.0 / lengths.sum())
    free_s = minutes * 60.0 - lengths.sum() - 12.0
    gaps = free_s * random.dirichlet(np.full(count, 4.0))
    return [*zip(gaps.tolist(), lengths.tolist(), strict=True)]


async def lose(room: Room, slot: int, plan: list[tuple[float, float]], back_s: list[float]) -> None:
    """Out of range, or a lost link and another phone's hold: by turns, as both look alike."""
    for gap_s, away_s in plan:
        await asyncio.sleep(gap_s)
        await room.air.sensors[slot].walk_away(away_s)
        back_s.append(room.outside.clock())


def caught_up_after(room: Room, slot: int, back_s: list[float]) -> tuple[list[float], list[float]]:
    """Seconds from each return to the link, and to the last packet of the backlog."""
    own = [r for r in room.records if r.slot == slot]
    linked, caught = [], []
    for begin_s, end_s in zip(back_s, [*back_s[1:], float("inf")], strict=True):
        ups = [r.arrival_s for r in own if r.kind is RelayKind.LINK_UP]
        first = [at_s for at_s in ups if begin_s - 4.0 <= at_s < end_s]
        sent = [r.arrival_s for r in own if _is_backlog(r) and begin_s <= r.arrival_s < end_s]
        linked += [first[0] - begin_s] if first else []
        # Single packets that are fetched again later are the daily loss, not the backlog.
        burst = [at_s for at_s in sent if first and at_s < first[0] + 30.0]
        ends = [a for a, b in zip(burst, [*burst[1:], float("inf")], strict=True) if b - a > 1.0]
        caught += [ends[0] - begin_s] if ends else []
    return linked, caught


def _is_backlog(arrival: RelayArrival) -> bool:
    return arrival.kind is RelayKind.NOTIFIED and arrival.channel is Channel.BACKFILL


def counted(room: Room, slot: int) -> dict[str, int]:
    """Samples that were measured, and what became of them."""
    sensor = room.air.sensors[slot]
    found = {"measured": sensor.next_number, "missing": 0, "wrong": 0, "twice": 0, "late": 0}
    for boot, rows in room.counts(slot).items():
        numbers = rows[:, 0]
        first = int(numbers[0])
        truth = sensor.truth(boot, first, int(numbers[-1]) - first + 1)[numbers - first]
        found["wrong"] += int((rows[:, 1:] != truth).any(axis=1).sum())
        found["twice"] += len(numbers) - len(np.unique(numbers))
        found["late"] += int((np.diff(numbers) <= 0).sum())
        found["missing"] += sensor.next_number - len(np.unique(numbers))
    return found


def print_row(title: str, room: Room, slot: int, spent_s: float, **more: object) -> None:
    """One sensor."""
    parts = counted(room, slot) | more
    told = ", ".join(f"{name} {value}" for name, value in parts.items())
    print(f"{title}, {room.tasks[slot].wanted.serial}: {told} [{spent_s:.0f} s]", flush=True)


def losses(minutes: float, count: int) -> None:
    """Two sensors at 200 Hz that break off again and again."""
    sensors = (replace(SHANK, live_drop_share=0.03), replace(FOOT, live_drop_share=0.03))
    wearer, began_s = dress("healthy", sensors), time.perf_counter()
    back_s: tuple[list[float], list[float]] = ([], [])

    async def scene(room: Room) -> None:
        plans = [outages(minutes, count, seed) for seed in (1, 2)]
        await asyncio.gather(*(lose(room, i, plans[i], back_s[i]) for i in (0, 1)))
        await asyncio.sleep(12.0)

    room = record(wearer, scene, *sensors, air=AIR)
    spent_s = time.perf_counter() - began_s
    for slot in (0, 1):
        linked, caught = caught_up_after(room, slot, back_s[slot])
        print_row(
            f"{minutes:g} min at 200 Hz, MTU 247, {count} losses, 3 % of live packets dropped",
            *(room, slot, spent_s),
            links=room.tasks[slot].status.links,
            linked_after_s=f"{np.median(linked):.2f}, at most {max(linked):.2f}",
            backlog_gone_after_s=f"{np.median(caught):.2f}, at most {max(caught):.2f}",
        )


def small_mtu() -> None:
    """MTU 23 at 100 Hz, with one outage of a minute."""
    sensor = replace(SHANK, largest_mtu=23, rates_hz=(100.0,))
    wearer, began_s, back_s = dress("healthy", (sensor,)), time.perf_counter(), []

    async def scene(room: Room) -> None:
        await lose(room, 0, [(20.0, 60.0)], back_s)
        await asyncio.sleep(60.0)

    room = record(wearer, scene, sensor, air=AIR_OF_23)
    linked, caught = caught_up_after(room, 0, back_s)
    more = {"linked_after_s": f"{linked[0]:.2f}", "backlog_gone_after_s": f"{caught[0]:.2f}"}
    title = "100 Hz, MTU 23, 7.5 ms x 4 packets, 60 s away"
    print_row(title, room, 0, time.perf_counter() - began_s, **more)


def longer_than_the_ring() -> None:
    """Exactly what was overwritten is missing."""
    sensor = replace(SHANK, depth=18_000)
    wearer, began_s = dress("healthy", (sensor,)), time.perf_counter()
    at_return: list[int] = []

    async def scene(room: Room) -> None:
        await asyncio.sleep(10.0)
        await room.air.sensors[0].walk_away(120.0)
        at_return.append(room.air.sensors[0].next_number)
        await asyncio.sleep(30.0)

    room = record(wearer, scene, sensor, air=AIR)
    (rows,) = room.counts(0).values()
    (gap,) = np.flatnonzero(np.diff(rows[:, 0]) > 1)
    first, last = int(rows[gap, 0]) + 1, int(rows[gap + 1, 0]) - 1
    title = "200 Hz, 120 s away from a ring of 18,000"
    more = {"gone": f"{first} to {last}", "held_then": f"from {at_return[0] - 18_000}"}
    print_row(title, room, 0, time.perf_counter() - began_s, **more)


def long_run(minutes: float) -> None:
    """Four sensors: does anything grow?"""
    sensors = worn_sensors((Side.LEFT, Side.RIGHT))
    wearer, began_s = dress("healthy", sensors), time.perf_counter()
    seen: list[tuple[float, int, int]] = []

    async def scene(room: Room) -> None:
        counts: Any = dict.fromkeys(range(4), 0)

        def count(arrival: RelayArrival) -> None:
            counts[arrival.slot] += 1

        for task in room.tasks:
            # Records are counted, not kept: a journal holds them.
            task._sink = count
        for minute in range(int(minutes)):
            await asyncio.sleep(60.0)
            room.told.clear()
            room.records.clear()
            for link in room.links:
                link.take_events()
            if minute % 5 == 4:
                room.air.sensors[minute % 4].lose_link()
            gc.collect()
            seen.append((_resident_mb(), len(asyncio.all_tasks()), _descriptors()))
        assert all(task.status.state is LinkState.STREAMING for task in room.tasks)

    record(wearer, scene, *sensors, air=AIR)
    spent_s = time.perf_counter() - began_s
    settled, last = seen[min(4, len(seen) - 1)], seen[-1]
    print(
        f"{minutes:g} min, 4 sensors at 200 Hz: memory {settled[0]:.1f} to {last[0]:.1f} MB, "
        f"tasks {settled[1]} to {last[1]}, descriptors {settled[2]} to {last[2]} "
        f"(minute {min(5, len(seen))} to {len(seen)}) [{spent_s:.0f} s]"
    )


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of the run with losses")
    parser.add_argument("--losses", type=int, default=15)
    parser.add_argument("--soak-minutes", type=float, default=60.0)
    parser.add_argument("--only", choices=("losses", "mtu", "ring", "soak"))
    asked = parser.parse_args()
    print(f"air: {AIR}")
    if asked.only in {None, "losses"}:
        losses(asked.minutes, asked.losses)
    if asked.only in {None, "mtu"}:
        print(f"air of MTU 23: {AIR_OF_23}")
        small_mtu()
    if asked.only in {None, "ring"}:
        longer_than_the_ring()
    if asked.only in {None, "soak"}:
        long_run(asked.soak_minutes)


if __name__ == "__main__":
    main()
