"""Legs that many tests of the estimator share; each is simulated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sensor_screen.core.ankle import AnkleEstimate, estimate_ankle
from sensor_screen.core.segments import SegmentParams
from sensor_screen.model import Placement
from sensor_screen.simulation import WORN_WALK
from tests.core.dense_estimator import DenseEstimate, filter_densely
from tests.core.simulated_legs import (
    KICKS,
    PUMPS_AND_STAIRS,
    WALK,
    SimulatedLeg,
    heard_badly,
    silent,
    simulated_leg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="session")
def legs() -> Mapping[str, SimulatedLeg]:
    """A good sensor on stairs, a worn logger on a walk (gaps, clipping, soft tissue), and kicks."""
    return {
        "stairs": simulated_leg(PUMPS_AND_STAIRS, seed=1),
        "walk": simulated_leg(WALK, seed=1, imperfections=WORN_WALK),
        "kicks": simulated_leg(KICKS, seed=1),
    }


@pytest.fixture(scope="session")
def estimates(legs: Mapping[str, SimulatedLeg]) -> Mapping[str, AnkleEstimate]:
    """The ankle of each leg, by the smoother."""
    return {name: estimate_ankle(known.leg, known.tasks) for name, known in legs.items()}


@dataclass(frozen=True)
class Twice:
    """A leg and what the dense estimator says of it."""

    known: SimulatedLeg
    dense: DenseEstimate

    @property
    def clone_at(self) -> int:
        """Last sample of the stand."""
        return int(self.known.stand.stop) - 1


@pytest.fixture(scope="session", params=["stairs", "walk", "gaps"])
def twice(request: pytest.FixtureRequest, legs: Mapping[str, SimulatedLeg]) -> Twice:
    """45 s of pumps, squats and stairs, 37 s of walking, and the stairs heard with gaps."""
    if request.param == "gaps":
        foot_late = heard_badly(legs["stairs"], silent((15.0, 15.2), (20.0, 21.0)), Placement.FOOT)
        shank_too = heard_badly(foot_late, silent((28.0, 28.5), (35.3, 35.8)), Placement.SHANK)
        known = heard_badly(shank_too, silent((35.0, 35.5)), Placement.FOOT)
    else:
        known = legs[request.param]
    dense = filter_densely(known.samples, known.start, known.stand.stop - 1, SegmentParams())
    return Twice(known, dense)
