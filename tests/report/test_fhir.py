"""A screen as FHIR: valid in both versions, complete, and no louder than the report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.R4B.bundle import Bundle as BundleR4B

from sensor_screen.judgement import Answers, Claims, Language
from sensor_screen.model import Direction, Origin, Side
from sensor_screen.report.fhir.codes import MEASURES, SITES
from sensor_screen.report.fhir.collect import collect_screen
from sensor_screen.report.fhir.r4b import to_r4b
from sensor_screen.report.fhir.r5 import to_r5
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.voice import Voice
from sensor_screen.wiring import save_fhir
from tests.hand_made import filled_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sensor_screen.judgement import ScreeningReport

Json = dict[str, Any]
WRITERS = {"r4b": (to_r4b, BundleR4B), "r5": (to_r5, BundleR5)}
ISSUED = "2026-11-27T10:00:00+00:00"
HOSTILE = "<script>alert(1)</script>&\"' \u202egnp.exe \x07\x1b[31m" + "x" * 5000
NO_WORDS = ("system", "resourceType", "reference", "fullUrl", "url", "code", "status", "id")
"""Fields whose values are for machines."""
ANSWERS = Answers(
    {
        ("red_flags.hot_joint", Side.NONE): False,
        ("session.date", Side.NONE): "2026-11-20",
        ("person.age_years", Side.NONE): 31.0,
        ("person.sport", Side.NONE): HOSTILE,
        ("goals.activities", Side.NONE): ("football", "hiking"),
        ("symptoms.where", Side.LEFT): ("front", "back_outer"),
        ("symptoms.where", Side.RIGHT): (),
        ("symptoms.gives_way", Side.RIGHT): "never",
        ("pain.squat", Side.LEFT): 3.0,
    }
)


def write(screened: ScreeningReport, version: str = "r4b", person: str = "anna") -> Json:
    writer, library = WRITERS[version]
    bundle = writer(collect_screen(screened, person=person, issued=ISSUED))
    library.model_validate(bundle)
    return json.loads(json.dumps(bundle, allow_nan=False))


def resources(bundle: Json, kind: str) -> list[Json]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


def coded(bundle: Json, code: str) -> list[Json]:
    every = resources(bundle, "Observation")
    return [one for one in every if one["code"]["coding"][0]["code"] == code]


def changes(bundle: Json) -> list[Json]:
    every = resources(bundle, "Observation")
    return [one for one in every if one["code"]["coding"][0]["code"].startswith("change-")]


def part(one: Json, code: str) -> Json:
    return next(p for p in one["component"] if p["code"]["coding"][0]["code"] == code)


def site_of(side: Side) -> str:
    return SITES[side].code


def words(value: Any, field: str = "") -> Iterator[str]:
    """Every text that people read."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from words(inside, name)
    elif isinstance(value, list):
        for inside in value:
            yield from words(inside, field)
    elif isinstance(value, str) and field not in NO_WORDS:
        yield value


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("claims", Claims)
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flagged", [False, True])
def test_every_kind_of_report_is_valid(
    version: str, claims: Claims, language: Language, flagged: bool
) -> None:
    screened = replace(filled_report(claims, language, flagged=flagged), answers=ANSWERS)
    bundle = write(screened, version)
    names = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(names) == len(bundle["entry"])
    said = json.dumps(bundle)
    referred = {part.split('"')[0] for part in said.split('"reference": "')[1:]}
    assert referred <= names
    assert len(said) < 500_000


@pytest.mark.parametrize("version", WRITERS)
def test_figures_are_those_of_the_report_with_their_errors(version: str) -> None:
    screened = filled_report()
    bundle = write(screened, version)
    for leg in screened.legs:
        for demand in leg.demands:
            code = "df-peak" if demand.direction is Direction.DORSIFLEXION else "pf-peak"
            (one,) = [
                o for o in coded(bundle, code)
                if o["bodySite"]["coding"][0]["code"] == site_of(leg.side)
                and part(o, "task")["valueCodeableConcept"]["coding"][0]["code"]
                == f"task-{demand.task}"
            ]  # fmt: skip
            degrees = math.degrees(demand.typical_rad)
            assert one["valueQuantity"]["value"] == pytest.approx(degrees, abs=0.006)
            assert one["valueQuantity"]["code"] == "deg"
            error = part(one, "error-95")["valueQuantity"]["value"]
            assert error == pytest.approx(1.96 * math.degrees(demand.sigma_rad), abs=0.006)
        ends = [o for o in coded(bundle, "df-capacity-wb")
                if o["bodySite"]["coding"][0]["code"] == site_of(leg.side)]  # fmt: skip
        assert len(ends) == 1
    judged = [d for leg in screened.legs for d in leg.demands if math.isfinite(d.ratio)]
    assert len(coded(bundle, "dcr")) == len(judged) > 4
    (hold,) = coded(bundle, "sls-time")
    assert hold["valueQuantity"] == {
        "value": 24.0, "unit": "s", "system": "http://unitsofmeasure.org", "code": "s"
    }  # fmt: skip
    assert coded(bundle, "time-in-red")


def test_a_side_difference_is_left_minus_right() -> None:
    screened = filled_report()
    (one,) = coded(write(screened), "wblt-side-difference")
    left, right = (part(one, side)["valueQuantity"]["value"] for side in ("left", "right"))
    assert one["valueQuantity"]["value"] == pytest.approx(left - right, abs=0.011)
    assert one["note"][0]["text"] == "Left minus right."


def test_positions_carry_their_limits_as_defaults() -> None:
    ratios = coded(write(filled_report()), "dcr")
    for one in ratios:
        text = one["referenceRange"][0]["text"]
        assert "not a clinical cut-off" in text or "No zones" in text
        assert one["interpretation"][0]["text"]
    high = [o for o in ratios for c in o["interpretation"][0]["coding"] if c["code"] == "H"]
    assert high


@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.WELLNESS])
def test_a_red_flag_leaves_nothing_judged(claims: Claims) -> None:
    bundle = write(filled_report(claims, flagged=True))
    every = resources(bundle, "Observation")
    assert not [o for o in every if "interpretation" in o or "referenceRange" in o]
    assert not coded(bundle, "dcr")
    assert not coded(bundle, "time-in-red")
    assert bool(every) == (claims is Claims.CLINICIAN)
    (report,) = resources(bundle, "DiagnosticReport")
    assert report["conclusion"]
    assert report["status"] == "preliminary"


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("language", Language)
def test_wellness_says_no_withheld_word(version: str, flagged: bool, language: Language) -> None:
    screened = replace(filled_report(Claims.WELLNESS, language, flagged=flagged), answers=ANSWERS)
    bundle = write(screened, version)
    emergency = Voice(language).text("wellness.emergency")
    said = list(words(bundle))
    assert any(emergency in text for text in said)
    rest = [text.replace(emergency, "") for text in said if text != "sensor-screen"]
    found = [(t, m[0]) for t in rest for spoken in {Language.ENGLISH, language}
             if (m := read_withheld_words(spoken).search(t))]  # fmt: skip
    assert not found
    assert not resources(bundle, "QuestionnaireResponse")
    assert not [o for o in resources(bundle, "Observation") if "interpretation" in o]


@pytest.mark.parametrize("version", WRITERS)
def test_marks_and_what_is_missing_survive(version: str) -> None:
    screened = replace(filled_report(), marks=("Simulated: nobody.", "Mark <two> & more."))
    bundle = write(screened, version)
    (report,) = resources(bundle, "DiagnosticReport")
    for one in resources(bundle, "Observation"):
        notes = [note["text"] for note in one["note"]]
        assert set(screened.marks) <= set(notes)
        assert any("not a diagnosis" in note for note in notes)
    missing = {*screened.missing, *(text for leg in screened.legs for text in leg.missing)}
    absent = coded(bundle, "not-measured")
    assert {one["note"][0]["text"] for one in absent} == missing
    assert all("valueQuantity" not in one and one["dataAbsentReason"] for one in absent)
    assert all(text.split(":")[0] in report["text"]["div"] for text in missing)
    assert "Mark &lt;two&gt; &amp; more." in report["text"]["div"]


def test_what_is_simulated_is_tagged_everywhere() -> None:
    screened = filled_report()
    assert screened.origin is Origin.SIMULATED
    for bundle in (write(screened), write(replace(screened, origin=Origin.MEASURED))):
        tags = [r["resource"].get("meta", {}).get("tag") for r in bundle["entry"]]
        simulated = bundle.get("meta") is not None
        assert all(bool(tag) == simulated for tag in tags)
    assert write(screened)["meta"]["tag"][0]["code"] == "HTEST"


@pytest.mark.parametrize("version", WRITERS)
def test_answers_are_coded_and_hostile_text_is_harmless(version: str) -> None:
    screened = replace(filled_report(), answers=ANSWERS, source=HOSTILE, marks=(HOSTILE,))
    bundle = write(screened, version)
    (response,) = resources(bundle, "QuestionnaireResponse")
    items = {item["linkId"]: item["answer"] for item in response["item"]}
    assert len(items) == len(ANSWERS.values)
    assert items["red_flags.hot_joint"] == [{"valueBoolean": False}]
    assert items["session.date"] == [{"valueDate": "2026-11-20"}]
    assert items["pain.squat/left"][0]["valueQuantity"]["value"] == 3.0
    assert [a["valueCoding"]["display"] for a in items["symptoms.where/left"]] == [
        "front, in the middle", "back, outer side"
    ]  # fmt: skip
    assert items["symptoms.where/right"][0]["valueCoding"]["code"] == "symptoms.where.none"
    (sport,) = items["person.sport"]
    assert sport["valueString"].startswith("<script>alert(1)</script>")
    text = json.dumps(bundle, ensure_ascii=False)
    assert not {"\u202e", "\x07", "\x1b"} & set(text)
    (report,) = resources(bundle, "DiagnosticReport")
    assert "<script" not in report["text"]["div"]


def test_ids_are_the_persons_and_the_screens() -> None:
    one, again, other = (write(filled_report(), person=p) for p in ("anna", "anna", "ben"))
    assert one == again
    ids = [{e["fullUrl"] for e in bundle["entry"]} for bundle in (one, other)]
    assert not ids[0] & ids[1]


def test_every_own_code_is_explained_in_the_bundle() -> None:
    bundle = write(filled_report())
    (system,) = resources(bundle, "CodeSystem")
    explained = {concept["code"] for concept in system["concept"]}
    said = json.dumps(resources(bundle, "Observation"))
    used = {p.split('"')[0] for p in said.split(f'"system": "{MEASURES}", "code": "')[1:]}
    assert used
    assert used <= explained


def test_a_new_person_gets_a_new_pseudonym(tmp_path: Path) -> None:
    found = set()
    for name in ("a.json", "b.json"):
        save_fhir(filled_report(), tmp_path / name, version="r5")
        bundle = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        BundleR5.model_validate(bundle)
        (patient,) = resources(bundle, "Patient")
        found.add(patient["identifier"][0]["value"])
    assert len(found) == 2


@pytest.mark.parametrize("version", WRITERS)
def test_sway_figures_have_errors_and_no_norm(version: str) -> None:
    screened = filled_report()
    bundle = write(screened, version)
    (stance,) = screened.legs[1].sway
    (shank,) = coded(bundle, "sway-tilt-shank")
    tilt = stance.tilt[0]
    assert shank["valueQuantity"]["value"] == pytest.approx(math.degrees(tilt.total_rms_rad), 1e-2)
    for code, sigma_rad in (
        ("error-95", tilt.total_sigma_rad),
        ("mediolateral-error-95", tilt.mediolateral_sigma_rad),
    ):
        error = part(shank, code)["valueQuantity"]["value"]
        assert error == pytest.approx(1.96 * math.degrees(sigma_rad), abs=6e-4)
    (foot,) = coded(bundle, "sway-tilt-foot")
    assert "dataAbsentReason" in part(foot, "mediolateral")
    (acceleration,) = coded(bundle, "sway-acceleration-shank")
    measured = stance.acceleration[0]
    assert acceleration["valueQuantity"]["value"] == pytest.approx(measured.rms_mps2, 1e-3)
    jerk = part(acceleration, "sway-jerk-error-95")["valueQuantity"]
    assert jerk["value"] == pytest.approx(1.96 * measured.jerk_sigma_m2ps5, 1e-3)
    assert jerk["code"] == "m2/s5"
    for one in (shank, foot, acceleration):
        assert any("No norm for this placement" in note["text"] for note in one["note"])
        feet = part(one, "feet")["valueCodeableConcept"]["coding"][0]["code"]
        assert feet == "feet-one-leg"


@pytest.mark.parametrize("version", WRITERS)
def test_changes_stand_beside_the_smallest_that_can_be_told(version: str) -> None:
    screened = filled_report()
    found = changes(write(screened, version))
    assert len(found) == len(screened.judgement.changes) == 4
    for one, change in zip(found, screened.judgement.changes, strict=True):
        assert one["valueQuantity"]["value"] == pytest.approx(change.difference)
        assert part(one, "smallest-change")["valueQuantity"]["value"] == change.smallest
        assert part(one, "before")["valueQuantity"]["value"] == change.before
    codings = [[c["code"] for c in one["interpretation"][0].get("coding", [])] for one in found]
    assert codings == [["B"], [], [], ["W"]]
    assert not changes(write(filled_report(flagged=True), version))
    gentle = changes(write(filled_report(Claims.WELLNESS), version))
    assert gentle
    assert all("interpretation" not in one for one in gentle)


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.WELLNESS])
def test_advice_is_a_plan_that_nobody_has_signed(version: str, claims: Claims) -> None:
    screened = filled_report(claims)
    bundle = write(screened, version)
    (plan,) = resources(bundle, "CarePlan")
    tasks = resources(bundle, "Task")
    assert (plan["status"], plan["intent"]) == ("draft", "proposal")
    assert all((one["status"], one["intent"]) == ("draft", "proposal") for one in tasks)
    voice = Voice(Language.ENGLISH)
    said = {" ".join(voice.say(s) for s in a.statements) for a in screened.judgement.advice}
    assert {one["description"] for one in tasks} == said
    field = {"r4b": "reference", "r5": "plannedActivityReference"}[version]
    planned = [activity[field]["reference"] for activity in plan["activity"]]
    assert planned == [f"urn:uuid:{one['id']}" for one in tasks]
    why = [note["text"] for one in tasks for note in one["note"]]
    rests = [text for text in why if text.startswith("Rests on left squat, front")]
    assert bool(rests) == (claims is Claims.CLINICIAN)
    (report,) = resources(bundle, "DiagnosticReport")
    assert all(one["description"].partition(".")[0] in report["text"]["div"] for one in tasks)


def test_a_red_flag_leaves_only_where_to_go() -> None:
    flagged = filled_report(flagged=True)
    assert not resources(write(flagged), "Task")
    care = replace(flagged.judgement.advice[1], id="go", kind="seek_care")
    judgement = replace(flagged.judgement, advice=(*flagged.judgement.advice, care))
    (one,) = resources(write(replace(flagged, judgement=judgement)), "Task")
    assert one["description"] == "Rests on stand on one leg."


def test_one_leg_in_two_recordings_keeps_both() -> None:
    screened = filled_report()
    twice = replace(screened, legs=(*screened.legs, screened.legs[1]))
    bundle = write(twice)
    names = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(names)) == len(names)
    assert len(coded(bundle, "sway-tilt-shank")) == 2


@pytest.mark.parametrize("version", WRITERS)
def test_the_day_is_that_of_the_session_or_not_known(version: str) -> None:
    for day, known in (("2026-11-20", True), ("", False), ("yesterday", False)):
        bundle = write(replace(filled_report(), recorded_on=day), version)
        for kind in ("Observation", "DiagnosticReport"):
            for one in resources(bundle, kind):
                assert one.get("effectiveDateTime", "") == (day if known else "")
                assert ("_effectiveDateTime" in one) != known
