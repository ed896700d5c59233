"""A recording fed to the live estimator, as it would have been at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.live import LiveAnkle, LiveParams
from sensor_screen.core.live_blocks import LegBlock, LiveAngles, join
from sensor_screen.errors import MeasurementError
from sensor_screen.model import GyroSampling, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sensor_screen.core.sign import SignHint
    from sensor_screen.model import CleanLeg, TaskInterval


def answer_blocks(
    leg: CleanLeg,
    tasks: Sequence[TaskInterval] = (),
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    block_samples: int = 10,
    params: LiveParams = LiveParams(),
) -> Iterator[tuple[LegBlock, LiveAngles]]:
    """A recording cut into blocks, each with what the live estimator answers to it.

    The last block is empty, with what is answered only because no more samples come.

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
    for start in range(0, len(leg.time_s), block_samples):
        block = whole.part(slice(start, start + block_samples))
        yield block, live.feed(block)
    yield whole.part(slice(0, 0)), live.finish()


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
    answers = answer_blocks(
        leg,
        tasks,
        sign_hint=sign_hint,
        zero_mode=zero_mode,
        block_samples=block_samples,
        params=params,
    )
    return join([answer for _, answer in answers])
