"""JSON report: valid against its schema for everybody, with every mark, in degrees."""

import dataclasses
import json
import math
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import jsonschema
import pytest

from sensor_screen.judgement import (
    Claims,
    ConcernLevel,
    Language,
    Level,
    Panel,
    Pattern,
    Readiness,
    ScreeningReport,
    Urgency,
    Verdict,
    Zone,
)
from sensor_screen.model import (
    AxisOrigin,
    Condition,
    Direction,
    KickDetail,
    Origin,
    Side,
    SignOrigin,
    Stance,
    StanceRole,
    Task,
    ZeroMode,
)
from sensor_screen.report.json_report import read_schema, report_to_json
from sensor_screen.report.terminal import render_terminal
from sensor_screen.rules.voice import Voice
from tests.hand_made import (
    ankle,
    filled_report,
    full_report,
    leg_measures,
    repetition,
    report,
)

VOICE = Voice(Language.ENGLISH)
VALIDATOR = jsonschema.Draft202012Validator(read_schema())


def through_text(screened: ScreeningReport) -> Any:
    """The content as a reader gets it: NaN is not JSON and must not be written."""
    return json.loads(json.dumps(report_to_json(screened), allow_nan=False))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object schema, nested ones too, but conditions, which only refer to others."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for name, part in schema.items():
            if name not in ("if", "then", "else"):
                yield from objects(part)


@pytest.mark.parametrize(
    "screened",
    [
        full_report(),
        filled_report(),
        report([]),
        report([leg_measures([])]),
        report([leg_measures(ankle(squat=[20.0]))]),
        report([leg_measures(ankle(Side.NONE, squat=[20.0]))]),
    ],
    ids=["measures", "everything", "no leg", "empty leg", "one leg", "no side"],
)
@pytest.mark.parametrize("claims", Claims)
def test_reports_keep_the_schema(screened: ScreeningReport, claims: Claims) -> None:
    content = through_text(dataclasses.replace(screened, claims=claims))
    VALIDATOR.validate(content)


@pytest.mark.parametrize("claims", Claims)
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flagged", [False, True])
def test_filled_reports_keep_the_schema(claims: Claims, language: Language, flagged: bool) -> None:
    content = through_text(filled_report(claims, language, flagged=flagged))
    VALIDATOR.validate(content)
    assert (content["claims"], content["language"]) == (claims.value, language.value)


@pytest.mark.parametrize("block", ["findings", "results", "concerns", "pathway", "readiness"])
def test_the_schema_refuses_a_withheld_block_in_wellness_mode(block: str) -> None:
    content = through_text(filled_report(Claims.WELLNESS))
    everything = through_text(filled_report())
    content["judgement"][block] = everything["judgement"][block]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(content)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**everything, "claims": "wellness"})


def test_a_red_flag_leaves_no_position_and_no_rule() -> None:
    judgement = through_text(filled_report(flagged=True))["judgement"]
    assert [flag["id"] for flag in judgement["red_flags"]] == ["hot_joint", "chest_or_breath"]
    assert (judgement["findings"], judgement["results"]) == ([], [])
    broken = through_text(filled_report(flagged=True))
    broken["judgement"]["findings"] = through_text(filled_report())["judgement"]["findings"]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(broken)


def test_keys_are_the_same_in_every_language_and_texts_are_not() -> None:
    english, german = (through_text(filled_report(language=one))["judgement"] for one in Language)
    finding, befund = english["findings"][0], german["findings"][0]
    assert finding["said"]["key"] == befund["said"]["key"]
    assert finding["said"]["text"] != befund["said"]["text"]
    assert english["changes"][0]["now"] == german["changes"][0]["now"]


def test_figures_of_rules_and_changes_have_their_unit() -> None:
    judgement = through_text(filled_report())["judgement"]
    (difference,) = [r for r in judgement["results"] if r["rule"] == "L2"]
    assert (difference["value"], difference["error_95"], difference["unit"]) == (31.0, 3.0, "deg")
    assert (difference["amber"], difference["red"]) == (">= 5", "> 10")
    (answer,) = [r for r in judgement["results"] if r["rule"] == "I1"]
    assert answer["error_95"] is None
    change = judgement["changes"][0]
    assert (change["now"], change["before"], change["smallest"]) == (34.0, 28.0, 4.5)
    assert "28° at first, 34° now" in change["text"]


def test_research_says_first_that_it_is_not_for_care() -> None:
    content = through_text(filled_report(Claims.RESEARCH))
    assert content["marks"][0] == "For research only: not for care."
    assert content["judgement"] == through_text(filled_report())["judgement"]


def test_a_kick_keeps_the_schema_and_what_is_not_known_is_null() -> None:
    nan = float("nan")
    detail = KickDetail(
        found=True,
        back_swing_start_s=1.0,
        swing_start_s=1.3,
        impact_s=1.42,
        impact_sigma_s=0.007,
        struck=True,
        peak_shank_rate_radps=math.radians(1300.0),
        peak_foot_rate_radps=nan,
        strength_radps=300.0,
        plantarflexion_before_impact_rad=math.radians(-38.0),
        plantarflexion_before_impact_sigma_rad=math.radians(2.0),
        largest_plantarflexion_rad=math.radians(-45.0),
        largest_plantarflexion_sigma_rad=math.radians(1.5),
        excursion_rad=math.radians(50.0),
        rise_after_impact_rad=nan,
        rise_note="too slow",
        angle_note="",
        clipped=False,
        clipping_note="",
        sampling_note="100 Hz",
    )
    kick = dataclasses.replace(repetition(Task.KICK, point_deg=45.0), kick=detail)
    content = report_to_json(report([leg_measures([kick])]))
    VALIDATOR.validate(content)
    (written,) = content["legs"][0]["repetitions"]
    assert written["kick"]["plantarflexion_before_impact_deg"] == 38.0
    assert written["kick"]["peak_foot_rate_degps"] is None
    assert written["kick"]["rise_after_impact_deg"] is None
    assert "point just before the ball: 38" in render_terminal(
        report([leg_measures([kick])]), width=80, colour=False, ascii_only=False
    )


def test_the_schema_is_sound_and_describes_every_field() -> None:
    schema = read_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in objects(schema):
        for name, field in part["properties"].items():
            assert field.get("description"), name
        assert part["additionalProperties"] is False


def test_the_schema_refuses_what_it_does_not_know() -> None:
    content = report_to_json(full_report())
    for broken in ({**content, "score": 7}, {**content, "disclaimer": [""]}, {"schema": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(broken)


def test_every_sentence_of_the_report_survives() -> None:
    screened = filled_report()
    content = report_to_json(screened)
    assert content["origin"] == "simulated"
    assert content["marks"] == list(screened.marks)
    assert content["missing"] == list(screened.missing)
    assert content["disclaimer"] == [VOICE.text("disclaimer.clinician")]
    assert [leg["missing"] for leg in content["legs"]] == [list(x.missing) for x in screened.legs]
    blocks = ("red_flags", "findings", "results", "patterns", "concerns", "changes", "advice",
              "pathway", "readiness", "cards")  # fmt: skip
    for block in blocks:
        nouns = getattr(screened.judgement, block)
        assert len(content["judgement"][block]) == len(nouns)
        if nouns and hasattr(nouns[0], "statement"):
            said = [None if n.statement is None else VOICE.say(n.statement) for n in nouns]
            written = [part["said"] for part in content["judgement"][block]]
            assert [part and part["text"] for part in written] == said


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


def test_every_figure_of_a_stance_is_there_with_its_unit_and_error() -> None:
    raised, (stance,) = (leg["sway"] for leg in report_to_json(full_report())["legs"])
    assert stance["shank_total_rms_deg"] == pytest.approx(0.779, abs=1e-3)
    assert stance["shank_total_rms_sigma_deg"] == pytest.approx(0.086, abs=1e-3)
    assert stance["foot_mediolateral_rms_deg"] is None
    assert stance["lumbar_total_rms_deg"] is None
    assert (stance["touch_downs"], stance["hops"], stance["hold_s"]) == (0, 1, 24.0)
    (acceleration,) = stance["acceleration"]
    assert acceleration["norm"].startswith("No norm for this placement")
    # 24 s of 0.1 m/s2 at 2.5 and 4 rad/s; not whole periods, hence 3 %.
    jerk_m2ps5 = 0.25 * 0.01 * (2.5**2 + 4.0**2) * 30.0
    assert acceleration["jerk_30s_m2ps5"] == pytest.approx(jerk_m2ps5, rel=0.03)
    assert acceleration["mediolateral"]["rms_mps2"] == pytest.approx(0.0707, rel=0.03)
    assert (raised[0]["role"], raised[0]["touch_downs"], raised[0]["hops"]) == ("raised", 2, None)


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
        (("$defs", "sway", "properties", "stance"), Stance),
        (("$defs", "sway", "properties", "role"), StanceRole),
        (("$defs", "red_flag", "properties", "urgency"), Urgency),
        (("$defs", "result", "properties", "level"), Level),
        (("$defs", "pattern", "properties", "pattern"), Pattern),
        (("$defs", "change", "properties", "verdict"), Verdict),
        (("$defs", "readiness_item", "properties", "state"), Readiness),
        (("properties", "claims"), Claims),
        (("properties", "language"), Language),
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


def test_the_schema_knows_every_level_of_concern() -> None:
    level = read_schema()["$defs"]["concern"]["properties"]["level"]
    assert set(level["enum"]) == {int(level) for level in ConcernLevel}
