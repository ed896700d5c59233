"""How many kicks are found in recordings of which it is known who kicked, and with which leg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.blows import leg_signals
from sensor_screen.core.kicks import find_kicks, find_standing, strength
from sensor_screen.errors import ScreenError
from sensor_screen.model import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Recording

TUNED_ON = ("player1", "player2")
"""The thresholds were chosen on these; what is found in the others is the test."""


@dataclass(frozen=True, slots=True)
class LegKicks:
    """The kicks found in the recording of one leg, with no label and nothing of the other leg."""

    name: str
    """`player_number_side`: both legs of one recording differ in the last part only."""
    expected: int
    kicks: tuple[tuple[float, float], ...]
    """Impact, s, and strength of each."""
    note: str = ""

    @property
    def player(self) -> str:
        """Who kicked."""
        return self.name.split("_")[0]

    @property
    def occasion(self) -> str:
        """What both legs of one recording share."""
        return self.name.rpartition("_")[0]


@dataclass(frozen=True, slots=True)
class KickCounts:
    """A group of recordings; `paired` with both legs of each at hand."""

    name: str
    kicking: int
    """Recordings of kicking legs."""
    exactly_right: int
    """Of these, with exactly as many kicks as there were."""
    standing: int
    standing_with_kick: int
    pairs: int
    paired_right: int
    paired_standing_with_kick: int


def count_leg(name: str, recording: Recording, expected: int) -> LegKicks:
    """The kicks of one leg.

    Args:
        name: Of the recording, see `LegKicks.name`.
        recording: Of one leg; its labels are not looked at.
        expected: How many kicks there were.
    """
    side = recording.sides[0]
    try:
        leg = assemble_leg(
            recording.stream(side, Placement.SHANK), recording.stream(side, Placement.FOOT), side
        )
    except ScreenError as error:
        return LegKicks(name, expected, (), str(error))
    signals = leg_signals(leg)
    swings = () if signals is None else find_kicks(signals)
    begin_s = float(leg.time_s[0])
    kicks = tuple(
        (begin_s + swing.impact / leg.rate_hz, strength(swing))
        for swing in swings
        if not swing.reason
    )
    return LegKicks(name, expected, kicks)


def count_groups(legs: Sequence[LegKicks]) -> tuple[KickCounts, ...]:
    """Each player, those that the thresholds were chosen on, the others, and all."""
    players = sorted({leg.player for leg in legs})
    groups = [(player, [leg for leg in legs if leg.player == player]) for player in players]
    tuned = [leg for leg in legs if leg.player in TUNED_ON]
    other = [leg for leg in legs if leg.player not in TUNED_ON]
    if tuned and other:
        groups += [("tuned on", tuned), ("others", other)]
    return tuple(_count(name, chosen) for name, chosen in (*groups, ("all", list(legs))))


def _count(name: str, legs: Sequence[LegKicks]) -> KickCounts:
    kicking = [leg for leg in legs if leg.expected]
    standing = [leg for leg in legs if not leg.expected]
    pairs = [
        (one, other)
        for one in kicking
        for other in standing
        if one.occasion == other.occasion and one.name != other.name
    ]
    paired = [(one, other, find_standing(one.kicks, other.kicks)) for one, other in pairs]
    return KickCounts(
        name=name,
        kicking=len(kicking),
        exactly_right=sum(len(leg.kicks) == leg.expected for leg in kicking),
        standing=len(standing),
        standing_with_kick=sum(bool(leg.kicks) for leg in standing),
        pairs=len(pairs),
        paired_right=sum(len(a.kicks) - len(lost[0]) == a.expected for a, _, lost in paired),
        paired_standing_with_kick=sum(len(b.kicks) > len(lost[1]) for _, b, lost in paired),
    )
