"""The samples of one sensor through all its restarts.

A start of the sensor is known by its boot id and begins an epoch: numbers of different epochs have
nothing to do with each other. What is known of an earlier epoch stays; what is missing of it is
gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembler_params import AssemblerParams
from sensor_screen.protocol.assembly_counts import AssemblyCounts, GoneRange
from sensor_screen.protocol.epoch_assembly import (
    EpochAssembly,
    Lane,
    ReadyBlock,
)

if TYPE_CHECKING:
    from sensor_screen.protocol.sample_store import Counts
    from sensor_screen.protocol.sequence_ranges import SequenceRange

__all__ = [
    "Assembler",
    "AssemblerParams",
    "AssemblyCounts",
    "EpochAssembly",
    "GoneRange",
    "Lane",
    "ReadyBlock",
]


class Assembler:
    """Keeps every sample of one sensor once, and says what is missing.

    Asking changes nothing: a range is named until it came or is gone. When to ask again is for the
    caller to decide, who knows which requests are under way.
    """

    def __init__(self, params: AssemblerParams | None = None) -> None:
        self._params = params or AssemblerParams()
        self._epochs: dict[int, EpochAssembly] = {}
        self._current: EpochAssembly | None = None

    def begin_epoch(self, boot_id: int, first_sequence: int | None = None) -> EpochAssembly:
        """The boot id that the sensor says on connecting; the same again changes nothing.

        Args:
            boot_id: Of this start of the sensor.
            first_sequence: Of the first sample that is wanted, u32; None: the first that comes.

        Raises:
            ProtocolError: It is the boot id of an earlier start.
        """
        if self._current is not None and self._current.boot_id == boot_id:
            return self._current
        if boot_id in self._epochs:
            raise ProtocolError(
                f"Boot id {boot_id}",
                "was that of an earlier start of this sensor",
                "have the sensor take another boot id at every start",
            )
        if self._current is not None:
            self._current.close()
        self._current = EpochAssembly(boot_id, first_sequence, self._params)
        self._epochs[boot_id] = self._current
        return self._current

    @property
    def current(self) -> EpochAssembly:
        """The epoch of the sensor's present start.

        Raises:
            ProtocolError: None has begun.
        """
        if self._current is None:
            raise ProtocolError(
                "A packet", "came before the sensor said its boot id", "read its information first"
            )
        return self._current

    @property
    def epochs(self) -> tuple[EpochAssembly, ...]:
        """All, in the order in which they began."""
        return tuple(self._epochs.values())

    def receive(
        self,
        first_sequence: int,
        counts: Counts,
        t100us: int | None = None,
        lane: Lane = Lane.LIVE,
        boot_id: int | None = None,
    ) -> int:
        """Keep what is new of a packet; gives how many samples were.

        Args:
            first_sequence: Of its first sample, u32 as sent.
            counts: (n, 6) int16 as sent.
            t100us: Low 16 bits of the time of its first sample in units of 100 us.
            lane: How it came.
            boot_id: Of the start that it belongs to; None: the present one.

        Raises:
            ProtocolError: No epoch has begun, or the samples have no such shape.
        """
        epoch = self.current if boot_id is None else self._epochs.get(boot_id, self.current)
        if boot_id is not None and epoch.boot_id != boot_id:
            raise ProtocolError(
                f"Boot id {boot_id}", "is of no known start", "read the sensor's information first"
            )
        return epoch.receive(first_sequence, counts, t100us, lane)

    def hear_status(self, newest: int, oldest_held: int) -> bool:
        """Newest and oldest number in the sensor's ring, u32; False: it was refused."""
        return self.current.hear_status(newest, oldest_held)

    def hear_oldest_held(self, oldest_held: int) -> bool:
        """The answer to a request for samples that are gone, u32; False: it was refused."""
        return self.current.hear_oldest_held(oldest_held)

    @property
    def suspected_restart(self) -> bool:
        """The last few packets fit so badly that the boot id should be read."""
        return self.current.suspected_restart

    @property
    def acknowledged(self) -> int | None:
        """Of the present epoch: the number up to which nothing is missing, unwrapped."""
        return self.current.acknowledged

    @property
    def missing(self) -> tuple[SequenceRange, ...]:
        """Of the present epoch: what did not come and may yet."""
        return self.current.missing

    def ranges_to_ask(self, limit: int, *, finished: bool = False) -> tuple[SequenceRange, ...]:
        """Of the present epoch: which ranges to ask for next; see `EpochAssembly`."""
        return self.current.ranges_to_ask(limit, finished=finished)

    @property
    def gone(self) -> tuple[GoneRange, ...]:
        """Gaps of all epochs that no request can fill."""
        return tuple(one for epoch in self.epochs for one in epoch.gone)

    def take_given_up(self) -> list[GoneRange]:
        """Gaps that became unfillable since the last call; the oldest of very many are left out."""
        news = [one for epoch in self._epochs.values() for one in epoch.given_up]
        for epoch in self._epochs.values():
            epoch.given_up.clear()
        return news

    def take_ready(self) -> list[ReadyBlock]:
        """Samples that became contiguous since the last call, epoch after epoch, each once."""
        return [block for epoch in self.epochs for block in epoch.take_ready()]

    def total(self) -> AssemblyCounts:
        """The counts of all epochs together."""
        return sum((epoch.total() for epoch in self.epochs), AssemblyCounts())
