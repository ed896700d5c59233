"""A screening report as the content of a FHIR bundle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel
from sensor_screen.model import Origin
from sensor_screen.report.fhir.advice import collect_advice
from sensor_screen.report.fhir.answers import collect_answers
from sensor_screen.report.fhir.codes import MEASURES
from sensor_screen.report.fhir.content import Screen, Sensor, Word
from sensor_screen.report.fhir.measures import collect_measures
from sensor_screen.report.printable import printable
from sensor_screen.report.telling import tell
from sensor_screen.report.verdict_words import lead, lead_plainly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sensor_screen.judgement import ScreeningReport
    from sensor_screen.report.fhir.content import Measure
    from sensor_screen.report.telling import Telling


def collect_screen(report: ScreeningReport, *, person: str, issued: str) -> Screen:
    """Everything that a bundle of this report says, in its language and for whom it is.

    Args:
        report: What one screen found.
        person: Pseudonym.
        issued: Instant with its zone, ISO 8601.
    """
    told = tell(report)
    alone = told.plain and told.stopped
    measures = tuple(_tell_apart(_clean(measure) for measure in collect_measures(told)))
    missing = (*report.missing, *(text for leg in report.legs for text in leg.missing))
    marks = (*told.own_marks(), *told.measured_marks())
    return Screen(
        person=printable(person, 200),
        issued=issued,
        date=told.recorded_on,
        when=told.when(),
        language=report.language.value,
        simulated=report.origin is Origin.SIMULATED,
        category="activity" if told.plain else "exam",
        title=told.text("title_plain") if told.plain else told.clinic("title"),
        conclusion=" ".join(_conclude(told)),
        marks=_each_once(marks),
        missing=() if alone else _each_once(told.foreign_measured(text) for text in missing),
        disclaimer=told.disclaimer(),
        source=printable(told.foreign(report.source), 1000),
        software=report.software_version,
        rulebook=told.judgement.rulebook_version,
        sensors=() if alone else tuple(dict.fromkeys(_sensors(told))),
        measures=measures,
        answers=collect_answers(told),
        advice=collect_advice(told),
        codes=_codes(measures),
    )


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for text in texts if (said := printable(text))))


def _conclude(told: Telling) -> Iterator[str]:
    """What a person reads first, then each side of each joint."""
    judgement = told.judgement
    if told.plain:
        flags = [told.say(flag.statement) for flag in judgement.red_flags]
        yield from flags or [lead_plainly(told), *(told.say(room) for room in judgement.room)]
        return
    if told.stopped:
        yield told.clinic("flags.headline")
        for flag in judgement.red_flags:
            yield f"{told.voice.word(flag.urgency, 'label')}: {told.say(flag.statement)}"
        return
    first, others = lead(told)
    yield first
    yield from others
    for concern in judgement.concerns:
        level = told.voice.word(ConcernLevel(concern.level), "label")
        level = level if concern.judged else told.clinic("not_judged")
        yield f"{told.clinic('concern', side=concern.side, panel=concern.panel)} {level}."


def _sensors(told: Telling) -> Iterator[Sensor]:
    for leg in told.report.legs:
        for placement in leg.cleaning:
            display = f"{told.voice.word(placement, 'label')}, {told.voice.word(leg.side, 'ankle')}"
            yield Sensor(leg.side, placement, display)


def _clean(measure: Measure) -> Measure:
    return replace(
        measure,
        notes=tuple(printable(note) for note in measure.notes if printable(note)),
        method=printable(measure.method),
    )


def _tell_apart(measures: Iterable[Measure]) -> Iterator[Measure]:
    """One leg in several recordings has each measure several times: names get a number."""
    seen: dict[str, int] = {}
    for measure in measures:
        seen[measure.name] = count = seen.get(measure.name, 0) + 1
        yield measure if count == 1 else replace(measure, name=f"{measure.name}-again-{count}")


def _codes(measures: tuple[Measure, ...]) -> dict[str, str]:
    words = [word for measure in measures for word in _words(measure)]
    return dict(sorted((w.code, w.display) for w in words if w.system == MEASURES))


def _words(measure: Measure) -> Iterator[Word]:
    yield measure.code
    yield from measure.judged.words
    for part in measure.parts:
        yield part.code
        if isinstance(part.value, Word):
            yield part.value
