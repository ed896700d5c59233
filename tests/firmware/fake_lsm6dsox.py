"""The registers and the FIFO of an LSM6DSOX as its datasheet tells them, for a driver to talk to.

Time is told to it in microseconds of a perfect clock; its oscillator is off by what
INTERNAL_FREQ_FINE says and by what it does not say.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH_WORDS = 512
GYR, ACC, TIMESTAMP = 1, 2, 4


class FakeLsm6dsox:
    """One sensor at an I2C address; `readfrom_mem_into` and `writeto_mem` as in `machine.I2C`."""

    def __init__(
        self,
        freq_fine: int = 0,
        residual_ppm: float = 0.0,
        order: tuple[int, ...] = (GYR, ACC, TIMESTAMP),
        address: int = 0x6A,
    ) -> None:
        self.address = address
        self.order = order
        self.registers = bytearray(128)
        self.registers[0x0F] = 0x6C
        self.registers[0x12] = 0x04
        self.registers[0x63] = freq_fine & 0xFF
        self.ticks_per_us = (1 + 0.0015 * freq_fine) * (1 + residual_ppm * 1e-6) / 25
        self.ticks = 0.0
        self.slot = 0
        self.words: list[bytes] = []
        self.made: list[tuple[int, bytes]] = []
        self.drop: Callable[[int, int], bool] = lambda _slot, _kind: False
        self.answers = True
        self._pointer = 0
        self._latched = self._overrun = False
        self._next_sample_ticks = 0.0

    # --- what passes by itself ---

    def advance(self, microseconds: float) -> None:
        """Let time pass: samples are put into the FIFO as they become ready."""
        end = self.ticks + microseconds * self.ticks_per_us
        period = self.period_ticks()
        while period and self._next_sample_ticks <= end:
            self._batch(int(self._next_sample_ticks))
            self._next_sample_ticks += period
        self.ticks = end

    def period_ticks(self) -> float:
        """Ticks from sample to sample; 0: off. The rate is 6,667 Hz over a power of two."""
        code = self.registers[0x09] & 0x0F
        on = self.registers[0x10] >> 4 and self.registers[0x11] >> 4
        return 40_000 / 6_667 * 2 ** (10 - code) if code and on else 0.0

    def _batch(self, ticks: int) -> None:
        if self.registers[0x0A] & 7 != 6:
            return
        self.slot += 1
        number = len(self.made)
        acc = struct.pack("<3h", number % 30_000, -(number % 30_000), 2048)
        gyr = struct.pack("<3h", 7, -(number % 20_000), number % 20_000)
        self.made.append((ticks, acc + gyr))
        stamp = struct.pack("<IH", ticks & 0xFFFFFFFF, 0)
        for kind in self.order:
            if kind == TIMESTAMP and not (
                self.registers[0x0A] & 0xC0 and self.registers[0x19] & 32
            ):
                continue
            if not self.drop(number, kind):
                self._push(kind, {GYR: gyr, ACC: acc, TIMESTAMP: stamp}[kind])

    def _push(self, kind: int, data: bytes) -> None:
        tag = kind << 3 | (self.slot & 3) << 1
        tag |= bin(tag).count("1") & 1
        if len(self.words) == DEPTH_WORDS:
            self.words.pop(0)
            self._overrun = self._latched = True
        self.words.append(bytes([tag]) + data)

    # --- the bus ---

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        if address != self.address or not self.answers:
            raise OSError(5)
        for i in range(len(buffer)):
            buffer[i] = self._read(register)
            if register == 0x7E:
                register = 0x78
            elif self.registers[0x12] & 0x04:
                register += 1

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        if address != self.address or not self.answers:
            raise OSError(5)
        was = self.period_ticks()
        for i, value in enumerate(data):
            self.registers[register + i] = value
            if register + i == 0x42 and value == 0xAA:
                self._next_sample_ticks -= self.ticks
                self.ticks = 0.0
            if register + i == 0x0A and value & 7 == 0:
                self.words.clear()
                self._overrun = self._latched = False
        if not was and self.period_ticks():
            self._next_sample_ticks = self.ticks + self.period_ticks()

    def _read(self, register: int) -> int:
        if register == 0x3A:
            return len(self.words) & 0xFF
        if register == 0x3B:
            threshold = self.registers[0x07] | (self.registers[0x08] & 1) << 8
            status = len(self.words) >> 8 & 3
            status |= 0x80 if threshold and len(self.words) >= threshold else 0
            status |= 0x40 if self._overrun else 0
            status |= 0x20 if len(self.words) == DEPTH_WORDS else 0
            status |= 0x08 if self._latched else 0
            self._latched = False
            return status
        if 0x40 <= register <= 0x43:
            return int(self.ticks) >> 8 * (register - 0x40) & 0xFF
        if 0x78 <= register <= 0x7E:
            value = self.words[0][register - 0x78] if self.words else 0
            if register == 0x7E and self.words:
                self.words.pop(0)
                self._overrun = False
            return value
        return self.registers[register]


class FakeSpi:
    """The same sensor on SPI: the first byte after the select is the register, bit 7 reads."""

    def __init__(self, sensor: FakeLsm6dsox) -> None:
        self.sensor = sensor
        self._register: int | None = None
        self._selected = False

    def select(self, level: int) -> None:
        self._selected = level == 0
        self._register = None

    def write(self, data: bytes) -> None:
        assert self._selected
        if data[0] & 0x80:
            self._register = data[0] & 0x7F
        else:
            self.sensor.writeto_mem(self.sensor.address, data[0], bytes(data[1:]))

    def readinto(self, buffer: bytearray) -> None:
        assert self._selected
        assert self._register is not None
        self.sensor.readfrom_mem_into(self.sensor.address, self._register, buffer)
