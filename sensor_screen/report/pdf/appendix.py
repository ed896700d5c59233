"""The appendix: every figure, rule, reason, mark and gap, section after section.

A section is a heading with blocks: a text, a list, a table or a picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Level, Pattern, Readiness, Zone
from sensor_screen.report.basis_words import name_codes
from sensor_screen.report.pdf.advice import show_advice
from sensor_screen.report.pdf.leg_section import show_leg, show_sides
from sensor_screen.report.quality_words import describe_leg
from sensor_screen.report.result_words import (
    base_rates_beside_sides,
    describe_limits,
    is_beside_sides,
    list_unjudged,
)

if TYPE_CHECKING:
    from sensor_screen.judgement import RuleResult
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]
_BOXES = {Readiness.MET: "[x]", Readiness.NOT_MET: "[ ]", Readiness.UNKNOWN: "[?]"}


def show_appendix(told: Telling) -> list[Json]:
    """All sections that hold something; notes last, for they are numbered on the way."""
    sections = [] if told.plain else [*_reasons(told), *_advice(told)]
    sections += [
        _section(told.text("measured", side=leg.side), show_leg(leg, told))
        for leg in told.report.legs
    ]
    sections.append(_section(told.text("heading.sides"), _sides(told)))
    changes = [told.say_change(change) for change in told.judgement.changes]
    sections.append(_section(told.text("heading.changes"), _items(changes)))
    sections += [] if told.plain else _for_clinicians(told)
    sections += [_missing(told), _quality(told)]
    sections.append(_section(told.text("heading.notes"), _items(told.notes, numbered=True)))
    return [section for section in sections if section["blocks"]]


def _section(heading: str, blocks: list[Json]) -> Json:
    return {"heading": heading, "blocks": blocks}


def _items(said: list[str], *, numbered: bool = False) -> list[Json]:
    return [{"kind": "items", "items": said, "numbered": numbered}] if said else []


def _text(said: str, *, dim: bool = False) -> Json:
    return {"kind": "text", "text": said, "dim": dim}


# --- why and what to do ---------------------------------------------------------------------------


def _reasons(told: Telling) -> list[Json]:
    """Every reason of every concern, the patterns, and what the close positions mean."""
    blocks: list[Json] = []
    for concern in told.judgement.concerns:
        level = told.voice.word(concern.level, "label")
        level = level if concern.judged else told.clinic("not_judged")
        place = told.clinic("concern", side=concern.side, panel=concern.panel)
        why = [told.say(reason) for reason in concern.why]
        blocks += [{"kind": "head", "text": f"{place} {level}"}, *_items(why)]
    patterns = [
        f"{told.say(p.statement)} ({name_codes(p.rests_on, told)})"
        if p.rests_on
        else told.say(p.statement)
        for p in told.judgement.patterns
        if p.pattern is not Pattern.NONE
    ]
    meanings = []
    for finding in told.judgement.findings:
        if finding.zone is Zone.GREEN:
            continue
        words = {"task": finding.task, "side": finding.side, "zone": finding.zone}
        head = told.clinic("meaning.head", panel=finding.panel, **words)
        note = told.say(finding.threshold_note)
        said = f"{head[:1].upper()}{head[1:]} {told.say_all(finding.meaning)} {note}"
        meanings.append(said)
    return [
        _section(told.text("pdf.reasons"), [*blocks, *_items(patterns)]),
        _section(told.clinic("heading.meaning"), _items(meanings)),
    ]


def _advice(told: Telling) -> list[Json]:
    return [
        _section(
            told.clinic(f"heading.{name}"),
            [{"kind": "advice", "advice": found}]
            if (found := show_advice(told, specific=specific))
            else [],
        )
        for name, specific in (("advice", True), ("prevention", False))
    ]


# --- figures --------------------------------------------------------------------------------------


def _sides(told: Telling) -> list[Json]:
    blocks = show_sides(told)
    if blocks and not told.plain:
        blocks += [_text(rate, dim=True) for rate in base_rates_beside_sides(told)]
    return blocks


def _for_clinicians(told: Telling) -> list[Json]:
    judgement = told.judgement
    checklist = [
        f"{_BOXES[item.state]} {told.say(item.statement)} "
        f"({told.voice.word(item.state, 'label')}) "
        + told.clinic("evidence", grade=told.grade(item.grade))
        for item in judgement.readiness
    ]
    pathway = [f"{'→ ' if s.current else ''}{told.say(s.statement)}" for s in judgement.pathway]
    cards = [told.say(card) for card in judgement.cards]
    return [
        _section(told.clinic("heading.results"), _results(told)),
        _section(told.clinic("heading.unjudged"), _items(list_unjudged(told))),
        _section(told.clinic("heading.checklist"), _items(checklist)),
        _section(told.clinic("heading.pathway"), _items(pathway)),
        _section(told.clinic("heading.cards"), _items(cards)),
    ]


def _results(told: Telling) -> list[Json]:
    judged = [r for r in told.judgement.results if r.level is not Level.UNJUDGED]
    if not judged:
        return []
    head = [told.clinic(f"heading.rule_{name}") for name in ("id", "of", "value", "level")]
    rates: set[str] = set()
    rows = [_result(result, rates, told) for result in judged]
    table = {
        "kind": "table",
        "head": [*head[:3], told.text("pdf.limits"), head[3]],
        "rows": rows,
        "widths": [0.7, 3.0, 1.5, 2.6, 5.2],
    }
    return [_text(told.clinic("defaults"), dim=True), table]


def _result(result: RuleResult, rates: set[str], told: Telling) -> list[str]:
    parts = [told.voice.word(part) for part in (result.side, result.panel, result.task) if part]
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f" ({told.clinic('within_error')})"
    said: list[str] = []
    if result.statement is not None and (result.level is not Level.GREEN or result.within_error):
        said.append(told.say(result.statement))
    if result.base_rate is not None and not is_beside_sides(result, told):
        rate = told.say(result.base_rate)
        said += [] if rate in rates else [rate]
        rates.add(rate)
    of = ", ".join(word for word in parts if word)
    figure = told.result_figure(result)
    text = f"{level}. {' '.join(said)}" if said else level
    return [result.rule, of, figure, describe_limits(result, told), text]


# --- trust ----------------------------------------------------------------------------------------


def _missing(told: Telling) -> Json:
    report = told.report
    every = (*report.missing, *(text for leg in report.legs for text in leg.missing))
    said = list(dict.fromkeys(told.foreign_measured(text) for text in every))
    return _section(told.text("heading.missing"), _items(said))


def _quality(told: Telling) -> Json:
    blocks: list[Json] = []
    for leg in told.report.legs:
        said = " ".join([told.text("quality.head", side=leg.side), *describe_leg(leg, told)])
        blocks.append(_text(said))
        reasons = () if leg.calibration is None else leg.calibration.reasons
        blocks += _items([told.measured(reason) for reason in reasons])
    return _section(told.text("heading.quality"), blocks)
