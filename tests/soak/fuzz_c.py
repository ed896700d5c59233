"""Any bytes into the firmware in C: `python tests/soak/fuzz_c.py --target codec --runs 1000000`.

Coverage-guided by libFuzzer where clang is installed; else a loop of mutated values. Both with
address and undefined-behaviour sanitizers. Prints runs a second; ends with the fuzzer's status.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "firmware_protocol/c"
TARGETS = {"codec": 1, "info": 2, "sensor": 3}
LARGEST = {"codec": 260, "info": 520, "sensor": 300}

sys.path.insert(0, str(HERE.parents[1]))


def build(target: str, folder: Path) -> tuple[Path, bool]:
    """The program, and whether it is libFuzzer's."""
    out = folder / target
    files = [str(HERE / "fuzz_targets.c"), *(str(file) for file in sorted(SOURCES.glob("*.c")))]
    common = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-g", f"-I{SOURCES}"]
    common += [f"-DTARGET={TARGETS[target]}", *files, "-o", str(out), "-fno-sanitize-recover=all"]
    clang = shutil.which("clang")
    if clang:
        flags = ["-fsanitize=fuzzer,address,undefined"]
        if subprocess.run([clang, *common, *flags], check=False).returncode == 0:
            return out, True
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        sys.exit("There is no C compiler here.")
    flags = ["-DOWN_LOOP", "-fsanitize=address,undefined"]
    subprocess.run([compiler, *common, *flags], check=True)
    return out, False


def write_seeds(target: str, folder: Path) -> None:
    """A few good values; of the sensor, begun sessions."""
    from tests.firmware import wire

    draw = random.Random(1)  # noqa: S311
    if target == "info":
        seeds = [wire.info(), wire.info(stream=wire.stream_entry(5))]
        seeds.append(wire.info() + wire.entry(12, b"\x01\xfe\x03") + wire.entry(14, b"\x14\x00"))
    elif target == "codec":
        seeds = [wire.run_of(1, 5, count, 100) for count in (1, 4, 19)]
        seeds += [wire.run_of(2, 2**32 - 2, 14, 100), wire.start(1), wire.started(1, 2, 3)]
        seeds += [wire.done(1, 2, 3, 4), wire.status(1, 2, 3), wire.reply(5, 1, 0, "QQ", 1, 2)]
        seeds += [wire.request(3, 1, "II", 1, 2), wire.reply(3, 1, 1, "II", 1, 2)]
    else:
        begun = bytes([40, 3, 0x00, 0x41, 200, 0x0E, 0, 0, 0, 0, 0x1D, 0x09, 0x05, 30, 48, 0x1D])
        seeds = [begun + draw.randbytes(200) for _ in range(20)]
        seeds.append(begun + bytes([0x0E, 2, 0, 0, 30, 0x1D, 0x09, 0x1D]))
    for number, value in enumerate(seeds):
        (folder / str(number)).write_bytes(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=TARGETS, default="codec")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=0, help="at most; 0: no limit")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        program, guided = build(asked.target, folder)
        begun = time.monotonic()
        if guided:
            corpus = folder / "corpus"
            corpus.mkdir()
            write_seeds(asked.target, corpus)
            command = [str(program), f"-runs={asked.runs}", f"-seed={asked.seed}"]
            command += [f"-max_len={LARGEST[asked.target]}", "-timeout=1", "-print_final_stats=1"]
            command += ["-verbosity=0", f"-artifact_prefix={folder}/", str(corpus)]
            if asked.seconds:
                command.insert(1, f"-max_total_time={asked.seconds}")
        else:
            command = [str(program), str(asked.runs), str(asked.seed)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        took_s = time.monotonic() - begun
        stats = dict(
            line.removeprefix("stat::").split(":")
            for line in done.stderr.splitlines()
            if line.startswith("stat::")
        )
        runs = int(stats.get("number_of_executed_units", asked.runs))
        how = "libFuzzer" if guided else "own loop"
        found = sorted(folder.glob("crash-*")) + sorted(folder.glob("timeout-*"))
        if done.returncode != 0:
            print(done.stderr[-6000:])
            for file in found:
                print(f"{file.name} {file.read_bytes().hex()}")
        memory = stats.get("peak_rss_mb", "?").strip()
        print(
            f"{asked.target}: {runs:,} runs in {took_s:.0f} s ({how}), "
            f"{runs / took_s:,.0f} runs/s, peak {memory} MB, {len(found)} findings, "
            f"status {done.returncode}"
        )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
