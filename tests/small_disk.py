"""A disk of its own that is quickly full."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of that size (`1M`) at a new folder; skips where that is not possible."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        failed = subprocess.run(mount, check=False, capture_output=True).returncode != 0
    except FileNotFoundError:
        failed = True
    if failed:
        pytest.skip("this machine lets nobody make a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
