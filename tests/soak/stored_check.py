"""What the service stored, held against what was made: every sample, to the bit."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Placement

if TYPE_CHECKING:
    from sensor_screen.model import Recording, SensorStream
    from tests.soak.relay_streams import RelayStream

_PLACEMENTS = (Placement.SHANK, Placement.FOOT)


@dataclass(slots=True)
class StoredFigures:
    """Counts over streams. In frames: one counts where a sample of either sensor does."""

    streams: int = 0
    made: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    changed: int = 0
    foreign: int = 0
    """Samples with numbers that were never sent."""
    not_the_same: int = 0
    """Recordings whose clocks, tasks or device times are not those that the frames give."""
    notes: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """What must not be."""
        return (
            self.lost
            + self.duplicated
            + self.reordered
            + self.changed
            + self.foreign
            + self.not_the_same
        )

    def add(self, other: StoredFigures) -> None:
        """Take in those of other streams."""
        for one in fields(self):
            mine, its = getattr(self, one.name), getattr(other, one.name)
            setattr(self, one.name, mine + its)


def check_stored(
    content: RelayStream, frames: int, marks: int, stored: Recording | None, *, whole: bool = True
) -> StoredFigures:
    """One stream.

    Args:
        content: What its frames are.
        frames: So many were made.
        marks: So many were said.
        stored: Recording that the service made of it; None: there is none.
        whole: Also make the recording from the frames and compare clocks, tasks and times.
    """
    figures = StoredFigures(streams=1, made=frames)
    if stored is None:
        figures.lost = frames
        figures.notes.append(f"{content.serial(0)}: no recording")
        return figures
    present = np.ones(max(0, frames - 1), dtype=np.bool_)
    bad = {name: np.zeros(len(present), np.bool_) for name in ("lost", "twice", "order", "bits")}
    for slot, placement in enumerate(_PLACEMENTS):
        found = [s for s in stored.streams if s.info.serial == content.serial(slot)]
        right = len(found) == 1 and found[0].info.placement is placement
        if not right or found[0].info.side is not content.person.side:
            figures.notes.append(f"{content.serial(slot)}: not there once, or elsewhere")
            bad["lost"][:] = True
            continue
        _check_sensor(content, slot, frames, found[0], bad, figures)
    present &= ~bad["lost"]
    figures.stored = int(present.sum()) + bool(present.any())
    figures.lost = frames - figures.stored
    figures.duplicated = int(bad["twice"].sum())
    figures.reordered = int(bad["order"].sum())
    figures.changed = int(bad["bits"].sum())
    if whole and not _is_same(content.recording(frames, marks), stored):
        figures.not_the_same = 1
        figures.notes.append(f"{content.serial(0)}: clocks, tasks or times differ")
    return figures


def _check_sensor(
    content: RelayStream,
    slot: int,
    frames: int,
    stream: SensorStream,
    bad: dict[str, np.ndarray],
    figures: StoredFigures,
) -> None:
    truth, size = content.counts(slot, frames), content.samples_per_frame
    if stream.sequence is None:
        bad["lost"][:] = True
        return
    at = stream.sequence - content.first_number[slot]
    own = (at >= 0) & (at < len(truth))
    figures.foreign += int((~own).sum())
    at, raw = at[own], stream.raw[own]
    times = np.bincount(at, minlength=len(truth))
    frame = at // size
    bad["lost"] |= (times == 0).reshape(-1, size).any(axis=1)
    bad["twice"] |= (times > 1).reshape(-1, size).any(axis=1)
    bad["order"][frame[1:][np.diff(at) < 0]] = True
    bad["bits"][frame[(raw != truth[at]).any(axis=1)]] = True


def _is_same(made: Recording, stored: Recording) -> bool:
    if made.tasks != stored.tasks or len(made.streams) != len(stored.streams):
        return False
    if made.notes != stored.notes:
        return False
    mine = {stream.info.serial: stream for stream in made.streams}
    return all(
        (one := mine.get(its.info.serial)) is not None
        and one.info == its.info
        and one.clock == its.clock
        and np.array_equal(one.device_time_s, its.device_time_s)
        and np.array_equal(one.raw, its.raw)
        for its in stored.streams
    )
