"""Movella DOT: a recording as it is exported, put together without gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.protocol.movella_dot import DotBlock, blocks_of, finite_rows, layout_of
from sensor_screen.protocol.movella_messages import Column, FileData, require_columns
from sensor_screen.protocol.vendors import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence


class RecordingDownload:
    """One recording as it is exported: in order, nothing twice, and where to ask again.

    The sensor sends everything again from the packet that it is asked for, so what comes after a
    gap is thrown away until the gap is closed.

    Attributes:
        next_number: The packet that is waited for.
        repeated: Packets that came twice or after a gap, and were not used.
        invalid: Packets that the sensor itself calls damaged; their numbers stay out.
    """

    def __init__(self, columns: Sequence[Column | int]) -> None:
        self.columns = require_columns(columns)
        self._layout = layout_of([column.name.lower() for column in self.columns])
        self.next_number = 0
        self.repeated = 0
        self.invalid = 0
        self._gap = False

    @property
    def ask_from(self) -> int | None:
        """The packet to ask for with `retransmit_from`; None: nothing is missing."""
        return self.next_number if self._gap else None

    def receive(self, packet: FileData, arrival_s: float) -> list[DotBlock]:
        """Take one packet.

        Raises:
            ProtocolError: It does not hold the columns that were asked for.
        """
        size = self._layout.itemsize
        if packet.number != self.next_number:
            self._gap |= packet.number > self.next_number
            self.repeated += 1
            return []
        if packet.valid and (len(packet.content) < size or any(packet.content[size:])):
            raise refuse(
                packet.content, f"does not hold the {size} bytes of the columns", "export it again"
            )
        self._gap = False
        self.next_number += 1
        row = np.frombuffer(packet.content, self._layout, 1) if packet.valid else None
        if row is None or not finite_rows(row)[0]:
            self.invalid += 1
            return []
        return list(blocks_of(row, arrival_s, np.array([packet.number], np.int64)))
