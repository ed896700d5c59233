"""Are the sensors where the user says they are? Told from which of them moves, and when.

What is known of every stretch of a recording can be added up, so that a live estimator judges by
everything it has heard, not by what it still remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.labels import STEP_TASKS, inside_tasks
from sensor_screen.errors import PlacementError
from sensor_screen.model import Placement, Task
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval

SEATED_TASKS = (Task.PUMP, Task.POINT)
_GROUPS = ((Task.PUMP,), (Task.SQUAT,), (Task.LUNGE,), STEP_TASKS, SEATED_TASKS)
"""Labels that are looked at apart; the whole stretch comes after them."""
_PUMPS, _SQUATS, _LUNGES, _STEPS, _SEATED, _WHOLE = range(6)


@dataclass(frozen=True, slots=True)
class PlacementParams:
    """When a sensor is swapped or forgotten; tuned on public recordings and simulation."""

    swapped_ratio: float = 2.0
    """The segment that must stay quiet in a task may not move this much more than the other."""
    hardly_radps: float = 0.05
    """Less is no movement that could be compared."""
    shortest_s: float = 0.2
    """A task shorter than this tells nothing."""
    still_radps: float = 0.02
    """A sensor that never turns faster than this (RMS beside its offset) does not move."""
    moving_radps: float = 0.3
    fast_radps: float = 4.0
    """With the shank this fast no foot stays flat: faster than any squat, slower than a step."""
    fast_s: float = 0.05
    """For so long: a tenth of one swing."""
    waited_s: float = 2.0
    """In so much of labelled steps or pumps a foot has moved; the first step may be the other's."""
    smooth_s: float = 0.1
    quiet_radps: float = 0.4
    """A foot on the ground turns slower than this, ..."""
    turning_radps: float = 0.8
    """while the shank above it turns faster than this."""
    calm_mps2: float = 1.0
    """And its specific force scatters, and departs from one g, by less than this."""
    step_radps: float = 1.5
    """Both segments are this fast within `step_s`, or it is no step."""
    step_s: float = 0.75
    stance_s: float = 0.3
    """Least stance that tells; single kicks show up to 0.14 s of a shank that looks like a foot."""
    stance_share: float = 0.04
    """Least share of the stepping that is such stance: 0.07 to 0.18 in walking and on stairs; a
    shank shows 0.01 in kicks, a waved rig 0.02."""
    stance_ratio: float = 4.0
    """So much more of it in one segment than in the other; in steps the wrong one showed none."""


@dataclass(frozen=True, slots=True)
class PlacementEvidence:
    """Sums over stretches of a recording; they add up."""

    time_s: Floats  # (6,) pumps, squats, lunges, steps, seated, whole
    turn: Floats  # (6, 2, 3) integral of the angular velocity of shank and foot
    power: Floats  # (6, 2) integral of its square
    stance_s: Floats  # (2,) how long the shank, the foot stood still while the other turned over it
    stepping_s: float
    fast_s: float
    """How long the shank was faster than any squat."""

    def __add__(self, other: PlacementEvidence) -> PlacementEvidence:
        """Of both stretches."""
        return PlacementEvidence(
            self.time_s + other.time_s,
            self.turn + other.turn,
            self.power + other.power,
            self.stance_s + other.stance_s,
            self.stepping_s + other.stepping_s,
            self.fast_s + other.fast_s,
        )

    def rms(self, group: int) -> Floats:
        """(2,) RMS angular velocity of shank and foot."""
        rms: Floats = np.sqrt(self.power[group] / max(self.time_s[group], 1e-9))
        return rms

    def outside_seated(self) -> Floats:
        """(2,) RMS angular velocity beside its mean, an offset, while the person is not seated."""
        time_s = max(float(self.time_s[_WHOLE] - self.time_s[_SEATED]), 1e-9)
        mean = (self.turn[_WHOLE] - self.turn[_SEATED]) / time_s
        power = (self.power[_WHOLE] - self.power[_SEATED]) / time_s
        rms: Floats = np.sqrt(np.maximum(power - np.sum(mean**2, axis=1), 0.0))
        return rms


def check_placement(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    doubtful: Bools,
    tasks: Sequence[TaskInterval],
    params: PlacementParams = PlacementParams(),
) -> None:
    """Refuse swapped and forgotten sensors in one recording; see `refuse_misplaced`.

    Args:
        time_s: (n,) seconds, regular.
        acc_mps2: (n, 2, 3) shank and foot.
        gyr_radps: (n, 2, 3).
        doubtful: (n,) clipped or missing in either.
        tasks: Labels in the same time base.
        params: Tuning.

    Raises:
        PlacementError: swapped, or one sensor never moves although it must.
    """
    refuse_misplaced(gather_evidence(time_s, acc_mps2, gyr_radps, doubtful, tasks, params), params)


def gather_evidence(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    doubtful: Bools,
    tasks: Sequence[TaskInterval],
    params: PlacementParams = PlacementParams(),
) -> PlacementEvidence:
    """What one stretch of samples says; arguments as in `check_placement`."""
    dt = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.0
    inside = [inside_tasks(time_s, tasks, group) for group in _GROUPS]
    inside.append(np.ones(len(time_s), dtype=np.bool_))
    usable = np.array(inside) & ~doubtful
    power = np.sum(gyr_radps**2, axis=2)
    # Where nothing but a stand is labelled, steps may be anywhere.
    told = any(task.task is not Task.STAND for task in tasks)
    stance, stepping = _find_stance(
        acc_mps2, gyr_radps, usable[_STEPS if told else _WHOLE], dt, params
    )
    fast = usable[_WHOLE] & (power[:, 0] > params.fast_radps**2)
    return PlacementEvidence(
        time_s=usable.sum(axis=1) * dt,
        turn=np.einsum("gn,nsi->gsi", usable.astype(np.float64), gyr_radps) * dt,
        power=usable @ power * dt,
        stance_s=stance.sum(axis=0) * dt,
        stepping_s=float(stepping.sum() * dt),
        fast_s=float(fast.sum() * dt),
    )


def refuse_misplaced(
    evidence: PlacementEvidence, params: PlacementParams = PlacementParams()
) -> None:
    """Refuse swapped and forgotten sensors.

    In a pump the foot moves and the shank does not; in a flat-footed squat or lunge it is the other
    way round. In steps the foot lies quiet on the ground while the shank turns over it, and the
    shank never does so. Single kicks tell nothing with certainty.

    Raises:
        PlacementError: swapped, or one sensor never moves although it must.
    """
    _refuse_forgotten(evidence, params)
    found = [
        _compare_task(evidence, _PUMPS, 0, params),
        _compare_task(evidence, _SQUATS, 1, params),
        _compare_task(evidence, _LUNGES, 1, params),
        _compare_stance(evidence, params),
    ]
    seen = [verdict for verdict in found if verdict is not None]
    # Tasks that contradict each other are no reason to send anybody away.
    if not seen or not all(seen):
        return
    problems = (
        "the sensor called shank moves most in the pumps, where it should be quiet",
        "the sensor called foot moves most in the squats, where it should be quiet",
        "the sensor called foot moves most in the lunges, where it should be quiet",
        "in the steps the sensor called shank stands on the ground while the other turns over it",
    )
    problem = next(words for words, verdict in zip(problems, found, strict=True) if verdict)
    raise PlacementError("shank and foot", problem, "swap the two sensors or their files")


def _refuse_forgotten(evidence: PlacementEvidence, params: PlacementParams) -> None:
    """A shank must move with its foot; a foot may rest under squats, but not in steps and pumps."""
    shank, foot = evidence.outside_seated()
    bends = max(evidence.time_s[_SQUATS], evidence.time_s[_LUNGES]) > params.shortest_s
    if shank < params.still_radps and (bends or foot > params.moving_radps):
        raise _forgotten(Placement.SHANK, float(shank))
    if foot >= params.still_radps:
        return
    steps = evidence.time_s[_STEPS] > params.waited_s
    steps &= evidence.rms(_STEPS)[0] > params.moving_radps
    steps |= evidence.fast_s > params.fast_s
    pumps = evidence.time_s[_PUMPS] > params.waited_s
    pumps &= evidence.rms(_PUMPS)[1] < 2 * params.still_radps
    if steps or pumps:
        raise _forgotten(Placement.FOOT, float(foot))


def _forgotten(placement: Placement, rate_radps: float) -> PlacementError:
    what = "squats" if placement is Placement.SHANK else "pumps"
    return PlacementError(
        f"{placement} sensor",
        f"it never turns ({np.degrees(rate_radps):.1f} deg/s) while the leg steps or {what}",
        "check that it is strapped to the leg and switched on",
    )


def _compare_task(
    evidence: PlacementEvidence, group: int, quiet: int, params: PlacementParams
) -> bool | None:
    """Is the sensor that must be quiet the one that moves? None where that is not clear."""
    if evidence.time_s[group] <= params.shortest_s:
        return None
    rms = evidence.rms(group)
    quiet_radps, other_radps = float(rms[quiet]), float(rms[1 - quiet])
    if max(rms) <= params.swapped_ratio * max(min(rms), params.hardly_radps):
        return None
    return quiet_radps > other_radps


def _compare_stance(evidence: PlacementEvidence, params: PlacementParams) -> bool | None:
    """Is it the shank that stands on the ground? None where that is not clear."""
    shank_s, foot_s = evidence.stance_s
    least_s = max(params.stance_s, params.stance_share * evidence.stepping_s)
    if max(shank_s, foot_s) < least_s:
        return None
    if params.stance_ratio * min(shank_s, foot_s) > max(shank_s, foot_s):
        return None
    return bool(shank_s > foot_s)


def _find_stance(
    acc: Floats, gyr: Floats, usable: Bools, dt: float, params: PlacementParams
) -> tuple[Bools, Bools]:
    """(n, 2) where shank, where foot stands still under the other; (n,) where somebody steps."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    if not usable.any():
        return np.zeros((len(acc), 2), dtype=np.bool_), usable
    size = max(3, round(params.smooth_s / dt) | 1)
    power = uniform_filter1d(np.sum(gyr**2, axis=2), size, axis=0)
    rate = np.sqrt(np.maximum(power, 0.0))  # rounding of a running sum
    mean = uniform_filter1d(acc, size, axis=0)
    square = uniform_filter1d(np.sum(acc**2, axis=2), size, axis=0)
    length = np.linalg.norm(mean, axis=2)
    calm = square - length**2 < params.calm_mps2**2
    calm &= np.abs(length - STANDARD_GRAVITY_MPS2) < params.calm_mps2
    near = 2 * round(params.step_s / dt) + 1
    stepping = usable & (maximum_filter1d(rate, near, axis=0) > params.step_radps).all(axis=1)
    standing = stepping[:, None] & calm & (rate < params.quiet_radps)
    standing &= rate[:, ::-1] > params.turning_radps
    return standing, stepping
