"""Shank and foot as two connected segments, from the whole recording: the smoother.

The forward pass keeps one state per window; going backwards, each window is filtered again with
everything written down (`segment_state.Tape`). Memory is bounded by one window, and the result is
exactly that of one long window.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.segments import (
    SegmentMotion,
    SegmentParams,
    SegmentSamples,
    SegmentStart,
    advance,
    copy_state,
    make_tape,
    start_state,
    tune,
)

if TYPE_CHECKING:
    from sensor_screen.core.segment_state import Nominal, Tape, Tuning
    from sensor_screen.model import Floats


def smooth_segments(
    samples: SegmentSamples,
    start: SegmentStart,
    neutral_part: slice,
    params: SegmentParams = SegmentParams(),
) -> SegmentMotion:
    """Every sample estimated from the whole recording.

    Args:
        samples: Both sensors on one grid, at least one sample.
        start: Orientation and axes at the first sample.
        neutral_part: Samples of the neutral pose.
        params: Tuning.
    """
    from sensor_screen.core.segment_state import N_ERRORS

    tuning = tune(samples, params)
    clone_at = neutral_part.stop - 1
    step = tuning.block * max(1, round(params.window_s * samples.rate_hz / tuning.block))
    n = len(samples)
    # A window starts with the sample that closed the block before it.
    edges = [*range(0, max(1, n - 1), step), n - 1]
    checkpoints = _run_forward(samples, start, edges, clone_at, tuning, params)
    out = _Smoothed(
        relative=np.empty((n, 3, 3)),
        up=np.empty((n, 2, 3)),
        variance=np.zeros(n),
        share=np.ones(n),
        misfit=np.full(n, params.misfit_start_m),
        surprise=np.zeros(n),
    )
    tape = make_tape(step // tuning.block)
    adjoint = (np.zeros(N_ERRORS), np.zeros((N_ERRORS, N_ERRORS)))
    windows = [slice(lo, hi + 1) for lo, hi in pairwise(edges)]
    end, *_ = [
        _smooth_window(samples, window, begin, clone_at, tuning, tape, adjoint, out)
        for window, begin in zip(windows[::-1], checkpoints[::-1], strict=True)
    ]
    return SegmentMotion(
        relative=out.relative,
        up=out.up,
        neutral=np.tile(mean_rotation(out.relative[neutral_part]), (n, 1, 1)),
        axis=np.tile(end.axis[0], (n, 1)),
        variance_rad2=_spread_variance(out.variance, clone_at, tuning.block),
        hinge_share=out.share,
        axis_sigma_rad=np.full(n, end.told[2]),
        misfit_m=np.full(n, _mean_misfit(out.misfit, samples.rate_hz, params)),
        surprise=out.surprise,
        gyr_bias_radps=end.gyr_bias,
        acc_bias_mps2=end.acc_bias,
        lever_m=end.lever,
        foot_axis=end.axis[1],
    )


@dataclass(frozen=True, slots=True)
class _Smoothed:
    """Filled window by window."""

    relative: Floats  # (n, 3, 3)
    up: Floats  # (n, 2, 3)
    variance: Floats  # (n,) at the block ends
    share: Floats  # (n,)
    misfit: Floats  # (n,)
    surprise: Floats  # (n,) by the filter


def _run_forward(
    samples: SegmentSamples,
    start: SegmentStart,
    edges: list[int],
    clone_at: int,
    tuning: Tuning,
    params: SegmentParams,
) -> list[Nominal]:
    """The state at the beginning of every window."""
    state, scratch = start_state(start, params), make_tape(1)
    advance(state, samples, slice(0, 1), clone_at, tuning, scratch)
    checkpoints = [copy_state(state)]
    for lo, hi in pairwise(edges[:-1]):
        advance(state, samples, slice(lo + 1, hi + 1), clone_at, tuning, scratch)
        checkpoints.append(copy_state(state))
    return checkpoints


def _smooth_window(
    samples: SegmentSamples,
    window: slice,
    begin: Nominal,
    clone_at: int,
    tuning: Tuning,
    tape: Tape,
    adjoint: tuple[Floats, Floats],
    out: _Smoothed,
) -> Nominal:
    """Filter a window onto the tape, run the adjoint back over it; the filter's last state."""
    from sensor_screen.core.smoother_kernels import smooth_blocks, spread_corrections

    lo, hi = window.start, window.stop
    state = copy_state(begin)
    new = slice(lo + 1, hi)
    run = advance(state, samples, new, clone_at, tuning, tape)
    shift, variance = np.empty((run.blocks, 6)), np.empty(run.blocks)
    smooth_blocks(tape, run.blocks, *adjoint, shift, variance)
    spread_corrections(
        np.concatenate([begin.rotation[None], run.rotation]),
        tape,
        -begin.covariance[:6] @ adjoint[0],
        shift,
        tuning.block,
        out.relative[window],
        out.up[window],
    )
    out.share[new] = run.live[:, 4]
    out.misfit[new], out.surprise[new] = run.live[:, 6], run.live[:, 7]
    ends = lo + tuning.block * np.arange(1, run.blocks + 1)
    out.variance[ends] = variance
    return state


def _spread_variance(at_ends: Floats, clone_at: int, block: int) -> Floats:
    """(n,) linear between the block ends; before the neutral pose is cloned, as just after it."""
    ends = np.arange(block, len(at_ends), block)
    if len(ends) == 0:
        return at_ends
    cloned = max(0, -(-clone_at // block) - 1)  # place among the ends
    known = ends[min(cloned + 1, len(ends) - 1) :]
    spread: Floats = np.interp(np.arange(len(at_ends)), known, at_ends[known])
    return spread


def _mean_misfit(recent_m: Floats, rate_hz: float, params: SegmentParams) -> float:
    """Mean misfit of the recording, from the forgetting mean that the filter keeps.

    That one begins at an expected value. With m' = (x - m) / memory, the mean of x is the mean of m
    and what m gained, memory over duration of it; exact but for long gaps, where m stands still.
    """
    gained_m = float(recent_m[-1] - params.misfit_start_m)
    mean_m = float(recent_m.mean()) + gained_m * params.misfit_memory_s * rate_hz / len(recent_m)
    return max(0.0, mean_m)


def mean_rotation(rotations: Floats) -> Floats:
    """(3, 3) chordal mean of (n, 3, 3) rotations (Hartley et al. 2013)."""
    left, _, right = np.linalg.svd(rotations.mean(axis=0))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    mean: Floats = left @ flip @ right
    return mean
