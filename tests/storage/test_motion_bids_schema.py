"""Motion-BIDS, judged by others: the validator of BIDS, and the schema of the specification."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from bidsschematools import schema as bids
from bidsschematools.rules import regexify_all

from sensor_screen.model import ClockMap
from sensor_screen.session.export import Export
from sensor_screen.storage.motion_bids import write_motion_bids
from tests.made_exports import export, hostile_export, recording

VALIDATOR = Path(sys.executable).with_name("bids-validator-deno")
UNITS = {"ACCEL": "m/s^2", "GYRO": "rad/s", "JNTANG": "deg", "LATENCY": "s"}
# What nobody here knows or measures, and what is about other devices.
LEFT_OUT = {
    *("Authors", "License", "SourceDatasets", "HEDVersion", "StimulusPresentation", "Manufacturer"),
    *("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "Instructions"),
    *("SubjectArtefactDescription", "ManufacturersModelName", "DeviceSerialNumber"),
    *(f"{kind}ChannelCount" for kind in ("ANGACCEL", "MAGN", "MISC", "ORNT", "POS", "VEL")),
}


def apart() -> Export:
    """Two sensors, each on a clock of its own."""
    first, second, *_ = recording().streams
    late = replace(second, clock=ClockMap(offset_s=2.5))
    return replace(export(), recording=replace(recording(), streams=(first, late)), legs=())


def holed() -> Export:
    """A leg whose angle is not known for a while."""
    one = export().legs[0]
    assert one.angle is not None
    angle = one.angle.dorsiflexion_rad.copy()
    angle[5:9] = np.nan
    legs = (replace(one, angle=replace(one.angle, dorsiflexion_rad=angle)),)
    return replace(export(), legs=legs)


DATASETS = {"plain": export, "hostile": hostile_export, "apart": apart, "holed": holed}


@pytest.fixture(params=DATASETS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write_motion_bids(DATASETS[request.param](), tmp_path, "07")
    return tmp_path


@cache
def schema() -> Any:
    return bids.load_schema()


def issues(folder: Path) -> list[dict[str, Any]]:
    """All that the validator says of every row of a dataset."""
    done = subprocess.run(
        [VALIDATOR, "--format", "json", "--max-rows", "-1", folder],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert said["summary"]["dataTypes"] == ["motion"], done.stderr
    found: list[dict[str, Any]] = said["issues"]["issues"]
    return found


def test_the_validator_finds_no_error(dataset: Path) -> None:
    found = issues(dataset)
    assert [one for one in found if one["severity"] == "error"] == []
    warned = {one.get("subCode") for one in found if one["code"].endswith("KEY_RECOMMENDED")}
    assert warned <= LEFT_OUT
    others = {one["code"] for one in found if not one["code"].endswith("KEY_RECOMMENDED")}
    assert others <= {"TOO_FEW_AUTHORS", "NO_AUTHORS"}


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    write_motion_bids(export(), tmp_path, "07")
    stem = tmp_path / "sub-07/motion/sub-07_task-anklescreen_tracksys-imu"
    channels = stem.with_name(stem.name + "_channels.tsv")
    rows = channels.read_text(encoding="utf-8").replace("\tx\tACCEL", "\tup\tACCEL", 1)
    channels.write_text(rows, encoding="utf-8")
    sidecar = stem.with_name(stem.name + "_motion.json")
    facts = json.loads(sidecar.read_text(encoding="utf-8"))
    del facts["SamplingFrequency"]
    sidecar.write_text(json.dumps(facts), encoding="utf-8")
    stem.with_name("sub-07_imu_motion.tsv").write_text("1\n", encoding="utf-8")
    errors = {
        (one["code"], one["location"].rpartition("/")[2], one.get("subCode"))
        for one in issues(tmp_path)
        if one["severity"] == "error"
    }
    assert ("SIDECAR_KEY_REQUIRED", f"{stem.name}_motion.tsv", "SamplingFrequency") in errors
    assert ("TSV_VALUE_INCORRECT_TYPE", channels.name, "component") in errors
    assert "sub-07_imu_motion.tsv" in {place for _, place, _ in errors}


def test_names_are_those_of_the_schema(dataset: Path) -> None:
    rules, _ = regexify_all()
    files = [p.relative_to(dataset).as_posix() for p in dataset.rglob("*") if p.is_file()]
    assert len(files) >= 10
    for name in files:
        assert any(re.fullmatch(rule["regex"], name) for rule in rules), name


def test_sidecars_have_what_the_schema_asks_for(dataset: Path) -> None:
    wanted = {
        key: field if isinstance(field, str) else field["level"]
        for group in schema().rules.sidecars.motion.to_dict().values()
        for key, field in group["fields"].items()
    }
    required = {key for key, level in wanted.items() if level == "required"}
    assert required == {"TaskName", "SamplingFrequency"}
    sidecars = sorted((dataset / "sub-07/motion").glob("*_motion.json"))
    assert sidecars
    for path in sidecars:
        facts = json.loads(path.read_text(encoding="utf-8"))
        assert required <= {*facts}
        for key in {*facts} & {*wanted}:
            assert wanted[key] != "deprecated"
            jsonschema.validate(facts[key], schema().objects.metadata[key].to_dict())
        known = {*schema().objects.metadata, "SensorScreen"}
        named = {entry.name for entry in schema().objects.metadata.values()}
        assert {*facts} <= known | named


def test_channels_have_the_columns_and_units_of_the_schema(dataset: Path) -> None:
    rule = schema().rules.tabular_data.motion.motionChannels.to_dict()
    columns = schema().objects.columns
    first = [columns[key].name for key in rule["initial_columns"]]
    allowed = {columns[key].name: columns[key].to_dict() for key in rule["columns"]}
    for path in sorted((dataset / "sub-07/motion").glob("*_channels.tsv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        assert [*rows[0]][: len(first)] == first
        assert {*rows[0]} <= {*allowed}
        for row in rows:
            for name, value in row.items():
                assert value in allowed[name].get("enum", [value]) or value == "n/a"
            assert row["units"] == UNITS.get(row["type"], row["units"])
            if row["type"] in ("ACCEL", "GYRO"):
                assert row["component"] in ("x", "y", "z")
