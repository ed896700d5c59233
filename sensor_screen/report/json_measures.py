"""Everything measured on one leg as JSON: angles in degrees, what is not known is null."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sensor_screen.report.curve import thin_curve
from sensor_screen.report.json_numbers import deg, number, seconds
from sensor_screen.report.sway_json import sway_to_json

if TYPE_CHECKING:
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
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]


def leg_to_json(leg: LegMeasures, told: Telling) -> Json:
    """Everything measured on one leg; in wellness mode nothing that a limit or pain decided."""
    return {
        "side": leg.side.value,
        "missing": [told.foreign_measured(sentence) for sentence in leg.missing],
        "calibration": None if leg.calibration is None else _calibration(leg.calibration, told),
        "clock": _clock(leg.clock),
        "cleaning": {placement.value: _counts(c) for placement, c in leg.cleaning.items()},
        "angle": None if leg.angle is None else _angle(leg.angle),
        "repetitions": [_repetition(repetition, told) for repetition in leg.repetitions],
        "capacities": [_capacity(capacity, told) for capacity in leg.capacities],
        "demands": [_demand(demand, told) for demand in leg.demands],
        "sway": [sway_to_json(stance, told) for stance in leg.sway],
    }


def comparison_to_json(comparison: SideComparison) -> Json:
    """Left beside right: radians become degrees; what has no angle in it stays as it is."""
    factor = math.degrees(1.0) if comparison.unit.startswith("rad") else 1.0
    return {
        "measure": comparison.measure,
        "what": comparison.what,
        "unit": comparison.unit.replace("rad", "deg"),
        "left": number(factor * comparison.left, 3),
        "right": number(factor * comparison.right, 3),
        "difference": number(factor * comparison.difference, 3),
        "sigma": number(factor * comparison.sigma, 3),
        "asymmetry": number(comparison.asymmetry, 4),
    }


def _calibration(calibration: Calibration, told: Telling) -> Json:
    return {
        "neutral_start_s": seconds(calibration.neutral_start_s),
        "neutral_end_s": seconds(calibration.neutral_end_s),
        "neutral_verified": calibration.neutral_verified,
        "axis_origin": calibration.axis_origin.value,
        "sign_origin": calibration.sign_origin.value,
        "zero_mode": calibration.zero_mode.value,
        "axis_sigma_deg": deg(calibration.axis_error_rad),
        "quality": number(calibration.quality, 3),
        "reasons": [told.foreign_measured(reason) for reason in calibration.reasons],
    }


def _clock(clock: ClockMap) -> Json:
    return {
        "offset_s": seconds(clock.offset_s),
        "skew_ppm": number(clock.skew * 1e6, 3),
        "residual_s": seconds(clock.residual_s),
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
        "gaps_s": [[seconds(start), seconds(end)] for start, end in counts.gaps_s],
    }


def _angle(angle: AngleTrace) -> Json:
    curve = thin_curve(angle)
    return {
        "method": angle.method,
        "zero_mode": angle.zero_mode.value,
        "rate_hz": number(angle.rate_hz, 6),
        "samples": int(angle.time_s.size),
        "valid_share": number(float(angle.valid.mean()) if angle.valid.size else math.nan, 4),
        "hinge_share": number(angle.hinge_share, 4),
        "angle_curve": {
            "time_s": [seconds(time_s) for time_s in curve.time_s.tolist()],
            "dorsiflexion_deg": [number(a, 3) for a in curve.dorsiflexion_deg.tolist()],
            "valid": curve.valid.tolist(),
        },
    }


def _repetition(repetition: Repetition, told: Telling) -> Json:
    return {
        "task": repetition.task.value,
        "start_s": seconds(repetition.start_s),
        "end_s": seconds(repetition.end_s),
        "peak_dorsiflexion_deg": deg(repetition.peak_dorsiflexion_rad),
        "peak_dorsiflexion_sigma_deg": deg(repetition.peak_dorsiflexion_sigma_rad),
        "peak_plantarflexion_deg": deg(-repetition.peak_plantarflexion_rad),
        "peak_plantarflexion_sigma_deg": deg(repetition.peak_plantarflexion_sigma_rad),
        "excursion_deg": deg(repetition.excursion_rad),
        "peak_velocity_degps": deg(repetition.peak_velocity_radps),
        "counted": repetition.counted,
        "reason": told.foreign_measured(repetition.reason),
        "kick": None if repetition.kick is None else _kick(repetition.kick, told),
        "quality": [mark.value for mark in repetition.quality],
        "notes": [told.foreign_measured(note) for note in repetition.notes],
        "stride": None if repetition.stride is None else _stride(repetition.stride),
    }


def _kick(kick: KickDetail, told: Telling) -> Json:
    return {
        "found": kick.found,
        "back_swing_start_s": seconds(kick.back_swing_start_s),
        "swing_start_s": seconds(kick.swing_start_s),
        "impact_s": seconds(kick.impact_s),
        "impact_sigma_s": seconds(kick.impact_sigma_s),
        "struck": kick.struck,
        "peak_shank_rate_degps": deg(kick.peak_shank_rate_radps),
        "peak_foot_rate_degps": deg(kick.peak_foot_rate_radps),
        "plantarflexion_before_impact_deg": deg(-kick.plantarflexion_before_impact_rad),
        "plantarflexion_before_impact_sigma_deg": deg(kick.plantarflexion_before_impact_sigma_rad),
        "largest_plantarflexion_deg": deg(-kick.largest_plantarflexion_rad),
        "largest_plantarflexion_sigma_deg": deg(kick.largest_plantarflexion_sigma_rad),
        "excursion_deg": deg(kick.excursion_rad),
        "rise_after_impact_deg": deg(kick.rise_after_impact_rad),
        "rise_note": told.foreign_measured(kick.rise_note),
        "angle_note": told.foreign_measured(kick.angle_note),
        "clipped": kick.clipped,
        "clipping_note": told.foreign_measured(kick.clipping_note),
        "sampling_note": told.foreign_measured(kick.sampling_note),
    }


def _stride(stride: StrideDetail) -> Json:
    return {
        "direction": stride.direction.value,
        "height_change_m": number(stride.height_change_m, 4),
        "height_change_sigma_m": number(stride.height_change_sigma_m, 4),
        "foot_flat_start_s": seconds(stride.foot_flat_start_s),
        "foot_flat_end_s": seconds(stride.foot_flat_end_s),
        "stance_dorsiflexion_deg": deg(stride.stance_dorsiflexion_rad),
        "stance_dorsiflexion_sigma_deg": deg(stride.stance_dorsiflexion_sigma_rad),
        "landing_plantarflexion_deg": deg(-stride.landing_plantarflexion_rad),
        "landing_plantarflexion_sigma_deg": deg(stride.landing_plantarflexion_sigma_rad),
        "push_off_plantarflexion_deg": deg(-stride.push_off_plantarflexion_rad),
        "push_off_plantarflexion_sigma_deg": deg(stride.push_off_plantarflexion_sigma_rad),
    }


def _capacity(capacity: Capacity, told: Telling) -> Json:
    by_whom = {"limited_by_pain": capacity.limited_by_pain, "entered": capacity.entered}
    return {
        "direction": capacity.direction.value,
        "condition": capacity.condition.value,
        "value_deg": deg(capacity.value_rad),
        "sigma_deg": deg(capacity.sigma_rad),
        "trials_deg": [deg(trial) for trial in capacity.trials_rad],
        "mean_of_best_deg": deg(capacity.mean_of_best_rad),
        **({} if told.plain else by_whom),
    }


def _demand(demand: Demand, told: Telling) -> Json:
    return {
        "task": demand.task.value,
        "direction": demand.direction.value,
        "peaks_deg": [deg(peak) for peak in demand.peaks_rad],
        "typical_deg": deg(demand.typical_rad),
        "sigma_deg": deg(demand.sigma_rad),
        "ratio": number(demand.ratio, 4),
        "ratio_sigma": number(demand.ratio_sigma, 4),
        "condition": None if demand.condition is None else demand.condition.value,
        "ratios": [number(ratio, 4) for ratio in demand.ratios],
        "ratio_sigmas": [number(sigma, 4) for sigma in demand.ratio_sigmas],
        "trend": None if demand.trend is None else _trend(demand.trend),
        "exposure": _exposure(demand.exposure) if demand.exposure and not told.plain else None,
    }


def _trend(trend: Trend) -> Json:
    return {
        "change_deg": deg(trend.change_rad),
        "sigma_deg": deg(trend.sigma_rad),
        "repetitions": trend.repetitions,
    }


def _exposure(exposure: Exposure) -> Json:
    return {
        "share": exposure.share,
        "threshold_deg": deg(exposure.threshold_rad),
        "watched_s": seconds(exposure.watched_s),
        "unseen_s": seconds(exposure.unseen_s),
        "time_s": seconds(exposure.time_s),
        "time_low_s": seconds(exposure.time_low_s),
        "time_high_s": seconds(exposure.time_high_s),
        "entries": exposure.entries,
        "angle_time_degs": deg(exposure.angle_time_rads),
        "entry_velocity_degps": deg(exposure.entry_velocity_radps),
        "fastest_entry_degps": deg(exposure.fastest_entry_radps),
    }
