"""Live: are the sensors where the user says they are? Judged again as more movement is heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.core.ankle import is_doubtful
from sensor_screen.core.live_blocks import LegBlock, join
from sensor_screen.core.placement import gather_evidence, refuse_misplaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.placement import PlacementEvidence
    from sensor_screen.model import TaskInterval


@dataclass(slots=True)
class PlaceWatch:
    """Evidence of all that was heard, in full stretches, however the samples arrive."""

    size: int
    """Samples of a stretch."""
    heard: list[LegBlock] = field(default_factory=list)
    evidence: PlacementEvidence | None = None

    def take(self, block: LegBlock, tasks: Sequence[TaskInterval]) -> None:
        """Listen to some samples.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten.
        """
        self.heard.append(block)
        if sum(len(part.time_s) for part in self.heard) < self.size:
            return
        heard = join(self.heard)
        for start in range(0, len(heard.time_s) - self.size + 1, self.size):
            self._judge(heard.part(slice(start, start + self.size)), tasks)
        rest = heard.part(slice(len(heard.time_s) // self.size * self.size, None))
        self.heard = [rest] if len(rest.time_s) else []

    def finish(self, tasks: Sequence[TaskInterval]) -> None:
        """No more samples come: judge the rest.

        Raises:
            PlacementError: As above.
        """
        if self.heard:
            self._judge(join(self.heard), tasks)
            self.heard = []

    def _judge(self, stretch: LegBlock, tasks: Sequence[TaskInterval]) -> None:
        doubtful = is_doubtful(stretch.flags[:, 0] | stretch.flags[:, 1])
        found = gather_evidence(
            stretch.time_s, stretch.acc_mps2, stretch.gyr_radps, doubtful, tasks
        )
        self.evidence = found if self.evidence is None else self.evidence + found
        refuse_misplaced(self.evidence)
