"""Random fields that the protocol allows, drawn from the tables of `packets.toml`.

Also 100,000 packets as bytes, put together by numpy from the same tables.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.protocol import toml_codec
from tests.protocol.bad_info import BASE, OPTIONAL

TOML = toml_codec.TOML
Fields = dict[str, Any]
_SPAN = {
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 48, 64)},
    "i8": (-128, 127),
    "i16": (-32768, 32767),
}
_ONLY = {
    "side": [*TOML["side"].values()],
    "placement": [*TOML["placement"].values()],
    "family": [*TOML["family"].values()],
    "gyro_sampling": [*TOML["gyro_sampling"].values()],
}
_NOT_ZERO = {"session": (1, 2**32 - 1), "boot_id": (1, 2**32 - 1), "rate_mhz": (1, 2**32 - 1)}


def number(rng: random.Random, name: str, kind: str, unit: str = "") -> int | float:
    """A value of a field; its ends are drawn as often as a tenth of all."""
    if unit in _ONLY:
        return rng.choice(_ONLY[unit])
    if kind == "f32":
        return float(np.float32(rng.uniform(1e-6, 1.0)))
    low, high = _NOT_ZERO.get(name, _SPAN.get(kind, (0, 0)))
    return rng.choice((low, high)) if rng.random() < 0.1 else rng.randint(low, high)


def numbers(rng: random.Random, table: list[list[str]]) -> Fields:
    """A value of each field of a table without lists or texts."""
    return {name: number(rng, name, kind, unit) for name, kind, unit, _ in table}


def text(rng: random.Random, most_bytes: int) -> str:
    """1 to so many bytes of UTF-8, of all lengths of characters."""
    alphabet = "aZ09-_ .é足😀"
    letters = ""
    while True:
        letter = rng.choice(alphabet)
        if len((letters + letter).encode()) > most_bytes or (letters and rng.random() < 0.05):
            return letters or "x"
        letters += letter


def request(rng: random.Random) -> Fields:
    name, op = rng.choice([*TOML["op"].items()])
    body = numbers(rng, op["request"])
    if name == "RESEND":
        body["count"] = rng.randint(1, 2**31 - 1)
    if name == "FACTORY_RESET":
        body["magic"] = 0x54455352
    return {"op": op["code"], "tag": rng.randrange(256), "body": body}


def reply(rng: random.Random) -> Fields:
    op = rng.choice([*TOML["op"].values()])["code"] + 0x80
    result = 0 if rng.random() < 0.5 else rng.choice([*TOML["result"].values()])
    head = {"op": op, "tag": rng.randrange(256), "result": result}
    return head | {"body": numbers(rng, toml_codec.body_table(head) or [])}


def status(rng: random.Random) -> Fields:
    return numbers(rng, TOML["status"]["fields"])


def done(rng: random.Random) -> Fields:
    return numbers(rng, TOML["done"]["fields"]) | {"op": 0xC3, "result": rng.choice((0, 1))}


def info(rng: random.Random) -> Fields:
    """Required entries, and each of the others half the time."""
    fields: Fields = {}
    for name in (*BASE, *OPTIONAL):
        if name in OPTIONAL and rng.random() < 0.5:
            continue
        table = TOML["info_type"][name]["fields"]
        (first, kind, *_) = table[0]
        if kind == "utf8":
            fields[name] = {first: text(rng, 32)}
        elif kind.endswith("*"):
            item = TOML[kind[:-1]]["fields"]
            rows = [[*numbers(rng, item).values()] for _ in range(rng.randint(1, 8))]
            fields[name] = {first: rows}
        else:
            fields[name] = numbers(rng, table)
    fields["PROTOCOL"]["major"] = 1
    if "AXES" in fields:
        axes = rng.choice([(1, 2, 3), (-2, 1, 3), (3, -2, 1), (2, 3, 1), (-1, -2, 3), (-3, -2, -1)])
        fields["AXES"] = dict(zip("xyz", axes, strict=True))
    if rng.random() < 0.3:
        fields["unknown"] = [
            [rng.randint(16, 255), rng.randbytes(rng.randrange(20)).hex()]
            for _ in range(rng.randint(1, 3))
        ]
    return fields


def relay_frame(rng: random.Random) -> Fields:
    """One to six records of all kinds."""
    records = []
    offset_us = 0
    for _ in range(rng.randint(1, 6)):
        name, kind = rng.choice([*TOML["relay_kind"].items()])
        offset_us += rng.choice((0, 1, 15_000, 2**28))
        value = rng.randbytes(rng.choice((0, 1, 20, 244)))
        if name == "slot":
            table = TOML["relay_value"]["slot"]["fields"]
            serial = {table[3][0]: text(rng, 64)}
            value = toml_codec.encode_fields(table, numbers(rng, table[:3]) | serial)
        elif name in TOML["relay_value"]:
            table = TOML["relay_value"][name]["fields"]
            value = toml_codec.encode_fields(table, numbers(rng, table))
        channel = 0 if kind > 3 else rng.choice([*TOML["relay_channel"].values()])
        records.append(
            {
                "kind": kind,
                "slot": rng.randrange(256),
                "channel": channel,
                "reserved": 0,
                "offset_us": offset_us,
                "length": len(value),
                "value": value.hex(),
            }
        )
    head = {"version": 1, "reserved": 0, "records": len(records), "record": records}
    return toml_codec.with_crc(
        head | {"sequence": rng.randrange(2**32), "base_us": rng.randrange(2**64)}
    )


RANDOM = {
    "request": request,
    "reply": reply,
    "status": status,
    "done": done,
    "info": info,
    "relay_frame": relay_frame,
}


# --- very many packets ----------------------------------------------------------------------------


def numpy_type(structure: str, count: int) -> np.dtype[Any]:
    """A packet of so many samples as numpy reads it, from the tables."""
    codes = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i16": "<i2"}
    fields: list[Any] = []
    for name, kind, *_ in TOML[structure]["fields"]:
        if kind.endswith("*"):
            fields.append((name, numpy_type(kind[:-1], 0), (count,)))
        else:
            fields.append((name, codes[kind]))
    return np.dtype(fields)


def random_packets(total: int, seed: int) -> tuple[list[bytes], list[NDArray[Any]]]:
    """Good packets as bytes, and the same as structured arrays, one for each count of samples."""
    rng = np.random.default_rng(seed)
    low, high = TOML["protocol"]["samples_per_packet"]
    counts = rng.integers(low, high + 1, total)
    values, groups = [], []
    for count in range(low, high + 1):
        size = int((counts == count).sum())
        form = numpy_type("packet", count)
        packets = np.frombuffer(rng.bytes(size * form.itemsize), form).copy()
        packets["count"] = count
        major = TOML["protocol"]["major"] << 4
        packets["version_kind"] = major | rng.choice([*TOML["kind"].values()], size)
        edge = rng.random(size) < 0.1
        packets["first_sequence"][edge] = 2**32 - rng.integers(0, 40, int(edge.sum()))
        whole = packets.tobytes()
        width = form.itemsize
        values += [whole[k : k + width] for k in range(0, len(whole), width)]
        groups.append(packets)
    return values, groups


def plain(groups: list[NDArray[Any]]) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """Kind, first number, t100us and counts of each packet of the structured arrays."""
    found = []
    for packets in groups:
        rows = np.ascontiguousarray(packets["samples"]).view("<i2")
        counts = rows.reshape(len(packets), rows.shape[1]).tolist()
        kinds = (packets["version_kind"] & 15).tolist()
        columns = zip(
            kinds,
            packets["first_sequence"].tolist(),
            packets["t100us"].tolist(),
            counts,
            strict=True,
        )
        found += [(kind, first, t100us, tuple(row)) for kind, first, t100us, row in columns]
    return found
