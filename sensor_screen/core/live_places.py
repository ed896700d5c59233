"""Live: are the sensors where the user says they are? Judged again as more movement is heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.ankle import is_doubtful
from sensor_screen.core.placement import gather_evidence, refuse_misplaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.core.placement import PlacementEvidence
    from sensor_screen.model import TaskInterval

    _Heard = tuple[NDArray[np.float64], NDArray[np.float16], NDArray[np.float16], NDArray[np.bool_]]


@dataclass(slots=True)
class PlaceWatch:
    """Evidence of all that was heard, in full stretches, however the samples arrive.

    Samples wait in half precision: the question is which of two sensors moves, not how far.
    """

    size: int
    """Samples of a stretch."""
    heard: list[_Heard] = field(default_factory=list)
    waiting: int = 0
    evidence: PlacementEvidence | None = None

    def take(self, block: LegBlock, tasks: Sequence[TaskInterval]) -> None:
        """Listen to some samples.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten.
        """
        start, count = 0, len(block.time_s)
        while count - start >= (left := self.size - self.waiting):
            self._wait(block.part(slice(start, start + left)))
            self._judge(tasks)
            start += left
        if start < count:
            self._wait(block.part(slice(start, None)))

    def finish(self, tasks: Sequence[TaskInterval]) -> None:
        """No more samples come: judge the rest.

        Raises:
            PlacementError: As above.
        """
        if self.heard:
            self._judge(tasks)

    def _wait(self, block: LegBlock) -> None:
        half = np.float16
        self.heard.append((
            block.time_s.copy(),
            np.clip(block.acc_mps2, -6e4, 6e4).astype(half),
            block.gyr_radps.astype(half),
            is_doubtful(block.flags[:, 0] | block.flags[:, 1]),
        ))  # fmt: skip
        self.waiting += len(block.time_s)
        if len(self.heard) > _PIECES:
            self.heard = [self._joined()]

    def _joined(self) -> _Heard:
        time_s, acc, gyr, doubtful = (
            np.concatenate(parts) for parts in zip(*self.heard, strict=True)
        )
        return time_s, acc, gyr, doubtful

    def _judge(self, tasks: Sequence[TaskInterval]) -> None:
        time_s, acc, gyr, doubtful = self._joined()
        self.heard, self.waiting = [], 0
        found = gather_evidence(
            time_s, acc.astype(np.float64), gyr.astype(np.float64), doubtful, tasks
        )
        self.evidence = found if self.evidence is None else self.evidence + found
        refuse_misplaced(self.evidence)


_PIECES = 20
"""Waiting pieces are joined beyond this: many small arrays weigh more than what is in them."""
