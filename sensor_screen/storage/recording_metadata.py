"""Everything of a recording but its samples, as JSON.

What is read back is not trusted: every field is looked at for its type and size, and a file that
does not fit raises `ValueError` with the reason; `recording_file` says it to the user.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NoReturn

from sensor_screen.model import (
    ClockMap,
    GyroSampling,
    Origin,
    Placement,
    Recording,
    SensorInfo,
    SensorStream,
    Side,
    Task,
    TaskInterval,
)
from sensor_screen.version import __version__

FORMAT_VERSION = 1
MAX_BYTES = 1 << 20
MAX_STREAMS = 16
MAX_SKEW = 0.01
"""1 %, a hundred times what a crystal does: more is not a clock."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What is known of one stream before its samples are read."""

    info: SensorInfo
    samples: int
    counts: bool
    """Samples are the sensor's int16 counts; float32 otherwise."""
    numbered: bool
    """Samples carry a sequence number."""
    acc_scale_mps2: float
    gyr_scale_radps: float
    clock: ClockMap | None


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What is known of a recording before its samples are read."""

    streams: tuple[StreamHeader, ...]
    tasks: tuple[TaskInterval, ...]
    origin: Origin
    source: str
    notes: dict[str, str]
    recorded_on: str = ""


def encode_header(recording: Recording) -> bytes:
    """The JSON that goes with the samples.

    Raises:
        ValueError: Some value has no place in a file (not finite, a sensor twice).
    """
    content: Json = {
        "format_version": FORMAT_VERSION,
        "software_version": __version__,
        "origin": recording.origin,
        "source": recording.source,
        "notes": recording.notes,
        "tasks": [asdict(task) for task in recording.tasks],
        "streams": [_encode_stream(stream) for stream in recording.streams],
    }
    if recording.recorded_on:
        content["recorded_on"] = recording.recorded_on
    encoded = json.dumps(content, allow_nan=False).encode()
    decode_header(encoded)  # a file that is written is a file that can be read
    return encoded


def decode_header(encoded: bytes) -> RecordingHeader:
    """The header from its JSON.

    Raises:
        ValueError: With the reason, where the JSON is not a header of this format.
    """
    if len(encoded) > MAX_BYTES:
        raise ValueError(f"its description is larger than {MAX_BYTES >> 20} MB")
    try:
        content = json.loads(encoded, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("its description is not JSON") from error
    try:
        return _decode(content)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"its description lacks or misuses {error}") from error


def _encode_stream(stream: SensorStream) -> Json:
    return {
        **asdict(stream.info),
        "samples": len(stream.raw),
        "counts": stream.raw.dtype.kind == "i",
        "numbered": stream.sequence is not None,
        "acc_scale_mps2": float(stream.acc_scale_mps2),
        "gyr_scale_radps": float(stream.gyr_scale_radps),
        "clock": None if stream.clock is None else asdict(stream.clock),
    }


def _decode(content: Json) -> RecordingHeader:
    version = content["format_version"]
    if version != FORMAT_VERSION:
        raise ValueError(f"its format is {version!r}, and this program reads {FORMAT_VERSION}")
    streams = tuple(_decode_stream(entry) for entry in content["streams"])
    if len(streams) > MAX_STREAMS:
        raise ValueError(f"it claims {len(streams)} sensors")
    keys = [(header.info.side, header.info.placement) for header in streams]
    for side, placement in keys:
        if keys.count((side, placement)) > 1:
            raise ValueError(f"it holds the {side} {placement} sensor twice")
    return RecordingHeader(
        streams=streams,
        tasks=tuple(_decode_task(entry) for entry in content["tasks"]),
        origin=Origin(content["origin"]),
        source=_text(content["source"]),
        notes={_text(key): _text(value) for key, value in content["notes"].items()},
        recorded_on=_date(content.get("recorded_on", "")),
    )


def _decode_stream(entry: Json) -> StreamHeader:
    samples = entry["samples"]
    if type(samples) is not int or samples < 0:
        raise ValueError(f"it claims {samples!r} samples")
    return StreamHeader(
        info=SensorInfo(
            side=Side(entry["side"]),
            placement=Placement(entry["placement"]),
            serial=_text(entry["serial"]),
            model=_text(entry["model"]),
            gyro_sampling=GyroSampling(entry["gyro_sampling"]),
            acc_range_mps2=_positive_or_none(entry["acc_range_mps2"]),
            gyr_range_radps=_positive_or_none(entry["gyr_range_radps"]),
        ),
        samples=samples,
        counts=_flag(entry["counts"]),
        numbered=_flag(entry["numbered"]),
        acc_scale_mps2=_positive(entry["acc_scale_mps2"]),
        gyr_scale_radps=_positive(entry["gyr_scale_radps"]),
        clock=None if entry["clock"] is None else _decode_clock(entry["clock"]),
    )


def _decode_clock(entry: Json) -> ClockMap:
    clock = ClockMap(
        offset_s=_number(entry["offset_s"]),
        skew=_number(entry["skew"]),
        residual_s=_number(entry["residual_s"]),
        origin=_text(entry["origin"]),
    )
    if abs(clock.skew) > MAX_SKEW or clock.residual_s < 0:
        raise ValueError("it claims a clock that no sensor has")
    return clock


def _decode_task(entry: Json) -> TaskInterval:
    task = TaskInterval(_number(entry["start_s"]), _number(entry["end_s"]), Task(entry["task"]))
    if not task.start_s < task.end_s:
        raise ValueError(f"its task {task.task} ends before it starts")
    return task


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} where a text belongs")
    return value


def _date(value: object) -> str:
    text = _text(value)
    return date.fromisoformat(text).isoformat() if text else ""


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.40} where true or false belongs")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40} where a number belongs")
    if not math.isfinite(value):
        raise ValueError(f"it holds {value!r} where a number belongs")
    return float(value)


def _positive(value: object) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError(f"it holds {number!r} where a size belongs")
    return number


def _positive_or_none(value: object) -> float | None:
    return None if value is None else _positive(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name} where a number belongs")
