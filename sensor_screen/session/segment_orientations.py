"""Orientation of every leg sensor on one time base, for inverse kinematics in other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.heading import face_forward
from sensor_screen.core.orientation import orient_leg
from sensor_screen.core.pipeline import PipelineParams
from sensor_screen.core.task_hints import assemble_legs
from sensor_screen.errors import MeasurementError
from sensor_screen.model import Placement, SampleFlag, Side
from sensor_screen.session.sample_table import nearest_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import (
        Bools,
        Calibration,
        CleanLeg,
        CleanStream,
        Floats,
        LegMeasures,
        Recording,
    )


@dataclass(frozen=True, slots=True)
class SegmentOrientations:
    """Orientations of all leg sensors in the time that all legs have in common."""

    rate_hz: float
    time_s: Floats  # (n,) regular but for left-out gaps
    segments: tuple[tuple[Side, Placement], ...]
    earth_from_sensor: Floats  # (n, s, 4) scalar first; earth is x forward, y left, z up
    aligned: tuple[bool, ...]
    """Of each sensor: its heading was taken from the flexion axis; False: it starts anywhere."""
    left_out: int
    """Samples inside gaps, where some sensor sent nothing."""


def orient_segments(
    recording: Recording,
    legs: Sequence[LegMeasures],
    params: PipelineParams = PipelineParams(),
) -> SegmentOrientations:
    """Orientations by VQF, with the headings of a calibrated leg brought together.

    The legs keep their samples: rows are those of the leg with the higher rate, and the other leg's
    nearest sample stands beside each. Samples in gaps are left out, not made up.

    Args:
        recording: Streams.
        legs: Their calibrations give the headings.
        params: Tuning.

    Raises:
        MeasurementError: No leg can be read, or the legs have no time in common.
    """
    clean = assemble_legs(recording, params.alignment)
    if not clean:
        raise MeasurementError(
            "orientations", "no leg has samples to take them from", "check the recording"
        )
    rows = _shared_rows(list(clean.values()))
    parts, segments, aligned = [], [], []
    lost = np.zeros(rows.size, dtype=np.bool_)
    for side, leg in clean.items():
        index = nearest_samples(leg.time_s, rows, leg.rate_hz)
        lost |= index < 0
        known = next((m.calibration for m in legs if m.side is side), None)
        for stream, orientation in zip(
            _streams(leg), np.moveaxis(orient_leg(leg), 1, 0), strict=True
        ):
            faced = _face(leg, stream, orientation, known)
            parts.append((orientation if faced is None else faced)[index])
            aligned.append(faced is not None)
            segments.append((side, stream.info.placement))
            lost |= (stream.flags[index] & int(SampleFlag.MISSING)) > 0
    if lost.all():
        raise MeasurementError(
            "orientations",
            "there is no time at which every sensor has samples",
            "record both legs at once, or export them as two recordings",
        )
    return SegmentOrientations(
        rate_hz=max(leg.rate_hz for leg in clean.values()),
        time_s=rows[~lost],
        segments=tuple(segments),
        earth_from_sensor=np.stack(parts, axis=1)[~lost],
        aligned=tuple(aligned),
        left_out=int(lost.sum()),
    )


def _shared_rows(legs: Sequence[CleanLeg]) -> Floats:
    first = max(legs, key=lambda leg: leg.rate_hz)
    begin_s = max(leg.time_s[0] - 0.5 / leg.rate_hz for leg in legs)
    end_s = min(leg.time_s[-1] + 0.5 / leg.rate_hz for leg in legs)
    rows: Floats = first.time_s[(first.time_s >= begin_s) & (first.time_s <= end_s)]
    return rows


def _streams(leg: CleanLeg) -> list[CleanStream]:
    return [stream for stream in (leg.shank, leg.foot) if stream is not None]


def _face(
    leg: CleanLeg, stream: CleanStream, orientation: Floats, known: Calibration | None
) -> Floats | None:
    if known is None:
        return None
    still: Bools = (leg.time_s >= known.neutral_start_s) & (leg.time_s <= known.neutral_end_s)
    is_shank = stream.info.placement is Placement.SHANK
    return face_forward(orientation, known.shank_axis if is_shank else known.foot_axis, still)
