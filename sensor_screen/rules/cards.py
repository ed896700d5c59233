"""Education cards: what to know of the joint, chosen by what was found. No card names a cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel, Panel, Statement, Zone

if TYPE_CHECKING:
    from sensor_screen.judgement import Concern, Finding

CARDS = (
    "anatomy", "glide", "front", "back", "both", "structures", "causes", "instability", "therapy",
    "imaging",
)  # fmt: skip
"""In the order in which they are read."""
_UNSTABLE = ("I1", "B1", "B2", "B3", "gives_way", "cait", "earlier_injury", "gave_way")
"""What a concern rests on where it is about an ankle that gives way."""


def choose_cards(
    findings: tuple[Finding, ...], concerns: tuple[Concern, ...]
) -> tuple[Statement, ...]:
    """The cards that help to understand what was found; none beside a red flag, or for nothing."""
    worst = max((concern.level for concern in concerns), default=ConcernLevel.NONE)
    noted = [concern for concern in concerns if concern.level >= ConcernLevel.NOTE]
    close = [finding for finding in findings if finding.zone != Zone.GREEN]
    if worst == ConcernLevel.RED_FLAG or not (findings or noted):
        return ()
    panels = {finding.panel for finding in close} | {concern.panel for concern in noted}
    rests_on = [code for concern in noted for code in concern.rests_on]
    wanted = {
        "anatomy": True,
        "glide": True,
        "front": Panel.ANTERIOR in panels,
        "back": Panel.POSTERIOR in panels,
        "both": bool(panels),
        "structures": worst >= ConcernLevel.DISCUSS,
        "causes": worst >= ConcernLevel.NOTE,
        "instability": any(_is_about_stability(code) for code in rests_on),
        "therapy": worst >= ConcernLevel.DISCUSS,
        "imaging": worst >= ConcernLevel.DISCUSS,
    }
    return tuple(Statement(f"cards.{name}") for name in CARDS if wanted[name])


def _is_about_stability(code: str) -> bool:
    """Ids read as `rule-side` or `section.item-side`, and codes of answers as `S5`."""
    name = code.partition("-")[0].rpartition(".")[2]
    return name in _UNSTABLE or name in {"S5", "S11"}
