"""Many phones stream to the service, a few people watch: nothing lost, and how late.

    python -m tests.soak.load_service --streams 100 --frames-per-second 10 --viewers 10 --minutes 10
    python -m tests.soak.load_service --streams 100 --viewers 10 --minutes 10 --spread 0
    python -m tests.soak.load_service --streams 300 --frames-per-second 50 --no-analysis --minutes 2

A service is started with a folder of its own and asked over TLS. At the end every stream is
finished, and each recording is held against what was made.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from tests.soak.relay_clients import Phone, RelayFigures, make_frames
from tests.soak.relay_streams import FRAME_RATES, RelayStream
from tests.soak.service_at import (
    COMMAND,
    DATABASE_SETTING,
    NO_ANALYSIS,
    ServiceApi,
    ServiceProcess,
)
from tests.soak.service_figures import Usage, machine, table
from tests.soak.stored_check import StoredFigures, check_stored
from tests.soak.viewers import Viewer, ViewFigures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FINISH_S = 120.0
"""For the last acknowledgements."""
_LOOK_S = 5.0


@dataclass
class Load:
    """Phones and viewers of one run."""

    service: ServiceProcess
    api: ServiceApi
    phones: list[Phone]
    streams: list[str]
    """Id of the stream of each phone."""
    relay: RelayFigures
    view: ViewFigures = field(default_factory=ViewFigures)
    ready_s: float = 0.0

    def viewer(self, number: int, viewers: int) -> Viewer:
        """One of some who watch streams that begin early and late, of all simulated people."""
        size = len(self.phones)
        apart = max(1, size // viewers)
        at = (number * size // viewers + number % min(apart, 4)) % size
        stream = self.streams[at]
        return Viewer(
            self.phones[at],
            self.view,
            lambda: self.api.socket_url(stream, "watch"),
            self.api.trusted,
        )


def begin_load(
    service: ServiceProcess,
    streams: int,
    frames_per_second: int,
    *,
    view: bool = False,
) -> Load:
    """Start the service and make a clinic, people, sessions and streams.

    Args:
        service: Not started yet.
        streams: How many.
        frames_per_second: Of each.
        view: Phones ask for live events, too.
    """
    service.start()
    ready_s = service.wait_ready()
    api = ServiceApi(service.url, service.certificate.trusted())
    api.set_up(service.setup_code())
    figures = RelayFigures()
    load = Load(service, api, [], [], figures, ready_s=ready_s)
    for number in range(streams):
        content = RelayStream(number, frames_per_second)
        stream = api.new_stream(f"load-{number:05d}")
        load.streams.append(stream)
        phone = Phone(
            content,
            figures,
            lambda stream=stream: api.socket_url(stream, "relay"),
            api.trusted,
            view=view,
        )
        load.phones.append(phone)
    return load


async def stream_frames(
    load: Load, frames: int, viewers: int, usage: Usage, *, spread_s: float = 0.0
) -> None:
    """Everything from the first hello to the last `finished`.

    Args:
        load: Phones that are not connected yet.
        frames: Of each.
        viewers: How many watch.
        usage: Looks at the processes.
        spread_s: All are connected at once, and begin to measure evenly over so many seconds.
    """
    phones = [asyncio.create_task(phone.run()) for phone in load.phones]
    await until(lambda: load.relay.connections >= len(load.phones), 30.0)
    watching = [
        asyncio.create_task(load.viewer(number, viewers).run()) for number in range(viewers)
    ]
    usage.begin()
    looking = asyncio.create_task(_look(usage))
    await make_frames(load.phones, frames, spread_s=spread_s)
    usage.look()
    await end_tasks(looking)
    await end_phones(load, phones)
    await asyncio.sleep(0.5 if watching else 0.0)
    await end_tasks(*watching)


async def end_phones(load: Load, phones: list[asyncio.Task[None]]) -> None:
    """Wait until all streams are finished, but not for ever."""
    await asyncio.wait(phones, timeout=FINISH_S)
    late = sum(not phone.finished.is_set() for phone in load.phones)
    if late:
        print(f"{late} streams were not finished after {FINISH_S:.0f} s")
    await end_tasks(*phones)
    await load.api.aclose()


async def end_tasks(*tasks: asyncio.Task[None]) -> None:
    """Cancel what still runs; what one raised is raised."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def until(met: Callable[[], bool], timeout_s: float) -> bool:
    """Wait for something to become true; whether it did."""
    end_s = time.monotonic() + timeout_s
    while not met():
        if time.monotonic() > end_s:
            return False
        await asyncio.sleep(0.02)
    return True


async def _look(usage: Usage) -> None:
    while True:
        usage.look()
        await asyncio.sleep(_LOOK_S)


def check_all(load: Load, *, whole: bool = True, timeout_s: float = 300.0) -> StoredFigures:
    """Fetch every recording and hold it against what was made."""
    figures = StoredFigures()
    for phone, stream in zip(load.phones, load.streams, strict=True):
        frames = phone.total or phone.made
        try:
            stored = load.api.read(load.api.wait_recorded(stream, timeout_s))
        except RuntimeError as error:
            figures.notes.append(str(error))
            stored = None
        marks = phone.content.marks_within(frames)
        figures.add(check_stored(phone.content, frames, marks, stored, whole=whole))
    load.api.close()
    return figures


def print_figures(load: Load, stored: StoredFigures, usage: Usage | None, what: str) -> None:
    """Tables in markdown."""
    relay, view = load.relay, load.view
    print(f"{what}\n{machine()}\n")
    rows = [
        ("frames made", f"{stored.made:,}"),
        ("frames acknowledged", f"{sum(phone.acked for phone in load.phones):,}"),
        ("frames stored", f"{stored.stored:,}"),
        ("lost", f"{stored.lost:,}"),
        ("duplicated", f"{stored.duplicated:,}"),
        ("reordered", f"{stored.reordered:,}"),
        ("changed", f"{stored.changed:,}"),
        ("samples that nobody sent", f"{stored.foreign:,}"),
        ("recordings with another clock, time or task", f"{stored.not_the_same:,}"),
        (
            "acknowledged and asked for again (frames, marks)",
            f"{relay.acked_lost}, {relay.marks_lost}",
        ),
        ("acknowledged before sent; going back", f"{relay.acked_unsent}; {relay.acked_back}"),
        ("sent again", f"{relay.again:,}"),
        ("connections of phones", f"{relay.connections:,}"),
        ("closed by code", _counts(relay.closed)),
        ("troubles said", _counts(relay.troubles)),
        ("ready after, s", f"{load.ready_s:.1f}"),
        *(usage.rows() if usage else ()),
    ]
    if view.events:
        angles = f"{view.events['angle']:,} ({view.valid_angles:,})"
        others = {name: count for name, count in view.events.items() if name != "angle"}
        rows += [
            ("angles seen by viewers (valid)", angles),
            (
                "of these of before the first; of what was not sent yet",
                f"{view.earlier:,}; {view.unsent:,}",
            ),
            ("longest silence between two angles of a viewer, s", f"{view.silence_s:.2f}"),
            (
                "pictures instead of events; most that a view was behind, s",
                f"{view.pictures:,}; {view.behind_s:.2f}",
            ),
            ("other events", _counts(others)),
            ("viewers closed by code", _counts(view.closed)),
        ]
    print(table(("what", "figure"), rows), end="\n\n")
    delays = [
        ("frame sent to durable acknowledgement", *relay.ack.row()),
        ("frame due to durable acknowledgement", *relay.due.row()),
        ("frame due to sent (the generator)", *relay.late.row()),
        ("frame sent to the angle at a viewer", *view.angle.row()),
    ]
    print(table(("ms", "p50", "p99", "p99.9", "largest"), delays))
    for sentence in (*stored.notes[:10], *relay.reasons, *view.reasons):
        print(f"- {sentence}")


def _counts(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())) or "none"


def add_service_options(parser: argparse.ArgumentParser) -> None:
    """Options of all commands of this kind."""
    parser.add_argument("--command", default=COMMAND, help="with {port} {data} {cert} {key}")
    parser.add_argument("--database", help="URL of PostgreSQL; SQLite without")
    parser.add_argument("--no-analysis", action="store_true")
    parser.add_argument("--frames-per-second", type=int, choices=FRAME_RATES, default=10)
    parser.add_argument("--folder", type=Path, help="where data is kept while it runs; a disk")


def service_of(asked: argparse.Namespace, folder: str | Path) -> ServiceProcess:
    """As asked for by `add_service_options`."""
    # So that the service ends, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settings = dict(NO_ANALYSIS) if asked.no_analysis else {}
    if asked.database:
        settings[DATABASE_SETTING] = asked.database
    return ServiceProcess(asked.command, Path(folder), settings=settings)


def main(arguments: list[str] | None = None) -> int:
    """0: nothing was lost, doubled, reordered or changed."""
    parser = argparse.ArgumentParser(description="Load the service.")
    add_service_options(parser)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--viewers", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--sender-view", action="store_true", help="phones get live events, too")
    parser.add_argument("--samples-only", action="store_true", help="do not fold all frames again")
    parser.add_argument(
        "--spread",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="streams begin evenly over so long: people do not stand up in the same instant; "
        "0: all at once, the hard case",
    )
    asked = parser.parse_args(arguments)
    frames = round(asked.minutes * 60.0 * asked.frames_per_second)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        service = service_of(asked, folder)
        try:
            load = begin_load(
                service, asked.streams, asked.frames_per_second, view=asked.sender_view
            )
            usage = Usage(service.pid)
            uvloop.run(stream_frames(load, frames, asked.viewers, usage, spread_s=asked.spread))
            stored = check_all(load, whole=not asked.samples_only)
        finally:
            status = service.stop()
    what = (
        f"{asked.streams} streams x {asked.frames_per_second} frames/s, {asked.viewers} viewers, "
        f"{asked.minutes:g} min each, begun over {asked.spread:g} s, "
        f"analysis {'off' if asked.no_analysis else 'on'}, "
        f"{'PostgreSQL' if asked.database else 'SQLite'}, TLS; service ended with {status}"
    )
    print_figures(load, stored, usage, what)
    return int(stored.faults + load.relay.faults > 0)


if __name__ == "__main__":
    sys.exit(main())
