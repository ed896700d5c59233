"""What may be claimed to whom: a wellness judgement does not hold what it must not say.

A healthy person reads of movement and comfort. No zone, limit, rule, concern, label or way of care
is left to be shown by mistake: the restrained judgement is without them. Clinicians and researchers
get everything.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sensor_screen.judgement import (
    Advice,
    Change,
    Claims,
    Judgement,
    RedFlag,
    Statement,
    Urgency,
    Verdict,
    Zone,
)
from sensor_screen.model import Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Finding, Language

_GENTLE = ("comfort", "move", "balance", "strength")
"""Advice that fits everybody, in this order; each is a message `wellness.advice.*`."""
_MEASURES = ("end_range", "typical_peak", "excursion", "hold_time")


def restrain(judgement: Judgement, claims: Claims) -> Judgement:
    """What is left of a judgement under these claims; restraining twice changes nothing.

    In wellness mode each position becomes the room that it leaves, own changes are neither good nor
    bad, advice is general, and any red flag becomes one request to stop, with nothing beside it.
    """
    if claims is not Claims.WELLNESS:
        return judgement
    bare = Judgement(rulebook_version=judgement.rulebook_version)
    if judgement.red_flags:
        stop = RedFlag("stop", Urgency.EMERGENCY, Statement("wellness.stop"))
        return replace(bare, red_flags=(stop,))
    ordered = sorted(judgement.findings, key=_room_rad)
    room = judgement.room or tuple(_say_room(finding) for finding in ordered)
    return replace(
        bare,
        room=room,
        changes=tuple(_own(c) for c in judgement.changes if c.measure in _MEASURES),
        advice=tuple(_advise(room)),
    )


def _room_rad(finding: Finding) -> float:
    return finding.capacity.value_rad - finding.demand.typical_rad


def _say_room(finding: Finding) -> Statement:
    """End range minus typical peak with its error; words alone where that is not told from none."""
    room_rad = _room_rad(finding)
    error_rad = NORMAL_95 * math.hypot(finding.demand.sigma_rad, finding.capacity.sigma_rad)
    who: dict[str, object] = {
        "task": finding.task,
        "side": finding.side,
        "panel": finding.panel,
    }
    if finding.zone is Zone.UNRESOLVED or not math.isfinite(room_rad - error_rad):
        return Statement("wellness.room.unclear", who)
    if room_rad <= error_rad:
        return Statement("wellness.room.about_all", who)
    figures = {"room_deg": math.degrees(room_rad), "error_deg": math.degrees(error_rad)}
    return Statement("wellness.room.left", {**who, **figures})


def _own(change: Change) -> Change:
    """A change of a healthy person is more or less, not better or worse."""
    real = change.verdict is not Verdict.SAME
    return replace(change, verdict=Verdict.DIFFERENT if real else Verdict.SAME)


def _advise(room: tuple[Statement, ...]) -> Iterator[Advice]:
    tight = {s.values["task"] for s in room if s.key == "wellness.room.about_all"}
    names = [*_GENTLE[:1], *(["more_room"] if Task.SQUAT in tight else []), *_GENTLE[1:]]
    for name in names:
        yield Advice(
            id=name,
            kind="comfort",
            statements=(Statement(f"wellness.advice.{name}"),),
            reason=Statement("wellness.reason"),
            grade="",
            source="",
        )


@cache
def read_withheld_words(language: Language) -> re.Pattern[str]:
    """The words that wellness mode never says, as one pattern without regard to case."""
    text = resources.files(__package__).joinpath("withheld_words.toml").read_text(encoding="utf-8")
    stems = tomllib.loads(text)[language.value]["stems"]
    return re.compile(rf"\b(?:{'|'.join(stems)})", re.IGNORECASE)
