"""Each sensor that is around is asked who it is; one that does not answer hides no other."""

from __future__ import annotations

from bleak.exc import BleakGATTProtocolError

from sensor_screen.ble.meeting import Met, meet_all
from sensor_screen.errors import RadioError
from tests.ble.jumping_loop import run_jumping
from tests.ble.scenes import INFO, Scene, open_sensor


def test_all_who_answer_are_known_by_serial() -> None:
    deaf, left, right = (open_sensor(f"SERIAL-00{n}0", f"D0:0{n}") for n in range(3))
    left.rssi, right.rssi, deaf.rssi = -50, -40, -70
    deaf.faults[INFO] = [BleakGATTProtocolError(0x0E)]

    async def play() -> tuple[Met, ...]:
        scene = Scene.of(deaf, left, right)
        met = await meet_all(scene.scanner, scene.outside)
        assert scene.scanner.met == {"D0:01": "SERIAL-0010", "D0:02": "SERIAL-0020"}
        assert not [sensor for sensor in scene.radio.sensors if sensor.client is not None]
        return met

    near, next_one, last = run_jumping(play())
    assert near.who is not None
    assert next_one.who is not None
    assert (near.who.serial, next_one.who.serial) == ("SERIAL-0020", "SERIAL-0010")
    assert (near.who.model, near.who.firmware) == ("Ref-1", "1.0.0")
    assert last.who is None
    assert isinstance(last.trouble, RadioError)
    assert last.trouble.value == "Sensor SS-0000"


def test_nobody_is_around() -> None:
    async def play() -> tuple[Met, ...]:
        scene = Scene.of()
        return await meet_all(scene.scanner, scene.outside, 1.0)

    assert run_jumping(play()) == ()
