"""A recording screened as it would have been live: what is said of each repetition, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.core.live import LiveParams
from sensor_screen.core.live_repetitions import (
    LiveRepetitionParams,
    LiveRepetitions,
    RepetitionEvent,
)
from sensor_screen.core.replay import answer_blocks
from sensor_screen.model import ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.sign import SignHint
    from sensor_screen.model import CleanLeg, TaskInterval


def replay_repetitions(
    leg: CleanLeg,
    tasks: Sequence[TaskInterval],
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    block_samples: int = 10,
    params: LiveParams = LiveParams(),
    finder: LiveRepetitionParams | None = None,
) -> tuple[RepetitionEvent, ...]:
    """What the live screen would have said of the repetitions of one leg, in order.

    Args:
        leg: Both sensors.
        tasks: Labels in the same time base: what the person was asked to do.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        block_samples: Samples fed at a time; changes nothing.
        params: Tuning of the live estimator.
        finder: Tuning of the live finder.

    Raises:
        MeasurementError: No neutral pose, no movement, or a sensor is missing.
    """
    live = LiveRepetitions(
        leg.side,
        leg.rate_hz,
        tasks=tasks,
        zero_mode=zero_mode,
        params=finder or LiveRepetitionParams(),
    )
    events: list[RepetitionEvent] = []
    for block, answers in answer_blocks(
        leg,
        tasks,
        sign_hint=sign_hint,
        zero_mode=zero_mode,
        block_samples=block_samples,
        params=params,
    ):
        events += live.feed(block, answers)
    return (*events, *live.finish())
