"""From files to advice over HTTP: what is sent, what is kept, what comes back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest

from sensor_screen.api import report_schema
from sensor_screen.model import Side
from sensor_screen.report.json_report import read_schema
from sensor_screen.service.actor import Role
from sensor_screen.storage.recording_file import read_recording
from sensor_screen.storage.samples import find_sample
from tests.api.contract import World, opened_world

OVERLAY = """[book]
schema = "sensor-screen-rules/2"
version = "river-1"
base = "1.0.0"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened_world(tmp_path_factory.mktemp("screens")) as made:
        yield made


@pytest.fixture(scope="module")
def owner(world: World) -> Iterator[httpx.Client]:
    headers = world.headers(Role.OWNER.value)
    with httpx.Client(base_url=f"{world.url}/v1", headers=headers, timeout=120) as client:
        yield client


@pytest.fixture
def session_id(owner: httpx.Client, world: World) -> str:
    """An empty one, of a day of its own."""
    form = {"person_id": world.person_id, "recorded_on": "2026-01-05"}
    return str(owner.post("/sessions", json=form).json()["id"])


@pytest.fixture(scope="module")
def screened(owner: httpx.Client) -> dict[str, Any]:
    """Two sessions of one person, each with a report."""
    made: dict[str, Any] = {}
    for day, name in (("2026-03-02", "anterior-restricted"), ("2026-03-30", "healthy")):
        sent = owner.post(
            "/recordings",
            data={"person": "P-two", "recorded_on": day},
            files={"file": find_sample(name).read_bytes()},
        )
        assert sent.status_code == 201, sent.text
        made[name] = sent.json()
        report = owner.post(f"/sessions/{made[name]['session_id']}/reports")
        assert report.status_code == 201, report.text
        made[f"report of {name}"] = report.json()
    return made


# --- uploads -------------------------------------------------------------------------------------


def sensor_csv(side: Side, placement: str) -> bytes:
    """One sensor of a shipped sample as CSV."""
    recording = read_recording(find_sample("healthy"))
    stream = next(
        s for s in recording.streams if s.info.side is side and s.info.placement == placement
    )
    raw = stream.raw[:3000].astype(float)
    acc, gyr = raw[:, :3] * stream.acc_scale_mps2, raw[:, 3:] * stream.gyr_scale_radps
    table = np.column_stack([stream.device_time_s[:3000], acc, gyr])
    header = "time_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"
    out = io.StringIO()
    np.savetxt(out, table, delimiter=",", header=header, comments="", fmt="%.9g")
    return out.getvalue().encode()


def test_both_legs_as_csv_are_one_recording(owner: httpx.Client, session_id: str) -> None:
    files = {
        f"{side}_{placement}": sensor_csv(side, placement)
        for side in (Side.LEFT, Side.RIGHT)
        for placement in ("shank", "foot")
    }
    tasks = b"start_s,end_s,task\n0,3,stand\n"
    sent = owner.post(
        f"/sessions/{session_id}/recordings",
        data={"format": "csv"},
        files={**files, "tasks": tasks},
    )
    assert sent.status_code == 201, sent.text
    assert (sent.json()["sensors"], sent.json()["samples"]) == (4, 12_000)
    kept = owner.get(f"/recordings/{sent.json()['id']}/file")
    assert kept.status_code == 200
    listed = owner.get(f"/sessions/{session_id}/recordings").json()["items"]
    assert [one["id"] for one in listed] == [sent.json()["id"]]


@pytest.mark.parametrize(
    ("data", "files", "said"),
    [
        ({}, {"file": b"PAR1 and nothing else"}, "cut off, damaged or not a recording"),
        ({}, {"file": b""}, "recording.parquet"),
        ({"format": "mcap"}, {"file": b"nothing"}, "mcap"),
        ({"format": "csv"}, {"file": b"a,b\n1,2\n"}, "does not belong to csv"),
        ({"format": "csv"}, {"tasks": b"start_s,end_s,task\n"}, "nothing to read"),
        ({"format": "csv"}, {"right_shank": b"a,b\n1,2\n"}, "shank.csv"),
        ({"format": "csv"}, {"right_shnak": b"a,b\n1,2\n"}, "right_shnak"),
        ({"format": "sensor-logger"}, {"left_shank": b"PK no zip"}, "shank.zip"),
        ({"format": "odd"}, {"file": b"1"}, "format"),
        ({"recorded_on": "2026-13-45"}, {"file": find_sample("walk").read_bytes()}, "date"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    owner: httpx.Client,
    session_id: str,
    data: dict[str, str],
    files: dict[str, bytes],
    said: str,
) -> None:
    # A name as a stranger would choose it must not reach the answer.
    named = {name: ("../../etc/passwd", value) for name, value in files.items()}
    sent = owner.post(f"/sessions/{session_id}/recordings", data=data, files=named)
    assert sent.status_code == 422, sent.text
    problem = sent.json()
    assert said in problem["detail"]
    assert "passwd" not in sent.text
    assert "/tmp" not in sent.text  # noqa: S108
    assert "\n" not in problem["detail"]


def test_sent_again_it_is_the_same_recording(owner: httpx.Client, session_id: str) -> None:
    place, value = f"/sessions/{session_id}/recordings", find_sample("walk").read_bytes()
    headers = {"Idempotency-Key": f"key of {session_id}"}
    first = owner.post(place, files={"file": value}, headers=headers)
    again = owner.post(place, files={"file": value}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = owner.post(place, files={"file": find_sample("healthy").read_bytes()}, headers=headers)
    assert other.status_code == 409
    without_key = owner.post(place, files={"file": value})
    assert without_key.status_code == 409


def test_a_download_is_sent_once(owner: httpx.Client, screened: dict[str, Any]) -> None:
    place = f"/recordings/{screened['healthy']['id']}/file"
    first = owner.get(place)
    again = owner.get(place, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["Content-Disposition"].startswith('attachment; filename="recording-')


@pytest.mark.parametrize("to", ["csv", "opensim", "motion-bids"])
def test_exports_are_archives(owner: httpx.Client, screened: dict[str, Any], to: str) -> None:
    place = f"/recordings/{screened['healthy']['id']}/exports/{to}"
    made = owner.get(place)
    assert made.status_code == 200, made.text
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) >= 2
    again = owner.get(place, headers={"If-None-Match": made.headers["ETag"]})
    assert again.status_code == 304


# --- reports -------------------------------------------------------------------------------------


def test_positions_are_those_of_the_report(owner: httpx.Client, screened: dict[str, Any]) -> None:
    session = screened["anterior-restricted"]["session_id"]
    report = screened["report of anterior-restricted"]
    told = owner.get(f"/sessions/{session}/positions").json()
    assert told == owner.get(f"/reports/{report['id']}/positions").json()
    jsonschema.validate(told, report_schema.positions())
    whole = owner.get(f"/reports/{report['id']}/report.json").json()
    jsonschema.validate(whole, read_schema())
    jsonschema.validate(whole, report_schema.whole_report())
    prone = {f["id"] for f in whole["judgement"]["findings"] if f["zone"] in ("red", "beyond")}
    assert prone
    assert prone <= {position["id"] for position in told["positions"]}
    assert whole["recorded_on"] == "2026-03-02"
    assert told["report"]["disclaimer"]


def test_the_example_of_positions_is_one(owner: httpx.Client) -> None:
    jsonschema.validate(report_schema.example_positions(), report_schema.positions())
    described = owner.get("/openapi.json").json()
    operation = described["paths"]["/v1/sessions/{session_id}/positions"]["get"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"]


def test_a_comparison_knows_the_session_before(
    owner: httpx.Client, screened: dict[str, Any]
) -> None:
    session = screened["healthy"]["session_id"]
    found = owner.get(f"/sessions/{session}/comparison").json()
    jsonschema.validate(found, report_schema.comparison())
    assert found["earlier_sessions"] == [screened["anterior-restricted"]["session_id"]]
    assert found["changes"]
    assert found["sides"]


def test_progress_lines_up_both_sessions(owner: httpx.Client, screened: dict[str, Any]) -> None:
    session = owner.get(f"/sessions/{screened['healthy']['session_id']}").json()
    found = owner.get(f"/people/{session['person_id']}/progress", params={"language": "de"})
    assert found.status_code == 200, found.text
    told = found.json()
    assert [one["recorded_on"] for one in told["sessions"]] == ["2026-03-02", "2026-03-30"]
    assert all(len(row["values"]) == 2 for row in told["measures"])
    assert {week["week"] for week in told["weeks"]} == {"2026-W10", "2026-W14"}
    knee = next(
        row
        for row in told["measures"]
        if (row["measure"], row["what"], row["side"]) == ("end_range", "lunge", "right")
    )
    # The first person's right ankle ends at 20 degrees, the second's does not.
    assert knee["values"][0]["value"] == pytest.approx(20, abs=2)
    assert knee["values"][1]["value"] > 25
    assert knee["values"][0]["error_95"] > 0


def test_a_report_outlives_its_recording(owner: httpx.Client, session_id: str) -> None:
    value = find_sample("kick-heavy").read_bytes()
    sent = owner.post(f"/sessions/{session_id}/recordings", files={"file": value}).json()
    report = owner.post(f"/sessions/{session_id}/reports").json()
    assert report["removed_recording_ids"] == []
    assert owner.delete(f"/recordings/{sent['id']}").status_code == 204
    assert owner.get(f"/recordings/{sent['id']}/file").status_code == 404
    (after,) = owner.get(f"/sessions/{session_id}/reports").json()["items"]
    assert after["removed_recording_ids"] == [sent["id"]]
    assert owner.get(f"/sessions/{session_id}/positions").status_code == 200
    assert owner.post(f"/sessions/{session_id}/reports").status_code == 404


def test_a_session_goes_with_all_that_is_in_it(
    owner: httpx.Client, session_id: str, world: World
) -> None:
    value = find_sample("walk").read_bytes()
    sent = owner.post(f"/sessions/{session_id}/recordings", files={"file": value}).json()
    owner.post(f"/sessions/{session_id}/reports").raise_for_status()
    assert owner.delete(f"/sessions/{session_id}").status_code == 204
    for place in (f"/sessions/{session_id}", f"/recordings/{sent['id']}"):
        assert owner.get(place).status_code == 404
    assert not [o.key for o in world.services.objects.list() if sent["id"] in o.key]


# --- answers -------------------------------------------------------------------------------------


def test_answers_and_entries_are_one_table(owner: httpx.Client, session_id: str) -> None:
    place = f"/sessions/{session_id}"
    version = owner.get(f"{place}/intake").json()["version"]
    answers = {"symptoms": {"left": {"squat_pain": True, "where": ["front"]}}}
    first = owner.put(f"{place}/intake", json={"version": version, "answers": answers})
    assert first.json()["answers"] == answers
    entries = {"left": {"dorsiflexion_passive_deg": 24.0}}
    form = {"version": first.json()["version"], "entries": entries}
    second = owner.put(f"{place}/entries", json=form)
    assert second.json()["entries"] == entries
    assert owner.get(f"{place}/intake").json()["answers"] == {**answers, "entries": entries}
    assert owner.get(f"{place}/entries").json() == second.json()


def test_two_writers_do_not_overwrite_each_other(owner: httpx.Client, session_id: str) -> None:
    place = f"/sessions/{session_id}/intake"
    version = owner.get(place).json()["version"]
    forms = [
        {"version": version, "answers": {"footwear": {"kind": kind}}} for kind in ("shoe", "boot")
    ]
    assert [owner.put(place, json=form).status_code for form in forms] == [200, 409]
    assert owner.get(place).json()["answers"] == {"footwear": {"kind": "shoe"}}


def test_every_wrong_answer_is_named(owner: httpx.Client, session_id: str) -> None:
    place = f"/sessions/{session_id}/intake"
    form = {
        "version": owner.get(place).json()["version"],
        "answers": {"footwear": {"kind": "sandal", "heel_drop_mm": 900}, "odd": {}},
    }
    refused = owner.put(place, json=form, params={"language": "de"})
    assert refused.status_code == 422
    places = [one["place"] for one in refused.json()["places"]]
    assert places == ["[footwear] kind", "[footwear] heel_drop_mm", "odd"]
    assert "lassen Sie es weg" in refused.text


def test_questions_are_asked_in_a_language(owner: httpx.Client) -> None:
    told = {
        language: owner.get("/intake/questions", params={"language": language}).json()
        for language in ("en", "de")
    }
    for one, other in zip(told["en"]["sections"], told["de"]["sections"], strict=True):
        assert one["id"] == other["id"]
        assert one["title"] != other["title"]
    described = owner.get("/openapi.json").json()["components"]["schemas"]["NewIntake"]
    names = set(described["properties"]["answers"]["properties"])
    assert names == {section["id"] for section in told["en"]["sections"]}


# --- plans and rule books ------------------------------------------------------------------------


def test_plans_say_what_to_do(owner: httpx.Client) -> None:
    plans = owner.get("/plans").json()["items"]
    assert [plan["id"] for plan in plans] == ["clinic", "quick", "self-test"]
    lunge = next(step for step in plans[0]["steps"] if step["task"] == "lunge")
    assert [said["side"] for said in lunge["said"]] == ["left", "right"]
    assert "left leg" in lunge["said"][0]["text"]
    assert owner.get("/plans/other").status_code == 404


def test_rule_books_are_checked_and_used(owner: httpx.Client, screened: dict[str, Any]) -> None:
    text = owner.get("/rulebooks/shipped").json()["text"]
    made = owner.post("/rulebooks", json={"name": "Ours", "text": OVERLAY})
    assert made.status_code == 201, made.text
    assert made.json()["version"].endswith("+river-1")
    assert owner.post("/rulebooks", json={"name": "Again", "text": OVERLAY}).status_code == 409
    assert owner.post("/rulebooks", json={"name": "Ship", "text": text}).status_code == 409
    for hostile in ("[" * 5000, "a = " + "9" * 6000, OVERLAY + "[threshold.odd]\nvalue = 1\n"):
        assert owner.post("/rulebooks", json={"name": "x", "text": hostile}).status_code == 422
    pages, after = [], ""
    while after is not None:
        page = owner.get("/rulebooks", params={"limit": 1, "after": after}).json()
        pages += [one["id"] for one in page["items"]]
        after = page["next"]
    assert pages == ["shipped", made.json()["id"]]
    session = screened["healthy"]["session_id"]
    same = owner.post(f"/sessions/{session}/rejudge", json={"b": made.json()["id"]}).json()
    assert same["differences"] == []
    report = owner.post(
        f"/sessions/{session}/reports", json={"rulebook_id": made.json()["id"], "compare": False}
    )
    assert report.json()["rulebook_version"] == made.json()["version"]


def test_rejudging_says_which_entry_made_the_difference(
    owner: httpx.Client, screened: dict[str, Any]
) -> None:
    whole = owner.get("/rulebooks/shipped").json()["text"]
    lines = whole.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("[threshold.red_share]"))
    entry = []
    for line in lines[begin:]:
        if entry and line.startswith("["):
            break
        entry.append("value = 0.5" if line.startswith("value") else line)
    text = OVERLAY.replace("river-1", "river-2") + "\n".join(entry) + "\n"
    made = owner.post("/rulebooks", json={"name": "Wide red", "text": text})
    assert made.status_code == 201, made.text
    session = screened["anterior-restricted"]["session_id"]
    found = owner.post(f"/sessions/{session}/rejudge", json={"b": made.json()["id"]}).json()
    assert found["differences"], json.dumps(found)
    assert all(one["text"] for one in found["differences"])
    named = {entry["name"] for one in found["differences"] for entry in one["entries"]}
    assert "red_share" in named
