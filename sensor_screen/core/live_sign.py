"""A live sign that is not known yet: later movement is listened to until it tells.

Sums over two-second windows are kept, never samples, so memory does not grow; each sum is carried
on sample by sample, so blocks of any size give the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.calibration import UNPAIRED, UNTOLD, CalibrationParams
from sensor_screen.core.joint_angle import tilt_about
from sensor_screen.core.labels import SQUAT_TASKS, inside_tasks
from sensor_screen.core.neutral import rest_rate
from sensor_screen.core.orientation import vertical
from sensor_screen.core.pumping import find_pumping
from sensor_screen.core.quaternion import unit
from sensor_screen.core.sign import weigh
from sensor_screen.core.sign_clues import (
    FOOT,
    LABELLED,
    NO_STEPS,
    SHANK,
    SUPPOSED,
    SWING_WINDOW_S,
    Evidence,
    find_evidence,
    foot_flat,
    label_kind,
    lean_reach,
    standing,
    swing_terms,
)
from sensor_screen.model import SignOrigin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.ankle import CalibratedSegments
    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.model import Bools, Calibration, Floats, TaskInterval


@dataclass(slots=True)
class SignWatch:
    """What is carried while the sign is not known."""

    axes: Floats  # (2, 3) as calibrated
    up: Floats  # (2, 3) vertical in each sensor in the neutral pose
    rest_rate: Floats  # (2, 3)
    rate_hz: float
    params: CalibrationParams
    evidence: Evidence
    left: int
    """Samples until the open window closes."""
    window: Floats = field(default_factory=lambda: np.zeros((2, 6)))
    """Sums of the open window, and the fastest turn of the shank in it."""

    def take(
        self, block: LegBlock, up: Floats, doubtful: Bools, tasks: Sequence[TaskInterval]
    ) -> None:
        """Add samples that do not reach over the end of the open window.

        Args:
            block: The samples.
            up: (n, 2, 3) vertical in each sensor.
            doubtful: (n,) clipped or missing in either sensor.
            tasks: Labels in the same time base.
        """
        rate = block.gyr_radps - self.rest_rate
        turn = rate[:, SHANK] @ self.axes[SHANK]
        flat = foot_flat(block.acc_mps2[:, FOOT], rate[:, FOOT])
        kind = np.where(doubtful, NO_STEPS, label_kind(block.time_s, tasks))
        terms = swing_terms(turn, flat)
        for k in (LABELLED, SUPPOSED):
            mine = terms * (kind == k)[:, None]
            self.window[k, :5] = np.add.accumulate(np.vstack([self.window[k, :5], mine]))[-1]
            fastest = np.abs(turn[kind == k]).max(initial=self.window[k, 5])
            self.window[k, 5] = fastest
        stands = standing(rate[:, FOOT], up[:, FOOT] @ self.up[FOOT], self.params.sign)
        counts = stands & inside_tasks(block.time_s, tasks, SQUAT_TASKS) & ~doubtful
        lean = tilt_about(up[:, SHANK], self.axes[SHANK], self.up[SHANK])
        reach = lean_reach(self.evidence.reach, lean, turn / self.rate_hz, counts)
        self.evidence = replace(self.evidence, reach=reach)
        self.left -= len(turn)

    def close(self, calibration: Calibration) -> tuple[float, Calibration] | None:
        """End the window; the sign and the calibration with it, where it is known now."""
        sums = self.evidence.swings.copy()
        for k in (LABELLED, SUPPOSED):
            if self.window[k, 5] > self.params.sign.swing_radps:
                sums[k] += self.window[k, :5]
        self.evidence = replace(self.evidence, swings=sums)
        self.window, self.left = np.zeros((2, 6)), round(SWING_WINDOW_S * self.rate_hz)
        heard = sums.copy()
        if heard[SUPPOSED, 0] < self.params.sign.supposed_s * self.rate_hz:
            heard[SUPPOSED] = 0.0
        evidence = replace(self.evidence, swings=heard)
        told = weigh(evidence.clues(self.params.sign), self.params.sign)
        if told.origin is SignOrigin.UNKNOWN:
            return None
        kept = [r for r in calibration.reasons if r != UNTOLD and "toes up" not in r]
        # Without the half that the unknown sign cost.
        quality = 2.0 * calibration.quality * (self.params.contradicted if told.reasons else 1.0)
        return told.sign, replace(
            calibration,
            shank_axis=told.sign * calibration.shank_axis,
            foot_axis=told.sign * calibration.foot_axis,
            sign_origin=told.origin,
            quality=min(1.0, quality),
            reasons=(*kept, *told.reasons),
        )


def watch_sign(
    found: CalibratedSegments, tasks: Sequence[TaskInterval], params: CalibrationParams
) -> SignWatch | None:
    """What to carry on with; None where the sign is known, or where no later movement could tell.

    Args:
        found: The calibration and what it rests on.
        tasks: Labels that were known to it.
        params: Tuning.
    """
    view, calibration, still = found.view, found.calibration, found.neutral.part
    if calibration.sign_origin is not SignOrigin.UNKNOWN or UNPAIRED in calibration.reasons:
        return None
    rest = rest_rate(view.gyr_radps, found.neutral)
    rate = view.gyr_radps - rest
    axes = np.stack([calibration.shank_axis, calibration.foot_axis])
    pumps = find_pumping(view.time_s, rate, view.doubtful, tasks, params.pumps)
    up = vertical(view.orientation[still])
    rate_hz = 1.0 / float(view.time_s[1] - view.time_s[0])
    return SignWatch(
        axes=axes,
        up=np.stack([unit(up[:, s].mean(axis=0)) for s in (SHANK, FOOT)]),
        rest_rate=rest,
        rate_hz=rate_hz,
        params=params,
        evidence=find_evidence(view, rate, axes, still, tasks, pumps, params.sign),
        left=round(SWING_WINDOW_S * rate_hz),
    )
