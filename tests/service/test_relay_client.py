from __future__ import annotations

import json
from typing import Any

import pytest

from sensor_screen.errors import ProtocolError, UsageError
from sensor_screen.protocol.relay_marks import MarkName
from sensor_screen.service.relay_client import RelayClient, RelayClientParams
from sensor_screen.service.relay_messages import CloseCode
from tests.service.relay_frames import a_frame


def with_frames(count: int, params: RelayClientParams | None = None) -> RelayClient:
    client = RelayClient(params)
    for k in range(count):
        client.add_frame(a_frame(k))
    return client


def resume(client: RelayClient, sequence: int = 0, marks: int = 0, **changes: object) -> None:
    client.connected(0.0)
    say(
        client,
        type="resume",
        **{"next_sequence": sequence, "marks": marks, "window_frames": 3, "window_bytes": 4000}
        | changes,
    )


def say(client: RelayClient, **fields: Any) -> None:
    client.receive(json.dumps(fields), 0.0)


def kinds(messages: list[str | bytes]) -> list[object]:
    """Sequences of frames and types of texts."""
    return [
        int.from_bytes(one[4:8], "little") if isinstance(one, bytes) else json.loads(one)["type"]
        for one in messages
    ]


def test_hello_says_what_is_still_held() -> None:
    client = with_frames(4)
    (hello,) = client.connected(0.0)
    assert json.loads(hello) == {
        "type": "hello",
        "protocol": 1,
        "next_sequence": 0,
        "view": False,
    }
    resume(client, 2)
    (hello,) = client.connected(0.0)
    assert json.loads(hello)["next_sequence"] == 2


def test_nothing_is_sent_before_resume_and_no_more_than_the_window_after() -> None:
    client = with_frames(6)
    client.connected(0.0)
    assert client.take_messages() == []
    resume(client)
    assert kinds(client.take_messages()) == [0, 1, 2]
    assert client.take_messages() == []
    say(client, type="ack", next_sequence=2, marks=0)
    assert kinds(client.take_messages()) == [3, 4]


def test_the_window_counts_bytes_but_never_stands_still() -> None:
    client = with_frames(4)
    size = len(a_frame(1))
    resume(client, window_bytes=len(a_frame(0)) + size)
    assert kinds(client.take_messages()) == [0, 1]
    client = with_frames(2)
    resume(client, window_bytes=1)
    assert kinds(client.take_messages()) == [0]


def test_what_was_not_acknowledged_is_sent_again_byte_for_byte() -> None:
    client = with_frames(3)
    client.add_mark(5, MarkName.BEGINS, "squat")
    resume(client)
    first = client.take_messages()
    assert client.disconnected(1006, "", 0.0) == pytest.approx(0.05)
    resume(client)
    assert client.take_messages() == first
    client.disconnected(1006, "", 0.0)
    resume(client, 2, 1)
    assert kinds(client.take_messages()) == [2]


def test_finish_comes_last_and_is_said_again() -> None:
    client = with_frames(4)
    client.finish()
    resume(client)
    assert kinds(client.take_messages()) == [0, 1, 2]
    say(client, type="ack", next_sequence=3, marks=0)
    assert kinds(client.take_messages()) == [3, "finish"]
    client.disconnected(1006, "", 0.0)
    resume(client, 4)
    assert kinds(client.take_messages()) == ["finish"]
    say(client, type="finished", next_sequence=4)
    assert client.is_finished
    assert client.disconnected(CloseCode.FINISHED, "", 0.0) is None
    assert client.problem is None


def test_another_relay_that_finished_is_a_problem() -> None:
    client = with_frames(4)
    client.connected(0.0)
    say(client, type="finished", next_sequence=2)
    assert client.disconnected(CloseCode.FINISHED, "", 0.0) is None
    assert "by another relay" in str(client.problem)
    assert client.held_frames == 4


def test_waits_grow_and_begin_anew_after_an_acknowledgement() -> None:
    client = with_frames(1)
    waits = [client.disconnected(1006, "", 0.0) for _ in range(14)]
    assert waits[:4] == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert waits[-1] == 30.0
    assert client.disconnected(1006, "", 1.0) == 15.0
    resume(client)
    assert client.disconnected(1006, "", 0.0) == 30.0, "a resume alone is no progress"
    resume(client)
    say(client, type="ack", next_sequence=1, marks=0)
    assert client.disconnected(1006, "", 0.0) == pytest.approx(0.05)


def test_an_overloaded_service_says_when_to_come_again() -> None:
    client = with_frames(1)
    assert client.disconnected(CloseCode.OVERLOADED, "retry-after=7", 0.0) == 7.0
    assert client.disconnected(CloseCode.OVERLOADED, "retry-after=soon", 0.0) == pytest.approx(0.1)
    assert client.disconnected(CloseCode.OVERLOADED, "retry-after=nan", 0.0) is not None
    assert client.disconnected(CloseCode.OVERLOADED, "retry-after=1e9", 0.0) == 300.0


@pytest.mark.parametrize("code", [4400, 4403, 4404, 4410, 1009])
def test_some_ends_are_final(code: int) -> None:
    client = with_frames(1)
    assert client.disconnected(code, "A reason.", 0.0) is None
    assert f"({code} A reason.)" in str(client.problem)


def test_a_frame_lost_on_the_way_is_sent_again_but_one_that_is_gone_is_final() -> None:
    client = with_frames(2)
    resume(client)
    assert client.disconnected(CloseCode.OUT_OF_SEQUENCE, "", 0.0) is not None
    client.connected(0.0)
    assert client.disconnected(CloseCode.OUT_OF_SEQUENCE, "", 0.0) is None
    assert "lacks frames" in str(client.problem)


def test_two_relays_do_not_fight_for_ever() -> None:
    client = with_frames(1)
    waits = [client.disconnected(CloseCode.TAKEN_OVER, "", 0.0) for _ in range(6)]
    assert waits[-1] is None
    assert None not in waits[:-1]


def test_a_dead_link_is_noticed() -> None:
    client = with_frames(1)
    assert not client.is_silent(1e9)
    resume(client)
    assert not client.is_silent(19.0)
    assert client.is_silent(21.0)
    say(client, type="trouble", code="storage_full", detail="Full.", retry_after_s=1.0)
    assert not client.is_silent(59.0)
    assert client.is_silent(61.0)
    say(client, type="trouble_over")
    say(client, type="ack", next_sequence=1, marks=0)
    assert not client.is_silent(1e9), "nothing waits"


def test_too_much_is_refused_and_nothing_dropped() -> None:
    client = with_frames(2, RelayClientParams(most_held_bytes=len(a_frame(0)) + len(a_frame(1))))
    with pytest.raises(UsageError, match="has taken nothing"):
        client.add_frame(a_frame(2))
    assert (client.held_frames, client.next_sequence) == (2, 2)


def test_frames_are_numbered_without_a_gap() -> None:
    client = with_frames(1)
    for wrong in (0, 2):
        with pytest.raises(ProtocolError, match="was made where 1 was due"):
            client.add_frame(a_frame(wrong))
    client.finish()
    with pytest.raises(UsageError, match="was finished"):
        client.add_frame(a_frame(1))


def test_a_relay_that_was_started_anew_goes_on_where_the_stream_is() -> None:
    client = RelayClient()
    resume(client, 7, 2)
    client.add_frame(a_frame(7))
    assert client.add_mark(1, MarkName.ENDS).number == 2
    assert kinds(client.take_messages()) == ["mark", 7]


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", "[" * 100_000),
        '{"type":"resume","next_sequence":9,"marks":0,"window_frames":1,"window_bytes":1}',
        '{"type":"resume","next_sequence":0,"marks":0}',
        '{"type":"ack","next_sequence":9,"marks":0}',
        '{"type":"ack","next_sequence":0,"marks":1}',
    ],
)
def test_a_service_that_is_none_is_refused_and_nothing_dropped(text: str) -> None:
    client = with_frames(2)
    client.connected(0.0)
    with pytest.raises(ProtocolError):
        client.receive(text, 0.0)
    assert client.held_frames == 2


def test_what_was_acknowledged_and_is_missing_is_said() -> None:
    client = with_frames(3)
    resume(client)
    say(client, type="ack", next_sequence=2, marks=0)
    client.disconnected(1006, "", 0.0)
    with pytest.raises(ProtocolError, match=r"resumes at frame 1 .* had acknowledged 2"):
        resume(client, 1)


def test_events_are_kept_for_who_wants_them() -> None:
    client = RelayClient(view=True)
    (hello,) = client.connected(0.0)
    assert json.loads(hello)["view"] is True
    say(client, type="angle", side="left")
    assert list(client.events) == [{"type": "angle", "side": "left"}]
