"""The filter as it runs live: blocks of samples in, angles with their sigma and marks out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.ankle import AnkleParams, is_doubtful
from sensor_screen.core.attachment import (
    is_apart,
    is_missing,
    is_slipped,
    kinds_of,
    tilt_sigma,
    watch,
)
from sensor_screen.core.joint_angle import calibration_marks
from sensor_screen.core.live_blocks import LegBlock, LiveAngles
from sensor_screen.core.segments import SegmentSamples, extra_noise
from sensor_screen.core.uncertainty import ErrorSources, axis_tilt, total_sigma
from sensor_screen.model import AngleMark, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.attachment_kernels import Reference, Votes
    from sensor_screen.core.live_sign import SignWatch
    from sensor_screen.core.segment_state import Nominal, Tape, Tuning
    from sensor_screen.model import Bytes, Calibration, Floats, Marks, TaskInterval


@dataclass(frozen=True, slots=True)
class LegSetting:
    """What is known of a leg before its first sample."""

    side: Side
    rate_hz: float
    interval_mean: bool
    """The gyroscopes send means over the past interval."""
    clock_residual_s: float
    params: AnkleParams

    def samples(self, block: LegBlock, before: Bytes) -> SegmentSamples:
        """A block as the estimator reads it; `before` are the flags (2,) of the sample before."""
        return SegmentSamples(
            rate_hz=self.rate_hz,
            acc_mps2=np.ascontiguousarray(block.acc_mps2, dtype=np.float64),
            gyr_radps=np.ascontiguousarray(block.gyr_radps, dtype=np.float64),
            extra_noise=extra_noise(block.flags, before, self.params.segments),
            interval_mean=self.interval_mean,
        )


@dataclass(slots=True)
class LiveFilter:
    """A filter on its way, and what it carries from block to block."""

    setting: LegSetting
    state: Nominal
    tape: Tape
    tuning: Tuning
    calibration: Calibration
    up: Floats  # (3,) vertical in the shank sensor in the neutral pose
    frames: Floats  # (2, 3, 3) columns forward, up, right of shank and foot, in their sensors
    clone_at: int
    first_judged: int
    begin_s: float
    ends: Floats  # (slots, 2, 3, 3) orientations at the block ends on the tape
    votes: Votes
    reference: Reference
    watch: SignWatch | None  # while the sign is not known
    flags: Bytes  # (2,) of the newest sample
    since_gap: int = 1_000_000  # samples since the last missing one
    fed: int = 0  # samples
    blocks: int = 0
    apart: bool = False  # by the newest sample
    sign: float = 1.0  # -1 where it turned out later that the axes point to the left

    def run(self, block: LegBlock, tasks: Sequence[TaskInterval]) -> LiveAngles:
        """Angles of the samples of one block; of the first one, the catch-up, in hindsight."""
        before = self.blocks
        samples = self.setting.samples(block, self.flags)
        out = _follow(self, samples)
        if self.fed and self.watch is not None:
            doubtful = is_doubtful(block.flags[:, 0] | block.flags[:, 1])
            self.watch.take(block, out.rotation[:, :, 2], doubtful, tasks)
        read = self._read(block, out)
        loose, marks = self._judge_attachment(block, samples, out, tasks)
        sigma = np.hypot(self._sigma(read, out.live), loose)
        marks |= self._marks(block, sigma, out.live[:, 4])
        valid = marks == 0
        if self.fed == 0:
            marks |= np.uint16(AngleMark.CAUGHT_UP)
        lag = len(self.ends) - 1
        first = max(before, lag) - lag + 1
        smoothed = np.arange(first, first + len(out.lagged))  # numbers of the blocks
        newest = (smoothed + lag) * self.tuning.block - self.fed
        late = self._read_late(out, newest)
        self.flags = block.flags[-1]
        self.fed += len(block.time_s)
        return LiveAngles(
            time_s=block.time_s,
            dorsiflexion_rad=read.flexion,
            inversion_rad=read.inversion,
            sigma_rad=sigma,
            valid=valid,
            marks=marks,
            shank_lean_rad=read.lean[:, 0],
            foot_pitch_rad=-read.lean[:, 1],
            shank_rate_radps=read.rate[:, 0],
            lagged_time_s=self.begin_s + smoothed * self.tuning.block / self.setting.rate_hz,
            lagged_dorsiflexion_rad=late,
        )

    def listen(self, block: LegBlock, tasks: Sequence[TaskInterval]) -> list[LiveAngles]:
        """Run, and while the sign is not known, judge it at the end of every two seconds."""
        answers, start = [], 0
        while self.watch is not None and len(block.time_s) - start >= self.watch.left:
            stop = start + self.watch.left
            answers.append(self.run(block.part(slice(start, stop)), tasks))
            start = stop
            if (told := self.watch.close(self.calibration)) is not None:
                self.sign, self.calibration = told
                if self.sign < 0:  # right and forward turn round, up stays
                    self.frames = self.frames * np.array([-1.0, 1.0, -1.0])
                self.watch = None
        if start < len(block.time_s):
            answers.append(self.run(block.part(slice(start, None)), tasks))
        return answers

    def _read(self, block: LegBlock, out: _Followed) -> _Read:
        from sensor_screen.core.angle_kernels import read_leg

        angles, lean, rate = (np.empty((len(block.time_s), 2)) for _ in range(3))
        read_leg(
            out.rotation,
            out.neutral,
            out.live[:, :3],
            self.up,
            self.frames,
            block.gyr_radps,
            angles,
            lean,
            rate,
        )
        mirror = -1.0 if self.setting.side is Side.LEFT else 1.0
        return _Read(self.sign * angles[:, 0], self.sign * mirror * angles[:, 1], lean, rate)

    def _read_late(self, out: _Followed, newest: NDArray[np.int64]) -> Floats:
        """Dorsiflexion of the smoothed block ends, by the neutral pose and axis of now."""
        from sensor_screen.core.angle_kernels import read_late

        return self.sign * read_late(out.lagged, out.neutral, out.live, newest, self.up)

    def _sigma(self, read: _Read, live: Floats) -> Floats:
        angle, calibration = self.setting.params.angle, self.calibration
        sources = ErrorSources(
            variance_rad2=live[:, 3],
            tilt_rad=axis_tilt(live[:, 5], calibration, angle),
            inversion_rad=read.inversion,
            misfit_m=live[:, 6],
            foot_rate_radps=read.rate[:, 1],
            stand_s=calibration.neutral_end_s - calibration.neutral_start_s,
            clock_residual_s=self.setting.clock_residual_s,
        )
        return total_sigma(read.flexion, sources, angle)

    def _judge_attachment(
        self,
        block: LegBlock,
        samples: SegmentSamples,
        out: _Followed,
        tasks: Sequence[TaskInterval],
    ) -> tuple[Floats, Marks]:
        """Sigma and marks by the places of the sensors on the leg."""
        params = self.setting.params.attachment
        kinds = kinds_of(block.time_s, tasks, is_missing(block.flags))
        up = np.ascontiguousarray(out.rotation[:, 0, 2])
        told = watch(self.votes, samples, up, kinds, self.reference)
        apart = is_apart(out.live[:, 7], self.apart, params)
        self.apart = bool(apart[-1])
        if self.fed == 0 and self.apart:  # nobody saw the catch-up before it was over
            apart[:] = True
        marks = np.zeros(len(told), dtype=np.uint16)
        marks[apart] |= int(AngleMark.APART)
        marks[is_slipped(told, params)] |= int(AngleMark.SLIPPED)
        return tilt_sigma(told, params), marks

    def _marks(self, block: LegBlock, sigma: Floats, share: Floats) -> Marks:
        angle = self.setting.params.angle
        marks = np.zeros(len(sigma), dtype=np.uint16)
        marks[sigma > angle.largest_sigma_rad] |= int(AngleMark.UNCERTAIN)
        if self.fed < self.first_judged:
            at = self.fed + np.arange(len(sigma))
            judged = at >= self.first_judged
            if self.fed == 0 and judged[-1]:  # the catch-up waits for the first judgement
                share = share[np.maximum(at, self.first_judged)]
                judged[:] = True
            marks[~judged] |= int(AngleMark.UNSETTLED)
            share = np.where(judged, share, 1.0)
        marks[share < angle.hinge_share] |= int(AngleMark.NOT_A_HINGE)
        since = self._count_since_gap(block.flags)
        marks[since <= angle.gap_margin_s * self.setting.rate_hz] |= int(AngleMark.GAP)
        marks |= np.uint16(calibration_marks(self.calibration))
        return marks

    def _count_since_gap(self, flags: Bytes) -> NDArray[np.int64]:
        """(n,) samples since the last missing one."""
        missing = is_missing(flags)
        at = np.arange(1, len(missing) + 1)
        since: NDArray[np.int64] = at + self.since_gap
        if missing.any():
            since = at - np.maximum.accumulate(np.where(missing, at, -self.since_gap))
        self.since_gap = int(since[-1])
        return since


@dataclass(frozen=True, slots=True)
class _Followed:
    """What the compiled loop says of the samples of one block."""

    rotation: Floats  # (n, 2, 3, 3)
    live: Floats  # (n, 8)
    neutral: Floats  # (n, 3, 3)
    lagged: Floats  # (m, 2, 3, 3)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the orientations of one block say."""

    flexion: Floats  # (n,)
    inversion: Floats  # (n,)
    lean: Floats  # (n, 2) forward, of shank and foot
    rate: Floats  # (n, 2) about the flexion axis


def _follow(run: LiveFilter, samples: SegmentSamples) -> _Followed:
    """Run the filter and its lag over some samples, in place."""
    from sensor_screen.core.live_kernels import follow_samples

    n = len(samples)
    rotation, live, neutral = np.empty((n, 2, 3, 3)), np.empty((n, 8)), np.empty((n, 3, 3))
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
