"""What went wrong with the radio, and what a person can do about it on this computer.

Stacks say it in their own words: BlueZ by the names of D-Bus errors, Windows by the text of an
error, macOS by the state of its manager. Here they become one word for programs (`Trouble`) and
one sentence for people.
"""

from __future__ import annotations

import sys
from enum import StrEnum

from sensor_screen.errors import ProtocolError, RadioError, ScreenError


class Trouble(StrEnum):
    """In one word for programs."""

    NO_LIBRARY = "no_library"
    NO_SERVICE = "no_service"
    NO_ADAPTER = "no_adapter"
    NO_LOW_ENERGY = "no_low_energy"
    POWERED_OFF = "powered_off"
    DENIED = "denied"
    BUSY = "busy"
    NOT_SEEN = "not_seen"
    GONE = "gone"
    ABORTED = "aborted"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    LINK_LOST = "link_lost"
    STALE_PAIRING = "stale_pairing"
    NOT_PAIRED = "not_paired"
    HELD_HERE = "held_here"
    NOT_SUCH_A_SENSOR = "not_such_a_sensor"
    OTHER_SENSOR = "other_sensor"
    REFUSED = "refused"
    UNKNOWN = "unknown"


OF_THE_COMPUTER = frozenset(
    {
        Trouble.NO_LIBRARY,
        Trouble.NO_SERVICE,
        Trouble.NO_ADAPTER,
        Trouble.NO_LOW_ENERGY,
        Trouble.POWERED_OFF,
        Trouble.DENIED,
        Trouble.BUSY,
    }
)
"""Not of one sensor: all are affected, and no sensor need be touched."""

FOR_GOOD = frozenset({Trouble.NO_LIBRARY})
"""No attempt can succeed while the program runs; all else a person can mend meanwhile."""

_PROBLEMS = {
    Trouble.NO_LIBRARY: "the library that speaks it is not installed",
    Trouble.NO_SERVICE: "the system's Bluetooth service is not running",
    Trouble.NO_ADAPTER: "no adapter was found",
    Trouble.NO_LOW_ENERGY: "the adapter cannot connect to Low Energy devices",
    Trouble.POWERED_OFF: "it is switched off",
    Trouble.DENIED: "this program may not use it",
    Trouble.BUSY: "another program is using it just now",
    Trouble.NOT_SEEN: "was not seen",
    Trouble.GONE: "was there a moment ago and no longer is",
    Trouble.ABORTED: "broke off while it was being connected",
    Trouble.UNREACHABLE: "did not answer",
    Trouble.TIMED_OUT: "did not answer in time",
    Trouble.LINK_LOST: "the link broke",
    Trouble.STALE_PAIRING: "no longer knows this computer: the pairing is out of date",
    Trouble.NOT_PAIRED: "asks to be paired with first",
    Trouble.HELD_HERE: "is being used by another program on this computer",
    Trouble.NOT_SUCH_A_SENSOR: "does not have what a sensor of its kind has",
    Trouble.OTHER_SENSOR: "is another sensor than the one that is wanted",
    Trouble.REFUSED: "refused what it was asked",
    Trouble.UNKNOWN: "Bluetooth failed",
}
_REMEDIES = {
    Trouble.NO_LIBRARY: "run: pip install 'sensor-screen[ble]'",
    Trouble.NO_SERVICE: "switch Bluetooth on in the system's settings, then try again",
    Trouble.NO_ADAPTER: "plug in a Bluetooth adapter of version 4.2 or newer",
    Trouble.NO_LOW_ENERGY: "use an adapter of version 4.2 or newer",
    Trouble.POWERED_OFF: "switch Bluetooth on in the system's settings",
    Trouble.DENIED: "allow it in the system's settings",
    Trouble.BUSY: "close other programs that use Bluetooth; it is tried again",
    Trouble.NOT_SEEN: "switch it on, bring it near, and disconnect it from any other phone",
    Trouble.GONE: "bring it near; it is tried again",
    Trouble.ABORTED: "bring it near and away from other transmitters; it is tried again",
    Trouble.UNREACHABLE: "bring it near; if it stays so, remove it in the Bluetooth settings",
    Trouble.TIMED_OUT: "bring it near; if it stays so, switch it off and on",
    Trouble.LINK_LOST: "bring it near; it is connected again by itself",
    Trouble.STALE_PAIRING: "remove it in the Bluetooth settings, press its button, and try again",
    Trouble.NOT_PAIRED: "press its button, and allow the pairing that is asked for",
    Trouble.HELD_HERE: "close that program",
    Trouble.NOT_SUCH_A_SENSOR: "bring its firmware up to date, or choose another sensor",
    Trouble.OTHER_SENSOR: "switch the wanted one on",
    Trouble.REFUSED: "switch it off and on, then try again",
    Trouble.UNKNOWN: "switch Bluetooth off and on, then try again",
}
_HERE = {
    "linux": {
        Trouble.NO_SERVICE: "run: sudo systemctl enable --now bluetooth",
        Trouble.POWERED_OFF: "run: rfkill unblock bluetooth && bluetoothctl power on",
        Trouble.DENIED: "add yourself to the group `bluetooth` and log in again",
        Trouble.STALE_PAIRING: "run: bluetoothctl remove ADDRESS, press its button, try again",
        # Without a desktop nobody answers for the person when BlueZ asks about a pairing.
        Trouble.NOT_PAIRED: "press its button; if that does not help, keep bluetoothctl open",
        Trouble.UNKNOWN: "run: sudo systemctl restart bluetooth, then try again",
    },
    "darwin": {
        Trouble.DENIED: "allow Bluetooth for your terminal under Privacy & Security",
        Trouble.STALE_PAIRING: "forget it in the Bluetooth settings, press its button, try again",
    },
    "win32": {
        Trouble.NO_SERVICE: "start the Bluetooth Support Service, then try again",
        Trouble.DENIED: "allow apps to use Bluetooth under Privacy & security",
        Trouble.UNREACHABLE: "remove it under Bluetooth & devices, bring it near, and try again",
    },
}
"""Remedies that are told more exactly on one platform."""

_BY_REASON = {
    "NO_BLUETOOTH": Trouble.NO_ADAPTER,
    "NO_BLE_CENTRAL_ROLE": Trouble.NO_LOW_ENERGY,
    "POWERED_OFF": Trouble.POWERED_OFF,
    "DENIED_BY_USER": Trouble.DENIED,
    "DENIED_BY_SYSTEM": Trouble.DENIED,
    "DENIED_BY_UNKNOWN": Trouble.DENIED,
}
_BY_NAME = {
    "org.freedesktop.DBus.Error.ServiceUnknown": Trouble.NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": Trouble.NO_SERVICE,
    "org.freedesktop.DBus.Error.AccessDenied": Trouble.DENIED,
    "org.freedesktop.DBus.Error.NoReply": Trouble.TIMED_OUT,
    "org.freedesktop.DBus.Error.UnknownObject": Trouble.GONE,
    "org.bluez.Error.InProgress": Trouble.BUSY,
    "org.bluez.Error.NotReady": Trouble.POWERED_OFF,
    "org.bluez.Error.DoesNotExist": Trouble.GONE,
    "org.bluez.Error.NotConnected": Trouble.LINK_LOST,
    "org.bluez.Error.AuthenticationFailed": Trouble.STALE_PAIRING,
    "org.bluez.Error.AuthenticationCanceled": Trouble.NOT_PAIRED,
    "org.bluez.Error.AuthenticationRejected": Trouble.NOT_PAIRED,
    "org.bluez.Error.AuthenticationTimeout": Trouble.NOT_PAIRED,
}
"""Names of D-Bus errors that say enough by themselves."""
_BY_TEXT = (
    ("notify acquired", Trouble.HELD_HERE),
    ("not paired", Trouble.NOT_PAIRED),
    ("le-connection-abort", Trouble.ABORTED),
    ("connection abort", Trouble.ABORTED),
    ("page-timeout", Trouble.UNREACHABLE),
    ("key-missing", Trouble.STALE_PAIRING),
    ("encryption", Trouble.STALE_PAIRING),
    ("authentication", Trouble.STALE_PAIRING),
    ("peer removed pairing", Trouble.STALE_PAIRING),
    ("access denied", Trouble.HELD_HERE),
    ("unreachable", Trouble.UNREACHABLE),
    ("turned on", Trouble.POWERED_OFF),
    ("switched off", Trouble.POWERED_OFF),
    ("not connected", Trouble.LINK_LOST),
    ("disconnected", Trouble.LINK_LOST),
    ("pair", Trouble.NOT_PAIRED),
)
"""Parts of what errors say, in lower case, the surest first."""
_OF_PAIRING = frozenset({0x05, 0x08, 0x0C, 0x0F})
"""ATT errors of authentication, authorization and encryption."""


def needs_pairing(error: BaseException) -> bool:
    """Whether a request was refused for want of an encrypted link."""
    from bleak.exc import BleakGATTProtocolError

    return isinstance(error, BleakGATTProtocolError) and int(error.code) in _OF_PAIRING


def recognise(error: BaseException) -> Trouble:
    """Which trouble an error of the radio is."""
    if isinstance(error, RadioError):
        return Trouble(error.fault) if error.fault in tuple(Trouble) else Trouble.UNKNOWN
    if isinstance(error, ScreenError):
        return Trouble.NOT_SUCH_A_SENSOR
    if isinstance(error, TimeoutError):
        return Trouble.TIMED_OUT
    if isinstance(error, PermissionError):
        return Trouble.DENIED
    if isinstance(error, OSError | EOFError):
        return Trouble.NO_SERVICE
    return _recognise_of_bleak(error)


def _recognise_of_bleak(error: BaseException) -> Trouble:
    from bleak import exc

    if isinstance(error, exc.BleakBluetoothNotAvailableError):
        return _BY_REASON.get(error.reason.name, Trouble.UNKNOWN)
    if isinstance(error, exc.BleakDeviceNotFoundError):
        return Trouble.GONE
    if isinstance(error, exc.BleakCharacteristicNotFoundError):
        return Trouble.NOT_SUCH_A_SENSOR
    if isinstance(error, exc.BleakGATTProtocolError):
        return Trouble.STALE_PAIRING if needs_pairing(error) else Trouble.REFUSED
    if isinstance(error, exc.BleakDBusError) and error.dbus_error in _BY_NAME:
        return _BY_NAME[error.dbus_error]
    said = str(error).lower()
    return next((trouble for part, trouble in _BY_TEXT if part in said), Trouble.UNKNOWN)


def trouble(kind: Trouble, sensor: str = "", platform: str = sys.platform) -> RadioError:
    """The error that tells a person of it.

    Args:
        kind: Which trouble.
        sensor: As a person knows it; left out where all are affected.
        platform: As `sys.platform` has it.
    """
    whole = kind in OF_THE_COMPUTER or not sensor
    value = "Bluetooth" if whole else f"Sensor {sensor}"
    remedy = _HERE.get(platform, {}).get(kind, _REMEDIES[kind])
    return RadioError(value, _PROBLEMS[kind], remedy, kind)


def name_sensor(error: Exception, sensor: str) -> Exception:
    """What bytes said wrongly, told of their sensor: a person knows it, and not its bytes.

    Args:
        error: Of any kind; all but those of a protocol stay as they are.
        sensor: As a person knows it.
    """
    if not isinstance(error, ProtocolError):
        return error
    return ProtocolError(f"Sensor {sensor}", error.problem, error.remedy, error.fault)


def explain(error: BaseException, sensor: str = "", platform: str = sys.platform) -> ScreenError:
    """An error of the radio in words for people; one that is in words already stays.

    Args:
        error: What was raised.
        sensor: Whose link it concerns, as a person knows it.
        platform: As `sys.platform` has it.
    """
    if isinstance(error, ScreenError):
        return error
    kind = recognise(error)
    found = trouble(kind, sensor, platform)
    if kind is Trouble.UNKNOWN:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        found = RadioError(found.value, f"{found.problem} ({said})", found.remedy, kind)
    return found
