"""Writes `firmware_protocol/exchanges.json`: what a sensor answers, step by step.

What comes out is written here by hand from PROTOCOL.md, with `wire.py`; no firmware is asked.
Run as `python -m tests.firmware.made_exchanges`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.firmware import wire
from tests.firmware.wire import BACKFILL, LIVE, done, reply, request, run_of, start, started

FILE = Path(__file__).parents[2] / "firmware_protocol/exchanges.json"

MEASURING, ACC_CLIPPED, GYR_CLIPPED, FIFO_OVERRUN, TIME_STEP, BATTERY_LOW, CHARGING, UNSAVED = (
    1 << bit for bit in range(8)
)
OK, NOT_HELD, BUSY, UNSUPPORTED, INVALID, STATE, IN_USE, LOW_BATTERY, FAULT, DENIED = range(10)

PERIOD_US = 4800
"""Near enough to 208 Hz, and whole units of 100 us."""
FIRST = 70_000
"""No made sample from here to 70,900 stands at the end of its scale."""
SESSION = 0x0D15EA5E
STARTED_US = 1_010_000
"""When `begun` sends START."""
FED_US = 1_020_000
"""When the first sample is measured."""

Step = dict[str, Any]
Out = tuple[str, bytes]


def control(value: bytes) -> Out:
    return ("control", value)


def status(*args: int, **named: int) -> Out:
    return ("status", wire.status(*args, **named))


def live(first: int, count: int, time_us: int) -> Out:
    return ("live", run_of(LIVE, first, count, time_us))


def backfill(first: int, count: int, time_us: int) -> Out:
    return ("backfill", run_of(BACKFILL, first, count, time_us))


def time_of(index: int) -> int:
    """Clock of the sample of this place, where they are fed from FED_US on."""
    return FED_US + index * PERIOD_US


class Script:
    """One exchange, from the start of the sensor on."""

    def __init__(self, name: str, why: str, **config: Any) -> None:
        standard = {"depth": 2000, "first_sequence": FIRST, "boot_id": 0x5EEDBEEF}
        standard |= {"capabilities": 0b1110, "label": [1, 2], "imu_silent": False}
        standard |= {"faults": 0, "denies": []}
        self.first = config.get("first_sequence", FIRST)
        self.name, self.why, self.config = name, why, standard | config
        self.steps: list[Step] = []

    def do(self, now_us: int, what: str, **rest: Any) -> None:
        self.steps.append({"now_us": now_us, "do": what} | rest)

    def write(
        self, now_us: int, value: bytes, att: int = 0, board: list[str] | None = None
    ) -> None:
        rest = {} if board is None else {"board": board}
        self.do(now_us, "write", hex=value.hex(), att=att, **rest)

    def next(self, now_us: int, *gives: Out, **rest: Any) -> None:
        listed = [[channel, value.hex()] for channel, value in gives]
        self.do(now_us, "next", gives=listed, **rest)

    def next_many(self, now_us: int, *gives: Out) -> None:
        """As `next`, of which only a hash is kept."""
        whole = b"".join(value for _, value in gives)
        summary = {"packets": len(gives), "sha256": hashlib.sha256(whole).hexdigest()}
        self.do(now_us, "next", gives=summary)

    def samples(self, count: int, first_time_us: int, period_us: int = PERIOD_US) -> None:
        last_us = first_time_us + (count - 1) * period_us
        self.do(last_us, "samples", count=count, first_time_us=first_time_us, period_us=period_us)

    def asks(self, now_us: int, value: bytes, *gives: Out, board: list[str] | None = None) -> None:
        """A request, what comes of it, and the confirmation."""
        self.write(now_us, value, board=board)
        self.next(now_us, *gives)
        self.do(now_us, "confirmed")

    def link(
        self, now_us: int, mtu: int = 247, channels: str = "control status live backfill"
    ) -> None:
        """A client connects as section 9 says; the first status is yet to be fetched."""
        self.do(now_us, "connected")
        if mtu != 23:
            self.do(now_us, "mtu", mtu=mtu)
        self.do(now_us, "encrypted", on=True)
        for channel in channels.split():
            self.do(now_us, "enable", channel=channel, on=True, att=0)

    def begun(self, mtu: int = 247, **fields: int) -> None:
        """Linked at 1.000 s, measuring since 1.010 s, status last sent then."""
        first = self.first
        boot = self.config["boot_id"] & 0xFFFF
        self.link(1_000_000, mtu)
        self.next(1_000_000, status(first, first, 1_000_000, boot=boot), board=[])
        self.asks(
            STARTED_US,
            start(1, **fields),
            control(started(1, first, STARTED_US)),
            status(first, first, STARTED_US, flags=MEASURING, boot=boot),
            board=["start_imu 208000 16 2000"],
        )

    def as_json(self) -> str:
        steps = ",\n".join("   " + json.dumps(step) for step in self.steps)
        head = ", ".join(
            f'"{key}": {json.dumps(getattr(self, key))}' for key in ("name", "why", "config")
        )
        return f'  {{{head},\n  "steps": [\n{steps}]}}'


def scripts() -> list[Script]:
    return [script for make in MAKERS for script in make()]


# --- sessions -------------------------------------------------------------------------------------


def sessions() -> list[Script]:
    s = Script("start_again", "START is idempotent; anything else is IN_USE; STOP while idle is OK")
    s.begun()
    s.samples(3, FED_US)
    now, last = 1_040_000, time_of(2)
    s.asks(
        now,
        start(2, keep=5, batch=2),
        control(started(2, FIRST, now)),
        status(FIRST + 3, FIRST, last, flags=MEASURING),
        live(FIRST, 2, FED_US),
        board=[],
    )
    in_use = (0x81, IN_USE, SESSION)
    for tag, fields in enumerate(({"session": 7}, {"rate": 104_000}, {"acc": 8}, {"gyr": 250}), 3):
        s.asks(
            now + tag,
            start(tag, **fields),
            control(reply(in_use[0], tag, IN_USE, "I", SESSION)),
            board=[],
        )
    s.asks(
        1_050_000,
        request(2, 9),
        control(reply(2, 9, OK, "I", FIRST + 3)),
        status(FIRST + 3, FIRST, last),
        live(FIRST + 2, 1, last),
        board=["stop_imu"],
    )
    s.asks(
        1_060_000,
        request(2, 10),
        control(reply(2, 10, OK, "I", FIRST + 3)),
        status(FIRST + 3, FIRST, last),
        board=[],
    )
    s.asks(
        1_070_000,
        start(11, session=8),
        control(started(11, FIRST + 3, 1_070_000)),
        status(FIRST + 3, FIRST, last, flags=MEASURING),
        board=["start_imu 208000 16 2000"],
    )
    out = [s]

    s = Script("start_invalid", "each field of START, the first at fault; lengths; LOW_BATTERY")
    s.link(1_000_000)
    s.next(1_000_000, status(FIRST, FIRST, 1_000_000))
    faults: list[tuple[dict[str, int], int]] = [
        ({"rate": 200_000}, 2),
        ({"acc": 4}, 6),
        ({"gyr": 1000}, 7),
        ({"session": 0}, 9),
        ({"session": 0, "gyr": 0}, 7),
        ({"rate": 0, "acc": 0, "gyr": 0, "session": 0}, 2),
    ]
    for tag, (fields, offset) in enumerate(faults, 1):
        s.asks(
            1_000_000 + tag,
            start(tag, **fields),
            control(reply(1, tag, INVALID, "B", offset)),
            board=[],
        )
    for tag, value in ((20, start(20)[:-1]), (21, start(21) + b"\0"), (22, request(1, 22))):
        s.asks(1_000_100, value, control(reply(1, tag, INVALID, "B", 16)), board=[])
    s.do(1_000_200, "battery", percent=4, low=True, charging=False, critical=False)
    s.asks(1_000_200, start(23), control(reply(1, 23, LOW_BATTERY)), board=[])
    s.asks(1_000_201, start(24, acc=4), control(reply(1, 24, INVALID, "B", 6)), board=[])
    s.do(1_000_300, "battery", percent=40, low=False, charging=True, critical=False)
    s.asks(
        1_000_300,
        start(25),
        control(started(25, FIRST, 1_000_300)),
        status(FIRST, FIRST, 1_000_300, battery=40, flags=MEASURING | CHARGING),
    )
    s.asks(1_000_400, start(26, rate=200_000), control(reply(1, 26, IN_USE, "I", SESSION)))
    s.asks(1_000_500, start(27)[:9], control(reply(1, 27, INVALID, "B", 16)))
    out.append(s)

    s = Script("imu_silent", "an inertial sensor that does not answer is FAULT", imu_silent=True)
    s.link(1_000_000, channels="control status")
    s.next(1_000_000, status(FIRST, FIRST, 1_000_000))
    s.asks(1_010_000, start(1), control(reply(1, 1, FAULT)))
    s.next(2_000_000, status(FIRST, FIRST, 2_000_000))
    s.do(2_000_000, "read", channel="info", gives=wire.info(depth=2000, capabilities=14).hex())
    out.append(s)

    s = Script("battery_empty", "an empty battery ends measuring; live that waits is flushed")
    s.begun()
    s.samples(2, FED_US)
    s.do(1_030_000, "battery", percent=9, low=True, charging=False, critical=False)
    s.next(1_030_000)
    s.do(
        1_040_000, "battery", percent=1, low=True, charging=False, critical=True, board=["stop_imu"]
    )
    s.next(
        1_040_000,
        status(FIRST + 2, FIRST, time_of(1), battery=1, flags=BATTERY_LOW),
        live(FIRST, 2, FED_US),
    )
    s.samples(2, 1_050_000)
    s.next(1_060_000)
    out.append(s)
    return out


def keeping() -> list[Script]:
    s = Script("keep_s", "measuring ends keep_s after the link was lost, and only then")
    s.begun(keep=2)
    s.samples(1, FED_US)
    s.do(1_030_000, "disconnected")
    s.samples(1, time_of(1))
    s.do(3_029_999, "next", gives=[], board=[])
    s.samples(1, 3_029_999)
    s.do(3_030_000, "next", gives=[], board=["stop_imu"])
    s.samples(1, 3_034_000)
    s.link(3_040_000)
    s.next(3_040_000, status(FIRST + 3, FIRST, 3_029_999, flags=TIME_STEP))
    s.asks(
        3_050_000,
        start(2),
        control(started(2, FIRST + 3, 3_050_000)),
        status(FIRST + 3, FIRST, 3_029_999, flags=MEASURING),
    )
    out = [s]

    s = Script("keep_for_ever", "keep_s 0 measures on; one that returns in time goes on")
    s.begun(keep=0)
    s.do(1_030_000, "disconnected")
    s.do(10**12, "next", gives=[], board=[])
    s.samples(1, 10**12)
    s.link(10**12 + 100)
    s.next(10**12 + 100, status(FIRST + 1, FIRST, 10**12, flags=MEASURING))
    s.asks(
        10**12 + 200,
        start(2, keep=1),
        control(started(2, FIRST, 10**12 + 200)),
        status(FIRST + 1, FIRST, 10**12, flags=MEASURING),
        board=[],
    )
    s.do(10**12 + 300, "disconnected")
    s.do(10**12 + 1_000_299, "next", gives=[], board=[])
    s.do(10**12 + 1_000_300, "connected", board=["stop_imu"])
    out.append(s)
    return out


# --- live -----------------------------------------------------------------------------------------


def live_lane() -> list[Script]:
    out = []
    for mtu in (23, 65, 185, 247, 517):
        fit = wire.samples_that_fit(mtu)
        s = Script(f"live_mtu_{mtu}", f"{fit} samples a packet, never more than 244 bytes")
        s.begun(mtu)
        s.samples(40, FED_US)
        whole = [live(FIRST + i, fit, time_of(i)) for i in range(0, 40 - fit + 1, fit)]
        s.next(time_of(39), *whole)
        rest = 40 - fit * len(whole)
        if rest:
            begins = time_of(40 - rest)
            s.next(begins + 249_900)
            s.next(begins + 250_000, live(FIRST + 40 - rest, rest, begins))
        out.append(s)

    s = Script("live_batch", "at most live_batch samples; the rest 250 ms after its first")
    s.begun(batch=8)
    s.samples(7, FED_US)
    s.next(time_of(6))
    s.samples(11, time_of(7))
    s.next(time_of(17), live(FIRST, 8, FED_US), live(FIRST + 8, 8, time_of(8)))
    s.next(time_of(16) + 249_000)
    s.next(time_of(16) + 250_000, live(FIRST + 16, 2, time_of(16)))
    now = time_of(16) + 260_000
    s.asks(
        now,
        start(2, batch=200),
        control(started(2, FIRST, now)),
        status(FIRST + 18, FIRST, time_of(17), flags=MEASURING),
    )
    out.append(s)

    s = Script("live_enabled_late", "live begins with the next sample, not with old ones")
    s.link(1_000_000, channels="control")
    s.asks(STARTED_US, start(1, batch=2), control(started(1, FIRST, STARTED_US)))
    s.samples(5, FED_US)
    s.next(time_of(4) + 300_000)
    s.do(time_of(4) + 300_000, "enable", channel="live", on=True, att=0)
    s.next(time_of(4) + 300_000)
    s.samples(2, time_of(5))
    s.next(time_of(6), live(FIRST + 5, 2, time_of(5)))
    s.do(time_of(7), "enable", channel="live", on=False, att=0)
    s.samples(4, time_of(7))
    s.next(time_of(10) + 300_000)
    out.append(s)

    s = Script(
        "slow_link", "more than 1 s of live waits: the oldest packets are dropped, no samples"
    )
    s.begun()
    s.samples(303, FED_US)
    now = time_of(302)
    s.next(
        now,
        status(FIRST + 303, FIRST, now, flags=MEASURING),
        *[live(FIRST + i, 19, time_of(i)) for i in range(95, 285, 19)],
    )
    s.asks(
        now + 100,
        request(3, 2, "II", FIRST, 95),
        control(reply(3, 2, OK, "II", FIRST, 95)),
        *[backfill(FIRST + i, 19, time_of(i)) for i in range(0, 95, 19)],
    )
    s.next(now + 200, control(done(2, FIRST, 95, 95)))
    out.append(s)

    s = Script("priority", "reply, status, live, backfill; one indication at a time")
    s.begun()
    s.samples(100, FED_US)
    now = time_of(99)
    s.write(now, request(3, 5, "II", FIRST, 10))
    s.next(now, control(reply(3, 5, OK, "II", FIRST, 10)), limit=1)
    s.next(now, live(FIRST, 19, FED_US), limit=1)
    s.next(now + 900_000, status(FIRST + 100, FIRST, now, flags=MEASURING), limit=1)
    s.next(
        now + 900_000,
        *[live(FIRST + i, 19, time_of(i)) for i in (19, 38, 57, 76)],
        live(FIRST + 95, 5, time_of(95)),
        backfill(FIRST, 10, FED_US),
    )
    s.do(now + 900_000, "confirmed")
    s.write(now + 900_100, request(5, 6))
    s.next(
        now + 900_300,
        control(reply(5, 6, OK, "QQ", now + 900_100, now + 900_300)),
        limit=1,
    )
    s.next(now + 900_300)
    s.do(now + 900_400, "confirmed")
    s.next(now + 900_400, control(done(5, FIRST, 10, 10)))
    s.write(now + 900_500, request(5, 7))
    s.next(now + 900_500)
    s.do(now + 900_600, "confirmed")
    s.next(now + 900_600, control(reply(5, 7, OK, "QQ", now + 900_500, now + 900_600)))
    out.append(s)
    return out


# --- resend ---------------------------------------------------------------------------------------


def quiet(name: str, why: str, count: int, mtu: int = 247, **config: Any) -> Script:
    """Control and backfill alone, and so many samples measured."""
    s = Script(name, why, **config)
    s.link(1_000_000, mtu, "control backfill")
    s.asks(STARTED_US, start(1), control(started(1, s.first, STARTED_US)))
    s.samples(count, FED_US)
    return s


def resends() -> list[Script]:
    s = quiet("resend_whole", "the whole ring, then done", 50)
    s.asks(
        2_000_000,
        request(3, 2, "II", FIRST, 50),
        control(reply(3, 2, OK, "II", FIRST, 50)),
        backfill(FIRST, 19, FED_US),
        backfill(FIRST + 19, 19, time_of(19)),
        backfill(FIRST + 38, 12, time_of(38)),
    )
    s.next(2_000_100, control(done(2, FIRST, 50, 50)))
    s.do(2_000_200, "confirmed")
    s.asks(
        2_001_000,
        request(3, 3, "II", FIRST + 49, 2**31 - 1),
        control(reply(3, 3, OK, "II", FIRST + 49, 1)),
        backfill(FIRST + 49, 1, time_of(49)),
    )
    s.next(2_001_100, control(done(3, FIRST + 49, 1, 1)))
    out = [s]

    s = quiet(
        "resend_part", "of a range that is held in part, that part; else NOT_HELD", 50, depth=20
    )
    oldest, end = FIRST + 30, FIRST + 50
    s.asks(
        2_000_000,
        request(3, 2, "II", FIRST, 33),
        control(reply(3, 2, OK, "II", oldest, 3)),
        backfill(oldest, 3, time_of(30)),
    )
    s.next(2_000_100, control(done(2, oldest, 3, 3)))
    s.do(2_000_100, "confirmed")
    s.asks(
        2_000_200,
        request(3, 3, "II", FIRST + 48, 10),
        control(reply(3, 3, OK, "II", FIRST + 48, 2)),
        backfill(FIRST + 48, 2, time_of(48)),
    )
    s.next(2_000_300, control(done(3, FIRST + 48, 2, 2)))
    s.do(2_000_300, "confirmed")
    for tag, first, count in ((4, FIRST, 30), (5, end, 1), (6, end + 5, 2**31 - 1), (7, 0, 1)):
        s.asks(
            2_000_400,
            request(3, tag, "II", first, count),
            control(reply(3, tag, NOT_HELD, "II", oldest, end)),
        )
    for tag, count in ((8, 0), (9, 2**31), (10, 2**32 - 1)):
        s.asks(
            2_000_500, request(3, tag, "II", oldest, count), control(reply(3, tag, INVALID, "B", 6))
        )
    s.asks(2_000_600, request(3, 11, "I", oldest), control(reply(3, 11, INVALID, "B", 10)))
    out.append(s)

    s = Script("resend_of_nothing", "before the first sample nothing is held")
    s.link(1_000_000, channels="control backfill")
    s.asks(
        1_000_000,
        request(3, 2, "II", FIRST, 1),
        control(reply(3, 2, NOT_HELD, "II", FIRST, FIRST)),
    )
    out.append(s)

    s = quiet("resend_busy", "one resend at a time, until done was sent", 5, 23)
    s.asks(
        2_000_000,
        request(3, 2, "II", FIRST, 3),
        control(reply(3, 2, OK, "II", FIRST, 3)),
        *[backfill(FIRST + i, 1, time_of(i)) for i in range(3)],
    )
    s.write(2_000_100, request(3, 3, "II", FIRST, 1))
    s.next(2_000_100, control(reply(3, 3, BUSY)))
    s.do(2_000_200, "confirmed")
    s.next(2_000_200, control(done(2, FIRST, 3, 3)))
    s.write(2_000_300, request(3, 4, "II", FIRST, 1))
    s.next(2_000_300)
    s.do(2_000_400, "confirmed")
    s.next(
        2_000_400,
        control(reply(3, 4, OK, "II", FIRST, 1)),
        backfill(FIRST, 1, time_of(0)),
    )
    out.append(s)

    s = quiet(
        "resend_overwritten",
        "overwritten before it could be sent: done says NOT_HELD",
        20,
        65,
        depth=20,
    )
    s.write(2_000_000, request(3, 2, "II", FIRST, 12))
    s.next(
        2_000_000,
        control(reply(3, 2, OK, "II", FIRST, 12)),
        backfill(FIRST, 4, FED_US),
        limit=2,
    )
    s.do(2_000_000, "confirmed")
    s.samples(9, time_of(20))
    s.next(
        2_000_100,
        backfill(FIRST + 9, 3, time_of(9)),
        control(done(2, FIRST, 12, 7, NOT_HELD)),
    )
    s.do(2_000_100, "confirmed")
    s.write(2_000_200, request(3, 3, "II", FIRST + 9, 12))
    s.next(2_000_200, control(reply(3, 3, OK, "II", FIRST + 9, 12)), limit=1)
    s.do(2_000_200, "confirmed")
    s.samples(40, time_of(29))
    s.next(2_000_300, control(done(3, FIRST + 9, 12, 0, NOT_HELD)))
    s.do(2_000_300, "confirmed")
    out.append(s)

    s = quiet(
        "resend_sent_then_overwritten",
        "what was sent in time is OK, whenever done goes out",
        20,
        depth=20,
    )
    s.write(2_000_000, request(3, 2, "II", FIRST, 4))
    s.next(2_000_000, control(reply(3, 2, OK, "II", FIRST, 4)), backfill(FIRST, 4, FED_US))
    s.samples(20, time_of(20))
    s.do(2_000_100, "confirmed")
    s.next(2_000_100, control(done(2, FIRST, 4, 4)))
    out.append(s)

    s = quiet("resend_backfill_off", "without notifications of backfill there is no resend", 5)
    s.do(2_000_000, "enable", channel="backfill", on=False, att=0)
    s.asks(2_000_000, request(3, 2, "II", FIRST, 5), control(reply(3, 2, STATE)))
    s.do(2_000_100, "enable", channel="backfill", on=True, att=0)
    s.write(2_000_100, request(3, 3, "II", FIRST, 5))
    s.next(2_000_100, control(reply(3, 3, OK, "II", FIRST, 5)), limit=1)
    s.do(2_000_100, "confirmed")
    s.do(2_000_200, "enable", channel="backfill", on=False, att=0)
    s.next(2_000_200)
    s.do(2_000_300, "enable", channel="backfill", on=True, att=0)
    s.next(2_000_300)
    s.asks(
        2_000_400,
        request(3, 4, "II", FIRST, 1),
        control(reply(3, 4, OK, "II", FIRST, 1)),
        backfill(FIRST, 1, FED_US),
    )
    s.next(2_000_500, control(done(4, FIRST, 1, 1)))
    out.append(s)

    s = quiet("resend_others_off", "switching another characteristic ends no resend, no reply", 5)
    s.do(2_000_000, "enable", channel="live", on=True, att=0)
    s.write(2_000_000, request(3, 2, "II", FIRST, 5))
    s.do(2_000_000, "enable", channel="live", on=False, att=0)
    s.do(2_000_000, "enable", channel="control", on=True, att=0)
    s.next(2_000_000, control(reply(3, 2, OK, "II", FIRST, 5)), backfill(FIRST, 5, FED_US))
    s.do(2_000_000, "enable", channel="backfill", on=True, att=0)
    s.write(2_000_050, request(5, 3), 0xFE)
    s.do(2_000_100, "confirmed")
    s.next(2_000_100, control(done(2, FIRST, 5, 5)))
    out.append(s)

    s = quiet("resend_link_lost", "a lost link ends a resend without done; the ring stays", 40)
    s.write(2_000_000, request(3, 2, "II", FIRST, 40))
    s.next(
        2_000_000,
        control(reply(3, 2, OK, "II", FIRST, 40)),
        backfill(FIRST, 19, FED_US),
        limit=2,
    )
    s.do(2_000_100, "disconnected")
    s.samples(5, time_of(40))
    s.next(2_000_200)
    s.link(2_100_000, 65)
    s.next(2_100_000, status(FIRST + 45, FIRST, time_of(44), flags=MEASURING))
    s.asks(
        2_100_100,
        start(3),
        control(started(3, FIRST, 2_100_100)),
        status(FIRST + 45, FIRST, time_of(44), flags=MEASURING),
        board=[],
    )
    s.asks(
        2_100_200,
        request(3, 4, "II", FIRST + 19, 21),
        control(reply(3, 4, OK, "II", FIRST + 19, 21)),
        *[backfill(FIRST + i, 4, time_of(i)) for i in range(19, 39, 4)],
        backfill(FIRST + 39, 1, time_of(39)),
    )
    s.next(2_100_300, control(done(4, FIRST + 19, 21, 21)))
    out.append(s)

    s = quiet("resend_long", "18,000 samples, of which the ring holds all", 18_000, depth=18_000)
    packets = [backfill(FIRST + i, 19, time_of(i)) for i in range(0, 18_000 - 18, 19)]
    rest = 19 * len(packets)
    packets.append(backfill(FIRST + rest, 18_000 - rest, time_of(rest)))
    s.write(100_000_000, request(3, 2, "II", FIRST, 18_000))
    s.next(100_000_000, control(reply(3, 2, OK, "II", FIRST, 18_000)), limit=1)
    s.do(100_000_000, "confirmed")
    s.next_many(100_000_100, *packets, control(done(2, FIRST, 18_000, 18_000)))
    out.append(s)
    return out


# --- numbers, breaks ------------------------------------------------------------------------------


def breaks() -> list[Script]:
    first = 2**32 - 10
    s = Script(
        "wrap", "numbers wrap at 2^32 inside a packet, a resend and an ACK", first_sequence=first
    )
    s.begun()
    s.samples(19, FED_US)
    now = time_of(18)
    s.next(now, live(first, 19, FED_US))
    clipped = ACC_CLIPPED  # the made sample of number 0
    s.next(2_010_000, status(9, first, now, flags=MEASURING | clipped))
    s.asks(
        2_010_100,
        request(3, 2, "II", 2**32 - 2, 4),
        control(reply(3, 2, OK, "II", 2**32 - 2, 4)),
        backfill(2**32 - 2, 4, time_of(8)),
    )
    s.next(2_010_200, control(done(2, 2**32 - 2, 4, 4)))
    s.do(2_010_200, "confirmed")
    for tag, number in ((3, 2**32 - 1), (4, 5), (5, 9)):
        s.asks(2_010_300, request(4, tag, "I", number), control(reply(4, tag, OK, "I", first)))
    for tag, number in ((6, 8), (7, 10), (8, 2**31)):
        s.asks(2_010_400, request(4, tag, "I", number), control(reply(4, tag, INVALID, "B", 2)))
    out = [s]

    s = Script(
        "time_step", "a step off by more than half a period begins a packet, and is told once"
    )
    s.begun()
    s.samples(4, FED_US)
    late = time_of(3) + PERIOD_US + 2500
    s.samples(4, late)
    s.next(late + 3 * PERIOD_US, live(FIRST, 4, FED_US))
    s.next(
        2_010_000,
        status(FIRST + 8, FIRST, late + 3 * PERIOD_US, flags=MEASURING | TIME_STEP),
        live(FIRST + 4, 4, late),
    )
    near = late + 3 * PERIOD_US + PERIOD_US + 2300
    s.samples(3, near)
    s.next(near + 250_000, live(FIRST + 8, 3, near))
    s.next(3_010_000, status(FIRST + 11, FIRST, near + 2 * PERIOD_US, flags=MEASURING))
    s.asks(
        3_010_100,
        request(3, 2, "II", FIRST, 11),
        control(reply(3, 2, OK, "II", FIRST, 11)),
        backfill(FIRST, 4, FED_US),
        backfill(FIRST + 4, 7, late),
    )
    s.next(3_010_200, control(done(2, FIRST, 11, 11)))
    out.append(s)

    s = Script("time_backwards", "a clock that runs backwards is a step, too")
    s.begun(batch=3)
    s.do(STARTED_US, "overrun", lost=0)
    s.samples(2, FED_US)
    s.samples(3, FED_US - 50_000)
    s.next(FED_US + 10_000, live(FIRST, 2, FED_US), live(FIRST + 2, 3, FED_US - 50_000))
    newest = FED_US - 50_000 + 2 * PERIOD_US
    flags = MEASURING | TIME_STEP | FIFO_OVERRUN
    s.next(2_010_000, status(FIRST + 5, FIRST, newest, flags=flags, lost=1))
    s.asks(
        2_020_000,
        request(2, 2),
        control(reply(2, 2, OK, "I", FIRST + 5)),
        status(FIRST + 5, FIRST, newest, lost=1),
    )
    s.do(2_030_000, "overrun", lost=9)
    s.next(3_020_000, status(FIRST + 5, FIRST, newest, lost=1))
    out.append(s)

    s = Script("overrun_known", "so many numbers are skipped as samples were lost")
    s.begun()
    s.samples(4, FED_US)
    s.do(time_of(4), "overrun", lost=6)
    s.samples(4, time_of(10))
    s.next(time_of(13), live(FIRST, 4, FED_US))
    s.next(
        2_010_000,
        status(FIRST + 14, FIRST, time_of(13), flags=MEASURING | FIFO_OVERRUN, lost=6),
        live(FIRST + 10, 4, time_of(10)),
    )
    s.next(3_010_000, status(FIRST + 14, FIRST, time_of(13), flags=MEASURING, lost=6))
    s.asks(
        3_010_100,
        request(3, 2, "II", FIRST + 2, 10),
        control(reply(3, 2, OK, "II", FIRST + 2, 10)),
        backfill(FIRST + 2, 2, time_of(2)),
        backfill(FIRST + 10, 2, time_of(10)),
    )
    s.next(3_010_200, control(done(2, FIRST + 2, 10, 4)))
    s.do(3_010_200, "confirmed")
    s.asks(
        3_010_300,
        request(3, 3, "II", FIRST + 5, 3),
        control(reply(3, 3, OK, "II", FIRST + 5, 3)),
    )
    s.next(3_010_400, control(done(3, FIRST + 5, 3, 0)))
    out.append(s)

    s = Script(
        "overrun_unknown", "no number is skipped, but a packet begins; one is counted as lost"
    )
    s.begun()
    s.samples(4, FED_US)
    s.do(time_of(4), "overrun", lost=0)
    s.samples(4, time_of(9))
    s.next(time_of(12), live(FIRST, 4, FED_US))
    flags = MEASURING | FIFO_OVERRUN | TIME_STEP
    s.next(
        2_010_000,
        status(FIRST + 8, FIRST, time_of(12), flags=flags, lost=1),
        live(FIRST + 4, 4, time_of(9)),
    )
    out.append(s)

    s = Script(
        "overrun_longer_than_ring", "the ring holds nothing older; lost stays at 65,535", depth=30
    )
    s.begun()
    s.samples(4, FED_US)
    s.do(time_of(4), "overrun", lost=65_530)
    s.do(time_of(4), "overrun", lost=70_000)
    s.next(time_of(4))
    s.do(
        time_of(4),
        "read",
        channel="status",
        gives=wire.status(
            FIRST + 4, FIRST, time_of(3), flags=MEASURING | FIFO_OVERRUN, lost=65_535
        ).hex(),
    )
    number = FIRST + 4 + 135_530
    s.samples(3, 1_500_000)
    s.next(1_500_000 + 250_000, live(number, 3, 1_500_000))
    flags = MEASURING | FIFO_OVERRUN | UNSAVED
    s.next(
        2_010_000, status(number + 3, number, 1_500_000 + 2 * PERIOD_US, flags=flags, lost=65_535)
    )
    s.asks(
        2_010_100,
        request(3, 2, "II", FIRST, 4),
        control(reply(3, 2, NOT_HELD, "II", number, number + 3)),
    )
    out.append(s)
    return out


# --- status, clock, acknowledgement ---------------------------------------------------------------


def told() -> list[Script]:
    s = Script(
        "status_fields", "once a second; flags 1 to 4 are cleared by a notification, not by a read"
    )
    s.begun()
    s.do(1_500_000, "battery", percent=87, low=False, charging=True, critical=False)
    fed = ([32766, -32767, 0, 32767, 0, 0], [0, 0, 0, 0, 0, -32768], [-1, 0, 1, 2, 3, 4])
    for index, counts in enumerate(fed):
        s.do(time_of(index), "sample", counts=counts, time_us=time_of(index) + index)
    newest = time_of(2) + 2
    turning = MEASURING | CHARGING | GYR_CLIPPED
    read = wire.status(FIRST + 3, FIRST, newest, battery=87, flags=turning)
    for now in (1_600_000, 1_600_001):
        s.do(now, "read", channel="status", gives=read.hex())
    first_three = wire.Packet(LIVE, FIRST, FED_US // 100, tuple(map(tuple, fed)))
    s.next(2_009_999, ("live", wire.encode_packet(first_three)))
    s.next(2_010_000, ("status", read))
    s.next(2_010_001)
    newest = 2_020_033
    s.do(newest, "sample", counts=[0, 0, -32768, 0, 0, 0], time_us=newest)
    hitting = MEASURING | CHARGING | ACC_CLIPPED | TIME_STEP
    last = wire.Packet(LIVE, FIRST + 3, 20_200, ((0, 0, -32768, 0, 0, 0),))
    s.next(
        3_010_000,
        status(FIRST + 4, FIRST, newest, battery=87, flags=hitting),
        ("live", wire.encode_packet(last)),
    )
    plain = status(FIRST + 4, FIRST, newest, battery=87, flags=MEASURING | CHARGING)
    s.next(4_010_000, plain)
    s.do(4_020_000, "enable", channel="status", on=False, att=0)
    s.next(6_000_000)
    s.do(6_000_000, "enable", channel="status", on=True, att=0)
    s.next(6_000_000, plain)
    s.next(7_000_000, plain)
    out = [s]

    s = Script(
        "ack", "from the last one acknowledged up to next; overwriting the rest is told", depth=10
    )
    s.begun()
    s.samples(10, FED_US)
    s.next(1_310_000, live(FIRST, 10, FED_US))
    for tag, number, result in (
        (2, FIRST - 1, INVALID), (3, FIRST, OK), (4, FIRST + 4, OK), (5, FIRST + 3, INVALID),
        (6, FIRST + 11, INVALID), (7, FIRST + 4, OK), (8, FIRST + 4 + 2**31, INVALID),
    ):  # fmt: skip
        gives = reply(4, tag, OK, "I", FIRST) if result == OK else reply(4, tag, INVALID, "B", 2)
        s.asks(1_310_000 + tag, request(4, tag, "I", number), control(gives))
    s.samples(4, time_of(10))
    s.next(
        2_010_000,
        status(FIRST + 14, FIRST + 4, time_of(13), flags=MEASURING),
        live(FIRST + 10, 4, time_of(10)),
    )
    s.samples(1, time_of(14))
    s.next(
        3_010_000,
        status(FIRST + 15, FIRST + 5, time_of(14), flags=MEASURING | UNSAVED),
        live(FIRST + 14, 1, time_of(14)),
    )
    s.asks(3_010_100, request(4, 9, "I", FIRST + 15), control(reply(4, 9, OK, "I", FIRST + 5)))
    s.next(4_010_000, status(FIRST + 15, FIRST + 5, time_of(14), flags=MEASURING | UNSAVED))
    s.asks(
        4_010_100,
        request(2, 10),
        control(reply(2, 10, OK, "I", FIRST + 15)),
        status(FIRST + 15, FIRST + 5, time_of(14), flags=UNSAVED),
    )
    s.asks(
        4_010_200,
        start(11, session=9),
        control(started(11, FIRST + 15, 4_010_200)),
        status(FIRST + 15, FIRST + 5, time_of(14), flags=MEASURING),
    )
    out.append(s)

    s = Script("time", "TIME tells when it came and when the reply was queued")
    s.link(123_000_000, channels="control")
    s.write(125_000_000, request(5, 0x2E))
    value = bytes.fromhex("85 2e 00 40 59 73 07 00 00 00 00 9e 5a 73 07 00 00 00 00")
    s.next(125_000_350, control(value))
    s.do(125_010_000, "confirmed")
    s.write(2**40, request(5, 0x2F))
    s.next(2**40 + 7, control(reply(5, 0x2F, OK, "QQ", 2**40, 2**40 + 7)))
    out.append(s)

    s = Script(
        "info",
        "the info of section 13, and with the session that runs, or ran",
        depth=18_000,
        capabilities=6,
    )
    s.link(1_000_000)
    s.do(1_000_000, "read", channel="info", gives=wire.info().hex())
    s.next(1_000_000, status(FIRST, FIRST, 1_000_000))
    s.asks(
        STARTED_US,
        start(1),
        control(started(1, FIRST, STARTED_US)),
        status(FIRST, FIRST, STARTED_US, flags=MEASURING),
    )
    with_stream = wire.info(stream=wire.stream_entry(FIRST)).hex()
    s.do(1_020_000, "read", channel="info", gives=with_stream)
    s.asks(
        1_030_000,
        request(2, 2),
        control(reply(2, 2, OK, "I", FIRST)),
        status(FIRST, FIRST, 1_030_000),
    )
    s.do(1_040_000, "read", channel="info", gives=with_stream)
    out.append(s)
    return out


# --- refusals, and the rest of the ops ------------------------------------------------------------


def refusals() -> list[Script]:
    s = Script(
        "att_errors", "encryption, length, indications, one request at a time: in this order"
    )
    time = request(5, 1)
    s.write(900_000, time, 0x0F)
    s.do(1_000_000, "connected")
    s.write(1_000_000, time, 0x0F)
    s.write(1_000_000, b"", 0x0F)
    s.do(1_000_000, "enable", channel="control", on=True, att=0x0F)
    for channel in ("info", "status"):
        s.do(1_000_000, "read", channel=channel, att=0x0F, gives="")
    s.do(1_000_100, "encrypted", on=True)
    for channel in ("control", "live", "backfill"):
        s.do(1_000_100, "read", channel=channel, att=0x02, gives="")
    s.write(1_000_200, time, 0xFD)
    for value in (b"", b"\x05", bytes(21), bytes(244)):
        s.write(1_000_200, value, 0x0D)
    s.next(1_000_200)
    s.do(1_000_300, "enable", channel="control", on=True, att=0)
    for value in (b"", b"\x05", bytes(21)):
        s.write(1_000_300, value, 0x0D)
    s.write(1_000_400, time)
    s.write(1_000_400, time, 0xFE)
    s.next(1_000_400, control(reply(5, 1, OK, "QQ", 1_000_400, 1_000_400)))
    s.write(1_000_500, time, 0xFE)
    s.write(1_000_500, bytes(1), 0x0D)
    s.do(1_000_600, "confirmed")
    s.asks(1_000_700, time, control(reply(5, 1, OK, "QQ", 1_000_700, 1_000_700)))
    s.write(1_000_800, time)
    s.do(1_000_800, "enable", channel="control", on=False, att=0)
    s.next(1_000_800)
    s.write(1_000_800, time, 0xFD)
    s.do(1_000_900, "enable", channel="control", on=True, att=0)
    s.next(1_000_900)
    s.asks(1_000_900, time, control(reply(5, 1, OK, "QQ", 1_000_900, 1_000_900)))
    s.do(1_001_000, "encrypted", on=False)
    s.write(1_001_000, time, 0x0F)
    out = [s]

    s = Script(
        "unknown_ops", "UNSUPPORTED, of any length; wrong lengths of known ops say the right one"
    )
    s.link(1_000_000, channels="control")
    for op in (0x00, 0x0B, 0x20, 0x3F, 0x60, 0x6F, 0x7F):
        s.asks(1_000_000 + op, request(op, op), control(reply(op, op, UNSUPPORTED)))
    longest = bytes([0x20, 0x30]) + bytes(18)
    s.asks(1_001_000, longest, control(reply(0x20, 0x30, UNSUPPORTED)))
    whole = {2: 2, 3: 10, 4: 6, 5: 2, 6: 3, 7: 4, 8: 2, 9: 6, 10: 2}
    for op, size in whole.items():
        for wrong in (size - 1, size + 1, 20):
            if wrong >= 2:
                value = bytes([op, 0xA5]) + bytes(wrong - 2)
                s.asks(1_002_000, value, control(reply(op, 0xA5, INVALID, "B", size)), board=[])
    out.append(s)

    s = Script("denied", "what is not allowed to this client is DENIED", denies=[9, 1])
    s.link(1_000_000, channels="control")
    s.asks(1_000_000, start(1), control(reply(1, 1, DENIED)), board=[])
    s.asks(1_000_100, request(9, 2, "I", 0x54455352), control(reply(9, 2, DENIED)), board=[])
    s.asks(1_000_200, request(5, 3), control(reply(5, 3, OK, "QQ", 1_000_200, 1_000_200)))
    out.append(s)
    return out


def other_ops() -> list[Script]:
    s = Script("label", "kept over a restart; deleted by a factory reset", label=[0, 0])
    s.link(1_000_000, channels="control")
    s.asks(1_000_000, request(7, 1, "BB", 2, 1), control(reply(7, 1)), board=["store_label 2 1"])
    for tag, side, placement, offset in ((2, 3, 0, 2), (3, 2, 4, 3), (4, 255, 255, 2)):
        s.asks(
            1_000_100,
            request(7, tag, "BB", side, placement),
            control(reply(7, tag, INVALID, "B", offset)),
            board=[],
        )
    labelled = wire.info(depth=2000, capabilities=14, label=(2, 1)).hex()
    s.do(1_000_200, "read", channel="info", gives=labelled)
    s.do(0, "reboot", boot_id=0x0BADCAFE)
    s.link(500_000, channels="control status")
    labelled = wire.info(boot=0x0BADCAFE, depth=2000, capabilities=14, label=(2, 1)).hex()
    s.do(500_000, "read", channel="info", gives=labelled)
    s.next(500_000, status(FIRST, FIRST, 500_000, boot=0xCAFE))
    s.asks(500_100, request(9, 5, "I", 0x54455353), control(reply(9, 5, INVALID, "B", 2)), board=[])
    s.write(500_200, request(9, 6, "I", 0x54455352), board=[])
    s.next(500_200, control(reply(9, 6)))
    s.write(500_300, request(5, 7), 0xFE)
    s.do(500_300, "confirmed", board=["store_label 0 0", "factory_reset"])
    s.do(0, "reboot", boot_id=0x0BADF00D)
    s.link(1_000, channels="control")
    blank = wire.info(boot=0x0BADF00D, depth=2000, capabilities=14, label=(0, 0)).hex()
    s.do(1_000, "read", channel="info", gives=blank)
    out = [s]

    s = Script(
        "sleep", "replies, then powers down: when the reply is confirmed, or the link is lost"
    )
    s.link(1_000_000, channels="control")
    s.write(1_000_000, request(10, 1), board=[])
    s.do(1_000_000, "next", gives=[["control", reply(10, 1).hex()]], board=[])
    s.do(1_000_100, "confirmed", board=["sleep"])
    s.do(0, "reboot", boot_id=2)
    s.link(1_000_000, channels="control")
    s.write(1_000_000, request(10, 1), board=[])
    s.do(1_000_100, "disconnected", board=["sleep"])
    out.append(s)

    s = Script(
        "idle_only", "self-test, factory reset and sleep: STATE while measuring", faults=0b1001
    )
    s.link(1_000_000, channels="control")
    s.asks(1_000_000, request(8, 1), control(reply(8, 1, OK, "B", 9)), board=["self_test"])
    s.asks(1_000_100, start(2), control(started(2, FIRST, 1_000_100)))
    s.asks(1_000_200, request(8, 3), control(reply(8, 3, STATE)), board=[])
    s.asks(1_000_300, request(9, 4, "I", 0x54455352), control(reply(9, 4, STATE)), board=[])
    s.asks(1_000_400, request(10, 5), control(reply(10, 5, STATE)), board=[])
    out.append(s)

    s = Script("identify", "blinks for so long, also while measuring; 0 ends it")
    s.begun()
    s.asks(1_020_000, request(6, 2, "B", 3), control(reply(6, 2)), board=["identify 3"])
    s.do(
        4_019_999,
        "next",
        limit=1,
        gives=[["status", wire.status(FIRST, FIRST, 4_019_999, flags=MEASURING).hex()]],
        board=[],
    )
    s.do(4_020_000, "next", gives=[], board=["identify 0"])
    s.asks(4_030_000, request(6, 3, "B", 255), control(reply(6, 3)), board=["identify 255"])
    s.asks(4_040_000, request(6, 4, "B", 0), control(reply(6, 4)), board=["identify 0"])
    s.do(4_050_000, "next", gives=[], board=[])
    s.write(4_070_000, request(6, 5, "B", 0), board=["identify 0"])
    s.next(4_070_000, control(reply(6, 5)), board=[])
    out.append(s)

    s = Script("cannot", "what the capabilities do not promise is UNSUPPORTED", capabilities=2)
    s.link(1_000_000, channels="control")
    s.asks(1_000_000, request(6, 1, "B", 3), control(reply(6, 1, UNSUPPORTED)), board=[])
    s.asks(1_000_100, request(8, 2), control(reply(8, 2, UNSUPPORTED)), board=[])
    out.append(s)

    s = Script("reboot", "a new boot id; the ring is empty, numbers and clock begin anew")
    s.begun()
    s.samples(30, FED_US)
    s.next(time_of(29), live(FIRST, 19, FED_US))
    s.do(0, "reboot", boot_id=0x12345678)
    s.link(300_000)
    s.next(300_000, status(FIRST, FIRST, 300_000, boot=0x5678))
    s.do(
        300_100,
        "read",
        channel="info",
        gives=wire.info(boot=0x12345678, depth=2000, capabilities=14).hex(),
    )
    s.asks(
        300_200, request(3, 1, "II", FIRST, 30), control(reply(3, 1, NOT_HELD, "II", FIRST, FIRST))
    )
    s.asks(
        300_300,
        start(2, session=77),
        control(started(2, FIRST, 300_300)),
        status(FIRST, FIRST, 300_300, boot=0x5678, flags=MEASURING),
    )
    s.samples(19, 310_000)
    s.next(310_000 + 18 * PERIOD_US, live(FIRST, 19, 310_000))
    out.append(s)

    s = Script("two_sessions", "STOP keeps the ring; no packet reaches over into the next session")
    s.begun(batch=4)
    s.samples(6, FED_US)
    s.next(time_of(5), live(FIRST, 4, FED_US))
    now = 1_100_000
    s.asks(
        now,
        request(2, 2),
        control(reply(2, 2, OK, "I", FIRST + 6)),
        status(FIRST + 6, FIRST, time_of(5)),
        live(FIRST + 4, 2, time_of(4)),
    )
    s.asks(
        now + 100,
        start(3, session=5, batch=4),
        control(started(3, FIRST + 6, now + 100)),
        status(FIRST + 6, FIRST, time_of(5), flags=MEASURING),
    )
    s.samples(4, 1_200_000)
    s.next(1_220_000, live(FIRST + 6, 4, 1_200_000))
    s.asks(
        1_220_100,
        request(3, 4, "II", FIRST, 10),
        control(reply(3, 4, OK, "II", FIRST, 10)),
        backfill(FIRST, 6, FED_US),
        backfill(FIRST + 6, 4, 1_200_000),
    )
    s.next(1_220_200, control(done(4, FIRST, 10, 10)))
    s.next(2_100_100, status(FIRST + 10, FIRST, 1_200_000 + 3 * PERIOD_US, flags=MEASURING))
    out.append(s)
    return out


MAKERS = (sessions, keeping, live_lane, resends, breaks, told, refusals, other_ops)


def text() -> str:
    return "[\n" + ",\n".join(script.as_json() for script in scripts()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
