"""How well the instant of the ball is known in simulated kicks, and its stated error holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.blows import leg_signals
from sensor_screen.core.kicks import find_kicks
from sensor_screen.model import Placement, Side, Task
from sensor_screen.simulation import (
    BENCHMARK,
    HARD_KICKER,
    HARSH,
    HEALTHY,
    Imperfections,
    Person,
    Scenario,
    Step,
    simulate,
)
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

KICKS = Scenario("kicks", "kicks, no pumps", (Step(Task.STAND, 2.0), Step(Task.KICK, 12)))
RATES_HZ = (100.0, 200.0)
_SAME_S = 0.1
"""A kick found further from the ball is another one."""


@dataclass(frozen=True, slots=True)
class ImpactCase:
    """Kicks of one kind."""

    name: str
    imperfections: Imperfections
    person: Person = HEALTHY


IMPACT_CASES = (
    ImpactCase("plain", BENCHMARK),
    ImpactCase("with shock", replace(BENCHMARK, shock_mps2=HARSH.shock_mps2)),
    ImpactCase("harsh", HARSH),
    ImpactCase("harsh, 2,074 deg/s", HARSH, HARD_KICKER),
)


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """The impacts of one kind of kick at one rate; errors in samples."""

    name: str
    rate_hz: float
    kicks: int
    found: int
    besides: int
    """Found where nobody kicked."""
    late: float
    """Median with its sign."""
    median: float
    p95: float
    sigma: float
    """Median of what is stated, 1 sigma."""
    covered: float
    """Share within 1.96 sigma."""


def measure_impact(case: ImpactCase, rate_hz: float, seeds: Sequence[int]) -> ImpactRow:
    """The instants of all kicks of some simulated people against the truth.

    Args:
        case: What kind of kicks.
        rate_hz: Sampling rate.
        seeds: One person each, 12 kicks.
    """
    kicks = besides = 0
    errors, sigmas = [], []
    for seed in seeds:
        true_s, found = _kick(case, rate_hz, seed)
        kicks += len(true_s)
        for at_s, sigma in found:
            error_s = at_s - true_s[np.argmin(np.abs(true_s - at_s))]
            if abs(error_s) > _SAME_S:
                besides += 1
                continue
            errors.append(error_s * rate_hz)
            sigmas.append(sigma)
    error, sigma_of = np.array(errors), np.array(sigmas)
    return ImpactRow(
        name=case.name,
        rate_hz=rate_hz,
        kicks=kicks,
        found=len(errors),
        besides=besides,
        late=float(np.median(error)),
        median=float(np.median(np.abs(error))),
        p95=float(np.percentile(np.abs(error), 95.0)),
        sigma=float(np.median(sigma_of)),
        covered=float(np.mean(np.abs(error) <= NORMAL_95 * sigma_of)),
    )


def _kick(
    case: ImpactCase, rate_hz: float, seed: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], list[tuple[float, float]]]:
    """True impacts, s; and those found, s, with their sigma in samples."""
    made = simulate(
        KICKS, seed=seed, rate_hz=rate_hz, imperfections=case.imperfections, person=case.person
    )
    side = Side.RIGHT
    shank, foot = (made.recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT))
    leg = assemble_leg(shank, foot, side)
    signals = leg_signals(leg)
    swings = find_kicks(signals) if signals is not None else ()
    begin_s = float(leg.time_s[0])
    true_s = [r.impact_s for r in made.truth[side].repetitions if r.impact_s is not None]
    found = [(begin_s + s.impact / rate_hz, s.impact_sigma) for s in swings if not s.reason]
    return np.array(true_s), found
