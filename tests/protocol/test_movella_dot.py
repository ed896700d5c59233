"""Movella DOT: every packet that the specification describes, and none that it does not."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol import movella_control, movella_messages
from sensor_screen.protocol.blocks import SampleBlock, Timing
from sensor_screen.protocol.movella_control import (
    DotMeasuring,
    DotReport,
    FilterProfile,
    read_info,
    read_measurement,
    read_report,
    read_settings,
    set_filter,
    set_rate,
    start_live,
    stop_live,
)
from sensor_screen.protocol.movella_decoder import MovellaDecoder
from sensor_screen.protocol.movella_dot import (
    DOT_SCALE,
    FIELDS,
    MOVELLA_DOT,
    DotCharacteristic,
    PayloadMode,
    payload_characteristic,
    read_battery,
    unwrap_clock_us,
)
from sensor_screen.protocol.movella_messages import (
    Column,
    FileData,
    Subject,
    decode,
    encode,
    read_acknowledge,
    read_notification,
    select_columns,
    start_recording,
    start_sync,
    sync_steps,
)
from sensor_screen.protocol.movella_recording import RecordingDownload
from sensor_screen.protocol.vendors import StepAction
from tests.protocol.vendor_vectors import assert_says, vectors

ANY_BYTES = st.binary(max_size=80)
READABLE = [mode for mode in PayloadMode if mode not in (1, 17, 25)]


@pytest.mark.parametrize("vector", vectors("movella_dot", "to sensor"))
def test_commands_are_the_golden_ones(vector: dict[str, Any]) -> None:
    name = vector["gives"]["command"]
    room = movella_messages if hasattr(movella_messages, name) else movella_control
    assert getattr(room, name)(**vector["gives"]["with"]).hex() == vector["hex"]


def received(vector: dict[str, Any]) -> list[Any]:
    decoder = MovellaDecoder(vector.get("given", {"mode": 21})["mode"])
    return [*decoder.receive(vector["characteristic"], bytes.fromhex(vector["hex"]), 1.5)]


@pytest.mark.parametrize("vector", vectors("movella_dot", "from sensor"))
def test_what_the_sensor_sends_is_decoded_as_golden(vector: dict[str, Any]) -> None:
    if "error" in vector:
        with pytest.raises(ProtocolError, match=vector["error"]):
            received(vector)
    else:
        assert_says(received(vector), vector["gives"], DOT_SCALE)


def test_samples_are_in_si_where_asked_and_timed_by_the_sensor() -> None:
    data = struct.pack("<I6f", 5, 0, 0, 9.8125, 180, 0, -90)
    (block,) = MovellaDecoder(21).receive(DotCharacteristic.MEDIUM.upper(), data, 2.0)
    assert isinstance(block, SampleBlock)
    acc, gyr = DOT_SCALE.to_si(block)
    assert acc is not None
    assert gyr is not None
    np.testing.assert_allclose(acc, [[0, 0, 9.8125]])
    np.testing.assert_allclose(gyr, [[np.pi, 0, -np.pi / 2]])
    assert block.timing is Timing.DEVICE
    assert block.arrival_s == 2.0


@pytest.mark.parametrize("mode", READABLE)
def test_a_mode_is_sent_where_its_length_says(mode: PayloadMode) -> None:
    place = payload_characteristic(mode)
    start, stop = start_live(mode), stop_live(mode)
    assert [step.action for step in start] == [StepAction.SUBSCRIBE, StepAction.WRITE]
    assert [step.action for step in stop] == [StepAction.WRITE, StepAction.UNSUBSCRIBE]
    assert start[0].characteristic == stop[1].characteristic == place
    assert (start[1].data, stop[0].data) == (bytes((1, 1, mode)), bytes((1, 0, mode)))
    assert read_measurement(start[1].data) == DotMeasuring(running=True, mode=mode)


def test_many_at_once_are_the_same_as_one_by_one_and_the_bad_are_counted() -> None:
    made = np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32)
    good = [struct.pack("<I6f", 1000 * i, *row) + bytes(i % 13) for i, row in enumerate(made)]
    bad = [b"", good[0][:27], good[0] + b"\1", good[0] + bytes(13), b"\xff" * 28]
    packets = [*good[:20], *bad, *good[20:]]
    decoder = MovellaDecoder(PayloadMode.RATE)
    many = decoder.receive_many(packets, np.arange(len(packets)) * 0.5)
    assert decoder.refused == len(bad)
    np.testing.assert_array_equal(many.samples.acc, made[:, :3])
    np.testing.assert_array_equal(many.samples.gyr, made[:, 3:])
    assert many.samples.device_time_us is not None
    np.testing.assert_array_equal(many.samples.device_time_us, 1000 * np.arange(50))
    kept = [*range(20), *range(25, 55)]
    np.testing.assert_array_equal(many.arrival_s, np.array(kept) * 0.5)
    one = MovellaDecoder(PayloadMode.RATE).receive(DotCharacteristic.MEDIUM, good[7], 0.0)[0]
    assert isinstance(one, SampleBlock)
    np.testing.assert_array_equal(one.acc, made[7:8, :3])


def test_many_need_samples() -> None:
    with pytest.raises(ProtocolError, match="holds no samples"):
        MovellaDecoder(5).receive_many([bytes(20)], np.zeros(1))
    with pytest.raises(ProtocolError, match="none of them"):
        MovellaDecoder(21).receive_many([b"\1"], np.zeros(1))


def test_the_clock_goes_on_over_its_end_and_late_samples_stay_late() -> None:
    truth = (
        np.array([0, 1, 5, 3, 2**31 - 1, 2**32 - 9, 2**32 + 7, 2**32 + 5, 3 * 2**31], np.int64)
        + 2**31
    )
    found = unwrap_clock_us(truth % 2**32)
    np.testing.assert_array_equal(found, truth)
    parts = [unwrap_clock_us(truth[:3] % 2**32)]
    for end in range(3, len(truth)):
        parts.append(unwrap_clock_us(truth[end : end + 1] % 2**32, int(parts[-1][-1])))
    np.testing.assert_array_equal(np.concatenate(parts), truth)
    assert len(unwrap_clock_us(np.empty(0, np.int64))) == 0


def test_settings_and_identity_come_back() -> None:
    data = bytearray(set_rate(120, FilterProfile.DYNAMIC))
    data[3:8] = bytes((10, 0, 30, 5, 5))
    data[8:13] = b"shank"
    found = read_settings(bytes(data))
    assert MovellaDecoder(21).receive(DotCharacteristic.DEVICE_CONTROL, bytes(data), 0.0) == [found]
    assert (found.rate_hz, found.filter_profile, found.tag) == (120, FilterProfile.DYNAMIC, "shank")
    assert (found.advertising_timeout_s, found.connected_timeout_s) == (600, 1805)
    assert set_filter(1)[0] == 0x20
    info = read_info(
        bytes.fromhex("ccbbaacd22d4")
        + bytes((2, 4, 0))
        + struct.pack("<H5BIQ", 2023, 7, 1, 12, 0, 0, 9, 0x1234)
        + b"XS-T02"
    )
    assert (info.address, info.firmware) == ("D4:22:CD:AA:BB:CC", "2.4.0")
    assert (info.serial, info.product) == (0x1234, "XS-T02")


def test_reports_say_what_happened() -> None:
    assert read_report(b"\x01" + bytes(35)).kind is DotReport.POWER_OFF
    pressed = read_report(bytes((6, 4)) + (70_000).to_bytes(4, "little"))
    assert (pressed.kind, pressed.time_ms) == (DotReport.DOUBLE_CLICK, 70_000)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: set_rate(100),
        lambda: set_rate(60, 7),
        lambda: start_live(17),
        lambda: start_recording(-1),
        lambda: start_recording(0, 0),
        lambda: start_sync("D4:22:CD:AA:BB"),
        lambda: start_sync("D4:22:CD:AA:BB:+C"),
        lambda: movella_messages.get_file_info(0),
        lambda: movella_messages.retransmit_from(2**32),
        lambda: select_columns([]),
        lambda: select_columns([Column.ACC, Column.ACC]),
        lambda: encode(1, bytes(158)),
    ],
)
def test_what_the_sensor_cannot_do_is_not_asked_of_it(wrong: Any) -> None:
    with pytest.raises(ProtocolError):
        wrong()


def test_synchronising_waits_until_the_sensors_have_found_each_other() -> None:
    write, read = sync_steps("d4:22:cd:aa:bb:cc")
    assert write.data == start_sync("D4:22:CD:AA:BB:CC")
    assert write.wait_s >= 12
    assert read.characteristic == DotCharacteristic.ACKNOWLEDGE


@given(st.sampled_from(Subject), st.binary(max_size=157))
def test_messages_come_back(subject: Subject, data: bytes) -> None:
    message = decode(encode(subject, data) + bytes(3))
    assert (message.subject, message.data) == (subject, data)


@given(st.sampled_from(Subject), st.binary(max_size=30), st.integers(0, 255), st.data())
def test_one_changed_byte_is_seen(
    subject: Subject, data: bytes, byte: int, draw: st.DataObject
) -> None:
    sent = bytearray(encode(subject, data))
    place = draw.draw(st.integers(0, len(sent) - 1).filter(lambda i: i != 1))
    if sent[place] != byte:
        sent[place] = byte
        with pytest.raises(ProtocolError):
            decode(bytes(sent))


def packet(number: int, *, valid: bool = True) -> FileData:
    return FileData(number, struct.pack("<I6f", 100 * number, number, 0, 9, 1, 2, 3), valid)


def test_a_recording_is_put_together_again_after_losses() -> None:
    columns = [Column.TIME, Column.ACC, Column.GYR]
    download = RecordingDownload(columns)
    sent = [0, 1, 4, 5, 2, 3, 4, 5, 5, 6]
    asked, blocks = [], []
    for number in sent:
        blocks += download.receive(packet(number, valid=number != 3), 0.0)
        asked.append(download.ask_from)
    numbers = [int(block.sequence[0]) for block in blocks if isinstance(block, SampleBlock)]  # type: ignore[index]
    assert numbers == [0, 1, 2, 4, 5, 6]
    assert asked == [None, None, 2, 2, None, None, None, None, None, None]
    assert (download.repeated, download.invalid) == (3, 1)
    times = [int(block.device_time_us[0]) for block in blocks if isinstance(block, SampleBlock)]  # type: ignore[index]
    assert times == [0, 100, 200, 400, 500, 600]
    with pytest.raises(ProtocolError, match="columns"):
        download.receive(FileData(7, b"\1", valid=True), 0.0)


def test_every_column_and_every_field_is_known() -> None:
    assert {column.name.lower() for column in Column} <= set(FIELDS)
    assert not MOVELLA_DOT.sends_sequence
    assert MOVELLA_DOT.sends_time
    assert max(MOVELLA_DOT.live_rates_hz) == 60


def test_an_error_repeats_at_most_24_bytes() -> None:
    with pytest.raises(ProtocolError) as refused:
        MovellaDecoder(21).receive(DotCharacteristic.MEDIUM, b"\xab" * 500, 0.0)
    assert refused.value.value == "packet " + "ab " * 24 + "..."


@given(ANY_BYTES, st.sampled_from(READABLE), st.sampled_from(DotCharacteristic))
def test_any_payload_is_decoded_or_refused(
    data: bytes, mode: PayloadMode, place: DotCharacteristic
) -> None:
    """Of a characteristic, or of a payload where the mode may not send."""
    with suppress(ProtocolError):
        assert MovellaDecoder(mode).receive(place, data, 0.0)


@given(ANY_BYTES)
def test_anything_else_is_read_or_refused(data: bytes) -> None:
    for read in (
        *(read_acknowledge, read_notification, read_battery),
        *(read_settings, read_info, read_report, read_measurement),
    ):
        for sent in (data, encode(Subject.RECORDING, data), encode(Subject.SYNC, data)):
            with suppress(ProtocolError):
                read(sent)


@given(st.lists(st.tuples(st.integers(0, 9), ANY_BYTES, st.booleans()), max_size=20))
def test_any_export_is_put_together_or_refused(packets: list[tuple[int, bytes, bool]]) -> None:
    download = RecordingDownload([Column.QUATERNION, Column.STATUS])
    for number, content, valid in packets:
        try:
            download.receive(FileData(number, content, valid), 0.0)
        except ProtocolError:
            assert number == download.next_number
