"""A recording with its angles as one MCAP file (https://mcap.dev), for viewers of time series.

    /SIDE/PLACEMENT/imu    {"sequence", "device_time_s", "acc": [x, y, z], "gyr": [x, y, z]}
    /SIDE/ankle/angle      {"time_s", "dorsiflexion_deg", "sigma_deg", "inversion_deg", ...}
    /tasks, /repetitions   {"start_s", "end_s", "task", ...}

Messages are JSON with a JSON schema. Samples are the numbers of the recording, counts as counts:
their scale is in the metadata of the channel. What is not finite is null, JSON knows no nan. The
log time counts from the first sample; `first_time_s` in the metadata `provenance` is its time. The
description of the recording file goes along as the metadata `recording`, so that nothing is lost.
"""

from __future__ import annotations

import heapq
import json
import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from sensor_screen.errors import UsageError
from sensor_screen.session.export import permitted_text
from sensor_screen.session.sample_table import mark_words, name_repetitions
from sensor_screen.storage.recording_metadata import encode_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.model import AngleTrace, SensorStream
    from sensor_screen.session.export import Export

Message = tuple[float, int, int, dict[str, object]]
"""Time in seconds, channel, number within the channel, content."""

_LAST_NS = 2.0**63
"""Times that no clock shows end here."""
_NUMBER = {"type": ["number", "null"]}
_VECTOR = {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3}
_INTEGER = {"type": ["integer", "null"]}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
SCHEMAS: dict[str, dict[str, object]] = {
    "sensor_screen.ImuSample": {
        "sequence": _INTEGER,
        "device_time_s": _NUMBER,
        "acc": _VECTOR,
        "gyr": _VECTOR,
    },
    "sensor_screen.AnkleAngle": {
        "time_s": _NUMBER,
        "dorsiflexion_deg": _NUMBER,
        "sigma_deg": _NUMBER,
        "inversion_deg": _NUMBER,
        "valid": _FLAG,
        "marks": _TEXT,
    },
    "sensor_screen.Task": {"start_s": _NUMBER, "end_s": _NUMBER, "task": _TEXT},
    "sensor_screen.Repetition": {
        "repetition": _TEXT,
        "side": _TEXT,
        "task": _TEXT,
        "start_s": _NUMBER,
        "end_s": _NUMBER,
        "counted": _FLAG,
        "reason": _TEXT,
        "peak_dorsiflexion_deg": _NUMBER,
        "peak_plantarflexion_deg": _NUMBER,
    },
}


def refuse_without_mcap() -> None:
    """Raise before long work where the library for these files is not installed."""
    try:
        import mcap  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            "mcap", "the library for these files is missing", 'pip install "sensor-screen[mcap]"'
        ) from None


def write_mcap(export: Export, stream: BinaryIO) -> None:
    """Write every sample, angle, label and repetition, in the order of their time.

    Raises:
        UsageError: The library is missing.
    """
    refuse_without_mcap()
    from mcap.writer import CompressionType, Writer

    first_s = _first_time_s(export)
    writer = Writer(stream, compression=CompressionType.ZSTD)
    writer.start(profile="", library=f"sensor-screen {export.provenance.software_version}")
    schemas = {
        name: writer.register_schema(name, "jsonschema", _encode(_schema(name, fields)))
        for name, fields in SCHEMAS.items()
    }

    def channel(topic: str, schema: str, **metadata: object) -> int:
        texts = {key: str(value) for key, value in metadata.items()}
        return writer.register_channel(topic, "json", schemas[schema], texts)

    sources = [
        _samples(one, channel(_topic(one), "sensor_screen.ImuSample", **_channel_facts(one)))
        for one in export.recording.streams
    ]
    for leg in export.measured:
        if leg.angle is not None:
            facts = {
                "unit": "deg, dorsiflexion positive",
                "zero": leg.angle.zero_mode.value,
                "method": leg.angle.method,
            }
            topic = f"/{leg.side}/ankle/angle"
            sources.append(_angles(leg.angle, channel(topic, "sensor_screen.AnkleAngle", **facts)))
    sources.append(_tasks(export, channel("/tasks", "sensor_screen.Task")))
    sources.append(_repetitions(export, channel("/repetitions", "sensor_screen.Repetition")))
    for time_s, number, sequence, content in heapq.merge(*sources, key=lambda m: m[0]):
        log_time = round(min(max((time_s - first_s) * 1e9, 0.0), _LAST_NS))
        writer.add_message(number, log_time, _encode(content), log_time, sequence % 2**32)
    described = {**export.provenance.facts(), "first_time_s": repr(first_s)}
    writer.add_metadata("provenance", {key: _as_text(value) for key, value in described.items()})
    writer.add_metadata("recording", {"json": encode_header(export.recording).decode("ascii")})
    writer.finish()  # type: ignore[no-untyped-call]


def _first_time_s(export: Export) -> float:
    times = [stream.time_s for stream in export.recording.streams]
    times += [leg.angle.time_s for leg in export.measured if leg.angle is not None]
    finite = np.concatenate([np.zeros(0), *times])
    finite = finite[np.isfinite(finite)]
    return float(finite.min()) if finite.size else 0.0


def _schema(name: str, fields: dict[str, object]) -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _topic(stream: SensorStream) -> str:
    return f"/{stream.info.side}/{stream.info.placement}/imu"


def _channel_facts(stream: SensorStream) -> dict[str, object]:
    """How the numbers of the samples become SI units: number times scale."""
    return {
        "numbers": "counts" if stream.raw.dtype.kind == "i" else "float32",
        "acc_scale_mps2": repr(float(stream.acc_scale_mps2)),
        "gyr_scale_radps": repr(float(stream.gyr_scale_radps)),
        "acc": "specific force, x y z of the sensor",
        "gyr": "angular velocity, x y z of the sensor",
    }


def _samples(stream: SensorStream, channel: int) -> Iterator[Message]:
    last_s = -math.inf
    sequence = None if stream.sequence is None else stream.sequence.tolist()
    times = zip(stream.time_s.tolist(), stream.device_time_s.tolist(), strict=True)
    for i, (time_s, device_s) in enumerate(times):
        # Samples that came late or without a time keep their place in the order of arrival.
        last_s = max(last_s, time_s) if math.isfinite(time_s) else last_s
        values = [_finite(value) for value in stream.raw[i].tolist()]
        content: dict[str, object] = {
            "sequence": None if sequence is None else sequence[i],
            "device_time_s": _finite(device_s),
            "acc": values[:3],
            "gyr": values[3:],
        }
        yield last_s, channel, i, content


def _angles(trace: AngleTrace, channel: int) -> Iterator[Message]:
    columns = [
        np.degrees(values).tolist()
        for values in (trace.dorsiflexion_rad, trace.sigma_rad, trace.inversion_rad)
    ]
    words = {int(m): mark_words(int(m)) for m in np.unique(trace.marks)}
    rows = zip(
        trace.time_s.tolist(), *columns, trace.valid.tolist(), trace.marks.tolist(), strict=True
    )
    for i, (time_s, angle, sigma, inversion, valid, marks) in enumerate(rows):
        content: dict[str, object] = {
            "time_s": time_s,
            "dorsiflexion_deg": _finite(angle),
            "sigma_deg": _finite(sigma),
            "inversion_deg": _finite(inversion),
            "valid": valid,
            "marks": words[marks],
        }
        yield time_s, channel, i, content


def _tasks(export: Export, channel: int) -> Iterator[Message]:
    for i, task in enumerate(sorted(export.recording.tasks, key=lambda t: t.start_s)):
        content: dict[str, object] = {
            "start_s": task.start_s,
            "end_s": task.end_s,
            "task": task.task.value,
        }
        yield task.start_s, channel, i, content


def _repetitions(export: Export, channel: int) -> Iterator[Message]:
    claims = export.provenance.claims
    named = [pair for leg in export.legs for pair in name_repetitions(leg.repetitions)]
    for i, (name, one) in enumerate(sorted(named, key=lambda pair: pair[1].start_s)):
        content: dict[str, object] = {
            "repetition": name,
            "side": one.side.value,
            "task": one.task.value,
            "start_s": one.start_s,
            "end_s": one.end_s,
            "counted": one.counted,
            "reason": permitted_text(one.reason, claims),
            "peak_dorsiflexion_deg": _finite(math.degrees(one.peak_dorsiflexion_rad)),
            "peak_plantarflexion_deg": _finite(math.degrees(one.peak_plantarflexion_rad)),
        }
        yield one.start_s, channel, i, content


def _finite(value: Any) -> Any:  # noqa: ANN401  (an int stays an int)
    return value if math.isfinite(value) else None


def _as_text(value: object) -> str:
    return " | ".join(value) if isinstance(value, list) else str(value)


def _encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
