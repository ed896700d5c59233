from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service.live_hub import LiveHub, LiveHubParams, NoAnalyst
from sensor_screen.storage.database.stream_batch import StreamBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Scripted:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.offered: list[tuple[str, int, list[bytes], int]] = []
        self.closed: list[str] = []
        self.asked: deque[Callable[[str | None], None]] = deque()

    def open(self, stream_id: str) -> None:
        self.opened.append(stream_id)

    def offer(
        self,
        stream_id: str,
        first_sequence: int,
        frames: Sequence[bytes],
        marks: Sequence[Any] = (),
    ) -> None:
        self.offered.append((stream_id, first_sequence, [*frames], len(marks)))

    def ask_picture(self, stream_id: str, deliver: Callable[[str | None], None]) -> None:
        del stream_id
        self.asked.append(deliver)

    def close(self, stream_id: str) -> None:
        self.closed.append(stream_id)


@pytest.fixture
def hub() -> LiveHub:
    made = LiveHub(lambda act: act(), LiveHubParams(most_waiting=4))
    made.analyst = Scripted()
    return made


def analyst(hub: LiveHub) -> Scripted:
    assert isinstance(hub.analyst, Scripted)
    return hub.analyst


def test_what_was_before_the_picture_is_not_told_again(hub: LiveHub) -> None:
    woken: list[int] = []
    viewer = hub.subscribe("a", lambda: woken.append(1))
    hub.publish("a", ["early"])
    assert viewer.take() == []
    analyst(hub).asked.popleft()("picture")
    hub.publish("a", ["1", "2"])
    hub.publish("b", ["other"])
    assert viewer.take() == ["picture", "1", "2"]
    assert viewer.take() == []
    assert len(woken) == 2
    viewer.close()
    hub.publish("a", ["3"])
    assert viewer.take() == []
    assert hub.viewers == 0


def test_who_does_not_take_is_cut_off_and_others_are_not(hub: LiveHub) -> None:
    slow, quick = (hub.subscribe("a", lambda: None) for _ in range(2))
    for deliver in analyst(hub).asked:
        deliver("picture")
    for k in range(6):
        hub.publish("a", [str(k)])
        quick.take()
    assert slow.too_slow
    assert slow.take() == []
    assert not quick.too_slow


def test_the_end_comes_behind_the_picture(hub: LiveHub) -> None:
    viewer = hub.subscribe("a", lambda: None)
    hub.end("a", "end")
    assert (viewer.take(), viewer.over) == ([], False)
    analyst(hub).asked.popleft()("picture")
    assert (viewer.take(), viewer.over) == (["picture", "end"], True)


@pytest.mark.parametrize("again", [False, True])
def test_the_end_is_told_to_who_has_no_picture(hub: LiveHub, again: bool) -> None:
    viewer = hub.subscribe("a", lambda: None)
    analyst(hub).asked.popleft()(None)
    assert viewer.nothing_there
    if again:
        hub.open(viewer)
        assert analyst(hub).opened == ["a"]
        hub.end("a", "end")
        analyst(hub).asked.popleft()(None)
    else:
        hub.end("a", "end")
    assert (viewer.take(), viewer.over) == (["end"], True)


def test_what_became_durable_is_offered(hub: LiveHub) -> None:
    mark = RelayMark(0, 5, MarkName.ENDS)
    hub.committed(StreamBatch("a", 1, ((7, b"x"), (8, b"y")), (mark,)))
    hub.committed(StreamBatch("a", 1, (), (), None, (9, 1)))
    assert analyst(hub).offered == [("a", 7, [b"x", b"y"], 1)]
    assert analyst(hub).closed == ["a"]


def test_without_analysis_there_is_nothing_to_see() -> None:
    hub = LiveHub(lambda act: act())
    assert isinstance(hub.analyst, NoAnalyst)
    viewer = hub.subscribe("a", lambda: None)
    hub.committed(StreamBatch("a", 1, ((0, b"x"),)))
    assert viewer.nothing_there
    assert viewer.take() == []
