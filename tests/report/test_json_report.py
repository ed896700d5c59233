"""JSON report: valid against its schema, with every mark, in degrees."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import jsonschema
import pytest

from sensor_screen.model import (
    AxisOrigin,
    Condition,
    Direction,
    Origin,
    Panel,
    Side,
    SignOrigin,
    Task,
    ZeroMode,
    Zone,
)
from sensor_screen.report.json_report import read_schema, report_to_json
from tests.hand_made import ankle, full_report, leg_measures, repetition, report


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object schema, nested ones too."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


@pytest.mark.parametrize(
    "screened",
    [
        full_report(),
        report([]),
        report([leg_measures([])]),
        report([leg_measures(ankle(squat=[20.0]))]),
        report([leg_measures(ankle(Side.NONE, squat=[20.0]))]),
    ],
    ids=["everything", "no leg", "empty leg", "one leg", "no side"],
)
def test_reports_keep_the_schema(screened: Any) -> None:
    # Through text and back: NaN is not JSON and must not be written.
    content = json.loads(json.dumps(report_to_json(screened), allow_nan=False))
    jsonschema.Draft202012Validator(read_schema()).validate(content)


def test_the_schema_is_sound_and_describes_every_field() -> None:
    schema = read_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in objects(schema):
        for name, field in part["properties"].items():
            assert field.get("description"), name
        assert part["additionalProperties"] is False


def test_the_schema_refuses_what_it_does_not_know() -> None:
    content = report_to_json(full_report())
    for broken in ({**content, "score": 7}, {**content, "disclaimer": ""}, {"schema": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(read_schema()).validate(broken)


def test_every_sentence_of_the_report_survives() -> None:
    screened = full_report()
    content = report_to_json(screened)
    assert content["origin"] == "simulated"
    assert content["marks"] == list(screened.marks)
    assert content["missing"] == list(screened.missing)
    assert content["disclaimer"] == screened.disclaimer
    assert content["care_pathway"] == list(screened.care_pathway)
    assert [leg["missing"] for leg in content["legs"]] == [list(x.missing) for x in screened.legs]
    assert [f["sentence"] for f in content["findings"]] == [f.sentence for f in screened.findings]
    assert [a["source"] for a in content["advice"]] == [a.source for a in screened.advice]


def test_figures_are_degrees_and_positive_in_their_own_direction() -> None:
    reps = [*ankle(squat=[30.0]), repetition(Task.KICK, point_deg=48.0, reason="run-up")]
    (leg,) = report_to_json(report([leg_measures(reps)]))["legs"]
    assert leg["capacities"][0]["value_deg"] == 40.0
    assert leg["demands"][0]["ratio"] == 0.75
    kick = leg["repetitions"][-1]
    assert kick["peak_plantarflexion_deg"] == 48.0
    assert (kick["counted"], kick["reason"]) == (False, "run-up")


def test_what_is_not_known_is_null() -> None:
    (leg,) = report_to_json(report([leg_measures(ankle(bend_deg=None, squat=[30.0]))]))["legs"]
    assert leg["angle"] is None
    assert leg["demands"][0]["ratio"] is None


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (("$defs", "finding", "properties", "zone"), Zone),
        (("$defs", "finding", "properties", "panel"), Panel),
        (("$defs", "finding", "properties", "task"), Task),
        (("$defs", "finding", "properties", "side"), Side),
        (("$defs", "demand", "properties", "direction"), Direction),
        (("$defs", "calibration", "properties", "axis_origin"), AxisOrigin),
        (("$defs", "calibration", "properties", "sign_origin"), SignOrigin),
        (("$defs", "calibration", "properties", "zero_mode"), ZeroMode),
        (("properties", "origin"), Origin),
        (("$defs", "condition"), Condition),
    ],
)
def test_the_schema_knows_every_word_of_the_model(
    where: tuple[str, ...], words: type[StrEnum]
) -> None:
    field = read_schema()
    for key in where:
        field = field[key]
    assert set(field["enum"]) == {word.value for word in words}
