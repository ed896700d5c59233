"""Infos for the vectors: each entry in each way, and each way to be wrong."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from tests.protocol import toml_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Entry = dict[str, Any]
BASE: dict[str, Any] = {
    "PROTOCOL": {"major": 1, "minor": 0},
    "BOOT": {"boot_id": 0x5EEDBEEF},
    "SERIAL": {"serial": "SS-0042"},
    "MODEL": {"model": "Ref-1"},
    "FIRMWARE": {"firmware": "1.0.0"},
    "RATES": {"rates": [[104000], [208000]]},
    "ACC_RANGES": {"acc_ranges": [[8, 0.000244], [16, 0.000488]]},
    "GYR_RANGES": {"gyr_ranges": [[2000, 0.07]]},
    "RING": {"depth": 18000},
    "CAPABILITIES": {"capabilities": 6},
}
OPTIONAL: dict[str, Any] = {
    "LABEL": {"side": 1, "placement": 2},
    "AXES": {"x": 1, "y": 2, "z": 3},
    "STREAM": {
        "session": 0x0D15EA5E,
        "rate_mhz": 208000,
        "acc_range_g": 16,
        "gyr_range_dps": 2000,
        "first_sequence": 70000,
    },
    "CLOCK": {"tolerance_ppm": 20},
    "SAMPLING": {"gyro": 0, "acc_delay_us": 2400, "gyr_delay_us": 1600},
}
TOP = 2**32 - 1
CODES = {name: entry["code"] for name, entry in toml_codec.TOML["info_type"].items()}


def good_infos(good: Callable[..., Entry]) -> Iterator[Entry]:
    yield good("info: minimum", "info", "required entries only", BASE)
    yield good("info: typical", "info", "with all that is optional", BASE | OPTIONAL)
    for name, content in OPTIONAL.items():
        yield good(
            f"info: {name}", "info", f"{name} alone of what is optional", BASE | {name: content}
        )
    yield good("info: maximum", "info", "every number at its end, many rates and ranges", {
        "PROTOCOL": {"major": 1, "minor": 255},
        "BOOT": {"boot_id": TOP},
        "SERIAL": {"serial": "é" * 16},
        "MODEL": {"model": "m" * 32},
        "FIRMWARE": {"firmware": "f" * 32},
        "RATES": {"rates": [[1], *([[TOP]] * 9)]},
        "ACC_RANGES": {"acc_ranges": [[255, 3.4028234663852886e38]] * 8},
        "GYR_RANGES": {"gyr_ranges": [[65535, 1.401298464324817e-45]] * 8},
        "RING": {"depth": TOP},
        "CAPABILITIES": {"capabilities": TOP},
        "LABEL": {"side": 2, "placement": 3},
        "AXES": {"x": -3, "y": -2, "z": -1},
        "STREAM": dict(zip(OPTIONAL["STREAM"], (TOP, TOP, 255, 65535, TOP), strict=True)),
        "CLOCK": {"tolerance_ppm": 65535},
        "SAMPLING": {"gyro": 1, "acc_delay_us": 65535, "gyr_delay_us": 65535},
    })  # fmt: skip
    for name, bit in toml_codec.TOML["capability"].items():
        fields = BASE | {"CAPABILITIES": {"capabilities": 1 << bit}}
        yield good(f"info: capability {name}", "info", f"bit {bit} alone", fields)
    for axes in ((2, 3, 1), (3, 1, 2), (-1, -2, 3), (1, -3, 2), (2, -1, 3), (-2, -3, 1)):
        fields = BASE | {"AXES": dict(zip("xyz", axes, strict=True))}
        yield good(f"info: axes {axes}", "info", "right-handed", fields)
    unknown = [[0x10, "0102"], [0x80, ""], [0x80, "ff"], [0x00, "00"]]
    yield good("info: unknown types", "info", "kept, of a newer minor or a vendor; may stand twice",
               BASE | {"unknown": unknown})  # fmt: skip
    fill = 512 - len(toml_codec.encode("info", BASE)) - 4
    filled = BASE | {"unknown": [[0x81, "00" * 255], [0x82, "11" * (fill - 255)]]}
    yield good("info: 512 bytes", "info", "as long as may be", filled)
    yield from odd_but_good()


def odd_but_good() -> Iterator[Entry]:
    def entry(name: str, why: str, value: bytes, fields: dict[str, Any]) -> Entry:
        fields = toml_codec.decode("info", toml_codec.encode("info", fields))
        return {
            "name": name,
            "structure": "info",
            "why": why,
            "hex": value.hex(),
            "fields": fields,
            "decode_only": True,
        }

    whole = BASE | OPTIONAL
    lists_and_texts = ("SERIAL", "MODEL", "FIRMWARE", "RATES", "ACC_RANGES", "GYR_RANGES")
    for name in whole:
        if name not in lists_and_texts:
            longer = {name: content_of(name, whole[name]) + b"\x99\x98"}
            yield entry(f"info: {name} longer", "what a newer minor adds at its end is left",
                        raw(whole, longer), whole)  # fmt: skip
    order = dict(reversed(whole.items()))
    yield entry("info: reversed", "entries in any order", raw(order), whole)


def content_of(name: str, content: dict[str, Any]) -> bytes:
    return toml_codec.encode_fields(toml_codec.TOML["info_type"][name]["fields"], content)


def raw(
    fields: dict[str, Any], instead: dict[str, bytes] | None = None, after: bytes = b""
) -> bytes:
    """An info with some contents replaced, and bytes behind it."""
    value = b""
    for name, content in fields.items():
        data = (instead or {}).get(name, None)
        data = content_of(name, content) if data is None else data
        value += bytes([CODES[name], len(data)]) + data
    return value + after


def bad_infos(bad: Callable[..., Entry]) -> Iterator[Entry]:
    def wrong(name: str, why: str, error: str, **instead: bytes) -> Entry:
        return bad(f"info: {name}", "info", why, raw(BASE | OPTIONAL, instead), error)

    whole = raw(BASE | OPTIONAL)
    yield bad("info: empty", "info", "no byte at all", b"", "missing")
    over = raw(BASE, after=bytes([0x81, 255]) + bytes(255) + bytes([0x82, 255]) + bytes(255))
    yield bad("info: too long", "info", "over 512 bytes", over, "length")
    yield bad("info: cut in a value", "info", "last byte missing", whole[:-1], "cut")
    yield bad(
        "info: cut after a type", "info", "a type without length", raw(BASE, after=b"\x0b"), "cut"
    )
    beyond = raw(BASE, after=b"\x81\xff\x00")
    yield bad("info: length 255", "info", "and one byte left", beyond, "cut")
    for name, content in BASE.items():
        rest = {key: value for key, value in BASE.items() if key != name}
        yield bad(f"info: no {name}", "info", "required", raw(rest), "missing")
        again = bytes([CODES[name], len(content_of(name, content))]) + content_of(name, content)
        yield bad(f"info: {name} twice", "info", "known", raw(BASE, after=again), "twice")
    for name, content in (BASE | OPTIONAL).items():
        if name not in ("SERIAL", "MODEL", "FIRMWARE"):
            short = content_of(name, content)[:-1]
            yield wrong(f"{name} too short", "its last byte is missing", "short", **{name: short})
    for name in ("RATES", "ACC_RANGES", "GYR_RANGES"):
        yield wrong(f"{name} empty", "one or more", "short", **{name: b""})
    for name in ("SERIAL", "MODEL", "FIRMWARE"):
        yield wrong(f"{name} empty", "1 to 32 bytes", "text", **{name: b""})
        yield wrong(f"{name} of 33 bytes", "1 to 32 bytes", "text", **{name: b"x" * 33})
        yield wrong(f"{name} not UTF-8", "a cut character", "text", **{name: b"SS\xc3"})
    yield from bad_values(wrong)


def bad_values(wrong: Callable[..., Entry]) -> Iterator[Entry]:
    yield wrong("surrogate", "UTF-8 has none", "text", SERIAL=b"\xed\xa0\x80")
    for major in (0, 2, 255):
        yield wrong(f"major {major}", "another version", "version", PROTOCOL=bytes([major, 0]))
    yield wrong("boot id 0", "never 0", "value", BOOT=bytes(4))
    yield wrong("rate 0", "above 0", "value", RATES=struct.pack("<II", 208000, 0))
    for name, head in (("ACC_RANGES", b"\x10"), ("GYR_RANGES", b"\xd0\x07")):
        for scale in (0.0, -0.0, -0.07, float("inf"), float("-inf"), float("nan")):
            content = head + struct.pack("<f", scale)
            yield wrong(f"{name} scale {scale}", "finite and above 0", "scale", **{name: content})
    yield wrong("side 3", "none of the sides", "value", LABEL=b"\x03\x01")
    yield wrong("placement 4", "none of the placements", "value", LABEL=b"\x01\x04")
    yield wrong("gyro 2", "none of the ways of sampling", "value", SAMPLING=b"\x02\0\0\0\0")
    for axes in ((0, 2, 3), (1, 1, 3), (1, 2, 4), (-128, 2, 3)):
        yield wrong(f"axes {axes}", "no permutation", "axes", AXES=struct.pack("<bbb", *axes))
    for axes in ((1, 2, -3), (2, 1, 3), (-1, -2, -3), (1, 3, 2), (-3, 2, -1)):
        yield wrong(f"axes {axes}", "left-handed", "axes", AXES=struct.pack("<bbb", *axes))
