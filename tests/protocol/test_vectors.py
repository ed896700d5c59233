"""Golden packets, both directions, by every implementation; and the file against its script."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.relay_frame import RelayReader
from tests.protocol import make_vectors, python_fields, toml_codec
from tests.protocol.implementations import Implementation, implementations

VECTORS = json.loads(make_vectors.FILE.read_text(encoding="utf-8"))
ENTRIES: list[dict[str, Any]] = VECTORS["entries"]


def named(entry: dict[str, Any]) -> str:
    return str(entry["name"])


def where(*keys: str) -> list[dict[str, Any]]:
    return [entry for entry in ENTRIES if any(key in entry for key in keys)]


def test_the_file_is_what_its_script_writes() -> None:
    assert make_vectors.FILE.read_text(encoding="utf-8") == make_vectors.text()


def test_names_are_used_once() -> None:
    assert len({*map(named, ENTRIES)}) == len(ENTRIES)


@pytest.mark.parametrize("entry", where("fields"), ids=named)
def test_good_packets_are_read(entry: dict[str, Any]) -> None:
    assert python_fields.decode(entry["structure"], bytes.fromhex(entry["hex"])) == entry["fields"]


@pytest.mark.parametrize("entry", where("fields"), ids=named)
def test_good_packets_are_written(entry: dict[str, Any]) -> None:
    written = python_fields.encode(entry["structure"], entry["fields"])
    again = python_fields.decode(entry["structure"], written)
    assert again == entry["fields"]
    assert (written.hex() == entry["hex"]) is not entry.get("decode_only", False)


@pytest.mark.parametrize("entry", where("error"), ids=named)
def test_bad_packets_are_refused_for_their_fault(entry: dict[str, Any]) -> None:
    value = bytes.fromhex(entry["hex"])
    with pytest.raises(ProtocolError) as caught:
        python_fields.decode(entry["structure"], value)
    assert str(caught.value.fault) == entry["error"]
    assert caught.value.value.count(" ") < 24 + 8, "quotes too much"


@pytest.mark.parametrize("entry", where("ignored"), ids=named)
def test_packets_of_unknown_kinds_are_left(entry: dict[str, Any]) -> None:
    with pytest.raises(python_fields.IgnoredError):
        python_fields.decode(entry["structure"], bytes.fromhex(entry["hex"]))


@pytest.mark.parametrize("entry", where("fields"), ids=named)
def test_good_packets_cut_anywhere_are_never_something_else(entry: dict[str, Any]) -> None:
    """Each beginning of a packet is refused, or says what fewer entries or bytes say."""
    value = bytes.fromhex(entry["hex"])
    refused = 0
    for length in range(len(value)):
        try:
            python_fields.decode(entry["structure"], value[:length])
        except (ProtocolError, python_fields.IgnoredError):
            refused += 1
    if entry["structure"] in ("packet", "status", "relay_frame"):
        assert refused == len(value)


@pytest.mark.parametrize("stream", VECTORS["streams"], ids=named)
def test_streams_of_relay_frames(stream: dict[str, Any]) -> None:
    reader = RelayReader(next_sequence=stream["start"])
    for frame in stream["frames"]:
        value = bytes.fromhex(frame["hex"])
        if "error" in frame:
            before = (reader.next_sequence, dict(reader.sensors))
            with pytest.raises(ProtocolError) as caught:
                reader.read(value)
            assert str(caught.value.fault) == frame["error"]
            assert (reader.next_sequence, reader.sensors) == before
        else:
            assert len(reader.read(value)) == frame["gives"]


@pytest.mark.parametrize("one", implementations(), ids=lambda one: one.name)
def test_every_implementation_reads_the_packets(one: Implementation) -> None:
    entries = [entry for entry in ENTRIES if entry["structure"] == "packet"]
    for entry in entries:
        value = bytes.fromhex(entry["hex"])
        expected = entry.get("error")
        if "fields" in entry:
            fields = entry["fields"]
            counts = tuple(count for row in fields["samples"] for count in row)
            expected = (
                fields["version_kind"] & 15,
                fields["first_sequence"],
                fields["t100us"],
                counts,
            )
            assert one.encode_packet(expected) == value
        assert one.decode_packet(value) == expected, entry["name"]
        after_each = one.decode_byte_by_byte(value)
        assert after_each[-1:] == [expected][: len(value)], entry["name"]
        if "fields" in entry:
            assert {*after_each[:-1]} == {"length"}


def test_every_op_result_flag_kind_and_entry_has_its_vector() -> None:
    """So that nothing is added to the protocol without a golden packet."""
    good = where("fields")

    def seen(structure: str, key: str) -> set[int]:
        return {entry["fields"][key] for entry in good if entry["structure"] == structure}

    toml = toml_codec.TOML
    codes = {op["code"] for op in toml["op"].values()}
    assert seen("request", "op") >= codes
    replies = {
        (e["fields"]["op"], e["fields"]["result"]) for e in good if e["structure"] == "reply"
    }
    assert replies >= {(code + 0x80, r) for code in codes for r in toml["result"].values()}
    assert seen("status", "flags") >= {1 << bit for bit in toml["status_flag"].values()}
    entries = {name for e in good if e["structure"] == "info" for name in e["fields"]}
    assert entries >= {*toml["info_type"]}
    records = [r for e in good if e["structure"] == "relay_frame" for r in e["fields"]["record"]]
    assert {r["kind"] for r in records} == {*toml["relay_kind"].values()}
    assert {r["channel"] for r in records} == {0, *toml["relay_channel"].values()}
    faults = {entry["error"] for entry in where("error")}
    faults |= {
        f["error"] for stream in VECTORS["streams"] for f in stream["frames"] if "error" in f
    }
    assert faults == {*python_fields.FAULTS}
