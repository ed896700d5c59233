"""Bytes of the codec in C against `struct`, the text's own examples, and damaged values."""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.firmware import wire
from tests.firmware.c_library import Batch, Codec
from tests.firmware.conftest import FLAGS, SOURCES

if TYPE_CHECKING:
    from tests.firmware.driver import Driver

TEXT = (Path(__file__).parents[2] / "firmware_protocol/PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLES = [
    [bytes.fromhex(line) for line in block.strip().splitlines()]
    for block in re.findall(r"```hex\n(.*?)```", TEXT.partition("## 13.")[2], re.DOTALL)
]
INFO = b"".join(EXAMPLES[0])
RANDOM_PACKETS = 100_000


@pytest.fixture(scope="module")
def codec(library: Path) -> Codec:
    return Codec(library)


def random_packet(draw: random.Random) -> wire.Packet:
    extremes = (-32768, 32767, 0, -1)
    samples = tuple(
        tuple(
            draw.choice(extremes) if draw.random() < 0.1 else draw.randrange(-32768, 32768)
            for _ in range(6)
        )
        for _ in range(draw.choice((1, 1, 2, 3, 4, 14, 19)))
    )
    first = draw.choice((0, 2**32 - 1, draw.getrandbits(32)))
    return wire.Packet(
        draw.choice((wire.LIVE, wire.BACKFILL)), first, draw.getrandbits(16), samples
    )


# --- packets --------------------------------------------------------------------------------------


def random_columns(packets: int) -> wire.Columns:
    draw = np.random.default_rng(1)
    count = draw.choice(np.array([1, 1, 2, 3, 4, 14, 19], np.uint8), packets)
    counts = draw.integers(-32768, 32768, (int(count.sum()), 6)).astype(np.int16)
    extremes = np.array([-32768, 32767, 0, -1], np.int16)
    counts = np.where(draw.random(counts.shape) < 0.1, draw.choice(extremes, counts.shape), counts)
    first = draw.integers(0, 2**32, packets, dtype=np.uint32)
    first[::10] = draw.choice(np.array([0, 2**31, 2**32 - 1], np.uint32), len(first[::10]))
    kind = draw.integers(1, 3, packets).astype(np.uint8)
    t100us = draw.integers(0, 65_536, packets).astype(np.uint16)
    return wire.Columns(kind, count, first, t100us, counts)


def test_random_packets_both_ways_whole_and_byte_by_byte(library: Path) -> None:
    batch, columns = Batch(library), random_columns(RANDOM_PACKETS)
    values = wire.encode_columns(columns)
    whole, sizes = b"".join(values), np.array([len(value) for value in values], np.uint16)
    assert batch.encode(columns, len(whole)) == whole
    samples = len(columns.counts)
    for found in (
        batch.decode(whole, sizes, samples),
        batch.decode_stream(whole, RANDOM_PACKETS, samples),
    ):
        for name in wire.Columns.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(found, name), getattr(columns, name))


def test_random_packets_with_sanitizers(driver: Driver) -> None:
    values = [value.hex() for value in wire.encode_columns(random_columns(4000))]
    whole = driver.run([f"packet {value}" for value in values])
    assert whole == [["fault 0", f"again {value}"] for value in values]
    streams = ["".join(values[i : i + 8]) for i in range(0, len(values), 8)]
    printed = driver.run([f"stream {stream}" for stream in streams])
    again = [f"again {value}" for value in values]
    assert printed == [[*again[i : i + 8], "held 0"] for i in range(0, len(again), 8)]


def test_damaged_packets_have_the_faults_of_the_text(codec: Codec) -> None:
    draw = random.Random(3)  # noqa: S311
    found = set()
    for _ in range(20_000):
        value = bytearray(wire.encode_packet(random_packet(draw)))
        for _ in range(draw.choice((1, 1, 2))):
            value[draw.choice((0, 0, 1, 1, draw.randrange(len(value))))] = draw.getrandbits(8)
        cut = draw.choice((0, 0, 1, 12, draw.randrange(len(value) + 1)))
        hostile = bytes(value[: len(value) - cut]) + bytes(draw.choice((0, 0, 1, 12)))
        wanted = wire.decode_packet(hostile)
        assert codec.decode(hostile) == wanted
        found.add(wanted if isinstance(wanted, int) else wire.FINE)
    assert found == {wire.FINE, wire.LENGTH, wire.VERSION, wire.COUNT, wire.UNKNOWN}


def test_a_stream_goes_on_after_a_byte_that_cannot_be(codec: Codec) -> None:
    packet = wire.Packet(wire.LIVE, 7, 8, ((1, 2, 3, 4, 5, 6),))
    value = wire.encode_packet(packet)
    assert codec.decode_stream(b"\x21" + value) == [wire.VERSION, packet]
    assert codec.decode_stream(b"\x13" + value) == [wire.UNKNOWN, packet]
    assert codec.decode_stream(b"\x11\x00" + value) == [wire.COUNT, packet]
    assert codec.decode_stream(b"\x11\x14" + value) == [wire.COUNT, packet]
    assert codec.decode_stream(value[:-1]) == []


@pytest.mark.parametrize("count", [0, 20])
def test_what_no_packet_may_hold_is_not_encoded(codec: Codec, count: int) -> None:
    assert codec.encode(wire.Packet(wire.LIVE, 0, 0, ((0,) * 6,) * count)) == b""


def test_samples_that_fit(codec: Codec) -> None:
    for mtu in range(23, 65_536):
        assert codec.c.osp_samples_that_fit(mtu) == wire.samples_that_fit(mtu)
    assert [wire.samples_that_fit(mtu) for mtu in (23, 65, 185, 247, 517)] == [1, 4, 14, 19, 19]
    assert codec.c.osp_samples_that_fit(0) == 1


def test_units_of_the_clock(codec: Codec) -> None:
    draw = random.Random(4)  # noqa: S311
    times = [0, 99, 100, 6_553_599, 6_553_600, 2**32 - 1, 2**32, 2**48 - 1, 2**64 - 1]
    for time_us in [*times, *(draw.getrandbits(draw.choice((20, 33, 48))) for _ in range(20_000))]:
        assert codec.c.osp_t100us(time_us) == time_us // 100 % 65_536


# --- control and status ---------------------------------------------------------------------------


def test_the_examples_of_the_text_come_back(driver: Driver) -> None:
    commands, wanted = [], []
    for value in (value for block in EXAMPLES[1:-1] for value in block):
        if value[0] in {0x11, 0x12}:
            what = "packet"
        elif len(value) == 20 and value[0] == 0x84:
            what = "status"
        elif value[0] == 0xC3:
            what = "done"
        else:
            what = "reply" if value[0] >= 0x80 else "request"
        unknown = what == "request" and value[0] == 0x20
        commands.append(f"{what} {value.hex()}")
        wanted.append([f"fault {wire.UNKNOWN if unknown else 0}", "again " + "" if unknown else
                       f"again {value.hex()}"])  # fmt: skip
    assert len(commands) == 18
    assert driver.run(commands) == wanted


def test_replies_of_every_op_and_result(driver: Driver) -> None:
    of_ok = {1: 10, 2: 4, 3: 8, 4: 4, 5: 16, 8: 1}
    of_result = {1: 8, 4: 1, 6: 4}
    draw = random.Random(5)  # noqa: S311
    commands, wanted = [], []
    for op in [*range(0x40), *range(0x50, 0x80)]:
        for result in range(12):
            size = of_ok.get(op, 0) if result == 0 else of_result.get(result, 0)
            value = bytes([op + 0x80, op, result]) + draw.randbytes(size)
            longer = value + draw.randbytes(20 - len(value))
            commands += [f"reply {value.hex()}", f"reply {longer.hex()}"]
            wanted += [["fault 0", f"again {value.hex()}"]] * 2
            if size:
                commands.append(f"reply {value[:-1].hex()}")
                wanted.append([f"fault {wire.LENGTH}", "again "])
    commands += [
        "reply 8100",
        f"reply {bytes([0x85, 0, 0]).ljust(21, b'0').hex()}",
        "reply 010000",
        "reply c40000",
        "done c4",
        "done c300",
        "status 00",
    ]
    faults = (
        wire.LENGTH,
        wire.LENGTH,
        wire.FIELD,
        wire.UNKNOWN,
        wire.UNKNOWN,
        wire.LENGTH,
        wire.LENGTH,
    )
    wanted += [[f"fault {fault}", "again "] for fault in faults]
    assert driver.run(commands) == wanted


def test_requests_have_one_length(driver: Driver) -> None:
    sizes = {1: 16, 2: 2, 3: 10, 4: 6, 5: 2, 6: 3, 7: 4, 8: 2, 9: 6, 10: 2}
    draw = random.Random(6)  # noqa: S311
    commands, wanted = [], []
    for op in range(256):
        for size in range(23):
            value = (bytes([op]) + draw.randbytes(22))[:size]
            known = sizes.get(op)
            fault = wire.FINE
            if not 2 <= size <= 20:
                fault = wire.LENGTH
            elif known is None:
                fault = wire.UNKNOWN
            elif known != size:
                fault = wire.LENGTH
            commands.append(f"request {value.hex() or '-'}")
            wanted.append([f"fault {fault}", "again " + (value.hex() if fault == 0 else "")])
    assert driver.run(commands) == wanted


# --- info -----------------------------------------------------------------------------------------


def test_the_info_of_the_text(driver: Driver) -> None:
    (printed,) = driver.run([f"info {INFO.hex()}"])
    assert printed == [
        "fault 0",
        f"protocol 1 0 boot {0x5EEDBEEF} ring 18000 can 6",
        "serial " + b"SS-0042".hex(),
        "model " + b"Ref-1".hex(),
        "firmware " + b"1.0.0".hex(),
        "rate 104000",
        "rate 208000",
        f"acc 8 {struct.pack('>f', 0.000244).hex()}",
        f"acc 16 {struct.pack('>f', 0.000488).hex()}",
        f"gyr 2000 {struct.pack('>f', 0.07).hex()}",
        "label 1 2",
        "sampling 0 2400 1600",
    ]
    assert wire.info() == INFO


def without(kind: int) -> bytes:
    return b"".join(value for value in entries() if value[0] != kind)


def entries() -> list[bytes]:
    found, at = [], 0
    while at < len(INFO):
        found.append(INFO[at : at + 2 + INFO[at + 1]])
        at += 2 + INFO[at + 1]
    return found


def replaced(kind: int, value: bytes) -> bytes:
    return b"".join(wire.entry(kind, value) if entry[0] == kind else entry for entry in entries())


BAD_INFOS = {
    "empty": (b"", wire.MISSING),
    "cut inside an entry": (INFO[:-1], wire.LENGTH),
    "cut inside a head": (INFO + b"\x80", wire.LENGTH),
    "another major": (replaced(1, b"\x02\x00"), wire.VERSION),
    "no boot id": (replaced(2, bytes(4)), wire.FIELD),
    "an empty serial": (replaced(3, b""), wire.LENGTH),
    "a long serial": (replaced(3, b"x" * 33), wire.LENGTH),
    "a serial of no text": (replaced(3, b"\xff"), wire.FIELD),
    "a serial cut in a letter": (replaced(3, "ä".encode()[:1]), wire.FIELD),
    "an overlong letter": (replaced(3, b"\xc0\x80"), wire.FIELD),
    "a surrogate": (replaced(3, b"\xed\xa0\x80"), wire.FIELD),
    "no rate": (replaced(6, b""), wire.LENGTH),
    "a label that is too short": (replaced(11, b"\x01"), wire.LENGTH),
    "a side that is none": (replaced(11, b"\x03\x01"), wire.FIELD),
    "left-handed axes": (INFO + wire.entry(12, b"\x02\x01\x03"), wire.FIELD),
    "a rate of 0": (replaced(6, struct.pack("<II", 5, 0)), wire.FIELD),
    "a rate and a half": (replaced(6, bytes([1] * 6)), wire.LENGTH),
    "a scale of 0": (replaced(7, struct.pack("<Bf", 8, 0)), wire.FIELD),
    "a scale below 0": (replaced(7, struct.pack("<Bf", 8, -0.1)), wire.FIELD),
    "a scale without end": (replaced(8, struct.pack("<Hf", 8, float("inf"))), wire.FIELD),
    "a scale that is none": (replaced(8, struct.pack("<Hf", 8, float("nan"))), wire.FIELD),
    "an axis twice": (INFO + wire.entry(12, b"\x01\xff\x03"), wire.FIELD),
    "an axis 0": (INFO + wire.entry(12, b"\x01\x00\x03"), wire.FIELD),
    "an axis -128": (INFO + wire.entry(12, b"\x01\x80\x03"), wire.FIELD),
    "too long": (INFO + wire.entry(0x80, bytes(250)) + wire.entry(0x81, bytes(180)), wire.LENGTH),
}  # fmt: skip
GOOD_INFOS = {
    "of a later minor": replaced(1, b"\x01\x09\x05"),
    "an unknown entry, twice": INFO + wire.entry(0x10, b"12") + wire.entry(0x10, b"") * 2,
    "of a vendor": wire.entry(0x80, bytes(255)) + INFO,
    "longer known entries": replaced(9, bytes(9)),
    "32 letters": replaced(3, b"x" * 32),
    "other scripts": replaced(3, "ßあ🦶".encode()),
    "axes": INFO + wire.entry(12, b"\xfe\x01\x03"),
    "exactly 512 bytes": INFO + wire.entry(0x80, bytes(250)) + wire.entry(0x81, bytes(172)),
}


@pytest.mark.parametrize("name", BAD_INFOS)
def test_bad_infos(name: str, driver: Driver) -> None:
    value, fault = BAD_INFOS[name]
    assert driver.run([f"info {value.hex() or '-'}"]) == [[f"fault {fault}"]]


@pytest.mark.parametrize("name", GOOD_INFOS)
def test_good_infos(name: str, driver: Driver) -> None:
    assert driver.run([f"info {GOOD_INFOS[name].hex()}"])[0][0] == "fault 0"


def test_required_entries_once(driver: Driver) -> None:
    commands = [f"info {without(kind).hex()}" for kind in range(1, 11)]
    commands += [f"info {(INFO + entry).hex()}" for entry in entries()]
    faults = [wire.MISSING] * 10 + [wire.TWICE] * len(entries())
    assert driver.run(commands) == [[f"fault {fault}"] for fault in faults]


# --- how it is built ------------------------------------------------------------------------------


def test_nothing_of_a_library_is_called(compiler: str, build_folder: Path) -> None:
    """Names that the sources leave open are their own, also of plain optimised code."""
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("there is no nm here: what the objects call cannot be seen")
    for source in sorted(SOURCES.glob("*.c")):
        out = build_folder / f"{source.stem}.o"
        flags = (*FLAGS, "-ffreestanding", "-Os", "-c", str(source), "-o", str(out))
        subprocess.run([compiler, *flags], check=True)
        listed = subprocess.run([nm, "-u", str(out)], check=True, capture_output=True, text=True)
        names = {
            line.split()[-1].lstrip("_") for line in listed.stdout.splitlines() if line.strip()
        }
        assert {name for name in names if not name.startswith("osp_")} == set()
