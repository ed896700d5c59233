"""Zones: how close a peak comes to the person's own end range. Geometry only, not a concern.

No zone is narrower than the error of the measurement, or a zone would be told apart that cannot
be. Where an end range is too small to hold zones that wide, that is said instead of a zone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Zone, ZoneBands
from sensor_screen.model import Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import Capacity, Demand
    from sensor_screen.rules.rulebook import RuleBook


def zone_bands(demand: Demand, capacity: Capacity, book: RuleBook) -> ZoneBands:
    """Where the zones of one task begin on one person's range.

    The error is the rule book's smallest change for the task, or the 95 % error of this very
    recording where that is larger. Kicks have their own scale: close below the end range, near it
    from there on, because healthy players often pass it (Tol et al. 2002).
    """
    kick = demand.task == Task.KICK
    smallest = book.value("smallest_change_kick" if kick else "smallest_change_cyclic")
    error = max(smallest, NORMAL_95 * math.hypot(demand.sigma_rad, capacity.sigma_rad))
    end = capacity.value_rad
    if kick:
        red_from = end
        amber_from = end - max(book.value("kick_amber_share") * end, error)
    else:
        red_from = end - max(book.value("red_share") * end, error)
        amber_from = red_from - max(book.value("amber_share") * end, error)
    return ZoneBands(
        amber_from_rad=amber_from,
        red_from_rad=red_from,
        end_range_rad=end,
        beyond_from_rad=end + error,
        error_rad=error,
        resolved=amber_from >= error,
    )


def place(peak_rad: float, bands: ZoneBands) -> Zone:
    """The zone of one peak, positive in its own direction.

    Past the tested range is claimed only by more than the error; this alone can also be said where
    the range is too small for the other zones.
    """
    if peak_rad > bands.beyond_from_rad:
        return Zone.BEYOND
    if not bands.resolved:
        return Zone.UNRESOLVED
    if peak_rad >= bands.red_from_rad:
        return Zone.RED
    return Zone.AMBER if peak_rad >= bands.amber_from_rad else Zone.GREEN
