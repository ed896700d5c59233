"""How far the angle is from the truth: on recordings with another instrument, and on simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.replay import replay
from sensor_screen.core.sign import SignHint
from sensor_screen.errors import ScreenError
from sensor_screen.model import AngleTrace, Placement, Side, Task
from sensor_screen.session.peers import vqf_angles
from sensor_screen.simulation import HARD_KICKER, HARSH, SCENARIOS, Imperfections, simulate
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sensor_screen.core.live_blocks import LiveAngles
    from sensor_screen.model import Bools, CleanLeg, Floats, Recording
    from sensor_screen.simulation import Person, Truth

SETTLING_S = 10.0
"""Skipped after the neutral pose of a long recording, as published comparisons do."""
SHIFTS_S = np.arange(-0.03, 0.0301, 0.005)
"""Time shifts tried: another instrument has its own clock and its own delay."""


@dataclass(frozen=True, slots=True)
class AngleError:
    """One method against the truth; degrees."""

    rmse_deg: float
    """Zero from the neutral pose, at the best time shift."""
    unshifted_deg: float
    """The same without a time shift."""
    removed_deg: float
    """At the best shift, with the constant offset removed."""
    shift_ms: float
    covered: float
    """Share of valid samples inside the 95 % band; nan for methods that state none."""
    half_width_deg: float
    valid: float
    largest_valid_deg: float
    """RMSE of the samples marked valid; nan where there are none."""


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """One recording."""

    name: str
    live: AngleError | None
    offline: AngleError | None
    vqf_live_deg: float
    """The better of two ways from VQF to an angle, at its best shift."""
    vqf_offline_deg: float
    note: str = ""


def validate_recording(
    name: str,
    recording: Recording,
    truth_time_s: Floats,
    truth_rad: Floats,
    sign_axes: Floats | None,
) -> ValidationRow:
    """Compare live and offline angle with another instrument.

    Args:
        name: Of the row.
        recording: Of one leg.
        truth_time_s: (m,) irregular; gaps above 0.1 s are not bridged.
        truth_rad: (m,) in its own zero; the zero is taken from the neutral pose where the truth
            covers it, else the offset is removed.
        sign_axes: (2, 3) which way is dorsiflexion, used for the sign only; None: found.
    """
    side = recording.sides[0]
    hint = None if sign_axes is None else SignHint(axes=sign_axes)
    try:
        leg = assemble_leg(
            recording.stream(side, Placement.SHANK), recording.stream(side, Placement.FOOT), side
        )
        found = estimate_ankle(leg, recording.tasks, sign_hint=hint)
    except ScreenError as error:
        return ValidationRow(name, None, None, np.nan, np.nan, str(error))
    truth = _truth_on(leg.time_s, truth_time_s, truth_rad)
    still = np.zeros(len(leg.time_s), dtype=np.bool_)
    still[found.neutral] = True
    long = leg.time_s[-1] - leg.time_s[found.neutral.stop - 1] > 2 * SETTLING_S
    after_s = leg.time_s[found.neutral.stop - 1] + (SETTLING_S if long else 0.0)
    scored = (leg.time_s > after_s) & np.isfinite(truth)
    judge = _Judge(leg.time_s, truth, still & np.isfinite(truth), scored)
    axes = np.stack([found.calibration.shank_axis, found.calibration.foot_axis])
    return ValidationRow(
        name=name,
        live=_score_live(judge, leg, recording, hint),
        offline=judge.score(found.trace),
        vqf_live_deg=_score_vqf(judge, leg, axes, found.neutral, live=True),
        vqf_offline_deg=_score_vqf(judge, leg, axes, found.neutral, live=False),
        note="" if judge.still.any() else "offset removed: the truth has no neutral pose",
    )


def _score_live(
    judge: _Judge, leg: CleanLeg, recording: Recording, hint: SignHint | None
) -> AngleError | None:
    try:
        return judge.score(replay(leg, recording.tasks, sign_hint=hint))
    except ScreenError:
        return None


def _score_vqf(judge: _Judge, leg: CleanLeg, axes: Floats, neutral: slice, *, live: bool) -> float:
    if leg.shank is None or leg.foot is None:
        return float("nan")
    acc = np.stack([leg.shank.acc_mps2, leg.foot.acc_mps2], axis=1)
    gyr = np.stack([leg.shank.gyr_radps, leg.foot.gyr_radps], axis=1)
    angles = vqf_angles(acc, gyr, leg.rate_hz, axes, neutral, live=live)
    return min(judge.best(angle)[0] for angle in angles.values())


def _truth_on(time_s: Floats, truth_time_s: Floats, truth: Floats) -> Floats:
    """The truth at our times; nan outside and in its gaps."""
    at = np.interp(time_s, truth_time_s, np.unwrap(truth), left=np.nan, right=np.nan)
    k = np.clip(np.searchsorted(truth_time_s, time_s), 1, len(truth_time_s) - 1)
    at[truth_time_s[k] - truth_time_s[k - 1] > 0.1] = np.nan
    return at


@dataclass(frozen=True, slots=True)
class _Judge:
    """Truth on the grid of the estimate, and where it counts."""

    time_s: Floats
    truth: Floats
    still: Bools
    scored: Bools

    def errors(self, angle: Floats, shift_s: float) -> Floats:
        """(n,) wrapped error, deg, with the zero of the neutral pose (or the mean) removed."""
        moved = np.interp(self.time_s + shift_s, self.time_s, np.unwrap(np.nan_to_num(angle)))
        error = np.angle(np.exp(1j * (moved - self.truth)))
        zero = self.still if self.still.any() else self.scored
        offset = np.angle(np.nanmean(np.exp(1j * error[zero])))
        wrapped: Floats = np.degrees(np.angle(np.exp(1j * (error - offset))))
        return wrapped

    def best(self, angle: Floats) -> tuple[float, float]:
        """Smallest RMSE over the shifts, and its shift."""
        found = [(_rms(self.errors(angle, s)[self.scored]), float(s)) for s in SHIFTS_S]
        return min(found)

    def score(self, trace: AngleTrace | LiveAngles) -> AngleError:
        """All figures of one of our own traces."""
        angle = _fit(trace.dorsiflexion_rad, len(self.time_s))
        rmse, shift = self.best(angle)
        error = self.errors(angle, shift)
        sigma = np.degrees(_fit(trace.sigma_rad, len(self.time_s)))
        valid = _fit(trace.valid.astype(np.float64), len(self.time_s)) > 0.5
        used = self.scored & valid
        return AngleError(
            rmse_deg=rmse,
            unshifted_deg=_rms(self.errors(angle, 0.0)[self.scored]),
            removed_deg=float(np.std(error[self.scored])),
            shift_ms=1e3 * shift,
            covered=_share(np.abs(error[used]) <= NORMAL_95 * sigma[used]),
            half_width_deg=NORMAL_95 * float(np.median(sigma[used])) if used.any() else math.nan,
            valid=float(valid.mean()),
            largest_valid_deg=_rms(error[used]),
        )


def _fit(values: Floats, length: int) -> Floats:
    """A live answer that started late lacks its first samples."""
    return np.concatenate([np.full(length - len(values), np.nan), values])


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")


def _share(hit: Bools) -> float:
    return float(hit.mean()) if len(hit) else float("nan")


# --- simulation ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row of the simulated benchmark."""

    name: str
    scenario: str
    given_axes: bool
    """Axes with 3 deg error are given, as in the published comparison; else found by ourselves."""
    imperfections: Imperfections | None = None
    person: Person | None = None


def benchmarks() -> tuple[Benchmark, ...]:
    """The rows, in the order of the table."""
    tasks = ("squat", "stairs", "kick")
    plain = [Benchmark(task, task, given_axes=True) for task in tasks]
    own = [Benchmark(f"{task}, own axes", task, given_axes=False) for task in tasks]
    harsh = [Benchmark(f"{t}, harsh", t, given_axes=True, imperfections=HARSH) for t in tasks[:2]]
    hard = Benchmark(
        "kick, harsh, 2074 deg/s", "kick", given_axes=True, imperfections=HARSH, person=HARD_KICKER
    )
    clocks = [
        Benchmark(f"{task}, foot {name}", task, given_axes=True, imperfections=worse)
        for task in ("stairs", "kick")
        for name, worse in (("20 ms late", _late(task)), ("80 ppm fast", _fast(task)))
    ]
    return (*plain, *own, *clocks, *harsh, hard, Benchmark("worn walk", "walk", given_axes=False))


def _late(scenario: str) -> Imperfections:
    return replace(SCENARIOS[scenario].imperfections, foot_clock_offset_s=0.02)


def _fast(scenario: str) -> Imperfections:
    return replace(SCENARIOS[scenario].imperfections, foot_clock_skew_ppm=80.0)


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """Medians over the seeds; degrees."""

    name: str
    live_rmse_deg: float
    live_peak_deg: float
    rmse_deg: float
    peak_deg: float
    worst_rmse_deg: float
    live_covered: float
    covered: float
    live_half_width_deg: float
    half_width_deg: float
    live_valid: float
    valid: float


def run_benchmark(benchmark: Benchmark, seeds: Sequence[int]) -> BenchmarkRow:
    """Simulate, estimate, and compare with the exact truth."""
    live, offline = [], []
    for seed in seeds:
        pair = _run_seed(benchmark, seed)
        live.append(pair[0])
        offline.append(pair[1])

    def median(rows: list[_SimError], name: str) -> float:
        return float(np.median([getattr(row, name) for row in rows]))

    return BenchmarkRow(
        name=benchmark.name,
        live_rmse_deg=median(live, "rmse_deg"),
        live_peak_deg=median(live, "peak_deg"),
        rmse_deg=median(offline, "rmse_deg"),
        peak_deg=median(offline, "peak_deg"),
        worst_rmse_deg=max(row.rmse_deg for row in offline),
        live_covered=median(live, "covered"),
        covered=median(offline, "covered"),
        live_half_width_deg=median(live, "half_width_deg"),
        half_width_deg=median(offline, "half_width_deg"),
        live_valid=median(live, "valid"),
        valid=median(offline, "valid"),
    )


@dataclass(frozen=True, slots=True)
class _SimError:
    rmse_deg: float
    peak_deg: float
    covered: float
    half_width_deg: float
    valid: float


def _run_seed(benchmark: Benchmark, seed: int) -> tuple[_SimError, _SimError]:
    simulation = simulate(
        benchmark.scenario,
        seed=seed,
        imperfections=benchmark.imperfections,
        person=benchmark.person,
    )
    side = Side.RIGHT
    recording, truth = simulation.recording, simulation.truth[side]
    hint = SignHint(_tilted_axes(truth, seed), exact=True) if benchmark.given_axes else None
    leg = assemble_leg(
        recording.stream(side, Placement.SHANK), recording.stream(side, Placement.FOOT), side
    )
    begin_s = min(t.start_s for t in recording.tasks if t.task not in (Task.STAND, Task.PUMP))
    live = replay(leg, recording.tasks, sign_hint=hint)
    offline = estimate_ankle(leg, recording.tasks, sign_hint=hint).trace
    return _score_simulated(live, truth, begin_s), _score_simulated(offline, truth, begin_s)


def _tilted_axes(truth: Truth, seed: int, tilt_rad: float = np.radians(3.0)) -> Floats:
    """(2, 3) the true axes, each tilted by 3 deg in a random direction."""
    random = np.random.default_rng(seed)
    tilted = []
    for axis in (truth.flexion_axis_shank, truth.flexion_axis_foot):
        across = np.cross(axis, random.normal(size=3))
        across /= np.linalg.norm(across)
        tilted.append(np.cos(tilt_rad) * axis + np.sin(tilt_rad) * across)
    return np.stack(tilted)


def _score_simulated(trace: AngleTrace | LiveAngles, truth: Truth, begin_s: float) -> _SimError:
    exact = np.interp(trace.time_s, truth.time_s, truth.dorsiflexion_rad)
    error = np.degrees(trace.dorsiflexion_rad - exact)
    scored = trace.time_s >= begin_s
    used = scored & trace.valid
    half = NORMAL_95 * np.degrees(trace.sigma_rad)
    return _SimError(
        rmse_deg=_rms(error[scored]),
        peak_deg=_rms(np.array(list(_peak_errors(trace, exact, truth, begin_s)))),
        covered=_share(np.abs(error[used]) <= half[used]),
        half_width_deg=float(np.median(half[used])) if used.any() else float("nan"),
        valid=float(trace.valid.mean()),
    )


def _peak_errors(
    trace: AngleTrace | LiveAngles, exact: Floats, truth: Truth, begin_s: float
) -> Iterator[float]:
    """Error of the largest dorsi- and plantarflexion of each repetition, deg."""
    for repetition in truth.repetitions:
        inside = (trace.time_s >= repetition.start_s) & (trace.time_s <= repetition.end_s)
        if repetition.start_s < begin_s or inside.sum() < 3:
            continue
        ours, true = trace.dorsiflexion_rad[inside], exact[inside]
        yield float(np.degrees(ours.max() - true.max()))
        if repetition.task is not Task.SQUAT:
            yield float(np.degrees(ours.min() - true.min()))
