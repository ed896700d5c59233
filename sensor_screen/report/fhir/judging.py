"""What the rules say of a figure; a red flag leaves nothing judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Judged

if TYPE_CHECKING:
    from sensor_screen.judgement import RuleResult
    from sensor_screen.model import Side, Task
    from sensor_screen.report.fhir.content import Quantity
    from sensor_screen.report.telling import Telling

_SAME = 5e-3
"""Two figures are one where they differ by less: both were rounded to two digits."""


def find_result(
    told: Telling, side: Side | None, task: Task, value: Quantity | None, unit: str
) -> RuleResult | None:
    """The rule that judged this figure; `side` None is any, as of differences."""
    if told.stopped or value is None:
        return None
    for result in told.judgement.results:
        same_place = result.task is task and side in (None, result.side)
        if same_place and result.unit == unit and abs(result.value - value.value) <= _SAME:
            return result
    return None


def judge(result: RuleResult | None, told: Telling) -> Judged:
    """What its rule says of a measure, where there is one."""
    if result is None or result.level is Level.UNJUDGED:
        return Judged()
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f" ({told.clinic('within_error')})"
    known = codes.LOW if result.amber.startswith("<") else codes.HIGH
    reached = result.level in (Level.AMBER, Level.RED)
    limits = told.limits(result)
    default = told.clinic("fhir.default") if result.default else told.grade(result.grade)
    return Judged(
        (known,) if reached else (), level, f"{result.rule}: {limits}. {default}" if limits else ""
    )
