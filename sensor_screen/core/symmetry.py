"""Left beside right: every measure that both legs have, with the error of the difference.

Two legs may come from one recording or from two. Their errors are independent: two pairs of
sensors, two calibrations. How much of a difference is usual is a question for the rules.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side, SideComparison, StanceRole, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.model import LegMeasures, SwayMeasures

_Measure = tuple[str, str, str]
_Figure = tuple[float, float]


def compare_sides(legs: Sequence[LegMeasures]) -> tuple[SideComparison, ...]:
    """Every measure of a left leg that the right leg has as well, in the order of the flow.

    Where one side was recorded more than once, its latest figures count.

    Args:
        legs: Of one person.
    """
    left, right = (
        {key: figure for leg in legs if leg.side is side for key, figure in _figures(leg)}
        for side in (Side.LEFT, Side.RIGHT)
    )
    return tuple(
        SideComparison(*key, figure[0], right[key][0], math.hypot(figure[1], right[key][1]))
        for key, figure in left.items()
        if key in right
    )


def _figures(leg: LegMeasures) -> Iterable[tuple[_Measure, _Figure]]:
    for capacity in leg.capacities:
        what = f"{capacity.condition}, {capacity.direction}"
        yield ("end range", what, "rad"), (capacity.value_rad, capacity.sigma_rad)
    for demand in leg.demands:
        what = f"{_words(demand.task)}, {demand.direction}"
        yield ("typical peak", what, "rad"), (demand.typical_rad, demand.sigma_rad)
    for task in Task:
        counted = [r for r in leg.repetitions if r.counted and r.task is task]
        if counted:
            yield (
                ("excursion", _words(task), "rad"),
                _median([r.excursion_rad for r in counted]),
            )
            yield (
                ("peak velocity", _words(task), "rad/s"),
                _median([r.peak_velocity_radps for r in counted]),
            )
    for stance in leg.sway:
        yield from _stance_figures(stance)


def _stance_figures(stance: SwayMeasures) -> Iterable[tuple[_Measure, _Figure]]:
    """Hold and tilt of a standing leg; what a raised foot did belongs to the other."""
    if stance.role is not StanceRole.STANDING:
        return
    yield ("hold time", "stance", "s"), (stance.hold_s, math.nan)
    for tilt in stance.tilt:
        if math.isfinite(tilt.total_rms_rad):
            what = f"stance, {tilt.placement}, total tilt"
            yield ("sway", what, "rad"), (tilt.total_rms_rad, tilt.total_sigma_rad)


def _median(values: Sequence[float]) -> _Figure:
    """Median and its standard error by the scatter; no error is known for a single one."""
    if len(values) < 2:
        return values[0], math.nan
    error = math.sqrt(math.pi / 2.0) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.median(values)), error


def _words(task: Task) -> str:
    return task.value.replace("_", " ")
