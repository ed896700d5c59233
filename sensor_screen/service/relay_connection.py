"""One relay connection between its socket and the group commit; lives in one thread, never waits.

The socket's owner hands over messages, does what `take_acts` says, reads on while `may_read`, and
looks again whenever `on_change` was called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.service.relay_acts import DurableStream
from sensor_screen.service.relay_messages import CloseCode
from sensor_screen.service.relay_session import RelaySession
from sensor_screen.storage.database.stream_batch import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.commit_lane import Lane
    from sensor_screen.service.group_commit import GroupCommit
    from sensor_screen.service.relay_acts import Act
    from sensor_screen.service.relay_messages import Trouble

OVERLOADED_S = 5.0
"""Seconds after which a relay may ask again that found no room."""


class RelayConnection:
    """Listens to its lane.

    Args:
        stream_id: Which stream.
        commits: Makes it durable.
        session: The protocol; None for the default.
        on_change: Called when there is something to do, or reading may go on.
    """

    def __init__(
        self,
        stream_id: str,
        commits: GroupCommit,
        session: RelaySession | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.stream_id = stream_id
        self.session = session or RelaySession()
        self._commits = commits
        self._on_change = on_change
        self._lane: Lane | None = None
        self._draining = False
        if not commits.has_room:
            self.session.overloaded(OVERLOADED_S)

    @property
    def may_read(self) -> bool:
        """Whether the next message of the socket should be taken."""
        return self.session.may_read and self._commits.has_room and not self._draining

    def receive(self, message: str | bytes) -> None:
        """What came from the relay."""
        if isinstance(message, bytes):
            self.session.receive_frame(message)
        else:
            self.session.receive_text(message)
        if self._lane is not None and (taken := self.session.take()):
            self._lane.add(taken)

    def claimed(self, durable: DurableStream | None) -> None:
        """The answer to `Claim`; None: there is no such stream."""
        if self.session.closed:
            return
        if durable is None:
            self.session.close(CloseCode.NO_STREAM, "There is no such stream.")
            return
        if durable.open:
            begin = (durable.next_sequence, durable.marks)
            self._lane = self._commits.open(self.stream_id, durable.writer, begin, self)
        self.session.resume(durable)

    def take_acts(self) -> list[Act]:
        """What the socket's owner must do now."""
        return self.session.take_acts()

    def gone(self) -> None:
        """The socket is closed; what was taken is still made durable."""
        self.session.closed = True
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def drain(self) -> None:
        """Take nothing more, and close once all that was taken is acknowledged."""
        self._draining = True
        self._close_drained()
        self._on_change()

    def _close_drained(self) -> None:
        if self._draining and self.session.is_settled:
            self.session.close(CloseCode.RESTARTING, "The service is being restarted.")

    # --- the lane ---------------------------------------------------------------------------------

    def durable(self, next_sequence: int, marks: int, *, finished: bool) -> None:
        """See `LaneListener`."""
        self.session.committed(next_sequence, marks, finished=finished)
        self._close_drained()
        self._on_change()

    def refused(self, verdict: Verdict) -> None:
        """See `LaneListener`."""
        if verdict is Verdict.SUPERSEDED:
            self.session.taken_over()
        elif verdict is Verdict.CLOSED:
            self.session.close(CloseCode.FINISHED, "The stream has been finished.")
        else:
            self.session.close(CloseCode.NO_STREAM, "There is no such stream any more.")
        self._on_change()

    def trouble(self, trouble: Trouble) -> None:
        """See `LaneListener`."""
        self.session.trouble(trouble)
        self._on_change()

    def trouble_over(self) -> None:
        """See `LaneListener`."""
        self.session.trouble_over()
        self._on_change()

    def room(self) -> None:
        """See `LaneListener`."""
        self._on_change()
