"""An event loop whose clock jumps to the next timer: waiting costs nothing in-process."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")
_DEADLOCK = 50
"""Looks without any timer or event after which nothing can ever happen any more."""


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits; moves the loop's clock instead."""

    loop: JumpingLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            self.loop.idle = 0
        elif timeout is None:
            self.loop.idle += 1
            assert self.loop.idle < _DEADLOCK, "everybody waits, and nothing is due"
        else:
            self.loop.now_s += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Its time begins at 1,000 s."""

    def __init__(self) -> None:
        self.now_s, self.idle = 1000.0, 0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now_s


def run_jumping(scene: Coroutine[Any, Any, _T]) -> _T:
    """Run a scene to its end; no task of it may be left."""

    async def watched() -> _T:
        result = await scene
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left running: {left}"
        return result

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(watched())
