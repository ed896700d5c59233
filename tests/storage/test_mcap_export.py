"""MCAP, read back by the reader of its makers: counts to the bit, angles, labels, description."""

from __future__ import annotations

import io
import json
import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest
from mcap.reader import make_reader

from sensor_screen.model import Placement, Side
from sensor_screen.session.export import Export, measure_for_export
from sensor_screen.storage.mcap_export import write_mcap
from sensor_screen.storage.recording_metadata import decode_header, encode_header
from tests.made_exports import export, hostile_export, recording
from tests.storage.made import stream

if TYPE_CHECKING:
    from sensor_screen.model import Recording, SensorStream


class Read:
    """Everything in a file, by topic."""

    def __init__(self, made: Export) -> None:
        out = io.BytesIO()
        write_mcap(made, out)
        out.seek(0)
        reader = make_reader(out, validate_crcs=True)
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.times_ns: dict[str, list[int]] = defaultdict(list)
        self.channels: dict[str, dict[str, str]] = {}
        self.schemas: dict[str, dict[str, Any]] = {}
        for schema, channel, message in reader.iter_messages():
            assert channel.message_encoding == "json"
            assert schema is not None
            assert schema.encoding == "jsonschema"
            self.messages[channel.topic].append(json.loads(message.data))
            self.times_ns[channel.topic].append(message.log_time)
            self.channels[channel.topic] = dict(channel.metadata)
            self.schemas[channel.topic] = json.loads(schema.data)
        self.metadata = {m.name: dict(m.metadata) for m in reader.iter_metadata()}

    def samples(self, one: SensorStream) -> list[dict[str, Any]]:
        return self.messages[f"/{one.info.side}/{one.info.placement}/imu"]


def numbers(messages: list[dict[str, Any]], dtype: Any) -> np.ndarray:
    rows = [[math.nan if v is None else v for v in m["acc"] + m["gyr"]] for m in messages]
    return np.array(rows).astype(dtype)


def without_measures(made: Recording) -> Export:
    return replace(export(), recording=made, legs=(), findings=())


def assert_same(found: Read, made: Recording) -> None:
    for one in made.streams:
        messages = found.samples(one)
        np.testing.assert_array_equal(numbers(messages, one.raw.dtype), one.raw)
        device = [math.nan if m["device_time_s"] is None else m["device_time_s"] for m in messages]
        np.testing.assert_array_equal(device, one.device_time_s)
        sequence = [m["sequence"] for m in messages]
        assert sequence == (
            [None] * len(messages) if one.sequence is None else one.sequence.tolist()
        )


@pytest.fixture(scope="module")
def whole() -> Read:
    return Read(export())


def test_counts_times_and_numbers_come_back_to_the_bit(whole: Read) -> None:
    assert_same(whole, recording())
    for one in recording().streams:
        facts = whole.channels[f"/{one.info.side}/{one.info.placement}/imu"]
        assert facts["numbers"] == "counts"
        assert float(facts["acc_scale_mps2"]) == one.acc_scale_mps2
        assert float(facts["gyr_scale_radps"]) == one.gyr_scale_radps


def test_floats_losses_and_late_samples_come_back_too() -> None:
    floats = stream(Side.LEFT, Placement.FOOT, counts=False)
    raw, device_s = floats.raw.copy(), floats.device_time_s.copy()
    raw[3, 2], raw[4, 0], device_s[5] = np.nan, np.float32(0.1), np.nan
    device_s[[10, 11]] = device_s[[11, 10]]
    counts = stream(Side.LEFT, Placement.SHANK)
    extreme = counts.raw.copy()
    extreme[0], extreme[1] = -32768, 32767
    made = replace(
        recording(),
        streams=(
            replace(floats, raw=raw, device_time_s=device_s),
            replace(counts, raw=extreme, device_time_s=counts.device_time_s - 1e3),
        ),
    )
    assert_same(Read(without_measures(made)), made)


def test_the_description_comes_back(whole: Read) -> None:
    encoded = whole.metadata["recording"]["json"].encode()
    assert decode_header(encoded) == decode_header(encode_header(recording()))
    facts = whole.metadata["provenance"]
    assert facts["origin"] == "simulated"
    assert "positive" in facts["convention"]
    assert facts["zero"] == "quiet_standing"


def test_angles_tasks_and_repetitions_are_the_measured_ones(whole: Read) -> None:
    first_s = float(whole.metadata["provenance"]["first_time_s"])
    for leg in export().measured:
        assert leg.angle is not None
        topic = f"/{leg.side}/ankle/angle"
        found = whole.messages[topic]
        angle = [
            math.nan if m["dorsiflexion_deg"] is None else m["dorsiflexion_deg"] for m in found
        ]
        np.testing.assert_array_equal(angle, np.degrees(leg.angle.dorsiflexion_rad))
        assert [m["valid"] for m in found] == leg.angle.valid.tolist()
        log_s = np.array(whole.times_ns[topic]) * 1e-9 + first_s
        np.testing.assert_allclose(log_s, leg.angle.time_s, atol=1e-9)
    tasks = [(m["start_s"], m["end_s"], m["task"]) for m in whole.messages["/tasks"]]
    assert tasks == [(t.start_s, t.end_s, t.task.value) for t in recording().tasks]
    assert len(whole.messages["/repetitions"]) == sum(len(g.repetitions) for g in export().legs)


def test_every_kind_of_message_follows_its_schema(whole: Read) -> None:
    for topic, messages in whole.messages.items():
        check = jsonschema.Draft202012Validator(whole.schemas[topic])
        for message in (messages[0], messages[-1]):
            check.validate(message)
        with pytest.raises(jsonschema.ValidationError):
            check.validate({**messages[0], "more": 1})


def test_hostile_texts_stay_exact_in_the_description_and_harmless_elsewhere() -> None:
    found = Read(hostile_export())
    header = decode_header(found.metadata["recording"]["json"].encode())
    assert header.source == hostile_export().recording.source
    assert header.notes == hostile_export().recording.notes
    assert found.metadata["provenance"]["source"].isprintable()
    assert_same(found, recording())


def test_a_recording_without_an_angle_leaves_with_its_samples() -> None:
    shank = recording().streams[0]
    still = replace(shank, raw=np.repeat(shank.raw[:1], 500, axis=0),
                    device_time_s=shank.device_time_s[:500],
                    sequence=None if shank.sequence is None else shank.sequence[:500])  # fmt: skip
    made = measure_for_export(replace(recording(), streams=(still,)), angle_needed=False)
    assert made.measured == ()
    found = Read(made)
    assert_same(found, made.recording)
    assert found.metadata["provenance"]["missing"]
    assert not any("ankle" in topic for topic in found.messages)
