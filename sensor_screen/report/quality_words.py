"""How far the figures of a leg can be trusted, in words that every face shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.model import (
        AngleTrace,
        Calibration,
        CleaningCounts,
        ClockMap,
        LegMeasures,
        Placement,
    )
    from sensor_screen.report.telling import Telling


def describe_leg(leg: LegMeasures, told: Telling) -> list[str]:
    """Sentences on angle, calibration, clocks and samples of one leg."""
    said = [] if leg.angle is None else [_describe_angle(leg.angle, told)]
    if leg.calibration is not None:
        said.append(_describe_calibration(leg.calibration, told))
    if len(leg.cleaning) > 1:
        said.append(_describe_clock(leg.clock, told))
    return said + [_describe_samples(place, counts, told) for place, counts in leg.cleaning.items()]


def _describe_angle(angle: AngleTrace, told: Telling) -> str:
    share = 100 * float(angle.valid.mean()) if angle.valid.size else 0.0
    hinge = ""
    if math.isfinite(angle.hinge_share):
        hinge = told.text("quality.hinge", share=100 * angle.hinge_share)
    key = f"method.{angle.method.replace(' ', '_')}"
    method = told.text(key) if told.voice.has(f"report.{key}") else told.foreign(angle.method)
    return told.text(
        "quality.angle", share=share, hinge=hinge, method=method, rate_hz=angle.rate_hz
    )


def _describe_calibration(calibration: Calibration, told: Telling) -> str:
    quality = calibration.quality
    level = "good" if quality >= 0.8 else "fair" if quality >= 0.5 else "poor"
    return told.text(
        "quality.calibration",
        level=told.text(f"quality.{level}"),
        error_deg=math.degrees(calibration.axis_error_rad),
        axis=calibration.axis_origin,
        sign=calibration.sign_origin,
        zero=calibration.zero_mode,
        unsure="" if calibration.neutral_verified else told.text("quality.unsure"),
    )


def _describe_clock(clock: ClockMap, told: Telling) -> str:
    origin = clock.origin if clock.origin in ("movement", "shared") else "given"
    return told.text(
        f"quality.clock.{origin}",
        offset_ms=1e3 * clock.offset_s,
        residual_ms=1e3 * clock.residual_s,
    )


def _describe_samples(placement: Placement, counts: CleaningCounts, told: Telling) -> str:
    total = counts.received + counts.missing
    found = {
        "lost": counts.missing,
        "filled": counts.filled,
        "clipped": counts.clipped,
        "held": counts.held,
        "late": counts.late,
        "doubled": counts.duplicate,
        "nonfinite": counts.nonfinite,
    }
    faults = [told.text(f"samples.{word}", count=n) for word, n in found.items() if n]
    faults = faults or [told.text("samples.none_lost")]
    if counts.missing:
        faults[-1] += told.text("samples.share", share=100 * counts.missing / total)
    return told.text(
        "samples.sensor", sensor=placement, received=counts.received, faults=", ".join(faults)
    )
