"""The order of judging: what comes before everything, what was found, what it means, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Judgement
from sensor_screen.rules.advice import advise
from sensor_screen.rules.balance_rules import apply_balance_rules
from sensor_screen.rules.cards import choose_cards
from sensor_screen.rules.changes import compare, judge_changes
from sensor_screen.rules.concern import weigh_concern
from sensor_screen.rules.exposure_rules import apply_exposure_rules
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.kick_rules import apply_kick_rules
from sensor_screen.rules.pathway import place_on_pathway
from sensor_screen.rules.pattern import label_patterns
from sensor_screen.rules.quality_rules import apply_quality_rules, hide_poor, trust
from sensor_screen.rules.range_rules import apply_range_rules
from sensor_screen.rules.readiness import check_readiness
from sensor_screen.rules.red_flags import find_red_flags
from sensor_screen.rules.task_rules import apply_task_rules

if TYPE_CHECKING:
    from sensor_screen.judgement import Case, RedFlag
    from sensor_screen.rules.rulebook import RuleBook


def judge(case: Case, book: RuleBook) -> Judgement:
    """Judges one person; mirrored legs and answers give a mirrored judgement.

    A red flag comes before everything: no position, rule or comparison is judged beside it.

    Args:
        case: What was measured and answered, now and earlier.
        book: Every number that decides.
    """
    flags = find_red_flags(case.now.answers, book)
    if flags:
        return _send_away(case, flags, book)
    quality = apply_quality_rules(case, book)
    findings = hide_poor(find_positions(case.now.legs, book), quality)
    seen = trust(case, book)
    compared = compare(seen, book)
    results = (
        *apply_range_rules(case, findings, book),
        *apply_task_rules(case, findings, book),
        *apply_kick_rules(seen, findings, book),
        *apply_balance_rules(seen, book),
        *apply_exposure_rules(seen, book),
        *judge_changes(compared, book),
        *quality,
    )
    patterns = label_patterns(case, book)
    concerns = weigh_concern(case, findings, results, patterns, flags, book)
    return Judgement(
        rulebook_version=book.version,
        findings=findings,
        results=results,
        patterns=patterns,
        concerns=concerns,
        changes=compared.changes,
        advice=advise(case, findings, results, concerns, patterns, flags, book),
        pathway=place_on_pathway(case, concerns, compared.changes, flags, book),
        readiness=check_readiness(case, results, book),
        cards=choose_cards(findings, concerns),
    )


def _send_away(case: Case, flags: tuple[RedFlag, ...], book: RuleBook) -> Judgement:
    concerns = weigh_concern(case, (), (), (), flags, book)
    return Judgement(
        rulebook_version=book.version,
        red_flags=flags,
        concerns=concerns,
        advice=advise(case, (), (), concerns, (), flags, book),
        pathway=place_on_pathway(case, concerns, (), flags, book),
    )
