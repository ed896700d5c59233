"""State, tuning and tape of the connected-segment kernels, and how they work.

Theory of operation
-------------------
Two strapdown sensors, s = 0 shank and s = 1 foot. Between samples their orientation, velocity and
relative position are integrated. Every `block` samples the covariance of the 39 errors below is
carried forward and three things are measured: the two sensors meet in one joint centre, the two
flexion axes point the same way (weakly), and nobody walks away for ever (weakly; strongly while the
foot is flat). All measurements are taken one scalar at a time, so nothing is ever inverted.

    error      at   of each segment / once     meaning
    THETA      0    3 + 3                      orientation, earth frame: true = Exp(theta) R
    VELOCITY   6    3 + 3                      earth frame
    POSITION   12   3                          shank sensor minus foot sensor, earth frame
    GYR_BIAS   15   3 + 3                      sensor frame
    ACC_BIAS   21   3 + 3                      sensor frame
    LEVER      27   3 + 3                      sensor to joint centre, sensor frame
    AXIS       33   3                          flexion axis in the shank sensor
    NEUTRAL    36   3                          stochastic clone of the neutral relative rotation

The smoother is the modified Bryson-Frazier form (Bierman 1977, chapter 10): it runs an adjoint
vector and matrix backwards through the stored scalar updates. Unlike Rauch-Tung-Striebel it inverts
no covariance, which matters because the clone makes the covariance singular, and it uses the same
sparsity as the filter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_ERRORS = 39
THETA, VELOCITY, POSITION, GYR_BIAS, ACC_BIAS, LEVER, AXIS, NEUTRAL = 0, 6, 12, 15, 21, 27, 33, 36
MOVING = 15
"""Errors below this index change between updates; the others only wander."""
MAX_UPDATES = 9
MAX_NONZERO = 11
GRAVITY_MPS2 = 9.81
MISFIT_LIMIT_M = 0.005
"""A single shock counts no more than this in the mean misfit of the joint centres."""
FLAT_RATE_RADPS, FLAT_FORCE_MPS2 = 0.7, 1.2
"""A flat foot turns less than this and feels gravity within this (accelerometer bias included)."""
SURPRISE_MEMORY_S = 5.0
"""Movement over which the surprise at the joint centre is averaged; rest adds nothing to it."""
SURPRISE_LIMIT = 4.0
"""A single block counts no more than this: an impact is no other leg."""
SURPRISE_SHARE = 0.5
"""Soft tissue: share (squared) of what a push moves a sensor within one block."""
SURPRISE_FLOOR_M, SURPRISE_MOVE_M = 0.002, 0.001
"""Smallest misfit that is expected; and a block weighs half where the pushes move this much."""
STILL_RATE_RADPS, STILL_FORCE_MPS2 = 0.06, 0.2
"""A sensor at rest turns less than this, and its specific force stays within this."""


class Nominal(NamedTuple):
    """Everything the filter carries from sample to sample; plain arrays, changed in place."""

    rotation: Floats  # (2, 3, 3) earth_from_sensor
    velocity: Floats  # (2, 3)
    position: Floats  # (3,)
    gyr_bias: Floats  # (2, 3)
    acc_bias: Floats  # (2, 3)
    lever: Floats  # (2, 3)
    axis: Floats  # (2, 3) flexion axis in each sensor
    neutral: Floats  # (3, 3) shank_from_foot in the neutral pose
    covariance: Floats  # (39, 39)
    spread: Floats  # (3, 3) sum of w w' dt of the relative rate in the foot frame
    start_axis: Floats  # (3,) foot axis by calibration
    last: Floats  # (2, 2, 3) previous sample: acc, gyr of each segment
    impulse: Floats  # (2, 3) specific force integrated since the last update, earth frame
    noise: Floats  # (2, 2) orientation and velocity variance gathered since the last update
    told: Floats  # (3,) after the last update: flexion variance, hinge share, axis sigma
    misfit: Floats  # (2,) of the predicted joint centres: recent mean, m, and surprise, see there
    rest_force: Floats  # (2,) length of the specific force when the present stillness began
    unheard: Ints  # (2,) samples of each sensor in the present gap, or the one not yet got over
    heard_again: Ints  # (2,) samples since that gap
    felt: Floats  # (2, 3) specific force summed since that gap, earth frame
    tally: Ints  # (7,) see the names below
    scratch: Floats  # (10, 3) room to work in; nothing is kept there


IN_BLOCK, FLAT, STILL, SINCE_START, CLONED, FLAT_RUN, STILL_RUN = range(7)
"""Places in `tally`: samples in this block, of these flat and still, samples since the start,
whether the neutral pose is cloned, and for how many samples the foot was flat, both were still."""


class Tuning(NamedTuple):
    """`SegmentParams` as the kernels take it."""

    dt: float
    block: int
    gyr_previous_share: float
    gyr_noise: float
    gyr_scale_noise: float
    acc_noise: float
    acc_scale_noise: float
    joint_var: float
    axis_var: float
    velocity_var: float
    foot_flat_var: float
    still_var: float
    gyr_bias_walk: float
    acc_bias_walk: float
    lever_walk: float
    axis_forgetting_s: float
    axis_share: float
    axis_weight: float
    flat_samples: int
    still_samples: int
    misfit_memory_s: float
    missing_gyr_noise: float
    bridged_samples: int
    listen_samples: int
    restart_tilt_var: float
    restart_heading_var: float
    restart_velocity_var: float
    restart_position_var: float


class Tape(NamedTuple):
    """What the smoother needs of each block of a window; a ring where the window slides."""

    orientation_rows: NDArray[np.float32]  # (m, 6, 39) of the covariance after the updates
    flexion_column: Floats  # (m, 39) covariance of all errors with the flexion angle
    flexion_variance: Floats  # (m,)
    rotation: Floats  # (m, 2, 3, 3) at the end of the block, before the updates
    posterior: Floats  # (m, 3, 3) of the shank, after the updates
    impulse: Floats  # (m, 2, 3)
    duration: Floats  # (m,)
    correction: Floats  # (m, 6) of both orientations by the updates
    cloned: NDArray[np.bool_]  # (m,) the neutral was cloned after this block
    restarted: NDArray[np.int8]  # (m,) segments that began anew after this block, see `gap_kernels`
    updates: Ints  # (m,) scalar updates
    places: NDArray[np.int8]  # (m, MAX_UPDATES, MAX_NONZERO) where the row is not zero, then -1
    row: NDArray[np.float32]  # (m, MAX_UPDATES, MAX_NONZERO)
    gain: Floats  # (m, MAX_UPDATES, 39)
    innovation: Floats  # (m, MAX_UPDATES, 2) residual, its variance
