"""FHIR resources that R4B and R5 write alike; what differs stands in the module of each version."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Quantity, Word

if TYPE_CHECKING:
    from sensor_screen.report.fhir.content import Advised, Asked, Measure, Part, Screen

Json = dict[str, Any]


def resource_id(screen: Screen, name: str) -> str:
    """The same for the same screen; a person keeps theirs from screen to screen."""
    whole = screen.person if name == "patient" else f"{screen.person} {screen.issued} {name}"
    return str(uuid5(NAMESPACE_URL, f"{codes.PERSON}:{whole} {name}"))


def refer(screen: Screen, name: str) -> Json:
    """A reference to another resource of the bundle."""
    return {"reference": f"urn:uuid:{resource_id(screen, name)}"}


def start(screen: Screen, kind: str, name: str, *, spoken: bool = False) -> Json:
    """Type, id, tag of what is simulated, and language of what holds sentences."""
    resource: Json = {"resourceType": kind, "id": resource_id(screen, name)}
    if screen.simulated:
        resource["meta"] = {"tag": [coding(codes.SIMULATED)]}
    if spoken:
        resource["language"] = screen.language
    return resource


def coding(word: Word) -> Json:
    """A code with what it means."""
    return {"system": word.system, "code": word.code, "display": word.display}


def concept(*words: Word, text: str = "") -> Json:
    """A codeable concept; people read its text, or the display of the coding that says the same."""
    made: Json = {"coding": [coding(word) for word in words]} if words else {}
    return {**made, "text": text} if text else made


def quantity(value: Quantity) -> Json:
    """A figure in UCUM."""
    made: Json = {"value": value.value}
    if value.at_least:
        made["comparator"] = ">="
    return {**made, "unit": value.unit, "system": codes.UCUM, "code": value.unit}


def patient(screen: Screen) -> Json:
    """A pseudonym and nothing else."""
    identifier = [{"system": codes.PERSON, "value": screen.person}]
    return {**start(screen, "Patient", "patient"), "identifier": identifier}


def observation(screen: Screen, measure: Measure) -> Json:
    """One measure with its error, limits and notes."""
    made = start(screen, "Observation", measure.name, spoken=True)
    category = Word(codes.CATEGORY, screen.category, screen.category.capitalize())
    made |= {
        "status": "preliminary",
        "category": [concept(category)],
        "code": concept(measure.code),
        "subject": refer(screen, "patient"),
        "issued": screen.issued,
        "bodySite": concept(codes.SITES[measure.side]),
        "device": refer(screen, "software"),
    }
    made |= _effective(screen)
    if measure.value is None:
        made["dataAbsentReason"] = _absent()
    else:
        made["valueQuantity"] = quantity(measure.value)
    judged = measure.judged
    if judged.words or judged.said:
        made["interpretation"] = [concept(*judged.words, text=judged.said)]
    if measure.method:
        made["method"] = {"text": measure.method}
    if judged.reference:
        made["referenceRange"] = [{"text": judged.reference}]
    if measure.parts:
        made["component"] = [_component(part) for part in measure.parts]
    # What could not be measured stands in an observation of its own, and in the report.
    notes = dict.fromkeys([*measure.notes, *screen.marks, *screen.disclaimer])
    made["note"] = [{"text": note} for note in notes]
    return made


def _effective(screen: Screen) -> Json:
    """The day of the session, or that it is not known, as FHIR says so."""
    if screen.date:
        return {"effectiveDateTime": screen.date}
    return {"_effectiveDateTime": {"extension": [{"url": codes.UNKNOWN, "valueCode": "unknown"}]}}


def _absent() -> Json:
    return concept(Word(codes.ABSENT, "unknown", "Unknown"))


def _component(part: Part) -> Json:
    made: Json = {"code": concept(part.code)}
    if part.value is None:
        return {**made, "dataAbsentReason": _absent()}
    if isinstance(part.value, Word):
        return {**made, "valueCodeableConcept": concept(part.value)}
    return {**made, "valueQuantity": quantity(part.value)}


def report(screen: Screen) -> Json:
    """The whole screen: preliminary, for no clinician has signed it."""
    made = start(screen, "DiagnosticReport", "report", spoken=True)
    made |= {
        "text": {"status": "generated", "div": _narrative(screen)},
        "status": "preliminary",
        "code": concept(Word(codes.MEASURES, "movement-check", screen.title)),
        "subject": refer(screen, "patient"),
        "issued": screen.issued,
    }
    made |= _effective(screen)
    if screen.measures:
        made["result"] = [refer(screen, measure.name) for measure in screen.measures]
    if screen.conclusion:
        made["conclusion"] = screen.conclusion
    return made


def _narrative(screen: Screen) -> str:
    """What a reader must know, as the markup that FHIR asks for."""
    changes = [m.notes[0] for m in screen.measures if m.code.code.startswith("change-")]
    said = (
        *(screen.title, screen.source, screen.when, *screen.marks, screen.conclusion),
        *(*(advised.said for advised in screen.advice), *changes),
        *(*screen.missing, *screen.disclaimer),
    )
    inside = "".join(f"<p>{escape(text)}</p>" for text in said if text)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'


def task(screen: Screen, advised: Advised) -> Json:
    """One thing to do: a proposal that nobody has signed."""
    made = start(screen, "Task", advised.name, spoken=True)
    return made | {
        "status": "draft",
        "intent": "proposal",
        "code": {"text": advised.heading},
        "description": advised.said,
        "for": refer(screen, "patient"),
        "authoredOn": screen.issued,
        "note": [{"text": text} for text in advised.why if text],
    }


def care_plan(screen: Screen, planned: str) -> Json:
    """All advice together; `planned` is the field that names an activity."""
    made = start(screen, "CarePlan", "plan", spoken=True)
    notes = dict.fromkeys([*screen.marks, *screen.disclaimer])
    return made | {
        "status": "draft",
        "intent": "proposal",
        "title": screen.advice[0].heading,
        "subject": refer(screen, "patient"),
        "created": screen.issued,
        "supportingInfo": [refer(screen, "report")],
        "activity": [{planned: refer(screen, advised.name)} for advised in screen.advice],
        "note": [{"text": note} for note in notes],
    }


def responses(screen: Screen) -> Json:
    """The answers as they were given."""
    made = start(screen, "QuestionnaireResponse", "answers", spoken=True)
    made |= {
        "questionnaire": f"{codes.QUESTIONNAIRE}|1",
        "status": "completed",
        "subject": refer(screen, "patient"),
        "authored": screen.date or screen.issued,
        "source": refer(screen, "patient"),
        "item": [
            {
                "linkId": asked.link,
                "text": asked.text,
                "answer": [_answer(asked, value) for value in asked.answers],
            }
            for asked in screen.answers
        ],
    }
    return made


def _answer(asked: Asked, value: bool | str | Quantity | Word) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, Quantity):
        return {"valueQuantity": quantity(value)}
    if isinstance(value, Word):
        return {"valueCoding": coding(value)}
    return {"valueDate" if asked.is_date else "valueString": value}


def provenance(screen: Screen) -> Json:
    """By which software, from which sensors and which source the report was made."""
    made = start(screen, "Provenance", "provenance")
    sources: list[Json] = [
        {"role": "source", "what": {**refer(screen, name), "display": display}}
        for name, display in sensor_names(screen)
    ]
    if screen.source:
        sources.append({"role": "source", "what": {"display": screen.source}})
    made |= {
        "target": [refer(screen, "report")],
        "recorded": screen.issued,
        "agent": [{"who": refer(screen, "software")}],
    }
    if screen.date:
        made["occurredDateTime"] = screen.date
    return {**made, "entity": sources} if sources else made


def sensor_names(screen: Screen) -> list[tuple[str, str]]:
    """Name and display of each sensor."""
    return [(f"sensor-{s.placement}-{s.side}", s.display) for s in screen.sensors]


def code_system(screen: Screen) -> Json:
    """What our codes of this bundle mean, so that it explains itself."""
    made = start(screen, "CodeSystem", "codes", spoken=True)
    made |= {
        "url": codes.MEASURES,
        "version": screen.software,
        "status": "draft",
        "caseSensitive": True,
        "content": "fragment",
        "concept": [
            {"code": code, "display": said}
            for code, said in {"movement-check": screen.title, **screen.codes}.items()
        ],
    }
    return made


def bundle(screen: Screen, devices: list[Json], planned: str) -> Json:
    """All resources in one collection, each under the address by which the others name it.

    Args:
        screen: What is to be said.
        devices: Software and sensors.
        planned: The field that names an activity of a care plan.
    """
    parts = [patient(screen), *devices]
    parts += [observation(screen, measure) for measure in screen.measures]
    if screen.answers:
        parts.append(responses(screen))
    parts += [report(screen), provenance(screen)]
    if screen.advice:
        parts += [care_plan(screen, planned), *(task(screen, one) for one in screen.advice)]
    parts.append(code_system(screen))
    return {
        **start(screen, "Bundle", "bundle"),
        "type": "collection",
        "timestamp": screen.issued,
        "entry": [{"fullUrl": f"urn:uuid:{part['id']}", "resource": part} for part in parts],
    }
