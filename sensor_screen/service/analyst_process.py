"""A worker of the analyst, seen from outside: begun, given batches, watched, and ended."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.service.analyst_worker import READY, Outcome, run_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from sensor_screen.service.analyst_params import AnalystParams
    from sensor_screen.service.analyst_worker import Batch

_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker that gave no outcome."""

    item: int | None
    """Which item of the batch it was at; None: none."""
    stuck: bool
    """It was at it for too long."""


@dataclass(slots=True)
class WorkerProcess:
    """One process that is warm."""

    process: BaseProcess
    pipe: Connection
    progress: Sequence[int]

    @classmethod
    def begin(cls, params: AnalystParams, is_over: Callable[[], bool]) -> WorkerProcess | None:
        """A process, once it is warm; None where it cannot be had or is no longer wanted."""
        context = multiprocessing.get_context("spawn")
        mine, its = context.Pipe()
        progress = context.RawArray("q", 1)
        process = context.Process(target=run_worker, args=(its, progress), daemon=True)
        try:
            process.start()
        except OSError:
            return None
        its.close()
        worker = cls(process, mine, progress)
        until_s = time.monotonic() + params.start_s
        while not is_over() and time.monotonic() < until_s and process.is_alive():
            try:
                if mine.poll(_POLL_S) and mine.recv() == READY:
                    return worker
            except (EOFError, OSError):
                break
        worker.end()
        return None

    def exchange(self, batch: Batch, stuck_s: float, is_over: Callable[[], bool]) -> Outcome | Lost:
        """Give a batch and wait for its outcome."""
        before, stuck = self.progress[0], False
        try:
            self.pipe.send(batch)
            seen, since_s = before, time.monotonic()
            while not self.pipe.poll(_POLL_S):
                if self.progress[0] != seen:
                    seen, since_s = self.progress[0], time.monotonic()
                stuck = time.monotonic() - since_s > stuck_s
                if stuck or is_over() or not self.process.is_alive():
                    break
            else:
                outcome: Outcome = self.pipe.recv()
                return outcome
        except (EOFError, OSError):
            pass
        at = self.progress[0] - before - 1
        return Lost(at if 0 <= at < len(batch.items) else None, stuck)

    def end(self) -> None:
        """End it now; it holds nothing that is not in the rows."""
        self.pipe.close()
        self.process.kill()
        self.process.join(5.0)
