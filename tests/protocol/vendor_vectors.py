"""Golden packets of third-party sensors, and how an event is held against what they say."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.vendors import SensorScale
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FILE = Path(__file__).parents[2] / "firmware_protocol/vendor_vectors.json"
ALL: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
AS_PRINTED = 5.1e-4
"""Sources print g and deg/s with three decimals."""


def vectors(family: str, direction: str) -> list[Any]:
    """Those of one family and direction, as parameters with their names."""
    return [
        pytest.param(vector, id=vector["name"])
        for vector in ALL
        if (vector["family"], vector["direction"]) == (family, direction)
    ]


def assert_says(events: list[Any], expected: list[dict[str, Any]], scale: SensorScale) -> None:
    """Hold events against what a vector gives; every key that it names."""
    assert [type(event).__name__ for event in events] == [says["event"] for says in expected]
    for event, says in zip(events, expected, strict=True):
        for key, value in says.items():
            if key in ("acc_g", "gyr_dps") and isinstance(event, SampleBlock):
                acc, gyr = scale.to_si(event)
                found = acc if key == "acc_g" else gyr
                unit = STANDARD_GRAVITY_MPS2 if key == "acc_g" else RADIANS_PER_DEGREE
                assert found is not None
                np.testing.assert_allclose(found / unit, value, atol=AS_PRINTED, rtol=0)
            elif key != "event":
                assert plain(getattr(event, "event" if key == "kind" else key)) == value, key


def plain(value: object) -> object:
    """A value as JSON says it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
