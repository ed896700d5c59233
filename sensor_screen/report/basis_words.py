"""What advice rests on, in words that every face shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.model import Side
from sensor_screen.rules.questionnaire import shipped_intake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.report.telling import Telling


def name_basis(basis: str, told: Telling) -> str:
    """An id in words: a finding with its ratio, a rule result with its figure, else as it is."""
    for finding in told.judgement.findings:
        if finding.id == basis:
            ratio = told.figure(100 * finding.demand.ratio, 196 * finding.demand.ratio_sigma, " %")
            return told.clinic(
                "basis", side=finding.side, task=finding.task, panel=finding.panel, figure=ratio
            )
    for result in told.judgement.results:
        if result.id == basis:
            figure = told.result_figure(result)
            key = "basis_rule" if figure else "basis_rule_alone"
            parts = (result.side, result.panel, result.task)
            place = ", ".join(word for part in parts if part and (word := told.voice.word(part)))
            return told.clinic(key, place=place, rule=result.rule, figure=figure)
    return _name_answer(basis, told)


def name_codes(codes: Iterable[str], told: Telling) -> str:
    """What a pattern of answers rests on."""
    return "; ".join(_name_answer(code, told) for code in codes)


def _name_answer(basis: str, told: Telling) -> str:
    """The question behind the id of an answer, `section.item-side`, or behind its code, `S2`."""
    item, _, side = basis.partition("-")
    item = next((one.id for one in shipped_intake().items if one.code == item), item)
    if not told.voice.has(f"intake.question.{item}"):
        return basis
    whose = Side(side) if side in set(Side) else Side.NONE
    question = told.voice.text(f"intake.question.{item}", side=whose)
    return told.clinic("basis_answer", question=question)
