"""Random calls of the whole API by every role; any answer that is not described is told.

python -m tests.soak.contract --cases 20000
"""

from __future__ import annotations

import argparse
import collections
import logging
import tempfile
import time
from pathlib import Path

import structlog

from tests.api.contract import CALLERS, Tally, opened_world, operations, try_operation

MEASURED = ("/exports/", "/rejudge", "/progress", "/setup", "/sign-in", "/join")
"""Each takes a second or so, of measuring or of hashing: a fifth of the cases of others."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    by_caller: dict[str, Tally] = {caller: Tally() for caller in CALLERS}
    begin_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, opened_world(Path(folder)) as world:
        found = operations(world)
        turn = 0
        while sum(tally.cases for tally in by_caller.values()) < asked.cases:
            for caller, tally in by_caller.items():
                for operation in found:
                    slow = any(part in operation.path for part in MEASURED)
                    examples = (1 if slow else 5) * (4 if caller == "owner" else 1)
                    try_operation(
                        world, operation, caller, examples, tally, seeded=asked.seed + turn
                    )
                print(f"{time.monotonic() - begin_s:7.0f} s  {caller}: {tally.cases}", flush=True)
            turn += 1
    _tell(by_caller, len(found), time.monotonic() - begin_s)


def _tell(by_caller: dict[str, Tally], operations_: int, took_s: float) -> None:
    statuses: collections.Counter[int] = collections.Counter()
    broken: list[str] = []
    for caller, tally in by_caller.items():
        statuses.update(tally.statuses)
        broken += tally.broken
        print(f"{caller:12} {tally.cases:6} cases, {len(tally.broken)} not as described")
    for said in list(dict.fromkeys(broken))[:40]:
        print(f"\n{said}")
    print(f"\n{operations_} operations, {sum(statuses.values())} cases in {took_s:.0f} s")
    print(", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    if broken or max(statuses) >= 500:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
