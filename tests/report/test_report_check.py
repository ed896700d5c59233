"""A report read back: its schema by name and number, and every part of it."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sensor_screen.errors import ReportError
from sensor_screen.judgement import Claims
from sensor_screen.report.json_report import SCHEMA_VERSION, read_schema, report_to_json
from sensor_screen.report.report_check import check_kept_report, check_report
from tests.hand_made import ankle, filled_report, leg_measures, report

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
VALIDATOR = jsonschema.Draft202012Validator(read_schema())
KNOWN_KEYWORDS = {
    "$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "const", "description",
    "else", "enum", "if", "items", "maxItems", "minItems", "minLength", "minimum", "not",
    "pattern", "properties", "required", "then", "title", "type",
}  # fmt: skip


def written(claims: Claims = Claims.CLINICIAN) -> Json:
    content: Json = json.loads(json.dumps(report_to_json(filled_report(claims))))
    return content


@pytest.mark.parametrize("claims", Claims)
@pytest.mark.parametrize("flagged", [False, True])
def test_our_own_reports_are_sound(claims: Claims, flagged: bool) -> None:
    content = json.loads(json.dumps(report_to_json(filled_report(claims, flagged=flagged))))
    assert check_report(content, "anna.json") == content


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"schema": "screening-report-3"}, "anna.json: it is a screening-report-3, newer than the "
         "screening-report-2 known here; update sensor-screen."),
        ({"schema": "screening-report-1"}, "older than the screening-report-2 read here"),
        ({"schema": "screening-report-99999999"}, "it is no screening report"),
        ({"schema": "shopping-list-2"}, "it is no screening report (`shopping-list-2`)"),
        ({"schema": None}, "it names no schema"),
        ({"schema": {"a": 1}}, "it names no schema"),
        ({"schema_version": "3.0.0"}, "its schema_version `3.0.0` is none of screening-report-2"),
        ({"schema_version": 2.0}, "its schema_version `2.0` is none of"),
        ({"schema_version": None}, "its schema_version `None` is none of"),
        ({"claims": "marketing"}, "anna.json, claims: `marketing` is not known here"),
        ({"marks": "none"}, "anna.json, marks: `none` is no array"),
        ({"disclaimer": []}, "anna.json, disclaimer: it has 0 entries"),
        ({"recorded_on": "yesterday"}, "recorded_on: `yesterday` is not written as it should be"),
        ({"score": 7}, "anna.json: `score` is not known here"),
        ({"claims": "wellness"}, "anna.json, judgement: "),
    ],
)  # fmt: skip
def test_another_schema_or_a_broken_part_is_named(changed: Json, words: str) -> None:
    with pytest.raises(ReportError) as error:
        check_report({**written(), **changed}, "anna.json")
    assert words in str(error.value)
    assert len(str(error.value)) < 250


def test_what_stands_deep_inside_is_named_by_its_place() -> None:
    content = written()
    content["judgement"]["findings"][0]["ratio"] = "much"
    with pytest.raises(ReportError, match=r"judgement\.findings\[0\]\.ratio: `much` is no number"):
        check_report(content, "anna.json")
    del content["judgement"]["findings"][0]["ratio"]
    with pytest.raises(ReportError, match=r"judgement\.findings\[0\]: ratio is missing"):
        check_report(content, "anna.json")


def test_hostile_words_are_shown_harmless_and_short() -> None:
    with pytest.raises(ReportError) as error:
        check_report({**written(), "claims": "\x1b[31m\u202e" + "x" * 9000}, "anna.json")
    assert "\x1b" not in str(error.value)
    assert "\u202e" not in str(error.value)
    assert len(str(error.value)) < 200


def test_a_report_of_the_next_minor_version_may_hold_more() -> None:
    major, minor, _ = SCHEMA_VERSION.split(".")
    newer = {**written(), "schema_version": f"{major}.{int(minor) + 1}.0", "mood": "good"}
    newer["judgement"]["findings"][0]["colour"] = "blue"
    assert check_report(newer, "anna.json")["mood"] == "good"
    newer["judgement"]["findings"][0]["ratio"] = None
    with pytest.raises(ReportError, match="ratio"):
        check_report(newer, "anna.json")


def test_a_report_of_the_first_minor_version_is_still_read() -> None:
    older = {**written(), "schema_version": "2.0.0"}
    del older["recorded_on"]
    assert check_report(older, "anna.json")


def keywords(schema: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for word, part in schema.items():
        yield word
        inside = part.values() if word in ("properties", "$defs") else [part]
        for one in part if word == "anyOf" else inside:
            yield from keywords(one)


def test_the_schema_uses_no_keyword_that_the_check_does_not_know() -> None:
    assert set(keywords(read_schema())) <= KNOWN_KEYWORDS


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every part once a kind: the first entry stands for all of a list."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) \
        if isinstance(value, list) else ()  # fmt: skip
    for name, part in inside:
        yield from places(part, (*path, name))


WRONG = (None, "x", "", -1, 0.5, True, [], {}, "green", [["x"]])


def test_it_says_what_an_independent_validator_says() -> None:
    leg = leg_measures(ankle(squat=[20.0, 30.0], kick=[40.0]))
    content = json.loads(json.dumps(report_to_json(report([leg]))))
    every = [p for p in places(content) if p[0] not in ("schema", "schema_version")]
    assert len(every) > 150
    chosen = random.Random(7)  # noqa: S311
    verdicts = []
    for _ in range(120):
        broken = copy.deepcopy(content)
        *way, last = chosen.choice(every)
        inside = broken
        for name in way:
            inside = inside[name]
        if chosen.random() < 0.2 and isinstance(inside, dict):
            del inside[last]
        else:
            inside[last] = chosen.choice(WRONG)
        try:
            check_report(broken, "anna.json")
            verdict = True
        except ReportError:
            verdict = False
        assert verdict == VALIDATOR.is_valid(broken), (way, last)
        verdicts.append(verdict)
    assert 0.05 < sum(verdicts) / len(verdicts) < 0.6


def test_a_kept_report_of_another_version_is_checked_in_full() -> None:
    content = written()
    assert check_kept_report(content, "kept") == content
    del content["legs"]
    assert check_kept_report(content, "kept") == content  # its bytes are known to be ours
    for version in ("2.0.0", "2.99.0", "odd"):
        with pytest.raises(ReportError):
            check_kept_report({**content, "schema_version": version}, "kept")
