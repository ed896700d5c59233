"""The firmware in C against the golden packets: what is read, what is refused, what is written."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware import wire
from tests.firmware.c_library import Codec

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = Path(__file__).parents[2] / "firmware_protocol/vectors.json"
ENTRIES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["entries"]
CONTROL_BYTES = 20
FAULTS = {"length": wire.LENGTH, "version": wire.VERSION, "count": wire.COUNT}
"""Words of the vectors for packets. Of other structures C says less exactly why."""
READ = {
    "info": "osp_info_decode",
    "status": "osp_status_decode",
    "request": "osp_request_decode",
    "reply": "osp_reply_decode",
    "done": "osp_done_decode",
}
LAST_OP, LAST_RESULT = 10, 9
WRITTEN = ("request", "reply", "done", "status")
JUDGED_BY_THE_SENSOR = ("request", "value")
"""Values of fields are judged where a request is served: see the exchanges."""


def of(structure: str) -> list[dict[str, Any]]:
    return [entry for entry in ENTRIES if entry["structure"] == structure]


@pytest.fixture
def read(library: Path) -> Callable[[str, bytes], tuple[int, Any]]:
    c = ctypes.CDLL(str(library))

    def call(structure: str, value: bytes) -> tuple[int, Any]:
        into = ctypes.create_string_buffer(1024)
        fault = getattr(c, READ[structure])(value, ctypes.c_size_t(len(value)), into)
        return fault, into

    return call


def test_packets(library: Path) -> None:
    codec = Codec(library)
    for entry in of("packet"):
        value = bytes.fromhex(entry["hex"])
        found = codec.decode(value)
        if "ignored" in entry:
            assert found == wire.UNKNOWN, entry["name"]
        elif "error" in entry:
            assert found == FAULTS[entry["error"]], entry["name"]
        else:
            fields = entry["fields"]
            samples = tuple(map(tuple, fields["samples"]))
            kind, first = fields["version_kind"] & 15, fields["first_sequence"]
            assert found == wire.Packet(kind, first, fields["t100us"], samples), entry["name"]
            assert codec.encode(found) == value, entry["name"]


@pytest.mark.parametrize("structure", READ)
def test_good_ones_are_read_and_bad_ones_refused(
    structure: str, read: Callable[[str, bytes], tuple[int, Any]]
) -> None:
    entries = of(structure)
    assert entries
    for entry in entries:
        if (structure, entry.get("error")) == JUDGED_BY_THE_SENSOR:
            continue
        fault, _ = read(structure, bytes.fromhex(entry["hex"]))
        refused = {*range(1, wire.UNKNOWN)} | (
            {wire.UNKNOWN} if entry.get("error") == "op" else set()
        )
        said = refused if "error" in entry else {wire.FINE, wire.UNKNOWN}
        assert fault in said, (entry["name"], fault)


@pytest.mark.parametrize("structure", WRITTEN)
def test_what_was_read_is_written_again(
    structure: str, read: Callable[[str, bytes], tuple[int, Any]], library: Path
) -> None:
    """The values were read rightly: another value would give other bytes."""
    c = ctypes.CDLL(str(library))
    write = getattr(c, f"osp_{structure}_encode")
    written = 0
    for entry in of(structure):
        value = bytes.fromhex(entry["hex"])
        if "fields" not in entry or entry.get("decode_only"):
            continue
        fault, held = read(structure, value)
        newer = structure == "reply" and (value[0] & 0x7F > LAST_OP or value[2] > LAST_RESULT)
        if fault == wire.UNKNOWN or newer:
            continue  # what a later minor version adds is read as far as it is known
        out = ctypes.create_string_buffer(CONTROL_BYTES)
        write.restype = ctypes.c_size_t
        size = len(value) if structure == "status" else None
        result = write(held, out)
        assert out.raw[: size or result] == value, entry["name"]
        written += 1
    assert written >= 5
