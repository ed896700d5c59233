"""MetaMotion: two chips, two halves, put together honestly."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol import metamotion
from sensor_screen.protocol.blocks import SampleBlock, Timing
from sensor_screen.protocol.metamotion import (
    METAMOTION,
    Chip,
    MetaCharacteristic,
    MetaSettings,
    Module,
    configure_acc,
    configure_gyr,
    find_out,
    sample_register,
    start_live,
    stop_live,
    stream,
    tear_down,
)
from sensor_screen.protocol.metamotion_decoder import MetaDecoder, OtherReply
from sensor_screen.protocol.vendors import StepAction
from tests.protocol.vendor_vectors import assert_says, vectors

NOTIFY = MetaCharacteristic.NOTIFY
ACC_ANSWER = {Chip.BMI160: 1, Chip.BMI270: 4}


def decoder_of(chip: Chip) -> MetaDecoder:
    decoder = MetaDecoder()
    decoder.receive(NOTIFY, bytes((Module.ACC, 0x80, ACC_ANSWER[chip], 1)), 0.0)
    decoder.receive(NOTIFY, bytes((Module.GYR, 0x80, chip, 1)), 0.0)
    assert decoder.chip is chip
    return decoder


@pytest.mark.parametrize("vector", vectors("metamotion", "to sensor"))
def test_commands_are_the_golden_ones(vector: dict[str, Any]) -> None:
    named = dict(vector["gives"]["with"])
    if "chip" in named:
        named["chip"] = Chip(named["chip"])
    if "module" in named:
        named["module"] = Module(named["module"])
    encoder = getattr(metamotion, vector["gives"]["command"])
    assert encoder(**named).hex() == vector["hex"]


@pytest.mark.parametrize("vector", vectors("metamotion", "from sensor"))
def test_what_the_sensor_sends_is_decoded_as_golden(vector: dict[str, Any]) -> None:
    told = vector.get("given", {})
    decoder = decoder_of(Chip(told["chip"])) if "chip" in told else MetaDecoder()
    for before in told.get("before", []):
        assert decoder.receive(NOTIFY, bytes.fromhex(before), 0.0) == []
    data = bytes.fromhex(vector["hex"])
    if "error" in vector:
        with pytest.raises(ProtocolError, match=vector["error"]):
            decoder.receive(vector["characteristic"], data, 1.0)
        return
    ranges = (told.get("acc_range_g", 16), told.get("gyr_range_dps", 2000))
    scale = MetaSettings(acc_range_g=ranges[0], gyr_range_dps=ranges[1]).scale
    assert_says(decoder.receive(vector["characteristic"], data, 1.0), vector["gives"], scale)


def test_the_same_bytes_mean_what_the_chip_says() -> None:
    rows = np.arange(9, dtype="<i2").tobytes()
    older, newer = decoder_of(Chip.BMI160), decoder_of(Chip.BMI270)
    newer.receive(NOTIFY, b"\x03\x05" + rows, 0.0)
    (block,) = newer.receive(NOTIFY, b"\x13\x05" + rows, 0.0)
    assert isinstance(block, SampleBlock)
    assert len(block) == 3
    older.receive(NOTIFY, b"\x03\x04" + rows[:6], 0.0)
    (block,) = older.receive(NOTIFY, b"\x13\x05" + rows[:6], 0.0)
    assert isinstance(block, SampleBlock)
    assert len(block) == 1
    assert block.timing is Timing.ESTIMATED
    (other,) = older.receive(NOTIFY, b"\x03\x05" + rows, 0.0)
    assert other == OtherReply(3, 5, rows)


def test_two_modules_that_name_different_chips_are_refused() -> None:
    decoder = MetaDecoder()
    decoder.receive(NOTIFY, b"\x03\x80\x01\x01", 0.0)
    with pytest.raises(ProtocolError, match="another chip"):
        decoder.receive(NOTIFY, b"\x13\x80\x01\x01", 0.0)
    assert decoder.chip is None
    decoder.receive(NOTIFY, b"\x03\x80\x04\x01", 0.0)
    assert decoder.chip is Chip.BMI270


def numbered(
    chip: Chip,
    packets: int,
    *,
    without_acc: tuple[int, ...] = (),
    without_gyr: tuple[int, ...] = (),
    together: int = 3,
    gyr_from: int = 0,
) -> list[bytes]:
    """A session in which every sample of either half holds its own number."""
    heads = [
        bytes((module, sample_register(chip, module, packed=together > 1)))
        for module in (Module.ACC, Module.GYR)
    ]
    sent = []
    for number in range(packets):
        rows = np.repeat(together * number + np.arange(together), 3).astype("<i2").tobytes()
        if number not in without_acc:
            sent.append(heads[0] + rows)
        if number not in without_gyr and number >= gyr_from:
            sent.append(heads[1] + rows)
    return sent


def lag(block: SampleBlock) -> np.ndarray[Any, Any]:
    """Numbers of acceleration less those of rate of turn."""
    assert block.acc is not None
    assert block.gyr is not None
    return block.acc[:, 0].astype(int) - block.gyr[:, 0]


@pytest.mark.parametrize("chip", Chip)
@pytest.mark.parametrize("together", [1, 3])
def test_nothing_is_unpaired_where_nothing_is_lost(chip: Chip, together: int) -> None:
    sent = numbered(chip, 400, together=together)
    decoder = decoder_of(chip)
    many = decoder.receive_many(sent, np.arange(len(sent)) * 1e-3)
    assert not lag(many.samples).any()
    assert len(many.samples) == 400 * together
    np.testing.assert_allclose(many.arrival_s, np.repeat(np.arange(400) * 2 + 1, together) * 1e-3)
    assert (decoder.unpaired_acc, decoder.unpaired_gyr, decoder.realigned) == (0, 0, 0)


@pytest.mark.parametrize(
    ("lost", "unpaired"),
    [
        ({"without_acc": (300,)}, (0, 3)),
        ({"without_gyr": (300,)}, (3, 0)),
        ({"without_acc": (300, 301), "without_gyr": (600,)}, (3, 6)),
        ({"without_acc": tuple(range(300, 350))}, (0, 150)),
        ({"gyr_from": 5}, (15, 0)),
    ],
)
def test_what_lost_its_other_half_is_counted_and_pairs_come_right_again(
    lost: dict[str, Any], unpaired: tuple[int, int]
) -> None:
    sent = numbered(Chip.BMI270, 900, **lost)
    decoder = decoder_of(Chip.BMI270)
    many = decoder.receive_many(sent, np.zeros(len(sent)))
    assert (decoder.unpaired_acc, decoder.unpaired_gyr) == unpaired
    assert decoder.realigned == sum(len(places) > 0 for places in lost.values() if places != 5)
    wrong = np.flatnonzero(lag(many.samples))
    window = decoder.params.window_packets * 3
    assert len(wrong) <= 2 * window * max(1, decoder.realigned)
    assert not lag(many.samples)[-300:].any()


def test_one_by_one_is_the_same_as_at_once() -> None:
    sent = numbered(Chip.BMI160, 300, without_acc=(100,), without_gyr=(200,))
    at_once, single = decoder_of(Chip.BMI160), decoder_of(Chip.BMI160)
    many = at_once.receive_many([*sent, b"\x03"], np.zeros(len(sent) + 1))
    events = [event for data in sent for event in single.receive(NOTIFY, data, 0.0)]
    blocks = [event for event in events if isinstance(event, SampleBlock)]
    np.testing.assert_array_equal(np.concatenate([b.acc for b in blocks]), many.samples.acc)  # type: ignore[misc]
    np.testing.assert_array_equal(np.concatenate([b.gyr for b in blocks]), many.samples.gyr)  # type: ignore[misc]
    assert at_once.unpaired_acc == single.unpaired_acc
    assert (at_once.refused, single.refused) == (1, 0)


def test_one_half_alone_fills_no_memory_and_is_counted() -> None:
    sent = [data for data in numbered(Chip.BMI270, 3000) if data[0] == Module.ACC]
    decoder = decoder_of(Chip.BMI270)
    assert not len(decoder.receive_many(sent, np.zeros(len(sent))).samples)
    assert decoder.unpaired_acc >= 9000 - decoder.params.most_lead


def test_starting_and_stopping_are_each_others_mirror() -> None:
    for chip in Chip:
        start = start_live(chip, MetaSettings())
        stop = stop_live(chip, MetaSettings())
        assert start[0].data == configure_acc(chip, 100, 16)
        assert start[1].data == configure_gyr(100, 2000)
        assert [step.data[:2] for step in stop] == [step.data[:2] for step in start[:1:-1]]
    ask = find_out()
    assert ask[0].action is StepAction.SUBSCRIBE
    assert [step.data.hex() for step in tear_down()] == ["0908", "0a05", "0b0a"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: configure_acc(Chip.BMI160, 60, 16),
        lambda: configure_acc(Chip.BMI160, 100, 10),
        lambda: configure_gyr(100, 300),
        lambda: start_live(Chip.BMI160, MetaSettings(rate_hz=1600)),
        lambda: MetaSettings(acc_range_g=3).scale,
        lambda: stream(Chip.BMI160, Module.EVENT, packed=True),
        lambda: MetaDecoder().receive("9006", b"\x03\x80", 0.0),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ProtocolError):
        wrong()


def test_the_page_is_told_what_is_missing() -> None:
    assert not METAMOTION.sends_time
    assert not METAMOTION.sends_sequence
    assert not METAMOTION.keeps_samples


HEADS = st.sampled_from([b"\x03\x04", b"\x03\x05", b"\x03\x1c", b"\x13\x04", b"\x13\x05"])
PACKETS = st.one_of(
    st.binary(max_size=24),
    st.sampled_from([b"\x03\x80\x01\x00", b"\x03\x80\x04\x00", b"\x13\x80\x00\x00"]),
    st.builds(lambda head, rows: head + bytes(6 * rows), HEADS, st.integers(0, 40)),
)


@given(st.lists(PACKETS, max_size=60), st.sampled_from([None, *Chip]))
def test_any_packets_are_decoded_or_refused(packets: list[bytes], chip: Chip | None) -> None:
    decoder = MetaDecoder() if chip is None else decoder_of(chip)
    for data in packets:
        with suppress(ProtocolError):
            for event in decoder.receive(NOTIFY, data, 0.0):
                if isinstance(event, SampleBlock):
                    assert event.acc is not None
                    assert event.gyr is not None
                    assert len(event.acc) == len(event.gyr) > 0
