"""The service's end of one relay connection: no socket, no store, no clock.

    session.receive_text(text), session.receive_frame(value)     what the relay sent
    session.take()                    frames, marks and the finish that are to be made durable
    session.resume(durable)           the answer to `Claim`
    session.committed(next, marks)    they are durable: now, and never before, they are acknowledged
    session.take_acts()               what is to be done: claim, say, close

A frame is taken once, in order, and only if everything in it is as PROTOCOL.md says; a closed
session takes and says nothing more, but what it took before may still become durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.relay_frame import NUMBERS, RelayKind, decode_slot
from sensor_screen.protocol.relay_scan import scan_frame
from sensor_screen.service.relay_acts import Act, Claim, Close, DurableStream, Finish, Say, Taken
from sensor_screen.service.relay_messages import (
    LATEST_US,
    PROTOCOL,
    RETRY_AFTER,
    CloseCode,
    MessageError,
    Trouble,
    closing_reason,
    compact,
    only,
    read_mark,
    read_message,
    whole_number,
)

if TYPE_CHECKING:
    from typing import Any

    from sensor_screen.protocol.relay_frame import RelayFrame, SlotDescription
    from sensor_screen.protocol.relay_marks import RelayMark


@dataclass(frozen=True, slots=True)
class RelaySessionParams:
    """How much a relay may send ahead, and what its clock may do."""

    window_frames: int = 2000
    """Frames that are not yet durable; 40 s of 50 a second, so that a relay which was away for a
    minute sends without waiting."""
    window_bytes: int = 4 << 20
    """Their bytes: 2,000 frames of 2 kB, four sensors of ten samples."""
    backwards_us: int = 1_000_000
    """Microseconds by which a frame may begin before the one before it. Several sensors' records
    are framed as they are read, which may differ by a radio event; a second is none."""


_ACK = '{"type":"ack",'


class RelaySession:
    """One connection, from its opening to its end.

    Attributes:
        view: Whether the relay wants to see what the service measures.
        closed: It is over.
    """

    def __init__(self, params: RelaySessionParams | None = None) -> None:
        self._params = params or RelaySessionParams()
        self.view = True
        self.closed = False
        self._greeted = False
        self._resumed = False
        self._finish: Finish | None = None
        self._finished = False
        self._first_held = 0
        self._next = self._marks = 0
        self._durable = self._durable_marks = 0
        self._base_us = -1
        self._slots: dict[int, SlotDescription] = {}
        self._waiting_bytes = 0
        self._sizes: list[int] = []
        self._acts: list[Act] = []
        self._taken = Taken()
        self._trouble: Trouble | None = None

    # --- what the relay sends ---------------------------------------------------------------------

    def receive_frame(self, value: bytes) -> None:
        """A binary message."""
        if self.closed:
            return
        if not self._resumed:
            self._refuse("Say hello first, and wait for resume.")
            return
        try:
            found = scan_frame(value)
        except ProtocolError as error:
            self._refuse(str(error))
            return
        sequence, base_us = (
            found[:2] if isinstance(found, tuple) else (found.sequence, found.base_us)
        )
        if sequence < self._next:
            self._repeated()
        elif sequence > self._next:
            self.close(
                CloseCode.OUT_OF_SEQUENCE, f"Frame {sequence} came, {self._next} was expected."
            )
        elif self._finish is not None:
            self.close(CloseCode.FINISHED, "The stream was finished; no frame may follow.")
        elif self._is_possible(sequence, base_us) and self._knows_slots(found):
            self._base_us = base_us
            self._next += 1
            self._waiting_bytes += len(value)
            self._sizes.append(len(value))
            self._taken.frames.append((sequence, value))

    def receive_text(self, text: str) -> None:
        """A text message."""
        if self.closed:
            return
        try:
            self._understand(read_message(text))
        except MessageError as error:
            self._refuse(str(error))

    def _understand(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if not self._greeted:
            self._hello(message)
        elif not self._resumed:
            raise MessageError("Wait for resume.")
        elif kind == "mark":
            self._mark(read_mark(message))
        elif kind == "finish":
            self._read_finish(message)
        else:
            raise MessageError(f"A message of type {kind[:20]!r} is not known.")

    def _hello(self, message: dict[str, Any]) -> None:
        if message["type"] != "hello":
            raise MessageError("Say hello first.")
        only(message, "protocol", "next_sequence", "view")
        if message.get("protocol") != PROTOCOL or message.get("protocol") is True:
            raise MessageError(f"This service speaks protocol {PROTOCOL}.")
        view = message.get("view", True)
        if not isinstance(view, bool):
            raise MessageError("The field view of hello is true or false.")
        self._first_held = whole_number(message, "next_sequence", NUMBERS)
        self.view = view
        self._greeted = True
        self._acts.append(Claim())

    def _is_possible(self, sequence: int, base_us: int) -> bool:
        """Whether a clock may show that; closes where none does."""
        if base_us > LATEST_US:
            self._refuse(f"Frame {sequence} is of a time that no clock shows.")
        elif base_us < self._base_us - self._params.backwards_us:
            back_s = (self._base_us - base_us) * 1e-6
            self._refuse(f"Frame {sequence} is {back_s:.1f} s before the one before it.")
        return not self.closed

    def _knows_slots(self, found: tuple[int, int, tuple[int, ...]] | RelayFrame) -> bool:
        """Whether all slots are described, here or before; closes where one is not."""
        slots = self._slots
        if isinstance(found, tuple):
            for slot in found[2]:
                if slot not in slots:
                    self._refuse(f"Slot {slot} was not described before it was used.")
                    return False
            return True
        for record in found.records:
            if record.kind is RelayKind.SLOT:
                new = decode_slot(record.value)
                old = slots.get(record.slot, new)
                if (new.family, new.serial) != (old.family, old.serial):
                    self._refuse(f"Slot {record.slot} is another sensor than before.")
                    return False
                slots = {**slots, record.slot: new}
            elif record.slot not in slots:
                self._refuse(f"Slot {record.slot} was not described before it was used.")
                return False
        if slots is not self._slots:
            self._slots = self._taken.slots = slots
        return True

    def _repeated(self) -> None:
        """It is here already; where it is durable the relay missed that, and is told again."""
        if self._next == self._durable:
            self._acknowledge()

    def _mark(self, mark: RelayMark) -> None:
        if mark.number < self._marks:
            if self._marks == self._durable_marks:
                self._acknowledge()
        elif mark.number > self._marks:
            self.close(
                CloseCode.OUT_OF_SEQUENCE, f"Mark {mark.number} came, {self._marks} was expected."
            )
        elif self._finish is not None:
            self.close(CloseCode.FINISHED, "The stream was finished; no mark may follow.")
        else:
            self._marks += 1
            self._taken.marks.append(mark)

    def _read_finish(self, message: dict[str, Any]) -> None:
        only(message, "frames", "marks")
        finish = Finish(whole_number(message, "frames", NUMBERS), whole_number(message, "marks"))
        here = Finish(self._next, self._marks)
        if finish != here:
            self.close(
                CloseCode.OUT_OF_SEQUENCE,
                f"Finish says {finish.frames} frames and {finish.marks} marks; "
                f"{here.frames} and {here.marks} came.",
            )
        elif self._finish is None:
            self._finish = self._taken.finish = finish

    # --- what the store says ----------------------------------------------------------------------

    def resume(self, durable: DurableStream) -> None:
        """This connection is the writer now."""
        if self.closed:
            return
        if not durable.open:
            self._say(type="finished", next_sequence=durable.next_sequence)
            self.close(CloseCode.FINISHED, "The stream has been finished.")
            return
        if self._first_held > durable.next_sequence:
            self.close(
                CloseCode.OUT_OF_SEQUENCE,
                f"You hold frames from {self._first_held} on; {durable.next_sequence} is missing.",
            )
            return
        self._next = self._durable = durable.next_sequence
        self._marks = self._durable_marks = durable.marks
        self._base_us = -1 if durable.last_base_us is None else durable.last_base_us
        self._slots = durable.slots
        self._resumed = True
        self._say(
            type="resume",
            next_sequence=self._next,
            marks=self._marks,
            window_frames=self._params.window_frames,
            window_bytes=self._params.window_bytes,
        )

    def committed(self, next_sequence: int, marks: int, *, finished: bool = False) -> None:
        """Everything before these is durable; `finished`: and so is that nothing more comes."""
        fresh = next_sequence - self._durable
        self._waiting_bytes -= sum(self._sizes[:fresh])
        del self._sizes[:fresh]
        self._durable, self._durable_marks = next_sequence, marks
        if self.closed:
            return
        self._acknowledge()
        if finished and not self._finished:
            self._finished = True
            self._say(type="finished", next_sequence=next_sequence)

    def trouble(self, trouble: Trouble) -> None:
        """Nothing can be made durable at present; said once for each kind of trouble."""
        if self.closed or (self._trouble is not None and self._trouble.code is trouble.code):
            return
        self._trouble = trouble
        self._acts.append(Say(trouble.text))

    def trouble_over(self) -> None:
        """Things become durable again."""
        if self._trouble is not None:
            self._trouble = None
            if not self.closed:
                self._say(type="trouble_over")

    # --- what the service decides -----------------------------------------------------------------

    def taken_over(self) -> None:
        """Another connection is the writer now."""
        self.close(CloseCode.TAKEN_OVER, "Another connection sends this stream.")

    def overloaded(self, retry_after_s: float) -> None:
        """There is no room for one more."""
        self.close(CloseCode.OVERLOADED, f"{RETRY_AFTER}{retry_after_s:g}")

    def close(self, code: CloseCode, reason: str) -> None:
        """End it."""
        if not self.closed:
            self._acts.append(Close(code, closing_reason(reason)))
            self.closed = True

    # --- what is to be done -----------------------------------------------------------------------

    @property
    def may_read(self) -> bool:
        """Whether the next message of the relay should be read: no trouble, room in the window."""
        params = self._params
        return (
            self._trouble is None
            and self._next - self._durable < params.window_frames
            and self._marks - self._durable_marks < params.window_frames
            and self._waiting_bytes < params.window_bytes
        )

    @property
    def has_acts(self) -> bool:
        """Whether `take_acts` has something."""
        return bool(self._acts)

    @property
    def is_settled(self) -> bool:
        """Whether everything that was taken is durable."""
        return self._next == self._durable and self._marks == self._durable_marks

    @property
    def is_finished(self) -> bool:
        """Everything of the stream is durable, and the relay was told."""
        return self._finished

    def take(self) -> Taken:
        """What was taken since the last call."""
        taken, self._taken = self._taken, Taken()
        return taken

    def take_acts(self) -> list[Act]:
        """What is to be done since the last call, in this order."""
        if not self._acts:
            return []
        acts, self._acts = self._acts, []
        return acts

    def _acknowledge(self) -> None:
        """A newer one says all that an older one would have."""
        last = self._acts[-1] if self._acts else None
        if isinstance(last, Say) and last.text.startswith(_ACK):
            self._acts.pop()
        self._say(type="ack", next_sequence=self._durable, marks=self._durable_marks)

    def _refuse(self, sentence: str) -> None:
        self.close(CloseCode.BAD_MESSAGE, sentence)

    def _say(self, **fields: object) -> None:
        self._acts.append(Say(compact(**fields)))
