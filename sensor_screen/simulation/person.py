"""Some people: what their ankles can do, and what their movements ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

from sensor_screen.model import Side


@dataclass(frozen=True, slots=True)
class Ankle:
    """End range of one ankle, both positive, in radians."""

    dorsiflexion_end_rad: float = radians(40.0)
    """Weight-bearing end range. 38 to 43 deg in healthy adults (Konor 2012)."""
    plantarflexion_end_rad: float = radians(55.0)
    """Active end range. 40 to 55 deg of the arc is plantarflexion (Brockett and Chapman 2016)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be simulated."""

    name: str
    left: Ankle = Ankle()
    right: Ankle = Ankle()
    squat_lean_rad: float = radians(28.0)
    """Forward lean of the shank that this person's squat needs. 20 to 30 deg in a parallel squat;
    what the ankle cannot give becomes heel lift."""
    kick_plantarflexion_rad: float = radians(40.0)
    """Mean plantarflexion at ball contact: shank and foot stand at 130 deg in an instep kick."""
    kick_spread_rad: float = radians(4.0)
    """Standard deviation of it from kick to kick; 11 deg between people, less within one."""
    kick_rate_radps: float = radians(1215.0)
    """Peak rate of the shank in a kick. 2,074 deg/s is a very hard one."""
    stand_sway_rad: float = radians(0.1)
    """Root mean square lean while standing still on both legs."""
    balance_sway_rad: float = radians(0.6)
    """Root mean square lean while standing on one leg."""
    balance_touch_downs: int = 0
    """How often the raised foot comes down in one balance, evenly spread over it."""
    balance_hops: int = 0
    """How often the standing foot hops, evenly spread, never together with a touch-down."""
    shank_length_m: float = 0.40
    """Knee to ankle."""

    def ankle(self, side: Side) -> Ankle:
        """The ankle of one side."""
        return self.left if side == Side.LEFT else self.right


HEALTHY = Person("healthy")

ANTERIOR_RESTRICTED = Person(
    "anterior-restricted",
    right=Ankle(dorsiflexion_end_rad=radians(20.0)),
    left=Ankle(dorsiflexion_end_rad=radians(38.0)),
)
"""The right ankle stops at 20 deg of dorsiflexion: squats reach it, and the heel lifts early.
Anterior impingement: 8 deg active before and 19 deg after surgery in professional players."""

KICK_HEAVY = Person(
    "kick-heavy",
    left=Ankle(plantarflexion_end_rad=radians(50.0)),
    right=Ankle(plantarflexion_end_rad=radians(50.0)),
    kick_plantarflexion_rad=radians(48.5),
    kick_spread_rad=radians(5.0),
    kick_rate_radps=radians(1500.0),
)
"""About 39 % of the kicks go beyond the person's own plantarflexion (Tol 2002)."""

HARD_KICKER = Person("hard-kicker", kick_rate_radps=radians(2074.0))
"""Healthy, with the fastest kicks: the gyroscope comes to its full scale."""

PEOPLE: dict[str, Person] = {
    person.name: person for person in (HEALTHY, ANTERIOR_RESTRICTED, KICK_HEAVY, HARD_KICKER)
}
"""Everybody by name."""
