"""What stacks say, in words for people, on each platform."""

from __future__ import annotations

import re

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from sensor_screen.ble.states import SENTENCES, LinkState, SensorStatus
from sensor_screen.ble.troubles import (
    OF_THE_COMPUTER,
    Trouble,
    explain,
    needs_pairing,
    recognise,
    trouble,
)
from sensor_screen.errors import ProtocolError, RadioError

FAILED = "org.bluez.Error.Failed"
REASONS = BleakBluetoothNotAvailableReason


def away(reason: BleakBluetoothNotAvailableReason) -> BleakError:
    return BleakBluetoothNotAvailableError("in the stack's words", reason)


SAID = [
    (away(REASONS.NO_BLUETOOTH), Trouble.NO_ADAPTER),
    (away(REASONS.NO_BLE_CENTRAL_ROLE), Trouble.NO_LOW_ENERGY),
    (away(REASONS.POWERED_OFF), Trouble.POWERED_OFF),
    (away(REASONS.DENIED_BY_USER), Trouble.DENIED),
    (away(REASONS.DENIED_BY_SYSTEM), Trouble.DENIED),
    (away(REASONS.UNKNOWN), Trouble.UNKNOWN),
    (BleakDBusError("org.bluez.Error.InProgress", ["In Progress"]), Trouble.BUSY),
    (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), Trouble.POWERED_OFF),
    (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["..."]), Trouble.NO_SERVICE),
    (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", ["..."]), Trouble.DENIED),
    (BleakDBusError("org.freedesktop.DBus.Error.UnknownObject", ["..."]), Trouble.GONE),
    (BleakDBusError("org.bluez.Error.AuthenticationFailed", ["..."]), Trouble.STALE_PAIRING),
    (BleakDBusError("org.bluez.Error.AuthenticationCanceled", ["..."]), Trouble.NOT_PAIRED),
    (BleakDBusError("org.bluez.Error.NotPermitted", ["Not paired"]), Trouble.NOT_PAIRED),
    (BleakDBusError("org.bluez.Error.NotPermitted", ["Notify acquired"]), Trouble.HELD_HERE),
    (BleakDBusError(FAILED, ["le-connection-abort-by-local"]), Trouble.ABORTED),
    (BleakDBusError(FAILED, ["Software caused connection abort"]), Trouble.ABORTED),
    (BleakDBusError(FAILED, ["br-connection-page-timeout"]), Trouble.UNREACHABLE),
    (BleakDBusError(FAILED, ["br-connection-key-missing"]), Trouble.STALE_PAIRING),
    (BleakDBusError(FAILED, ["Input/output error"]), Trouble.UNKNOWN),
    (BleakDeviceNotFoundError("D0:00", "not found"), Trouble.GONE),
    (BleakCharacteristicNotFoundError("0002"), Trouble.NOT_SUCH_A_SENSOR),
    (BleakGATTProtocolError(0x0F), Trouble.STALE_PAIRING),
    (BleakGATTProtocolError(0x05), Trouble.STALE_PAIRING),
    (BleakGATTProtocolError(0x0E), Trouble.REFUSED),
    (BleakError("Could not get GATT services: Unreachable"), Trouble.UNREACHABLE),
    (BleakError("Could not start notify: Access Denied"), Trouble.HELD_HERE),
    (BleakError("Could not pair with device: 19: FAILED"), Trouble.NOT_PAIRED),
    (BleakError("Failed to start scanner. Is Bluetooth turned on?"), Trouble.POWERED_OFF),
    (BleakError("Peer removed pairing information"), Trouble.STALE_PAIRING),
    (BleakError("disconnected"), Trouble.LINK_LOST),
    (BleakError("Not connected"), Trouble.LINK_LOST),
    (TimeoutError(), Trouble.TIMED_OUT),
    (FileNotFoundError(2, "No such file or directory"), Trouble.NO_SERVICE),
    (ConnectionRefusedError(), Trouble.NO_SERVICE),
    (PermissionError(), Trouble.DENIED),
    (trouble(Trouble.OTHER_SENSOR, "X"), Trouble.OTHER_SENSOR),
    (ProtocolError("packet", "is bad", "send a good one"), Trouble.NOT_SUCH_A_SENSOR),
]


@pytest.mark.parametrize(("error", "kind"), SAID, ids=lambda case: str(case)[:60])
def test_errors_of_stacks_are_recognised(error: BaseException, kind: Trouble) -> None:
    assert recognise(error) is kind


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("kind", Trouble)
def test_each_trouble_is_one_sentence_with_a_remedy(kind: Trouble, platform: str) -> None:
    error = trouble(kind, "SS-0042", platform)
    assert error.fault == kind
    of_all = kind in OF_THE_COMPUTER
    assert error.value == ("Bluetooth" if of_all else "Sensor SS-0042")
    assert re.fullmatch(r"(Bluetooth|Sensor SS-0042): \w[^.;]*; \w.*[^.]\.", str(error))
    assert len(str(error)) < 160


def test_platforms_have_remedies_of_their_own() -> None:
    said = {p: trouble(Trouble.DENIED, "", p).remedy for p in ("linux", "darwin", "win32", "haiku")}
    assert len(set(said.values())) == 4


def test_what_nobody_knows_is_quoted() -> None:
    error = explain(BleakError("the  flux\ncapacitor " + "x" * 500), "SS-0042", "linux")
    assert isinstance(error, RadioError)
    assert "(the flux capacitor xxx" in str(error)
    assert len(str(error)) < 300
    assert "ValueError" in str(explain(ValueError(), "SS-0042"))


def test_what_is_in_words_already_stays() -> None:
    error = ProtocolError("Sensor", "is of version 9", "update")
    assert explain(error, "SS-0042") is error


def test_only_want_of_security_asks_for_pairing() -> None:
    asks = {code for code in range(256) if needs_pairing(BleakGATTProtocolError(code))}
    assert asks == {0x05, 0x08, 0x0C, 0x0F}
    assert not needs_pairing(BleakError("Not paired"))


@pytest.mark.parametrize("state", LinkState)
def test_each_state_is_a_sentence_that_names_the_sensor(state: LinkState) -> None:
    status = SensorStatus(0, "SS-0042", state, 0.0)
    assert SENTENCES[state].count("{sensor}") == 1
    assert status.sentence.startswith(("SS-0042", "Looking", "Connect", "Pairing", "The link"))
    assert status.sentence.endswith(".")


def test_trouble_is_told_until_it_streams() -> None:
    off = trouble(Trouble.POWERED_OFF)
    statuses = [SensorStatus(0, "A", state, 0.0, trouble=off) for state in LinkState]
    told = {status.state for status in statuses if "switched off" in status.sentence}
    assert LinkState.WAITING in told
    assert LinkState.CONNECTING in told
    assert not told & {LinkState.STREAMING, LinkState.CATCHING_UP, LinkState.STOPPED}
    lost = trouble(Trouble.LINK_LOST, "A")
    sentence = SensorStatus(0, "A", LinkState.LOST, 0.0, trouble=lost).sentence
    assert sentence == SENTENCES[LinkState.LOST].format(sensor="A")
