"""The code systems: ours, and the few foreign codes that fit. One table, so it can be exchanged.

No published code for ankle range of motion in degrees by direction and side could be confirmed, so
the measures are coded by a system of our own. Its address is a placeholder until it has a home.
"""

from __future__ import annotations

from sensor_screen.model import Condition, Direction, Side
from sensor_screen.report.fhir.content import Word

MEASURES = "urn:sensor-screen:ankle-measures"
POSITIONS = "urn:sensor-screen:positions"
INTAKE = "urn:sensor-screen:intake"
PERSON = "urn:sensor-screen:person"
QUESTIONNAIRE = "urn:sensor-screen:questionnaire:intake"
UCUM = "http://unitsofmeasure.org"
_SNOMED = "http://snomed.info/sct"
_HL7 = "http://terminology.hl7.org/CodeSystem"
CATEGORY = f"{_HL7}/observation-category"
ABSENT = f"{_HL7}/data-absent-reason"
UNKNOWN = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
"""Address of the extension that stands where a plain value is not known."""
_INTERPRETATION = f"{_HL7}/v3-ObservationInterpretation"

SIMULATED = Word(f"{_HL7}/v3-ActReason", "HTEST", "test health data")
"""Tag of every resource that no person stands behind."""

BETTER = Word(_INTERPRETATION, "B", "Better")
WORSE = Word(_INTERPRETATION, "W", "Worse")
LOW = Word(_INTERPRETATION, "L", "Low")
HIGH = Word(_INTERPRETATION, "H", "High")

SITES = {
    Side.LEFT: Word(_SNOMED, "51636004", "Structure of left ankle"),
    Side.RIGHT: Word(_SNOMED, "6685009", "Structure of right ankle"),
    Side.NONE: Word(_SNOMED, "70258002", "Ankle joint structure"),
}

CAPACITIES = {
    (Condition.LUNGE, Direction.DORSIFLEXION): "df-capacity-wb",
    (Condition.SEATED, Direction.DORSIFLEXION): "df-capacity-nwb-active",
    (Condition.PASSIVE, Direction.DORSIFLEXION): "df-capacity-passive",
    (Condition.POINT, Direction.PLANTARFLEXION): "pf-capacity-active",
    (Condition.SEATED, Direction.PLANTARFLEXION): "pf-capacity-nwb-active",
    (Condition.PASSIVE, Direction.PLANTARFLEXION): "pf-capacity-passive",
}
PEAKS = {Direction.DORSIFLEXION: "df-peak", Direction.PLANTARFLEXION: "pf-peak"}

UNITS = {
    "deg": "deg", "deg/s": "deg/s", "rad": "deg", "rad/s": "deg/s", "s": "s", "cm": "cm",
    "mm": "mm", "weeks": "wk", "years": "a", "points": "{score}", "count": "1", "1": "1", "%": "%",
}  # fmt: skip
"""Our units as UCUM writes them; angles in radians are turned into degrees on the way."""
