"""The report as JSON, after the published schema `schema/screening-report-1.json`.

Angles are in degrees, each name ends in its unit, errors are one standard deviation unless the name
says `error_95`, and what is not known is null.
"""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import TYPE_CHECKING, Any

from sensor_screen.report.curve import thin_curve
from sensor_screen.report.sway_json import sway_to_json

if TYPE_CHECKING:
    from sensor_screen.judgement import Advice, Finding, ScreeningReport, ZoneBands
    from sensor_screen.model import (
        AngleTrace,
        Calibration,
        Capacity,
        CleaningCounts,
        ClockMap,
        Demand,
        Exposure,
        KickDetail,
        LegMeasures,
        Repetition,
        SideComparison,
        StrideDetail,
        Trend,
    )

SCHEMA_ID = "screening-report-1"
SCHEMA_VERSION = "1.0.0"

Json = dict[str, Any]


def read_schema() -> Json:
    """The published JSON schema of the report."""
    folder = resources.files(__package__).joinpath("schema")
    schema: Json = json.loads(folder.joinpath(f"{SCHEMA_ID}.json").read_text(encoding="utf-8"))
    return schema


def report_to_json(report: ScreeningReport) -> Json:
    """The report as plain JSON values; every mark and every missing measure is in it."""
    return {
        "schema": SCHEMA_ID,
        "schema_version": SCHEMA_VERSION,
        "software_version": report.software_version,
        "rulebook_version": report.rulebook_version,
        "origin": report.origin.value,
        "source": report.source,
        "marks": list(report.marks),
        "missing": list(report.missing),
        "findings": [_finding(finding) for finding in report.findings],
        "advice": [_advice(advice) for advice in report.advice],
        "care_pathway": list(report.care_pathway),
        "legs": [_leg(leg) for leg in report.legs],
        "comparisons": [_comparison(comparison) for comparison in report.comparisons],
        "disclaimer": report.disclaimer,
    }


def _number(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def _deg(angle_rad: float) -> float | None:
    return _number(math.degrees(angle_rad), 3)


def _s(time_s: float) -> float | None:
    return _number(time_s, 6)


def _leg(leg: LegMeasures) -> Json:
    return {
        "side": leg.side.value,
        "missing": list(leg.missing),
        "calibration": None if leg.calibration is None else _calibration(leg.calibration),
        "clock": _clock(leg.clock),
        "cleaning": {placement.value: _counts(c) for placement, c in leg.cleaning.items()},
        "angle": None if leg.angle is None else _angle(leg.angle),
        "repetitions": [_repetition(repetition) for repetition in leg.repetitions],
        "capacities": [_capacity(capacity) for capacity in leg.capacities],
        "demands": [_demand(demand) for demand in leg.demands],
        "sway": [sway_to_json(stance) for stance in leg.sway],
    }


def _comparison(comparison: SideComparison) -> Json:
    """Radians become degrees; what has no angle in it stays as it is."""
    factor = math.degrees(1.0) if comparison.unit.startswith("rad") else 1.0
    return {
        "measure": comparison.measure,
        "what": comparison.what,
        "unit": comparison.unit.replace("rad", "deg"),
        "left": _number(factor * comparison.left, 3),
        "right": _number(factor * comparison.right, 3),
        "difference": _number(factor * comparison.difference, 3),
        "sigma": _number(factor * comparison.sigma, 3),
        "asymmetry": _number(comparison.asymmetry, 4),
    }


def _calibration(calibration: Calibration) -> Json:
    return {
        "neutral_start_s": _s(calibration.neutral_start_s),
        "neutral_end_s": _s(calibration.neutral_end_s),
        "neutral_verified": calibration.neutral_verified,
        "axis_origin": calibration.axis_origin.value,
        "sign_origin": calibration.sign_origin.value,
        "zero_mode": calibration.zero_mode.value,
        "axis_sigma_deg": _deg(calibration.axis_error_rad),
        "quality": _number(calibration.quality, 3),
        "reasons": list(calibration.reasons),
    }


def _clock(clock: ClockMap) -> Json:
    return {
        "offset_s": _s(clock.offset_s),
        "skew_ppm": _number(clock.skew * 1e6, 3),
        "residual_s": _s(clock.residual_s),
        "origin": clock.origin,
    }


def _counts(counts: CleaningCounts) -> Json:
    return {
        "received_samples": counts.received,
        "nonfinite_samples": counts.nonfinite,
        "duplicate_samples": counts.duplicate,
        "late_samples": counts.late,
        "clipped_samples": counts.clipped,
        "held_samples": counts.held,
        "filled_samples": counts.filled,
        "missing_samples": counts.missing,
        "gaps_s": [[_s(start), _s(end)] for start, end in counts.gaps_s],
    }


def _angle(angle: AngleTrace) -> Json:
    curve = thin_curve(angle)
    return {
        "method": angle.method,
        "zero_mode": angle.zero_mode.value,
        "rate_hz": _number(angle.rate_hz, 6),
        "samples": int(angle.time_s.size),
        "valid_share": _number(float(angle.valid.mean()) if angle.valid.size else math.nan, 4),
        "hinge_share": _number(angle.hinge_share, 4),
        "angle_curve": {
            "time_s": [_s(time_s) for time_s in curve.time_s.tolist()],
            "dorsiflexion_deg": [_number(a, 3) for a in curve.dorsiflexion_deg.tolist()],
            "valid": curve.valid.tolist(),
        },
    }


def _repetition(repetition: Repetition) -> Json:
    return {
        "task": repetition.task.value,
        "start_s": _s(repetition.start_s),
        "end_s": _s(repetition.end_s),
        "peak_dorsiflexion_deg": _deg(repetition.peak_dorsiflexion_rad),
        "peak_dorsiflexion_sigma_deg": _deg(repetition.peak_dorsiflexion_sigma_rad),
        "peak_plantarflexion_deg": _deg(-repetition.peak_plantarflexion_rad),
        "peak_plantarflexion_sigma_deg": _deg(repetition.peak_plantarflexion_sigma_rad),
        "excursion_deg": _deg(repetition.excursion_rad),
        "peak_velocity_degps": _deg(repetition.peak_velocity_radps),
        "counted": repetition.counted,
        "reason": repetition.reason,
        "kick": None if repetition.kick is None else _kick(repetition.kick),
        "quality": [mark.value for mark in repetition.quality],
        "notes": list(repetition.notes),
        "stride": None if repetition.stride is None else _stride(repetition.stride),
    }


def _kick(kick: KickDetail) -> Json:
    return {
        "found": kick.found,
        "back_swing_start_s": _s(kick.back_swing_start_s),
        "swing_start_s": _s(kick.swing_start_s),
        "impact_s": _s(kick.impact_s),
        "impact_sigma_s": _s(kick.impact_sigma_s),
        "struck": kick.struck,
        "peak_shank_rate_degps": _deg(kick.peak_shank_rate_radps),
        "peak_foot_rate_degps": _deg(kick.peak_foot_rate_radps),
        "plantarflexion_before_impact_deg": _deg(-kick.plantarflexion_before_impact_rad),
        "plantarflexion_before_impact_sigma_deg": _deg(kick.plantarflexion_before_impact_sigma_rad),
        "largest_plantarflexion_deg": _deg(-kick.largest_plantarflexion_rad),
        "largest_plantarflexion_sigma_deg": _deg(kick.largest_plantarflexion_sigma_rad),
        "excursion_deg": _deg(kick.excursion_rad),
        "rise_after_impact_deg": _deg(kick.rise_after_impact_rad),
        "rise_note": kick.rise_note,
        "angle_note": kick.angle_note,
        "clipped": kick.clipped,
        "clipping_note": kick.clipping_note,
        "sampling_note": kick.sampling_note,
    }


def _stride(stride: StrideDetail) -> Json:
    return {
        "direction": stride.direction.value,
        "height_change_m": _number(stride.height_change_m, 4),
        "height_change_sigma_m": _number(stride.height_change_sigma_m, 4),
        "foot_flat_start_s": _s(stride.foot_flat_start_s),
        "foot_flat_end_s": _s(stride.foot_flat_end_s),
        "stance_dorsiflexion_deg": _deg(stride.stance_dorsiflexion_rad),
        "stance_dorsiflexion_sigma_deg": _deg(stride.stance_dorsiflexion_sigma_rad),
        "landing_plantarflexion_deg": _deg(-stride.landing_plantarflexion_rad),
        "landing_plantarflexion_sigma_deg": _deg(stride.landing_plantarflexion_sigma_rad),
        "push_off_plantarflexion_deg": _deg(-stride.push_off_plantarflexion_rad),
        "push_off_plantarflexion_sigma_deg": _deg(stride.push_off_plantarflexion_sigma_rad),
    }


def _capacity(capacity: Capacity) -> Json:
    return {
        "direction": capacity.direction.value,
        "condition": capacity.condition.value,
        "value_deg": _deg(capacity.value_rad),
        "sigma_deg": _deg(capacity.sigma_rad),
        "trials_deg": [_deg(trial) for trial in capacity.trials_rad],
        "mean_of_best_deg": _deg(capacity.mean_of_best_rad),
        "limited_by_pain": capacity.limited_by_pain,
        "entered": capacity.entered,
    }


def _demand(demand: Demand) -> Json:
    return {
        "task": demand.task.value,
        "direction": demand.direction.value,
        "peaks_deg": [_deg(peak) for peak in demand.peaks_rad],
        "typical_deg": _deg(demand.typical_rad),
        "sigma_deg": _deg(demand.sigma_rad),
        "ratio": _number(demand.ratio, 4),
        "ratio_sigma": _number(demand.ratio_sigma, 4),
        "condition": None if demand.condition is None else demand.condition.value,
        "ratios": [_number(ratio, 4) for ratio in demand.ratios],
        "ratio_sigmas": [_number(sigma, 4) for sigma in demand.ratio_sigmas],
        "trend": None if demand.trend is None else _trend(demand.trend),
        "exposure": None if demand.exposure is None else _exposure(demand.exposure),
    }


def _trend(trend: Trend) -> Json:
    return {
        "change_deg": _deg(trend.change_rad),
        "sigma_deg": _deg(trend.sigma_rad),
        "repetitions": trend.repetitions,
    }


def _exposure(exposure: Exposure) -> Json:
    return {
        "share": exposure.share,
        "threshold_deg": _deg(exposure.threshold_rad),
        "watched_s": _s(exposure.watched_s),
        "unseen_s": _s(exposure.unseen_s),
        "time_s": _s(exposure.time_s),
        "time_low_s": _s(exposure.time_low_s),
        "time_high_s": _s(exposure.time_high_s),
        "entries": exposure.entries,
        "angle_time_degs": _deg(exposure.angle_time_rads),
        "entry_velocity_degps": _deg(exposure.entry_velocity_radps),
        "fastest_entry_degps": _deg(exposure.fastest_entry_radps),
    }


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "side": finding.side.value,
        "panel": finding.panel.value,
        "task": finding.task.value,
        "zone": finding.zone.value,
        "typical_deg": _deg(finding.demand.typical_rad),
        "capacity_deg": _deg(finding.capacity.value_rad),
        "ratio": _number(finding.demand.ratio, 4),
        "ratio_error_95": _number(1.96 * finding.demand.ratio_sigma, 4),
        "bands": _bands(finding.bands),
        "sentence": finding.sentence,
        "meaning": finding.meaning,
        "threshold_note": finding.threshold_note,
    }


def _bands(bands: ZoneBands) -> Json:
    return {
        "resolved": bands.resolved,
        "amber_from_deg": _deg(bands.amber_from_rad),
        "red_from_deg": _deg(bands.red_from_rad),
        "end_range_deg": _deg(bands.end_range_rad),
        "beyond_from_deg": _deg(bands.beyond_from_rad),
        "error_deg": _deg(bands.error_rad),
    }


def _advice(advice: Advice) -> Json:
    return {
        "id": advice.id,
        "sentence": advice.sentence,
        "grade": advice.grade,
        "source": advice.source,
        "finding_ids": list(advice.finding_ids),
    }
