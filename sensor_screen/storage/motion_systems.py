"""The tracking systems of a Motion-BIDS dataset: which channels share one clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Floats, SensorStream
    from sensor_screen.session.export import Export

_AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a motion file and its row in the channel file."""

    name: str
    component: str
    type: str
    tracked_point: str
    units: str
    reference_frame: str
    description: str
    form: str
    values: Floats  # (n,)


@dataclass(frozen=True, slots=True)
class System:
    """One tracking system: channels on one clock."""

    label: str
    name: str
    rate_hz: float
    time_s: Floats  # (n,)
    channels: tuple[Channel, ...]
    models: str
    serials: str


def sensor_systems(export: Export) -> list[System]:
    """Sensors with exactly the same times together, the others each alone."""
    groups: list[list[SensorStream]] = []
    for stream in export.recording.streams:
        for group in groups:
            if np.array_equal(group[0].time_s, stream.time_s):
                group.append(stream)
                break
        else:
            groups.append([stream])
    alone = len(groups) == 1
    return [_sensor_system(group, "imu" if alone else _label("imu", group)) for group in groups]


def _label(first: str, group: Sequence[SensorStream]) -> str:
    return first + "".join(_point(s.info.side, s.info.placement.value) for s in group)


def _point(side: Side, part: str) -> str:
    return ("" if side is Side.NONE else side.value.title()) + part.title()


def _sensor_system(group: Sequence[SensorStream], label: str) -> System:
    channels = []
    for stream in group:
        info = stream.info
        words = [w for w in (info.side.value, info.placement.value) if w != Side.NONE.value]
        point = _point(info.side, info.placement.value)
        for kind, unit, values, said in (
            ("acc", "m/s^2", stream.acc_mps2, "Specific force: at rest it points up."),
            ("gyr", "rad/s", stream.gyr_radps, "Angular velocity."),
        ):
            scale = stream.acc_scale_mps2 if kind == "acc" else stream.gyr_scale_radps
            counts = f" One count is {scale!r} {unit}." if stream.raw.dtype.kind == "i" else ""
            for i, axis in enumerate(_AXES):
                name = "_".join([*words, kind, axis])
                kept = "ACCEL" if kind == "acc" else "GYRO"
                channels.append(
                    Channel(
                        name, axis, kept, point, unit, "sensor", said + counts, "%.9g", values[:, i]
                    )
                )
    infos = [stream.info for stream in group]
    time_s = group[0].time_s
    return System(
        label=label,
        name=", ".join(_point(i.side, i.placement.value) for i in infos),
        rate_hz=_rate_hz(time_s),
        time_s=time_s,
        channels=tuple(channels),
        models=", ".join(dict.fromkeys(i.model for i in infos if i.model)),
        serials=", ".join(i.serial for i in infos if i.serial),
    )


def angle_systems(export: Export) -> list[System]:
    """The ankle angles, of both legs together where they have the same times."""
    traces = [leg.angle for leg in export.measured if leg.angle is not None]
    if len(traces) == 2 and np.array_equal(traces[0].time_s, traces[1].time_s):
        groups = [("angle", traces)]
    else:
        one = len(traces) == 1
        groups = [("angle" if one else f"angle{_point(t.side, '')}", [t]) for t in traces]
    systems = []
    for label, group in groups:
        channels = []
        for trace in group:
            side = "" if trace.side is Side.NONE else f"{trace.side}_"
            point = _point(trace.side, "ankle")
            said = f"{trace.method}; zero: {trace.zero_mode.value}"
            channels += [
                Channel(f"{side}ankle_{name}", "n/a", kind, point, unit, frame, text, form, values)
                for name, kind, unit, frame, text, form, values in (
                    ("dorsiflexion", "JNTANG", "deg", "ankle", f"Dorsiflexion positive; {said}.",
                     "%.6f", np.degrees(trace.dorsiflexion_rad)),
                    ("inversion", "JNTANG", "deg", "ankle", "Inversion positive.",
                     "%.6f", np.degrees(trace.inversion_rad)),
                    ("dorsiflexion_sigma", "MISC", "deg", "n/a", "1 sigma of dorsiflexion.",
                     "%.6f", np.degrees(trace.sigma_rad)),
                    ("valid", "MISC", "n/a", "n/a", "1 where the angle may be used, else 0.",
                     "%d", trace.valid.astype(np.float64)),
                )
            ]  # fmt: skip
        systems.append(
            System(
                label=label,
                name="Ankle angle by sensor-screen",
                rate_hz=group[0].rate_hz,
                time_s=group[0].time_s,
                channels=tuple(channels),
                models="",
                serials="",
            )
        )
    return systems


def _rate_hz(time_s: Floats) -> float:
    steps_s = np.diff(time_s[np.isfinite(time_s)])
    steps_s = steps_s[steps_s > 0.0]
    return float(1.0 / np.median(steps_s)) if steps_s.size else float("nan")
