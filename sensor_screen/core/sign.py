"""Which way is dorsiflexion: all that the movement says of it, weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.joint_angle import tilt_about
from sensor_screen.core.orientation import vertical
from sensor_screen.core.quaternion import unit
from sensor_screen.core.sign_clues import FOOT, SHANK
from sensor_screen.model import SignOrigin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.sign_clues import Clue, SignParams
    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class SignHint:
    """The user's word on which way is dorsiflexion; the more exact of the two is used."""

    axes: Floats | None = None  # (2, 3) roughly the axis to the person's right, shank and foot
    exact: bool = False
    """The axes are meant as the flexion axes themselves, not only for the sign."""
    flip: bool = False
    """Without `axes`: the sign that was chosen for want of evidence is the wrong one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What clues say together."""

    sign: float
    """+1 where the axis points to the person's right, -1 where to the left; 1 where not known."""
    origin: SignOrigin
    reasons: tuple[str, ...] = ()
    """What contradicts it, in sentences."""


@dataclass(frozen=True, slots=True)
class FoundSign:
    """The sign of both axes."""

    signs: Floats  # (2,) of shank and foot axis
    origin: SignOrigin
    paired: bool
    """It is known how the two axes go together."""
    reasons: tuple[str, ...] = ()


def find_sign(
    axes: Floats,
    clues: Sequence[Clue],
    hint: SignHint | None,
    *,
    paired: bool,
    params: SignParams,
) -> FoundSign:
    """Which way the axes must be turned to point to the person's right, and how that is known.

    Args:
        axes: (2, 3) flexion axis in each sensor.
        clues: What the movement says of them.
        hint: The user's word.
        paired: The axes have one common sign. Otherwise each is told by clues of its own, where
            there are some for both.
        params: Tuning.
    """
    if hint is not None and hint.axes is not None:
        said = np.sum(axes * hint.axes, axis=1)
        common = np.full(2, np.sign(said.sum()) or 1.0)
        told = paired or bool(np.abs(said).min() < 0.3 * np.linalg.norm(hint.axes[0]))
        return FoundSign(common if told else np.sign(said), SignOrigin.USER, True)
    verdict = weigh(clues, params)
    if not paired:
        shank, foot = (weigh([c for c in clues if c.segment == s], params) for s in (SHANK, FOOT))
        known = [v for v in (shank, foot) if v.origin is not SignOrigin.UNKNOWN]
        if len(known) == 2:
            reasons = (*shank.reasons, *foot.reasons)
            return FoundSign(np.array([shank.sign, foot.sign]), foot.origin, True, reasons)
        # Clues of two axes that do not go together surely cannot be added.
        verdict = known[0] if known else Verdict(1.0, SignOrigin.UNKNOWN, shank.reasons)
    if verdict.origin is SignOrigin.UNKNOWN and hint is not None:
        sign = -verdict.sign if hint.flip else verdict.sign
        return FoundSign(np.full(2, sign), SignOrigin.USER, paired, verdict.reasons)
    return FoundSign(np.full(2, verdict.sign), verdict.origin, paired, verdict.reasons)


def weigh(clues: Sequence[Clue], params: SignParams) -> Verdict:
    """Clues for and against: told by the heavier side, where it is heavy enough and by a margin.

    Movement that a leg can do one way only weighs up to three times as much as a first pump, which
    rests on a label and on how a person understood it.
    """
    sides = [[c for c in clues if s * c.weight > 0.0] for s in (1.0, -1.0)]
    weights = [sum(abs(c.weight) for c in side) for side in sides]
    best = int(np.argmax(weights))
    most, least = weights[best], weights[1 - best]
    if least < 0.5:
        reasons: tuple[str, ...] = ()
    else:
        one, other = (max(sides[k], key=lambda c: abs(c.weight)).words for k in (best, 1 - best))
        told = most > params.margin * least
        outcome = f"{one} decided" if told else "so it is not known"
        reasons = (f"{one} and {other} contradict each other on which way is toes up; {outcome}",)
    if most < 1.0 or most <= params.margin * least:
        return Verdict(1.0, SignOrigin.UNKNOWN, reasons)
    # Named is what was asked for on purpose, where it tells alone; else what weighs most.
    alone = [c.origin for c in sides[best] if abs(c.weight) >= 1.0]
    named = [origin for origin in (SignOrigin.PUMPS, SignOrigin.SQUAT) if origin in alone]
    heaviest = max(sides[best], key=lambda c: abs(c.weight))
    return Verdict((1.0, -1.0)[best], named[0] if named else heaviest.origin, reasons)


def one_way(lean: Floats) -> float:
    """How much further a segment leans forward than back; the rest between is at zero."""
    low, high = np.percentile(lean, (2, 98))
    return float(high + low)


def lean_of(orientation: Floats, axis: Floats, neutral: slice) -> Floats:
    """(n,) forward lean of a segment about the axis since the neutral pose, rad."""
    up = vertical(orientation)
    return tilt_about(up, axis, unit(up[neutral].mean(axis=0)))
