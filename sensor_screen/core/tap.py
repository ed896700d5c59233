"""Two sensors knocked against each other: an independent check of how their clocks relate.

Both feel the same blows at the same moments. A blow is where the specific force departs for a few
milliseconds from what it is around it; its time is the centroid of that departure, which averaging
over a sample interval leaves where it is. The difference is the one that most blows of both agree
on; where another does nearly as well, as with knocks in an even rhythm, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import MeasurementError

if TYPE_CHECKING:
    from sensor_screen.model import Floats, SensorStream


@dataclass(frozen=True, slots=True)
class TapParams:
    """What counts as a knock, and as the same one."""

    acc_mps2: float = 20.0
    """Departure that is a knock: walking on a hard floor has as much at the foot, a knock of two
    housings several times that."""
    around_s: float = 0.03
    """What is around a blow: the median of so much to both sides is what it departs from, and
    within half of it lies its centroid."""
    apart_s: float = 0.12
    """Knocks nearer to each other are one, with its bounces: nobody knocks faster."""
    search_s: float = 0.25
    """Clocks further apart than this are not for a check; see `coarse_lag`."""
    same_s: float = 0.012
    """Blows that lie so near each other after the shift are the same: two samples at 200 Hz, and
    the ringing of a housing."""
    least_taps: int = 3
    """Fewer may agree by chance."""
    contact_s: float = 1e-3
    """1 sigma of what two housings pass on at different times; more knocks do not average it."""


@dataclass(frozen=True, slots=True)
class TapCheck:
    """How the clocks of two sensors relate, by common knocks."""

    difference_s: float
    """How much later the other sensor shows the same knock."""
    sigma_s: float
    taps: int
    """Knocks that both felt."""
    at_s: tuple[float, ...]
    """When, by the one sensor."""
    sentence: str

    def contradicts(self, residual_s: float) -> bool:
        """Whether clocks that are said to agree within a residual do not."""
        return abs(self.difference_s) > residual_s + 2.0 * self.sigma_s


def compare_taps(
    one: SensorStream, other: SensorStream, params: TapParams = TapParams()
) -> TapCheck:
    """Difference of two clocks from knocks; streams on what is believed to be a common time.

    Raises:
        MeasurementError: too few knocks in common, or more than one way to pair them.
    """
    first, second = find_taps(one, params), find_taps(other, params)
    differences_s = second[None, :] - first[:, None]
    near = np.sort(differences_s[np.abs(differences_s) <= params.search_s])
    votes = np.array([np.sum(np.abs(near - value) <= params.same_s) for value in near])
    if not len(near) or votes.max() < params.least_taps:
        raise MeasurementError(
            f"{len(first)} and {len(second)} knocks",
            f"fewer than {params.least_taps} of them were felt by both sensors",
            "hold the sensors together and knock them against each other five times, unevenly",
        )
    best = float(np.median(near[votes == votes.max()]))
    rival = np.abs(near - best) > 2 * params.same_s
    if rival.any() and votes[rival].max() >= votes.max() - 1:
        raise MeasurementError(
            f"{votes.max()} knocks",
            "can be paired in more than one way",
            "knock again with pauses of different lengths, half a second and more",
        )
    same = np.abs(differences_s - best) <= params.same_s
    pairs_s = differences_s[same]
    difference_s = float(np.median(pairs_s))
    # A blow within one sample lies anywhere in it, in both sensors.
    interval_s = np.hypot(_interval_s(one), _interval_s(other)) / np.sqrt(12.0)
    scatter_s = 1.4826 * float(np.median(np.abs(pairs_s - difference_s)))
    sigma_s = float(np.hypot(max(interval_s, scatter_s) / np.sqrt(len(pairs_s)), params.contact_s))
    return TapCheck(
        difference_s=difference_s,
        sigma_s=sigma_s,
        taps=len(pairs_s),
        at_s=tuple(first[np.any(same, axis=1)].tolist()),
        sentence=f"By {len(pairs_s)} knocks the clocks of the two sensors differ by "
        f"{1e3 * difference_s:+.1f} ms, give or take {1e3 * sigma_s:.1f} ms (1 sigma).",
    )


def find_taps(stream: SensorStream, params: TapParams = TapParams()) -> Floats:
    """(k,) times of sharp blows on the common time base, s."""
    time_s, acc = stream.time_s, stream.acc_mps2
    reach = max(2, round(params.around_s / _interval_s(stream)))
    if len(acc) <= 2 * reach:
        return np.empty(0)
    padded = np.pad(acc, ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    departure = np.linalg.norm(acc - np.median(windows, axis=2), axis=1)
    found: list[float] = []
    for at in np.flatnonzero(departure >= params.acc_mps2):
        if found and time_s[at] - found[-1] < params.apart_s:
            continue
        # The highest of the next few samples: bounces come later and are lower.
        top = at + int(np.argmax(departure[at : at + reach // 2 + 1]))
        near = slice(max(0, top - reach // 2 - 1), top + reach // 2 + 2)
        weight = departure[near]
        found.append(float(time_s[near] @ weight / weight.sum()))
    return np.array(found)


def _interval_s(stream: SensorStream) -> float:
    return float(np.median(np.diff(stream.device_time_s)))
