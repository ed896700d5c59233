"""Advice: the six ways to prevent trouble, made specific by what was found, each with its grounds.

Front and back often need opposite things: a raised heel eases the front and loads the back. A line
that rests on nothing is general prevention, and says so. A red flag leaves one line only: where to
seek care. Nobody is told to push into a painful or hard block.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import (
    Advice,
    ConcernLevel,
    Level,
    Panel,
    Pattern,
    Statement,
    Urgency,
    Zone,
)
from sensor_screen.model import Side, Task
from sensor_screen.rules.complaints import hurts_at, hurts_in_task, hurts_somewhere, injuries
from sensor_screen.rules.grounds import NOTABLE, Grounds, range_is_small
from sensor_screen.rules.shoes import advise_footwear, advise_support, loaded_panels
from sensor_screen.rules.smallest_change import NEAR, describe_change
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import (
        Case,
        Concern,
        Finding,
        PatternLabel,
        RedFlag,
        RuleResult,
    )
    from sensor_screen.rules.rulebook import RuleBook


def advise(
    case: Case,
    findings: tuple[Finding, ...],
    results: tuple[RuleResult, ...],
    concerns: tuple[Concern, ...],
    patterns: tuple[PatternLabel, ...],
    flags: tuple[RedFlag, ...],
    book: RuleBook,
) -> tuple[Advice, ...]:
    """Where to seek care, what to measure again, then the six prevention measures.

    They are general where nothing asks for more.

    Args:
        case: For the answers: where it hurts, shoes, lengths, injuries.
        findings: Positions beside the own end range.
        results: Of all rules; those that advice rests on are named at each kind.
        concerns: For each side of each joint.
        patterns: For each leg that answered.
        flags: With any of these there is one line only.
        book: Sources, grades and limits.
    """
    if flags or any(concern.level == ConcernLevel.RED_FLAG for concern in concerns):
        return (_answer_flags(flags, concerns, book),)
    grounds = Grounds(case, findings, results, concerns, patterns, book)
    return (
        *_seek_care(grounds),
        *_measure_again(grounds),
        *_modify(grounds),
        *advise_footwear(grounds),
        *advise_support(grounds),
        *_mobility(grounds),
        *_strength(grounds),
        *_balance(grounds),
        *_technique(grounds),
    )


def _answer_flags(
    flags: tuple[RedFlag, ...], concerns: tuple[Concern, ...], book: RuleBook
) -> Advice:
    order = list(Urgency)
    pressing = sorted(flags, key=lambda flag: order.index(flag.urgency))
    if pressing:
        urgency, reason = pressing[0].urgency, pressing[0].statement
        rests_on = [flag.id for flag in pressing]
    else:
        (first, *_) = (c for c in concerns if c.level == ConcernLevel.RED_FLAG)
        urgency, reason, rests_on = Urgency.CLINICIAN_FIRST, first.statement, [*first.rests_on]
    basis = book.advice["seek_care"]
    return Advice(
        id="seek_care",
        kind="seek_care",
        statements=(Statement(f"advice.seek_care.{urgency}"),),
        reason=reason,
        grade=basis.grade,
        source=basis.source,
        rests_on=tuple(rests_on),
    )


def _seek_care(grounds: Grounds) -> Iterator[Advice]:
    for side in grounds.sides:
        serious = [
            concern
            for concern in grounds.concerns
            if concern.side == side and concern.level == ConcernLevel.SEE_CLINICIAN
        ]
        if serious:
            yield grounds.line(
                f"seek_care-{side}",
                [Statement("advice.seek_care.soon", {"side": side})],
                (serious[0].why or (serious[0].statement,))[0],
                [i for concern in serious for i in concern.rests_on],
            )


def _measure_again(grounds: Grounds) -> Iterator[Advice]:
    """Where something was measured too poorly to be judged."""
    for side in grounds.sides:
        poor = [result for result in grounds.notable(side, "Z1") if result.level == Level.RED]
        if poor:
            said = [
                Statement("advice.measure.again", {"side": side}),
                Statement("advice.measure.how"),
            ]
            rests_on = [result.id for result in poor]
            yield grounds.line(f"measure-{side}", said, _rule_reason(poor), rests_on)


# --- modify --------------------------------------------------------------------------------------


def _modify(grounds: Grounds) -> Iterator[Advice]:
    """One line for each position near or past end range, or on a small range; then what hurts.

    It is worded for the case that it hurts unless it was said to: near end range alone is no
    reason to change anything. What hurts comes first.
    """
    telling = [f for f in grounds.findings if f.zone in NEAR or range_is_small(f, grounds.book)]
    telling.sort(key=lambda f: not hurts_in_task(grounds.answers, f.side, f.panel, f.task))
    for finding in telling:
        yield _modify_task(finding, grounds)
    covered = {(finding.side, finding.panel) for finding in telling}
    hurting = [
        concern
        for concern in grounds.concerns
        if concern.level >= ConcernLevel.DISCUSS
        and (concern.side, concern.panel) not in covered
        and _tells_of_pain(concern, grounds)
    ]
    unplaced = [s for s in grounds.sides if hurts_somewhere(grounds.answers, s, grounds.book)]
    for concern in hurting:
        yield grounds.line(
            f"modify-{concern.side}-{concern.panel}",
            [Statement("advice.modify.what_hurts", {"side": concern.side, "panel": concern.panel})],
            (concern.why or (concern.statement,))[0],
            concern.rests_on,
        )
    for side in unplaced:
        yield grounds.line(
            f"modify-{side}",
            [Statement("advice.modify.unplaced", {"side": side})],
            Statement("concern.why.unplaced", {"side": side}),
            ["symptoms.where"],
        )
    if not telling and not hurting and not unplaced:
        yield _modify_nothing(grounds)


def _tells_of_pain(concern: Concern, grounds: Grounds) -> bool:
    """Giving way, locking or a small range alone is nothing that hurts."""
    return hurts_at(grounds.answers, concern.side, concern.panel)


def _modify_task(finding: Finding, grounds: Grounds) -> Advice:
    side, panel, task = finding.side, finding.panel, finding.task
    hurts = hurts_in_task(grounds.answers, side, panel, task)
    said = [
        Statement(
            f"advice.modify.{'plain' if hurts else 'if_it_hurts'}",
            {"task": task, "side": side, "panel": panel},
        )
    ]
    if range_is_small(finding, grounds.book):
        end_deg = math.degrees(finding.capacity.value_rad)
        said.append(Statement("advice.modify.small_range", {"end_deg": end_deg}))
    if finding.zone == Zone.BEYOND and task != Task.KICK:
        said.append(Statement("advice.modify.test_again"))
    if not hurts and finding.zone in NEAR:
        said.append(Statement("advice.modify.common"))
    lifts = task == Task.SQUAT and bool(grounds.notable(side, "Q3"))
    said += describe_change(
        finding,
        grounds.answers,
        grounds.book,
        heel_stays_down=not lifts,
        other_side_is_close=len(loaded_panels(side, grounds, with_kicks=False)) > 1,
    )
    reason = Statement(
        "advice.reason.ratio",
        {
            "task": task,
            "panel": panel,
            "percent": 100.0 * finding.demand.ratio,
            "error": 100.0 * NORMAL_95 * finding.demand.ratio_sigma,
        },
    )
    if hurts:
        reason = Statement("advice.reason.ratio_hurts", {"ratio": reason})
    return grounds.line(f"modify-{finding.id}", said, reason, [finding.id])


def _modify_nothing(grounds: Grounds) -> Advice:
    """`Nothing to change` is said only where something was judged and nothing asks for more."""
    judged = any(finding.zone != Zone.UNRESOLVED for finding in grounds.findings)
    quiet = not any(result.level in NOTABLE for result in grounds.results) and not any(
        label.pattern != Pattern.NONE for label in grounds.patterns
    )
    if judged and quiet:
        nothing = Statement("advice.reason.nothing")
        return grounds.line("modify", [Statement("advice.modify.nothing")], nothing)
    return grounds.general("modify")


# --- mobility, strength, balance, technique ------------------------------------------------------


def _mobility(grounds: Grounds) -> Iterator[Advice]:
    """By L1, L2, N1 and small ranges; a painful or hard block forbids stretching, whatever else."""
    lines = [line for side in grounds.sides for line in _mobility_of(side, grounds)]
    yield from lines or [grounds.general("mobility")]


def _mobility_of(side: Side, grounds: Grounds) -> Iterator[Advice]:
    item = "entries.hard_painful_block"
    told = [item] if grounds.answers.says(item, side) else []
    blocked = [r for r in grounds.notable(side, "L3", "P1") if r.level == Level.RED]
    if told or blocked:
        said = [
            Statement("advice.mobility.block", {"side": side}),
            Statement("advice.mobility.block_instead"),
        ]
        reason = Statement("advice.reason.block") if told else _rule_reason(blocked)
        rests_on = [*told, *(result.id for result in blocked)]
        yield grounds.line(f"mobility-{side}-block", said, reason, rests_on)
        return
    small = grounds.small_ranges(side)
    change_deg = grounds.book.shown("smallest_change_static")
    for panel, where in ((Panel.ANTERIOR, "front"), (Panel.POSTERIOR, "back")):
        rules = ("L1", "L2", "N1") if panel == Panel.ANTERIOR else ()
        results = grounds.notable(side, *rules)
        findings = [finding for finding in small if finding.panel == panel]
        if not results and not findings:
            continue
        said = [
            Statement(f"advice.mobility.{where}", {"side": side}),
            Statement("advice.mobility.no_real_change", {"change_deg": change_deg}),
        ]
        reason = _rule_reason(results) if results else _small_reason(findings[0])
        rests_on = [*(r.id for r in results), *(f.id for f in findings)]
        yield grounds.line(f"mobility-{side}-{panel}", said, reason, rests_on)


def _small_reason(finding: Finding) -> Statement:
    end_deg = math.degrees(finding.capacity.value_rad)
    return Statement("advice.modify.small_range", {"end_deg": end_deg})


def _rule_reason(results: list[RuleResult]) -> Statement:
    """What the worse of them found."""
    worst = max(results, key=lambda result: result.level == Level.RED)
    return worst.statement or Statement("advice.reason.rule", {"rule": worst.rule})


def _strength(grounds: Grounds) -> Iterator[Advice]:
    """For the leg with fewer heel raises, where the difference counts."""
    item = "entries.heel_raises"
    raises = {side: grounds.answers.number(item, side) for side in (Side.LEFT, Side.RIGHT)}
    weaker, stronger = sorted(raises, key=lambda side: raises[side])
    if not raises[weaker] < grounds.book.value("ready_heel_raises") * raises[stronger]:
        yield grounds.general("strength", Statement("advice.strength.not_measured"))
        return
    percent = 100.0 * raises[weaker] / raises[stronger]
    yield grounds.line(
        f"strength-{weaker}",
        [
            Statement("advice.strength.weaker", {"side": weaker}),
            Statement("advice.strength.not_measured"),
        ],
        Statement("advice.reason.heel_raises", {"percent": percent}),
        [item],
    )


def _balance(grounds: Grounds) -> Iterator[Advice]:
    """By B1 to B3, the Cumberland score, giving way, and earlier sprains."""
    lines = []
    for side in grounds.sides:
        told = grounds.instability(side)
        results = grounds.notable(side, "B1", "B2", "B3", "I1")
        if not told and not results:
            continue
        sprained = "sprain" in injuries(grounds.answers, side)
        reason = Statement(f"advice.reason.{'earlier_sprain' if sprained else 'gives_way'}")
        said = [
            Statement("advice.balance.specific", {"side": side}),
            Statement("advice.balance.sprains"),
        ]
        rests_on = [*(result.id for result in results), *told]
        reason = _rule_reason(results) if results else reason
        lines.append(grounds.line(f"balance-{side}", said, reason, rests_on))
    yield from lines or [grounds.general("balance", Statement("advice.balance.sprains"))]


def _technique(grounds: Grounds) -> Iterator[Advice]:
    """A second pair of eyes: many kicks past the range, heels that lift, faster entries."""
    lines = []
    for side in grounds.sides:
        results = grounds.notable(side, "K2", "Q3", "X2")
        if not results:
            continue
        tasks = tuple(dict.fromkeys(result.task for result in results if result.task))
        said = [Statement("advice.technique.specific", {"side": side, "tasks": tasks})]
        rests_on = [result.id for result in results]
        lines.append(grounds.line(f"technique-{side}", said, _rule_reason(results), rests_on))
    yield from lines or [grounds.general("technique")]
