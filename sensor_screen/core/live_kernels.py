"""Compiled loop of the live estimator: the filter, and the fixed-lag smoother behind it."""

import numpy as np
from numba import njit

from sensor_screen.core.filter_kernels import filter_samples
from sensor_screen.core.segment_state import Floats, Nominal, Tape, Tuning
from sensor_screen.core.smoother_kernels import smooth_slot, turn_by


@njit(cache=True)
def follow_samples(
    state: Nominal,
    acc: Floats,  # (n, 2, 3)
    gyr: Floats,  # (n, 2, 3)
    extra: Floats,  # (n, 2, 2)
    clone_at: int,
    tuning: Tuning,
    tape: Tape,
    ends: Floats,  # (slots, 2, 3, 3) filtered orientations at the block ends on the tape
    blocks: int,
    rotation: Floats,  # (n, 2, 3, 3) out
    live: Floats,  # (n, 8) out
    neutral: Floats,  # (n, 3, 3) out
    lagged: Floats,  # (n, 2, 3, 3) out, one for each block that is now old enough
) -> tuple[int, int]:
    """Filter samples; whenever a block closes, smooth the one `slots - 1` blocks before it.

    Returns:
        Blocks closed since the start, and how many of `lagged` are filled.
    """
    slots = ends.shape[0]
    shift = np.empty(6)
    filled = 0
    for k in range(acc.shape[0]):
        one = slice(k, k + 1)
        slot = blocks % slots
        closed = filter_samples(
            state,
            acc[one],
            gyr[one],
            extra[one],
            clone_at,
            tuning,
            tape,
            slot,
            rotation[one],
            live[one],
            neutral[one],
        )
        if closed == 0:
            continue
        ends[slot] = state.rotation
        if blocks >= slots - 1:
            smooth_slot(tape, slot, slots - 1, shift)
            turn_by(shift, ends[(slot + 1) % slots], lagged[filled])
            filled += 1
        blocks += 1
    return blocks, filled
