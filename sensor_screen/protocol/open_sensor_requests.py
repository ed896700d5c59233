"""One thing at a time: what a link has under way, and how long it may take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.protocol.open_sensor_control_bytes import REQUESTS, encode_request
from sensor_screen.protocol.open_sensor_link_words import Drop

if TYPE_CHECKING:
    from sensor_screen.protocol.open_sensor_control import Reply, Request
    from sensor_screen.protocol.open_sensor_link_words import Action, LinkParams

_OPS = {kind: op for op, (kind, _) in REQUESTS.items()}
_MOST_QUEUED = 16


@dataclass(slots=True)
class RequestLine:
    """The action that the radio is doing, and the request whose reply is awaited."""

    params: LinkParams
    action: Action | None = None
    waiting: Request | None = None
    """Sent, or being sent, and not answered."""
    due_s: float | None = None
    """When what is under way takes too long."""
    failures: int = 0
    """Actions that failed running."""
    queue: deque[Request] = field(default_factory=lambda: deque(maxlen=_MOST_QUEUED))
    """What a person asked for."""
    unmatched: int = 0
    """Replies that nothing had asked for."""
    _tag: int = 0

    def forget(self) -> None:
        """The link is gone. What a person asked for stays."""
        self.action = self.due_s = None
        self.waiting = None
        self.failures = 0

    def begin_action(self, action: Action, now_s: float) -> None:
        """The radio was told to do it."""
        self.action, self.due_s = action, now_s + self.params.action_s

    def action_ended(self, now_s: float, *, failed: bool = False) -> Action | None:
        """The radio has done it, or could not; gives what it was."""
        action, self.action = self.action, None
        self.failures = self.failures + 1 if failed else 0
        self.due_s = None if self.waiting is None else now_s + self.params.reply_s
        return action

    def send(self, request: Request, now_s: float) -> bytes:
        """The bytes of a request whose reply is awaited from now on."""
        self._tag = (self._tag + 1) % 256
        self.waiting, self.due_s = request, now_s + self.params.reply_s
        return encode_request(request, self._tag)

    def withdraw(self) -> Request | None:
        """The sensor did not take the request: no reply will come."""
        request, self.waiting, self.due_s = self.waiting, None, None
        return request

    def answered(self, reply: Reply) -> Request | None:
        """The request that a reply belongs to; None: to none that is open."""
        request = self.waiting
        if request is None or reply.tag != self._tag or reply.op != _OPS.get(type(request)):
            self.unmatched += 1
            return None
        self.waiting = None
        self.due_s = self.due_s if self.action is not None else None
        return request

    def overdue(self, now_s: float) -> str:
        """Why the connection is of no use any more; empty: it is."""
        if self.due_s is None or now_s < self.due_s:
            return ""
        what = "do what it was asked" if self.action is not None else "answer"
        if isinstance(self.action, Drop):
            what = "let go of the connection"
        self.forget()
        return f"The sensor did not {what} in time."
