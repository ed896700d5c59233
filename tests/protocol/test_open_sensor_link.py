"""The client against the reference firmware over a bad link, and against bytes that are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.protocol.assembly_counts import NEVER_STORED, NOT_HELD, RESTARTED
from sensor_screen.protocol.open_sensor_choice import HeldMark
from sensor_screen.protocol.open_sensor_control import Identify
from sensor_screen.protocol.open_sensor_hearing import OpenSensorHearing
from sensor_screen.protocol.open_sensor_link import ENABLE_ORDER, OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import (
    SENTENCES,
    Answered,
    BatteryHeard,
    ClockStepped,
    Drop,
    Enable,
    EndedByItself,
    LinkPlan,
    LinkState,
    LostInside,
    PacketsCut,
    RateDiffers,
    Read,
    Restarted,
    SamplesGone,
    Write,
)
from sensor_screen.protocol.relay_frame import Channel, RelayKind
from tests.firmware.micropython_package import packet, sensor
from tests.protocol.virtual_link import Air, VirtualSensor

PLAN = LinkPlan(session=0xBEE, rate_hz=100.0)


def told(one: VirtualSensor, kind: type) -> list[Any]:
    return [event for _, event in one.events if isinstance(event, kind)]


def gone_numbers(one: VirtualSensor) -> list[int]:
    ranges = [event.gone.range for event in told(one, SamplesGone)]
    return sorted(number for each in ranges for number in range(each.first, each.end))


def end(one: VirtualSensor, most_s: float = 120.0) -> None:
    """Stop, and let everything come."""
    one.link.stop(one.now_s)
    until_s = one.now_s + most_s
    while one.link.state is not LinkState.FINISHED and one.now_s < until_s:
        one.run(one.now_s + 0.5)
        if one.link.held is not None:
            one.link.durable(one.link.held)


def requests(one: VirtualSensor, op: int) -> list[tuple[float, tuple[int, ...]]]:
    """When it was written, and its fields."""
    return [
        (record.arrival_s, packet.parse_request(record.value)[2])
        for record in one.records
        if record.kind is RelayKind.WRITTEN and record.value[0] == op
    ]


def held_by(one: VirtualSensor) -> set[int]:
    """Numbers that the link believes to have."""
    epoch = one.link.hearing.epoch
    assert epoch is not None
    assert epoch.contiguous_end == epoch.top
    return set(range(one.firmware.config.first_sequence, epoch.top or 0)) - set(gone_numbers(one))


@pytest.mark.parametrize(("mtu", "interval_s"), [(247, 0.015), (247, 0.03), (23, 0.0075)])
def test_nothing_is_lost_over_a_bad_link(mtu: int, interval_s: float) -> None:
    air = Air(interval_s, 4, mtu, live_loss=0.05, outages_s=((4, 9), (12, 13), (20, 32)))
    one = VirtualSensor(air, PLAN, seed=mtu)
    one.run(40.0)
    end(one)
    assert one.link.state is LinkState.FINISHED
    assert one.dropped > 5
    assert held_by(one) == {number for _, number in one.measured}
    assert not gone_numbers(one)
    assert one.firmware.acknowledged == one.firmware.ring.next
    assert one.link.hearing.counts.ahead == 0


def test_after_every_return_the_same_steps_in_the_same_order() -> None:
    one = VirtualSensor(Air(outages_s=((4, 6), (9, 10))), PLAN, seed=1)
    done: list[Any] = []
    choose = one.link.next
    one.link.next = lambda now_s: done.append(choose(now_s)) or done[-1]  # type: ignore[method-assign]
    one.run(13.0)
    actions = [action for action in done if action is not None]
    starts = [at for at, action in enumerate(actions) if action == Read(Channel.INFO)]
    assert len(starts) == 3
    for at in starts:
        assert actions[at + 1 : at + 5] == [Enable(channel) for channel in ENABLE_ORDER]
        request = actions[at + 5]
        assert isinstance(request, Write)
        assert packet.parse_request(request.value)[2][3] == PLAN.session
        assert request.value[0] == packet.START


def test_only_what_is_durable_is_acknowledged_and_at_most_once_a_second() -> None:
    one = VirtualSensor(Air(live_loss=0.05, outages_s=((5, 8),)), PLAN, seed=2)
    durable: list[tuple[float, int]] = []
    for step in range(1, 80):
        mark = one.link.held
        if mark is not None and step % 3 == 0:
            durable.append((one.now_s, mark.end))
            one.link.durable(mark)
        one.run(0.2 * step)
    acks = requests(one, packet.ACK)
    assert len(acks) > 5
    for (at_s, (number,)), (next_s, _) in zip(acks, [*acks[1:], (99.0, None)], strict=True):
        assert number in {known for known_s, known in durable if known_s <= at_s}
        # Written at one connection event or the next.
        assert next_s - at_s > 0.95


def test_marks_that_cannot_be_true_are_not_acknowledged() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.run(3.0)
    one.link.durable(HeldMark(one.boot_id, 10_000_000))
    one.link.durable(HeldMark(one.boot_id + 1, 5))
    one.run(6.0)
    assert not requests(one, packet.ACK)


def test_a_loss_longer_than_the_ring_names_exactly_what_was_overwritten() -> None:
    air = Air(outages_s=((5, 25),))
    one = VirtualSensor(air, PLAN, seed=4, depth=1000)
    got: set[int] = set()

    def note(record: Any) -> None:
        if record.kind is RelayKind.NOTIFIED and record.channel in (2, 3):
            _, first, _, samples = packet.parse_samples(record.value)
            got.update(range(first, first + len(samples) // 12))

    one.on_record = note
    one.run(35.0)
    end(one)
    lacking = sorted({number for _, number in one.measured} - got)
    assert gone_numbers(one) == lacking
    assert lacking == list(range(lacking[0], lacking[-1] + 1))
    asked_s = next(at_s for at_s, _ in requests(one, packet.RESEND) if at_s > 25)
    # Up to the moment of asking, give or take one connection interval, the ring went over it.
    assert one.measured[one.boot_id, lacking[-1] + 1000] == pytest.approx(asked_s, abs=0.1)
    assert {event.gone.reason for event in told(one, SamplesGone)} == {NOT_HELD}


def test_numbers_that_the_sensor_skipped_are_not_asked_for_for_ever() -> None:
    one = VirtualSensor(Air(live_loss=0.05), PLAN, seed=5)
    one.run(3.0)
    skipped: list[int] = []
    for second in range(4, 14):
        one.firmware.overrun(second)
        skipped += range(one.firmware.ring.next, one.firmware.ring.next + second)
        one.run(float(second))
    end(one)
    assert one.link.state is LinkState.FINISHED
    assert gone_numbers(one) == skipped
    assert {event.gone.reason for event in told(one, SamplesGone)} == {NEVER_STORED}
    assert told(one, LostInside)
    assert len(requests(one, packet.RESEND)) < 60


def test_a_restart_is_told_and_begins_a_new_session() -> None:
    one = VirtualSensor(Air(live_loss=0.1, restarts_s=(6.0,)), PLAN, seed=6)
    one.run(12.0)
    end(one)
    (restarted,) = told(one, Restarted)
    assert (restarted.boot_before, restarted.boot_now) == (one.boot_id - 1, one.boot_id)
    sessions = [fields[3] for _, fields in requests(one, packet.START)]
    assert sessions[0] == PLAN.session != sessions[1]
    assert one.link.state is LinkState.FINISHED
    late = {event.gone.reason for event in told(one, SamplesGone)}
    assert late <= {RESTARTED}
    epoch = one.link.hearing.epoch
    assert epoch is not None
    assert epoch.top == sum(boot == one.boot_id for boot, _ in one.measured)


def test_a_sensor_that_measures_for_somebody_else_can_be_taken_over() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.firmware.connected(0)
    one.firmware.set_encrypted(True)
    one.firmware.enable(packet.CONTROL, True, 0)
    one.firmware.write(packet.pack_request(packet.START, 1, 100_000, 16, 2000, 99, 0, 0), 0)
    one.firmware.disconnected(0)
    one.run(3.0)
    assert one.link.state is LinkState.IN_USE
    assert "another phone" in one.link.trouble
    assert one.link.held is None
    one.link.take_over(one.now_s)
    one.run(6.0)
    assert one.link.state is LinkState.STREAMING
    assert not one.link.trouble
    # What was measured for the other is none of ours, and is not fetched.
    end(one)
    assert not requests(one, packet.RESEND)
    _, first = one.firmware.stream[0], one.firmware.stream[4]
    epoch = one.link.hearing.epoch
    assert first > 100
    assert epoch is not None
    assert epoch.total().received == one.firmware.ring.next - first


def test_refusals_that_pass_are_tried_again_and_said() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.firmware.battery(8, True, False, False)
    one.run(3.0)
    assert one.link.state is LinkState.STARTING
    assert "charge it" in one.link.trouble
    one.firmware.battery(50, False, True, False)
    one.run(14.0)
    assert one.link.state is LinkState.STREAMING
    one.firmware.battery(2, True, False, True)
    one.run(20.0)
    assert told(one, EndedByItself) == [EndedByItself(battery_low=True)]
    assert "charge it" in one.link.trouble
    end(one)
    assert one.link.state is LinkState.FINISHED


@pytest.mark.parametrize(
    ("plan", "config", "words"),
    [
        (LinkPlan(1, serial="SS-9999"), {}, "another one was meant"),
        (LinkPlan(1, acc_range_g=3), {}, "is none of its ranges"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    plan: LinkPlan, config: dict[str, Any], words: str
) -> None:
    one = VirtualSensor(Air(), plan, **config)
    one.run(5.0)
    assert one.link.state is LinkState.REFUSED
    assert words in one.link.trouble
    assert "SS-0000" in one.link.trouble
    assert not one.measured


def test_another_major_version_is_refused_by_name() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.firmware.info = one.firmware.info.replace(b"\x01\x02\x01\x00", b"\x01\x02\x02\x00", 1)
    one.run(5.0)
    assert one.link.state is LinkState.REFUSED
    assert "protocol 2.0" in one.link.trouble


def test_a_sensor_that_waits_is_blinked_and_labelled_first() -> None:
    one = VirtualSensor(Air(), LinkPlan(1, hold=True))
    one.run(2.0)
    assert one.link.state is LinkState.READY
    one.link.ask(Identify(3))
    one.run(4.0)
    assert told(one, Answered) == [Answered("Identify", ok=True)]
    assert ("identify", 3) in one.firmware.board.told
    assert not one.measured
    one.link.begin(one.now_s)
    one.run(6.0)
    assert one.link.state is LinkState.STREAMING


def begun() -> tuple[OpenSensorLink, Any, Write]:
    """A link, its sensor, and the first request that is to be written."""
    link, firmware = OpenSensorLink(PLAN), VirtualSensor(Air(), PLAN).firmware
    firmware.connected(0)
    firmware.set_mtu(247)
    firmware.set_encrypted(True)
    link.connected(1.0, 247)
    assert link.next(1.0) == Read(Channel.INFO)
    link.read_done(Channel.INFO, firmware.info, 1.1)
    for channel in ENABLE_ORDER:
        assert link.next(1.2) == Enable(channel)
        firmware.enable(channel, True, 0)
        link.wrote(1.2)
    request = link.next(1.3)
    assert isinstance(request, Write)
    return link, firmware, request


def test_without_a_reply_the_link_is_dropped_after_five_seconds() -> None:
    link, _, _ = begun()
    assert link.next(1.4) is None
    link.wrote(1.5)
    assert link.wanted_at(1.5) == pytest.approx(6.5)
    assert link.next(6.4) is None
    assert link.next(6.51) == Drop("The sensor did not answer in time.")
    assert link.next(6.6) is None


def test_a_reply_may_overtake_the_news_that_the_request_was_taken() -> None:
    link, firmware, request = begun()
    assert firmware.write(request.value, 10) == 0
    channel, reply = firmware.next(20)
    link.received(Channel(channel), reply, 1.4)
    link.wrote(1.41)
    assert link.state is LinkState.STREAMING
    assert link.held == HeldMark(firmware.config.boot_id, 0)
    live = packet.pack_samples(packet.KIND_LIVE, 0, 7, bytes(12 * 7))
    link.received(Channel.LIVE, live, 1.5)
    assert link.held == HeldMark(firmware.config.boot_id, 7)


def test_a_busy_sensor_is_asked_again_but_not_at_once() -> None:
    link, firmware, request = begun()
    firmware.write(request.value, 10)
    link.received(Channel.CONTROL, firmware.next(20)[1], 1.4)
    link.wrote(1.4)
    link.received(Channel.LIVE, packet.pack_samples(1, 100, 7, bytes(12 * 7)), 1.5)
    asked: list[float] = []
    now_s = 1.5
    while now_s < 4.0:
        action = link.next(now_s)
        if isinstance(action, Write):
            link.wrote(now_s)
            op, tag = action.value[:2]
            if op == packet.RESEND:
                asked.append(now_s)
                link.received(Channel.CONTROL, bytes([0x83, tag, packet.BUSY]), now_s)
            else:
                body = bytes(16) if op == packet.TIME else b""
                link.received(Channel.CONTROL, bytes([op + 0x80, tag, 0]) + body, now_s)
        now_s += 0.01
    assert 3 <= len(asked) <= 10


def test_a_program_that_was_killed_goes_on_where_it_ended() -> None:
    one = VirtualSensor(Air(live_loss=0.05), PLAN, seed=7)
    one.run(10.0)
    held = one.link.held
    hearing = OpenSensorHearing()
    hearing.replay(one.records)
    one.link.disconnected(one.now_s)
    one._lose(12.0)
    one.link = OpenSensorLink(PLAN, hearing=hearing)
    assert one.link.held == held
    before = len(requests(one, packet.RESEND))
    one.run(16.0)
    assert one.link.state is LinkState.STREAMING
    end(one)
    assert held_by(one) == {number for _, number in one.measured}
    for _, (first, _count) in requests(one, packet.RESEND)[before:]:
        assert held is not None
        assert first >= held.end
    assert not told(one, Restarted)


def test_what_the_status_says_is_told_once() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.run(4.0)
    one.link.received(Channel.BATTERY, b"\x38", one.now_s)
    one.firmware.battery(55, False, True, False)
    one.run(7.0)
    one.link.received(Channel.BATTERY, b"\x36", one.now_s)
    one.link.received(Channel.BATTERY, b"\xff", one.now_s)
    one.run(8.0)
    assert told(one, BatteryHeard) == [
        BatteryHeard(56, low=False, charging=False),
        BatteryHeard(55, low=False, charging=True),
    ]
    assert not told(one, ClockStepped)
    following = one.firmware.ring.next
    back = packet.pack_status(following, 0, 1_000_000, one.boot_id, 55, 0x41, 0)
    one.link.received(Channel.STATUS, back, one.now_s)
    one.run(9.5)
    assert told(one, ClockStepped) == [ClockStepped(backwards=True)]
    assert one.link.state is LinkState.STREAMING


def test_a_rate_that_is_a_lie_is_told() -> None:
    one = VirtualSensor(Air(rate_factor=1.15), PLAN)
    one.run(14.0)
    (lie,) = told(one, RateDiffers)
    assert lie.named_hz == 100.0
    assert lie.measured_hz == pytest.approx(115.0, rel=0.02)
    honest = VirtualSensor(Air(rate_factor=1.05), PLAN)
    honest.run(14.0)
    assert not told(honest, RateDiffers)


def test_packets_that_are_cut_are_told_and_change_nothing() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.run(2.0)
    held = one.link.held
    for _ in range(4):
        whole = packet.pack_samples(packet.KIND_LIVE, 200, 7, bytes(12 * 7))
        one.link.received(Channel.LIVE, whole[:20], one.now_s)
    one.run(2.01)
    assert told(one, PacketsCut) == [PacketsCut(247)]
    assert one.link.hearing.counts.cut == 4
    assert held is not None
    assert one.link.held is not None
    assert one.link.held.end - held.end < 20


def test_a_number_that_the_sensor_cannot_have_reached_is_refused() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.run(5.0)
    far = packet.pack_samples(packet.KIND_LIVE, 100_000, 7, bytes(12))
    one.link.received(Channel.LIVE, far, one.now_s)
    assert one.link.hearing.counts.ahead == 1
    end(one)
    assert one.link.state is LinkState.FINISHED
    assert not gone_numbers(one)


class Liar(sensor.Sensor):  # type: ignore[misc]
    """Says that it holds far more than it will ever send."""

    def _status(self, now_us: int) -> bytes:
        following, oldest, time_us, boot, battery, flags, lost = packet.parse_status(
            super()._status(now_us)
        )
        following += 50_000 if self.ring.next > 200 else 0
        return packet.pack_status(following, oldest, time_us, boot, battery, flags, lost)


def test_a_sensor_that_lies_about_what_it_holds_does_not_keep_the_link_for_ever() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.firmware = Liar(one.firmware.config, one.firmware.board)
    one.run(10.0)
    end(one, 200.0)
    assert one.link.state is LinkState.FINISHED
    assert len(requests(one, packet.RESEND)) < 300


def test_every_state_has_its_sentence() -> None:
    assert set(SENTENCES) == set(LinkState)
    assert all(text.endswith(".") for text in SENTENCES.values())


# --- anything at all ------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    mtu=st.sampled_from([23, 65, 185, 247]),
    interval_s=st.sampled_from([0.0075, 0.015, 0.03, 0.045]),
    packets=st.integers(1, 6),
    loss=st.floats(0.0, 0.4),
    first=st.sampled_from([0, 2**31 - 300, 2**32 - 300]),
    batch=st.sampled_from([0, 1, 7, 11]),
    breaks=st.lists(st.tuples(st.floats(1, 14), st.floats(0.1, 5.0)), max_size=3),
    overruns=st.lists(st.integers(0, 30), max_size=2),
)
def test_whatever_the_link_does_every_sample_is_held_or_named(
    seed: int,
    mtu: int,
    interval_s: float,
    packets: int,
    loss: float,
    first: int,
    batch: int,
    breaks: list[tuple[float, float]],
    overruns: list[int],
) -> None:
    outages, clear_s = [], 0.0
    for at_s, length_s in sorted(breaks):
        if at_s > clear_s:
            outages.append((at_s, at_s + length_s))
            clear_s = at_s + length_s + 0.5
    air = Air(interval_s, packets, mtu, loss, outages_s=tuple(outages))
    plan = LinkPlan(session=3, rate_hz=50.0, live_batch=batch)
    one = VirtualSensor(air, plan, seed=seed, first_sequence=first)
    one.run(2.0)
    skipped: list[int] = []
    for at_s, lost in enumerate(overruns, 3):
        if one.firmware.measuring:
            one.firmware.overrun(lost)
            skipped += range(one.firmware.ring.next, one.firmware.ring.next + lost)
        one.run(float(at_s))
    one.run(20.0)
    end(one)
    assert one.link.state is LinkState.FINISHED
    gone = gone_numbers(one)
    assert [number % 2**32 for number in gone] == [number % 2**32 for number in skipped]
    epoch = one.link.hearing.epoch
    assert epoch is not None
    assert epoch.total().received == len(one.measured)
    assert epoch.total().conflicting == 0


anything = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda kind, rest: bytes([kind]) + rest,
        st.sampled_from([0x11, 0x12, 0x81, 0x82, 0x83, 0x84, 0x85, 0xC3]),
        st.binary(max_size=24),
    ),
    st.builds(
        packet.pack_status,
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**48 - 1),
        st.sampled_from([0x0001, 0x5EED0001]),
        st.integers(0, 255),
        st.integers(0, 255),
        st.integers(0, 65535),
    ),
    st.builds(
        lambda kind, first, t, n: packet.pack_samples(kind, first, t, bytes(12 * n)),
        st.sampled_from([1, 2]),
        st.integers(0, 2**32 - 1),
        st.integers(0, 65535),
        st.integers(1, 19),
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "wrote", "refused", "read", "stop", "tick", "said"]),
            st.sampled_from(list(Channel)),
            anything,
            st.floats(0.0, 8.0),
        ),
        max_size=40,
    ),
    starts=st.booleans(),
)
def test_no_bytes_and_no_order_of_things_make_it_raise_or_turn_in_circles(
    steps: list[tuple[str, Channel, bytes, float]], starts: bool
) -> None:
    one = VirtualSensor(Air(), PLAN)
    link, now_s = one.link, 0.0
    if starts:
        one.run(3.0)
        now_s = one.now_s
    happen = {
        "up": lambda _, __: link.connected(now_s, 247),
        "down": lambda _, __: link.disconnected(now_s),
        "wrote": lambda _, __: link.wrote(now_s),
        "refused": lambda _, value: link.refused(value[0] if value else 0, now_s),
        "read": lambda channel, value: link.read_done(channel, value, now_s),
        "stop": lambda _, __: link.stop(now_s),
        "said": lambda channel, value: link.received(channel, value, now_s),
        "tick": lambda _, __: None,
    }
    for what, channel, value, wait_s in steps:
        now_s += wait_s
        happen[what](channel, value)
        do_all(link, one.firmware.info, now_s)
        wanted = link.wanted_at(now_s)
        assert wanted is None or wanted >= now_s
        assert len(link.take_events()) <= 4096
    epoch = link.hearing.epoch
    assert epoch is None or epoch.missing_ranges <= 4097


def do_all(link: OpenSensorLink, value: bytes, now_s: float) -> None:
    """Everything that it asks for now."""
    for _ in range(40):
        action = link.next(now_s)
        if action is None:
            return
        if isinstance(action, Enable | Write):
            link.wrote(now_s)
        elif isinstance(action, Read):
            link.read_done(Channel.INFO, value, now_s)
    pytest.fail("it asks and asks")


def test_a_flood_of_gaps_is_bounded() -> None:
    one = VirtualSensor(Air(), PLAN)
    one.run(2.0)
    link, limit = one.link, 300
    link.hearing.params = replace(link.hearing.params, most_ranges=limit)
    for k in range(3 * limit):
        now_s = one.now_s + k
        first = 1000 + 40 * k
        link.received(Channel.LIVE, packet.pack_samples(1, first, 0, bytes(12)), now_s)
        value = packet.pack_status(first + 1, 0, 1_000_000 * k, one.boot_id, 50, 1, 0)
        link.received(Channel.STATUS, value, now_s)
    epoch = link.hearing.epoch
    assert epoch is not None
    assert 0 < epoch.missing_ranges <= limit + 1
