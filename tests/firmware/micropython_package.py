"""The reference firmware's package, imported from where it lies, and one sensor to try it with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_protocol/micropython"
IN_BOTH = Path(__file__).parent / "in_both"
"""What runs in CPython and in MicroPython."""
for folder in (FIRMWARE, IN_BOTH):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from open_sensor import (  # type: ignore[import-not-found]  # noqa: E402
    board,
    clock,
    control,
    info,
    lanes,
    lsm6dsox,
    packet,
    ring,
    sensor,
)

__all__ = ["FIRMWARE", "IN_BOTH", "ROOT", "board", "clock", "control", "info", "lanes", "lsm6dsox"]
__all__ += ["Recorder", "Talk", "counts_of", "make_config", "packet", "ring", "sensor"]

PERIOD_US = 10_000
START = (100_000, 16, 2000, 0xBEE, 0, 0)
"""100 Hz, 16 g, 2000 deg/s, session, for ever, packets as large as fit."""


def make_config(**changes: Any) -> Any:
    fields: dict[str, Any] = {
        "serial": "SS-0042",
        "model": "Ref-1",
        "firmware": "1.0.0",
        "boot_id": 0x5EEDBEEF,
        "rates_mhz": (50_000, 100_000),
        "acc_ranges": ((8, 0.000244), (16, 0.000488)),
        "gyr_ranges": ((2000, 0.07),),
        "depth": 500,
        "capabilities": info.IDENTIFY_LIGHT | info.SELF_TESTS,
    }
    return info.Config(**(fields | changes))


def counts_of(number: int) -> bytes:
    """Counts that tell the number of their sample."""
    values = [((number * 7919 + axis * 104729) % 65536) - 32768 for axis in range(6)]
    return b"".join(value.to_bytes(2, "little", signed=True) for value in values)


class Recorder(board.Board):  # type: ignore[misc]
    """A board that writes down what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.answers = True
        self.faults = 0
        self.refuses: tuple[int, ...] = ()

    def start_imu(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int) -> bool:
        self.told.append(("start_imu", rate_mhz, acc_range_g, gyr_range_dps))
        return self.answers

    def stop_imu(self) -> None:
        self.told.append(("stop_imu",))

    def identify(self, seconds: int) -> None:
        self.told.append(("identify", seconds))

    def store_label(self, side: int, placement: int) -> None:
        self.told.append(("store_label", side, placement))

    def self_test(self) -> int:
        return self.faults

    def factory_reset(self) -> None:
        self.told.append(("factory_reset",))

    def sleep(self) -> None:
        self.told.append(("sleep",))

    def allows(self, op: int) -> bool:
        return op not in self.refuses


class Talk:
    """A sensor, its board, and a client that confirms what it gets."""

    def __init__(self, **changes: Any) -> None:
        self.board = Recorder()
        self.config = make_config(**changes)
        self.sensor = sensor.Sensor(self.config, self.board)
        self.now_us = 1_000_000
        self.number = self.config.first_sequence
        self.got: dict[int, list[bytes]] = {}

    def connect(
        self, mtu: int = 247, channels: tuple[int, ...] = (1, 5, 2, 3), encrypted: bool = True
    ) -> Talk:
        self.sensor.connected(self.now_us)
        self.sensor.set_mtu(mtu)
        self.sensor.set_encrypted(encrypted)
        for channel in channels:
            self.sensor.enable(channel, True, self.now_us)
        self.got = {channel: [] for channel in range(1, 6)}
        return self

    def ask(self, op: int, *fields: int) -> tuple[int, tuple[int, ...]]:
        """(result, fields) of the reply."""
        assert self.sensor.write(packet.pack_request(op, 7, *fields), self.now_us) == 0
        channel, value = self.sensor.next(self.now_us)
        assert channel == packet.CONTROL
        self.sensor.confirmed(self.now_us)
        got_op, tag, result, body = packet.parse_reply(value)
        assert (got_op, tag) == (op, 7)
        return result, body

    def measure(self, count: int, listen: bool = True) -> None:
        """So many samples, one period apart; whatever waits is taken after each."""
        for _ in range(count):
            self.now_us += PERIOD_US
            self.sensor.sample(counts_of(self.number), self.now_us)
            self.number = (self.number + 1) % 2**32
            if listen:
                self.take()

    def take(self, most: int = 10_000) -> list[tuple[int, bytes]]:
        taken = []
        while len(taken) < most and (out := self.sensor.next(self.now_us)) is not None:
            taken.append(out)
            self.got[out[0]].append(out[1])
            if out[0] == packet.CONTROL:
                self.sensor.confirmed(self.now_us)
        return taken

    def samples(self, channel: int) -> dict[int, bytes]:
        """Counts by number, as they came over a lane."""
        found: dict[int, bytes] = {}
        for value in self.got[channel]:
            _, first, _, samples = packet.parse_samples(value)
            for k in range(len(samples) // 12):
                found[(first + k) % 2**32] = samples[12 * k : 12 * k + 12]
        return found
