"""Recordings and CSV files made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Placement, Recording, SensorInfo, SensorStream, Side

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Floats

HEADER = "time_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"


def rocking(duration_s: float = 6.0, rate_hz: float = 50.0) -> Floats:
    """(n, 7) time, specific force, angular velocity: 1 s still, then rocking about x by 30 deg."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    moving_s = np.maximum(time_s - 1.0, 0.0)
    angle_rad = 0.25 * (1.0 - np.cos(4.0 * moving_s))
    rate_radps = np.sin(4.0 * moving_s)
    zero = np.zeros_like(time_s)
    return np.column_stack(
        [
            time_s,
            zero,
            9.81 * np.sin(angle_rad),
            9.81 * np.cos(angle_rad),
            rate_radps,
            zero,
            zero,
        ]
    )


def write_csv(path: Path, samples: Floats | None = None, header: str = HEADER) -> Path:
    """A sensor file as `read_sensor_csv` wants it."""
    samples = rocking() if samples is None else samples
    rows = "\n".join(",".join(f"{value:.9g}" for value in row) for row in samples)
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return path


def stream(
    side: Side = Side.RIGHT, placement: Placement = Placement.SHANK, *, counts: bool = True
) -> SensorStream:
    """A short stream, of counts with sequence numbers or of floats without."""
    samples = rocking(1.0)
    if not counts:
        return SensorStream(
            SensorInfo(side, placement), samples[:, 0], samples[:, 1:].astype(np.float32)
        )
    return SensorStream(
        SensorInfo(side, placement),
        samples[:, 0],
        (samples[:, 1:] * 1000.0).astype(np.int16),
        acc_scale_mps2=1e-3,
        gyr_scale_radps=1e-3,
        sequence=np.arange(len(samples)),
    )


def recording() -> Recording:
    """Shank with counts, foot with floats."""
    return Recording((stream(), stream(placement=Placement.FOOT, counts=False)))
