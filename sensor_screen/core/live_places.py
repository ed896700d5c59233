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
    from sensor_screen.model import Bools, Floats, TaskInterval

_LARGEST_MPS2 = 6e4
"""Half precision ends soon after."""


@dataclass(slots=True)
class PlaceWatch:
    """Evidence of all that was heard, in full stretches, however the samples arrive.

    Samples wait in half precision: the question is which of two sensors moves, not how far.
    """

    size: int
    """Samples of a stretch."""
    waiting: int = 0
    evidence: PlacementEvidence | None = None
    time_s: Floats = field(init=False)  # (size,)
    acc: NDArray[np.float16] = field(init=False)  # (size, 2, 3)
    gyr: NDArray[np.float16] = field(init=False)
    doubtful: Bools = field(init=False)  # (size,)

    def __post_init__(self) -> None:
        self.time_s = np.zeros(self.size)
        self.acc = np.zeros((self.size, 2, 3), dtype=np.float16)
        self.gyr = np.zeros((self.size, 2, 3), dtype=np.float16)
        self.doubtful = np.zeros(self.size, dtype=np.bool_)

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
        if self.waiting:
            self._judge(tasks)

    def _wait(self, block: LegBlock) -> None:
        part = slice(self.waiting, self.waiting + len(block.time_s))
        self.time_s[part] = block.time_s
        self.acc[part] = np.minimum(np.maximum(block.acc_mps2, -_LARGEST_MPS2), _LARGEST_MPS2)
        self.gyr[part] = block.gyr_radps
        self.doubtful[part] = is_doubtful(block.flags[:, 0] | block.flags[:, 1])
        self.waiting = part.stop

    def _judge(self, tasks: Sequence[TaskInterval]) -> None:
        part = slice(0, self.waiting)
        self.waiting = 0
        found = gather_evidence(
            self.time_s[part],
            self.acc[part].astype(np.float64),
            self.gyr[part].astype(np.float64),
            self.doubtful[part],
            tasks,
        )
        self.evidence = found if self.evidence is None else self.evidence + found
        refuse_misplaced(self.evidence)
