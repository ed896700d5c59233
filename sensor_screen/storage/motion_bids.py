"""A recording as a Motion-BIDS dataset of one person (BIDS 1.10, Jeung et al. 2024).

Each clock is a tracking system with a file of its own: samples are never brought to the time of
others. Sensors that share their times exactly are one system, `imu`; otherwise each is one, as
`imuLeftShank`. The angle is a system of joint angles, `angle`, or one a leg. Every file has a
channel of type LATENCY, seconds from the first sample of the dataset, which tells how they relate.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import UsageError
from sensor_screen.session.export import permitted_text, plain_line
from sensor_screen.session.sample_table import name_repetitions
from sensor_screen.storage.motion_systems import Channel, System, angle_systems, sensor_systems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sensor_screen.model import Floats
    from sensor_screen.session.export import Export

BIDS_VERSION = "1.10.0"
TASK = "anklescreen"
_BLOCK_ROWS = 50_000
_FRAMES = {
    "sensor": {
        "Description": "Axes of the sensor itself, right-handed, as it was worn.",
        "RotationRule": "right-hand",
        "SpatialAxes": "n/a",
    },
    "ankle": {
        "Description": "Foot against shank. Dorsiflexion and inversion are positive, for the left "
        "and the right ankle alike (Wu et al. 2002, signs of the left side mirrored).",
        "RotationRule": "n/a",
        "SpatialAxes": "n/a",
    },
}


def write_motion_bids(export: Export, folder: Path, subject: str = "01") -> None:
    """Write a whole dataset into an empty folder.

    Args:
        export: A recording, with angles where they were measured.
        folder: Where to.
        subject: Label of the person, letters and digits.

    Raises:
        UsageError: The label is none.
    """
    refuse_label(subject)
    systems = (*sensor_systems(export), *angle_systems(export))
    begin_s = min(_first_s(s.time_s, math.inf) for s in systems)
    begin_s = begin_s if math.isfinite(begin_s) else 0.0
    _write_json(folder / "dataset_description.json", _describe_dataset(export))
    (folder / "README.md").write_text(_readme(export), encoding="utf-8")
    (folder / "participants.tsv").write_text(f"participant_id\nsub-{subject}\n", encoding="utf-8")
    _write_json(
        folder / "participants.json",
        {"participant_id": {"Description": "Label of the person; nothing else is known here."}},
    )
    motion = folder / f"sub-{subject}" / "motion"
    motion.mkdir(parents=True)
    for system in systems:
        stem = f"sub-{subject}_task-{TASK}_tracksys-{system.label}"
        _write_system(motion / stem, system, begin_s, export)


def refuse_label(subject: str) -> None:
    """Raise where a text cannot be the label of a person in file names."""
    if not re.fullmatch(r"[0-9A-Za-z]{1,32}", subject):
        raise UsageError(
            f"subject {plain_line(subject)[:40]}",
            "a label has letters and digits only",
            "give one such as 01",
        )


# --- files ---------------------------------------------------------------------------------------


def _write_system(stem: Path, system: System, begin_s: float, export: Export) -> None:
    first_s = _first_s(system.time_s, begin_s)
    latency = Channel(
        "latency", "n/a", "LATENCY", "n/a", "s", "n/a",
        "Seconds from the first sample of the dataset, the same zero in every file.",
        "%.9f", system.time_s - begin_s,
    )  # fmt: skip
    channels = (*system.channels, latency)
    _write_samples(stem.with_name(f"{stem.name}_motion.tsv"), channels)
    _write_json(
        stem.with_name(f"{stem.name}_motion.json"), _describe_system(system, channels, export)
    )
    rows = [
        ("name", "component", "type", "tracked_point", "units", "reference_frame",
         "sampling_frequency", "description"),
        *(
            (c.name, c.component, c.type, c.tracked_point, c.units, c.reference_frame,
             _figure(system.rate_hz), c.description)
            for c in channels
        ),
    ]  # fmt: skip
    _write_tsv(stem.with_name(f"{stem.name}_channels.tsv"), rows)
    used = {c.reference_frame for c in channels} & set(_FRAMES)
    _write_json(
        stem.with_name(f"{stem.name}_channels.json"),
        {
            "reference_frame": {
                "Description": "What the axes of a channel are.",
                "Levels": {name: _FRAMES[name] for name in sorted(used)},
            }
        },
    )
    _write_tsv(stem.with_name(f"{stem.name}_events.tsv"), _events(export, first_s))
    _write_json(stem.with_name(f"{stem.name}_events.json"), _EVENT_COLUMNS)


_EVENT_COLUMNS = {
    "trial_type": {"Description": "What was done."},
    "kind": {
        "Description": "Where it comes from.",
        "Levels": {
            "label": "Labelled by a person or a program.",
            "found": "Found in the movement of that leg.",
            "repetition": "One movement of one leg, counted or not.",
        },
    },
    "side": {"Description": "Leg; n/a for labels, which name none."},
    "repetition": {"Description": "Name of the repetition."},
    "counted": {"Description": "1 where it went into the figures, else 0."},
}


def _first_s(time_s: Floats, otherwise_s: float) -> float:
    """The first time that is known."""
    known = time_s[np.isfinite(time_s)]
    return float(known[0]) if known.size else otherwise_s


def _events(export: Export, first_s: float) -> list[tuple[str, ...]]:
    """Labels, found tasks and repetitions, seconds from the first sample of their file."""
    found: list[tuple[float, float, str, str, str, str, str]] = [
        (t.start_s, t.end_s, t.task.value, "label", "n/a", "n/a", "n/a")
        for t in export.recording.tasks
    ]
    for leg in export.legs:
        found += [
            (t.start_s, t.end_s, t.task.value, "found", leg.side.value, "n/a", "n/a")
            for t in leg.found_tasks
        ]
        found += [
            (
                r.start_s,
                r.end_s,
                r.task.value,
                "repetition",
                r.side.value,
                name,
                str(int(r.counted)),
            )
            for name, r in name_repetitions(leg.repetitions)
        ]
    rows = [
        (f"{start_s - first_s:.6f}", f"{end_s - start_s:.6f}", *words)
        for start_s, end_s, *words in sorted(found, key=lambda event: event[:2])
    ]
    return [("onset", "duration", *_EVENT_COLUMNS), *rows]


def _describe_system(
    system: System, channels: Sequence[Channel], export: Export
) -> dict[str, object]:
    count = system.time_s.size
    span_s = float(system.time_s[-1] - system.time_s[0]) if count > 1 else 0.0
    kinds = [channel.type for channel in channels]
    described: dict[str, object] = {
        "TaskName": TASK,
        "TaskDescription": "Ankle movement screen; the parts are in the events.",
        "TrackingSystemName": system.name,
        "SamplingFrequency": _known(system.rate_hz),
        "SamplingFrequencyEffective": _known((count - 1) / span_s if span_s > 0 else math.nan),
        "RecordingDuration": round(span_s, 6),
        "MotionChannelCount": len(channels),
        "TrackedPointsCount": len({c.tracked_point for c in channels} - {"n/a"}),
        "MissingValues": "n/a",
        "SoftwareVersions": f"sensor-screen {export.provenance.software_version}",
        "SensorScreen": export.provenance.facts(),
    }
    for kind in ("ACCEL", "GYRO", "JNTANG", "LATENCY"):
        described[f"{kind}ChannelCount"] = kinds.count(kind)
    described["MiscChannelCount"] = kinds.count("MISC")
    claims = export.provenance.claims
    if system.models:
        described["ManufacturersModelName"] = permitted_text(system.models, claims)
    if system.serials:
        described["DeviceSerialNumber"] = permitted_text(system.serials, claims)
    return described


def _describe_dataset(export: Export) -> dict[str, object]:
    origin = export.provenance.origin.value
    return {
        "Name": f"Ankle movement screen ({origin})",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "sensor-screen", "Version": export.provenance.software_version}],
    }


def _readme(export: Export) -> str:
    lines = ["# Ankle movement screen", ""]
    for key, value in export.provenance.facts().items():
        said = value if isinstance(value, list) else [value]
        lines += [f"- {key}: {_as_plain_markdown(str(one))}" for one in said if str(one)]
    lines += [
        "",
        "Times: `latency` in every file counts from the first sample of the dataset; `onset` of "
        "events counts from the first sample of their own file. Sensors that share no clock are "
        "files of their own and were not resampled. There is no scans.tsv, because the time of day "
        "is not known.",
        "",
        "Samples are in SI units; counts times the size of one count, which is in the channels.",
        "",
    ]
    return "\n".join(lines)


def _as_plain_markdown(text: str) -> str:
    """No letter of it is markup."""
    return re.sub(r"([\\`*_\[\]<>#|!])", r"\\\1", text)


def _write_samples(path: Path, channels: Sequence[Channel]) -> None:
    """One row a sample, no header row; `n/a` where there is no value."""
    table = np.column_stack([channel.values for channel in channels])
    line = "\t".join(channel.form for channel in channels) + "\n"
    forms = [channel.form for channel in channels]
    with path.open("w", encoding="utf-8", newline="") as stream:
        for start in range(0, len(table), _BLOCK_ROWS):
            rows = table[start : start + _BLOCK_ROWS]
            if np.isfinite(rows).all():
                stream.write("".join([line % tuple(row) for row in rows.tolist()]))
            else:
                stream.write("".join([_gappy(row, forms) for row in rows.tolist()]))


def _gappy(row: Sequence[float], forms: Sequence[str]) -> str:
    cells = [f % v if math.isfinite(v) else "n/a" for v, f in zip(row, forms, strict=True)]
    return "\t".join(cells) + "\n"


def _write_tsv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="")


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _figure(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else "n/a"


def _known(value: float) -> float | str:
    return round(value, 6) if math.isfinite(value) else "n/a"
