"""The relay's end of the connection: keeps what is not durable, and sends it again.

    client.add_frame(value), client.add_mark(...), client.finish()   at any time, linked or not
    client.connected(now_s)                     a socket is open: what to send first
    client.receive(text, now_s)                 what the service says
    client.take_messages()                      what to send now: texts and frames, in order
    client.disconnected(code, reason, chance)   seconds until the next attempt; None: no more

No socket, no clock, no chance of its own. A frame is forgotten only when the service has said that
it is durable.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ProtocolError, UsageError
from sensor_screen.protocol.relay_frame import decode_frame
from sensor_screen.protocol.relay_marks import RelayMark
from sensor_screen.service.relay_messages import (
    PROTOCOL,
    RETRY_AFTER,
    CloseCode,
    compact,
    write_mark,
)

if TYPE_CHECKING:
    from sensor_screen.protocol.relay_frame import RelayFrame
    from sensor_screen.protocol.relay_marks import MarkName

FINAL = {
    CloseCode.BAD_MESSAGE: "the service does not understand what is sent",
    CloseCode.NOT_ALLOWED: "this relay may not write the stream any more",
    CloseCode.NO_STREAM: "there is no such stream",
    CloseCode.OUT_OF_SEQUENCE: "the service lacks frames that are not here any more",
    CloseCode.FINISHED: "the stream was finished by another relay",
    CloseCode.TOO_LARGE: "a frame is larger than the service takes",
}
"""Closing codes after which another attempt would end as this one did."""
MOST_TAKEN_OVER = 5
"""Times: a hello of its own that was long on its way can take a stream over, too, but not often."""


@dataclass(frozen=True, slots=True)
class RelayClientParams:
    """How much is kept, and how long is waited."""

    most_held_bytes: int = 256 << 20
    """Bytes kept while the service is away; a day of four sensors at 200 Hz in 10 frames/s."""
    first_wait_s: float = 0.05
    """Seconds before the second attempt: most links that break come back at once."""
    longest_wait_s: float = 30.0
    """Seconds; a service that was away for an hour has its relays back within half a minute."""
    factor: float = 2.0
    """By how much a wait is longer than the one before."""
    jitter: float = 0.5
    """Share of each wait that chance decides, so that relays do not come back all at once."""
    silence_s: float = 20.0
    """Seconds without a word from the service while something is unacknowledged: the link is dead
    though nobody closed it."""


class RelayClient:
    """One stream of one relay.

    Args:
        params: Tuning; None for the defaults.
        view: Whether to hear what the service measures.

    Attributes:
        next_sequence: Which number the next frame must have.
        is_finished: The service has everything, durable.
        trouble: What the service says keeps it from taking more; None: nothing.
        problem: Why it is over before its end; None: it is not.
        events: What the service measured and has not been taken.
    """

    def __init__(self, params: RelayClientParams | None = None, *, view: bool = False) -> None:
        self._params = params or RelayClientParams()
        self._view = view
        self.next_sequence = 0
        self.is_finished = False
        self.trouble: dict[str, Any] | None = None
        self.problem: str | None = None
        self.events: deque[dict[str, Any]] = deque(maxlen=1000)
        self._frames: deque[bytes] = deque()
        self._held_bytes = 0
        self._marks: deque[RelayMark] = deque()
        self._made_marks = 0
        self._ended = False
        self._linked = self._resumed = False
        self._send_frame = self._send_mark = 0
        self._sent_bytes = 0
        self._sent_finish = False
        self._window = (0, 0)
        self._failures = 0
        self._taken_over = 0
        self._heard_s = 0.0

    # --- what the relay has -----------------------------------------------------------------------

    @property
    def first_held(self) -> int:
        """Sequence of the first frame that is not known to be durable."""
        return self.next_sequence - len(self._frames)

    @property
    def held_frames(self) -> int:
        """Frames that are not known to be durable."""
        return len(self._frames)

    @property
    def marks_held(self) -> int:
        """Marks that are not known to be durable."""
        return len(self._marks)

    def add_frame(self, value: bytes) -> RelayFrame:
        """Keep a frame until it is durable.

        Raises:
            ProtocolError: It is not whole, or not number `next_sequence`.
            UsageError: The stream was finished, or too much is waiting already.
        """
        frame = decode_frame(value)
        if frame.sequence != self.next_sequence:
            raise ProtocolError(
                f"Relay frame {frame.sequence}",
                f"was made where {self.next_sequence} was due",
                "number frames without a gap",
            )
        self._require_open()
        if self._held_bytes + len(value) > self._params.most_held_bytes:
            raise UsageError(
                "The service",
                f"has taken nothing for so long that {self._held_bytes >> 20} MiB wait",
                "bring it back, then go on",
            )
        self._frames.append(value)
        self._held_bytes += len(value)
        self.next_sequence += 1
        return frame

    def add_mark(self, at_us: int, name: MarkName, text: str = "") -> RelayMark:
        """Keep a mark until it is durable.

        Raises:
            UsageError: The stream was finished.
        """
        self._require_open()
        mark = RelayMark(self._made_marks, at_us, name, text)
        self._marks.append(mark)
        self._made_marks += 1
        return mark

    def finish(self) -> None:
        """No more will come."""
        self._ended = True

    def _require_open(self) -> None:
        if self._ended:
            raise UsageError("The stream", "was finished", "begin a new one")

    # --- the link ---------------------------------------------------------------------------------

    def connected(self, now_s: float) -> list[str | bytes]:
        """A socket is open.

        Returns:
            What to send before anything else.
        """
        self._linked, self._resumed, self._heard_s = True, False, now_s
        self._sent_finish = False
        return [
            compact(type="hello", protocol=PROTOCOL, next_sequence=self.first_held, view=self._view)
        ]

    def receive(self, text: str, now_s: float) -> None:
        """What the service said.

        Raises:
            ProtocolError: It is not what a service says; close the socket.
        """
        self._heard_s = now_s
        message = _read(text)
        match message:
            case {"type": "resume", "next_sequence": int(), "marks": int()}:
                self._resume(message)
            case {"type": "ack", "next_sequence": int(sequence), "marks": int(marks)}:
                self._forget(sequence, marks)
                self._failures = 0
            case {"type": "finished", "next_sequence": int(sequence)}:
                self._finished(sequence)
            case {"type": "trouble", "code": "view_behind"}:
                self.events.append(message)
            case {"type": "trouble"}:
                self.trouble = message
            case {"type": "trouble_over"}:
                self.trouble = None
            case _:
                self.events.append(message)

    def take_messages(self) -> list[str | bytes]:
        """What to send now, as far as the window lets."""
        if not self._resumed:
            return []
        messages: list[str | bytes] = []
        self._add_marks(messages)
        first = self.first_held
        index = self._send_frame - first
        while index < min(len(self._frames), self._window[0]):
            value = self._frames[index]
            if self._sent_bytes + len(value) > self._window[1] and index:
                break
            messages.append(value)
            self._sent_bytes += len(value)
            index += 1
        self._send_frame = first + index
        everything = index == len(self._frames) and self._send_mark == self._made_marks
        if self._ended and everything and not self._sent_finish:
            self._sent_finish = True
            messages.append(
                compact(type="finish", frames=self.next_sequence, marks=self._made_marks)
            )
        return messages

    def is_silent(self, now_s: float) -> bool:
        """Whether the link is dead though nobody closed it: cut it, then say `disconnected`."""
        waits = not self._resumed or self._frames or self._marks or self._sent_finish
        # In a trouble the service has nothing to say until it is over.
        longest_s = self._params.silence_s * (1.0 if self.trouble is None else 3.0)
        return bool(self._linked and waits and now_s - self._heard_s > longest_s)

    def disconnected(self, code: int, reason: str, chance: float) -> float | None:
        """The socket is closed, or could not be opened.

        Args:
            code: Of the closing frame; 1006: there was none.
            reason: Of the closing frame.
            chance: Within 0 to 1.

        Returns:
            Seconds to wait; None: it is finished, or no attempt would help (`problem`).
        """
        resumed, self._linked, self._resumed = self._resumed, False, False
        self.trouble = None
        if self.is_finished:
            return None
        # Out of sequence behind a resume: something was lost on the way, and is sent again.
        if code in FINAL and not (resumed and code == CloseCode.OUT_OF_SEQUENCE):
            self.problem = f"{FINAL[CloseCode(code)]} ({code} {reason})".strip()
        if code == CloseCode.TAKEN_OVER:
            self._taken_over += 1
            if self._taken_over > MOST_TAKEN_OVER:
                self.problem = "another relay sends this stream"
        if self.problem is not None:
            return None
        params = self._params
        self._failures += 1
        grown = params.first_wait_s * params.factor ** min(self._failures - 1, 40)
        wait_s = min(grown, params.longest_wait_s) * (1.0 - params.jitter * chance)
        return max(wait_s, _retry_after_s(code, reason) * (1.0 + params.jitter * chance))

    def _add_marks(self, messages: list[str | bytes]) -> None:
        first = self._made_marks - len(self._marks)
        index = self._send_mark - first
        while index < min(len(self._marks), self._window[0]):
            messages.append(write_mark(self._marks[index]))
            index += 1
        self._send_mark = first + index

    def _resume(self, message: dict[str, Any]) -> None:
        sequence, marks = message["next_sequence"], message["marks"]
        if self.next_sequence == 0 and self._made_marks == 0:
            # A relay that was started anew goes on where the stream is.
            self.next_sequence, self._made_marks = sequence, marks
        self._forget(sequence, marks)
        if self.first_held != sequence or self._made_marks - len(self._marks) != marks:
            raise _refused(
                f"resumes at frame {sequence} and mark {marks}, and had acknowledged "
                f"{self.first_held} and {self._made_marks - len(self._marks)}"
            )
        frames, size = message.get("window_frames"), message.get("window_bytes")
        if not isinstance(frames, int) or not isinstance(size, int) or frames < 1 or size < 1:
            raise _refused("gives no window")
        self._window = (frames, size)
        self._send_frame, self._send_mark, self._sent_bytes = sequence, marks, 0
        self._resumed = True

    def _forget(self, sequence: int, marks: int) -> None:
        if sequence > self.next_sequence or marks > self._made_marks:
            raise _refused(
                f"has frame {sequence - 1} and mark {marks - 1} of {self.next_sequence} and "
                f"{self._made_marks}"
            )
        while self._frames and self.first_held < sequence:
            size = len(self._frames.popleft())
            self._held_bytes -= size
            self._sent_bytes = max(0, self._sent_bytes - size)
        while self._marks and self._marks[0].number < marks:
            self._marks.popleft()

    def _finished(self, sequence: int) -> None:
        if not self._ended or sequence != self.next_sequence:
            self.problem = f"the stream was finished at frame {sequence} by another relay"
            return
        self._forget(sequence, self._made_marks)
        self.is_finished = True


def _read(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("sent what is not JSON") from error
    if not isinstance(message, dict):
        raise _refused("sent what is not an object")
    return message


def _refused(problem: str) -> ProtocolError:
    return ProtocolError("The service", problem, "see that it is the one that this stream is of")


def _retry_after_s(code: int, reason: str) -> float:
    if code != CloseCode.OVERLOADED or not reason.startswith(RETRY_AFTER):
        return 0.0
    try:
        return min(max(float(reason.removeprefix(RETRY_AFTER)), 0.0), 300.0)
    except ValueError:
        return 0.0
