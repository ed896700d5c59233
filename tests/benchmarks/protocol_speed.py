"""Speed of the open sensor protocol, by hand: `python -m tests.benchmarks.protocol_speed`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from sensor_screen.protocol.open_sensor_packet import (
    decode_packet,
    decode_packets,
    encode_packet,
    encode_packets,
)
from sensor_screen.protocol.open_sensor_status import decode_status, sample_times
from sensor_screen.protocol.relay_frame import (
    Channel,
    RelayFrame,
    RelayKind,
    RelayRecord,
    decode_frame,
    encode_frame,
)

PACKETS = 50_000
RUNS = 5


def fastest_s(job: Callable[[], object]) -> float:
    """The least disturbed of some runs, in seconds of the one processor that is used."""
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        job()
        times.append(time.process_time() - begin)
    return min(times)


def packets_of(samples: int) -> list[bytes]:
    """Packets of so many samples each, of random counts."""
    rng = np.random.default_rng(1)
    head = [bytes([0x11, samples]) + (k * samples).to_bytes(4, "little") for k in range(PACKETS)]
    return [begin + rng.bytes(2 + 12 * samples) for begin in head]


def measure_packets(samples: int) -> None:
    values = packets_of(samples)
    whole, lengths = b"".join(values), np.full(PACKETS, len(values[0]))
    table, packets = decode_packets(whole, lengths), [decode_packet(value) for value in values]
    jobs: dict[str, Callable[[], object]] = {
        "decode_packet, one by one": lambda: [decode_packet(value) for value in values],
        "decode_packets, at once": lambda: decode_packets(whole, lengths),
        "encode_packet, one by one": lambda: [encode_packet(p) for p in packets if p],
        "encode_packets, at once": lambda: encode_packets(table),
    }
    for name, job in jobs.items():
        took_s = fastest_s(job)
        rate = PACKETS / took_s
        rates = f"{rate:14,.0f} packets/s{rate * samples:14,.0f} samples/s"
        print(f"{samples:3} samples  {name:28}{rates}")


def measure_the_rest() -> None:
    """Times of samples, status, and relay frames of ten live packets."""
    first = np.arange(PACKETS) * 19
    pairs = np.arange(0, PACKETS * 19, 208)
    stamps, pair_us = first * 48 % 65_536, pairs * 4800
    took_s = fastest_s(lambda: sample_times(first, stamps, pairs, pair_us, 4800.0))
    print(f"sample_times{'':29}{PACKETS / took_s:14,.0f} packets/s")
    status = bytes(20)
    took_s = fastest_s(lambda: [decode_status(status) for _ in range(PACKETS)])
    print(f"decode_status{'':28}{PACKETS / took_s:14,.0f} statuses/s")
    values = packets_of(19)[:10]
    records = tuple(
        RelayRecord(RelayKind.NOTIFIED, 0, Channel.LIVE, k, value) for k, value in enumerate(values)
    )
    frame = encode_frame(RelayFrame(0, 0, records))
    took_s = fastest_s(lambda: [decode_frame(frame) for _ in range(2000)])
    print(f"decode_frame, 10 packets each{'':12}{20_000 / took_s:14,.0f} packets/s")


if __name__ == "__main__":
    for size in (1, 8, 19):
        measure_packets(size)
    measure_the_rest()
