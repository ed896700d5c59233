"""A relay over a bad network to a service that crashes: many random traces, by hand.

python -m tests.soak.relay_traces --traces 10000
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from tests.service.relay_world import World, step


def run(seed: int, steps: int) -> World:
    rng = random.Random(seed)  # noqa: S311
    world = World()
    for _ in range(steps):
        step(world, rng)
        world.check()
    world.settle(rng)
    return world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    total: Counter[str] = Counter()
    for seed in range(args.first, args.first + args.traces):
        try:
            world = run(seed, args.steps)
        except BaseException:
            print(f"seed {seed}")
            raise
        total["frames"] += len(world.made)
        total["marks"] += len(world.made_marks)
        total["claims"] += world.store.writer
    print(f"{args.traces} traces of {args.steps} steps: {dict(total)}; stored == made in each")


if __name__ == "__main__":
    main()
