"""The disk of the service runs full while phones stream, and later has room again.

    python -m tests.soak.full_disk_service

As root: data lies on a small disk in memory (tmpfs) that is mounted for it. A file that stands in
the way leaves little room, until the service says that the storage is full; then nothing may be
acknowledged. The file goes, and everything must go on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from tests.soak.load_service import (
    Load,
    add_service_options,
    begin_load,
    check_all,
    end_phones,
    end_tasks,
    print_figures,
    service_of,
    until,
)
from tests.soak.relay_clients import make_frames
from tests.soak.service_figures import table

DISK_MB = 96
ROOM_BYTES = 1_500_000
"""What is left to the service at first."""
FULL_S = 5.0
"""How long the disk stays full."""
GIVE_UP_S = 90.0
_SETTLE_S = 1.0
"""Acknowledgements that were on the way when trouble was said."""


@dataclass(slots=True)
class FullFigures:
    """What happened."""

    said: bool = False
    said_by_all: int = 0
    acked_while_full: int = 0
    over: int = 0
    """Phones that were told that it is over."""
    went_on: bool = False

    @property
    def faults(self) -> int:
        """What must not be."""
        return (not self.said) + (not self.went_on) + (self.acked_while_full > 0)


@contextlib.contextmanager
def small_disk(size_mb: int = DISK_MB) -> Iterator[Path]:
    """A disk of its own, for root.

    Raises:
        PermissionError: It cannot be mounted here.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = ("mount", "-t", "tmpfs", "-o", f"size={size_mb}M", "tmpfs", folder)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PermissionError(done.stderr.strip())
        try:
            yield Path(folder)
        finally:
            subprocess.run(("umount", "--lazy", folder), check=False)


def fill(disk: Path, room: int = ROOM_BYTES) -> Path:
    """Leave only so many bytes; the file that stands in the way."""
    ballast = disk / "ballast"
    left = shutil.disk_usage(disk).free - room
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, left)
    return ballast


async def run_full(load: Load, disk: Path) -> FullFigures:
    """Fill, wait for the word, make room, go on, finish."""
    figures, phones = FullFigures(), load.phones
    running = [asyncio.create_task(phone.run()) for phone in phones]
    await until(lambda: load.relay.connections >= len(phones), 30.0)
    making = asyncio.create_task(make_frames(phones))
    await asyncio.sleep(2.0)
    ballast = fill(disk)
    figures.said = await until(lambda: any(phone.in_trouble for phone in phones), GIVE_UP_S)
    await asyncio.sleep(_SETTLE_S)
    before = sum(phone.acked for phone in phones)
    await asyncio.sleep(FULL_S)
    figures.said_by_all = sum(phone.in_trouble for phone in phones)
    figures.acked_while_full = sum(phone.acked for phone in phones) - before
    ballast.unlink()
    made = [phone.made for phone in phones]
    figures.went_on = await until(
        lambda: all(phone.acked >= count for phone, count in zip(phones, made, strict=True)),
        GIVE_UP_S,
    )
    figures.over = sum(not phone.in_trouble for phone in phones)
    await asyncio.sleep(2.0)
    await end_tasks(making)
    for phone in phones:
        phone.finish()
    await end_phones(load, running)
    return figures


def main(arguments: list[str] | None = None) -> int:
    """0: it was said, nothing was acknowledged meanwhile, nothing is lost."""
    parser = argparse.ArgumentParser(description="Let the disk of the service run full.")
    add_service_options(parser)
    parser.add_argument("--streams", type=int, default=20)
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder, small_disk() as disk:
            service = service_of(asked, folder)
            service.data = disk / "data"
            try:
                load = begin_load(service, asked.streams, asked.frames_per_second)
                figures = uvloop.run(run_full(load, disk))
                stored = check_all(load)
            finally:
                status = service.stop()
    except PermissionError as error:
        print(f"skipped: a small disk cannot be mounted here ({error}); run it as root")
        return 0
    what = f"{asked.streams} streams, a disk that is full; service ended with {status}"
    print_figures(load, stored, None, what)
    rows = [
        ("trouble was said", f"{figures.said}, to {figures.said_by_all} of {asked.streams}"),
        ("frames acknowledged while it was full", f"{figures.acked_while_full:,}"),
        ("went on when there was room", f"{figures.went_on}, said to {figures.over}"),
    ]
    print("\n" + table(("full disk", "figure"), rows))
    return int(stored.faults + load.relay.faults + figures.faults > 0)


if __name__ == "__main__":
    sys.exit(main())
