"""How many samples a second the reference firmware's logic takes in CPython.

Run as `python -m tests.benchmarks.micropython_speed`.
"""

from __future__ import annotations

import time

from tests.firmware.fake_lsm6dsox import FakeLsm6dsox
from tests.firmware.micropython_package import (
    START,
    Talk,
    counts_of,
    lanes,
    lsm6dsox,
    packet,
)

SAMPLES = 200_000


def live(mtu: int) -> float:
    """`sample` and then `next` until it gives nothing, with the ring full."""
    talk = Talk(depth=12_000).connect(mtu)
    talk.ask(packet.START, *START)
    counts, one, now_us = counts_of(1), talk.sensor, talk.now_us
    begun = time.perf_counter()
    for _ in range(SAMPLES):
        now_us += 10_000
        one.sample(counts, now_us)
        while one.next(now_us) is not None:
            pass
    return SAMPLES / (time.perf_counter() - begun)


def backfill() -> float:
    """A resend of a full ring."""
    talk = Talk(depth=SAMPLES).connect()
    talk.ask(packet.START, *START)
    talk.sensor.enable(packet.LIVE, False, talk.now_us)
    counts, one, now_us = counts_of(1), talk.sensor, talk.now_us
    for _ in range(SAMPLES):
        now_us += 10_000
        one.sample(counts, now_us)
    talk.now_us = now_us
    one.write(packet.pack_request(packet.RESEND, 1, 0, SAMPLES), now_us)
    begun = time.perf_counter()
    while one.next(now_us) is not None:
        one.confirmed(now_us)
    return SAMPLES / (time.perf_counter() - begun)


def driver() -> float:
    """`drain` of the FIFO's words into a sensor that nobody listens to; the fake bus included."""
    fake = FakeLsm6dsox()
    one = lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake))
    talk = Talk(rates_mhz=(6_667_000,)).connect(channels=(1,))
    talk.board.start_imu = lambda *what: one.start(*what, talk.now_us)  # type: ignore[method-assign]
    talk.ask(packet.START, 6_667_000, *START[1:])
    begun, count = time.perf_counter(), 0
    for _ in range(300):
        fake.advance(20_000)
        count += one.drain(talk.sensor)
    return count / (time.perf_counter() - begun)


def main() -> None:
    """Print the figures."""
    print(f"sample and next, MTU 247: {live(247):10,.0f} samples/s")
    print(f"sample and next, MTU  23: {live(23):10,.0f} samples/s")
    print(f"resend of a full ring:    {backfill():10,.0f} samples/s")
    print(f"FIFO words to samples:    {driver():10,.0f} samples/s (with the fake bus)")
    print(f"latest live packet: {lanes.LATEST_US / 1000:.0f} ms after its first sample")


if __name__ == "__main__":
    main()
