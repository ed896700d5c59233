"""Is the joint a hinge, by the movement before the neutral pose?

The filter watches the relative rotation only once the neutral pose is known. Where people stand
still last, that is too late: there the smoothed movement is looked at afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.core.joint_angle import AngleParams
    from sensor_screen.core.segments import SegmentMotion, SegmentSamples
    from sensor_screen.model import Bools, Floats

WINDOW_S = 60.0
"""The minute around each sample, as after the neutral pose."""
TOLD_RAD2PS = 0.9
"""Summed squared relative rate below which nothing can be told, as in the filter."""
_RATE_HZ = 25.0


def is_no_hinge_before(
    samples: SegmentSamples, motion: SegmentMotion, neutral: slice, params: AngleParams
) -> Bools:
    """(n,) where too little of the relative rotation before the neutral pose is about one axis.

    Samples after it share the last judgement, but only where their own movement tells nothing.

    Args:
        samples: Both sensors.
        motion: By the smoother.
        neutral: Samples of the neutral pose.
        params: Least share, and the least movement on which it is judged.
    """
    n = len(samples)
    no_hinge = np.zeros(n, dtype=np.bool_)
    first_judged = int(params.hinge_judged_after_s * samples.rate_hz)
    if neutral.start < first_judged:
        return no_hinge
    share = _share_before(samples, motion, neutral.start)
    no_hinge[: neutral.start] = share < params.hinge_share
    own = neutral.stop + first_judged
    if own >= n or bool((motion.hinge_share[own:] == 1.0).all()):
        no_hinge[neutral.start :] = no_hinge[neutral.start - 1]
    return no_hinge


def _share_before(samples: SegmentSamples, motion: SegmentMotion, stop: int) -> Floats:
    """(stop,) largest share of the squared relative rate about one axis; 1: little was seen."""
    from scipy.ndimage import uniform_filter1d

    step = max(1, round(samples.rate_hz / _RATE_HZ))
    part = slice(0, stop, step)
    rate = samples.gyr_radps[part] - motion.gyr_bias_radps
    in_foot = rate[:, 1] - np.einsum("nji,nj->ni", motion.relative[part], rate[:, 0])
    in_foot[samples.extra_noise[part].max(axis=(1, 2)) > 0.0] = 0.0
    size = min(len(in_foot), round(WINDOW_S * samples.rate_hz / step))
    products = in_foot[:, :, None] * in_foot[:, None, :]
    spread = uniform_filter1d(products, size, axis=0, mode="nearest")
    every = max(1, round(_RATE_HZ))
    values = np.linalg.eigvalsh(spread[::every])
    total = values.sum(axis=1)
    told = total * size * step / samples.rate_hz > TOLD_RAD2PS
    share = np.where(told, values[:, -1] / np.maximum(total, 1e-12), 1.0)
    nearest = np.minimum(np.arange(stop) // (step * every), len(share) - 1)
    spread_out: Floats = share[nearest]
    return spread_out
