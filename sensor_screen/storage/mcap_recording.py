"""A recording from an MCAP file that `sensor-screen export` wrote (https://mcap.dev).

    /SIDE/PLACEMENT/imu    {"device_time_s", "sequence", "acc": [x, y, z], "gyr": [x, y, z]}

Messages are JSON; what is null was not finite. The metadata `recording` holds the description of
the recording file, and with it units, sensors and labels: files of other programs have none and
are refused.
Samples come back to the bit. Other topics (angles, labels) are results or copies and are left.
"""

from __future__ import annotations

import json
import math
import re
import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import Recording, SensorStream
from sensor_screen.storage.given_file import limits_of
from sensor_screen.storage.recording_metadata import StreamHeader, decode_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcap.records import McapRecord

    from sensor_screen.storage.given_file import FileSource

MAX_RECORD_BYTES = 16 << 20
"""A chunk, packed and unpacked; writers make them of about 1 MB. A bomb stops here."""
MAX_MESSAGES = 5_000_000
"""Four sensors at 200 Hz for an hour and a half; beyond it use the recording file itself."""
DESCRIPTION = "recording"
_TOPIC = re.compile(r"/(left|right|none)/(shank|foot|lumbar)/imu")
_REMEDY = "give a file that `sensor-screen export` made, or the recording itself"


@dataclass(slots=True)
class _Samples:
    """The messages of one topic, in the order of the file."""

    device_time_s: array[float] = field(default_factory=lambda: array("d"))
    raw: array[float] = field(default_factory=lambda: array("d"))
    sequence: list[int | None] = field(default_factory=list)


def read_mcap(path: FileSource) -> Recording:
    """Read a recording.

    Raises:
        UsageError: The library is missing.
        RecordingError: The file is missing, cut off, damaged, of another program or hostile.
    """
    try:
        from mcap.exceptions import McapError
        from zstandard import ZstdError
    except ModuleNotFoundError:
        raise UsageError(
            str(path),
            "the library for MCAP files is missing",
            'install it with `pip install "sensor-screen[mcap]"`',
        ) from None
    problem: str
    cause: Exception
    try:
        with path.open("rb") as file:
            return _read(file, min(limits_of(path).rows, MAX_MESSAGES))
    except (McapError, ZstdError, struct.error, EOFError, MemoryError) as error:
        problem, cause = "it is cut off, damaged or no MCAP file", error
    except UnicodeDecodeError as error:
        problem, cause = "it is damaged", error
    except ValueError as error:
        problem, cause = str(error), error
    except OSError as error:
        problem, cause = f"it cannot be opened ({error.strerror or error})", error
    raise RecordingError(str(path), problem, _REMEDY) from cause


def _read(file: BinaryIO, most_messages: int) -> Recording:
    from mcap.records import Channel, Message, Metadata

    found: dict[str, _Samples] = {}
    topics: dict[int, str] = {}
    description = ""
    count = 0
    for record in _records(file):
        if isinstance(record, Channel):
            topics[record.id] = _topic_of(record)
        elif isinstance(record, Metadata) and record.name == DESCRIPTION:
            description = next(iter(record.metadata.values()), "")
        elif isinstance(record, Message):
            count += 1
            if count > most_messages:
                raise ValueError(f"it holds more than {most_messages} messages")
            topic = topics.get(record.channel_id, "")
            if topic:
                samples = found.setdefault(topic, _Samples())
                _add(samples, record.data, f"message {len(samples.sequence) + 1} of /{topic}")
    if not description:
        raise ValueError("it has no description of a recording, and so no units")
    header = decode_header(description.encode())
    streams = tuple(_stream(one, found) for one in header.streams)
    if found:
        raise ValueError(f"its description lacks the sensor /{next(iter(found))}")
    return Recording(
        streams, header.tasks, header.origin, header.source, header.notes, header.recorded_on
    )


def _records(file: BinaryIO) -> Iterator[McapRecord]:
    """All records in the order of the file, with checksums; nothing is unpacked beyond bounds."""
    from mcap.records import Chunk
    from mcap.stream_reader import StreamReader, breakup_chunk

    reader = StreamReader(
        file, emit_chunks=True, validate_crcs=True, record_size_limit=MAX_RECORD_BYTES
    )
    for record in reader.records:
        if isinstance(record, Chunk):
            _refuse_bomb(record.compression, record.data, record.uncompressed_size)
            yield from breakup_chunk(record, validate_crc=True)
        else:
            yield record


def _refuse_bomb(compression: str, data: bytes, claimed: int) -> None:
    """The library unpacks as much as the packed data say, whatever the file says beside them."""
    import zstandard

    if compression not in ("", "zstd"):
        raise ValueError(f"it is packed with {compression!r:.20}, and this program reads zstd")
    size = zstandard.frame_content_size(data) if compression else len(data)
    if max(size, claimed) > MAX_RECORD_BYTES:
        raise ValueError(f"a chunk of it unpacks to more than {MAX_RECORD_BYTES >> 20} MB")


def _topic_of(channel: Any) -> str:  # noqa: ANN401  (a record of an optional library)
    """`SIDE/PLACEMENT` of a topic of samples, empty for others."""
    match = _TOPIC.fullmatch(channel.topic)
    if match is None:
        return ""
    if channel.message_encoding != "json":
        raise ValueError(f"{channel.topic} is in {channel.message_encoding!r:.20}, not in json")
    return f"{match[1]}/{match[2]}"


def _add(samples: _Samples, data: bytes, place: str) -> None:
    try:
        content = json.loads(data)
        values = (content["device_time_s"], *content["acc"], *content["gyr"])
        numbers = [_number(value) for value in values]
        sequence = content["sequence"]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{place} is no sample") from error
    numbered = type(sequence) is int and abs(sequence) < 2**63
    if len(numbers) != 7 or not (sequence is None or numbered):
        raise ValueError(f"{place} is no sample of six numbers")
    samples.device_time_s.append(numbers[0])
    samples.raw.extend(numbers[1:])
    samples.sequence.append(sequence)


def _number(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40} where a number belongs")
    return float(value)


def _stream(header: StreamHeader, found: dict[str, _Samples]) -> SensorStream:
    name = f"{header.info.side}/{header.info.placement}"
    samples = found.pop(name, _Samples())
    count = len(samples.sequence)
    if count != header.samples:
        raise ValueError(f"/{name} claims {header.samples} samples and has {count}")
    raw = np.array(samples.raw).reshape(count, 6)
    if header.counts and not ((raw == np.round(raw)) & (raw >= -(2**15)) & (raw < 2**15)).all():
        raise ValueError(f"/{name} holds what is no count of a sensor")
    sequence = [number for number in samples.sequence if number is not None]
    if len(sequence) != (count if header.numbered else 0):
        raise ValueError(f"/{name} has {len(sequence)} of {count} samples numbered")
    with np.errstate(over="ignore"):
        return SensorStream(
            info=header.info,
            device_time_s=np.array(samples.device_time_s),
            raw=raw.astype(np.int16) if header.counts else raw.astype(np.float32),
            acc_scale_mps2=header.acc_scale_mps2,
            gyr_scale_radps=header.gyr_scale_radps,
            sequence=np.array(sequence, dtype=np.int64) if header.numbered else None,
            clock=header.clock,
        )
