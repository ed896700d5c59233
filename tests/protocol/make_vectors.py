"""Writes `firmware_protocol/vectors.json`: `python -m tests.protocol.make_vectors`.

Good packets are made from their fields by `toml_codec`, which is not the package's codec. Bad ones
are good ones with one thing broken. What stands in PROTOCOL.md, section 13, stands here as bytes.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.protocol import toml_codec
from tests.protocol.bad_info import bad_infos, good_infos
from tests.protocol.worked_examples import WORKED_EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[2] / "firmware_protocol/vectors.json"
Entry = dict[str, Any]

TOP = 2**32 - 1
LOW_HIGH = [-32768, 32767, -32768, 32767, -32768, 32767]


def good(name: str, structure: str, why: str, fields: dict[str, Any]) -> Entry:
    value = toml_codec.encode(structure, fields)
    return {
        "name": name,
        "structure": structure,
        "why": why,
        "hex": value.hex(),
        "fields": toml_codec.decode(structure, value),
    }


def bad(name: str, structure: str, why: str, value: bytes, error: str) -> Entry:
    return {"name": name, "structure": structure, "why": why, "hex": value.hex(), "error": error}


# --- packets --------------------------------------------------------------------------------------


def packet(count: int = 2, kind: int = 1, first: int = 1000, t100us: int = 5000) -> dict[str, Any]:
    samples = [[100 * k + axis - 250 for axis in range(6)] for k in range(count)]
    return {
        "version_kind": 16 | kind,
        "count": count,
        "first_sequence": first,
        "t100us": t100us,
        "samples": samples,
    }


def packets() -> Iterator[Entry]:
    yield good("packet: typical", "packet", "eight samples at 200 Hz, live", packet(8))
    yield good("packet: minimum", "packet", "one sample, all zero: fits the smallest MTU", {
        **packet(1, first=0, t100us=0), "samples": [[0] * 6]
    })  # fmt: skip
    full = packet(19, kind=2, first=TOP - 18, t100us=65535) | {"samples": [LOW_HIGH] * 19}
    yield good("packet: maximum", "packet", "19 samples, every field at its end", full)
    yield good("packet: MTU 185", "packet", "14 samples, 176 bytes", packet(14))
    yield good(
        "packet: numbers wrap inside", "packet",
        "samples 4294967294, 4294967295, 0, 1", packet(4, first=TOP - 1),
    )  # fmt: skip
    yield good("packet: first after the wrap", "packet", "number 0, backfill", packet(1, 2, 0))
    yield good("packet: clock wraps after it", "packet", "65535 x 100 us", packet(3, t100us=65535))
    minus = packet(1) | {"samples": [[-1] * 6]}
    yield good("packet: minus one", "packet", "all bits of the counts are set", minus)
    yield from bad_packets()


def bad_packets() -> Iterator[Entry]:
    two = toml_codec.encode("packet", packet(2))
    one = toml_codec.encode("packet", packet(1))
    yield bad("packet: empty", "packet", "no byte at all", b"", "length")
    yield bad(
        "packet: one byte", "packet", "the version is right, the rest missing", two[:1], "length"
    )
    yield bad("packet: header cut", "packet", "seven bytes", two[:7], "length")
    yield bad(
        "packet: header alone", "packet", "two samples are said, none is there", two[:8], "length"
    )
    yield bad("packet: last byte missing", "packet", "a stack that cuts", two[:-1], "length")
    yield bad("packet: last sample missing", "packet", "a stack that cuts", two[:-12], "length")
    yield bad("packet: a byte too many", "packet", "must be exact", two + b"\0", "length")
    yield bad("packet: a sample too many", "packet", "must be exact", one + one[8:], "length")
    yield bad("packet: count 0", "packet", "header with no sample", b"\x11\0" + two[2:8], "count")
    twenty = b"\x11\x14" + two[2:8] + bytes(240)
    yield bad("packet: count 20", "packet", "248 bytes, longer than may be sent", twenty, "count")
    yield bad(
        "packet: count 255", "packet", "with two samples behind", b"\x11\xff" + two[2:], "count"
    )
    for version in (0, 2, 15):
        value = bytes([version << 4 | 1]) + two[1:]
        yield bad(f"packet: version {version}", "packet", "another major version", value, "version")
    value = bytes([2 << 4 | 1])
    yield bad("packet: another version, short", "packet", "its form is not known", value, "version")
    for kind in (0, 3, 15):
        yield {
            "name": f"packet: kind {kind}",
            "structure": "packet",
            "why": "not known: left and counted, not refused",
            "hex": (bytes([16 | kind]) + two[1:]).hex(),
            "ignored": True,
        }
    yield {
        "name": "packet: kind 3, short",
        "structure": "packet",
        "why": "what a kind that is not known looks like is not known either",
        "hex": "1305",
        "ignored": True,
    }


# --- status ---------------------------------------------------------------------------------------


def statuses() -> Iterator[Entry]:
    typical = {
        "next_sequence": 70020,
        "oldest_sequence": 52020,
        "time_us": 123456789,
        "boot": 0xBEEF,
        "battery": 87,
        "flags": 1,
        "lost": 0,
    }
    yield good("status: typical", "status", "measuring, 18,000 samples held", typical)
    yield good(
        "status: minimum", "status", "just started, empty battery", dict.fromkeys(typical, 0)
    )
    ends = {
        "next_sequence": TOP,
        "oldest_sequence": TOP,
        "time_us": 2**48 - 1,
        "boot": 65535,
        "battery": 255,
        "flags": 255,
        "lost": 65535,
    }
    yield good("status: maximum", "status", "nothing held, battery unknown, every flag", ends)
    for name, bit in toml_codec.TOML["status_flag"].items():
        fields = typical | {"flags": 1 << bit}
        yield good(f"status: flag {name}", "status", f"bit {bit} alone", fields)
    wrapped = typical | {"next_sequence": 100, "oldest_sequence": TOP - 99}
    yield good("status: numbers wrapped", "status", "200 samples held across the wrap", wrapped)
    long = typical | {"time_us": 2**32}
    yield good("status: time over 32 bits", "status", "4294.967296 s after start", long)
    value = toml_codec.encode("status", typical)
    yield bad("status: empty", "status", "no byte at all", b"", "length")
    yield bad("status: a byte too few", "status", "19 bytes", value[:-1], "length")
    yield bad("status: a byte too many", "status", "21 bytes", value + b"\0", "length")


# --- control --------------------------------------------------------------------------------------

START = {
    "rate_mhz": 208000,
    "acc_range_g": 16,
    "gyr_range_dps": 2000,
    "session": 0x0D15EA5E,
    "keep_s": 900,
    "live_batch": 8,
}
REQUEST_BODIES: dict[str, list[tuple[str, dict[str, int]]]] = {
    "START": [
        ("typical", START),
        ("minimum", {**dict.fromkeys(START, 0), "session": 1}),
        ("maximum", {
            "rate_mhz": TOP, "acc_range_g": 255, "gyr_range_dps": 65535, "session": TOP,
            "keep_s": 65535, "live_batch": 255,
        }),
    ],
    "STOP": [("typical", {})],
    "RESEND": [
        ("typical", {"first": 70019, "count": 400}),
        ("minimum", {"first": 0, "count": 1}),
        ("maximum", {"first": TOP, "count": 2**31 - 1}),
        ("across the wrap", {"first": TOP - 9, "count": 20}),
    ],
    "ACK": [("typical", {"sequence": 70419}), ("minimum", {"sequence": 0}),
            ("maximum", {"sequence": TOP})],
    "TIME": [("typical", {})],
    "IDENTIFY": [("typical", {"seconds": 5}), ("off", {"seconds": 0}),
                 ("maximum", {"seconds": 255})],
    "LABEL": [("left foot", {"side": 1, "placement": 2}), ("none", {"side": 0, "placement": 0}),
              ("maximum", {"side": 2, "placement": 3})],
    "SELF_TEST": [("typical", {})],
    "FACTORY_RESET": [("typical", {"magic": 0x54455352})],
    "SLEEP": [("typical", {})],
}  # fmt: skip
REPLY_BODIES: dict[str, list[tuple[str, dict[str, int]]]] = {
    "START": [("typical", {"first_sequence": 70000, "time_us": 123400000}),
              ("maximum", {"first_sequence": TOP, "time_us": 2**48 - 1})],
    "STOP": [("typical", {"next_sequence": 70420}), ("maximum", {"next_sequence": TOP})],
    "RESEND": [("part", {"first": 70100, "count": 319}), ("across the wrap",
               {"first": TOP - 9, "count": 20})],
    "ACK": [("typical", {"oldest": 52300}), ("maximum", {"oldest": TOP})],
    "TIME": [("typical", {"received_us": 125000000, "sent_us": 125000350}),
             ("maximum", {"received_us": 2**64 - 1, "sent_us": 2**64 - 1})],
    "IDENTIFY": [("typical", {})],
    "LABEL": [("typical", {})],
    "SELF_TEST": [("sound", {"faults": 0}), ("accelerometer", {"faults": 1}),
                  ("gyroscope", {"faults": 2}), ("memory", {"faults": 4}),
                  ("clock", {"faults": 8}), ("all", {"faults": 15})],
    "FACTORY_RESET": [("typical", {})],
    "SLEEP": [("typical", {})],
}  # fmt: skip
RESULT_FIELDS = {
    "NOT_HELD": {"oldest": 52020, "next": 70420},
    "INVALID": {"offset": 2},
    "IN_USE": {"session": 0x0D15EA5E},
}


def requests() -> Iterator[Entry]:
    ops = toml_codec.TOML["op"]
    for name, bodies in REQUEST_BODIES.items():
        for which, body in bodies:
            fields = {"op": ops[name]["code"], "tag": 42, "body": body}
            yield good(f"request: {name}, {which}", "request", f"{name}: {which}", fields)
        value = toml_codec.encode(
            "request", {"op": ops[name]["code"], "tag": 7, "body": bodies[0][1]}
        )
        long = value + b"\0"
        yield bad(f"request: {name}, a byte too many", "request", "must be exact", long, "length")
        short = value[:-1]
        yield bad(f"request: {name}, a byte too few", "request", "must be exact", short, "length")
    for tag in (0, 255):
        fields = {"op": 2, "tag": tag, "body": {}}
        yield good(f"request: tag {tag}", "request", "any tag may be chosen", fields)
    for name, code in (("of a newer minor", 0x20), ("never used", 0x40), ("vendor", 0x60)):
        value = bytes([code, 48, 1, 2])
        yield {
            "name": f"request: op {code:#04x}",
            "structure": "request",
            "why": f"{name}: to be answered UNSUPPORTED, its body is kept",
            "hex": value.hex(),
            "fields": {"op": code, "tag": 48, "body": "0102"},
        }
    yield from bad_requests()


def bad_requests() -> Iterator[Entry]:
    def made(op: int, body: dict[str, int]) -> bytes:
        return toml_codec.encode("request", {"op": op, "tag": 1, "body": body})

    yield bad("request: empty", "request", "no byte at all", b"", "length")
    yield bad("request: no tag", "request", "one byte", b"\x02", "length")
    yield bad(
        "request: 21 bytes", "request", "longer than the smallest MTU", bytes([32] * 21), "length"
    )
    yield bad("request: op of a reply", "request", "0x81", b"\x81\x01", "op")
    yield bad("request: op of an event", "request", "0xC3", b"\xc3\x01", "op")
    yield bad(
        "request: session 0", "request", "no session", made(1, START | {"session": 0}), "value"
    )
    yield bad(
        "request: resend nothing", "request", "count 0", made(3, {"first": 1, "count": 0}), "value"
    )
    much = made(3, {"first": 1, "count": 2**31})
    yield bad("request: resend too much", "request", "count 2^31", much, "value")
    yield bad(
        "request: side 3", "request", "unknown", made(7, {"side": 3, "placement": 1}), "value"
    )
    place = made(7, {"side": 1, "placement": 4})
    yield bad("request: placement 4", "request", "unknown", place, "value")
    yield bad(
        "request: wrong magic", "request", "no reset by chance", made(9, {"magic": 1}), "value"
    )


def replies() -> Iterator[Entry]:
    ops, results = toml_codec.TOML["op"], toml_codec.TOML["result"]
    for name, bodies in REPLY_BODIES.items():
        code = ops[name]["code"] + 0x80
        for which, body in bodies:
            fields = {"op": code, "tag": 42, "result": 0, "body": body}
            yield good(f"reply: {name} OK, {which}", "reply", f"{name}: {which}", fields)
        for result, number in results.items():
            if result != "OK":
                body = RESULT_FIELDS.get(result, {})
                fields = {"op": code, "tag": 43, "result": number, "body": body}
                yield good(f"reply: {name} {result}", "reply", f"{result} to {name}", fields)
        value = toml_codec.encode(
            "reply", {"op": code, "tag": 42, "result": 0, "body": bodies[0][1]}
        )
        short = value[:-1]
        yield bad(f"reply: {name}, a byte too few", "reply", "a field is cut", short, "length")
        longer = value + b"\x99"
        if len(longer) <= 20:
            yield {
                "name": f"reply: {name}, a byte more",
                "structure": "reply",
                "why": "a newer minor may add fields at the end: read as far as known",
                "hex": longer.hex(),
                "fields": toml_codec.decode("reply", value),
                "decode_only": True,
            }
    yield from odd_replies()


def odd_replies() -> Iterator[Entry]:
    for name, why, value, fields in (
        ("reply: unknown op", "UNSUPPORTED", "a03003",
         {"op": 160, "tag": 48, "result": 3, "body": {}}),
        ("reply: unknown op OK", "of a newer minor; the body is kept", "a0300001",
         {"op": 160, "tag": 48, "result": 0, "body": "01"}),
        ("reply: unknown result", "of a newer minor; the body is kept", "81300a0102",
         {"op": 129, "tag": 48, "result": 10, "body": "0102"}),
    ):  # fmt: skip
        yield {"name": name, "structure": "reply", "why": why, "hex": value, "fields": fields}
    for result, body in (("NOT_HELD", 8), ("INVALID", 1), ("IN_USE", 4)):
        value = bytes([0x83, 1, toml_codec.TOML["result"][result]]) + bytes(body - 1)
        yield bad(f"reply: {result} cut", "reply", "its body is cut", value, "length")
    yield bad("reply: empty", "reply", "no byte at all", b"", "length")
    yield bad("reply: no result", "reply", "two bytes", b"\x82\x01", "length")
    yield bad(
        "reply: 21 bytes", "reply", "longer than the smallest MTU", b"\x85" + bytes(20), "length"
    )
    yield bad("reply: op of a request", "reply", "0x01", b"\x01\x01\0", "op")


def dones() -> Iterator[Entry]:
    base = {"op": 0xC3, "tag": 43, "result": 0, "first": 70019, "count": 400, "sent": 400}
    yield good("done: typical", "done", "all that was accepted was sent", base)
    part = base | {"result": 1, "sent": 250}
    yield good("done: overwritten", "done", "NOT_HELD: the ring was faster", part)
    none = base | {"result": 1, "sent": 0}
    yield good("done: nothing sent", "done", "everything was overwritten", none)
    ends = {"op": 0xC3, "tag": 255, "result": 1, "first": TOP, "count": 2**31 - 1, "sent": TOP}
    yield good("done: maximum", "done", "every field at its end", ends)
    value = toml_codec.encode("done", base)
    yield bad("done: a byte too few", "done", "14 bytes", value[:-1], "length")
    yield bad("done: op alone", "done", "one byte", value[:1], "length")
    yield bad("done: 21 bytes", "done", "longer than the smallest MTU", value + bytes(6), "length")
    yield {
        "name": "done: a byte more",
        "structure": "done",
        "why": "a newer minor may add fields at the end: read as far as known",
        "hex": value.hex() + "99",
        "fields": base,
        "decode_only": True,
    }


# --- relay ----------------------------------------------------------------------------------------

FAMILIES = toml_codec.TOML["family"]
KINDS = toml_codec.TOML["relay_kind"]
CHANNELS = toml_codec.TOML["relay_channel"]


def record(kind: str, value: bytes, channel: int = 0, offset_us: int = 0, slot: int = 0) -> Entry:
    return {
        "kind": KINDS[kind],
        "slot": slot,
        "channel": channel,
        "reserved": 0,
        "offset_us": offset_us,
        "length": len(value),
        "value": value.hex(),
    }


def frame(*records: Entry, sequence: int = 0, base_us: int = 9_000_000) -> Entry:
    return toml_codec.with_crc(
        {
            "version": 1,
            "reserved": 0,
            "records": len(records),
            "sequence": sequence,
            "base_us": base_us,
            "record": list(records),
        }
    )


def slot_value(serial: bytes = b"SS-0042", family: int = 1, side: int = 1, place: int = 2) -> bytes:
    return bytes([family, side, place]) + serial


SLOT = record("slot", slot_value())
LIVE = toml_codec.encode("packet", packet(2))


def relay_frames() -> Iterator[Entry]:
    live = record("notified", LIVE, CHANNELS["live"], 1500)
    yield good(
        "relay: typical", "relay_frame", "a slot, then a live packet of it", frame(SLOT, live)
    )
    least = record("notified", b"", 1)
    yield good("relay: minimum", "relay_frame", "one record with an empty value",
               frame(least, base_us=0))  # fmt: skip
    top = record("read", bytes(range(256)) * 2, CHANNELS["info"], TOP, 255)
    yield good("relay: 512 byte info", "relay_frame", "every number at its end",
               frame(top, sequence=TOP, base_us=2**64 - 1))  # fmt: skip
    for name, number in CHANNELS.items():
        yield good(f"relay: channel {name}", "relay_frame", f"channel {number}",
                   frame(record("notified", b"\x01", number)))  # fmt: skip
    for name, number in FAMILIES.items():
        yield good(f"relay: family {name}", "relay_frame", f"family {number}",
                   frame(record("slot", slot_value(family=number))))  # fmt: skip
    kinds = [
        SLOT,
        record("link_up", struct.pack("<H", 247), offset_us=10),
        record("written", bytes.fromhex("052e"), 1, 20),
        record("read", b"\x57", CHANNELS["battery"], 20),
        record("link_down", b"\x08", offset_us=30),
        record("paused", struct.pack("<Q", 4_000_000), offset_us=4_000_030),
        record("link_up", b"\0\0", offset_us=4_000_040),
    ]
    yield good("relay: every kind", "relay_frame", "with two records of one instant", frame(*kinds))
    longest = record("slot", slot_value("é".encode() * 32))
    yield good("relay: longest serial", "relay_frame", "64 bytes of UTF-8", frame(longest))
    yield from bad_frames(frame(SLOT, live))


def bad_frames(fine: Entry) -> Iterator[Entry]:
    value = toml_codec.encode("relay_frame", fine)

    def sealed(body: bytes) -> bytes:
        return body + zlib.crc32(body).to_bytes(4, "little")

    def broken(name: str, why: str, error: str, whole: bytes) -> Entry:
        return bad(f"relay: {name}", "relay_frame", why, whole, error)

    def made(name: str, why: str, error: str, *records: Entry) -> Entry:
        return broken(name, why, error, toml_codec.encode("relay_frame", frame(*records)))

    body = value[:-4]
    yield broken("empty", "no byte at all", "length", b"")
    yield broken("header alone", "16 bytes", "length", value[:16])
    yield broken("no record", "records 0", "count", sealed(body[:2] + b"\0\0" + body[4:16]))
    yield broken("version 2", "another version", "version", sealed(b"\x02" + body[1:]))
    yield broken("wrong CRC", "last bit turned", "crc", value[:-1] + bytes([value[-1] ^ 128]))
    yield broken("changed byte", "one bit of a count turned", "crc",
                 value[:60] + bytes([value[60] ^ 1]) + value[61:])  # fmt: skip
    yield broken("cut", "last byte missing", "crc", value[:-1])
    yield broken("a record more is said", "three of two", "length",
                 sealed(body[:2] + b"\x03\0" + body[4:]))  # fmt: skip
    yield broken("a record less is said", "one of two", "length",
                 sealed(body[:2] + b"\x01\0" + body[4:]))  # fmt: skip
    yield broken("record cut", "its head is cut", "length", sealed(body[:30]))
    yield broken(
        "value too short", "a length that reaches past the end", "length", sealed(body[:-1])
    )
    yield broken("byte left over", "after the last record", "length", sealed(body + b"\0"))
    for kind in (0, 8, 255):
        yield made(f"kind {kind}", "unknown", "kind", record("notified", b"", 1) | {"kind": kind})
    for channel in (7, 15, 22, 34, 50, 255):
        yield made(f"channel {channel}", "unknown", "channel", record("read", b"", channel))
    yield made("no channel", "a notification needs one", "channel", record("notified", b""))
    yield made("channel of a slot", "needs none", "channel", SLOT | {"channel": 1})
    backwards = record("notified", b"", 1, 5), record("notified", b"", 1, 4)
    yield made("backwards", "the second is earlier", "order", *backwards)
    for name, content, error in (
        ("family 0", slot_value(family=0), "value"),
        ("family 5", slot_value(family=5), "value"),
        ("side 3", slot_value(side=3), "value"),
        ("placement 4", slot_value(place=4), "value"),
        ("no serial", slot_value(b""), "text"),
        ("serial of 65 bytes", slot_value(b"x" * 65), "text"),
        ("serial not UTF-8", slot_value(b"\xff\xfe"), "text"),
        ("slot of two bytes", b"\x01\x01", "length"),
    ):
        yield made(name, "in the description of a slot", error, record("slot", content))
    for name, kind, content in (
        ("link_up of 1 byte", "link_up", b"\0"),
        ("link_up of 3 bytes", "link_up", bytes(3)),
        ("link_down of 0 bytes", "link_down", b""),
        ("link_down of 2 bytes", "link_down", bytes(2)),
        ("paused of 7 bytes", "paused", bytes(7)),
        ("paused of 9 bytes", "paused", bytes(9)),
    ):
        yield made(name, "fixed size", "length", record(kind, content))


def streams() -> Iterator[Entry]:
    """Frames of one stream, one after another: what each gives, or why it is refused."""

    def told(*records: Entry, sequence: int, gives: int = 0, error: str = "") -> Entry:
        value = toml_codec.encode("relay_frame", frame(*records, sequence=sequence))
        return {"hex": value.hex()} | ({"error": error} if error else {"gives": gives})

    live = record("notified", LIVE, CHANNELS["live"], 1500)
    other = record("slot", slot_value(b"SS-0043"))
    moved = record("slot", slot_value(side=2, place=1))
    family = record("slot", slot_value(family=2))
    yield {
        "name": "stream: in order, one again",
        "why": "a frame that came already is left, not refused",
        "start": 0,
        "frames": [
            told(SLOT, live, sequence=0, gives=2),
            told(live, sequence=1, gives=1),
            told(live, sequence=1, gives=0),
            told(live, live, sequence=2, gives=2),
        ],
    }
    yield {
        "name": "stream: a frame is missing",
        "why": "refused until the missing one comes; what was refused has changed nothing",
        "start": 0,
        "frames": [
            told(SLOT, sequence=0, gives=1),
            told(live, sequence=2, error="sequence"),
            told(live, sequence=1, gives=1),
            told(live, sequence=2, gives=1),
        ],
    }
    yield {
        "name": "stream: slots",
        "why": "described first; another label may follow, another sensor may not",
        "start": 0,
        "frames": [
            told(live, sequence=0, error="slot"),
            told(live, SLOT | {"offset_us": 2000}, sequence=0, error="slot"),
            told(SLOT, live, sequence=0, gives=2),
            told(live | {"slot": 1}, sequence=1, error="slot"),
            told(other, sequence=1, error="slot"),
            told(family, sequence=1, error="slot"),
            told(moved, live, sequence=1, gives=2),
            told(other | {"slot": 1}, live | {"slot": 1}, sequence=2, gives=2),
        ],
    }
    yield {
        "name": "stream: sequences wrap",
        "why": "0 follows 4294967295",
        "start": TOP,
        "frames": [
            told(SLOT, sequence=TOP, gives=1),
            told(live, sequence=0, gives=1),
            told(live, sequence=TOP, gives=0),
        ],
    }


# --- the file -------------------------------------------------------------------------------------


def entries() -> list[Entry]:
    return [
        *({"worked_example": True} | entry for entry in worked()),
        *packets(),
        *statuses(),
        *requests(),
        *replies(),
        *dones(),
        *good_infos(good),
        *bad_infos(bad),
        *relay_frames(),
    ]


def worked() -> Iterator[Entry]:
    for name, structure, value in WORKED_EXAMPLES:
        data = bytes.fromhex(value)
        yield {
            "name": f"example: {name}",
            "structure": structure,
            "why": "PROTOCOL.md, section 13",
            "hex": data.hex(),
            "fields": toml_codec.decode(structure, data),
        }


def text() -> str:
    """The file: one line an entry, so that a change shows as one line."""
    parts = {
        "about": [
            "Golden packets of the open sensor protocol 1.0. `fields` are named as in",
            "packets.toml; bytes are hex. `error`: must be refused for this reason. `ignored`:",
            "must be left and counted. `decode_only`: fewer bytes are read than were sent.",
            "`streams`: relay frames of one stream, each with the number of records it gives.",
        ],
        "entries": entries(),
        "streams": [*streams()],
    }
    blocks = [
        f"{json.dumps(key)}: [\n"
        + ",\n".join(json.dumps(item, ensure_ascii=True) for item in items)
        + "\n]"
        for key, items in parts.items()
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
