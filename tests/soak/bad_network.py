"""Phones reach the service over bad ways; is stored what was made, to the bit?

    python -m tests.soak.bad_network --traces 200

Each trace is a stream of its own over a proxy of its own that delays, cuts, stalls, sends byte by
byte and goes dead. Tickets are fetched directly. When all frames have been made the way becomes
good after a while, so that every stream can be finished.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter

import uvloop

from tests.soak.bad_road import BadRoad
from tests.soak.load_service import (
    Load,
    add_service_options,
    begin_load,
    check_all,
    end_phones,
    print_figures,
    service_of,
    until,
)
from tests.soak.relay_clients import Phone, make_frames
from tests.soak.service_figures import table

BAD_FOR_S = 10.0
"""After the last frame was made."""


async def travel(
    load: Load, frames: int, seed: int, *, speed: float = 4.0, at_once: int = 20
) -> Counter[str]:
    """All traces, some at a time; how often each fault was done.

    Args:
        load: A phone for each trace, not connected yet.
        frames: Of each.
        seed: Of the first trace; the others follow.
        speed: How much faster than their own clocks frames are made.
        at_once: Traces at the same time.
    """
    done: Counter[str] = Counter()
    for begin in range(0, len(load.phones), at_once):
        part = range(begin, min(begin + at_once, len(load.phones)))
        roads = [BadRoad(load.service.port, seed + number) for number in part]
        for road, number in zip(roads, part, strict=True):
            _lead(load, number, await road.open())
        phones = [load.phones[number] for number in part]
        running = [asyncio.create_task(phone.run()) for phone in phones]
        await make_frames(phones, frames, speed=speed)
        await until(lambda phones=phones: _all_finished(phones), BAD_FOR_S)
        for road in roads:
            road.good = True
            done.update(road.done)
        await end_phones(Load(load.service, load.api, phones, [], load.relay), running)
        for road in roads:
            await road.close()
    return done


def _lead(load: Load, number: int, at: str) -> None:
    """Let a phone go this way."""
    stream = load.streams[number]
    load.phones[number].address = lambda: load.api.socket_url(stream, "relay", at)


def _all_finished(phones: list[Phone]) -> bool:
    return all(phone.finished.is_set() for phone in phones)


def main(arguments: list[str] | None = None) -> int:
    """0: stored is what was made."""
    parser = argparse.ArgumentParser(description="Stream over bad ways.")
    add_service_options(parser)
    parser.add_argument("--traces", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--frames", type=int, default=300, help="of each trace")
    parser.add_argument("--speed", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # It tells of each broken handshake.
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        service = service_of(asked, folder)
        try:
            load = begin_load(service, asked.traces, asked.frames_per_second)
            done = uvloop.run(
                travel(load, asked.frames, asked.seed, speed=asked.speed, at_once=asked.at_once)
            )
            stored = check_all(load)
        finally:
            status = service.stop()
    what = (
        f"{asked.traces} traces of {asked.frames} frames over bad ways, seed {asked.seed}; "
        f"service ended with {status}"
    )
    print_figures(load, stored, None, what)
    print("\n" + table(("fault of the way", "times"), sorted(done.items())))
    return int(stored.faults + load.relay.faults > 0)


if __name__ == "__main__":
    sys.exit(main())
