"""What is typed while something else goes on: single keys of a terminal, or lines of a pipe."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

END = "\x04"
"""Told once where the input has ended."""


class LineInput:
    """Lines of the standard input, read beside the work; works on pipes of every system."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def read(self) -> list[str]:
        """Lines that came since the last call, without their ends."""
        found = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._lines.get_nowait())
        return found

    def _listen(self) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed, or none at all
            for line in sys.stdin:
                self._lines.put(line.rstrip("\r\n"))
        self._lines.put(END)


@contextlib.contextmanager
def single_keys() -> Iterator[KeyInput]:
    """Keys without Enter and without being shown; the terminal is as before afterwards."""
    if sys.platform == "win32":
        yield KeyInput()
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        yield KeyInput()
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


class KeyInput:
    """Keys of a terminal."""

    def read(self) -> list[str]:
        """Characters typed since the last call; sequences of special keys are left out."""
        if sys.platform == "win32":
            import msvcrt

            found = []
            while msvcrt.kbhit():
                found.append(msvcrt.getwch())
            return found
        number = sys.stdin.fileno()
        if not select.select([number], [], [], 0)[0]:
            return []
        text = os.read(number, 1024).decode("utf-8", errors="replace")
        return [] if text.startswith("\x1b") else list(text)
