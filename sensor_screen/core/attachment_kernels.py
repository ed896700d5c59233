"""Compiled: the places of the sensors on the leg, seen whenever the foot stands; see `attachment`.

Theory of operation
-------------------
A *vote* is the direction of the specific force in the foot sensor over a piece of a stance (the
foot quiet, and feeling one g), and the least forward lean of the shank meanwhile. Both are compared
with the neutral pose, or the lean with older votes of the same task, by the newest few votes.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sensor_screen.core.segment_state import (
    FLAT_FORCE_MPS2,
    FLAT_RATE_RADPS,
    GRAVITY_MPS2,
    Floats,
    Ints,
)

Kinds = NDArray[np.uint8]

NEVER, UNLABELLED, SQUAT, STAND, WALK, STAIRS_UP, STAIRS_DOWN, KICK = range(8)
"""What a person does, as far as it matters for a vote."""
KINDS = 8
TILTS, LEANS = 6, 24
"""Votes kept: of the foot, and of the shank in each kind of task."""
RUN, PIECE, PIECES, KIND = range(4)
"""Places in `tally`: samples of this stance, of this piece; votes of this stance; its last kind."""
FOOT_TILT, SHANK_LEAN, VOTE_TILT, VOTE_LEAN = range(4)
"""Places in `told`, rad: what holds now, and the same of the newest vote alone."""


class Reference(NamedTuple):
    """The neutral pose, and limits."""

    foot: Floats  # (3,) direction of the specific force in the foot sensor
    shank: Floats  # (2, 3) forward and up in the shank sensor
    shortest: int  # samples of a vote
    longest: int
    moving_radps: float
    spread_rad: float
    slipped_rad: float  # lean from which a jump is kept


class Votes(NamedTuple):
    """What is carried from sample to sample; plain arrays, changed in place."""

    tally: Ints  # (4,)
    sums: Floats  # (5,) of this piece: force (3), squared shank rate, least lean
    foot: Floats  # (TILTS, 3) a ring
    feet: Ints  # (1,) votes of the foot so far
    lean: Floats  # (KINDS, LEANS) rings, rad
    leans: Ints  # (KINDS,)
    told: Floats  # (4,)


def no_votes() -> Votes:
    return Votes(
        np.zeros(4, dtype=np.int64),
        np.zeros(5),
        np.zeros((TILTS, 3)),
        np.zeros(1, dtype=np.int64),
        np.zeros((KINDS, LEANS)),
        np.zeros(KINDS, dtype=np.int64),
        np.zeros(4),
    )


@njit(cache=True)
def _angle(one: Floats, other: Floats) -> float:
    dot, one2, other2 = 0.0, 1e-12, 1e-12
    for i in range(3):
        dot += one[i] * other[i]
        one2 += one[i] ** 2
        other2 += other[i] ** 2
    return math.acos(max(-1.0, min(1.0, dot / math.sqrt(one2 * other2))))


@njit(cache=True)
def _vote_foot(votes: Votes, ref: Reference) -> None:
    """The newest votes say one thing, or nothing."""
    force = votes.sums[:3]
    length = math.sqrt(force[0] ** 2 + force[1] ** 2 + force[2] ** 2)
    votes.foot[votes.feet[0] % TILTS] = force / length
    votes.feet[0] += 1
    votes.told[VOTE_TILT] = _angle(force, ref.foot)
    if votes.feet[0] < TILTS:
        return
    middle = np.empty(3)
    for i in range(3):
        middle[i] = np.median(votes.foot[:, i])
    apart = np.empty(TILTS)
    for k in range(TILTS):
        apart[k] = _angle(votes.foot[k], middle)
    if np.median(apart) < ref.spread_rad:
        votes.told[FOOT_TILT] = _angle(middle, ref.foot)


@njit(cache=True)
def _least(ring: Floats, stop: int, size: int) -> float:
    """Mean of the lowest third of the `size` votes before number `stop`."""
    part = np.empty(size)
    for k in range(size):
        part[k] = ring[(stop - 1 - k) % LEANS]
    part.sort()
    return float(part[: size // 3].mean())


@njit(cache=True)
def _vote_shank(votes: Votes, kind: int, ref: Reference) -> None:
    """Squats and stands come back to the neutral pose; strides and kicks to their own like."""
    ring = votes.lean[kind]
    ring[votes.leans[kind] % LEANS] = votes.sums[4]
    votes.leans[kind] += 1
    n = votes.leans[kind]
    size = 12 if kind == SQUAT else 6
    if n < size:
        return
    lean, usual = _least(ring, n, size), 0.0
    kept = votes.told[SHANK_LEAN] > ref.slipped_rad  # nothing but the neutral pose undoes a jump
    if kind >= WALK:
        older = min(n, LEANS) - size
        if older < size:
            return
        usual = _least(ring, n - size, older)
    else:
        kept = False
    votes.told[VOTE_LEAN] = abs(votes.sums[4] - usual)
    if not kept:
        votes.told[SHANK_LEAN] = abs(lean - usual)


@njit(cache=True)
def _close_piece(votes: Votes, ref: Reference) -> None:
    """Let this piece of a stance vote, if it may."""
    kind = votes.tally[KIND]
    moving = votes.sums[3] > votes.tally[PIECE] * ref.moving_radps**2
    wanted = votes.tally[PIECE] >= ref.shortest
    if kind in (UNLABELLED, SQUAT):
        wanted = wanted and moving
    elif kind == KICK:
        wanted = wanted and not moving
    if kind not in (SQUAT, STAND):
        wanted = wanted and votes.tally[PIECES] < 2
    if wanted:
        votes.tally[PIECES] += 1
        _vote_foot(votes, ref)
        if kind != UNLABELLED:
            _vote_shank(votes, kind, ref)
    votes.tally[PIECE] = 0
    votes.sums[:] = 0.0


@njit(cache=True)
def watch_stances(
    votes: Votes,
    acc: Floats,  # (n, 2, 3)
    gyr: Floats,  # (n, 2, 3)
    up: Floats,  # (n, 3) vertical in the shank sensor
    kind: Kinds,  # (n,) NEVER also where a sensor is missing
    ref: Reference,
    told: Floats,  # (n, 4) out
) -> None:
    """Go on with some samples; the same however they are cut."""
    for k in range(acc.shape[0]):
        rate2, force2, shank2 = 0.0, 0.0, 0.0
        for i in range(3):
            rate2 += gyr[k, 1, i] ** 2
            force2 += acc[k, 1, i] ** 2
            shank2 += gyr[k, 0, i] ** 2
        flat = kind[k] != NEVER and rate2 < FLAT_RATE_RADPS**2
        flat = flat and abs(math.sqrt(force2) - GRAVITY_MPS2) < FLAT_FORCE_MPS2
        if flat:
            forward, above = 0.0, 0.0
            for i in range(3):
                forward += up[k, i] * ref.shank[0, i]
                above += up[k, i] * ref.shank[1, i]
            lean = -math.atan2(forward, above)
            if votes.tally[PIECE] == 0 or lean < votes.sums[4]:
                votes.sums[4] = lean
            for i in range(3):
                votes.sums[i] += acc[k, 1, i]
            votes.sums[3] += shank2
            votes.tally[RUN] += 1
            votes.tally[PIECE] += 1
            votes.tally[KIND] = kind[k]
            if votes.tally[PIECE] == ref.longest:
                _close_piece(votes, ref)
        elif votes.tally[RUN] > 0:
            _close_piece(votes, ref)
            votes.tally[RUN] = 0
            votes.tally[PIECES] = 0
        told[k] = votes.told
