from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.protocol.relay_frame import (
    Channel,
    RelayFrame,
    RelayKind,
    RelayRecord,
    encode_frame,
)
from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service.relay_acts import Claim, Close, DurableStream, Finish, Say
from sensor_screen.service.relay_messages import CloseCode, Trouble, TroubleCode
from sensor_screen.service.relay_session import RelaySession, RelaySessionParams
from tests.service.relay_frames import FOOT, SHANK, a_frame

HELLO = '{"type":"hello","protocol":1,"next_sequence":0}'


def said(session: RelaySession) -> list[dict[str, Any]]:
    return [json.loads(act.text) for act in session.take_acts() if isinstance(act, Say)]


def resumed(
    durable: DurableStream | None = None, params: RelaySessionParams | None = None
) -> RelaySession:
    session = RelaySession(params)
    session.receive_text(HELLO)
    assert session.take_acts() == [Claim()]
    session.resume(durable or DurableStream(1, 0, 0))
    session.take_acts()
    return session


def closing(session: RelaySession) -> Close:
    *_, last = session.take_acts()
    assert isinstance(last, Close)
    assert session.closed
    assert len(last.reason.encode()) <= 123
    assert last.reason.endswith((".", "...")) or last.code == CloseCode.OVERLOADED
    return last


def mark(number: int, **changes: object) -> str:
    fields = {"type": "mark", "number": number, "at_us": 5, "name": "task_begins", "text": "squat"}
    return json.dumps(fields | changes)


# --- the ordinary way -----------------------------------------------------------------------------


def test_hello_is_answered_by_what_is_durable() -> None:
    session = RelaySession()
    session.receive_text('{"type":"hello","protocol":1,"next_sequence":3,"view":false}')
    assert session.take_acts() == [Claim()]
    session.resume(DurableStream(4, 7, 2))
    assert said(session) == [
        {
            "type": "resume",
            "next_sequence": 7,
            "marks": 2,
            "window_frames": 2000,
            "window_bytes": 4194304,
        }
    ]
    assert not session.view
    assert not session.closed


def test_nothing_is_acknowledged_before_it_is_durable() -> None:
    session = resumed()
    values = [a_frame(k) for k in range(3)]
    for value in values:
        session.receive_frame(value)
    session.receive_text(mark(0))
    taken = session.take()
    assert taken.frames == [*enumerate(values)]
    assert taken.marks == [RelayMark(0, 5, MarkName.BEGINS, "squat")]
    assert taken.slots == {0: FOOT, 1: SHANK}
    assert session.take_acts() == []
    assert not session.take()
    session.committed(2, 0)
    assert said(session) == [{"type": "ack", "next_sequence": 2, "marks": 0}]
    session.committed(3, 1)
    assert said(session) == [{"type": "ack", "next_sequence": 3, "marks": 1}]


def test_finish_is_told_once_it_is_durable() -> None:
    session = resumed()
    session.receive_frame(a_frame(0))
    session.receive_text('{"type":"finish","frames":1,"marks":0}')
    session.receive_text('{"type":"finish","frames":1,"marks":0}')
    assert session.take().finish == Finish(1, 0)
    assert not session.is_finished
    session.committed(1, 0)
    assert [one["type"] for one in said(session)] == ["ack"]
    session.committed(1, 0, finished=True)
    assert said(session)[-1] == {"type": "finished", "next_sequence": 1}
    assert session.is_finished
    session.receive_frame(a_frame(1))
    assert closing(session).code == CloseCode.FINISHED


def test_what_comes_again_is_left_and_acknowledged_when_it_is_durable() -> None:
    session = resumed()
    session.receive_frame(a_frame(0))
    session.take()
    session.receive_frame(a_frame(0))
    assert not session.take()
    assert session.take_acts() == []
    session.committed(1, 0)
    said(session)
    session.receive_frame(a_frame(0))
    assert said(session) == [{"type": "ack", "next_sequence": 1, "marks": 0}]


def test_slots_are_remembered_over_connections() -> None:
    session = resumed(DurableStream(2, 5, 0, 1_400_000, {0: FOOT, 1: SHANK}))
    session.receive_frame(a_frame(5))
    taken = session.take()
    assert [sequence for sequence, _ in taken.frames] == [5]
    assert taken.slots is None


def test_a_finished_stream_says_so_and_closes() -> None:
    session = RelaySession()
    session.receive_text(HELLO)
    session.take_acts()
    session.resume(DurableStream(3, 9, 1, open=False))
    first, last = session.take_acts()
    assert isinstance(first, Say)
    assert json.loads(first.text) == {"type": "finished", "next_sequence": 9}
    assert isinstance(last, Close)
    assert last.code == CloseCode.FINISHED


# --- push-back ------------------------------------------------------------------------------------


def test_reading_stops_at_the_window_and_goes_on_when_it_moves() -> None:
    session = resumed(params=RelaySessionParams(window_frames=3))
    for k in range(3):
        assert session.may_read
        session.receive_frame(a_frame(k))
    assert not session.may_read
    session.committed(1, 0)
    assert session.may_read


def test_reading_stops_at_the_bytes_of_the_window() -> None:
    frame = a_frame(1)
    session = resumed(params=RelaySessionParams(window_bytes=len(a_frame(0)) + len(frame)))
    session.receive_frame(a_frame(0))
    assert session.may_read
    session.receive_frame(frame)
    assert not session.may_read
    session.committed(2, 0)
    assert session.may_read


def test_a_trouble_is_said_once_and_stops_reading() -> None:
    session = resumed()
    full = Trouble(TroubleCode.STORAGE_FULL, "The disk of the service is full.", 0.5)
    session.trouble(full)
    session.trouble(full)
    assert said(session) == [
        {
            "type": "trouble",
            "code": "storage_full",
            "detail": "The disk of the service is full.",
            "retry_after_s": 0.5,
        }
    ]
    assert not session.may_read
    session.trouble_over()
    session.trouble_over()
    assert said(session) == [{"type": "trouble_over"}]
    assert session.may_read


def test_overload_says_when_to_come_again() -> None:
    session = RelaySession()
    session.overloaded(5.0)
    assert session.take_acts() == [Close(CloseCode.OVERLOADED, "retry-after=5")]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "7", '{"type":7}', '{"a":1}', "[" * 3000, '{"type":"' + "x" * 5000 + '"}'),
        '{"type":"mark","number":0,"at_us":1,"name":"task_ends"}',
        '{"type":"hello","protocol":2,"next_sequence":0}',
        '{"type":"hello","protocol":true,"next_sequence":0}',
        '{"type":"hello","protocol":1}',
        '{"type":"hello","protocol":1,"next_sequence":-1}',
        '{"type":"hello","protocol":1,"next_sequence":1.5}',
        '{"type":"hello","protocol":1,"next_sequence":true}',
        '{"type":"hello","protocol":1,"next_sequence":1e400}',
        '{"type":"hello","protocol":1,"next_sequence":0,"view":1}',
        '{"type":"hello","protocol":1,"next_sequence":0,"extra":1}',
    ],
)
def test_nothing_but_a_good_hello_comes_first(text: str) -> None:
    session = RelaySession()
    session.receive_text(text)
    assert closing(session).code == CloseCode.BAD_MESSAGE


def test_a_frame_before_resume_is_refused() -> None:
    session = RelaySession()
    session.receive_frame(a_frame(0))
    assert closing(session).code == CloseCode.BAD_MESSAGE
    session = RelaySession()
    session.receive_text(HELLO)
    session.receive_frame(a_frame(0))
    assert closing(session).code == CloseCode.BAD_MESSAGE


def test_a_relay_that_has_dropped_what_is_missing_is_refused() -> None:
    session = RelaySession()
    session.receive_text('{"type":"hello","protocol":1,"next_sequence":8}')
    session.take_acts()
    session.resume(DurableStream(1, 7, 0))
    assert closing(session).code == CloseCode.OUT_OF_SEQUENCE


@pytest.mark.parametrize(
    "text",
    [
        HELLO,
        mark(0, at_us=-1),
        mark(0, at_us=2**53 + 1),
        mark(0, name="began"),
        mark(0, name=["task_begins"]),
        mark(0, text="dance"),
        mark(0, text=""),
        mark(0, text={"a": 1}),
        mark(0, text="squat\0"),
        mark(0, more=1),
        '{"type":"finish","frames":0}',
        '{"type":"\\ud800"}',
    ],
)
def test_texts_that_are_no_message_are_refused(text: str) -> None:
    session = resumed()
    session.receive_text(text)
    assert closing(session).code == CloseCode.BAD_MESSAGE
    assert not session.take()


def test_gaps_are_refused() -> None:
    for act in (
        lambda s: s.receive_frame(a_frame(1, describe=True)),
        lambda s: s.receive_text(mark(1)),
        lambda s: s.receive_text('{"type":"finish","frames":1,"marks":0}'),
        lambda s: s.receive_text('{"type":"finish","frames":0,"marks":1}'),
    ):
        session = resumed()
        act(session)
        assert closing(session).code == CloseCode.OUT_OF_SEQUENCE
        assert not session.take()


def a_record_of(slot: int) -> bytes:
    record = RelayRecord(RelayKind.NOTIFIED, slot, Channel.LIVE, 0, b"x")
    return encode_frame(RelayFrame(1, 1_100_000, (record,)))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        a_frame(1)[:-1],
        a_frame(1)[:-1] + b"\0",
        a_frame(1, base_us=2**53 + 1),
        a_frame(1, base_us=2**64 - 1),
        a_frame(1, base_us=499_999),
        a_record_of(7),
        a_frame(1, describe=True, slots=(SHANK, FOOT)),
    ],
    ids=["empty", "cut", "crc", "late", "latest", "backwards", "undescribed", "another"],
)
def test_a_frame_that_may_not_be_never_enters(value: bytes) -> None:
    session = resumed()
    session.receive_frame(a_frame(0, base_us=1_500_000))
    session.take()
    session.receive_frame(value)
    assert closing(session).code == CloseCode.BAD_MESSAGE
    assert not session.take()


def test_a_clock_may_run_back_by_a_second() -> None:
    session = resumed()
    session.receive_frame(a_frame(0, base_us=5_000_000))
    session.receive_frame(a_frame(1, base_us=4_000_000))
    assert len(session.take().frames) == 2
    assert not session.closed


def test_a_closed_session_is_silent() -> None:
    session = resumed()
    session.receive_frame(a_frame(0))
    session.taken_over()
    session.take_acts()
    session.receive_frame(a_frame(1))
    session.receive_text("{")
    session.committed(1, 0, finished=True)
    session.trouble(Trouble(TroubleCode.DATABASE_AWAY, "Away.", 1.0))
    session.trouble_over()
    session.resume(DurableStream(1, 0, 0))
    assert session.take_acts() == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=60), st.binary(max_size=60)), max_size=5))
def test_nothing_makes_it_raise(messages: list[str | bytes]) -> None:
    session = resumed()
    for message in messages:
        if isinstance(message, bytes):
            session.receive_frame(message)
        else:
            session.receive_text(message)
    assert not session.take()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)


@given(
    st.sampled_from(["hello", "mark", "finish", "ack"]),
    st.dictionaries(
        st.sampled_from(["number", "at_us", "name", "text", "frames", "marks", "next_sequence"]),
        json_values,
    ),
    st.booleans(),
)
def test_no_field_makes_it_raise(kind: str, fields: dict[str, Any], greeted: bool) -> None:
    session = resumed() if greeted else RelaySession()
    session.receive_text(json.dumps({"protocol": 1} | fields | {"type": kind}))
    session.take_acts()
