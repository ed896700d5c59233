"""Angle curves drawn by hand, with peaks that are known exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import AngleTrace, Repetition, Side, Task, TaskInterval, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats

RATE_HZ = 100.0


def hill(peak_deg: float, rise_s: float = 1.0, hold_s: float = 0.0, rest_s: float = 1.0) -> Floats:
    """Rest at zero, a raised cosine up, a hold, the same down again; degrees."""
    rise = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, round(rise_s * RATE_HZ) + 1))
    shape = [rise, np.ones(round(hold_s * RATE_HZ)), rise[::-1]]
    return np.concatenate([peak_deg * np.concatenate(shape), np.zeros(round(rest_s * RATE_HZ))])


def hills(peaks_deg: Sequence[float], **shape: float) -> Floats:
    """One second of rest, then a hill for each peak."""
    rest = np.zeros(round(RATE_HZ))
    return np.concatenate([rest, *(hill(peak, **shape) for peak in peaks_deg)])


def trace(
    dorsiflexion_deg: Floats,
    *,
    side: Side = Side.LEFT,
    valid: Bools | None = None,
    shank_lean_deg: Floats | None = None,
    sigma_deg: float = 1.0,
) -> AngleTrace:
    """An angle trace with the given curve; the shank leans as much as the ankle bends."""
    count = dorsiflexion_deg.size
    lean_deg = dorsiflexion_deg if shank_lean_deg is None else shank_lean_deg
    return AngleTrace(
        side=side,
        rate_hz=RATE_HZ,
        time_s=np.arange(count) / RATE_HZ,
        dorsiflexion_rad=np.radians(dorsiflexion_deg),
        inversion_rad=np.zeros(count),
        sigma_rad=np.full(count, np.radians(sigma_deg)),
        valid=np.ones(count, dtype=np.bool_) if valid is None else valid,
        marks=np.zeros(count, dtype=np.uint8),
        shank_lean_rad=np.radians(lean_deg),
        foot_pitch_rad=np.radians(dorsiflexion_deg - lean_deg),
        zero_mode=ZeroMode.GRAVITY_VERTICAL,
        method="smoother",
        hinge_share=1.0,
    )


def whole(angle: AngleTrace, task: Task) -> TaskInterval:
    """The whole trace labelled as one task."""
    return TaskInterval(0.0, float(angle.time_s[-1]), task)


def repetition(
    task: Task,
    *,
    bend_deg: float = 0.0,
    point_deg: float = 0.0,
    sigma_deg: float = 1.0,
    side: Side = Side.LEFT,
    at_s: float = 0.0,
    reason: str = "",
) -> Repetition:
    """One repetition with the given peaks, both positive in their own direction."""
    return Repetition(
        task=task,
        side=side,
        start_s=at_s,
        end_s=at_s + 2.0,
        peak_dorsiflexion_rad=float(np.radians(bend_deg)),
        peak_dorsiflexion_sigma_rad=float(np.radians(sigma_deg)),
        peak_plantarflexion_rad=float(-np.radians(point_deg)),
        peak_plantarflexion_sigma_rad=float(np.radians(sigma_deg)),
        peak_velocity_radps=1.0,
        counted=not reason,
        reason=reason,
    )
