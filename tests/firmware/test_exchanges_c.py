"""The sensor in C answers every script of `exchanges.json` to the byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware import exchange, made_exchanges

if TYPE_CHECKING:
    from tests.firmware.driver import Driver

SCRIPTS: list[dict[str, Any]] = json.loads(made_exchanges.FILE.read_text(encoding="utf-8"))


def test_the_file_is_what_was_reasoned() -> None:
    assert made_exchanges.FILE.read_text(encoding="utf-8") == made_exchanges.text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["name"])
def test_exchange(script: dict[str, Any], driver: Driver) -> None:
    exchange.run(script, driver)
