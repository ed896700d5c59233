"""The ankle angle while the person moves: the filter fed block by block.

Theory of operation
-------------------
*Gathering.* Samples are kept until the neutral pose is over and the flexion axis can be told: after
labelled pumps, or after ten seconds of movement. Nothing is answered.
Where the sign is not known then, later movement is listened to until it tells (`live_sign`).
*Running.* The filter starts at the first kept sample, catches up in one go, and from then on every
block is answered at once. `lagged` is the same angle half a second later, smoothed over the samples
since: peaks are read from it.

How the samples are cut into blocks changes nothing. The state can be saved and restored.
"""

from __future__ import annotations

import pickle
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
from sensor_screen.core.joint_angle import (
    ErrorSources,
    ankle_angles,
    calibration_marks,
    total_sigma,
)
from sensor_screen.core.live_blocks import NOTHING, GatheredSamples, LegBlock, LiveAngles, join
from sensor_screen.core.live_sign import SignWatch, watch_sign
from sensor_screen.core.quaternion import unit
from sensor_screen.core.segments import (
    SegmentSamples,
    extra_noise,
    make_tape,
    start_state,
    tune,
)
from sensor_screen.errors import MeasurementError
from sensor_screen.model import AngleMark, AxisOrigin, SampleFlag, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.segment_state import Nominal, Tape, Tuning
    from sensor_screen.core.sign import SignHint
    from sensor_screen.model import (
        Bools,
        Bytes,
        Calibration,
        Floats,
        Marks,
        Side,
        TaskInterval,
    )


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


@dataclass(slots=True)
class _Running:
    """What the running filter carries."""

    state: Nominal
    tape: Tape
    tuning: Tuning
    calibration: Calibration
    up: Floats  # (3,) vertical in the shank sensor in the neutral pose
    clone_at: int
    first_judged: int
    begin_s: float
    blocks: int
    flags: Bytes  # (2,) of the newest sample
    since_gap: int  # samples since the last missing one
    fed: int  # samples
    ends: Floats  # (slots, 2, 3, 3) orientations at the block ends on the tape
    watch: SignWatch | None  # while the sign is not known
    sign: float = 1.0  # -1 where it turned out later that the axes point to the left


class LiveAnkle:
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
        self.side = side
        self.rate_hz = rate_hz
        self.tasks = tuple(tasks)
        self.sign_hint = sign_hint
        self.zero_mode = zero_mode
        self.interval_mean = interval_mean
        self.clock_residual_s = clock_residual_s
        self.params = params
        self._gathered: GatheredSamples | None = None
        self._begin_s = np.nan
        self._retry_s = -np.inf
        self._running: _Running | None = None

    @property
    def calibration(self) -> Calibration | None:
        """Known once the filter runs."""
        return None if self._running is None else self._running.calibration

    def feed(self, block: LegBlock) -> LiveAngles:
        """Take some samples, answer what is known now."""
        if self._running is not None:
            return self._listen(self._running, block)
        most = int(self.params.give_up_s * self.rate_hz)
        if self._gathered is None:
            self._gathered = GatheredSamples.of(block)
            self._begin_s = float(block.time_s[0])
        else:
            self._gathered.add(block, most)
        kept = self._gathered
        while kept.time_s[-1] >= (due_s := self._due_s(self._begin_s)):
            known = int(np.searchsorted(kept.time_s, due_s + 1e-9, side="right"))
            gathered = kept.part(slice(max(0, known - most), known))
            try:
                self._running = self._calibrate(gathered)
            except MeasurementError:
                self._retry_s = due_s + 1.0
            else:
                self._gathered = None
                # Apart, so that the catch-up is the same however many samples came at once.
                caught_up = self._run(self._running, gathered)
                if known == len(kept.time_s):
                    return caught_up
                # What came after was not gathered: as it was sent.
                rest = block.part(slice(known - len(kept.time_s), None))
                return join([caught_up, self._listen(self._running, rest)])
        return NOTHING

    def finish(self) -> LiveAngles:
        """No more samples come: answer what was gathered, where that is possible at all.

        Raises:
            MeasurementError: There is not even a neutral pose and some movement after it.
        """
        if self._running is not None or self._gathered is None:
            return NOTHING
        kept = self._gathered.part(slice(-int(self.params.give_up_s * self.rate_hz), None))
        self._running = self._calibrate(kept)
        self._gathered = None
        return self._run(self._running, kept)

    def _due_s(self, begin_s: float) -> float:
        """When calibration is tried; depends on the labels alone, not on how samples arrive."""
        stands = [t.end_s for t in self.tasks if t.task is Task.STAND]
        stood = [t.start_s for t in self.tasks if t.task is Task.STAND]
        pumps = [t.end_s for t in self.tasks if t.task is Task.PUMP]
        still_s = stands[0] if stands else begin_s + 1.0
        due_s = still_s + self.params.movement_s
        if pumps and pumps[0] < due_s + 20.0:
            full_s = (stood[0] if stood else begin_s) + self.params.gather_s
            due_s = min(pumps[0] + self.params.after_pumps_s, max(full_s, due_s))
        # Labels may lie before the first sample; nothing can be told from none.
        return max(due_s, begin_s + 1.0, self._retry_s)

    def _calibrate(self, kept: LegBlock) -> _Running:
        params = self.params.ankle
        samples = self._samples(kept, kept.flags[0])
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
        slots = round(self.params.lag_s * self.rate_hz / tuning.block) + 1
        judged = still.stop - 1 + int(params.angle.hinge_judged_after_s * self.rate_hz)
        return _Running(
            state=start_state(start, chosen),
            tape=make_tape(slots),
            tuning=tuning,
            calibration=found.calibration,
            up=unit(kept.acc_mps2[still, 0].mean(axis=0)),
            clone_at=still.stop - 1,
            first_judged=judged,
            begin_s=float(kept.time_s[0]),
            blocks=0,
            flags=kept.flags[0],
            since_gap=1_000_000,
            fed=0,
            ends=np.zeros((slots, 2, 3, 3)),
            watch=watch_sign(found, known, params.calibration),
        )

    def _samples(self, block: LegBlock, before: Bytes) -> SegmentSamples:
        return SegmentSamples(
            rate_hz=self.rate_hz,
            acc_mps2=np.ascontiguousarray(block.acc_mps2, dtype=np.float64),
            gyr_radps=np.ascontiguousarray(block.gyr_radps, dtype=np.float64),
            extra_noise=extra_noise(block.flags, before, self.params.ankle.segments),
            interval_mean=self.interval_mean,
        )

    def _listen(self, run: _Running, block: LegBlock) -> LiveAngles:
        """Run, and while the sign is not known, judge it at the end of every two seconds."""
        answers, start = [], 0
        while run.watch is not None and len(block.time_s) - start >= run.watch.left:
            stop = start + run.watch.left
            answers.append(self._run(run, block.part(slice(start, stop)), watched=True))
            start = stop
            if (told := run.watch.close(run.calibration)) is not None:
                run.sign, run.calibration = told
                run.watch = None
        if start < len(block.time_s):
            answers.append(self._run(run, block.part(slice(start, None)), watched=True))
        return join(answers) if answers else NOTHING

    def _run(self, run: _Running, block: LegBlock, *, watched: bool = False) -> LiveAngles:
        before = run.blocks
        out = _follow(run, self._samples(block, run.flags))
        if watched and run.watch is not None:
            doubtful = is_doubtful(block.flags[:, 0] | block.flags[:, 1])
            run.watch.take(block, out.rotation[:, :, 2], doubtful, self.tasks)
        flexion, inversion = self._angles(run, out.rotation, out.neutral, out.live[:, :3])
        sigma = self._sigma(run, block, flexion, out.live)
        marks = self._marks(run, block, sigma, out.live[:, 4])
        lag = len(run.ends) - 1
        first = max(before, lag) - lag + 1
        smoothed = np.arange(first, first + len(out.lagged))  # numbers of the blocks
        newest = (smoothed + lag) * run.tuning.block - run.fed
        late, _ = self._angles(run, out.lagged, out.neutral[newest], out.live[newest, :3])
        run.flags = block.flags[-1]
        run.fed += len(block.time_s)
        return LiveAngles(
            time_s=block.time_s,
            dorsiflexion_rad=flexion,
            inversion_rad=inversion,
            sigma_rad=sigma,
            valid=marks == 0,
            marks=marks,
            lagged_time_s=run.begin_s + smoothed * run.tuning.block / self.rate_hz,
            lagged_dorsiflexion_rad=late,
        )

    def _angles(
        self, run: _Running, rotation: Floats, neutral: Floats, axis: Floats
    ) -> tuple[Floats, Floats]:
        relative = np.matmul(rotation[:, 0].transpose(0, 2, 1), rotation[:, 1])
        flexion, inversion = ankle_angles(relative, neutral, axis, run.up, self.side)
        return run.sign * flexion, run.sign * inversion

    def _sigma(self, run: _Running, block: LegBlock, flexion: Floats, live: Floats) -> Floats:
        sources = ErrorSources(
            variance_rad2=live[:, 3],
            axis_sigma_rad=np.maximum(live[:, 5], run.calibration.axis_error_rad),
            misfit_m=live[:, 6],
            foot_rate_radps=block.gyr_radps[:, 1] @ run.calibration.foot_axis,
            stand_s=run.calibration.neutral_end_s - run.calibration.neutral_start_s,
            clock_residual_s=self.clock_residual_s,
        )
        return total_sigma(flexion, sources, self.params.ankle.angle)

    def _marks(self, run: _Running, block: LegBlock, sigma: Floats, share: Floats) -> Marks:
        angle = self.params.ankle.angle
        marks = np.zeros(len(sigma), dtype=np.uint16)
        marks[sigma > angle.largest_sigma_rad] |= int(AngleMark.UNCERTAIN)
        at = run.fed + np.arange(len(sigma))
        judged = at >= run.first_judged
        if run.fed == 0 and judged[-1]:  # the catch-up waits for the first judgement
            share = share[np.maximum(at, run.first_judged)]
            judged[:] = True
        marks[judged & (share < angle.hinge_share)] |= int(AngleMark.NOT_A_HINGE)
        if run.calibration.axis_origin is not AxisOrigin.PUMPS:
            marks[~judged] |= int(AngleMark.UNSETTLED)
        missing = np.any((block.flags & int(SampleFlag.MISSING)) != 0, axis=1)
        since = _count_since(missing, run.since_gap)
        run.since_gap = int(since[-1])
        marks[since <= angle.gap_margin_s * self.rate_hz] |= int(AngleMark.GAP)
        marks |= np.uint16(calibration_marks(run.calibration))
        return marks

    def save(self) -> bytes:
        """Everything, as bytes that `restore` understands; made and read by this version only."""
        return pickle.dumps(self.__dict__, protocol=pickle.HIGHEST_PROTOCOL)

    @classmethod
    def restore(cls, saved: bytes) -> LiveAnkle:
        """An estimator that goes on where the saved one stood. Only for bytes of our own making."""
        live = cls.__new__(cls)
        live.__dict__.update(pickle.loads(saved))  # noqa: S301 - own state, never from outside
        return live


@dataclass(frozen=True, slots=True)
class _Followed:
    """What the compiled loop says of the samples of one block."""

    rotation: Floats  # (n, 2, 3, 3)
    live: Floats  # (n, 7)
    neutral: Floats  # (n, 3, 3)
    lagged: Floats  # (m, 2, 3, 3)


def _follow(run: _Running, samples: SegmentSamples) -> _Followed:
    """Run the filter and its lag over some samples, in place."""
    from sensor_screen.core.live_kernels import follow_samples

    n = len(samples)
    rotation, live, neutral = np.empty((n, 2, 3, 3)), np.empty((n, 7)), np.empty((n, 3, 3))
    lagged = np.empty((n, 2, 3, 3))
    run.blocks, filled = follow_samples(
        run.state,
        samples.acc_mps2,
        samples.gyr_radps,
        samples.extra_noise,
        run.clone_at,
        run.tuning,
        run.tape,
        run.ends,
        run.blocks,
        rotation,
        live,
        neutral,
        lagged,
    )
    cloned_after = run.clone_at - run.fed + run.tuning.block
    if cloned_after >= 0:  # the catch-up: the neutral pose itself is read against its clone
        neutral[: cloned_after + 1] = neutral[min(cloned_after, n - 1)]
    return _Followed(rotation, live, neutral, lagged[:filled])


def _count_since(hit: Bools, before: int) -> NDArray[np.int64]:
    """(n,) samples since the last hit, going on from `before`."""
    at = np.arange(1, len(hit) + 1)
    last = np.maximum.accumulate(np.where(hit, at, -before))
    since: NDArray[np.int64] = at - last
    return since
