"""What every face of a report needs: its language, for whom it is, and what it may hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sensor_screen.judgement import Claims, Judgement, Language, Statement
from sensor_screen.model import Condition, Direction, Task
from sensor_screen.report.phrasebook import translate_measured
from sensor_screen.rules.claims import read_withheld_words, restrain
from sensor_screen.rules.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Change, RuleResult, ScreeningReport

_WHOLE = ("count", "points", "%", "years", "weeks")
"""Units whose figures are shown whole."""


def measured_text(sentence: str, language: Language) -> str:
    """A sentence of the measurement in a language; where there is no translation, as it came.

    Measuring speaks English (`LegMeasures.missing`, reasons, notes, marks).
    """
    return translate_measured(sentence, language) or sentence


def day_of(report: ScreeningReport) -> str:
    """ISO date of the session; empty where nobody said, or what was said is no date."""
    try:
        return date.fromisoformat(report.recorded_on).isoformat()
    except ValueError:
        return ""


@dataclass(slots=True)
class Telling:
    """One report being told."""

    report: ScreeningReport
    voice: Voice
    judgement: Judgement
    """As far as the claims allow."""
    notes: list[str] = field(default_factory=list)
    """Measurement notes that are not in the language of the report, in the order of their use."""

    @property
    def plain(self) -> bool:
        """For a healthy person: measures and comfort, nothing judged."""
        return self.report.claims is Claims.WELLNESS

    @property
    def stopped(self) -> bool:
        """A red flag comes before everything: no position and no figure is shown."""
        return bool(self.judgement.red_flags)

    @property
    def recorded_on(self) -> str:
        """ISO date of the session; empty where nobody said, or what was said is no date."""
        return day_of(self.report)

    def when(self) -> str:
        """When it was recorded, or that nobody said."""
        day = self.recorded_on
        return self.text("recorded_on", day=day) if day else self.text("recorded_never_said")

    def say(self, statement: Statement) -> str:
        """One sentence."""
        return self.voice.say(statement)

    def say_all(self, statements: Iterable[Statement]) -> str:
        """Sentences in a row."""
        return " ".join(self.voice.say(statement) for statement in statements)

    def text(self, key: str, /, **values: object) -> str:
        """A fixed word or sentence of the report."""
        return self.voice.text(f"report.{key}", **values)

    def clinic(self, key: str, /, **values: object) -> str:
        """The same, of those that are never said in wellness mode."""
        return self.voice.text(f"clinic.{key}", **values)

    def number(self, value: float, digits: int = 0) -> str:
        """A figure in the letters of the language."""
        return self.voice.value(float(value), f".{digits}f")

    def figure(self, value: float, error_95: float, unit: str = "°", digits: int = 0) -> str:
        """A number with its 95 % error: `32° ± 4`, `94 ± 6 %`; alone where no error is known."""
        alone = self.number(value, digits)
        if not math.isfinite(error_95):
            return alone + unit
        error = self.number(error_95, digits)
        return f"{alone} ± {error}{unit}" if "%" in unit else f"{alone}{unit} ± {error}"

    def unit(self, unit: str) -> str:
        """A unit as it stands after a figure."""
        return self.text(f"unit.{unit}") if unit and self.voice.has(f"report.unit.{unit}") else ""

    def result_figure(self, result: RuleResult) -> str:
        """The figure of a rule result with its error; nothing where there is none."""
        if not math.isfinite(result.value):
            return ""
        digits = 2 if result.unit == "1" else 0 if result.unit in _WHOLE else 1
        return self.figure(result.value, result.error_95, self.unit(result.unit), digits)

    def grade(self, grade: str) -> str:
        """What a grade of evidence stands for."""
        return self.clinic(f"grade.{grade}") if self.voice.has(f"clinic.grade.{grade}") else grade

    def limits(self, result: RuleResult) -> str:
        """Its limits as they were applied: `≥ 5° / > 10°`, `< 10 / < 8 cm`."""
        unit = self.unit(result.unit)
        signs = [self._limit(limit) for limit in (result.amber, result.red) if limit]
        if unit.strip().isalpha():
            return " / ".join(signs) + unit if signs else ""
        return " / ".join(sign + unit for sign in signs)

    def _limit(self, limit: str) -> str:
        sign, _, value = limit.partition(" ")
        digits = len(value.partition(".")[2])
        sign = sign.replace(">=", "≥").replace("<=", "≤")
        return f"{sign} {self.number(float(value), digits)}"

    def say_change(self, change: Change) -> str:
        """Then, now, and whether the difference is real."""
        panel = "" if change.panel is None else self.voice.word(change.panel)
        parts = (self.what(change.what), self.voice.word(change.side), panel)
        where = ", ".join(word for word in parts if word)
        unit, digits = self.unit(change.unit), 0 if change.unit == "deg" else 1
        sign = "+" if change.difference > 0 else ""
        return self.text(
            "change.line",
            where=f"{where[:1].upper()}{where[1:]}",
            measure=self.text(f"measure.{change.measure}"),
            before=self.number(change.before, digits) + unit,
            now=self.number(change.now, digits) + unit,
            difference=sign + self.number(change.difference, digits) + unit,
            verdict=self.voice.word(change.verdict, "label"),
            smallest=self.number(change.smallest, 1) + unit,
            own=self.text("change.own" if change.smallest_is_own else "change.default"),
            against=self.text(f"against.{change.against}"),
        )

    def what(self, name: str) -> str:
        """A task or a condition of an end range by its word in the model."""
        for words in (Task, Condition):
            if (word := name.replace(" ", "_")) in set(words):
                return self.voice.word(words(word))
        return self.foreign(name)

    def movement(self, direction: Direction) -> str:
        """`bend` or `point`."""
        return self.voice.word(direction, "label")

    def foreign(self, text: str) -> str:
        """Words that are not ours, a user's or the measurement's, as far as they may be shown."""
        if self.plain and any(read_withheld_words(language).search(text) for language in Language):
            return self.text("left_out")
        return text

    def foreign_measured(self, sentence: str) -> str:
        """A sentence of the measurement; one that stayed English belongs under a heading."""
        return self.foreign(measured_text(sentence, self.report.language))

    def stays_english(self, sentence: str) -> bool:
        """Whether a sentence of the measurement is not in the language of the report."""
        return translate_measured(sentence, self.report.language) is None

    def any_english(self, sentences: Iterable[str]) -> bool:
        """Whether one of them is not in the language of the report."""
        return any(self.stays_english(sentence) for sentence in sentences)

    def measured(self, sentence: str) -> str:
        """A sentence of the measurement where it belongs, or the number of its note."""
        said = self.foreign_measured(sentence)
        if not self.stays_english(sentence):
            return said
        if said not in self.notes:
            self.notes.append(said)
        return self.text("see_note", number=self.notes.index(said) + 1)

    def own_marks(self) -> tuple[str, ...]:
        """What a reader must know by whom it is for."""
        return (self.clinic("not_for_care"),) if self.report.claims is Claims.RESEARCH else ()

    def measured_marks(self) -> tuple[str, ...]:
        """What a reader must know of the measurement before its figures."""
        return tuple(self.foreign_measured(mark) for mark in self.report.marks)

    def disclaimer(self) -> tuple[str, ...]:
        """What stands on every face: what this is not; for healthy people the emergency signs."""
        claims = self.report.claims
        said = self.voice.text(f"disclaimer.{claims.value}")
        if not self.plain:
            return (said,)
        signs = self.voice.text("wellness.emergency")
        return (signs, said) if self.stopped else (said, signs)


def tell(report: ScreeningReport) -> Telling:
    """A report ready to be told, restrained once more so that no face can say too much."""
    judgement = restrain(report.judgement, report.claims)
    return Telling(report, Voice(report.language), judgement)
