"""What to do: each line with why, what it rests on and how well that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.basis_words import name_basis
from sensor_screen.report.fhir.content import Advised
from sensor_screen.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Advice
    from sensor_screen.report.telling import Telling


def collect_advice(told: Telling) -> tuple[Advised, ...]:
    """What rests on a finding first; of a red flag only where to go."""
    ordered = sorted(told.judgement.advice, key=lambda advice: not advice.rests_on)
    kept = [a for a in ordered if not told.stopped or a.kind == "seek_care"]
    return tuple(_advise(advice, told) for advice in kept)


def _advise(advice: Advice, told: Telling) -> Advised:
    heading = "advice" if advice.rests_on else "prevention"
    return Advised(
        name=f"advice-{advice.id}",
        heading=told.text("heading.gentle") if told.plain else told.clinic(f"heading.{heading}"),
        said=printable(told.say_all(advice.statements)),
        why=tuple(printable(text) for text in _say_why(advice, told)),
    )


def _say_why(advice: Advice, told: Telling) -> Iterator[str]:
    yield told.say(advice.reason)
    if told.plain:
        return
    if rests := dict.fromkeys(name_basis(basis, told) for basis in advice.rests_on):
        yield told.clinic("rests_on", what="; ".join(rests))
    yield told.clinic("evidence", grade=told.grade(advice.grade))
    yield advice.source
