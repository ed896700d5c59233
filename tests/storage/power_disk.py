"""A disk whose power can be cut after any step: what had not been synced may then be anything.

It keeps every step. `after_cut` makes the files as they could be found later: of what was not
synced each sector (512 bytes) is there or not, in any order, sizes may have grown without bytes,
and what was never written reads as zeros or as rubbish. A sector is old or new, never between.
"""

from __future__ import annotations

import errno
import random
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


@dataclass
class Step:
    what: str
    """`create`, `write`, `cut`, `sync`, `sync_folder`, `remove`, or `safe`: the caller was told."""
    name: str = ""
    offset: int = 0
    value: bytes = b""
    count: int = 0


class KilledError(BaseException):
    """The program is no more."""


@dataclass
class PowerDisk:
    files: dict[str, bytearray] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    failing: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Number of a write, cut or sync -> error, and the share of the bytes that still arrive."""
    dies_at: int = 0
    """Number of the sync in which the program is killed; 0: none."""
    locked: set[str] = field(default_factory=set)
    tried: int = 0
    begin: dict[str, bytes] = field(default_factory=dict)
    """What is on the disk before the first step."""

    @classmethod
    def holding(cls, files: dict[str, bytes]) -> PowerDisk:
        return cls({name: bytearray(value) for name, value in files.items()}, begin=dict(files))

    def create(self, path: Path) -> PowerFile:
        if path.name in self.files:
            raise FileExistsError(errno.EEXIST, "File exists")
        self.files[path.name] = bytearray()
        self.steps.append(Step("create", path.name))
        return self.open(path)

    def open(self, path: Path) -> PowerFile:
        if path.name not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if path.name in self.locked:
            raise BlockingIOError(errno.EAGAIN, "locked")
        self.locked.add(path.name)
        return PowerFile(self, path.name)

    def sync_folder(self, folder: Path) -> None:
        del folder
        self.steps.append(Step("sync_folder"))

    def remove(self, path: Path) -> None:
        del self.files[path.name]
        self.steps.append(Step("remove", path.name))

    def say_safe(self, count: int) -> None:
        """The caller was told that its first `count` records are safe."""
        self.steps.append(Step("safe", count=count))

    def trouble(self) -> tuple[int, float]:
        self.tried += 1
        return self.failing.get(self.tried, (0, 1.0))


@dataclass
class PowerFile:
    disk: PowerDisk
    name: str

    def size(self) -> int:
        return len(self.disk.files[self.name])

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.disk.files[self.name][offset : offset + size])

    def write(self, offset: int, value: bytes) -> None:
        number, share = self.disk.trouble()
        self._write(offset, value[: round(share * len(value))])
        if number:
            raise OSError(number, "No space left on device")

    def _write(self, offset: int, value: bytes) -> None:
        put(self.disk.files[self.name], offset, value)
        self.disk.steps.append(Step("write", self.name, offset, value))

    def cut(self, size: int) -> None:
        number, _ = self.disk.trouble()
        if number:
            raise OSError(number, "Input/output error")
        del self.disk.files[self.name][size:]
        self.disk.steps.append(Step("cut", self.name, size))

    def sync(self) -> None:
        number, _ = self.disk.trouble()
        if self.disk.dies_at and self.disk.tried >= self.disk.dies_at:
            raise KilledError
        if number:
            raise OSError(number, "Input/output error")
        self.disk.steps.append(Step("sync", self.name))

    def close(self) -> None:
        self.disk.locked.discard(self.name)


def put(value: bytearray, offset: int, more: bytes, filler: bytes = b"\0") -> None:
    gap = offset - len(value)
    if gap > 0:
        value += (filler * gap)[:gap]
    value[offset : offset + len(more)] = more


def after_cut(
    disk: PowerDisk, steps: int, rng: random.Random, chance: float | None = None
) -> tuple[dict[str, bytes], int]:
    """Files as found after the power went behind the first `steps` steps, and what was called safe.

    Args:
        disk: With its steps.
        steps: So many were begun.
        rng: Chooses among the possible outcomes.
        chance: Of each sector that was not synced to be there; None: chosen at random.
    """
    chance = rng.choice([0.0, 0.1, 0.5, 0.9, 1.0]) if chance is None else chance
    happened = disk.steps[:steps]
    safe = max((step.count for step in happened if step.what == "safe"), default=0)
    found: dict[str, bytes] = {}
    for name in {*disk.begin, *(step.name for step in happened if step.what == "create")}:
        if _is_named(disk, happened, name, rng, chance):
            found[name] = _content(disk, [s for s in happened if s.name == name], name, rng, chance)
    return found, safe


def _is_named(
    disk: PowerDisk, happened: list[Step], name: str, rng: random.Random, chance: float
) -> bool:
    """The name is there: for sure where its folder was synced since, otherwise by chance."""
    there = name in disk.begin
    synced = max((i for i, s in enumerate(happened) if s.what == "sync_folder"), default=-1)
    for i, step in enumerate(happened):
        changes = step.name == name and step.what in {"create", "remove"}
        if changes and (i < synced or rng.random() < chance):
            there = step.what == "create"
    return there


def _content(
    disk: PowerDisk, happened: list[Step], name: str, rng: random.Random, chance: float
) -> bytes:
    value = bytearray(disk.begin.get(name, b""))
    last_sync = max((i for i, step in enumerate(happened) if step.what == "sync"), default=-1)
    for step in happened[: last_sync + 1]:
        _apply(value, step)
    loose = [piece for step in happened[last_sync + 1 :] for piece in _pieces(step)]
    if rng.random() < 0.5:
        rng.shuffle(loose)
    filler = rng.choice([b"\0", rng.randbytes(64)])
    for step in loose:
        if rng.random() < chance:
            _apply(value, step, filler)
        elif step.what == "write" and rng.random() < 0.3:  # its size came, its bytes did not
            missing = step.offset + len(step.value) - len(value)
            if missing > 0:
                put(value, len(value), (filler * missing)[:missing])
    return bytes(value)


def _pieces(step: Step) -> list[Step]:
    """A write as the sectors that it touches."""
    if step.what != "write":
        return [step]
    pieces, offset, end = [], step.offset, step.offset + len(step.value)
    while offset < end:
        stop = min(end, (offset // SECTOR + 1) * SECTOR)
        part = step.value[offset - step.offset : stop - step.offset]
        pieces.append(Step("write", step.name, offset, part))
        offset = stop
    return pieces


def _apply(value: bytearray, step: Step, filler: bytes = b"\0") -> None:
    if step.what == "write":
        put(value, step.offset, step.value, filler)
    elif step.what == "cut":
        del value[step.offset :]
