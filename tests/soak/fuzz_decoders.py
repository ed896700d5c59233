"""Coverage-guided fuzzing of everything that reads bytes from outside (atheris, libFuzzer).

    python -m tests.soak.fuzz_decoders --decoder open_sensor_packet --runs 1000000
    python -m tests.soak.fuzz_decoders --decoder all --runs 1000000

Garbage gives a `ProtocolError` or counted loss: no other exception, no input that takes a second of
the processor, no memory that grows. What broke a decoder is kept in the folder that `--keep` names.
The seed is printed, and can be given.

Memory is measured afterwards, in a process that is not instrumented, near what the fuzzer found:
atheris 3.0 keeps the result of every comparison of arrays that it looks at. For the same reason
each process of the fuzzer ends after `RUNS_A_PROCESS` inputs, and the next goes on from its corpus.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.soak.mutations import mutations

RUNS_A_PROCESS = 50_000
MEMORY_INPUTS = 50_000
LARGEST_GROWTH_MB = 2.0
"""Resident memory between a tenth of those inputs and all of them."""
LONGEST_S = 1.0
"""Of the processor, for one input."""
ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """0: nothing was found."""
    parser = argparse.ArgumentParser(description="Fuzz the decoders.")
    parser.add_argument("--decoder", default="all", help="a name, or all")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one, printed")
    parser.add_argument("--keep", type=Path, help="folder for inputs that break something")
    parser.add_argument("--inside", choices=("fuzz", "memory"), help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("Not run: atheris is not installed (it exists for Linux only): pip install atheris.")
        return 0
    if chosen.inside == "fuzz":
        _fuzz(chosen.decoder, chosen.runs, chosen.seed, chosen.corpus, chosen.keep)
    from tests.soak.decoders import DECODERS

    if chosen.inside == "memory":
        return _measure_memory(chosen.decoder, chosen.seed, chosen.corpus)
    names = [*DECODERS] if chosen.decoder == "all" else [chosen.decoder]
    unknown = [name for name in names if name not in DECODERS]
    if unknown:
        parser.error(f"no decoder {unknown[0]}; choose one of: all, {', '.join(DECODERS)}")
    print(f"{'decoder':28}{'inputs':>12}{'s':>8}{'inputs/s':>10}{'features':>10}{'MB':>7}  outcome")
    seed = chosen.seed or secrets.randbelow(2**31 - 1) + 1
    outcomes = [_report(name, chosen.runs, seed, chosen.keep) for name in names]
    print(f"seed {seed}")
    return max(outcomes)


@dataclass(slots=True)
class _Outcome:
    """Of one decoder, through all its processes."""

    inputs: int = 0
    features: str = "?"
    growth: str = "?"
    complaint: str = ""


def _report(name: str, runs: int, seed: int, keep: Path | None) -> int:
    """Run one decoder, print what came of it; 0: nothing was found."""
    outcome = _Outcome()
    with tempfile.TemporaryDirectory() as folder:
        kept = keep or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        begin = time.perf_counter()
        while outcome.inputs < runs and not outcome.complaint:
            part = min(runs - outcome.inputs, RUNS_A_PROCESS)
            _run_part(outcome, name, part, seed + outcome.inputs, Path(folder) / "corpus", kept)
        took_s = time.perf_counter() - begin
        if not outcome.complaint:
            code, said = _inside("memory", name, 0, seed, Path(folder) / "corpus", kept)
            growth = re.search(r"grew by (-?[\d.]+) MB", said)
            outcome.growth = growth[1] if growth else "?"
            outcome.complaint = said if code else ""
    print(
        f"{name:28}{outcome.inputs:12,}{took_s:8.1f}{outcome.inputs / took_s:10,.0f}"
        f"{outcome.features:>10}{outcome.growth:>7}"
        f"  {'FOUND SOMETHING' if outcome.complaint else 'nothing found'}",
        flush=True,
    )
    if outcome.complaint:
        print(outcome.complaint[-4000:])
    return 1 if outcome.complaint else 0


def _run_part(outcome: _Outcome, name: str, runs: int, seed: int, corpus: Path, keep: Path) -> None:
    code, said = _inside("fuzz", name, runs, seed, corpus, keep)
    ran = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    outcome.inputs += int(ran[1]) if ran else 0
    outcome.features = (re.findall(r"\bft: (\d+)", said) or ["?"])[-1]
    if code or ran is None or int(ran[1]) < runs:
        outcome.complaint = said


def _inside(
    what: str, name: str, runs: int, seed: int, corpus: Path, keep: Path
) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.soak.fuzz_decoders", "--inside", what]
    command += ["--decoder", name, "--runs", str(runs), "--seed", str(seed)]
    command += ["--corpus", str(corpus), "--keep", str(keep)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr + done.stdout


class CheckedDecoder:
    """Feeds a decoder; anything but a `ProtocolError` goes through, and so does slowness."""

    def __init__(self, name: str) -> None:
        from sensor_screen.errors import ProtocolError
        from tests.soak.decoders import DECODERS

        self._feed, self._refused = DECODERS[name].feed, ProtocolError

    def __call__(self, data: bytes) -> None:
        # Of the processor, not of the wall: a busy machine may halt a process for seconds.
        begin = time.process_time()
        with contextlib.suppress(self._refused):
            self._feed(data)
        took_s = time.process_time() - begin
        if took_s > LONGEST_S:
            raise TimeoutError(f"{took_s:.2f} s for {len(data)} bytes")


def _measure_memory(name: str, seed: int, corpus: Path) -> int:
    from tests.soak.decoders import DECODERS

    found = [file.read_bytes() for file in sorted(corpus.iterdir())]
    check, settled_mb = CheckedDecoder(name), 0.0
    inputs = mutations(random.Random(seed), found, MEMORY_INPUTS, DECODERS[name].longest)  # noqa: S311
    for k, data in enumerate(inputs):
        if k == MEMORY_INPUTS // 10:
            settled_mb = _resident_mb()
        check(data)
    growth_mb = _resident_mb() - settled_mb
    print(f"grew by {growth_mb:.1f} MB")
    return 1 if growth_mb > LARGEST_GROWTH_MB else 0


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def _fuzz(name: str, runs: int, seed: int, corpus: Path, keep: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["sensor_screen.protocol"]):
        from tests.soak.decoders import DECODERS
    corpus.mkdir(parents=True, exist_ok=True)
    for k, example in enumerate(DECODERS[name].examples()):
        (corpus / f"example_{k:04}").write_bytes(example)
    options = [
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={DECODERS[name].longest}",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
        f"-artifact_prefix={keep}/{name}_",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], CheckedDecoder(name))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
