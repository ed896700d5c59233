"""Random happenings to both reference firmwares, in C and in Python, until they differ.

Run as `python -m tests.soak.firmwares_agree --traces 1000 --first 0`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.firmware import exchange
from tests.firmware.driver import Driver
from tests.firmware.test_c_and_micropython_agree import Happenings, difference

ROOT = Path(__file__).parents[2]
C = ROOT / "firmware_protocol/c"


def built(folder: Path) -> Driver:
    out = folder / "driver"
    sources = [str(ROOT / "tests/firmware/driver.c"), *(str(file) for file in C.glob("*.c"))]
    subprocess.run(["cc", "-std=c99", "-O1", f"-I{C}", *sources, "-o", str(out)], check=True)
    return Driver(out)


def main() -> int:
    """Print what was compared; status 1 where the two differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--traces", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        driver = built(Path(folder))
        for seed in range(asked.first, asked.first + asked.traces):
            happenings = Happenings(seed)
            script = {"config": dict(happenings.config), "steps": happenings.steps()}
            printed = driver.run(exchange.commands(script))[1:]
            counted["traces"] += 1
            counted["steps"] += len(printed)
            counted["values sent"] += sum(line.startswith("out") for p in printed for line in p)
            different = difference(script, printed)
            if different:
                print(f"seed {seed}, {different}")
                counted["different"] += 1
    print(", ".join(f"{count:,} {what}" for what, count in counted.items()))
    return 1 if counted["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
