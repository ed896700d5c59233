"""A way through the network that delays, cuts, stalls, and goes dead without a word."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass

from tests.soak.service_at import HOST

_PIECES = (1, 64, 1_500, 65_536)


@dataclass(frozen=True, slots=True)
class RoadParams:
    """How bad it is. Shares are of pieces that are carried, in either direction."""

    cut: float = 0.02
    """Both ends are reset, in the middle of a piece."""
    dead: float = 0.004
    """Nothing is carried any more, and nobody is told for `dead_s`."""
    stalled: float = 0.02
    """Nothing of this direction is read for up to `stall_s`: senders feel push-back."""
    late: float = 0.1
    """A piece comes up to `late_s` later."""
    bytewise: float = 0.05
    """A piece comes byte by byte."""
    dead_s: float = 8.0
    stall_s: float = 1.0
    late_s: float = 0.2


class BadRoad:
    """A TCP proxy in this loop.

    Args:
        port: Of the service.
        seed: Another number, other faults.
        params: How bad it is.
    """

    def __init__(self, port: int, seed: int, params: RoadParams | None = None) -> None:
        self._to, self._params = port, params or RoadParams()
        self._dice = random.Random(seed)  # noqa: S311
        self.done: Counter[str] = Counter()
        """How often each fault was done."""
        self.good = False
        """From now on it carries all."""
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Begin; the address to connect to."""
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        return f"{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Cut what is left."""
        if self._server is not None:
            self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        ends = [back]
        try:
            far, onward = await asyncio.open_connection(HOST, self._to)
            ends.append(onward)
            ways = ((near, onward), (far, back))
            carried = [asyncio.create_task(self._carry(*way)) for way in ways]
            try:
                await asyncio.wait(carried, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in carried:
                    one.cancel()
                await asyncio.gather(*carried, return_exceptions=True)
        except OSError:
            return
        finally:
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(self._dice.choice(_PIECES)):
                if not await self._pass_on(piece, writer):
                    return

    async def _pass_on(self, piece: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        params, fault = self._params, self._draw()
        if fault == "cut":
            writer.write(piece[: self._dice.randrange(len(piece) + 1)])
            return False
        if fault == "dead":
            await asyncio.sleep(self._dice.uniform(0.0, params.dead_s))
            return False
        if fault in {"stalled", "late"}:
            most_s = params.stall_s if fault == "stalled" else params.late_s
            await asyncio.sleep(self._dice.uniform(0.0, most_s))
        if fault == "bytewise":
            for at in range(min(len(piece), 300)):
                writer.write(piece[at : at + 1])
                await asyncio.sleep(0)
            piece = piece[300:]
        writer.write(piece)
        await writer.drain()
        return True

    def _draw(self) -> str:
        drawn = self._dice.random()
        if self.good:
            return ""
        for name in ("cut", "dead", "stalled", "late", "bytewise"):
            drawn -= getattr(self._params, name)
            if drawn < 0:
                self.done[name] += 1
                return name
        return ""
