"""Known movement, and what imperfect sensors would have sent: `simulate("healthy")`."""

from sensor_screen.simulation.imperfections import (
    BENCHMARK,
    HARSH,
    IDEAL,
    WORN_WALK,
    Imperfections,
)
from sensor_screen.simulation.person import (
    ANTERIOR_RESTRICTED,
    HARD_KICKER,
    HEALTHY,
    KICK_HEAVY,
    PEOPLE,
    Ankle,
    Person,
)
from sensor_screen.simulation.scenarios import SCENARIOS, Scenario, Step
from sensor_screen.simulation.simulator import Simulation, TrueRepetition, Truth, simulate

__all__ = [
    "ANTERIOR_RESTRICTED",
    "BENCHMARK",
    "HARD_KICKER",
    "HARSH",
    "HEALTHY",
    "IDEAL",
    "KICK_HEAVY",
    "PEOPLE",
    "SCENARIOS",
    "WORN_WALK",
    "Ankle",
    "Imperfections",
    "Person",
    "Scenario",
    "Simulation",
    "Step",
    "TrueRepetition",
    "Truth",
    "simulate",
]
