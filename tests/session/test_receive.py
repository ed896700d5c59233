"""Relay records become a recording: the same, however they come, and whatever is in them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError, ScreenError
from sensor_screen.model import Placement, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayArrival,
    RelayFrame,
    RelayKind,
    RelayReader,
    RelayRecord,
    SlotDescription,
    encode_frame,
)
from sensor_screen.session.receive import Receiver
from sensor_screen.session.received import ReceiverParams
from tests.firmware.micropython_package import counts_of
from tests.protocol.virtual_link import Air, VirtualSensor

PLAN = LinkPlan(session=0xBEE, rate_hz=100.0)


@pytest.fixture(scope="module")
def session() -> tuple[VirtualSensor, VirtualSensor]:
    """Two sensors, losses, one break each."""
    pair = []
    for slot in (0, 1):
        air = Air(live_loss=0.05, clock_ppm=60.0 * slot - 30, outages_s=((8.0 + slot, 14.0),))
        one = VirtualSensor(air, PLAN, seed=slot, slot=slot, boot_id=0x100 + slot)
        one.run(40.0)
        one.link.stop(one.now_s)
        one.run(43.0)
        pair.append(one)
    return pair[0], pair[1]


def together(*sensors: VirtualSensor) -> list[RelayArrival]:
    return sorted((r for one in sensors for r in one.records), key=lambda r: r.arrival_s)


def expected_counts(sequence: Any) -> Any:
    joined = b"".join(counts_of(int(k) % 2**32) for k in sequence)
    return np.frombuffer(joined, "<i2").reshape(-1, 6)


def test_every_sample_is_there_once_in_order_and_timed(
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    receiver = Receiver()
    receiver.receive_all(together(*session))
    recording = receiver.finish()
    assert not recording.notes
    assert [s.info.placement for s in recording.streams] == [Placement.SHANK, Placement.FOOT]
    for one, stream in zip(session, recording.streams, strict=True):
        assert stream.sequence is not None
        assert stream.clock is not None
        assert stream.sequence.tolist() == [number for _, number in one.measured]
        assert np.array_equal(stream.raw, expected_counts(stream.sequence))
        true_s = np.array(list(one.measured.values()))
        error_s = stream.time_s + (receiver.base_s or 0.0) - true_s
        assert np.abs(error_s).max() <= stream.clock.residual_s < 0.02
        device_s = np.array([one.clock_us(at_s) for at_s in true_s]) * 1e-6
        assert np.abs(stream.device_time_s - device_s).max() < 1e-3
        assert stream.acc_scale_mps2 == pytest.approx(0.000488 * 9.80665)


def test_chunks_make_no_difference(session: tuple[VirtualSensor, VirtualSensor]) -> None:
    records = together(*session)
    whole = Receiver()
    whole.receive_all(records)
    at_once = whole.take()
    draw = random.Random(4)  # noqa: S311
    pieces, blocks = Receiver(), []
    for record in records:
        pieces.receive(record)
        if draw.random() < 0.2:
            blocks += pieces.take()
            pieces.take_live()
    blocks += pieces.take()
    assert len(blocks) == len(at_once)
    for mine, other in zip(
        sorted(blocks, key=lambda b: (b.slot, b.sequence[0])),  # type: ignore[index]
        sorted(at_once, key=lambda b: (b.slot, b.sequence[0])),  # type: ignore[index]
        strict=True,
    ):
        for name in ("raw", "time_s", "device_time_s", "sequence"):
            assert np.array_equal(getattr(mine, name), getattr(other, name), equal_nan=True)
    for mine, other in zip(whole.finish().streams, pieces.finish().streams, strict=True):
        assert np.array_equal(mine.raw, other.raw)
        assert np.array_equal(mine.device_time_s, other.device_time_s)
        assert mine.clock == other.clock


def test_frames_that_were_written_and_read_give_the_same(
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    records = together(*session)
    direct = Receiver()
    direct.receive_all(records)
    reader, replayed = RelayReader(), Receiver()
    for sequence, at in enumerate(range(0, len(records), 50)):
        part = records[at : at + 50]
        base_us = round(part[0].arrival_s * 1e6)
        frame = RelayFrame(
            sequence,
            base_us,
            tuple(
                RelayRecord(r.kind, r.slot, r.channel, round(r.arrival_s * 1e6) - base_us, r.value)
                for r in part
            ),
        )
        replayed.receive_all(reader.read(encode_frame(frame)))
    for mine, other in zip(direct.finish().streams, replayed.finish().streams, strict=True):
        assert np.array_equal(mine.raw, other.raw)
        assert np.allclose(mine.time_s, other.time_s, atol=1e-6)


def test_blocks_on_the_way_are_the_recording(
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    receiver = Receiver(ReceiverParams())
    blocks, live = [], []
    for record in session[0].records:
        receiver.receive(record)
        if record.channel is Channel.LIVE:
            receiver.receive(record)  # Some radios hand a notification up twice.
        blocks += receiver.take()
        live += receiver.take_live()
    stream = receiver.finish().streams[0]
    assert np.array_equal(np.concatenate([b.raw for b in blocks]), stream.raw)
    numbers = np.concatenate([b.sequence for b in live])  # type: ignore[arg-type]
    assert (np.diff(numbers) > 0).all()
    assert len(numbers) > 0.75 * len(stream.raw)
    # Once the clock has settled, live times are good to some milliseconds.
    late = [b for b in live if b.arrival_s > 5.0]
    true_s = np.array([session[0].measured[b.boot_id, int(b.sequence[-1])] for b in late])  # type: ignore[index]
    shown_s = np.array([b.time_s[-1] for b in late]) + (receiver.base_s or 0.0)
    assert np.abs(shown_s - true_s).max() < 0.02


def test_without_keeping_nothing_is_kept(session: tuple[VirtualSensor, VirtualSensor]) -> None:
    receiver = Receiver(ReceiverParams(keep=False))
    receiver.receive_all(session[0].records)
    taken = sum(len(block.raw) for block in receiver.take())
    assert taken == len(session[0].measured)
    assert not receiver.finish().streams


def test_what_a_ring_forgot_is_named() -> None:
    one = VirtualSensor(Air(outages_s=((5, 25),)), PLAN, seed=4, depth=1000)
    one.run(35.0)
    one.link.stop(35.0)
    one.run(40.0)
    receiver = Receiver()
    receiver.receive_all(one.records)
    recording = receiver.finish()
    sequence = recording.streams[0].sequence
    assert sequence is not None
    lacking = sorted({n for _, n in one.measured} - set(sequence.tolist()))
    (note,) = recording.notes.values()
    assert note.startswith(f"{len(lacking)} samples ({len(lacking) / 100:.2f} s) are missing")
    assert f"numbers {lacking[0]} to {lacking[-1]}" in note
    assert receiver.facts[0].gone == len(lacking)


def test_a_journal_that_ends_in_the_middle_keeps_what_came(
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    records = session[0].records
    receiver = Receiver()
    # In the middle of fetching what the break had cost.
    cut = next(at for at, r in enumerate(records) if r.channel is Channel.BACKFILL)
    cut = next(at for at in range(cut + 60, len(records)) if records[at].arrival_s > 14.45)
    receiver.receive_all(records[:cut])
    came = {
        number
        for r in records[:cut]
        if r.kind is RelayKind.NOTIFIED and r.channel in (Channel.LIVE, Channel.BACKFILL)
        for number in range(
            int.from_bytes(r.value[2:6], "little"),
            int.from_bytes(r.value[2:6], "little") + r.value[1],
        )
    }
    recording = receiver.finish()
    sequence = recording.streams[0].sequence
    assert sequence is not None
    assert set(sequence.tolist()) == came
    assert len(sequence) == len(came)
    assert "never came" in " ".join(recording.notes.values())


def test_a_restart_goes_on_in_the_same_stream() -> None:
    one = VirtualSensor(Air(restarts_s=(15.0,)), PLAN, seed=6)
    one.run(40.0)
    one.link.stop(40.0)
    one.run(45.0)
    receiver = Receiver()
    receiver.receive_all(one.records)
    recording = receiver.finish()
    (stream,) = recording.streams
    assert stream.sequence is not None
    assert (np.diff(stream.sequence) > 0).all()
    assert (np.diff(stream.device_time_s) > 0).all()
    assert any(key.endswith("restarts") for key in recording.notes)
    # What was on its way when it was switched off cannot be known to be missing.
    assert len(one.measured) - 20 <= len(stream.raw) <= len(one.measured)
    true_s = np.array([at_s for (boot, _), at_s in one.measured.items() if boot == one.boot_id])
    shown_s = stream.time_s[-len(true_s) :] + (receiver.base_s or 0.0)
    assert np.abs(shown_s - true_s).max() < 0.03


def test_where_nobody_says_the_place_it_is_asked_for() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.description = SlotDescription(
        Family.OPEN_SENSOR, SideCode.NONE, PlacementCode.NONE, "SS-0000"
    )
    one.run(3.0)
    receiver = Receiver()
    receiver.receive_all([r for r in one.records if r.kind is not RelayKind.SLOT])
    with pytest.raises(ProtocolError, match="does not say where it is worn"):
        receiver.finish()
    placed = receiver.finish({0: (Side.LEFT, Placement.FOOT)})
    assert placed.stream(Side.LEFT, Placement.FOOT) is not None


def test_two_sensors_at_one_place_are_told_by_name(
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    receiver = Receiver()
    receiver.receive_all(together(*session))
    foot = (Side.RIGHT, Placement.FOOT)
    with pytest.raises(ScreenError, match="Sensors SS-0000 and SS-0001: are both said"):
        receiver.finish({0: foot})
    assert len(receiver.finish().streams) == 2


# --- other makers ---------------------------------------------------------------------------------


def vendor_records(
    family: Family, channel: Channel, values: list[bytes], period_s: float, written: Any = ()
) -> list[RelayArrival]:
    told = SlotDescription(family, SideCode.LEFT, PlacementCode.FOOT, "V-1")
    draw = random.Random(1)  # noqa: S311
    records = [RelayArrival(RelayKind.LINK_UP, 0, told, Channel.NONE, 10.0, b"\0\0")]
    records += [
        RelayArrival(RelayKind.WRITTEN, 0, told, place, 10.0, value) for place, value in written
    ]
    at_s = 10.0
    for number, value in enumerate(values):
        at_s = max(at_s, 10.0 + number * period_s + 0.005 + draw.expovariate(500))
        records.append(RelayArrival(RelayKind.NOTIFIED, 0, told, channel, at_s, value))
    return records


def test_movella_samples_have_the_clock_of_the_sensor() -> None:
    start_us = 2**32 - 2_000_000
    values = [
        ((start_us + 16_667 * k) % 2**32).to_bytes(4, "little")
        + np.array([0.1 * k, 0, 9.8, 1, 2, 3], "<f4").tobytes()
        for k in range(600)
    ]
    records = vendor_records(
        Family.MOVELLA_DOT,
        Channel.DOT_MEDIUM,
        values,
        0.016667,
        [(Channel.DOT_CONTROL, bytes([1, 1, 21]))],
    )
    receiver = Receiver()
    receiver.receive_all(records)
    assert sum(len(b.raw) for b in receiver.take()) == 600
    (stream,) = receiver.finish().streams
    assert np.allclose(np.diff(stream.device_time_s), 0.016667, atol=2e-6)
    assert stream.clock is not None
    true_s = 0.016667 * np.arange(600)
    assert np.abs(stream.time_s - true_s).max() <= stream.clock.residual_s < 0.05
    assert stream.acc_mps2[1] == pytest.approx([0.1, 0, 9.8], abs=1e-6)


def test_witmotion_times_are_estimated_and_marked() -> None:
    frame = [
        b"\x55\x61" + np.array([k, 0, 2048, 5, 6, 7, 0, 0, 0], "<i2").tobytes() for k in range(500)
    ]
    joined = b"".join(frame)
    values = [joined[at : at + 20] for at in range(0, len(joined), 20)]
    records = vendor_records(
        Family.WITMOTION,
        Channel.WIT_FRAMES,
        values,
        0.01,
        [(Channel.WIT_COMMANDS, b"\xff\xaa\x03\x09\x00")],
    )
    receiver = Receiver()
    receiver.receive_all(records)
    recording = receiver.finish()
    (stream,) = recording.streams
    assert len(stream.raw) >= 499
    assert np.median(np.diff(stream.device_time_s)) == pytest.approx(0.01, rel=0.01)
    assert any(key.endswith("timing estimated") for key in recording.notes)


def test_metamotion_halves_are_put_together_at_their_ranges() -> None:
    acc = np.array([[1, 2, 3]] * 3, "<i2").tobytes()
    gyr = np.array([[4, 5, 6]] * 3, "<i2").tobytes()
    values = [b"\x03\x80\x01\x02", b"\x13\x80\x00\x01"]
    for _ in range(200):
        values += [b"\x03\x1c" + acc, b"\x13\x07" + gyr]
    written = [
        (Channel.META_COMMANDS, bytes([0x03, 0x03, 0x28, 0x08])),
        (Channel.META_COMMANDS, bytes([0x13, 0x03, 0x28, 0x01])),
    ]
    records = vendor_records(Family.METAMOTION, Channel.META_DATA, values, 0.015, written)
    receiver = Receiver()
    receiver.receive_all(records)
    packets = receiver.take_live()
    assert len(packets) == 200
    for packet in packets:  # at 100 Hz, as was written
        assert np.diff(packet.time_s) == pytest.approx([0.01, 0.01])
        assert packet.time_s[-1] == packet.arrival_s
    (stream,) = receiver.finish().streams
    assert len(stream.raw) == 600
    assert stream.raw[7].tolist() == [1, 2, 3, 4, 5, 6]
    assert stream.acc_scale_mps2 == pytest.approx(8 * 9.80665 / 32768)
    assert stream.gyr_scale_radps == pytest.approx(np.deg2rad(1 / 32.8))


# --- anything at all ------------------------------------------------------------------------------

ANY_KIND = [kind for kind in RelayKind if kind is not RelayKind.SLOT]
SIZES = {RelayKind.LINK_UP: 2, RelayKind.LINK_DOWN: 1, RelayKind.PAUSED: 8}


@settings(max_examples=50, deadline=None)
@given(
    records=st.lists(
        st.tuples(
            st.sampled_from(ANY_KIND),
            st.integers(0, 3),
            st.sampled_from(list(Channel)),
            st.one_of(
                st.binary(max_size=64),
                st.builds(
                    lambda first, t, n: (
                        bytes([0x11, n])
                        + first.to_bytes(4, "little")
                        + t.to_bytes(2, "little")
                        + bytes(12 * n)
                    ),
                    st.integers(0, 2**32 - 1),
                    st.integers(0, 65535),
                    st.integers(1, 19),
                ),
                st.builds(
                    lambda head, rest: head + rest,
                    st.sampled_from(
                        [b"\x81\x01\x00", b"\x83\x02\x00", b"\xc3\x02\x00", b"\x55\x61"]
                    ),
                    st.binary(min_size=12, max_size=24),
                ),
            ),
            st.floats(0.0, 5.0),
        ),
        max_size=60,
    ),
    begun=st.booleans(),
)
def test_no_record_makes_it_raise(
    records: list[tuple[RelayKind, int, Channel, bytes, float]],
    begun: bool,
    session: tuple[VirtualSensor, VirtualSensor],
) -> None:
    receiver, at_s = Receiver(), 50.0
    if begun:
        receiver.receive_all(session[0].records[:300])
    for kind, slot, channel, value, wait_s in records:
        at_s += wait_s
        told = SlotDescription(Family(1 + slot), SideCode.LEFT, PlacementCode.FOOT, f"S-{slot}")
        size = SIZES.get(kind)
        fitted = value if size is None else value[:size].ljust(size, b"\0")
        receiver.receive(RelayArrival(kind, slot, told, channel, at_s, fitted))
        receiver.take_live()
    receiver.take()
    try:
        recording = receiver.finish()
    except ScreenError as error:
        pytest.fail(str(error))
    for stream in recording.streams:
        assert len(stream.raw) == len(stream.device_time_s)
        assert np.isfinite(stream.device_time_s).all()
