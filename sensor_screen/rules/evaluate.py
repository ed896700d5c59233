"""The order of judging: what comes before everything, what was found, what it means, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Judgement
from sensor_screen.rules.findings import find_positions

if TYPE_CHECKING:
    from sensor_screen.judgement import Case
    from sensor_screen.rules.rulebook import RuleBook


def judge(case: Case, book: RuleBook) -> Judgement:
    """Judges one person; mirrored legs and answers give a mirrored judgement."""
    findings = find_positions(case.now.legs, book)
    return Judgement(rulebook_version=book.version, findings=findings)
