"""The sensor in Python answers every script of `exchanges.json` to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.firmware.micropython_package import ROOT

import micropython_exchange  # type: ignore[import-not-found]  # isort: skip

SCRIPTS: list[dict[str, Any]] = json.loads(
    (ROOT / "firmware_protocol/exchanges.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["name"])
def test_exchange(script: dict[str, Any]) -> None:
    assert micropython_exchange.play(script) is None
