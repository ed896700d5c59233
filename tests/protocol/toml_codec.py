"""`packets.toml`, executed: every structure encoded and decoded by its field table alone.

A second form of the codec: it shares nothing with the package, and knows no rule that is not a
field. What it gives and takes are the `fields` of `vectors.json`: the names of the table, lists of
samples as lists of numbers, bytes as hex.
"""

from __future__ import annotations

import struct
import tomllib
import zlib
from pathlib import Path
from typing import Any

Fields = dict[str, Any]
TOML = tomllib.loads(
    (Path(__file__).parents[2] / "firmware_protocol/packets.toml").read_text(encoding="utf-8")
)
_INTEGERS = {
    "u8": (1, False),
    "u16": (2, False),
    "u32": (4, False),
    "u48": (6, False),
    "u64": (8, False),
    "i8": (1, True),
    "i16": (2, True),
}
REPLY = 0x80


def size_of(kind: str) -> int:
    """Bytes of a field of fixed size."""
    return 4 if kind == "f32" else _INTEGERS[kind][0]


def decode_fields(table: list[list[str]], value: bytes) -> Fields:
    """Fields from the first byte on; what is left over is left."""
    found: Fields = {}
    offset = 0
    for name, kind, *_ in table:
        if kind in _INTEGERS:
            size, signed = _INTEGERS[kind]
            found[name] = int.from_bytes(value[offset : offset + size], "little", signed=signed)
            offset += size
        elif kind == "f32":
            found[name] = struct.unpack("<f", value[offset : offset + 4])[0]
            offset += 4
        elif kind == "utf8":
            found[name] = value[offset:].decode()
            offset = len(value)
        elif kind == "bytes":
            found[name] = value[offset:].hex()
            offset = len(value)
        else:
            item = TOML[kind.removesuffix("*")]
            cuts = range(offset, len(value), item["size"])
            found[name] = [
                [*decode_fields(item["fields"], value[cut : cut + item["size"]]).values()]
                for cut in cuts
            ]
            offset = len(value)
    return found


def encode_fields(table: list[list[str]], fields: Fields) -> bytes:
    """The reverse of `decode_fields`."""
    value = b""
    for name, kind, *_ in table:
        given = fields[name]
        if kind in _INTEGERS:
            size, signed = _INTEGERS[kind]
            value += given.to_bytes(size, "little", signed=signed)
        elif kind == "f32":
            value += struct.pack("<f", given)
        elif kind == "utf8":
            value += given.encode()
        elif kind == "bytes":
            value += bytes.fromhex(given)
        else:
            item = TOML[kind.removesuffix("*")]["fields"]
            names = [name for name, *_ in item]
            value += b"".join(
                encode_fields(item, dict(zip(names, row, strict=True))) for row in given
            )
    return value


def table_of(structure: str) -> list[list[str]]:
    """Of a structure of fixed form: packet, status, done."""
    return TOML[structure]["fields"]


# --- control --------------------------------------------------------------------------------------


def _op(code: int) -> dict[str, Any]:
    return next((op for op in TOML["op"].values() if op["code"] == code), {})


def body_table(fields: Fields) -> list[list[str]] | None:
    """Of a request or a reply, from its op and result; None: not known, the body stays hex."""
    if "result" not in fields:
        return _op(fields["op"]).get("request")
    result = next((n for n, code in TOML["result"].items() if code == fields["result"]), None)
    if result is None:
        return None
    if result == "OK":
        return _op(fields["op"] - REPLY).get("reply")
    return TOML["result_body"].get(result, [])


def _decode_control(structure: str, value: bytes) -> Fields:
    fields = decode_fields(TOML[structure]["fields"], value)
    table = body_table(fields)
    if table is None:
        return fields
    return fields | {"body": decode_fields(table, bytes.fromhex(fields["body"]))}


def _encode_control(structure: str, fields: Fields) -> bytes:
    table = body_table(fields)
    body = fields["body"] if table is None else encode_fields(table, fields["body"]).hex()
    return encode_fields(TOML[structure]["fields"], fields | {"body": body})


# --- info -----------------------------------------------------------------------------------------


def _decode_info(value: bytes) -> Fields:
    names = {entry["code"]: name for name, entry in TOML["info_type"].items()}
    found: Fields = {}
    while value:
        head = decode_fields(TOML["info"]["entry"], value)
        content = bytes.fromhex(head["value"])[: head["length"]]
        value = value[2 + head["length"] :]
        name = names.get(head["type"])
        if name is None:
            found.setdefault("unknown", []).append([head["type"], content.hex()])
        else:
            found[name] = decode_fields(TOML["info_type"][name]["fields"], content)
    return found


def _encode_info(fields: Fields) -> bytes:
    entries = []
    for name, content in fields.items():
        if name == "unknown":
            entries += [(kind, bytes.fromhex(value)) for kind, value in content]
        else:
            entry = TOML["info_type"][name]
            entries.append((entry["code"], encode_fields(entry["fields"], content)))
    return b"".join(
        encode_fields(
            TOML["info"]["entry"], {"type": kind, "length": len(value), "value": value.hex()}
        )
        for kind, value in entries
    )


# --- relay ----------------------------------------------------------------------------------------


def _decode_relay(value: bytes) -> Fields:
    head = [row for row in table_of("relay_frame") if row[0] not in ("record", "crc")]
    found = decode_fields(head, value)
    offset = sum(size_of(kind) for _, kind, *_ in head)
    records = []
    for _ in range(found["records"]):
        record = decode_fields(table_of("relay_record"), value[offset:])
        offset += 10 + record["length"]
        record["value"] = record["value"][: 2 * record["length"]]
        records.append(record)
    crc = int.from_bytes(value[offset:], "little")
    return found | {"record": records, "crc": crc}


def _encode_relay(fields: Fields) -> bytes:
    head = [row for row in table_of("relay_frame") if row[0] not in ("record", "crc")]
    value = encode_fields(head, fields) + b"".join(
        encode_fields(table_of("relay_record"), record) for record in fields["record"]
    )
    return value + fields["crc"].to_bytes(4, "little")


def with_crc(fields: Fields) -> Fields:
    """The same frame with the right CRC."""
    body = _encode_relay(fields | {"crc": 0})[:-4]
    return fields | {"crc": zlib.crc32(body)}


# --- by name --------------------------------------------------------------------------------------


def decode(structure: str, value: bytes) -> Fields:
    """Fields of a packet, status, request, reply, done, info or relay_frame."""
    if structure in ("request", "reply"):
        return _decode_control(structure, value)
    special = {"info": _decode_info, "relay_frame": _decode_relay}
    if structure in special:
        return special[structure](value)
    return decode_fields(table_of(structure), value)


def encode(structure: str, fields: Fields) -> bytes:
    """The reverse of `decode`."""
    if structure in ("request", "reply"):
        return _encode_control(structure, fields)
    special = {"info": _encode_info, "relay_frame": _encode_relay}
    if structure in special:
        return special[structure](fields)
    return encode_fields(table_of(structure), fields)
