"""Reports are made in processes of their own, so that nothing that streams waits for them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Lock, Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sensor_screen.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Made = TypeVar("Made")
MOST_WAITING = 32
"""Jobs; the last would wait a minute."""
LONGEST_S = 120.0
"""For one job; hours of recording take half of it."""


class Measuring:
    """A few processes that measure.

    Args:
        processes: How many.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Jobs that are not done."""
        return self._waiting

    def start(self) -> None:
        """Start them; what they need to know is read before the first job comes."""
        with self._lock:
            if self._pool is None:
                self._pool = self._make()
                self._pool.submit(_warm_up)

    def stop(self) -> None:
        """Let what runs end, and nothing begin."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is None:
            return
        if self._waiting == 0:  # nobody waits for a warm-up
            _kill(pool)
        pool.shutdown(wait=True, cancel_futures=True)

    def run(self, job: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs) -> Made:
        """Do one job there, and wait for it.

        Raises:
            BusyError: Too many wait, or it took far too long or ended its process.
            ScreenError: Of the job.
        """
        begun = self.begin(job, *args, **kwargs)
        try:
            return begun.result(LONGEST_S)
        except TimeoutError as error:
            self._end_hanging(begun)
            raise BusyError("the job", "takes too long", "try again later", 60.0) from error
        except (BrokenProcessPool, CancelledError) as error:
            raise BusyError("the job", "ended its process", "try again", 5.0) from error

    def begin(
        self, job: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Made]:
        """Begin one job there.

        Raises:
            BusyError: Too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("reports", f"{self._waiting} wait already", "try again later", 10.0)
        future = self._submit(job, *args, **kwargs)
        with self._lock:
            self._waiting += 1
        future.add_done_callback(self._done)
        return future

    def _end_hanging(self, hanging: Future[Made]) -> None:
        """End the processes where one of them is at a job that does not end; others begin."""
        if hanging.cancel():
            return  # it only waited
        with self._lock:
            pool = self._pool
            if pool is None:
                return
            self._pool = self._make()
            self._pool.submit(_warm_up)
        _kill(pool)
        pool.shutdown(wait=False, cancel_futures=True)

    def _submit(
        self, job: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Made]:
        with self._lock:
            if self._pool is None:
                raise BusyError("the service", "is stopping", "try again later", 10.0)
            try:
                return self._pool.submit(job, *args, **kwargs)
            except BrokenProcessPool:
                self._pool.shutdown(wait=False)
                self._pool = self._make()
                return self._pool.submit(job, *args, **kwargs)

    def _done(self, _: Future[Made]) -> None:
        with self._lock:
            self._waiting -= 1

    def _make(self) -> ProcessPoolExecutor:
        # Spawned: what forks a process of many threads takes their locks with it.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._processes, context, _belong_to_parent)


def _belong_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal: the parent ends this one, or its own end does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):  # public from Python 3.14 on
        process.kill()


def _warm_up() -> None:
    """Make one report of a shipped sample, so that the first one waits for nothing."""
    from sensor_screen.service.report_job import ReportJob, StoredSession, make_report, render_faces
    from sensor_screen.storage.samples import find_sample

    value = find_sample("healthy").read_bytes()
    job = ReportJob(
        session=StoredSession((value,), ""),
        earlier=(),
        claims="clinician",
        language="en",
        rulebook=None,
        person="warm-up",
        issued="2026-01-01T00:00:00+00:00",
    )
    render_faces(make_report(job).kept, job.person, job.issued)
