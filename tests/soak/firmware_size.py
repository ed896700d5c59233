"""Code of the firmware in C for a Cortex-M4: `python tests/soak/firmware_size.py`.

Needs arm-none-eabi-gcc, and says so where it is absent. Ends with 1 where codec and ring are larger
than 4 kB, or where the compiler put a call to a library in.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "firmware_protocol/c"
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion")
TARGET = ("-Werror", "-ffreestanding", "-mcpu=cortex-m4", "-mthumb", "-Os")
LIMIT_BYTES = 4096
LIMITED = ("open_sensor_packet", "open_sensor_ring")


def code_bytes(compiler: str, source: Path, folder: Path) -> tuple[int, set[str]]:
    """Code and constants, and names that are not the firmware's own."""
    out = folder / f"{source.stem}.o"
    subprocess.run([compiler, *FLAGS, *TARGET, "-c", str(source), "-o", str(out)], check=True)
    tool = compiler.removesuffix("gcc")
    size = subprocess.run([f"{tool}size", str(out)], check=True, capture_output=True, text=True)
    names = subprocess.run(
        [f"{tool}nm", "-u", str(out)], check=True, capture_output=True, text=True
    )
    text, data, bss = (int(word) for word in size.stdout.splitlines()[1].split()[:3])
    if data or bss:
        sys.exit(f"{source.name} keeps {data + bss} bytes of its own.")
    foreign = {line.split()[-1] for line in names.stdout.splitlines() if line.strip()}
    return text, {name for name in foreign if not name.startswith("osp_")}


def main() -> None:
    compiler = shutil.which("arm-none-eabi-gcc")
    if compiler is None:
        print("arm-none-eabi-gcc is not installed: the size of the code was not measured.")
        return
    sizes, foreign = {}, set()
    with tempfile.TemporaryDirectory() as place:
        for source in sorted(SOURCES.glob("*.c")):
            sizes[source.stem], names = code_bytes(compiler, source, Path(place))
            foreign |= names
    for name, size in sizes.items():
        print(f"{name:<20} {size:>6} bytes")
    limited = sum(sizes[name] for name in LIMITED)
    print(f"{'codec and ring':<20} {limited:>6} bytes (at most {LIMIT_BYTES})")
    print(f"{'all':<20} {sum(sizes.values()):>6} bytes")
    if foreign:
        print(f"calls into libraries: {', '.join(sorted(foreign))}")
    sys.exit(limited > LIMIT_BYTES or bool(foreign))


if __name__ == "__main__":
    main()
