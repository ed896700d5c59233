"""The two reference firmwares, written apart, say the same to anything that happens to them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.firmware import exchange
from tests.firmware.micropython_package import packet

import micropython_exchange  # type: ignore[import-not-found]  # isort: skip

if TYPE_CHECKING:
    from tests.firmware.driver import Driver

STEPS = 500
PERIOD_US = 4800
NEVER_US = 2**64 - 1

Step = dict[str, Any]


class Happenings:
    """Steps as in `exchanges.json`, drawn so that most of them make sense."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311
        self.now_us = 1_000_000
        first = self.rng.choice((0, 70_000, 2**31 - 200, 2**32 - 200))
        self.near = first
        self.config = {
            "depth": self.rng.choice((1, 7, 40, 300, 2000)),
            "first_sequence": first,
            "boot_id": 0x5EEDBEEF,
            "capabilities": self.rng.choice((0, 6, 14)),
            "label": [1, 2],
            "imu_silent": self.rng.random() < 0.05,
            "faults": self.rng.choice((0, 3)),
            "denies": self.rng.choice(([], [], [9])),
        }

    def steps(self) -> list[Step]:
        made = self.link()
        while len(made) < STEPS:
            self.now_us += self.rng.choice((0, 1, 100, 4_999, 60_000, 250_000, 900_000))
            if self.rng.random() < 0.01:
                self.now_us += 7_000_000
            kinds = (self.samples, self.write, self.next, self.rare)
            (kind,) = self.rng.choices(kinds, (30, 20, 40, 8))
            made += kind()
        return made

    def step(self, what: str, **rest: Any) -> Step:
        return {"now_us": self.now_us, "do": what} | rest

    def link(self) -> list[Step]:
        enabled = [
            self.step("enable", channel=channel, on=True)
            for channel in ("control", "status", "live", "backfill")
            if self.rng.random() < 0.95
        ]
        mtu = self.rng.choice((23, 65, 185, 247, 517))
        head = [self.step("connected"), self.step("mtu", mtu=mtu), self.step("encrypted", on=True)]
        return head + enabled

    def samples(self) -> list[Step]:
        rng = self.rng
        count = rng.choice((1, 1, 2, 5, 20, 60, 300))
        first = self.now_us + rng.choice((0, 0, 0, 0, 30, 20_000, 8_000_000))
        period = rng.choice((PERIOD_US, PERIOD_US, PERIOD_US, 9_600, 7_200, 2_400, 0))
        self.near += count
        self.now_us = first + (count - 1) * period
        return [self.step("samples", count=count, first_time_us=first, period_us=period)]

    def next(self) -> list[Step]:
        got = [self.step("next", limit=self.rng.choice((1, 1, 3, 200)))]
        return got + [self.step("confirmed")] * (self.rng.random() < 0.7)

    def write(self) -> list[Step]:
        rng = self.rng
        number = (self.near + rng.choice((-1000, -300, -40, -3, 0, 1, 300, 2**31))) % 2**32
        count = rng.choice((0, 1, 19, 30, 500, 2**31 - 1, 2**31))
        session = (208_000, 16, 2000, rng.choice((5, 5, 5, 6, 0)))
        broken = rng.choice((208_000, 104_000, 1)), rng.choice((8, 16, 4)), 2000, 5
        ops = {
            packet.START: (
                *rng.choice((session, session, broken)),
                rng.choice((0, 3)),
                rng.choice((0, 1, 8, 200)),
            ),
            packet.RESEND: (number, count),
            packet.ACK: (number,),
            packet.IDENTIFY: (rng.choice((0, 1, 9)),),
            packet.LABEL: (rng.randrange(4), rng.randrange(5)),
            packet.FACTORY_RESET: (rng.choice((packet.RESET_MAGIC, 0)),),
        }
        every = (*packet.REQUESTS, packet.START, packet.RESEND, packet.RESEND, packet.ACK)
        op = rng.choice(every)
        value = bytes(packet.pack_request(op, rng.randrange(256), *ops.get(op, ())))
        if rng.random() < 0.08:
            value = rng.choice((value[:-1], value + b"\0", rng.randbytes(rng.randrange(24))))
        return [self.step("write", hex=value.hex())]

    def rare(self) -> list[Step]:
        rng = self.rng
        what = rng.randrange(6)
        if what == 0:
            return [self.step("disconnected"), *(self.link() if rng.random() < 0.8 else [])]
        if what == 1:
            return [self.step("overrun", lost=rng.choice((0, 1, 3, 39, 500, 70_000, 2**31 - 1)))]
        if what == 2:
            low, charging = rng.random() < 0.1, rng.random() < 0.5
            critical = rng.random() < 0.05
            told = {"percent": rng.randrange(101), "low": low, "charging": charging}
            return [self.step("battery", **told, critical=critical)]
        if what == 3:
            channel = rng.choice(("control", "status", "live", "backfill", "info"))
            return [self.step("enable", channel=channel, on=rng.random() < 0.7)]
        if what == 4:
            return [self.step("read", channel=rng.choice(("info", "status", "live")))]
        counts = [rng.choice((-32768, 32767, 0, 5)) for _ in range(6)]
        return [self.step("sample", time_us=self.now_us, counts=counts)]


def said_by_c(lines: list[str]) -> list[str]:
    """Board calls, ATT error, value, what was sent, and when to ask again."""
    kinds = ("board", "att", "out", "wanted", "nothing")
    return [line for line in lines if line.split()[0] in kinds or line[6:]]


def said_by_python(step: Step, came: Any, one: Any) -> list[str]:
    said = [f"board {call}" for call in one.board.calls]
    if step["do"] in ("write", "enable"):
        return [*said, f"att {came}"]
    if step["do"] == "read":
        return (
            [*said, f"att {came}"]
            if isinstance(came, int)
            else [*said, "att 0", f"value {came.hex()}"]
        )
    if step["do"] == "next":
        said += [f"out {channel} {value.hex()}" for channel, value in came]
        if len(came) < step["limit"]:
            wanted_us = one.wanted_at()
            said.append(f"wanted {NEVER_US if wanted_us is None else wanted_us}")
    return said


def difference(script: dict[str, Any], printed: list[list[str]]) -> str:
    """The first step at which the two say something else; empty where none is."""
    one = micropython_exchange.new_sensor(dict(script["config"]))
    for index, (step, lines) in enumerate(zip(script["steps"], printed, strict=True)):
        one.board.calls.clear()
        python = said_by_python(step, micropython_exchange.do(one, step), one)
        if python != said_by_c(lines):
            return f"step {index}, {step}: {python} in Python, {said_by_c(lines)} in C"
    return ""


@pytest.mark.parametrize("seed", range(60))
def test_both_say_the_same(seed: int, driver: Driver) -> None:
    happenings = Happenings(seed)
    script = {"config": dict(happenings.config), "steps": happenings.steps()}
    assert difference(script, driver.run(exchange.commands(script))[1:]) == ""
