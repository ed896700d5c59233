"""Rule results and concerns made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Concern, ConcernLevel, Level, Panel, RuleResult, Statement
from sensor_screen.model import Side

if TYPE_CHECKING:
    from sensor_screen.model import Task


def result(
    rule: str,
    side: Side = Side.LEFT,
    level: Level = Level.AMBER,
    *,
    panel: Panel | None = None,
    task: Task | None = None,
    **more: Any,
) -> RuleResult:
    """A rule result, as the rules make them."""
    return RuleResult(rule, side, panel, task, level, **more)


def concern(
    side: Side = Side.LEFT,
    panel: Panel = Panel.ANTERIOR,
    level: ConcernLevel = ConcernLevel.DISCUSS,
    rests_on: tuple[str, ...] = (),
) -> Concern:
    """A concern that says something that can be said."""
    return Concern(side, panel, level, rests_on, Statement("advice.reason.general"), ())
