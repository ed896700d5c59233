"""What a person gets for a good recording, and for every kind of bad one."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest

from sensor_screen import read_recording
from sensor_screen.model import Placement, Recording, SensorStream, Side, Task
from sensor_screen.report.json_report import read_schema
from sensor_screen.simulation import Scenario, Step, simulate
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
from sensor_screen.storage.samples import find_sample
from sensor_screen.wiring import save_recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def healthy() -> Recording:
    return read_recording(find_sample("healthy"))


def right(recording: Recording, placement: Placement) -> SensorStream:
    stream = recording.stream(Side.RIGHT, placement)
    assert stream is not None
    return stream


def saved(folder: Path, recording: Recording, *streams: SensorStream) -> Path:
    path = folder / "changed.parquet"
    save_recording(dataclasses.replace(recording, streams=streams), path)
    return path


def test_the_demo_says_it_is_simulated_and_finds_the_stiff_side(run: Run, tmp_path: Path) -> None:
    done = run("demo", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert done.status == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.index("simulated: no person was measured") < page.index("<h1>")
    assert len(page.encode()) < 500_000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["r.html", "r.json"]
    assert "simulated: no person was measured" in done.out
    assert "not a diagnosis" in done.out
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, read_schema())
    red = {(f["side"], f["task"]) for f in report["judgement"]["findings"] if f["zone"] == "red"}
    assert ("right", "squat") in red  # the simulated person bends this ankle 20 deg at most
    assert not any(side == "left" and task == "squat" for side, task in red)


def test_paper_and_fhir_are_written_beside_the_terminal(run: Run, tmp_path: Path) -> None:
    files = {kind: tmp_path / kind for kind in ("pdf", "handout", "fhir")}
    options = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    sample = find_sample("healthy")
    done = run("screen", sample, *options, "--fhir-version", "r5", "--fhir-patient", "anna-1")
    assert done.status == 0
    assert all(files[kind].read_bytes().startswith(b"%PDF-") for kind in ("pdf", "handout"))
    bundle = json.loads(files["fhir"].read_text(encoding="utf-8"))
    patient = next(e["resource"] for e in bundle["entry"] if e["resource"].get("identifier"))
    assert patient["identifier"][0]["value"] == "anna-1"


@pytest.mark.parametrize("command", [("demo",), ("screen", "any.parquet")])
def test_a_page_that_cannot_be_written_is_refused_before_work(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert "no_such" in run(*command, "--html", tmp_path / "no_such" / "r.html").complaint


def test_a_gallery_needs_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in run("gallery", "--out", tmp_path / "file").complaint


def test_the_gallery_shows_everybody(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"stiff-front": SAMPLE_PEOPLE["stiff-front"]}
    monkeypatch.setattr("sensor_screen.simulation.sample_people.SAMPLE_PEOPLE", few)
    assert run("gallery", "--pdf", "--out", tmp_path / "new").status == 0
    names = {file.name for file in (tmp_path / "new").iterdir()}
    pages = {f"stiff-front{ending}.html" for ending in ("", "-wellness", "-de")}
    papers = {"stiff-front.pdf", "stiff-front-handout.pdf", "stiff-front.svg"}
    assert names == pages | papers | {"index.html"}
    index = (tmp_path / "new" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}"' in index for name in pages | papers)
    german = (tmp_path / "new" / "stiff-front-de.html").read_text(encoding="utf-8")
    assert '<html lang="de"' in german


def test_an_unknown_sample_is_one_sentence(run: Run) -> None:
    assert "healthy" in run("demo", "--person", "nobody").complaint


def test_swapped_sensors_are_noticed(run: Run, tmp_path: Path, healthy: Recording) -> None:
    swap = {Placement.SHANK: Placement.FOOT, Placement.FOOT: Placement.SHANK}
    streams = [
        dataclasses.replace(s, info=dataclasses.replace(s.info, placement=swap[s.info.placement]))
        for s in (right(healthy, p) for p in swap)
    ]
    assert "swap" in run("screen", saved(tmp_path, healthy, *streams)).complaint


def test_a_sensor_that_never_moves_is_noticed(run: Run, tmp_path: Path, healthy: Recording) -> None:
    foot = right(healthy, Placement.FOOT)
    still = dataclasses.replace(foot, raw=np.repeat(foot.raw[:1], len(foot.raw), axis=0))
    path = saved(tmp_path, healthy, right(healthy, Placement.SHANK), still)
    assert "same values all the time" in run("screen", path).complaint


def test_hours_of_silence_are_no_report(run: Run, tmp_path: Path, healthy: Recording) -> None:
    n = 3600 * 100
    noise = np.random.default_rng(0)
    streams = []
    for placement in (Placement.SHANK, Placement.FOOT):
        stream = right(healthy, placement)
        raw = noise.integers(-2, 3, (n, 6)).astype(np.int16)
        raw[:, 2] += round(9.81 / stream.acc_scale_mps2)
        time_s = np.arange(n) / 100.0
        streams.append(dataclasses.replace(stream, raw=raw, device_time_s=time_s, sequence=None))
    assert "move" in run("screen", saved(tmp_path, healthy, *streams)).complaint


def only(name: str, *steps: Step, seed: int = 3) -> Recording:
    """A right leg that stands for 3 s and then does this."""
    return simulate(
        Scenario(name, name, (Step(Task.STAND, 3.0), *steps)), seed=seed, sides=(Side.RIGHT,)
    ).recording


def exchange(recording: Recording) -> Recording:
    """Shank and foot by each other's names."""
    swap = {Placement.SHANK: Placement.FOOT, Placement.FOOT: Placement.SHANK}
    streams = tuple(
        dataclasses.replace(s, info=dataclasses.replace(s.info, placement=swap[s.info.placement]))
        for s in recording.streams
    )
    return dataclasses.replace(recording, streams=streams)


def test_swapped_sensors_on_a_walk_end_the_same_way_offline_and_live(
    run: Run, tmp_path: Path
) -> None:
    path, out = tmp_path / "walk.parquet", tmp_path / "a.csv"
    save_recording(exchange(only("walk", Step(Task.WALK, 16))), path)
    sentence = run("screen", path).complaint
    assert "swap the two sensors" in sentence
    assert run("angles", path, "--out", out).complaint == sentence
    assert run("angles", path, "--live", "--out", out).complaint == sentence
    assert not out.exists()


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.5, "2 times too slow for what gravity shows; check the range and the scale"),
        (2.0, "2 times too fast for what gravity shows; check the range and the scale"),
        (1 / 57.3, "too slow for what gravity shows; name the columns with the suffix _radps"),
    ],
)
def test_a_gyroscope_with_a_wrong_scale_is_noticed(
    run: Run, tmp_path: Path, healthy: Recording, factor: float, words: str
) -> None:
    foot = right(healthy, Placement.FOOT)
    scaled = dataclasses.replace(foot, gyr_scale_radps=foot.gyr_scale_radps * factor)
    complaint = run("screen", saved(tmp_path, healthy, right(healthy, Placement.SHANK), scaled))
    assert complaint.complaint.startswith("right foot sensor: its gyroscope turns about ")
    assert words in complaint.complaint


def test_standing_alone_gives_its_sway_and_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stand.parquet"
    save_recording(only("stand", Step(Task.BALANCE, 20.0)), path)
    done = run("screen", path, "--json", tmp_path / "r.json")
    assert done.status == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, read_schema())
    (leg,) = report["legs"]
    assert leg["angle"] is None
    (stance,) = leg["sway"]
    assert stance["shank_mediolateral_rms_deg"] is None
    # The person sways 0.6 deg forward and 0.8 times that sideways; 20 s know it to a third.
    assert stance["shank_total_rms_deg"] == pytest.approx(0.6 * np.hypot(1.0, 0.8), rel=0.35)
    assert any("no ankle angle" in sentence for sentence in report["missing"])
    assert any("forward and sideways" in sentence for sentence in report["missing"])
    assert "hardly moves" in run("angles", path, "--out", tmp_path / "a.csv").complaint


def test_standing_alone_without_a_label_says_how_to_label_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stand.parquet"
    bare = dataclasses.replace(only("stand", Step(Task.BALANCE, 20.0)), tasks=())
    save_recording(bare, path)
    complaint = run("screen", path).complaint
    assert "label it as the task balance (`import csv --tasks F`" in complaint
    assert "start_s,end_s,task" in complaint
    # A table of angles needs movement, whatever is labelled.
    assert "balance" not in run("angles", path, "--out", tmp_path / "a.csv").complaint


@pytest.mark.parametrize("command", ["screen", "demo"])
def test_a_report_that_cannot_be_written_is_said_before_anything_is_done(
    run: Run, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor_screen.wiring.screen", lambda *_, **__: pytest.fail("too late"))
    recording = [find_sample("healthy")] if command == "screen" else []
    assert (
        "it cannot be written"
        in run(command, *recording, "--json", tmp_path / "missing" / "r.json").complaint
    )
    assert "it is a folder" in run(command, *recording, "--json", tmp_path).complaint
    assert list(tmp_path.iterdir()) == []


def test_looking_whether_a_report_can_be_written_keeps_the_old_one(
    run: Run, tmp_path: Path
) -> None:
    old = tmp_path / "r.json"
    old.write_text("old", encoding="utf-8")
    assert run("screen", tmp_path / "missing.parquet", "--json", old).status == 2
    assert old.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_squats_over_a_foot_that_never_moves_are_measured(run: Run, tmp_path: Path) -> None:
    squats = only("squats", Step(Task.SQUAT, 6))
    foot = right(squats, Placement.FOOT)
    noise = np.random.default_rng(0).integers(-2, 3, foot.raw.shape)
    still = dataclasses.replace(foot, raw=(foot.raw[:1] + noise).astype(np.int16))
    path = saved(tmp_path, squats, right(squats, Placement.SHANK), still)
    done = run("screen", path, "--json", tmp_path / "r.json")
    assert done.status == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert sum(r["counted"] for r in report["legs"][0]["repetitions"]) == 6


def test_long_standing_without_a_label_is_no_report(
    run: Run, tmp_path: Path, healthy: Recording
) -> None:
    """More than the noise of a table, less than any movement."""
    n = 1200 * 50
    time_s = np.arange(n) / 50.0
    streams = []
    for placement in (Placement.SHANK, Placement.FOOT):
        stream = right(healthy, placement)
        raw = np.random.default_rng(1).integers(-2, 3, (n, 6)).astype(np.int16)
        raw[:, 2] += round(9.81 / stream.acc_scale_mps2)
        raw[:, 3] += (0.03 * np.sin(2.0 * time_s) / stream.gyr_scale_radps).astype(np.int16)
        streams.append(dataclasses.replace(stream, raw=raw, device_time_s=time_s, sequence=None))
    path = tmp_path / "quiet.parquet"
    save_recording(dataclasses.replace(healthy, streams=tuple(streams), tasks=()), path)
    assert "hardly moves" in run("screen", path).complaint
    assert "hardly moves" in run("angles", path, "--out", tmp_path / "a.csv").complaint


def test_the_foot_alone_is_refused_by_name(run: Run, tmp_path: Path, healthy: Recording) -> None:
    without = dataclasses.replace(
        healthy, tasks=tuple(t for t in healthy.tasks if not t.task.value.startswith("stairs"))
    )
    path = saved(tmp_path, without, right(healthy, Placement.FOOT))
    assert "add the shank sensor" in run("screen", path).complaint


def test_the_foot_alone_says_where_its_strides_went(
    run: Run, tmp_path: Path, healthy: Recording
) -> None:
    path = saved(tmp_path, healthy, right(healthy, Placement.FOOT))
    done = run("screen", path, "--json", tmp_path / "r.json")
    assert done.status == 0
    (leg,) = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["legs"]
    ways = [(r["task"], r["stride"]["direction"]) for r in leg["repetitions"]]
    assert set(ways) == {("stairs_up", "up"), ("stairs_down", "down")}


def test_the_shank_alone_gives_lunge_and_squat_and_names_the_rest(
    run: Run, tmp_path: Path, healthy: Recording
) -> None:
    path = saved(tmp_path, healthy, right(healthy, Placement.SHANK))
    done = run("screen", path, "--json", tmp_path / "r.json")
    assert done.status == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert any("single sensor" in mark for mark in report["marks"])
    assert any("kick" in sentence for sentence in report["missing"])
    # The simulated person lunges to 40 deg; the shank alone is right within its stated error.
    capacity = report["legs"][0]["capacities"][0]
    assert abs(capacity["value_deg"] - 40.0) < 4.0


def test_a_recording_without_labels_is_screened_by_what_was_found(
    run: Run, tmp_path: Path, healthy: Recording
) -> None:
    pair = [right(healthy, p) for p in (Placement.SHANK, Placement.FOOT)]
    labelled, bare = tmp_path / "labelled.parquet", tmp_path / "bare.parquet"
    save_recording(dataclasses.replace(healthy, streams=tuple(pair)), labelled)
    save_recording(dataclasses.replace(healthy, streams=tuple(pair), tasks=()), bare)
    reports = []
    for path in (labelled, bare):
        assert run("screen", path, "--json", tmp_path / "r.json").status == 0
        reports.append(json.loads((tmp_path / "r.json").read_text(encoding="utf-8")))
    by_label, by_finding = reports
    assert any("tasks were found by the program" in mark for mark in by_finding["marks"])
    assert any("squat" in mark and "%" in mark for mark in by_finding["marks"])
    assert not any("found" in mark for mark in by_label["marks"])
    demands = [
        {(d["task"], d["direction"]): (d["typical_deg"], len(d["peaks_deg"])) for d in leg}
        for leg in (by_label["legs"][0]["demands"], by_finding["legs"][0]["demands"])
    ]
    assert demands[0].keys() == demands[1].keys()
    for what, (typical_deg, count) in demands[0].items():
        assert demands[1][what][1] == count
        # Axis and zero come from nearly the same samples.
        assert abs(demands[1][what][0] - typical_deg) < 0.5


def test_a_recording_in_which_nothing_is_known_has_a_curve_but_no_report(
    run: Run, tmp_path: Path, healthy: Recording
) -> None:
    def cut(stream: SensorStream) -> SensorStream:
        few = stream.device_time_s < 16.5
        return dataclasses.replace(
            stream, device_time_s=stream.device_time_s[few], raw=stream.raw[few], sequence=None
        )

    streams = tuple(cut(stream) for stream in healthy.streams)
    path = tmp_path / "bare.parquet"
    save_recording(dataclasses.replace(healthy, streams=streams, tasks=()), path)
    assert "record again with a still stand, pumps" in run("screen", path).complaint
    assert run("angles", path, "--out", tmp_path / "a.csv").status == 0


@pytest.mark.parametrize("live", [False, True])
def test_the_table_of_angles_has_a_row_for_every_sample(
    run: Run, tmp_path: Path, live: bool, healthy: Recording
) -> None:
    path = saved(tmp_path, healthy, *(right(healthy, p) for p in (Placement.SHANK, Placement.FOOT)))
    out = tmp_path / "a.csv"
    assert run("angles", path, "--out", out, *(["--live"] if live else [])).status == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "time_s,side,dorsiflexion_deg,inversion_deg,valid"
    cells = [line.split(",") for line in lines[1:]]
    times = np.array([float(row[0]) for row in cells])
    assert np.all(np.diff(times) > 0)
    assert len(times) >= len(right(healthy, Placement.SHANK).device_time_s) - 2
    assert {row[1] for row in cells} == {"right"}
    assert np.mean([row[4] == "1" for row in cells]) > 0.95
    assert max(float(row[2]) for row in cells) == pytest.approx(40.0, abs=3.0)


@pytest.mark.parametrize("command", ["screen", "angles"])
def test_files_that_are_no_recordings_are_one_sentence(
    run: Run, tmp_path: Path, command: str
) -> None:
    more = ["--out", tmp_path / "a.csv"] if command == "angles" else []
    empty, foreign = tmp_path / "empty", tmp_path / "foreign"
    empty.write_bytes(b"")
    foreign.write_text("hello", encoding="utf-8")
    for path in (empty, foreign, tmp_path / "missing", tmp_path):
        assert path.name in run(command, path, *more).complaint


def test_one_useless_recording_of_two_is_named_and_the_other_is_reported(
    run: Run, healthy: Recording, tmp_path: Path
) -> None:
    good = tmp_path / "good.parquet"
    left = tuple(s for s in healthy.streams if s.info.side is Side.LEFT)
    save_recording(dataclasses.replace(healthy, streams=left), good)
    frozen = tuple(
        dataclasses.replace(stream, raw=np.repeat(stream.raw[:1], len(stream.raw), axis=0))
        for stream in (right(healthy, Placement.SHANK), right(healthy, Placement.FOOT))
    )
    bad = saved(tmp_path, healthy, *frozen)
    out = tmp_path / "r.json"
    done = run("screen", good, bad, "--json", out)
    assert done.status == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(report, read_schema())
    assert {f["side"] for f in report["judgement"]["findings"]} == {"left"}
    assert any(
        "recording 2 of 2" in words and "same values" in words for words in report["missing"]
    )
    assert "recording 2 of 2" in done.out
    assert run("screen", bad, bad).status == 2


def test_one_recording_given_twice_is_refused(run: Run, tmp_path: Path, healthy: Recording) -> None:
    path = tmp_path / "healthy.parquet"
    save_recording(healthy, path)
    done = run("screen", path, path)
    assert done.status == 2
    assert "recordings 1 and 2: they hold the same samples" in done.complaint


def test_two_legs_that_only_balance_have_their_sway(run: Run, tmp_path: Path) -> None:
    steps = (Step(Task.STAND, 3.0), Step(Task.BALANCE, 20.0))
    both = (Side.LEFT, Side.RIGHT)
    recording = simulate(Scenario("balance", "balance", steps), seed=1, sides=both).recording
    path = tmp_path / "balance.parquet"
    save_recording(recording, path)
    done = run("screen", path)
    assert done.status == 0
    assert "One stance on the left leg alone" in done.out
    assert "nothing tells toes up from toes down" in done.out
