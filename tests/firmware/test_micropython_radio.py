"""The radio shell against stand-ins for `bluetooth` and `machine`: no radio, but its words.

What a real stack does beside is not tested here, or anywhere by us.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware.fake_lsm6dsox import FakeLsm6dsox
from tests.firmware.micropython_package import FIRMWARE, info, packet

if TYPE_CHECKING:
    from pathlib import Path

CONNECT, DISCONNECT, WRITE, READ, INDICATE_DONE, MTU, ENCRYPTED = 1, 2, 3, 4, 20, 21, 28
GET_SECRET, SET_SECRET = 29, 30


class FakeBle:
    """The calls of `bluetooth.BLE` that the shell makes, and what it sent."""

    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}
        self.sent: list[tuple[int, bytes]] = []
        self.advertised: list[tuple[int, bytes, bytes]] = []
        self.exchanged: list[int] = []
        self.disconnected: list[int] = []
        self.buffers = 1000
        self.handler: Callable[..., Any] = lambda *_: None

    def active(self, on: bool) -> None:
        assert on

    def config(self, **what: Any) -> None:
        self.configured = what

    def irq(self, handler: Callable[..., Any]) -> None:
        self.handler = handler

    def gatts_register_services(self, services: Any) -> list[list[int]]:
        self.services, handle, found = services, 10, []
        for _, characteristics in services:
            found.append([])
            for _, flags in characteristics:
                found[-1].append(handle)
                self.values[handle] = b""
                handle += 1
                if flags & 0x30:
                    self.values[handle] = b"\x00\x00"
                    handle += 1
                handle += 1
        return found

    def gatts_set_buffer(self, handle: int, size: int) -> None:
        assert handle in self.values
        assert size > 0

    def gatts_read(self, handle: int) -> bytes:
        return self.values[handle]

    def gatts_write(self, handle: int, value: bytes) -> None:
        self.values[handle] = value

    def gatts_notify(self, link: int, handle: int, value: bytes) -> None:
        assert link == 3
        if not self.buffers:
            raise OSError(12)
        self.buffers -= 1
        self.sent.append((handle, bytes(value)))

    gatts_indicate = gatts_notify

    def gattc_exchange_mtu(self, link: int) -> None:
        self.exchanged.append(link)

    def gap_advertise(self, interval_us: int, adv_data: bytes, resp_data: bytes) -> None:
        self.advertised.append((interval_us, adv_data, resp_data))

    def gap_disconnect(self, link: int) -> None:
        self.disconnected.append(link)


class FakePin:
    IN, OUT, PULL_UP = 0, 1, 2
    levels: dict[int, int] = {}  # noqa: RUF012 - one board

    def __init__(self, number: int, *_: int) -> None:
        self.number = number

    def value(self) -> int:
        return self.levels.get(self.number, 1)

    def on(self) -> None:
        self.levels[self.number] = 1

    def off(self) -> None:
        self.levels[self.number] = 0


class Stage:
    """The shell, and the hands that move its board and its radio."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.chdir(folder)
        self.imu, self.ble, self.now_us = FakeLsm6dsox(), FakeBle(), 0
        machine: Any = types.ModuleType("machine")
        machine.unique_id = lambda: b"\x01\x02\x03\xab"
        machine.Pin, machine.I2C = FakePin, lambda *_, **__: self.imu
        machine.Timer = lambda _: types.SimpleNamespace(deinit=lambda: None, init=lambda **_: None)
        bluetooth: Any = types.ModuleType("bluetooth")
        bluetooth.BLE, bluetooth.UUID = lambda: self.ble, lambda text: text
        micropython: Any = types.ModuleType("micropython")
        micropython.const = lambda value: value
        for module in (machine, bluetooth, micropython):
            monkeypatch.setitem(sys.modules, module.__name__, module)
        ticks = "ticks_us", lambda: self.now_us % 2**30
        monkeypatch.setattr(time, *ticks, raising=False)
        difference = lambda a, b: (a - b + 2**29) % 2**30 - 2**29  # noqa: E731
        monkeypatch.setattr(time, "ticks_diff", difference, raising=False)
        FakePin.levels = {}
        spec = importlib.util.spec_from_file_location("radio_shell", FIRMWARE / "main.py")
        assert spec is not None
        assert spec.loader is not None
        self.main = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.main)
        self.boot()

    def boot(self) -> None:
        self.shell = self.main.Shell()
        self.handles = self.shell._handles

    def event(self, number: int, *data: Any) -> Any:
        return self.ble.handler(number, data)

    def turn(self, seconds: float = 0.0) -> None:
        """So much time passes in turns of the shell's loop of 20 ms."""
        for _ in range(max(1, int(seconds / 0.02))):
            if seconds:
                self.now_us += 20_000
                self.imu.advance(20_000)
            self.shell.turn()

    def link(self, mtu: int = 247) -> None:
        self.event(CONNECT, 3, 0, b"")
        self.event(MTU, 3, mtu)
        self.event(ENCRYPTED, 3, 1, 0, 1, 16)
        for channel, handle in self.handles.items():
            if channel != packet.INFO:
                self.ble.values[handle + 1] = b"\x01\x00"
        self.turn()

    def ask(self, op: int, *fields: int) -> None:
        self.ble.values[self.handles[packet.CONTROL]] = packet.pack_request(op, 9, *fields)
        self.event(WRITE, 3, self.handles[packet.CONTROL])
        self.turn()

    def values(self, channel: int) -> list[bytes]:
        return [value for handle, value in self.ble.sent if handle == self.handles[channel]]

    def reply(self) -> tuple[Any, ...]:
        (*_, last) = self.values(packet.CONTROL)
        self.event(INDICATE_DONE, 3, self.handles[packet.CONTROL], 0)
        self.turn()
        return packet.parse_reply(last)  # type: ignore[no-any-return]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return Stage(monkeypatch, tmp_path)


def test_it_advertises_the_service(stage: Stage) -> None:
    ((interval_us, data, response),) = stage.ble.advertised
    assert interval_us <= 1_000_000
    assert data == info.advertising_data("SS-0203ab")
    assert response[-1] == 0
    assert stage.ble.services[0][0] == info.SERVICE_UUID
    assert stage.ble.configured["le_secure"] is True


def test_it_measures_and_sends(stage: Stage) -> None:
    stage.link()
    assert stage.ble.exchanged == [3]
    stage.ask(packet.START, 104_000, 16, 2000, 5, 0, 0)
    assert stage.reply()[2] == packet.OK
    stage.turn(3.0)
    samples = b"".join(packet.parse_samples(value)[3] for value in stage.values(packet.LIVE))
    made = b"".join(counts for _, counts in stage.imu.made)
    assert made.startswith(samples)
    assert len(made) - len(samples) <= 30 * 12
    assert len(stage.values(packet.STATUS)) == pytest.approx(5, abs=1)
    stage.ask(packet.RESEND, 0, 100)
    stage.reply()
    stage.turn(0.1)
    again = b"".join(packet.parse_samples(value)[3] for value in stage.values(packet.BACKFILL))
    assert again == made[: 100 * 12]
    assert stage.reply()[0] == packet.DONE


def test_a_full_stack_loses_nothing_that_was_taken(stage: Stage) -> None:
    stage.link()
    stage.ask(packet.START, 104_000, 16, 2000, 5, 0, 0)
    stage.reply()
    stage.ble.buffers = 0
    stage.turn(0.6)
    stage.ble.buffers = 1000
    stage.turn(1.0)
    numbers = [packet.parse_samples(value)[1:2] for value in stage.values(packet.LIVE)]
    samples = b"".join(packet.parse_samples(value)[3] for value in stage.values(packet.LIVE))
    assert numbers == sorted(numbers)
    assert b"".join(counts for _, counts in stage.imu.made).startswith(samples)


def test_after_a_lost_link_it_advertises_fast_and_measures_on(stage: Stage) -> None:
    stage.link()
    stage.ask(packet.START, 104_000, 16, 2000, 5, 0, 0)
    stage.reply()
    stage.event(DISCONNECT, 3, 0, b"")
    stage.turn(2.0)
    interval_us, _, response = stage.ble.advertised[-1]
    assert interval_us == 100_000
    assert response[-1] == 1
    stage.turn(61.0)
    assert stage.ble.advertised[-1][0] == 500_000
    assert stage.shell.sensor.ring.held == stage.main.DEPTH
    assert stage.shell.sensor.ring.next == pytest.approx(63 * 104.17, abs=5)


def test_info_and_status_are_made_when_read(stage: Stage) -> None:
    stage.link()
    assert stage.event(READ, 3, stage.handles[packet.INFO]) == 0
    read = info.parse_info(stage.ble.values[stage.handles[packet.INFO]])
    assert read[info.SERIAL] == "SS-0203ab"
    stage.event(DISCONNECT, 3, 0, b"")
    stage.turn()
    assert stage.event(READ, 3, stage.handles[packet.INFO]) == packet.ATT_NOT_ENCRYPTED


def test_bonds_are_kept_only_after_the_button_and_only_two(stage: Stage) -> None:
    stage.link()
    assert stage.event(SET_SECRET, 1, b"key0", b"value0") is False
    assert stage.ble.disconnected == [3]
    FakePin.levels[stage.main.BUTTON] = 0
    stage.turn()
    FakePin.levels[stage.main.BUTTON] = 1
    assert stage.event(SET_SECRET, 1, b"key1", b"value1") is True
    assert stage.event(SET_SECRET, 1, b"key2", b"value2") is True
    assert stage.event(SET_SECRET, 1, b"key3", b"value3") is False
    stage.now_us += 61_000_000
    assert stage.event(SET_SECRET, 1, b"key2", b"new2") is True
    stage.boot()
    assert stage.event(GET_SECRET, 1, 0, b"key1") == b"value1"
    assert stage.event(GET_SECRET, 1, 1, None) == b"new2"
    assert stage.event(GET_SECRET, 1, 0, b"key0") is None


def test_the_label_is_kept(stage: Stage) -> None:
    stage.link()
    stage.ask(packet.LABEL, 1, 2)
    assert stage.reply()[2] == packet.OK
    assert os.path.exists("label.bin")  # noqa: PTH110
    stage.boot()
    assert stage.shell.sensor.label == (1, 2)
