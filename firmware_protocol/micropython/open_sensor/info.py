"""What a sensor says of itself: info (PROTOCOL.md, section 7) and advertising (section 8)."""

import struct

from .packet import MAJOR, MINOR, PacketError

LARGEST_INFO = 512
LARGEST_TEXT = 32

PROTOCOL = 0x01
BOOT = 0x02
SERIAL = 0x03
MODEL = 0x04
FIRMWARE = 0x05
RATES = 0x06
ACC_RANGES = 0x07
GYR_RANGES = 0x08
RING = 0x09
CAPABILITIES = 0x0A
LABEL = 0x0B
AXES = 0x0C
STREAM = 0x0D
CLOCK = 0x0E
SAMPLING = 0x0F

WHOLE_SESSION_MEMORY = 0x01
HARDWARE_TIMESTAMPS = 0x02
IDENTIFY_LIGHT = 0x04
SELF_TESTS = 0x08
FIRMWARE_UPDATE = 0x10
RADIO_SYNC = 0x20

SERVICE_UUID = "860a0001-e3f6-42f7-82b5-f48a83c986ed"

# Entries of fixed fields: format, which may be followed by more. Lists: format of one item.
_FIXED = {
    PROTOCOL: "<BB",
    BOOT: "<I",
    RING: "<I",
    CAPABILITIES: "<I",
    LABEL: "<BB",
    AXES: "<bbb",
    STREAM: "<IIBHI",
    CLOCK: "<H",
    SAMPLING: "<BHH",
}
_LISTS = {RATES: "<I", ACC_RANGES: "<Bf", GYR_RANGES: "<Hf"}
_TEXTS = (SERIAL, MODEL, FIRMWARE)
_REQUIRED = tuple(range(PROTOCOL, CAPABILITIES + 1))


class Config:
    """What one sensor is; nothing of it changes while it runs.

    Args:
        serial: 1 to 32 bytes of UTF-8 that never change, as are `model` and `firmware`.
        model: Name of the kind of sensor.
        firmware: Its version.
        boot_id: Random, new at every start, not 0.
        rates_mhz: Nominal samples per 1,000 s, each.
        acc_ranges: Pairs of range in g and g a count.
        gyr_ranges: Pairs of range in degrees per second and degrees per second a count.
        depth: Samples that the ring holds.
        capabilities: Bits, see above.
        side: Stored label: 0 none, 1 left, 2 right.
        placement: 0 none, 1 shank, 2 foot, 3 lumbar.
        axes: Which axis of the samples lies along the housing's x, y, z (1 to 3, or negative).
        tolerance_ppm: Of the clock.
        sampling: Gyroscope (0 instant, 1 mean since the sample before), lag of acceleration and of
            rotation in microseconds.
        first_sequence: Number of the first sample.
        labelled: Whether the info has a LABEL entry while the label is (0, 0).
    """

    def __init__(
        self,
        serial: str,
        model: str,
        firmware: str,
        boot_id: int,
        rates_mhz: tuple,
        acc_ranges: tuple,
        gyr_ranges: tuple,
        depth: int,
        capabilities: int = 0,
        side: int = 0,
        placement: int = 0,
        axes: tuple | None = None,
        tolerance_ppm: int | None = None,
        sampling: tuple | None = None,
        first_sequence: int = 0,
        labelled: bool = True,
    ) -> None:
        self.serial = serial
        self.model = model
        self.firmware = firmware
        self.boot_id = boot_id
        self.rates_mhz = tuple(rates_mhz)
        self.acc_ranges = tuple(tuple(pair) for pair in acc_ranges)
        self.gyr_ranges = tuple(tuple(pair) for pair in gyr_ranges)
        self.depth = depth
        self.capabilities = capabilities
        self.side = side
        self.placement = placement
        self.axes = axes
        self.tolerance_ppm = tolerance_ppm
        self.sampling = sampling
        self.first_sequence = first_sequence
        self.labelled = labelled


def _entry(kind: int, value: bytes) -> bytes:
    if len(value) > 255:
        raise PacketError("length", "info entry 0x%02x is longer than 255 bytes" % kind)
    return bytes((kind, len(value))) + value


def _items(form: str, items: tuple) -> bytes:
    return b"".join(struct.pack(form, *item) for item in items)


def pack_info(config: Config, label: tuple, stream: tuple | None = None) -> bytes:
    """The info as it is read.

    Args:
        config: What does not change.
        label: Side and placement now.
        stream: Session, rate in mHz, range in g, range in degrees per second, number of the first
            sample, of the session that runs or ran last; None before the first.
    """
    for text in (config.serial, config.model, config.firmware):
        if not 1 <= len(text.encode()) <= LARGEST_TEXT:
            raise PacketError("text", "serial, model and firmware have 1 to 32 bytes each")
    parts = [
        _entry(PROTOCOL, bytes((MAJOR, MINOR))),
        _entry(BOOT, struct.pack("<I", config.boot_id)),
        _entry(SERIAL, config.serial.encode()),
        _entry(MODEL, config.model.encode()),
        _entry(FIRMWARE, config.firmware.encode()),
        _entry(RATES, _items("<I", tuple((rate,) for rate in config.rates_mhz))),
        _entry(ACC_RANGES, _items("<Bf", config.acc_ranges)),
        _entry(GYR_RANGES, _items("<Hf", config.gyr_ranges)),
        _entry(RING, struct.pack("<I", config.depth)),
        _entry(CAPABILITIES, struct.pack("<I", config.capabilities)),
    ]
    if config.labelled or label != (0, 0):
        parts.append(_entry(LABEL, bytes(label)))
    if config.axes is not None:
        parts.append(_entry(AXES, struct.pack("<bbb", *config.axes)))
    if stream is not None:
        parts.append(_entry(STREAM, struct.pack("<IIBHI", *stream)))
    if config.tolerance_ppm is not None:
        parts.append(_entry(CLOCK, struct.pack("<H", config.tolerance_ppm)))
    if config.sampling is not None:
        parts.append(_entry(SAMPLING, struct.pack("<BHH", *config.sampling)))
    value = b"".join(parts)
    if len(value) > LARGEST_INFO:
        raise PacketError("length", "an info of %d bytes" % len(value))
    return value


def parse_info(value: bytes) -> dict:
    """Entries by type: a text, a tuple of fields, or a tuple of items; unknown types are left out.

    Raises:
        PacketError: what section 7 calls an error.
    """
    if len(value) > LARGEST_INFO:
        raise PacketError("length", "an info of %d bytes" % len(value))
    found = {}
    at = 0
    while at < len(value):
        if at + 2 > len(value) or at + 2 + value[at + 1] > len(value):
            raise PacketError("cut", "info ends within an entry")
        kind, size = value[at], value[at + 1]
        known = _parse_entry(kind, bytes(value[at + 2 : at + 2 + size]))
        if known is not None:
            if kind in found:
                raise PacketError("twice", "info entry 0x%02x stands twice" % kind)
            found[kind] = known
        at += 2 + size
    for kind in _REQUIRED:
        if kind not in found:
            raise PacketError("missing", "info entry 0x%02x is missing" % kind)
    _check(found)
    return found


def _parse_entry(kind: int, value: bytes) -> object:
    """The entry; None if its type is not known."""
    if kind in _TEXTS:
        if not 1 <= len(value) <= LARGEST_TEXT or not _is_utf8(value):
            raise PacketError("text", "info entry 0x%02x is no text of 1 to 32 bytes" % kind)
        return value.decode()
    if kind in _LISTS:
        size = struct.calcsize(_LISTS[kind])
        if not value or len(value) % size:
            raise PacketError("short", "info entry 0x%02x has %d bytes" % (kind, len(value)))
        return tuple(
            struct.unpack_from(_LISTS[kind], value, at) for at in range(0, len(value), size)
        )
    if kind in _FIXED:
        if len(value) < struct.calcsize(_FIXED[kind]):
            raise PacketError("short", "info entry 0x%02x is too short" % kind)
        return struct.unpack_from(_FIXED[kind], value, 0)
    return None


def _check(found: dict) -> None:
    if found[PROTOCOL][0] != MAJOR:
        raise PacketError("version", "another version: %d" % found[PROTOCOL][0])
    if found[BOOT][0] == 0:
        raise PacketError("value", "a boot id of 0")
    if not all(rate > 0 for (rate,) in found[RATES]):
        raise PacketError("value", "a rate of 0")
    for kind in (ACC_RANGES, GYR_RANGES):
        # A number minus itself is 0 unless it is infinite or not a number.
        if not all(scale > 0 and scale - scale == 0 for _, scale in found[kind]):
            raise PacketError("scale", "a scale that is not above 0 and finite")
    side, placement = found.get(LABEL, (0, 0))
    if side > 2 or placement > 3:
        raise PacketError("value", "a label that is not known")
    if found.get(SAMPLING, (0,))[0] > 1:
        raise PacketError("value", "a way of sampling that is not known")
    if AXES in found and not _right_handed(found[AXES]):
        raise PacketError("axes", "axes that are no right-handed permutation")


def _right_handed(axes: tuple) -> bool:
    if sorted(abs(axis) for axis in axes) != [1, 2, 3]:
        return False
    turns = [abs(axis) for axis in axes] in ([1, 2, 3], [2, 3, 1], [3, 1, 2])
    against = sum(1 for axis in axes if axis < 0)
    return turns == (against % 2 == 0)


def _is_utf8(value: bytes) -> bool:
    """Strictly: no longer form than needed, no half of a pair, nothing beyond U+10FFFF."""
    at = 0
    while at < len(value):
        lead = value[at]
        more = 0 if lead < 0x80 else 1 if 0xC2 <= lead < 0xE0 else 2 if 0xE0 <= lead < 0xF0 else 3
        if 0x80 <= lead < 0xC2 or lead > 0xF4 or at + more >= len(value):
            return False
        for i in range(more):
            low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80) if i == 0 else 0x80
            high = {0xED: 0x9F, 0xF4: 0x8F}.get(lead, 0xBF) if i == 0 else 0xBF
            if not low <= value[at + 1 + i] <= high:
                return False
        at += 1 + more
    return True


# --- advertising ----------------------------------------------------------------------------------


def uuid_bytes(uuid: str) -> bytes:
    """A UUID as it travels, last byte first."""
    digits = uuid.replace("-", "")
    return bytes(int(digits[i : i + 2], 16) for i in range(30, -2, -2))


def advertised_name(serial: str) -> str:
    """`SS-` and the last four characters of the serial."""
    return "SS-" + serial[-4:]


def advertising_data(serial: str) -> bytes:
    """Flags, service UUID and name: at most 31 bytes, whole characters only."""
    name = advertised_name(serial)
    while len(name.encode()) > 8:
        name = name[:-1]
    name = name.encode()
    flags = b"\x02\x01\x06"
    uuid = b"\x11\x07" + uuid_bytes(SERVICE_UUID)
    return flags + uuid + bytes((len(name) + 1, 0x09)) + name


def scan_response(side: int, placement: int, battery: int, measuring: bool, open_: bool) -> bytes:
    """Service data: label, battery, and whether the sensor measures and can be paired."""
    state = (1 if measuring else 0) | (2 if open_ else 0)
    data = bytes((MAJOR, side, placement, battery, state))
    return bytes((1 + 16 + len(data), 0x21)) + uuid_bytes(SERVICE_UUID) + data
