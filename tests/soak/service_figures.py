"""What processes use, on which machine, and tables of figures."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PACKAGES = ("fastapi", "uvicorn", "uvloop", "sqlalchemy", "psycopg", "numpy", "picows")
_TICKS = os.sysconf("SC_CLK_TCK")


def family_of(pid: int) -> list[int]:
    """A process and all that it started, as they are now."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(path.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_s(pid: int) -> float:
    """Processor time of one process so far; 0 of one that is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Memory of one process; shared pages count in each."""
    try:
        words = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0.0
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(pid: int) -> int:
    """File descriptors of one process."""
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


@dataclass(slots=True)
class Usage:
    """Of a service and of this program, since the first look."""

    service_pid: int
    begin_s: float = field(default_factory=time.monotonic)
    end_s: float = 0.0
    """The last look."""
    service_cpu: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Process -> processor time at the first and at the last look."""
    own_cpu: tuple[float, float] = field(default_factory=lambda: (cpu_s(os.getpid()), 0.0))
    """The same of this program."""
    resident_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """From now on."""
        self.begin_s, self.own_cpu = time.monotonic(), (cpu_s(os.getpid()), 0.0)
        self.look()

    def look(self) -> None:
        """Once in a while."""
        family = family_of(self.service_pid)
        self.end_s, self.own_cpu = time.monotonic(), (self.own_cpu[0], cpu_s(os.getpid()))
        for pid in family:
            used_s = cpu_s(pid)
            first_s = self.service_cpu.get(pid, (used_s if not self.files else 0.0, 0.0))[0]
            self.service_cpu[pid] = (first_s, used_s)
        self.resident_mb.append(sum(map(resident_mb, family)))
        self.files.append(sum(map(open_files, family)))

    def rows(self) -> list[tuple[str, str]]:
        """For a table."""
        passed_s = max(1e-9, self.end_s - self.begin_s)
        each = sorted((100.0 * (b - a) / passed_s for a, b in self.service_cpu.values()))[::-1]
        own = 100.0 * (self.own_cpu[1] - self.own_cpu[0]) / passed_s
        parts = ", ".join(f"{share:.0f}" for share in each if share >= 0.5)
        rows = [
            ("service processor, % of one core (its processes)", f"{sum(each):.0f} ({parts})"),
            ("generator processor, % of one core", f"{own:.0f}"),
        ]
        if self.files:
            first_mb, last_mb = self.resident_mb[0], self.resident_mb[-1]
            most = f"{first_mb:.0f} -> {last_mb:.0f} (most {max(self.resident_mb):.0f})"
            files = f"{self.files[0]} -> {self.files[-1]} (most {max(self.files)})"
            rows += [("service memory, MB", most), ("service file descriptors", files)]
        return rows


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine() -> str:
    """Where and when a figure was made, in a line."""
    parts = [f"SQLite {sqlite3.sqlite_version}"]
    for name in _PACKAGES:
        try:
            parts.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, "
        f"{os.cpu_count()} cores, {memory_gb:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {', '.join(parts)}; "
        f"load average at the end {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
