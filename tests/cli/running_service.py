"""`sensor-screen serve` as a process of its own, as an operator starts it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

import sensor_screen

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 60.0
PASSWORD = "quiet-otter-marble-7731"  # noqa: S105 - of nobody


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sensor_screen", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """Of the tests, without settings of a service."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SENSOR_SCREEN_")}
    return kept | more


def call(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


def ways() -> list[list[str]]:
    """Arguments of the commands that the page for operators shows, in its order."""
    page = Path(sensor_screen.__file__).parent / "docs" / "operations.md"
    table = (
        page.read_text(encoding="utf-8").partition("## Ways to run it")[2].partition("\n\n## ")[0]
    )
    return [shlex.split(found)[1:] for found in re.findall(r"`(sensor-screen serve[^`]*)`", table)]


def free_port() -> int:
    """One of which the next is free too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Running:
    """A service that answers; its log goes to a file.

    Args:
        folder: Of the log.
        options: Of `serve`.
        more: Environment.
    """

    def __init__(self, folder: Path, *options: str | Path, **more: str) -> None:
        self.port = free_port()
        self.log = folder / f"log-{self.port}"
        begun_s = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command("serve", *options),
                env=environment(PYTHONUNBUFFERED="1", SENSOR_SCREEN_PORT=str(self.port), **more),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        self.said = self._hear()
        self.started_s = time.monotonic() - begun_s

    def _hear(self) -> str:
        """What it tells until it is ready."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("Stop with"):
                return said
        self.process.wait(START_S)
        raise AssertionError(said + self.log.read_text(errors="replace"))

    @property
    def url(self) -> str:
        (found,) = re.findall(r"^Serving at (\S+),", self.said, re.MULTILINE)
        return str(found)

    @property
    def set_up_link(self) -> str | None:
        found = re.findall(r"once: (\S+/setup#\S+)$", self.said, re.MULTILINE)
        return found[0] if found else None

    def ask(self, method: str, path: str, token: str = "", **more: Any) -> Any:
        """The JSON of an answer that is none but good."""
        answer = self.raw(method, path, token, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def raw(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, headers=headers, timeout=60, trust_env=False, **more)

    def children(self, of: int | None = None) -> list[int]:
        """Processes that it, or one of its processes, started, and those of these."""
        found = [of or self.process.pid]
        for pid in found:
            found += [int(one) for one in _children_of(pid)]
        return found[1:]

    def end(self, number: signal.Signals = signal.SIGTERM, *, group: bool = False) -> int:
        """Its exit status; nothing of it is left running."""
        children = self.children()
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        status = self.process.wait(30)
        wait_for_end(children)
        return status

    def close(self) -> None:
        """Whatever is left of it goes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def wait_for_end(pids: list[int]) -> None:
    """Fails where one of these processes goes on."""
    end_s = time.monotonic() + 5
    while left := [pid for pid in pids if _goes_on(pid)]:
        assert time.monotonic() < end_s, f"{left} go on"
        time.sleep(0.02)


def _goes_on(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"  # ended, and nobody asked how


def _children_of(pid: int) -> list[str]:
    """Those of every thread."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it ended meanwhile
            found += task.read_text(encoding="ascii").split()
    return found


@contextmanager
def running(folder: Path, *options: str | Path, **more: str) -> Iterator[Running]:
    service = Running(folder, *options, **more)
    try:
        yield service
    finally:
        service.close()
