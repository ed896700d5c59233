"""The hand-over letter: a draft in plain text for a clinician to check and sign.

It lists what was asked, measured and judged, what was denied, and what the screen cannot see. What
else to consider is named for the reader; the letter itself states no diagnosis.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Claims, ConcernLevel, Level, Panel, Pattern, Statement
from sensor_screen.model import Side
from sensor_screen.report.phrasebook import translate_measured
from sensor_screen.report.telling import day_of
from sensor_screen.rules.complaints import PAIN_TASKS
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import (
        Answers,
        Concern,
        Finding,
        PatternLabel,
        RuleResult,
        ScreeningReport,
    )
    from sensor_screen.model import Capacity, LegMeasures, SideComparison
    from sensor_screen.rules.voice import Voice

FLAGS = (
    "bone_or_steps", "calf_snap", "hot_joint", "calf_swelling", "chest_or_breath", "tense_leg",
    "deformity_or_cold", "night_or_weight", "warm_foot_diabetes", "foot_drop", "growing_heel",
    "not_cleared",
)  # fmt: skip
"""Every red flag, in the order in which it is asked."""
_YES_NO = (
    "squat_pain", "uphill_pain", "sprint_pain", "kick_pain", "downhill_pain", "pointing_pain",
    "big_toe_pain", "locks",
)  # fmt: skip
_CHOICES = ("where", "gives_way", "course", "earlier_injury")
_ENTRIES = ("impingement_sign", "forced_plantarflexion", "calf_squeeze")
_PATTERN_PANELS = {
    Pattern.FRONT: (Panel.ANTERIOR,),
    Pattern.BACK: (Panel.POSTERIOR,),
    Pattern.UNCLEAR: tuple(Panel),
    Pattern.NONE: (),
}
_COMPARED = ("end range", "typical peak", "hold time")


def write_letter(report: ScreeningReport, voice: Voice) -> str:
    """The letter in the language of the voice, one paragraph or list for each part.

    Raises:
        UsageError: The report is for a healthy person, and refers nobody.
    """
    if report.claims == Claims.WELLNESS:
        raise UsageError("letter of a wellness report", "it refers nobody", "screen for clinicians")
    parts = (
        ("reason", _reason(report, voice)),
        ("red_flags", _red_flags(report.answers, voice)),
        ("symptoms", _symptoms(report, voice)),
        ("findings", (_finding(finding, voice) for finding in report.judgement.findings)),
        ("rules", _rules(report.judgement.results, voice)),
        ("end_ranges", _end_ranges(report.legs, voice)),
        ("sides", _sides(report.comparisons, voice)),
        ("pattern", (_pattern(label, voice) for label in report.judgement.patterns)),
        ("consider", _consider(report, voice)),
        ("unseen", [voice.text("letter.unseen_text")]),
        ("quality", _quality(report, voice)),
        ("versions", _versions(report, voice)),
    )
    day = day_of(report)
    when = voice.text("letter.date", told=day) if day else voice.text("letter.date_unknown")
    lines = [voice.text("letter.title"), when, voice.text("letter.draft")]
    if report.claims == Claims.RESEARCH:
        lines.append(voice.text("letter.research"))
    for name, content in parts:
        said = list(content) or [voice.text("letter.none")]
        lines += ["", voice.text(f"letter.heading.{name}"), *(f"- {line}" for line in said)]
    return "\n".join([*lines, "", voice.text("letter.signature"), ""])


# --- what was asked ------------------------------------------------------------------------------


def _reason(report: ScreeningReport, voice: Voice) -> Iterator[str]:
    answers = report.answers
    for concern in report.judgement.concerns:
        if concern.level >= ConcernLevel.DISCUSS:
            yield voice.text(
                "letter.concern",
                side=concern.side,
                panel=concern.panel,
                level=concern.level,
                rests=_rests(concern, voice),
            )
    for name, item in (("weeks", "session.weeks_of_care"), ("age", "person.age_years")):
        if not math.isnan(value := answers.number(item)):
            yield voice.text(f"letter.{name}", value=value)
    for item in ("person.sport", "goals.activities", "goals.wish"):
        if told := answers.choices(item):
            yield voice.text(f"letter.{item.partition('.')[2]}", told=told)


def _rests(concern: Concern, voice: Voice) -> str:
    """The rules by their codes; positions and answers stand in parts of their own."""
    codes = {item.code for item in shipped_intake().items}
    named = (i.partition("-")[0] for i in concern.rests_on if i[:1].isupper())
    rules = dict.fromkeys(name for name in named if name not in codes)
    parts = [voice.text("letter.by_rules", rules=", ".join(rules))] if rules else []
    if any("." in i or i in codes for i in concern.rests_on):
        parts.append(voice.text("letter.by_answers"))
    if any(i[:1].islower() and "." not in i for i in concern.rests_on):
        parts.append(voice.text("letter.by_positions"))
    return "; ".join(parts) or voice.text("letter.none")


def _red_flags(answers: Answers, voice: Voice) -> Iterator[str]:
    """Those that were affirmed, then those denied, then those that were not asked."""
    asked = {name: answers.values.get((f"red_flags.{name}", Side.NONE)) for name in FLAGS}
    for key, wanted in (("present", True), ("denied", False), ("not_asked", None)):
        names = [voice.text(f"letter.flag.{name}") for name, a in asked.items() if a is wanted]
        if names:
            yield voice.text(f"letter.flags_{key}", flags="; ".join(names))


def _symptoms(report: ScreeningReport, voice: Voice) -> Iterator[str]:
    answers = report.answers
    for side in (Side.LEFT, Side.RIGHT):
        told = [*_told(answers, side, voice)]
        if told:
            yield voice.text("letter.of_side", side=side, told="; ".join(told))


def _told(answers: Answers, side: Side, voice: Voice) -> Iterator[str]:
    for item in _CHOICES:
        if chosen := answers.choices(f"symptoms.{item}", side):
            words = tuple(voice.text(f"letter.choice.{item}.{choice}") for choice in chosen)
            yield voice.text(f"letter.symptom.{item}", told=words)
    if when := answers.choices("symptoms.earlier_injury_when", side):
        yield voice.text("letter.symptom.earlier_injury_when", told=when)
    for item in _YES_NO:
        if answers.has(f"symptoms.{item}", side):
            name = voice.text(f"letter.symptom.{item}")
            yes = answers.says(f"symptoms.{item}", side)
            yield voice.text(f"letter.answer_{'yes' if yes else 'no'}", name=name)
    scores = [(voice.word(task), f"pain.{task.value}") for task in PAIN_TASKS]
    scores += [(voice.text(f"letter.pain_{i}"), f"pain.{i}") for i in ("before", "next_day")]
    given = [
        voice.text("letter.score", name=name, value=answers.number(item, side))
        for name, item in scores
        if not math.isnan(answers.number(item, side))
    ]
    if given:
        yield voice.text("letter.pain", told=", ".join(given))
    for item in _ENTRIES:
        if chosen := answers.choices(f"entries.{item}", side):
            name = voice.text(f"letter.entry.{item}")
            word = voice.text(f"letter.sign.{chosen[0]}")
            yield voice.text("letter.examined", name=name, told=word)


# --- what was measured ---------------------------------------------------------------------------


def _finding(finding: Finding, voice: Voice) -> str:
    demand, capacity = finding.demand, finding.capacity
    return voice.text(
        "letter.finding",
        side=finding.side,
        panel=finding.panel,
        task=finding.task,
        zone=finding.zone,
        peak_deg=math.degrees(demand.typical_rad),
        peak_error_deg=math.degrees(NORMAL_95 * demand.sigma_rad),
        end_deg=math.degrees(capacity.value_rad),
        end_error_deg=math.degrees(NORMAL_95 * capacity.sigma_rad),
        percent=100.0 * demand.ratio,
        error=100.0 * NORMAL_95 * demand.ratio_sigma,
        count=len(demand.peaks_rad),
    )


def _rules(results: tuple[RuleResult, ...], voice: Voice) -> Iterator[str]:
    """Every rule that asks for something, with its limits; then those that could not be judged."""
    for result in results:
        if result.level not in {Level.AMBER, Level.RED}:
            continue
        key = "rule_error" if math.isfinite(result.error_95) else "rule"
        said = voice.text(
            f"letter.{key}",
            rule=result.rule,
            place=_place(result, voice),
            level=result.level,
            value=result.value,
            error=result.error_95,
            unit=_unit(result.unit, voice),
        )
        limits = voice.text(
            "letter.limits_default" if result.default else "letter.limits",
            amber=_limit(result.amber, voice),
            red=_limit(result.red, voice),
        )
        close = voice.text("letter.within_error")
        yield said + limits * bool(result.amber) + close * result.within_error
    unjudged: dict[str, dict[str, None]] = {}
    for result in results:
        if result.level == Level.UNJUDGED:
            side = voice.word(result.side, "letter")
            unjudged.setdefault(result.rule, {})[side] = None
    if unjudged:
        names = (f"{rule} ({', '.join(sides)})" for rule, sides in unjudged.items())
        yield voice.text("letter.unjudged", rules="; ".join(names))


def _limit(limit: str, voice: Voice) -> str:
    """`< 31.5` in the letters of the language; a dash where a rule has no such limit."""
    sign, _, value = limit.partition(" ")
    return f"{sign} {voice.value(float(value), 'g')}" if value else "–"


def _unit(unit: str, voice: Voice) -> str:
    """The unit as it stands behind a figure."""
    key = f"letter.unit.{unit}"
    return voice.text(key) if voice.has(key) else f" {unit}" * bool(unit)


def _place(result: RuleResult, voice: Voice) -> str:
    """Side, and the task where there is one."""
    words = [voice.word(result.side, "letter")]
    return ", ".join(words if result.task is None else [*words, voice.word(result.task)])


def _end_ranges(legs: tuple[LegMeasures, ...], voice: Voice) -> Iterator[str]:
    for leg in legs:
        for capacity in leg.capacities:
            yield _end_range(capacity, voice)


def _end_range(capacity: Capacity, voice: Voice) -> str:
    said = voice.text(
        "letter.end_range",
        side=capacity.side,
        direction=voice.text(f"letter.direction.{capacity.direction}"),
        condition=voice.text(f"letter.condition.{capacity.condition}"),
        end_deg=math.degrees(capacity.value_rad),
        error_deg=math.degrees(NORMAL_95 * capacity.sigma_rad),
    )
    return said + voice.text("letter.by_pain") * capacity.limited_by_pain


def _sides(comparisons: tuple[SideComparison, ...], voice: Voice) -> Iterator[str]:
    for comparison in comparisons:
        if comparison.measure not in _COMPARED:
            continue
        in_degrees = comparison.unit == "rad"
        factor = math.degrees(1.0) if in_degrees else 1.0
        known = math.isfinite(comparison.sigma)
        yield voice.text(
            "letter.difference" if known else "letter.difference_bare",
            measure=voice.text(f"letter.measure.{_key(comparison.measure)}"),
            what=", ".join(_what(word, voice) for word in comparison.what.split(", ")),
            left=factor * comparison.left,
            right=factor * comparison.right,
            difference=factor * comparison.difference,
            error=factor * NORMAL_95 * comparison.sigma,
            unit="°" if in_degrees else f" {comparison.unit}",
        )


def _what(word: str, voice: Voice) -> str:
    """A task, condition or direction as a word of the language; anything else as it stands."""
    key = _key(word)
    for name in ("letter.direction", "letter.condition", "task.name"):
        if voice.has(f"{name}.{key}"):
            return voice.text(f"{name}.{key}")
    return voice.text(f"letter.what.{key}") if voice.has(f"letter.what.{key}") else word


def _key(words: str) -> str:
    return words.replace(" ", "_")


def _pattern(label: PatternLabel, voice: Voice) -> str:
    return voice.text(
        "letter.pattern",
        side=label.side,
        pattern=label.pattern,
        front=label.front_points,
        back=label.back_points,
        codes=_questions(label, voice) or voice.text("letter.none"),
    )


def _questions(label: PatternLabel, voice: Voice) -> str:
    """Those whose answers made the pattern."""
    asked = {item.code: item.id for item in shipped_intake().items if item.code}
    told = [asked[code] for code in label.rests_on if code in asked]
    return "; ".join(f"“{voice.text(f'intake.question.{i}', side=label.side)}”" for i in told)


# --- what to consider, and how well it is known --------------------------------------------------


def _consider(report: ScreeningReport, voice: Voice) -> Iterator[str]:
    """For the sides of the joint that are of concern; both where none stands out."""
    panels = {c.panel for c in report.judgement.concerns if c.level >= ConcernLevel.DISCUSS}
    for label in report.judgement.patterns:
        panels |= set(_PATTERN_PANELS[label.pattern])
    yield from (
        voice.text(f"letter.differential.{panel}")
        for panel in Panel
        if panel in panels or not panels
    )


def _quality(report: ScreeningReport, voice: Voice) -> Iterator[str]:
    for leg in report.legs:
        if leg.angle is not None and leg.angle.valid.size:
            share = 100.0 * float(leg.angle.valid.mean())
            yield voice.text("letter.valid", side=leg.side, share=share)
        if leg.calibration is not None:
            axis_deg = math.degrees(leg.calibration.axis_error_rad)
            yield voice.text(
                "letter.calibration",
                side=leg.side,
                quality=100.0 * leg.calibration.quality,
                axis_deg=axis_deg,
                zero=voice.text(f"letter.zero.{leg.calibration.zero_mode}"),
            )
        for placement, counts in leg.cleaning.items():
            yield voice.text(
                "letter.samples",
                side=leg.side,
                placement=voice.text(f"letter.placement.{placement}"),
                received=counts.received,
                missing=counts.missing,
                clipped=counts.clipped,
            )
    notes = [*report.marks, *report.missing]
    for leg in report.legs:
        notes += [*leg.missing, *(() if leg.calibration is None else leg.calibration.reasons)]
    yield from dict.fromkeys(translate_measured(note, voice.language) or note for note in notes)


def _versions(report: ScreeningReport, voice: Voice) -> Iterator[str]:
    yield voice.say(
        Statement(
            "letter.made_with",
            {
                "software": report.software_version,
                "rulebook": report.judgement.rulebook_version,
                "source": report.source,
                "origin": voice.text(f"letter.origin.{report.origin}"),
            },
        )
    )
