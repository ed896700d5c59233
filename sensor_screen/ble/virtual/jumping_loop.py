"""An event loop whose clock jumps to the next timer: an hour of radio in a minute.

Only for what happens within one process: while it waits for a socket or a thread, time runs away.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

_THREAD_S = 0.05
"""Without any timer only another thread can wake the loop: look that often."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - as the base class
        ready = super().select(_THREAD_S if timeout is None else 0)
        if not ready and timeout is not None and timeout > 0:
            self.now_s += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Begins at 0 s; sleeping costs nothing."""

    def __init__(self) -> None:
        self._clock = _JumpingSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds since the loop began, as its timers see them."""
        return self._clock.now_s


def run_jumping(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end as `asyncio.run` does, in no more time than the computing takes."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
