"""The neutral pose: when the person stood still, and what the sensors showed then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval


@dataclass(frozen=True, slots=True)
class NeutralParams:
    """When a person counts as standing still."""

    still_gyr_radps: float = 0.15
    """A neutral pose is verified below this angular velocity; a held breath stays under it."""
    still_acc_mps2: float = 0.6
    """And while specific force departs from its mean by less than this."""
    label_share: float = 0.6
    """Share of a labelled stand that must be still; otherwise more sway is allowed first."""
    shortest_neutral_s: float = 0.3
    """A shorter stillness is no neutral pose."""
    unlabelled_s: float = 1.0
    """Where no label says that the person stood: a foot pauses for half a second in a turn or on a
    step, with the ankle anywhere."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """The neutral pose."""

    part: slice
    verified: bool
    """Both sensors were still; otherwise it is only the quietest moment."""


def find_neutral(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    tasks: Sequence[TaskInterval],
    params: NeutralParams = NeutralParams(),
) -> Neutral:
    """The neutral pose: the longest verified stillness in the first labelled stand.

    Without a labelled stand, the longest stillness of the recording, of a second at least; without
    any stillness, the quietest moment. Works for any number of sensors: arrays are (n, s, 3).
    """
    shortest = params.shortest_neutral_s / (time_s[1] - time_s[0])
    stands = [
        (time_s >= task.start_s - 1e-9) & (time_s <= task.end_s + 1e-9)
        for task in tasks
        if task.task is Task.STAND
    ]
    for share in (params.label_share, 0.0):
        # A swaying person is still the best zero there is, before any other moment.
        for tolerance in (1.0, 2.0, 4.0):
            still = _still_samples(acc_mps2, gyr_radps, tolerance, params)
            for stand in stands:
                best = _longest_run(still & stand)
                if best.stop - best.start >= max(shortest, share * stand.sum()):
                    return Neutral(best, verified=True)
    best = _longest_run(_still_samples(acc_mps2, gyr_radps, 1.0, params))
    if best.stop - best.start >= params.unlabelled_s / (time_s[1] - time_s[0]):
        return Neutral(best, verified=True)
    return Neutral(_quietest(gyr_radps, round(shortest)), verified=False)


def _quietest(gyr: Floats, size: int) -> slice:
    """The window of the least summed angular velocity."""
    from scipy.ndimage import uniform_filter1d

    total = uniform_filter1d(np.linalg.norm(gyr, axis=2).sum(axis=1), size)
    half = size // 2
    middle = half + int(np.argmin(total[half : max(half + 1, len(total) - half)]))
    return slice(middle - half, middle - half + size)


def _still_samples(acc: Floats, gyr: Floats, tolerance: float, params: NeutralParams) -> Bools:
    """(n,) no sensor turns or shakes; judged against each sensor's slow mean."""
    from scipy.ndimage import uniform_filter1d

    quiet = np.ones(len(acc), dtype=np.bool_)
    for s in range(acc.shape[1]):
        force = np.linalg.norm(acc[:, s] - uniform_filter1d(acc[:, s], 25, axis=0), axis=1)
        rate = np.linalg.norm(gyr[:, s], axis=1)
        quiet &= rate < tolerance * params.still_gyr_radps
        quiet &= force < tolerance * params.still_acc_mps2
    return quiet


def _longest_run(mask: Bools) -> slice:
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    if len(edges) == 0:
        return slice(0, 0)
    starts, stops = edges[::2], edges[1::2]
    k = int(np.argmax(stops - starts))
    return slice(int(starts[k]), int(stops[k]))


def rest_rate(gyr_radps: Floats, neutral: Neutral) -> Floats:
    """(s, 3) gyroscope bias from the neutral pose; zero where nobody stood still."""
    mean: Floats = gyr_radps[neutral.part].mean(axis=0)
    return mean if neutral.verified else np.zeros_like(mean)
