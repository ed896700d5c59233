"""A recording fed to the live estimator, as it would have been at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.live import LiveAnkle, LiveParams
from sensor_screen.core.live_blocks import LegBlock, LiveAngles, join
from sensor_screen.errors import MeasurementError
from sensor_screen.model import GyroSampling, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.sign import SignHint
    from sensor_screen.model import CleanLeg, TaskInterval


def replay(
    leg: CleanLeg,
    tasks: Sequence[TaskInterval] = (),
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    block_samples: int = 10,
    params: LiveParams = LiveParams(),
) -> LiveAngles:
    """What the live estimator would have answered to a recording; as long as the recording.

    Where calibration was never due, the recording is answered at its end, unsettled.

    Args:
        leg: Both sensors.
        tasks: Labels in the same time base.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        block_samples: Samples fed at a time; changes nothing.
        params: Tuning.

    Raises:
        MeasurementError: No neutral pose, no movement, or a sensor is missing.
    """
    if leg.shank is None or leg.foot is None:
        raise MeasurementError(
            f"{leg.side} leg",
            "one sensor is missing, and the live angle needs both",
            "add it, or ask for the angle of the whole recording",
        )
    pair = (leg.shank, leg.foot)
    whole = LegBlock(
        leg.time_s,
        np.stack([s.acc_mps2 for s in pair], axis=1),
        np.stack([s.gyr_radps for s in pair], axis=1),
        np.stack([s.flags for s in pair], axis=1),
    )
    live = LiveAnkle(
        leg.side,
        leg.rate_hz,
        tasks=tasks,
        sign_hint=sign_hint,
        zero_mode=zero_mode,
        interval_mean=leg.foot.info.gyro_sampling is GyroSampling.INTERVAL_MEAN,
        clock_residual_s=leg.clock.residual_s,
        params=params,
    )
    n = len(leg.time_s)
    answers = [
        live.feed(whole.part(slice(start, stop)))
        for start in range(0, n, block_samples)
        if (stop := min(start + block_samples, n))
    ]
    answers.append(live.finish())
    return join(answers)
