"""Which family advertises, and that what a page shows of it agrees with what it sends."""

from __future__ import annotations

import json
from collections import Counter
from uuid import UUID

import pytest

from sensor_screen.protocol.metamotion import METAMOTION
from sensor_screen.protocol.movella_dot import MOVELLA_DOT
from sensor_screen.protocol.vendor_list import VENDORS, recognise
from sensor_screen.protocol.vendors import VendorIdentity
from sensor_screen.protocol.witmotion import WITMOTION
from tests.protocol.vendor_vectors import ALL, FILE


@pytest.mark.parametrize(
    ("name", "services", "company", "expected"),
    [
        ("Xsens DOT", (), None, MOVELLA_DOT),
        ("shank", (), 0x0886, MOVELLA_DOT),
        ("WT901BLE67", (), None, WITMOTION),
        ("WTF", (METAMOTION.service_uuids[0].upper(),), None, METAMOTION),
        ("MetaWear", (), 7, METAMOTION),
        ("", (), None, None),
        ("kettle", ("0000180f-0000-1000-8000-00805f9b34fb",), 1, None),
        ("kettle", ("0000ffe5-0000-1000-8000-00805f9b34fb",), None, None),
    ],
)
def test_a_family_is_recognised_by_what_it_advertises(
    name: str, services: tuple[str, ...], company: int | None, expected: VendorIdentity | None
) -> None:
    assert recognise(name, services, company) is expected


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.family)
def test_identities_are_sound(vendor: VendorIdentity) -> None:
    assert all(str(UUID(service)) == service for service in vendor.service_uuids)
    assert list(vendor.live_rates_hz) == sorted(set(vendor.live_rates_hz))
    said = " ".join(vendor.facts)
    assert vendor.sends_time != ("is marked so" in said)
    assert all(fact.endswith(".") for fact in vendor.facts)


def test_golden_packets_keep_their_form() -> None:
    assert max(Counter((v["family"], v["direction"], v["name"]) for v in ALL).values()) == 1
    for vector in ALL:
        assert {"family", "name", "source", "direction", "characteristic", "hex"} <= vector.keys()
        assert ("gives" in vector) != ("error" in vector)
        assert vector["hex"] == bytes.fromhex(vector["hex"]).hex()
        assert str(UUID(vector["characteristic"])) == vector["characteristic"]
    lines = [json.dumps(vector, ensure_ascii=False) for vector in ALL]
    assert FILE.read_text(encoding="utf-8") == "[\n  " + ",\n  ".join(lines) + "\n]\n"
