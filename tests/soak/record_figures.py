"""Figures of the guided capture over Bluetooth, printed: `python -m tests.soak.record_figures`.

Virtual sensors, link, journal, receiver, capture and live angle in one process, on a clock that
jumps; no radio was used. What the capture computes, and what a commit takes, passes on that clock:
the event loop stands still meanwhile, as it does on a real one.

Lag: from the newest sample of a packet to the look that shows the angle of its samples. Stamped
late: from an arrival at any moment to the end of the computing that it fell into.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen import wiring
from sensor_screen.core.pipeline import measure_recording
from sensor_screen.judgement import Claims, Language
from sensor_screen.model import Side, Task
from sensor_screen.rules.items import Kind
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.session.capture import Capture
from sensor_screen.session.capture_view import CaptureKey, Happening, Phase
from sensor_screen.session.guide import STEP_S, label_recording
from sensor_screen.session.plan import shipped_plan
from sensor_screen.session.receive import Receiver
from sensor_screen.wiring.radio import Radio, open_radio_source, open_virtual_radio

if TYPE_CHECKING:
    from sensor_screen.ble.radio_source import RadioSource
    from sensor_screen.ble.virtual import VirtualSensors
    from sensor_screen.ble.virtual.sensor import VirtualSensor
    from sensor_screen.model import Recording
    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.session.capture_view import CaptureEvent

BOTH = (Side.LEFT, Side.RIGHT)
TOO_LONG_S = 45.0
"""A person whose sensor is not heard for so long ends the session."""
HEALTHY = {Kind.YES_NO: False, Kind.NUMBER: 0, Kind.SEVERAL: []}


@dataclass
class Chain:
    """One session, with everything that is looked at."""

    radio: Radio
    source: RadioSource
    capture: Capture
    rate_hz: float
    spent_s: Counter[str] = field(default_factory=Counter)
    """CPU of each part."""
    records: list[RelayArrival] = field(default_factory=list)
    heard: dict[int, list[tuple[np.ndarray, np.ndarray]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Slot -> times as the capture got them, and numbers."""
    shown: list[tuple[float, float, Side]] = field(default_factory=list)
    """When a look showed an angle, of what time, of which leg."""
    stood: list[tuple[float, float]] = field(default_factory=list)
    """When the loop stood still, and for how long."""
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """Serial and start of a sensor -> samples that it measured."""
    begin_s: float = 0.0
    end_s: float = 0.0
    recording: Recording | None = None

    @property
    def virtual(self) -> VirtualSensors:
        assert self.radio.virtual is not None
        return self.radio.virtual

    def of_slot(self, slot: int) -> VirtualSensor:
        return self.virtual.sensor(self.source.slots[slot].info.serial)

    def pass_time(self, seconds: float) -> None:
        """The loop stood still for so long."""
        loop: Any = self.radio.loop
        self.stood.append((loop.time(), seconds))
        loop._clock.now_s += seconds

    def timed(self, owner: Any, names: str, part: str) -> None:
        """Count what methods of an object cost."""
        for name in names.split():
            setattr(owner, name, self._timed(getattr(owner, name), part))

    def _timed(self, call: Callable[..., Any], part: str) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            begin = time.thread_time()
            try:
                return call(*args)
            finally:
                self.spent_s[part] += time.thread_time() - begin

        return counted


def open_chain(plan_name: str, sides: tuple[Side, ...], rate_hz: float, out: Path) -> Chain:
    """Everything, ready to begin; parts are timed."""
    plan = shipped_plan(plan_name)
    radio = open_virtual_radio(plan, sides, rate_hz=rate_hz)
    source: Any = open_radio_source(radio, sides, out, rate_hz=rate_hz)
    chain = Chain(radio, source, Capture(plan, source.slots, simulated=True), rate_hz)
    for task in source._tasks:
        names = "next wanted_at received read_done wrote enabled connected disconnected"
        chain.timed(task.logic, names, "link")
    chain.timed(source._receiver, "receive", "receiver")
    for sensor in chain.virtual.sensors:
        _count_starts(chain, sensor)
    take_live = chain._timed(source._receiver.take_live, "receiver")

    def taken() -> Any:
        blocks = take_live()
        for one in blocks:
            chain.heard[one.slot].append((one.time_s, one.sequence))
        return blocks

    source._receiver.take_live = taken
    open_keeper = source._keep

    def keep() -> Any:
        keeper = open_keeper()
        append, commit = keeper.append, chain._timed(keeper.commit, "journal")

        def appended(record: RelayArrival) -> RelayArrival:
            chain.records.append(record)
            return append(record)

        def committed() -> int:
            begin_s = time.perf_counter()
            try:
                return commit()
            finally:
                chain.pass_time(time.perf_counter() - begin_s)

        keeper.append, keeper.commit = chain._timed(appended, "journal"), committed
        return keeper

    source._keep = keep
    return chain


def _count_starts(chain: Chain, sensor: Any) -> None:
    start = sensor._start_firmware

    def started() -> None:
        chain.ends[sensor.params.serial, sensor.boot_id] = sensor.next_number
        start()

    sensor._start_firmware = started


def guide(
    chain: Chain,
    faults: Callable[[Chain, CaptureEvent], None] = lambda _, __: None,
    most_s: float = np.inf,
) -> None:
    """As `sensor_screen.session.guide` does, by somebody healthy who does not wait for ever."""
    capture, source, loop = chain.capture, chain.source, chain.radio.loop
    silent_s = None
    while not capture.is_over:
        now_s = source.now_s()
        blocks = source.receive(now_s) if capture.needs_samples else ()
        if blocks and not chain.begin_s:
            chain.begin_s = loop.time()
        begin = time.thread_time()
        for block in blocks:
            capture.feed(block)
        capture.tick(now_s)
        view, events = capture.view(), capture.take_events()
        spent_s = time.thread_time() - begin
        chain.spent_s["capture"] += spent_s
        chain.pass_time(spent_s)
        if view.phase is Phase.DOING:
            chain.shown += [(loop.time(), bar.time_s, bar.side) for bar in view.bars]
        for event in events:
            source.hear(event)
            faults(chain, event)
        if view.question is not None:
            capture.answer(HEALTHY[view.question.item.kind])
        elif view.phase is Phase.WEARING:
            capture.press(CaptureKey.NEXT)
        silent_s = (silent_s or now_s) if view.phase is Phase.PAUSED else None
        too_long = silent_s is not None and now_s - silent_s > TOO_LONG_S
        if too_long or (chain.begin_s and loop.time() - chain.begin_s > most_s):
            capture.press(CaptureKey.STOP)
        source.wait(STEP_S)
    chain.end_s = loop.time()


# --- lag and cost ---------------------------------------------------------------------------------


def lags_s(chain: Chain, newest: bool) -> np.ndarray:
    """From the last sample of a packet, of the later sensor, to the look that showed one of it.

    Args:
        chain: After its end.
        newest: Of the sample that is shown only; otherwise of all that the angle was computed of.
    """
    found = []
    for side in {one[2] for one in chain.shown}:
        slots = [k for k, slot in chain.source.slots.items() if slot.info.side is side]
        lines = [_packets_of(chain, slot) for slot in slots]
        at_s, upto_s = (np.array([one[k] for one in chain.shown if one[2] is side]) for k in (0, 1))
        new = np.flatnonzero(np.diff(upto_s, prepend=upto_s[0]) > 0.0)
        for k in new:
            if upto_s[k] - upto_s[k - 1] > 1.0:  # another task: there was no bar in between
                continue
            before_s = upto_s[k] - 0.5 / chain.rate_hz if newest else upto_s[k - 1]
            asked_s = np.arange(upto_s[k], before_s + 1e-9, -1.0 / chain.rate_hz)
            ready_s = np.full(len(asked_s), -np.inf)
            for time_s, complete_s in lines:
                place = np.searchsorted(time_s, asked_s - 1e-6)
                ready_s = np.maximum(ready_s, complete_s[np.minimum(place, len(time_s) - 1)])
            found.append(at_s[k] - ready_s)
    return np.concatenate(found)


def _packets_of(chain: Chain, slot: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each sample: its time as the capture got it, and when its packet was full in truth."""
    imu = chain.of_slot(slot).imu
    times, full = [], []
    for time_s, sequence in chain.heard[slot]:
        run = imu._run_of(imu.runs[-1].boot_id, int(sequence[-1]))
        times.append(time_s)
        full.append(np.full(len(time_s), run.grid.at_s(run.index_of(int(sequence[-1])))))
    time_s, full_s = np.concatenate(times), np.concatenate(full)
    known = np.isfinite(time_s)
    return time_s[known], full_s[known]


def stamped_late_ms(chain: Chain) -> tuple[float, float, float, float]:
    """Share of the time that the loop stood still, %, and how late arrivals are: p95, p99, most."""
    stood = np.array([one for one in chain.stood if one[0] >= chain.begin_s])
    grid_s = np.arange(chain.begin_s, chain.end_s, 0.0005)
    at = np.searchsorted(stood[:, 0], grid_s, side="right") - 1
    ends_s = stood[np.maximum(at, 0)].sum(axis=1)
    late_ms = 1e3 * np.where(at >= 0, np.maximum(ends_s - grid_s, 0.0), 0.0)
    share = 100.0 * stood[:, 1].sum() / (chain.end_s - chain.begin_s)
    return (float(share), *np.percentile(late_ms, (95, 99)), float(stood[:, 1].max() * 1e3))


def print_lags(folder: Path, most_s: float) -> None:
    print("| plan | sensors | Hz | lag p50, ms | p95, ms | of every sample p50, ms | p95, ms "
          "| loop stood still, % "
          "| stamped late p95, ms | p99, ms | longest, ms "
          "| link, % of a core | receiver | journal | capture | all |")  # fmt: skip
    print("|" + "---|" * 16)
    warm = open_chain("quick", (Side.LEFT,), 100.0, folder / "warm.parquet")
    with warm.radio:
        guide(warm, most_s=60.0)  # loads libraries and compiles
        warm.source.close()
    for plan, sides, rate_hz in (
        ("quick", (Side.LEFT,), 100.0),
        ("quick", (Side.LEFT,), 200.0),
        ("clinic", BOTH, 200.0),
    ):
        name = f"{plan}-{rate_hz:g}"
        chain = open_chain(plan, sides, rate_hz, folder / f"{name}.parquet")
        with chain.radio:
            guide(chain, most_s=most_s)
            lag_ms, all_ms = (1e3 * lags_s(chain, newest) for newest in (True, False))
            chain.source.finish()
        lasted_s = chain.end_s - chain.begin_s
        parts = [chain.spent_s[p] for p in ("link", "receiver", "journal", "capture")]
        cells = [plan, str(2 * len(sides)), f"{rate_hz:g}"]
        cells += [
            f"{q:.1f}" for ms in (lag_ms, all_ms) for q in (np.median(ms), np.percentile(ms, 95))
        ]
        cells += [f"{x:.1f}" for x in stamped_late_ms(chain)]
        cells += [f"{100 * part / lasted_s:.1f}" for part in (*parts, sum(parts))]
        print("| " + " | ".join(cells) + " |", flush=True)


# --- faults ---------------------------------------------------------------------------------------


class Faults:
    """What happens in the middle of tasks, each once."""

    def __init__(self, *kinds: str, seed: int = 0) -> None:
        self.kinds = set(kinds)
        self.random = np.random.default_rng(seed)
        self.done: set[object] = set()
        self.tasks: list[asyncio.Task[None]] = []

    def __call__(self, chain: Chain, event: CaptureEvent) -> None:
        if event.kind is not Happening.BEGUN or event.step is None:
            return
        shank, foot = chain.of_slot(0), chain.of_slot(1)
        task = event.step.task
        if "drops" in self.kinds:
            for one in (shank, foot):
                one.params = replace(one.params, live_drop_share=0.03)
        if task in self.done:
            return
        self.done.add(task)
        if "losses" in self.kinds:
            for one in (shank, foot):
                away_s = float(self.random.uniform(5.0, 20.0))
                self.start(chain, float(self.random.uniform(0.5, 3.0)), one.walk_away(away_s))
        if "reboot" in self.kinds and task is Task.LUNGE:
            self.start(chain, 2.0, foot.reboot())
        if "battery" in self.kinds and task is Task.SQUAT:
            self.start(chain, 4.0, foot.power_off())
        if "disk" in self.kinds and task is Task.WALK:
            fill_disk(chain, chain.radio.loop.time() + 1.0, 5.0)

    def start(self, chain: Chain, after_s: float, work: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(after_s)
            await work

        self.tasks.append(chain.radio.loop.create_task(later()))


def fill_disk(chain: Chain, from_s: float, seconds: float) -> None:
    """The disk takes nothing for so long."""
    file = chain.source._keeper._file  # type: ignore[union-attr]
    write = file.write

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(file, name)

        def write(self, *args: Any) -> Any:
            if from_s <= chain.radio.loop.time() < from_s + seconds:
                chain.spent_s["failed commits"] += 1
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(*args)

    chain.source._keeper._file = Full()  # type: ignore[union-attr]


@dataclass
class Judged:
    """Samples of one sensor."""

    measured: int = 0
    recorded: int = 0
    wrong: int = 0
    disorder: int = 0
    missing: int = 0
    notes: str = ""


def judge(chain: Chain, slot: int) -> Judged:
    """The recording against what was measured."""
    assert chain.recording is not None
    sensor = chain.of_slot(slot)
    serial = sensor.params.serial
    stream = next((s for s in chain.recording.streams if s.info.serial == serial), None)
    found = Judged()
    found.notes = "; ".join(
        f"{key.partition(': ')[2]}: {text}"
        for key, text in chain.recording.notes.items()
        if serial in key
    )
    boots = list(dict.fromkeys(run.boot_id for run in sensor.imu.runs))
    ends = {boot: _measured(chain, sensor, boot) for boot in boots}
    found.measured = sum(ends.values())
    if stream is None:
        found.missing = found.measured
        return found
    numbers = _numbers(chain.records, slot)
    truth = [
        sensor.truth(boot, int(own[0]), int(own[-1] - own[0]) + 1)[own - own[0]]
        for boot, own in numbers.items()
    ]
    assert stream.sequence is not None
    found.recorded = len(stream.raw)
    found.disorder = sum(int((np.diff(own) <= 0).sum()) for own in numbers.values())
    found.disorder += int((np.diff(stream.sequence) <= 0).sum())
    expected = np.concatenate(truth)
    if len(expected) == len(stream.raw):
        found.wrong = int((expected != stream.raw).any(axis=1).sum())
    else:
        found.wrong = abs(len(expected) - len(stream.raw))
    found.missing = found.measured - sum(len(np.unique(own)) for own in numbers.values())
    return found


def _measured(chain: Chain, sensor: VirtualSensor, boot: int) -> int:
    """Samples of one start."""
    own = chain.ends.get((sensor.params.serial, boot))
    return sensor.next_number if own is None else own


def _numbers(records: list[RelayArrival], slot: int) -> dict[int, np.ndarray]:
    """Boot -> numbers in the order in which a receiver gives them."""
    receiver, found = Receiver(), defaultdict(list)
    for record in records:
        receiver.receive(record)
        for block in receiver.take():
            if block.slot == slot:
                found[block.boot_id].append(block.sequence)
    receiver.finish()
    for block in receiver.take():
        if block.slot == slot:
            found[block.boot_id].append(block.sequence)
    return {boot: np.concatenate(parts) for boot, parts in found.items()}


CASES = (
    (),
    ("drops",),
    ("losses",),
    ("reboot",),
    ("disk",),
    ("battery",),
    ("losses", "drops", "reboot", "disk"),
    ("losses", "drops", "reboot", "disk", "battery"),
)


def run_faults(kinds: tuple[str, ...], folder: Path, seed: int) -> Chain:
    """The quick plan, one leg, 100 Hz."""
    out = folder / f"{'-'.join(kinds) or 'none'}-{seed}.parquet"
    chain = open_chain("quick", (Side.LEFT,), 100.0, out)
    with chain.radio:
        guide(chain, Faults(*kinds, seed=seed))
        made = chain.source.finish()
        chain.recording = label_recording(made, chain.capture, "2026-01-01")
    return chain


def _report(chain: Chain, out: Path) -> tuple[int, int]:
    """Repetitions and findings of the report that is made of the recording as it is read again."""
    assert chain.recording is not None
    wiring.save_recording(chain.recording, out)
    report = wiring.screen(
        wiring.open_session([out], None, Language.ENGLISH),
        claims=Claims.CLINICIAN,
        language=Language.ENGLISH,
        rulebook=shipped_rulebook(),
    )
    counted = sum(r.counted for leg in measure_recording(chain.recording) for r in leg.repetitions)
    return counted, len(report.judgement.findings)


def print_faults(folder: Path, seeds: int) -> int:
    head = ("faults", "seed", "lasted, s", "sensor", "measured", "recorded", "wrong bytes",
            "twice or out of order", "missing", "tasks", "repetitions counted",
            "findings in the report")  # fmt: skip
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * 12)
    bad = 0
    for kinds in CASES:
        for seed in range(seeds):
            chain = run_faults(kinds, folder, seed)
            assert chain.recording is not None
            tasks = Counter(label.task.value for label in chain.recording.tasks)
            told = " ".join(tasks)
            counted, findings = _report(chain, folder / f"{seed}.parquet")
            for slot in chain.source.slots:
                one = judge(chain, slot)
                serial = chain.of_slot(slot).params.serial
                lasted_s = chain.end_s - chain.begin_s
                found = (one.measured, one.recorded, one.wrong, one.disorder, one.missing)
                cells = (" + ".join(kinds) or "none", seed, f"{lasted_s:.0f}", serial, *found, told,
                         counted, findings)  # fmt: skip
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
                if one.notes:
                    print(f"    {one.notes}")
                bad += one.wrong + one.disorder
                bad += one.missing > 0 and not one.notes
            if chain.spent_s["failed commits"]:
                print(f"    commits that failed: {chain.spent_s['failed commits']:.0f}")
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("lag", "faults"))
    parser.add_argument("--most-seconds", type=float, default=150.0, help="of each lag row")
    parser.add_argument("--seeds", type=int, default=1, help="of each case with faults")
    parser.add_argument("--folder", type=Path, help="where journals are written; a disk")
    asked = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        if asked.only in {None, "lag"}:
            print_lags(Path(folder), asked.most_seconds)
        if asked.only in {None, "faults"}:
            bad = print_faults(Path(folder), asked.seeds)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
