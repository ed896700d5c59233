"""What live streams say, to everybody who watches: the picture so far first, then every event.

    hub = LiveHub(call_soon=loop.call_soon_threadsafe)
    hub.analyst = Analyst(..., on_messages=hub.publish)
    viewer = hub.subscribe(stream_id, wake)
    texts = viewer.take()                   whenever `wake` was called
    viewer.close()

A viewer that does not take is cut off, never waited for. Viewers live in the loop's thread;
`publish` may be called in any.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sensor_screen.service import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.protocol.relay_marks import RelayMark
    from sensor_screen.storage.database.stream_batch import StreamBatch


@dataclass(frozen=True, slots=True)
class LiveHubParams:
    """How far a viewer may be behind."""

    most_waiting: int = 600
    """Texts: some ten seconds of two legs. Behind by more, a picture is better."""


class Analyst(Protocol):
    """Measures streams while they come."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def open(self, stream_id: str) -> None:
        """Look at a stream from its first frame on; the same again changes nothing."""

    def offer(
        self,
        stream_id: str,
        first_sequence: int,
        frames: Sequence[bytes],
        marks: Sequence[RelayMark] = (),
    ) -> None:
        """Frames and marks that became durable; never blocks."""

    def ask_picture(self, stream_id: str, deliver: Callable[[str | None], None]) -> None:
        """Give a picture in the thread and order of events; None: the stream is not open."""

    def close(self, stream_id: str) -> None:
        """No more comes of it."""


class NoAnalyst:
    """Analysis is off: there is nothing to see."""

    def start(self) -> None:
        """See `Analyst`."""

    def stop(self) -> None:
        """See `Analyst`."""

    def open(self, stream_id: str) -> None:
        """See `Analyst`."""

    def offer(
        self,
        stream_id: str,
        first_sequence: int,
        frames: Sequence[bytes],
        marks: Sequence[RelayMark] = (),
    ) -> None:
        """See `Analyst`."""

    def ask_picture(self, stream_id: str, deliver: Callable[[str | None], None]) -> None:  # noqa: ARG002
        """See `Analyst`."""
        deliver(None)

    def close(self, stream_id: str) -> None:
        """See `Analyst`."""


class Viewer:
    """One who watches. Made by `LiveHub.subscribe`.

    Attributes:
        too_slow: More waited than may; nothing comes any more.
        nothing_there: The stream is not looked at.
        over: The stream is over; what waits is the last.
    """

    def __init__(self, hub: LiveHub, stream_id: str, wake: Callable[[], None], most: int) -> None:
        self.stream_id = stream_id
        self.too_slow = self.nothing_there = self.over = False
        self._hub, self._wake, self._most = hub, wake, most
        self._waiting: deque[str] = deque()
        self._has_picture = False
        self._asked = True
        self._last: str | None = None

    def take(self) -> list[str]:
        """JSON texts since the last call; the first of all is a picture."""
        texts = [*self._waiting]
        self._waiting.clear()
        return texts

    def close(self) -> None:
        """Watch no more."""
        self._hub.unsubscribe(self)

    def ask(self) -> None:
        """A picture is to come."""
        self._asked = True

    def begin(self, picture: str | None) -> None:
        """What was before it came."""
        self._asked = False
        if picture is None:
            self.nothing_there = True
        else:
            self._has_picture = True
            self._waiting.append(picture)
        if self._last is not None:
            self.end(self._last)
        self._wake()

    def hear(self, texts: Sequence[str]) -> None:
        """Events; those before the picture are in it."""
        if not self._has_picture or self.too_slow:
            return
        if len(self._waiting) + len(texts) > self._most:
            self._waiting.clear()
            self.too_slow = True
        else:
            self._waiting.extend(texts)
        self._wake()

    def end(self, text: str) -> None:
        """The stream is over, said once; behind a picture that is to come, or without one."""
        if self.over:
            return
        if self._asked:
            self._last = text
            return
        self._waiting.append(text)
        self.over = True
        self._wake()


class LiveHub:
    """All viewers of all streams of this process.

    Args:
        call_soon: Runs a function in the viewers' thread, in order (`loop.call_soon_threadsafe`).
        params: Tuning; None for the defaults.

    Attributes:
        analyst: Who measures.
    """

    def __init__(
        self,
        call_soon: Callable[[Callable[[], None]], object],
        params: LiveHubParams | None = None,
    ) -> None:
        self.analyst: Analyst = NoAnalyst()
        self._call_soon = call_soon
        self._params = params or LiveHubParams()
        self._viewers: dict[str, set[Viewer]] = {}

    @property
    def viewers(self) -> int:
        """At present."""
        return sum(len(viewers) for viewers in self._viewers.values())

    def watched(self) -> tuple[str, ...]:
        """Streams that somebody watches; in any thread."""
        return tuple(self._viewers)

    def subscribe(self, stream_id: str, wake: Callable[[], None]) -> Viewer:
        """Watch a stream; `wake` is called when there is something to take."""
        viewer = Viewer(self, stream_id, wake, self._params.most_waiting)
        self._viewers.setdefault(stream_id, set()).add(viewer)
        metrics.VIEWERS.inc()
        self._ask(viewer)
        return viewer

    def open(self, viewer: Viewer) -> None:
        """Look at the stream of a viewer for whom there was nothing: no relay is connected now."""
        viewer.nothing_there = False
        viewer.ask()
        self.analyst.open(viewer.stream_id)
        self._ask(viewer)

    def _ask(self, viewer: Viewer) -> None:
        def deliver(picture: str | None) -> None:
            self._call_soon(lambda: viewer.begin(picture))

        self.analyst.ask_picture(viewer.stream_id, deliver)

    def unsubscribe(self, viewer: Viewer) -> None:
        """See `Viewer.close`."""
        viewers = self._viewers.get(viewer.stream_id, set())
        if viewer in viewers:
            viewers.discard(viewer)
            metrics.VIEWERS.dec()
        if not viewers:
            self._viewers.pop(viewer.stream_id, None)

    def committed(self, batch: StreamBatch) -> None:
        """Hand on what became durable."""
        if batch.frames or batch.marks:
            first = batch.frames[0][0] if batch.frames else 0
            self.analyst.offer(
                batch.stream_id, first, [value for _, value in batch.frames], batch.marks
            )
        if batch.finish is not None:
            self.analyst.close(batch.stream_id)

    def publish(self, stream_id: str, texts: Sequence[str]) -> None:
        """Events of a stream, in any thread."""
        if stream_id not in self._viewers:
            return  # who comes meanwhile gets a picture that is made later than these
        self._call_soon(lambda: self._tell(stream_id, texts))

    def end(self, stream_id: str, text: str) -> None:
        """The last text of a stream, in any thread."""

        def tell() -> None:
            for viewer in [*self._viewers.get(stream_id, ())]:
                viewer.end(text)

        self._call_soon(tell)

    def _tell(self, stream_id: str, texts: Sequence[str]) -> None:
        for viewer in [*self._viewers.get(stream_id, ())]:
            viewer.hear(texts)
