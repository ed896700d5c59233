"""The ankle angle while the person moves: the filter fed block by block.

Theory of operation
-------------------
*Gathering.* Samples are kept until the neutral pose is over and the flexion axis can be told: after
labelled pumps, or after ten seconds of movement; where only the foot moved so far, later, once the
shank shows its own axis. Nothing is answered.
Where the sign is not known then, later movement is listened to until it tells (`live_sign`).
*Running.* The filter starts at the first kept sample, catches up in one go, and from then on every
block is answered at once. `lagged` is the same angle half a second later, smoothed over the samples
since: peaks are read from it.

How the samples are cut into blocks changes nothing. The state can be saved and restored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.ankle import (
    AnkleParams,
    calibrate_segments,
    choose_segment_params,
    is_doubtful,
    no_neutral,
    start_at_first_sample,
)
from sensor_screen.core.attachment import refer_to
from sensor_screen.core.calibration import UNPAIRED
from sensor_screen.core.joint_angle import anatomical_axes
from sensor_screen.core.live_blocks import NOTHING, GatheredSamples, LegBlock, LiveAngles, join
from sensor_screen.core.live_filter import LegSetting, LiveFilter
from sensor_screen.core.live_places import PlaceWatch
from sensor_screen.core.live_sign import watch_sign
from sensor_screen.core.quaternion import unit
from sensor_screen.core.saved_state import SavedState
from sensor_screen.core.segments import make_tape, start_state, tune
from sensor_screen.errors import MeasurementError, PlacementError
from sensor_screen.model import Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.sign import SignHint
    from sensor_screen.model import Calibration, Side, TaskInterval


@dataclass(frozen=True, slots=True)
class LiveParams:
    """Tuning of the live estimator."""

    ankle: AnkleParams = field(default_factory=AnkleParams)
    movement_s: float = 10.0
    """Movement to learn the axis from where there are no pumps. Longer is surer, and later."""
    after_pumps_s: float = 5.0
    """Movement after the pumps that shows the shank's axis."""
    lag_s: float = 0.5
    """Delay of the smoothed angle; half a second brings nearly all that smoothing can."""
    gather_s: float = 27.0
    """From the stand on, calibration is tried now even if the pumps go on; at 100 Hz the saved
    state stays under 100 kB so far."""
    give_up_s: float = 120.0
    """Where nothing can be calibrated, gathering beyond this keeps only the newest samples."""
    retry_share: float = 0.0
    """Where calibration fails it is tried again a second later, or after this share of the time
    since the first sample where that is longer."""
    longest_retry_s: float = 60.0
    """And never later than this."""
    watch_s: float = 2.0
    """The sensors' places are judged again after so long, by everything that was heard."""


class LiveAnkle(SavedState):
    """Ankle angle of one leg, fed block by block.

    Args:
        side: The leg.
        rate_hz: Of the regular grid of the samples.
        tasks: Labels, as far as they are known; ends in the future are fine.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        interval_mean: The gyroscopes send means over the past interval.
        clock_residual_s: How well the two clocks are known against each other.
        params: Tuning.
    """

    def __init__(
        self,
        side: Side,
        rate_hz: float,
        *,
        tasks: Sequence[TaskInterval] = (),
        sign_hint: SignHint | None = None,
        zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
        interval_mean: bool = False,
        clock_residual_s: float = 0.0,
        params: LiveParams = LiveParams(),
    ) -> None:
        self.setting = LegSetting(side, rate_hz, interval_mean, clock_residual_s, params.ankle)
        self.tasks = tuple(tasks)
        self.sign_hint = sign_hint
        self.zero_mode = zero_mode
        self.params = params
        self.not_before_s = -np.inf
        """Calibration waits for this time: who guides a person knows when the leg will move next.
        May be changed while samples come."""
        self._gathered: GatheredSamples | None = None
        self._begin_s = np.nan
        self._retry_s = -np.inf
        self.refused = ""
        """Why the last attempt to calibrate failed; empty where none did."""
        self._filter: LiveFilter | None = None
        self._places = PlaceWatch(round(params.watch_s * rate_hz))

    @property
    def calibration(self) -> Calibration | None:
        """Known once the filter runs."""
        return None if self._filter is None else self._filter.calibration

    def feed(self, block: LegBlock) -> LiveAngles:
        """Take some samples, answer what is known now.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten; at once, and for good.
        """
        self._places.take(block, self.tasks)
        if self._filter is not None:
            return _join_all(self._filter.listen(block, self.tasks))
        if self._gathered is None:
            self._gathered = GatheredSamples.of(block)
            self._begin_s = float(block.time_s[0])
        else:
            self._gathered.add(block, self._most)
        while self._gathered.time_s[-1] >= (due_s := self._due_s(self._begin_s)):
            known = int(np.searchsorted(self._gathered.time_s, due_s + 1e-9, side="right"))
            if started := self._start(known, due_s):
                return self._catch_up(*started, block)
        return NOTHING

    def finish(self) -> LiveAngles:
        """No more samples come: answer what was gathered, where that is possible at all.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten.
            MeasurementError: There is not even a neutral pose and some movement after it.
        """
        self._places.finish(self.tasks)
        if self._filter is not None or self._gathered is None:
            return NOTHING
        kept = self._gathered.part(slice(-self._most, None))
        self._filter = self._calibrate(kept)
        self._gathered = None
        return self._filter.run(kept, self.tasks)

    @property
    def _most(self) -> int:
        return int(self.params.give_up_s * self.setting.rate_hz)

    def _start(self, known: int, due_s: float) -> tuple[LiveFilter, LegBlock, int] | None:
        """A filter from the first `known` samples, those samples, and how many came after them."""
        if self._gathered is None:
            return None
        kept = self._gathered.part(slice(max(0, known - self._most), known))
        try:
            begun = self._calibrate(kept)
        except PlacementError:  # what more samples bring would only look right
            raise
        except MeasurementError as error:
            begun, self.refused = None, str(error)
        # Seated pumps hardly move the shank: its axis would be a guess for good.
        early = due_s < self._begin_s + self.params.gather_s
        if begun is None or (early and UNPAIRED in begun.calibration.reasons):
            waited_s = self.params.retry_share * (due_s - self._begin_s)
            self._retry_s = due_s + max(1.0, min(waited_s, self.params.longest_retry_s))
            return None
        return begun, kept, len(self._gathered.time_s) - known

    def _catch_up(
        self, begun: LiveFilter, kept: LegBlock, after: int, block: LegBlock
    ) -> LiveAngles:
        """Answer what was gathered, apart from what came after: the same for any blocks."""
        self._filter, self._gathered = begun, None
        answers = [begun.run(kept, self.tasks)]
        if after:  # these were not gathered: as they were sent
            answers += begun.listen(block.part(slice(-after, None)), self.tasks)
        return _join_all(answers)

    def _due_s(self, begin_s: float) -> float:
        """When calibration is tried; depends on labels and wishes, not on how samples arrive."""
        stands = [t.end_s for t in self.tasks if t.task is Task.STAND]
        stood = [t.start_s for t in self.tasks if t.task is Task.STAND]
        pumps = [t.end_s for t in self.tasks if t.task is Task.PUMP]
        still_s = stands[0] if stands else begin_s + 1.0
        due_s = still_s + self.params.movement_s
        if pumps and pumps[0] < due_s + 20.0:
            full_s = (stood[0] if stood else begin_s) + self.params.gather_s
            due_s = min(pumps[0] + self.params.after_pumps_s, max(full_s, due_s))
        # Labels may lie before the first sample; nothing can be told from none.
        return max(due_s, begin_s + 1.0, self._retry_s, self.not_before_s)

    def _calibrate(self, kept: LegBlock) -> LiveFilter:
        from sensor_screen.core.attachment_kernels import no_votes

        params, rate_hz = self.params.ankle, self.setting.rate_hz
        samples = self.setting.samples(kept, kept.flags[0])
        known = [t for t in self.tasks if t.start_s <= kept.time_s[-1]]
        found = calibrate_segments(
            kept.time_s,
            samples,
            is_doubtful(kept.flags[:, 0] | kept.flags[:, 1]),
            known,
            sign_hint=self.sign_hint,
            zero_mode=self.zero_mode,
            params=params,
        )
        if not found.neutral.verified:
            raise no_neutral(params.calibration.neutral)
        still = found.neutral.part
        chosen = choose_segment_params(np.inf, found.calibration, params)
        start = start_at_first_sample(found.view, found.neutral, found.calibration)
        tuning = tune(samples, chosen)
        slots = round(self.params.lag_s * rate_hz / tuning.block) + 1
        rest = kept.acc_mps2[still].mean(axis=0)
        axes = (found.calibration.shank_axis, found.calibration.foot_axis)
        return LiveFilter(
            setting=self.setting,
            state=start_state(start, chosen),
            tape=make_tape(slots),
            tuning=tuning,
            calibration=found.calibration,
            up=unit(rest[0]),
            frames=np.stack([anatomical_axes(axes[s], rest[s]) for s in range(2)]),
            clone_at=still.stop - 1,
            first_judged=still.stop - 1 + int(params.angle.hinge_judged_after_s * rate_hz),
            begin_s=float(kept.time_s[0]),
            ends=np.zeros((slots, 2, 3, 3)),
            votes=no_votes(),
            reference=refer_to(rest, found.calibration.shank_axis, rate_hz, params.attachment),
            watch=watch_sign(found, known, params.calibration),
            flags=kept.flags[0],
        )


def _join_all(answers: list[LiveAngles]) -> LiveAngles:
    return join(answers) if answers else NOTHING
