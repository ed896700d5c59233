"""The service is killed (SIGKILL) at random moments while phones stream; is all acknowledged there?

    python -m tests.soak.kill_service --kills 100

It is started again at once, on the same folder. Phones come back by themselves. An acknowledged
frame that is asked for again was lost. At the end all recordings are held against what was made.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field

import numpy as np
import uvloop

from tests.soak.load_service import (
    Load,
    add_service_options,
    begin_load,
    check_all,
    end_phones,
    end_tasks,
    print_figures,
    service_of,
    until,
)
from tests.soak.relay_clients import make_frames
from tests.soak.service_figures import family_of, table

GIVE_UP_S = 60.0
AIM_S = 6.0


@dataclass(slots=True)
class KillFigures:
    """What became of the kills."""

    kills: int = 0
    back_s: list[float] = field(default_factory=list)
    """From the kill until every stream had a new frame acknowledged."""
    never: int = 0
    outlived: int = 0
    """Helpers of a killed service that were still there when its successor had answered all."""

    def print(self) -> None:
        """A table in markdown."""
        back_s = np.array(self.back_s or [float("nan")])
        shown = ", ".join(f"{value:.1f}" for value in np.quantile(back_s, (0.5, 0.99, 1.0)))
        rows = [
            ("kills", f"{self.kills}"),
            ("all streams acknowledged again after, s: p50, p99, largest", shown),
            (f"not within {AIM_S:g} s", f"{int((back_s > AIM_S).sum()) + self.never}"),
            ("helpers that outlived the service", f"{self.outlived}"),
        ]
        print("\n" + table(("kills", "figure"), rows))


def kill_folds(load: Load, kills: int, dice: random.Random) -> None:
    """Kill while finished streams become recordings."""
    for _ in range(kills):
        time.sleep(dice.uniform(0.0, 0.5))
        load.service.kill()
        load.service.start()
        load.service.wait_ready()


async def kill_often(
    load: Load, kills: int, life_s: tuple[float, float], dice: random.Random
) -> KillFigures:
    """Stream, kill and start again, and finish all streams."""
    figures, service = KillFigures(), load.service
    phones = [asyncio.create_task(phone.run()) for phone in load.phones]
    await until(lambda: load.relay.connections >= len(load.phones), 30.0)
    making = asyncio.create_task(make_frames(load.phones))
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(*life_s))
        helpers = family_of(service.pid)[1:]
        service.kill()
        figures.kills += 1
        at_s = time.monotonic()
        service.start()
        back = await until(
            lambda at_s=at_s: all(phone.acked_s > at_s for phone in load.phones), GIVE_UP_S
        )
        if not back:
            figures.never += 1
            print(f"not all streams came back in {GIVE_UP_S:.0f} s:\n{service.tail()}")
            break
        figures.back_s.append(max(phone.acked_s for phone in load.phones) - at_s)
        figures.outlived += sum(map(_is_there, helpers))
    await end_tasks(making)
    for phone in load.phones:
        phone.finish()
    await end_phones(load, phones)
    return figures


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """0: nothing that was acknowledged is lost, and all came back in time."""
    parser = argparse.ArgumentParser(description="Kill the service at random moments.")
    add_service_options(parser)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--kills-in-folds", type=int, default=3, help="after the last frame")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shortest", type=float, default=0.2, help="life after coming back, s")
    parser.add_argument("--longest", type=float, default=3.0)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        service = service_of(asked, folder)
        try:
            load = begin_load(service, asked.streams, asked.frames_per_second)
            life_s, dice = (asked.shortest, asked.longest), random.Random(asked.seed)  # noqa: S311
            figures = uvloop.run(kill_often(load, asked.kills, life_s, dice))
            kill_folds(load, asked.kills_in_folds, dice)
            stored = check_all(load)
        finally:
            status = service.stop()
    what = (
        f"{asked.kills} kills under {asked.streams} streams x {asked.frames_per_second} frames/s, "
        f"{asked.kills_in_folds} afterwards, seed {asked.seed}; service ended with {status}"
    )
    print_figures(load, stored, None, what)
    figures.print()
    late = figures.never + sum(value > AIM_S for value in figures.back_s)
    return int(stored.faults + load.relay.faults + late > 0)


if __name__ == "__main__":
    sys.exit(main())
