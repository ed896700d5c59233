"""OpenSim files, read back by a strict reader of their formats."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.quaternion import turn
from sensor_screen.errors import ScreenError
from sensor_screen.model import Placement, Side
from sensor_screen.report.opensim_files import write_angles, write_opensim, write_orientations
from sensor_screen.session.segment_orientations import orient_segments
from tests.made_exports import export, hostile_export, recording

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.session.export import Export


@dataclass
class Storage:
    header: dict[str, str]
    labels: list[str]
    time_s: np.ndarray
    cells: list[list[str]]


def parse(text: str, *, named: bool) -> Storage:
    """One name line for motions, `key=value` lines, `endheader`, labels, rows of one width."""
    lines = text.split("\n")
    assert lines.pop() == "", "the last line is ended"
    if named:
        assert "=" not in lines[0]
        lines = lines[1:]
    end = lines.index("endheader")
    pairs = [line.split("=") for line in lines[:end]]
    assert all(len(pair) == 2 for pair in pairs), "one = a line"
    assert len({key for key, _ in pairs}) == len(pairs), "no key twice"
    labels = lines[end + 1].split("\t")
    assert labels[0] == "time"
    rows = [line.split("\t") for line in lines[end + 2 :]]
    assert {len(row) for row in rows} == {len(labels)}
    time_s = np.array([float(row[0]) for row in rows])
    assert (np.diff(time_s) > 0.0).all()
    return Storage(dict(pairs), labels[1:], time_s, [row[1:] for row in rows])


def orientations(made: Export | None = None) -> Storage:
    made = made or export()
    out = io.StringIO(newline="")
    write_orientations(orient_segments(made.recording, made.legs), made.provenance, out)
    return parse(out.getvalue(), named=False)


def angles(made: Export | None = None) -> Storage:
    made = made or export()
    out = io.StringIO(newline="")
    write_angles([leg.angle for leg in made.measured if leg.angle], made.provenance, out)
    return parse(out.getvalue(), named=True)


def test_orientations_are_as_opensense_reads_them() -> None:
    found = orientations()
    assert found.header["DataType"] == "Quaternion"
    assert found.header["version"] == "3"
    assert float(found.header["DataRate"]) == 50.0
    assert "OpenSimVersion" in found.header
    assert found.labels == ["tibia_l_imu", "calcn_l_imu", "tibia_r_imu", "calcn_r_imu"]
    assert found.header["origin"] == "simulated"
    q = np.array([[cell.split(",") for cell in row] for row in found.cells], dtype=np.float64)
    assert q.shape[1:] == (4, 4)
    np.testing.assert_allclose(np.linalg.norm(q, axis=2), 1.0, atol=1e-8)


def test_the_angle_can_be_read_from_the_orientations() -> None:
    """Shank and foot in one heading: the turn of the foot about the right axis is the angle.

    Two degrees: headings of six axes drift a little, and the angle is estimated otherwise.
    """
    made = export()
    found = orient_segments(made.recording, made.legs)
    assert found.aligned == (True,) * 4
    for leg in made.measured:
        assert leg.angle is not None
        assert leg.calibration is not None
        columns = [found.segments.index((leg.side, p)) for p in Placement if p != "lumbar"]
        shank, foot = (found.earth_from_sensor[:, c] for c in columns)
        c = leg.calibration
        still = (found.time_s >= c.neutral_start_s) & (found.time_s <= c.neutral_end_s)
        pitch = []
        for poses in (shank, foot):
            # What points forward when still, seen from the person's right: its rise is the pitch.
            w, x, y, z = np.moveaxis(poses[still], -1, 0)
            forward = np.stack(
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], axis=1
            ).mean(axis=0)
            now = turn(poses, np.tile(forward, (len(poses), 1)))
            pitch.append(np.arctan2(now[:, 2], now[:, 0]))
        bend_deg = np.degrees(pitch[1] - pitch[0])
        squat = np.array([r for r in leg.repetitions if r.task == "squat"])
        inside = np.zeros(found.time_s.size, dtype=bool)
        for one in squat:
            inside |= (found.time_s >= one.start_s) & (found.time_s <= one.end_s)
        ours = np.interp(found.time_s, leg.angle.time_s, np.degrees(leg.angle.dorsiflexion_rad))
        assert np.ptp(ours[inside]) > 15.0
        assert np.abs(bend_deg - ours)[inside].max() < 2.0


def test_angles_are_the_measured_degrees() -> None:
    found = angles()
    assert found.header["inDegrees"] == "yes"
    assert int(found.header["nRows"]) == len(found.cells)
    assert int(found.header["nColumns"]) == 1 + len(found.labels)
    assert found.labels == ["ankle_angle_l", "ankle_angle_r"]
    table = np.array(found.cells, dtype=np.float64)
    legs = [leg.angle for leg in export().measured if leg.angle is not None]
    both = np.logical_and(legs[0].valid, legs[1].valid)
    assert both.mean() > 0.9
    for column, trace in enumerate(legs):
        degrees = np.degrees(trace.dorsiflexion_rad[both])
        np.testing.assert_allclose(table[:, column], degrees, atol=1e-6)
        np.testing.assert_allclose(found.time_s, trace.time_s[both], atol=1e-6)


def test_what_is_not_valid_has_no_row_and_takes_none_from_the_other_leg(tmp_path: Path) -> None:
    made = export()
    one, other = made.legs
    assert one.angle is not None
    assert other.angle is not None
    valid = one.angle.valid.copy()
    valid[100:200] = False
    blind = replace(one, angle=replace(one.angle, valid=valid))
    hole = replace(made, legs=(blind, other))
    write_opensim(hole, orient_segments(hole.recording, hole.legs), tmp_path)
    found = {
        path.stem: parse(path.read_text(encoding="utf-8"), named=True)
        for path in tmp_path.glob("*.mot")
    }
    assert {*found} == {"ankle_angle_l", "ankle_angle_r", "ankle_angles"}
    assert len(found["ankle_angle_l"].cells) == valid.sum()
    assert len(found["ankle_angle_r"].cells) == other.angle.valid.sum()
    assert len(found["ankle_angles"].cells) == (valid & other.angle.valid).sum()
    lost = int(found["ankle_angle_l"].header["samples_left_out_not_valid"])
    assert lost == (~valid).sum() >= 100
    assert all("nan" not in cell for one in found.values() for row in one.cells for cell in row)


def test_a_leg_without_one_valid_sample_has_no_file(tmp_path: Path) -> None:
    made = export()
    one, other = made.legs
    assert one.angle is not None
    nothing = replace(one.angle, valid=np.zeros_like(one.angle.valid))
    bare = replace(made, legs=(replace(one, angle=nothing), other))
    write_opensim(bare, orient_segments(bare.recording, bare.legs), tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"orientations.sto", "ankle_angle_r.mot"}


def test_a_gap_is_left_out_and_not_made_up() -> None:
    stream = recording().streams[0]
    kept = np.ones(len(stream.raw), dtype=bool)
    kept[700:760] = False
    sequence = None if stream.sequence is None else stream.sequence[kept]
    holed = replace(
        stream, device_time_s=stream.device_time_s[kept], raw=stream.raw[kept], sequence=sequence
    )
    streams = (holed, *recording().streams[1:])
    found = orient_segments(replace(recording(), streams=streams), export().legs)
    whole = orient_segments(recording(), export().legs)
    assert whole.left_out == 0
    assert 55 <= found.left_out <= 62
    assert found.time_s.size + found.left_out == whole.time_s.size
    assert np.isfinite(found.earth_from_sensor).all()


def test_without_a_calibration_the_heading_is_said_to_be_unknown() -> None:
    made = replace(export(), legs=())
    assert orientations(made).header["heading_not_known"].split() == orientations().labels


def test_a_leg_that_nobody_named_belongs_to_no_body() -> None:
    streams = tuple(
        replace(s, info=replace(s.info, side=Side.NONE)) for s in recording().streams[:2]
    )
    nameless = replace(export(), recording=replace(recording(), streams=streams), legs=())
    with pytest.raises(ScreenError, match="on which leg"):
        orientations(nameless)


def test_hostile_texts_end_no_header() -> None:
    for read in (orientations, angles):
        bad, good = read(hostile_export()), read()
        assert bad.cells == good.cells
        assert bad.header.keys() == good.header.keys()
        assert bad.header["source"].isprintable()
