"""WitMotion: frames however they are cut, and what is lost counted."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol import witmotion
from sensor_screen.protocol.blocks import SampleBlock, Timing
from sensor_screen.protocol.vendors import OrientationBlock
from sensor_screen.protocol.witmotion import (
    FRAME_BYTES,
    WIT_SCALE,
    RegisterReply,
    WitCharacteristic,
    WitDecoder,
    change,
    read_register,
    save,
    set_bandwidth,
    set_rate,
    unlock,
    write_register,
)
from tests.protocol.vendor_vectors import assert_says, vectors

NOTIFY = WitCharacteristic.NOTIFY


def frame(*counts: int) -> bytes:
    return b"\x55\x61" + struct.pack("<9h", *counts)


def reply(register: int, *values: int) -> bytes:
    return b"\x55\x71" + struct.pack("<H8h", register, *values, *(0,) * (8 - len(values)))


def heard(events: list[Any]) -> list[tuple[Any, ...]]:
    """What frames and answers say, one by one, however they are blocked."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        if isinstance(event, SampleBlock):
            assert event.acc is not None
            assert event.gyr is not None
            found += [tuple(row) for row in np.hstack((event.acc, event.gyr)).tolist()]
        elif isinstance(event, RegisterReply):
            found.append((event.register, event.values))
        else:
            assert isinstance(event, OrientationBlock)
    return found


@pytest.mark.parametrize("vector", vectors("witmotion", "to sensor"))
def test_commands_are_the_golden_ones(vector: dict[str, Any]) -> None:
    encoder = getattr(witmotion, vector["gives"]["command"])
    assert encoder(**vector["gives"]["with"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", vectors("witmotion", "from sensor"))
def test_what_the_sensor_sends_is_decoded_as_golden(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    events = WitDecoder().receive(vector["characteristic"], data, 0.0)
    assert_says(events, vector["gives"], WIT_SCALE)


def test_frames_are_whole_however_they_are_cut() -> None:
    rows = np.random.default_rng(5).integers(-9000, 9000, (40, 9))
    stream = b"".join(frame(*row) for row in rows.tolist())
    for size in (1, 7, 19, 20, 21, 60, 244):
        decoder = WitDecoder()
        events: list[Any] = []
        for start in range(0, len(stream), size):
            events += decoder.receive(NOTIFY, stream[start : start + size], start)
        assert heard(events) == [tuple(row[:6]) for row in rows.tolist()]
        assert decoder.discarded_bytes == 0
        assert {e.timing for e in events if isinstance(e, SampleBlock)} == {Timing.ESTIMATED}


def test_a_frame_arrives_with_the_notification_that_completes_it() -> None:
    stream = frame(*range(9)) + frame(*range(9)) + frame(*range(9))
    cut = [stream[:19], stream[19:20], b"", stream[20:59], stream[59:]]
    many = WitDecoder().receive_many(cut, np.arange(5.0))
    np.testing.assert_array_equal(many.arrival_s, [1, 3, 4])


def test_one_lost_notification_of_halves_costs_its_frame_only() -> None:
    frames = [frame(i, i, i, i, i, i, i, i, i) for i in range(6)]
    stream = b"".join(frames)
    halves = [stream[i : i + 10] for i in range(0, len(stream), 10)]
    for lost in range(2, 10):
        decoder = WitDecoder()
        left = halves[:lost] + halves[lost + 1 :]
        events = [event for data in left for event in decoder.receive(NOTIFY, data, 0.0)]
        whole = [i for i in range(6) if i != lost // 2]
        assert heard(events) == [(i,) * 6 for i in whole]
        assert decoder.discarded_bytes == 10


def test_a_header_among_true_values_costs_nothing() -> None:
    inner = int.from_bytes(b"\x55\x61", "little")
    rows = [(1, 2, 3, 4, inner, 6, 7, 8, 9), (inner, 0, 0, 0, 0, 0, inner, 0, inner)] * 3
    stream = b"".join(frame(*row) for row in rows) + frame(*range(9))
    decoder = WitDecoder()
    assert heard(decoder.receive(NOTIFY, stream, 0.0)) == [
        *(r[:6] for r in rows),
        (0, 1, 2, 3, 4, 5),
    ]
    assert decoder.discarded_bytes == 0


def test_a_doubtful_frame_keeps_its_own_arrival() -> None:
    inner = int.from_bytes(b"\x55\x61", "little")
    decoder = WitDecoder()
    assert decoder.receive(NOTIFY, frame(inner, *range(8)), 1.0) == []
    many = decoder.receive_many([frame(*range(9))], np.array([2.0]))
    np.testing.assert_array_equal(many.arrival_s, [1.0, 2.0])


def test_answers_are_read() -> None:
    def answer(*values: int) -> RegisterReply:
        (found,) = WitDecoder().receive(NOTIFY, reply(*values), 0.0)
        assert isinstance(found, RegisterReply)
        return found

    assert answer(0x64, 397).battery().percent == 100
    assert answer(0x64, 396).battery().percent == 90
    assert answer(0x64, 380).battery().percent == 50
    assert answer(0x64, 339).battery().percent == 0
    assert answer(0x64, 380).battery().voltage_v == pytest.approx(3.8)
    assert answer(0x40, 2534).temperature_c() == pytest.approx(25.34)
    assert answer(0x51, 16384, -16384, 0, 0).quaternion() == (0.5, -0.5, 0, 0)
    assert answer(0x3A, 360, 105, 122).magnetic() == (360, 105, 122)
    with pytest.raises(ProtocolError, match="battery"):
        answer(0x3A, 1).battery()


def test_a_change_is_unlocked_and_saved() -> None:
    steps = change(set_rate(200), set_bandwidth(98))
    assert [step.data for step in steps] == [unlock(), set_rate(200), set_bandwidth(98), save()]
    assert all(step.wait_s > 0 for step in steps)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: set_rate(125),
        lambda: set_rate(0.1),
        lambda: set_bandwidth(100),
        lambda: read_register(256),
        lambda: write_register(3, 65536),
        lambda: WitDecoder().receive("0000ffe4-0000-1000-8000-00805f9b34fb", frame(*range(9)), 0.0),
        lambda: WitDecoder().receive(NOTIFY, bytes(513), 0.0),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ProtocolError):
        wrong()


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"\x55", b"\x61", b"\x55\x61", b"\x55\x71", frame(*range(9)), reply(58, 1)]),
    st.lists(st.sampled_from([0x55, 0x61, 0x71, 0]), max_size=40).map(bytes),
)


@given(st.lists(PIECES, max_size=25), st.integers(1, 60))
def test_any_bytes_give_the_same_however_they_are_cut(pieces: list[bytes], size: int) -> None:
    stream = b"".join(pieces)
    whole, cut = WitDecoder(), WitDecoder()
    at_once = whole.receive_many([stream], np.zeros(1))
    events: list[Any] = []
    for start in range(0, len(stream), size):
        events += cut.receive(NOTIFY, stream[start : start + size], 0.0)
    assert sorted(map(repr, heard(events))) == sorted(
        map(repr, heard([at_once.samples, *at_once.others]))
    )
    assert cut.discarded_bytes == whole.discarded_bytes
    held = len(stream) - whole.discarded_bytes - FRAME_BYTES * len(heard(events))
    assert 0 <= held < FRAME_BYTES + 2


def test_hostile_bytes_take_no_time_and_no_room() -> None:
    """Headers everywhere make every frame doubtful; work must stay in proportion."""
    decoder = WitDecoder()
    for stream in (b"\x55\x61" * 100_000, (b"\x55\x61" + bytes(9)) * 20_000, b"\x55" * 200_000):
        decoder.receive_many([stream], np.zeros(1))
    assert decoder.discarded_bytes > 0
