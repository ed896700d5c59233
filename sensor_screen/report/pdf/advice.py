"""What to do, on paper: with what it rests on for clinicians, alone in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.report.basis_words import name_basis

if TYPE_CHECKING:
    from sensor_screen.judgement import Advice
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]


def show_advice(told: Telling, *, specific: bool) -> list[Json]:
    """Lines that rest on a finding, or those of general prevention."""
    chosen = [a for a in told.judgement.advice if bool(a.rests_on) is specific]
    return [_one(advice, told) for advice in chosen]


def _one(advice: Advice, told: Telling) -> Json:
    todo, *more = (told.say(statement) for statement in advice.statements)
    if told.plain:
        return {"todo": todo, "more": more, "rests": ""}
    rests = [name_basis(basis, told) for basis in advice.rests_on]
    text = f"{told.say(advice.reason)} "
    if rests:
        text += told.clinic("rests_on", what="; ".join(dict.fromkeys(rests))) + " "
    text += told.clinic("evidence", grade=told.grade(advice.grade))
    return {"todo": todo, "more": more, "rests": text}
