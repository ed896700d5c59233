"""Sway against closed forms, its stated error against other stances, and stances interrupted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.pipeline import MeasureOptions, measure_recording
from sensor_screen.core.sway import measure_sway
from sensor_screen.core.sway_measures import measure_acceleration_sway
from sensor_screen.model import (
    AxisOrigin,
    Calibration,
    CleanLeg,
    ClockMap,
    Side,
    SignOrigin,
    Task,
    TaskInterval,
    ZeroMode,
)
from sensor_screen.simulation import (
    BENCHMARK,
    HARSH,
    HEALTHY,
    Imperfections,
    Scenario,
    Step,
    simulate,
)
from sensor_screen.simulation.postures import spread_s
from sensor_screen.simulation.stances import FORWARD_RAD, SIDEWAYS_RAD, random_stance
from sensor_screen.simulation.sway_forms import FORM_RATE_HZ, SwayForm
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Floats

STANCES_S = (10.0, 12.0, 30.0)
STANCES_A_SEED = 60
INTERRUPTIONS = ((0, 0), (1, 0), (0, 2), (2, 1))
"""Touch-downs and hops of one stance."""
INTERRUPTED: dict[str, Imperfections] = {"plain": BENCHMARK, "harsh": HARSH}
_SAME_S = 0.25
"""Between the middle of an event found and of the true one."""
_CUTOFF_HZ = 3.5


@dataclass(frozen=True, slots=True)
class FormRow:
    """A signal with closed forms: the worst relative error of all its figures."""

    name: str
    figures: int
    filtered: float
    """As reported, behind the low-pass; nan where the closed form does not hold behind it."""
    unfiltered: float


def check_form(form: SwayForm) -> FormRow:
    """The worst figure of one signal, with and without the low-pass."""
    worst = [
        _worst(form, cutoff_hz) if cutoff_hz is None or form.filtered else float("nan")
        for cutoff_hz in (_CUTOFF_HZ, None)
    ]
    return FormRow(form.name, sum(bool(v) for v in form.figures.values()), *worst)


def _worst(form: SwayForm, cutoff_hz: float | None) -> float:
    sway = measure_acceleration_sway(form.acc_mps2, FORM_RATE_HZ, cutoff_hz=cutoff_hz)
    return max(
        float(abs(getattr(sway, name) - value) / value)
        for name, value in form.figures.items()
        if value
    )


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Stances of one length; each figure sideways, forward, and in all directions together."""

    seconds: float
    stances: int
    of_such: tuple[float, ...]
    """Share whose 95 % error reaches the mean of all stances of this length."""
    of_endless: tuple[float, ...]
    """And the tilt of a stance without end; slow sway is not in a short one."""
    stated: tuple[float, ...]
    """Median of the stated error over the true spread."""


def measure_coverage(seconds: float, seeds: Sequence[int]) -> CoverageRow:
    """The stated error of tilt against what other stances of the same person show.

    Args:
        seconds: Length of a stance.
        seeds: So many times `STANCES_A_SEED` stances.
    """
    found, sigma = [], []
    for seed in seeds:
        random = np.random.default_rng([seed, round(10.0 * seconds)])
        for _ in range(STANCES_A_SEED):
            tilt = _tilt(random, seconds)
            found.append(tilt[0])
            sigma.append(tilt[1])
    values, errors = np.array(found), np.array(sigma)
    endless = np.array([SIDEWAYS_RAD, FORWARD_RAD, np.hypot(SIDEWAYS_RAD, FORWARD_RAD)])
    covered = [(np.abs(values - of) <= NORMAL_95 * errors) for of in (values.mean(axis=0), endless)]
    return CoverageRow(
        seconds=seconds,
        stances=len(values),
        of_such=tuple(covered[0].mean(axis=0).tolist()),
        of_endless=tuple(covered[1].mean(axis=0).tolist()),
        stated=tuple((np.median(errors, axis=0) / values.std(axis=0)).tolist()),
    )


def _tilt(random: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
    """(3,) RMS tilt of one stance and (3,) its sigma: sideways, forward, all."""
    shank = random_stance(random, seconds)
    leg = CleanLeg(Side.LEFT, shank.rate_hz, shank.time_s, shank, None, ClockMap())
    stance = TaskInterval(0.0, seconds, Task.BALANCE)
    (tilt,) = measure_sway(leg, _known_axes(), stance).tilt
    rms = [tilt.mediolateral_rms_rad, tilt.anteroposterior_rms_rad, tilt.total_rms_rad]
    sigma = [tilt.mediolateral_sigma_rad, tilt.anteroposterior_sigma_rad, tilt.total_sigma_rad]
    return np.array(rms), np.array(sigma)


def _known_axes() -> Calibration:
    """Of a sensor whose axes are the segment's."""
    right = np.array([0.0, 0.0, 1.0])
    return Calibration(
        0.0,
        2.0,
        right,
        right,
        AxisOrigin.PUMPS,
        SignOrigin.PUMPS,
        ZeroMode.GRAVITY_VERTICAL,
        0.0,
        1.0,
    )


@dataclass(frozen=True, slots=True)
class EventCount:
    """Touch-downs or hops."""

    true: int = 0
    found: int = 0
    false: int = 0

    def __add__(self, other: EventCount) -> EventCount:
        return EventCount(
            self.true + other.true, self.found + other.found, self.false + other.false
        )


@dataclass(frozen=True, slots=True)
class InterruptionRow:
    """Stances of 20 s on either leg with known interruptions."""

    name: str
    stances: int
    touch_downs: EventCount
    hops: EventCount


def count_interruptions(name: str, seeds: Sequence[int]) -> InterruptionRow:
    """Every interruption of `INTERRUPTIONS`, for each seed.

    Args:
        name: Sensors, of `INTERRUPTED`.
        seeds: One person each.
    """
    stances, counts = 0, [EventCount(), EventCount()]
    for seed in seeds:
        for touch_downs, hops in INTERRUPTIONS:
            stances += 2
            for i, count in enumerate(_stand(name, seed, touch_downs, hops)):
                counts[i] += count
    return InterruptionRow(name, stances, *counts)


def _stand(name: str, seed: int, touch_downs: int, hops: int) -> tuple[EventCount, EventCount]:
    """Both legs in turn, as the whole pipeline sees them."""
    steps = (Step(Task.STAND, 3.0), Step(Task.BALANCE, 20.0))
    scenario = Scenario("balance", "each leg in turn", steps, sides=(Side.LEFT, Side.RIGHT))
    person = replace(HEALTHY, balance_touch_downs=touch_downs, balance_hops=hops)
    made = simulate(scenario, person=person, imperfections=INTERRUPTED[name], seed=seed)
    legs = measure_recording(made.recording, MeasureOptions(angle_needed=False))
    labels = [task for task in made.recording.tasks if task.task is Task.BALANCE]
    downs, hopped = EventCount(), EventCount()
    for label, side in zip(labels, made.truth, strict=True):
        sways = [s for leg in legs if leg.side is side for s in leg.sway]
        seen = [s for s in sways if s.start_s < 0.5 * (label.start_s + label.end_s) < s.end_s]
        duration_s = label.end_s - label.start_s
        true_downs = [label.start_s + t for t in spread_s(touch_downs, duration_s)]
        true_hops = [label.start_s + t for t in spread_s(hops, duration_s, offset=0.5)]
        downs += _count(true_downs, [e for s in seen for e in s.touch_downs_s or ()])
        hopped += _count(true_hops, [e for s in seen for e in s.hops_s or ()])
    return downs, hopped


def _count(true_s: Sequence[float], spans_s: Sequence[tuple[float, float]]) -> EventCount:
    middles_s = [0.5 * (a + b) for a, b in spans_s]
    found = sum(any(abs(m - t) <= _SAME_S for m in middles_s) for t in true_s)
    false = sum(not any(abs(m - t) <= _SAME_S for t in true_s) for m in middles_s)
    return EventCount(len(true_s), found, false)
