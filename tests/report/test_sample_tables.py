"""The CSV export: what stands in it is what was measured, and says what it means."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.judgement import Claims
from sensor_screen.model import Side
from sensor_screen.report.sample_tables import (
    README,
    REPETITIONS,
    TIDY,
    WIDE,
    write_sample_tables,
)
from sensor_screen.session.export import measure_for_export
from tests.made_exports import export, hostile_export, recording

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    assert not any(None in row or None in row.values() for row in rows), "every row is whole"
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("csv")
    write_sample_tables(export(), made)
    return made


def test_the_tidy_table_gives_every_sample_back(folder: Path) -> None:
    rows = read(folder / TIDY)
    for table in export().tables():
        trace = table.trace
        own = [row for row in rows if row["side"] == trace.side]
        assert len(own) == trace.time_s.size
        for column, values, step in (
            ("time_s", trace.time_s, 1e-6),
            ("dorsiflexion_deg", np.degrees(trace.dorsiflexion_rad), 1e-4),
            ("dorsiflexion_sigma_deg", np.degrees(trace.sigma_rad), 1e-4),
            ("inversion_deg", np.degrees(trace.inversion_rad), 1e-4),
            ("velocity_degps", np.degrees(table.velocity_radps), 1e-3),
        ):
            read_back = np.array([float(row[column] or "nan") for row in own])
            np.testing.assert_allclose(read_back, values, atol=0.51 * step)
        assert [row["valid"] == "1" for row in own] == trace.valid.tolist()
        for column in ("task", "zone", "repetition"):
            assert [row[column] for row in own] == getattr(table, column).tolist()


def test_wide_and_tidy_say_the_same(folder: Path) -> None:
    tidy = {(row["time_s"], row["side"]): row for row in read(folder / TIDY)}
    wide = read(folder / WIDE)
    seen = 0
    for row in wide:
        for side in ("left", "right"):
            cells = {k.removeprefix(f"{side}_"): v for k, v in row.items() if k.startswith(side)}
            own = tidy[row["time_s"], side]
            assert cells == {key: own[key] for key in cells}
            seen += 1
    assert seen == len(tidy)


def test_every_repetition_is_there_and_named_in_the_samples(folder: Path) -> None:
    rows = read(folder / REPETITIONS)
    measured = [r for leg in export().legs for r in leg.repetitions]
    assert len(rows) == len(measured) > 10
    named = {row["repetition"] for row in read(folder / TIDY)} - {""}
    assert named == {row["repetition"] for row in rows}
    for row, one in zip(rows, sorted(measured, key=lambda r: (r.side, r.start_s)), strict=True):
        assert math.isclose(float(row["start_s"]), one.start_s, abs_tol=1e-6)
        peak = math.degrees(one.peak_dorsiflexion_rad)
        assert math.isclose(float(row["peak_dorsiflexion_deg"]), peak, abs_tol=1e-4)
        assert row["counted"] == str(int(one.counted))
    assert {row["zone_dorsiflexion"] for row in rows if row["task"] == "squat"} - {""}


def test_the_readme_says_what_everything_means(folder: Path) -> None:
    readme = json.loads((folder / README).read_text(encoding="utf-8"))
    assert readme["origin"] == "simulated"
    assert readme["marks"][0].startswith("simulated")
    assert readme["zero"] == "quiet_standing"
    assert "positive" in readme["convention"]
    for key in ("software_version", "rulebook_version", "disclaimer"):
        assert readme[key]
    assert [*readme["sample_columns"]] == [*read(folder / TIDY)[0]]
    assert {*readme["repetition_columns"]} | {"side"} == {*read(folder / REPETITIONS)[0]}
    assert {"squat"} == {band["task"] for band in readme["zones_begin_deg"]}
    assert {*readme["files"]} == {p.name for p in folder.iterdir()} - {README}


def test_a_healthy_person_gets_no_zone(tmp_path: Path) -> None:
    write_sample_tables(export(Claims.WELLNESS), tmp_path)
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "zone" not in text.replace("no zone", "")
        assert "amber" not in text


def test_research_is_marked(tmp_path: Path) -> None:
    write_sample_tables(export(Claims.RESEARCH), tmp_path)
    marks = json.loads((tmp_path / README).read_text(encoding="utf-8"))["marks"]
    assert any("care" in mark for mark in marks)


def test_one_leg_leaves_the_columns_of_the_other_empty(tmp_path: Path) -> None:
    whole = export()
    alone = replace(whole, legs=tuple(leg for leg in whole.legs if leg.side is Side.RIGHT))
    write_sample_tables(alone, tmp_path)
    rows = read(tmp_path / WIDE)
    assert {row["left_dorsiflexion_deg"] for row in rows} == {""}
    assert all(row["right_dorsiflexion_deg"] for row in rows)


def test_hostile_texts_change_no_table(tmp_path: Path, folder: Path) -> None:
    write_sample_tables(hostile_export(), tmp_path)
    for name in (WIDE, TIDY, REPETITIONS):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    source = json.loads((tmp_path / README).read_text(encoding="utf-8"))["source"]
    assert source.isprintable()
    assert len(source) <= 2000


def test_what_stands_against_the_angle_stands_in_the_readme(tmp_path: Path) -> None:
    """A lone shank, and clocks that were matched by the movement."""
    shank, foot = recording().streams[:2]
    alone = replace(recording(), streams=(shank,))
    unrelated = replace(
        recording(), streams=(replace(shank, clock=None), replace(foot, clock=None))
    )
    for made, words in ((alone, "single sensor"), (unrelated, "estimated timing")):
        folder = tmp_path / words
        folder.mkdir()
        write_sample_tables(measure_for_export(made, angle_needed=True), folder)
        marks = json.loads((folder / README).read_text(encoding="utf-8"))["marks"]
        assert any(words in mark for mark in marks)
