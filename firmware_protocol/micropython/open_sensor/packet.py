"""The bytes of PROTOCOL.md, sections 4 to 6: packets of samples, control point, status.

Nothing in here remembers anything. All integers are little-endian.
"""

import struct

MAJOR = 1
MINOR = 0

# Channels, numbered as in the relay frame.
CONTROL = 1
LIVE = 2
BACKFILL = 3
INFO = 4
STATUS = 5

LARGEST_VALUE = 244
SMALLEST_MTU = 23
LARGEST_CONTROL = 20
HEADER = 8
SAMPLE = 12
MOST_SAMPLES = 19
MOST_NUMBERS = 0x7FFFFFFF

KIND_LIVE = 1
KIND_BACKFILL = 2

START = 0x01
STOP = 0x02
RESEND = 0x03
ACK = 0x04
TIME = 0x05
IDENTIFY = 0x06
LABEL = 0x07
SELF_TEST = 0x08
FACTORY_RESET = 0x09
SLEEP = 0x0A
REPLY = 0x80
DONE = 0xC3
RESET_MAGIC = 0x54455352

OK = 0
NOT_HELD = 1
BUSY = 2
UNSUPPORTED = 3
INVALID = 4
STATE = 5
IN_USE = 6
LOW_BATTERY = 7
FAULT = 8
DENIED = 9

MEASURING = 0x01
ACC_CLIPPED = 0x02
GYR_CLIPPED = 0x04
FIFO_OVERRUN = 0x08
TIME_STEP = 0x10
BATTERY_LOW = 0x20
CHARGING = 0x40
UNACKNOWLEDGED_OVERWRITTEN = 0x80

ATT_OK = 0x00
ATT_READ_NOT_PERMITTED = 0x02
ATT_WRITE_NOT_PERMITTED = 0x03
ATT_INVALID_LENGTH = 0x0D
ATT_NOT_ENCRYPTED = 0x0F
ATT_INDICATIONS_OFF = 0xFD
ATT_UNCONFIRMED = 0xFE

# Bodies of requests: format, and where each field begins, counted from the op.
REQUESTS = {
    START: ("<IBHIHB", (2, 6, 7, 9, 13, 15)),
    STOP: ("<", ()),
    RESEND: ("<II", (2, 6)),
    ACK: ("<I", (2,)),
    TIME: ("<", ()),
    IDENTIFY: ("<B", (2,)),
    LABEL: ("<BB", (2, 3)),
    SELF_TEST: ("<", ()),
    FACTORY_RESET: ("<I", (2,)),
    SLEEP: ("<", ()),
}

# Bodies of replies by (op, result); u48 is u32 and u16. Whatever is not listed carries nothing.
REPLIES = {
    (START, OK): "<IIH",
    (STOP, OK): "<I",
    (RESEND, OK): "<II",
    (ACK, OK): "<I",
    (TIME, OK): "<QQ",
    (SELF_TEST, OK): "<B",
}
RESULT_BODIES = {NOT_HELD: "<II", INVALID: "<B", IN_USE: "<I"}

_STATUS = "<IIIHHBBH"
_DONE = "<BBBIII"


class PacketError(ValueError):
    """Bytes that the protocol does not allow.

    Attributes:
        fault: Which rule they break, in the words of vectors.json.
    """

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class UnknownKindError(PacketError):
    """A packet of a kind that is not known: to be counted and otherwise ignored."""


def wrapped(number: int) -> int:
    """Modulo 2^32; without a large number in between, which MicroPython would have to allocate."""
    return number if 0 <= number <= 0x3FFFFFFF else number & 0xFFFFFFFF


def before(a: int, b: int) -> bool:
    """Whether sample number a comes before b, modulo 2^32."""
    return 1 <= wrapped(b - a) <= MOST_NUMBERS


def samples_per_packet(mtu: int) -> int:
    """How many samples fit one value at this MTU: 1 to 19."""
    room = (min(mtu - 3, LARGEST_VALUE) - HEADER) // SAMPLE
    return max(1, min(MOST_SAMPLES, room))


# --- packets of samples ---------------------------------------------------------------------------


def write_header(buffer: bytearray, kind: int, count: int, first: int, t100us: int) -> None:
    """Write the 8 bytes in front of `count` samples."""
    buffer[0] = MAJOR << 4 | kind
    buffer[1] = count
    struct.pack_into("<IH", buffer, 2, first & 0xFFFFFFFF, t100us & 0xFFFF)


def pack_samples(kind: int, first: int, t100us: int, samples: bytes) -> bytes:
    """One packet; `samples` holds 12 bytes a sample, as they travel."""
    count = len(samples) // SAMPLE
    if len(samples) % SAMPLE or not 1 <= count <= MOST_SAMPLES:
        raise PacketError("count", "a packet has 1 to 19 samples of 12 bytes")
    buffer = bytearray(HEADER + len(samples))
    write_header(buffer, kind, count, first, t100us)
    buffer[HEADER:] = samples
    return bytes(buffer)


def parse_samples(value: bytes) -> tuple:
    """Split a packet into (kind, first, t100us, samples as 12 bytes each).

    Raises:
        UnknownKindError: version 1, but neither live nor backfill.
        PacketError: anything else that section 4 forbids.
    """
    if len(value) < 1:
        raise PacketError("length", "an empty packet")
    if value[0] >> 4 != MAJOR:
        raise PacketError("version", "another version: %d" % (value[0] >> 4))
    kind = value[0] & 0x0F
    if kind not in (KIND_LIVE, KIND_BACKFILL):
        raise UnknownKindError("kind", "kind %d" % kind)
    if len(value) < HEADER:
        raise PacketError("length", "shorter than its header")
    count = value[1]
    if not 1 <= count <= MOST_SAMPLES:
        raise PacketError("count", "a count of %d samples" % count)
    if len(value) != HEADER + count * SAMPLE:
        raise PacketError("length", "%d samples in %d bytes" % (count, len(value)))
    first, t100us = struct.unpack_from("<IH", value, 2)
    return kind, first, t100us, bytes(value[HEADER:])


# --- status ---------------------------------------------------------------------------------------


def pack_status(
    following: int, oldest: int, time_us: int, boot_id: int, battery: int, flags: int, lost: int
) -> bytes:
    """The 20 bytes of section 6; `following` is the number that the next sample will get."""
    low, high = time_us & 0xFFFFFFFF, (time_us >> 32) & 0xFFFF
    boot = boot_id & 0xFFFF
    return struct.pack(
        _STATUS, following, oldest, low, high, boot, battery, flags, min(lost, 65535)
    )


def parse_status(value: bytes) -> tuple:
    """(next, oldest, time_us, boot, battery, flags, lost) of a status."""
    if len(value) != struct.calcsize(_STATUS):
        raise PacketError("length", "a status of %d bytes" % len(value))
    following, oldest, low, high, boot, battery, flags, lost = struct.unpack(_STATUS, value)
    return following, oldest, low | high << 32, boot, battery, flags, lost


# --- control point --------------------------------------------------------------------------------


def request_length(op: int) -> int:
    """Bytes of a whole request, op and tag included."""
    return 2 + struct.calcsize(REQUESTS[op][0])


def pack_request(op: int, tag: int, *fields: int) -> bytes:
    """What a client writes."""
    return bytes((op, tag)) + struct.pack(REQUESTS[op][0], *fields)


def parse_request(value: bytes) -> tuple:
    """(op, tag, fields); fields are the body as it is where the op is not known."""
    if not 2 <= len(value) <= LARGEST_CONTROL:
        raise PacketError("length", "a request of %d bytes" % len(value))
    op = value[0]
    if op >= REPLY:
        raise PacketError("op", "op 0x%02x is of replies and events" % op)
    if op not in REQUESTS:
        return op, value[1], bytes(value[2:])
    if len(value) != request_length(op):
        raise PacketError("length", "op 0x%02x asks for %d bytes" % (op, request_length(op)))
    return op, value[1], struct.unpack_from(REQUESTS[op][0], value, 2)


def pack_reply(op: int, tag: int, result: int, body: bytes = b"") -> bytes:
    """What the sensor indicates in answer to the request `op`."""
    return bytes(((op + REPLY) & 0xFF, tag, result)) + body


def parse_reply(value: bytes) -> tuple:
    """(op of the request, tag, result, fields) of a reply; what is new at its end is left.

    *done* gives (DONE, tag, result, (first, count, sent)). Fields are the body as it is where op
    or result is not known.
    """
    if not 1 <= len(value) <= LARGEST_CONTROL:
        raise PacketError("length", "an indication of %d bytes" % len(value))
    op = value[0]
    if op < REPLY:
        raise PacketError("op", "op 0x%02x is of requests" % op)
    if len(value) < 3:
        raise PacketError("length", "an indication of %d bytes" % len(value))
    tag, result = value[1], value[2]
    if op == DONE:
        form = "<III"
    else:
        op -= REPLY
        form = REPLIES.get((op, result), "<") if result == OK else RESULT_BODIES.get(result, "<")
        if result > DENIED or (result == OK and op not in REQUESTS):
            return op, tag, result, bytes(value[3:])
    if len(value) < 3 + struct.calcsize(form):
        raise PacketError("length", "a reply that is too short")
    return op, tag, result, struct.unpack_from(form, value, 3)


def pack_done(tag: int, result: int, first: int, count: int, sent: int) -> bytes:
    """The end of a resend, 15 bytes."""
    return struct.pack(_DONE, DONE, tag, result, first, count, sent)
