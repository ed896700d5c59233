"""The sensor in C answers every script of `exchanges.json` to the byte."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware import exchange, made_exchanges, wire

if TYPE_CHECKING:
    from tests.firmware.driver import Driver

SCRIPTS: list[dict[str, Any]] = json.loads(made_exchanges.FILE.read_text(encoding="utf-8"))


def test_the_file_is_what_was_reasoned() -> None:
    assert made_exchanges.FILE.read_text(encoding="utf-8") == made_exchanges.text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["name"])
def test_exchange(script: dict[str, Any], driver: Driver) -> None:
    exchange.run(script, driver)


def test_when_it_wants_to_be_asked_again(driver: Driver) -> None:
    """Of the C form alone: 0 while something waits, else the next time-out."""
    period = made_exchanges.PERIOD_US
    steps: list[tuple[list[str], int]] = [
        (["new 100 0 1 14 0 0 0 0 0"], 2**64 - 1),
        (["connected 1000", "mtu 247", "encrypted 1", "enable 1 1 1000"], 2**64 - 1),
        (["enable 2 1 1000", "enable 3 1 1000", "enable 5 1 1000"], 0),
        (["next 1000 9"], 1_001_000),
        ([f"write 2000 {wire.start(1, keep=2).hex()}"], 0),
        (["next 2000 9", "confirmed 2000"], 1_002_000),
        (["sample 3000 1 1 1 1 1 1"], 253_000),
        ([f"sample {3000 + period} 1 1 1 1 1 1", "next 252999 9"], 253_000),
        (["next 253000 9", f"write 253000 {wire.request(6, 2, 'B', 1).hex()}"], 0),
        (["next 253000 9", "confirmed 253000"], 1_002_000),
        (["next 1002000 9"], 1_253_000),
        (["next 1253000 9"], 2_002_000),
        ([f"write 1253000 {wire.request(3, 3, 'II', 0, 2).hex()}", "next 1253000 1"], 0),
        (["next 1253000 9"], 2_002_000),
        (["confirmed 1253000"], 0),
        (["next 1253000 9", "confirmed 1253000"], 2_002_000),
        (["disconnected 1500000"], 3_500_000),
        (["next 3500000 9"], 2**64 - 1),
    ]
    printed = driver.run([line for lines, _ in steps for line in (*lines, "wanted")])
    ends = list(itertools.accumulate(len(lines) + 1 for lines, _ in steps))
    assert [printed[end - 1] for end in ends] == [[f"wanted {at_us}"] for _, at_us in steps]


def test_service_data(driver: Driver) -> None:
    commands = ["new 100 0 1 14 2 1 0 0 0", "service_data 1", "battery 42 0 0 0", "connected 0"]
    commands += ["encrypted 1", "enable 1 1 0", f"write 1 {wire.start(1).hex()}", "service_data 0"]
    printed = driver.run(commands)
    assert printed[1] == ["value 010201ff02"]
    assert printed[-1] == ["value 0102012a01"]


def test_info_sends_no_notifications(driver: Driver) -> None:
    printed = driver.run(["new 9 0 1 0 0 0 0 0 0", "connected 0", "encrypted 1", "enable 4 1 0"])
    assert printed[-1] == ["att 3"]
