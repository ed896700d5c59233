"""Motion-BIDS, checked by the rules of its specification and read back to the counts."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import UsageError
from sensor_screen.model import ClockMap
from sensor_screen.storage.motion_bids import write_motion_bids
from tests.made_exports import export, hostile_export, recording

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.session.export import Export

NAME = re.compile(
    r"sub-07_task-[0-9A-Za-z]+_tracksys-[0-9A-Za-z]+_(motion|channels|events)\.(tsv|json)"
)
COMPONENTS = {"x", "y", "z", "quat_x", "quat_y", "quat_z", "quat_w", "n/a"}
TYPES = {"ACCEL", "ANGACCEL", "GYRO", "JNTANG", "LATENCY", "MAGN", "MISC", "ORNT", "POS", "VEL"}
COLUMNS = ["name", "component", "type", "tracked_point", "units"]


class System:
    """One tracking system, with what the specification asks of its files."""

    def __init__(self, folder: Path, label: str) -> None:
        stem = folder / "sub-07/motion" / f"sub-07_task-anklescreen_tracksys-{label}"
        self.sidecar = json.loads(text(stem, "_motion.json"))
        self.frames = json.loads(text(stem, "_channels.json"))["reference_frame"]["Levels"]
        self.channels = table(text(stem, "_channels.tsv"))
        self.events = table(text(stem, "_events.tsv"))
        lines = text(stem, "_motion.tsv").splitlines()
        cells = [[np.nan if c == "n/a" else float(c) for c in line.split("\t")] for line in lines]
        self.values = np.array(cells)
        self.check()

    def check(self) -> None:
        assert [*self.channels[0]][:5] == COLUMNS
        assert self.values.shape[1] == len(self.channels), "no header row, one column a channel"
        names = [c["name"] for c in self.channels]
        assert len(set(names)) == len(names)
        for channel in self.channels:
            assert channel["component"] in COMPONENTS
            assert channel["type"] in TYPES
            assert channel["reference_frame"] in {*self.frames, "n/a"}
        for key in ("TaskName", "SamplingFrequency", "TrackingSystemName"):
            assert self.sidecar[key]
        assert self.sidecar["MotionChannelCount"] == len(self.channels)
        for kind in ("ACCEL", "GYRO", "JNTANG"):
            count = sum(c["type"] == kind for c in self.channels)
            assert self.sidecar[f"{kind}ChannelCount"] == count
        assert [*self.events[0]][:2] == ["onset", "duration"]
        onsets = [float(event["onset"]) for event in self.events]
        assert onsets == sorted(onsets)
        assert all(float(event["duration"]) >= 0.0 for event in self.events)

    def column(self, name: str) -> np.ndarray:
        return self.values[:, [c["name"] for c in self.channels].index(name)]


def text(stem: Path, end: str) -> str:
    return stem.with_name(stem.name + end).read_text(encoding="utf-8")


def table(content: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert not any(None in row or None in row.values() or "" in row.values() for row in rows)
    return rows


def write(made: Export, folder: Path) -> list[str]:
    """Labels of the tracking systems of a dataset, whose folder is looked through."""
    write_motion_bids(made, folder, "07")
    assert {p.name for p in folder.iterdir()} == {
        *("dataset_description.json", "participants.tsv", "participants.json"),
        *("README.md", "sub-07"),
    }
    description = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    assert {"Name", "BIDSVersion", "DatasetType"} <= {*description}
    people = table((folder / "participants.tsv").read_text(encoding="utf-8"))
    assert people == [{"participant_id": "sub-07"}]
    names = sorted(p.name for p in (folder / "sub-07/motion").iterdir())
    assert all(NAME.fullmatch(name) for name in names)
    labels = sorted({name.split("tracksys-")[1].split("_")[0] for name in names})
    assert len(names) == 6 * len(labels)
    return labels


def test_counts_can_be_taken_from_the_si_units(tmp_path: Path) -> None:
    assert write(export(), tmp_path) == ["angle", "imu"]
    imu = System(tmp_path, "imu")
    for one in recording().streams:
        first = f"{one.info.side}_{one.info.placement}"
        for kind, scale, columns in (
            ("acc", one.acc_scale_mps2, one.raw[:, :3]),
            ("gyr", one.gyr_scale_radps, one.raw[:, 3:]),
        ):
            for i, axis in enumerate("xyz"):
                counts = imu.column(f"{first}_{kind}_{axis}") / scale
                np.testing.assert_array_equal(np.rint(counts), columns[:, i])
                assert np.abs(counts - np.rint(counts)).max() < 1e-3
    times = recording().streams[0].time_s
    np.testing.assert_allclose(imu.column("latency"), times - times[0], atol=1e-9)


def test_angles_are_a_system_of_joint_angles(tmp_path: Path) -> None:
    write(export(), tmp_path)
    angle = System(tmp_path, "angle")
    kinds = {c["name"]: (c["type"], c["units"]) for c in angle.channels}
    for leg in export().measured:
        assert leg.angle is not None
        name = f"{leg.side}_ankle_dorsiflexion"
        assert kinds[name] == ("JNTANG", "deg")
        degrees = np.degrees(leg.angle.dorsiflexion_rad)
        np.testing.assert_allclose(angle.column(name), degrees, atol=1e-6)
        assert (angle.column(f"{leg.side}_ankle_valid") == 1.0).tolist() == leg.angle.valid.tolist()
    kinds_of_event = {event["kind"] for event in angle.events}
    assert kinds_of_event == {"label", "repetition"}
    assert sum(e["kind"] == "label" for e in angle.events) == len(recording().tasks)


def test_sensors_with_clocks_of_their_own_keep_them(tmp_path: Path) -> None:
    first, second, *_ = recording().streams
    late = replace(second, clock=ClockMap(offset_s=2.5))
    made = replace(export(), recording=replace(recording(), streams=(first, late)), legs=())
    labels = write(made, tmp_path)
    assert labels == ["imuLeftFoot", "imuLeftShank"]
    shank, foot = System(tmp_path, "imuLeftShank"), System(tmp_path, "imuLeftFoot")
    np.testing.assert_allclose(shank.column("latency"), first.time_s - first.time_s[0], atol=1e-9)
    assert foot.column("latency")[0] == pytest.approx(late.time_s[0] - first.time_s[0])
    assert foot.column("latency")[0] > 1.0
    apart = [float(s.events[0]["onset"]) for s in (shank, foot)]
    assert apart[0] - apart[1] == pytest.approx(foot.column("latency")[0])
    assert len(foot.values) == len(second.raw)


def test_what_is_not_known_is_not_a_number(tmp_path: Path) -> None:
    one = export().legs[0]
    assert one.angle is not None
    angle = one.angle.dorsiflexion_rad.copy()
    angle[5:9] = np.nan
    legs = (replace(one, angle=replace(one.angle, dorsiflexion_rad=angle)),)
    write(replace(export(), legs=legs), tmp_path)
    found = System(tmp_path, "angle").column("left_ankle_dorsiflexion")
    assert np.flatnonzero(np.isnan(found)).tolist() == [5, 6, 7, 8]
    raw = (tmp_path / "sub-07/motion").glob("*angle_motion.tsv")
    assert "nan" not in next(raw).read_text(encoding="utf-8")


def test_every_file_says_where_it_comes_from(tmp_path: Path) -> None:
    write(export(), tmp_path)
    for label in ("imu", "angle"):
        facts = System(tmp_path, label).sidecar["SensorScreen"]
        assert facts["origin"] == "simulated"
        assert facts["zero"] == "quiet_standing"
        assert facts["rulebook_version"]
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "simulated: no person was measured" in readme
    assert "positive" in readme


def test_hostile_texts_are_one_harmless_line(tmp_path: Path) -> None:
    write(hostile_export(), tmp_path)
    imu = System(tmp_path, "imu")
    for value in (imu.sidecar["ManufacturersModelName"], imu.sidecar["SensorScreen"]["source"]):
        assert value.isprintable()
        assert len(value) <= 2000
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "<script>" not in readme.replace("\\<", "")
    assert "\u202e" not in readme


@pytest.mark.parametrize("label", ["", "../x", "a b", "sub-01", "x" * 33, "7\n", "\u202e1"])
def test_a_label_has_letters_and_digits(tmp_path: Path, label: str) -> None:
    with pytest.raises(UsageError, match="letters and digits"):
        write_motion_bids(export(), tmp_path, label)
    assert not list(tmp_path.iterdir())
