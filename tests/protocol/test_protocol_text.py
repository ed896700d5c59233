"""PROTOCOL.md, `packets.toml` and the constants of the package say the same."""

from __future__ import annotations

import json
import re
import tomllib
from enum import IntEnum, IntFlag
from pathlib import Path

import pytest

from sensor_screen.protocol import (
    open_sensor_control as control,
)
from sensor_screen.protocol import (
    open_sensor_control_bytes as control_bytes,
)
from sensor_screen.protocol import (
    open_sensor_info as info,
)
from sensor_screen.protocol import (
    open_sensor_info_bytes as info_bytes,
)
from sensor_screen.protocol import (
    open_sensor_packet as packet,
)
from sensor_screen.protocol import (
    open_sensor_status as status,
)
from sensor_screen.protocol import (
    relay_frame as relay,
)
from sensor_screen.protocol.field_layout import FieldLayout
from tests.protocol import make_vectors
from tests.protocol.toml_codec import size_of
from tests.protocol.worked_examples import WORKED_EXAMPLES

FOLDER = Path(__file__).parents[2] / "firmware_protocol"
TEXT = (FOLDER / "PROTOCOL.md").read_text(encoding="utf-8")
TOML = tomllib.loads((FOLDER / "packets.toml").read_text(encoding="utf-8"))
Rows = list[tuple[str, ...]]


def section(number: int) -> str:
    return re.split(r"^## \d+\. .*$", TEXT, flags=re.MULTILINE)[number]


def tables(text: str) -> list[Rows]:
    """Every table, each row without its heading and rule."""
    found = re.findall(r"(?:^\|.*\|$\n)+", text, re.MULTILINE)
    return [
        [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in lines[2:]]
        for lines in (table.splitlines() for table in found)
    ]


def fields_said(text: str) -> list[tuple[str, str]]:
    """`rate_mhz u32, keep_s u16` as pairs; a reason in brackets or words behind is left."""
    return re.findall(r"(\w+) (u8|u16|u32|u48|u64|i8|i16|f32)\b", text)


def pairs(table: list[list[str]]) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, *_ in table]


def offsets(table: list[list[str]]) -> dict[str, int]:
    """Of the fields of fixed size."""
    found, at = {}, 0
    for name, kind, *_ in table:
        found[name] = at
        at += size_of(kind) if kind not in ("bytes",) and not kind.endswith("*") else 0
    return found


# --- byte tables ----------------------------------------------------------------------------------

BYTE_TABLES = {
    "packet": (tables(section(4))[0], "packet"),
    "done": (tables(section(5))[2], "done"),
    "status": (tables(section(6))[0], "status"),
    "relay_frame": (tables(section(12))[0], "relay_frame"),
    "relay_record": (tables(section(12))[1], "relay_record"),
}


@pytest.mark.parametrize("name", BYTE_TABLES)
def test_byte_tables(name: str) -> None:
    rows, structure = BYTE_TABLES[name]
    table = TOML[structure]["fields"]
    assert [field for _, field, *_ in rows] == [field for field, *_ in table]
    expected = offsets(table)
    for (offset, field, kind, _), (_, toml_kind, *_) in zip(rows, table, strict=True):
        assert offset == "end - 4" or int(offset) == expected[field]
        many = {"sample*": "count x 12", "bytes": "length bytes"}
        many["relay_record*"] = "records x (10 + length)"
        assert kind == many.get(toml_kind, toml_kind)


def test_the_order_in_a_sample() -> None:
    meaning = BYTE_TABLES["packet"][0][-1][3]
    names, kind = meaning.removeprefix("per sample: ").split(", each ")
    assert [(name, kind) for name in names.split(", ")] == pairs(TOML["sample"]["fields"])


SIZES = {"packet": 8, "sample": 12, "status": 20, "done": 15, "rate": 4, "acc_range": 5}
SIZES |= {"gyr_range": 6, "service_data": 5, "relay_record": 10}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    fixed = [kind for _, kind, *_ in TOML[name]["fields"] if kind != "bytes" and kind[-1] != "*"]
    assert sum(map(size_of, fixed)) == SIZES[name]
    said = TOML[name].get("size", SIZES[name])
    assert (said if isinstance(said, int) else said["header"]) == SIZES[name]


ENTRIES_OF_NUMBERS = ("PROTOCOL", "BOOT", "RING", "CAPABILITIES", "LABEL", "AXES", "STREAM")
ENTRIES_OF_NUMBERS += ("CLOCK", "SAMPLING")
LAYOUTS: dict[str, tuple[FieldLayout, list[list[str]]]] = {
    "status": (status.STATUS_LAYOUT, TOML["status"]["fields"]),
    "done": (control_bytes.DONE_LAYOUT, TOML["done"]["fields"]),
    "frame": (relay.HEAD_LAYOUT, TOML["relay_frame"]["fields"][:5]),
    "crc": (relay.CRC_LAYOUT, TOML["relay_frame"]["fields"][6:]),
    "record": (relay.RECORD_LAYOUT, TOML["relay_record"]["fields"][:6]),
    "slot": (relay.SLOT_LAYOUT, TOML["relay_value"]["slot"]["fields"][:3]),
    "link_up": (relay.LINK_UP_LAYOUT, TOML["relay_value"]["link_up"]["fields"]),
    "link_down": (relay.LINK_DOWN_LAYOUT, TOML["relay_value"]["link_down"]["fields"]),
    "paused": (relay.PAUSED_LAYOUT, TOML["relay_value"]["paused"]["fields"]),
    "rate": (info_bytes.RATE_LAYOUT, TOML["rate"]["fields"]),
    "acc_range": (info_bytes.ACC_RANGE_LAYOUT, TOML["acc_range"]["fields"]),
    "gyr_range": (info_bytes.GYR_RANGE_LAYOUT, TOML["gyr_range"]["fields"]),
    **{
        name: (getattr(info_bytes, f"{name}_LAYOUT"), TOML["info_type"][name]["fields"])
        for name in ENTRIES_OF_NUMBERS
    },
    **{
        f"request {op.name}": (fields, TOML["op"][op.name]["request"])
        for op, (_, fields) in control_bytes.REQUESTS.items()
    },
    **{
        f"reply {op.name}": (fields, TOML["op"][op.name]["reply"])
        for op, (_, fields) in control_bytes.REPLIES.items()
    },
    **{
        f"result {result.name}": (fields, TOML["result_body"][result.name])
        for result, (_, fields) in control_bytes.RESULT_BODIES.items()
    },
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layouts_of_the_package(name: str) -> None:
    fields, table = LAYOUTS[name]
    assert [*fields.fields] == pairs(table)


# --- numbers with names ---------------------------------------------------------------------------


def codes(table: str) -> dict[str, int]:
    return {name: entry["code"] for name, entry in TOML[table].items()}


ENUMS: dict[str, tuple[type[IntEnum], dict[str, int]]] = {
    "kind": (packet.PacketKind, TOML["kind"]),
    "op": (control.Op, codes("op")),
    "result": (control.Result, TOML["result"]),
    "side": (info.SideCode, TOML["side"]),
    "placement": (info.PlacementCode, TOML["placement"]),
    "gyro": (info.GyroCode, TOML["gyro_sampling"]),
    "info_type": (info.InfoType, codes("info_type")),
    "relay_kind": (relay.RelayKind, TOML["relay_kind"]),
    "relay_channel": (relay.Channel, {"none": 0} | TOML["relay_channel"]),
    "family": (relay.Family, TOML["family"]),
}
FLAGS: dict[str, tuple[type[IntFlag], dict[str, int]]] = {
    "status_flag": (status.StatusFlag, TOML["status_flag"]),
    "capability": (info.Capability, TOML["capability"]),
    "fault": (control.SelfTestFault, TOML["fault"]),
}


@pytest.mark.parametrize("name", ENUMS)
def test_numbers_with_names(name: str) -> None:
    enum, toml = ENUMS[name]
    assert {item.name.lower(): item.value for item in enum} == {
        k.lower(): v for k, v in toml.items()
    }


@pytest.mark.parametrize("name", FLAGS)
def test_bits_with_names(name: str) -> None:
    flags, toml = FLAGS[name]
    assert {item.name: item.value for item in flags} == {
        key.upper(): 1 << bit for key, bit in toml.items()
    }


def test_the_numbers_of_the_protocol() -> None:
    head = TOML["protocol"]
    assert f"version {head['major']}.{head['minor']}" in TEXT.splitlines()[0]
    assert (packet.MAJOR_VERSION, packet.MINOR_VERSION) == (head["major"], head["minor"]) == (1, 0)
    assert packet.LARGEST_VALUE == head["largest_value_bytes"] == 244
    assert packet.SMALLEST_MTU == head["smallest_mtu"] == 23
    assert control.LARGEST_CONTROL == head["largest_control_bytes"] == 20
    assert [1, packet.MOST_SAMPLES] == head["samples_per_packet"] == [1, 19]
    assert info_bytes.LARGEST_INFO == TOML["info"]["largest_bytes"] == 512
    assert relay.LARGEST_FRAME == TOML["relay"]["largest_bytes"] == 65_535
    assert relay.FRAME_VERSION == TOML["relay"]["version"] == 1
    assert control.DONE_OP == 0xC3
    assert control.RESET_MAGIC == 0x54455352
    assert "0x54455352" in TOML["op"]["FACTORY_RESET"]["request"][0][3]
    assert {
        info.InfoType[name] for name, entry in TOML["info_type"].items() if entry["required"]
    } == info.REQUIRED


@pytest.mark.parametrize(("mtu", "samples"), [(23, 1), (185, 14), (247, 19), (517, 19)])
def test_samples_in_a_packet(mtu: int, samples: int) -> None:
    assert packet.samples_that_fit(mtu) == samples
    assert packet.HEADER_SIZE + packet.SAMPLE_SIZE * samples <= min(mtu - 3, 244)


def test_no_sample_fits_below_the_smallest_mtu() -> None:
    assert [packet.samples_that_fit(mtu) for mtu in (0, 3, 22)] == [0, 0, 0]


# --- tables of the text against the machine's -----------------------------------------------------


def test_characteristics() -> None:
    (rows,) = tables(section(2))
    uuid = TOML["uuid"]
    assert uuid["base"] in section(2)
    named = {row[0]: row for row in rows}
    names = {
        "service": "service",
        "control": "control point",
        "live": "live samples",
        "backfill": "backfill samples",
        "info": "info",
        "status": "status",
    }
    assert set(names) == set(uuid) - {"base"}
    for key, words in names.items():
        _, what, properties, _ = named[uuid[key]["id"]]
        assert what == words
        said = [p.split(" ")[0] for p in properties.split(", ") if p]
        assert said == uuid[key].get("properties", [])
    for key in ("device_information", "battery", "firmware_update"):
        assert TOML["standard_services"][key] in section(2)
    largest = {row[0]: row[3] for row in rows}
    assert [largest[f"{k:04}"] for k in range(2, 7)] == ["20", "244", "244", "512", "20"]


def test_ops() -> None:
    rows = tables(section(5))[0]
    assert {row[1]: int(row[0], 16) for row in rows} == codes("op")
    for _, name, request, reply in rows:
        assert fields_said(request) == pairs(TOML["op"][name]["request"]), name
        assert fields_said(reply) == pairs(TOML["op"][name]["reply"]), name


def test_results() -> None:
    rows = tables(section(5))[1]
    assert {row[1]: int(row[0]) for row in rows} == TOML["result"]
    said = {row[1]: fields_said(row[3]) for row in rows if fields_said(row[3])}
    assert said == {name: pairs(table) for name, table in TOML["result_body"].items()}


def test_status_flags() -> None:
    rows = tables(section(6))[1]
    assert {name: int(bit) for bit, name, _ in rows} == TOML["status_flag"]


def test_info_entries() -> None:
    (rows,) = tables(section(7))
    assert {row[1]: int(row[0], 16) for row in rows} == codes("info_type")
    for _, name, required, value in rows:
        entry = TOML["info_type"][name]
        assert (required == "required") is entry["required"]
        table = entry["fields"]
        if table[0][1].endswith("*"):
            table = TOML[table[0][1][:-1]]["fields"]
        if table[0][1] == "utf8":
            assert f"1 to {info_bytes.LARGEST_TEXT} bytes of UTF-8" in value
        elif name == "CAPABILITIES":
            assert value.startswith("u32")
            bits = {int(n): words for n, words in re.findall(r"(\d) ([a-z -]+)", value)}
            assert [*bits] == [*TOML["capability"].values()]
        else:
            assert fields_said(value) == pairs(table), name


def test_relay_kinds_families_and_channels() -> None:
    rows = tables(section(12))[2]
    assert {name: int(kind) for kind, name, _ in rows} == TOML["relay_kind"]
    for _, name, value in rows:
        table = TOML["relay_value"].get(name, [])
        fixed = [pair for pair in pairs(table["fields"]) if pair[1] != "utf8"] if table else []
        assert fields_said(value) == fixed
    words = {"open sensor": 1, "Movella DOT": 2, "WitMotion": 3, "MetaMotion": 4}
    assert {
        word: int(number) for number, word in re.findall(r"(\d) ([A-Zo][\w ]+)[,)]", rows[3][2])
    } == words
    assert [*words.values()] == [*TOML["family"].values()]
    (channels,) = re.findall(r"Channels: (.*?)\n\n", section(12), re.DOTALL)
    found = [int(number) for number, _ in re.findall(r"(\d+) ([a-z]+)", channels)]
    assert found == [*TOML["relay_channel"].values()]
    names = [word for _, word in re.findall(r"(\d+) ([a-z]+)", channels)]
    assert names == [key.split("_")[-1] for key in TOML["relay_channel"]]


def test_labels_and_faults_in_the_text() -> None:
    text = section(5)
    assert "side (0 none, 1 left, 2 right)" in text
    assert "placement (0 none, 1 shank, 2 foot, 3 lumbar)" in text
    assert "faults: bit 0 accelerometer, 1 gyroscope, 2 memory, 3 clock" in text
    assert fields_said(section(8)) == pairs(TOML["service_data"]["fields"])


# --- examples -------------------------------------------------------------------------------------


def examples() -> list[str]:
    """Every line in hex of section 13; the long ones go on in the next line."""
    found = []
    for block in re.findall(r"```hex\n(.*?)```", section(13), re.DOTALL):
        lines = block.splitlines()
        whole = lines[0].startswith("01 02 01 00") or lines[0].startswith("01 00 02 00")
        found += [" ".join(lines)] if whole else lines
    return [bytes.fromhex(line).hex() for line in found]


def test_the_examples_of_the_text_are_vectors() -> None:
    vectors = json.loads(make_vectors.FILE.read_text(encoding="utf-8"))["entries"]
    assert examples() == [bytes.fromhex(value).hex() for _, _, value in WORKED_EXAMPLES]
    said = [entry["hex"] for entry in vectors if entry.get("worked_example")]
    assert said == examples()
