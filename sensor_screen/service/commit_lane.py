"""What one connection added to its stream and is not durable; the group commit empties it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict

if TYPE_CHECKING:
    from sensor_screen.protocol.relay_frame import SlotDescription
    from sensor_screen.protocol.relay_marks import RelayMark
    from sensor_screen.service.group_commit import GroupCommit
    from sensor_screen.service.relay_acts import Finish, Taken
    from sensor_screen.service.relay_messages import Trouble


class LaneListener(Protocol):
    """One connection."""

    def durable(self, next_sequence: int, marks: int, *, finished: bool) -> None:
        """Everything before these is."""

    def refused(self, verdict: Verdict) -> None:
        """Nothing of this connection is kept any more."""

    def trouble(self, trouble: Trouble) -> None:
        """Nothing becomes durable at present."""

    def trouble_over(self) -> None:
        """It does again."""

    def room(self) -> None:
        """There is room in memory again."""


class Lane:
    """What one connection added and is not durable. Made by `GroupCommit.open`."""

    def __init__(
        self,
        commits: GroupCommit,
        stream_id: str,
        writer: int,
        begin: tuple[int, int],
        listener: LaneListener,
    ) -> None:
        self.stream_id, self.writer = stream_id, writer
        self.listener: LaneListener | None = listener
        self.next_sequence, self.durable_marks = begin
        self.frames: list[tuple[int, bytes]] = []
        self.marks: list[RelayMark] = []
        self.slots: dict[int, SlotDescription] | None = None
        self.finish: Finish | None = None
        self.refused = False
        self._commits = commits

    def add(self, taken: Taken) -> None:
        """To be made durable, in this order; nothing where the lane was refused."""
        self._commits.add(self, taken)

    def close(self) -> None:
        """Nobody listens any more."""
        self.listener = None
        self._commits.forget_idle(self)

    def batch(self) -> StreamBatch:
        """All of it."""
        finish = self.finish
        return StreamBatch(
            self.stream_id,
            self.writer,
            tuple(self.frames),
            tuple(self.marks),
            self.slots,
            None if finish is None else (finish.frames, finish.marks),
        )

    def drop(self, batch: StreamBatch) -> int:
        """Forget what is in a batch; bytes of it."""
        del self.frames[: len(batch.frames)]
        del self.marks[: len(batch.marks)]
        if self.slots is batch.slots:
            self.slots = None
        if batch.finish is not None:
            self.finish = None
        return batch.size

    @property
    def is_idle(self) -> bool:
        """Nothing waits."""
        return not (self.frames or self.marks or self.finish)
