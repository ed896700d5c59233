"""Runs lines of commands through the sanitized driver (`driver.c`)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Driver:
    program: Path

    def run(self, commands: list[str]) -> list[list[str]]:
        """What each command printed. A sanitizer that has something to say fails."""
        done = subprocess.run(
            [str(self.program)],
            input="".join(command + "\n" for command in commands),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        parts = done.stdout.split(".\n")
        assert len(parts) == len(commands) + 1
        return [part.splitlines() for part in parts[:-1]]
