"""What holds whatever happens: no sample is lost, changed or sent twice over one lane."""

from __future__ import annotations

import random

import pytest

from tests.firmware.micropython_package import START, Talk, counts_of, lsm6dsox, packet, sensor

from tests.firmware.fake_lsm6dsox import FakeLsm6dsox  # isort: skip


@pytest.mark.parametrize("mtu", [23, 24, 64, 65, 185, 238, 239, 247, 517])
@pytest.mark.parametrize("batch", [0, 1, 7, 255])
def test_live_packets_carry_every_sample_once(mtu: int, batch: int) -> None:
    talk = Talk().connect(mtu)
    assert talk.ask(packet.START, *START[:5], batch)[0] == packet.OK
    talk.measure(60)
    talk.ask(packet.STOP)
    talk.take()
    assert talk.samples(packet.LIVE) == {n: counts_of(n) for n in range(60)}
    sizes = [len(value) for value in talk.got[packet.LIVE]]
    fit = (min(mtu - 3, 244) - 8) // 12
    assert max(sizes) == 8 + 12 * min(fit, batch or fit, 19)
    assert max(sizes) <= min(mtu - 3, 244)


class BadLink:
    """A client over a link that drops packets, breaks, and has few buffers; samples get lost."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311
        first = self.rng.choice((0, 2**30 - 300, 2**31 - 300, 2**32 - 300))
        self.talk = Talk(first_sequence=first, depth=2000).connect(self.mtu())
        self.talk.ask(packet.START, *START[:4], 0, self.rng.choice((0, 5)))
        self.measured: dict[int, tuple[bytes, int]] = {}
        self.got: dict[int, bytes] = {}
        self.dropped = 0

    def mtu(self) -> int:
        return self.rng.choice((23, 65, 247))

    def keep(self, channel: int, value: bytes) -> None:
        if channel not in (packet.LIVE, packet.BACKFILL):
            return
        _, number, t100us, samples = packet.parse_samples(value)
        assert t100us == self.measured[number][1] // 100 % 65536
        for k in range(len(samples) // 12):
            one = (number + k) % 2**32
            time_us = self.measured[number][1] + k * 10_000
            assert abs(self.measured[one][1] - time_us) <= 5_000, "a packet reaches over a break"
            self.got[one] = samples[12 * k : 12 * k + 12]

    def measure(self) -> None:
        talk, rng = self.talk, self.rng
        talk.now_us += 10_000 if rng.random() > 0.01 else 10_000 * rng.randint(2, 300)
        if rng.random() < 0.01:
            lost = rng.choice((0, 1, 2, 25))
            talk.sensor.overrun(lost)
            talk.number += lost
        self.measured[talk.number % 2**32] = counts_of(talk.number), talk.now_us
        talk.sensor.sample(counts_of(talk.number), talk.now_us)
        talk.number += 1

    def step(self) -> None:
        talk, rng = self.talk, self.rng
        self.measure()
        if rng.random() < 0.005:
            talk.sensor.disconnected(talk.now_us)
            talk.connect(self.mtu())
        for out in talk.take(rng.choice((0, 1, 1, 2, 9))):
            if rng.random() > 0.1:
                self.keep(*out)
            else:
                self.dropped += 1
        if rng.random() < 0.02 and self.missing():
            request = packet.pack_request(packet.RESEND, 1, self.missing()[0], 50)
            talk.sensor.write(request, talk.now_us)

    def missing(self) -> list[int]:
        return [number for number in self.measured if number not in self.got]

    def finish(self) -> None:
        """A good link at last."""
        self.talk.take()
        self.talk.ask(packet.STOP)
        while missing := self.missing():
            count = (missing[-1] - missing[0]) % 2**32 + 1
            assert self.talk.ask(packet.RESEND, missing[0], count)[0] == packet.OK
            for out in self.talk.take():
                self.keep(*out)
            assert len(self.missing()) < len(missing)


@pytest.mark.parametrize("seed", range(30))
def test_a_client_that_asks_has_every_sample_in_the_end(seed: int) -> None:
    link = BadLink(seed)
    for _ in range(700):
        link.step()
    link.finish()
    assert link.dropped > 3
    assert link.got == {number: counts for number, (counts, _) in link.measured.items()}


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_on_the_control_point_are_answered_or_refused(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    talk = Talk().connect()
    for _ in range(400):
        value = rng.randbytes(rng.choice((0, 1, 2, 3, 4, 6, 10, 16, 20, 21, 40)))
        if rng.random() < 0.7 and value:
            value = bytes([rng.randrange(1, 11)]) + value[1:]
        if len(value) == 16 and rng.random() < 0.5:
            value = packet.pack_request(packet.START, value[1], *START)
        before = talk.sensor.ring.next
        att = talk.sensor.write(value, talk.now_us)
        assert att == (0 if 2 <= len(value) <= 20 else packet.ATT_INVALID_LENGTH)
        said = [value for channel, value in talk.take() if channel == packet.CONTROL]
        # A reply to the unknown op 0x43 begins as *done* does, and is shorter.
        replies = [value for value in said if value[0] != packet.DONE or len(value) < 15]
        assert len(replies) == (att == 0)
        for reply in replies:
            assert (reply[0], reply[1]) == ((value[0] + 0x80) % 256, value[1])
            assert len(reply) <= 20
        assert talk.sensor.ring.next == before
        talk.measure(rng.randrange(4), listen=False)
        talk.number = talk.sensor.ring.next


def test_next_is_promised_before_it_gives() -> None:
    """`wanted_at` is never later than what `next` gives."""
    talk = Talk().connect()
    talk.ask(packet.START, *START)
    talk.take()
    given = 0
    for k in range(3000):
        talk.now_us += 1000
        if k % 10 == 0:
            talk.sensor.sample(counts_of(k), talk.now_us)
        wanted_us = talk.sensor.wanted_at()
        out = talk.sensor.next(talk.now_us)
        assert (out is None) or (wanted_us is not None and wanted_us <= talk.now_us)
        assert out is not None or wanted_us is None or wanted_us > talk.now_us
        given += out is not None
    assert given > 15


def test_status_comes_once_a_second() -> None:
    talk = Talk().connect()
    talk.ask(packet.START, *START)
    talk.take()
    talk.got[packet.STATUS].clear()
    talk.measure(1000)
    assert len(talk.got[packet.STATUS]) == 10


def test_the_driver_feeds_the_sensor_and_breaks_stay_visible() -> None:
    """FIFO to packets: an overrun skips as many numbers as samples were lost."""
    fake = FakeLsm6dsox()
    driver = lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake))
    talk = Talk(rates_mhz=(104_000,))
    talk.board.start_imu = lambda *what: driver.start(*what, talk.now_us)  # type: ignore[method-assign]
    talk.connect()
    talk.ask(packet.START, 104_000, *START[1:])
    begun_us = talk.now_us
    for step in range(150):
        pause_us = 5_000_000 if step == 75 else 40_000
        fake.advance(pause_us)
        talk.now_us += pause_us
        driver.drain(talk.sensor)
        talk.take()
    talk.ask(packet.STOP)
    talk.take()
    lost = driver.lost
    assert lost > 100
    assert talk.sensor.ring.next == len(fake.made)
    got = talk.samples(packet.LIVE)
    assert len(got) > 500
    assert all(fake.made[number][1] == counts for number, counts in got.items())
    for value in talk.got[packet.LIVE]:
        _, first, t100us, _ = packet.parse_samples(value)
        assert t100us == (begun_us + 25 * fake.made[first][0]) // 100 % 65536
    *_, last = talk.got[packet.STATUS]
    assert packet.parse_status(last)[6] == lost
    flags = [packet.parse_status(value)[5] for value in talk.got[packet.STATUS]]
    assert sum(1 for each in flags if each & packet.FIFO_OVERRUN) == 1


def test_a_board_that_does_nothing_is_a_sensor() -> None:
    talk = Talk()
    talk.sensor = sensor.Sensor(talk.config, sensor.Board())
    talk.connect()
    assert talk.ask(packet.START, *START)[0] == packet.OK
    assert talk.ask(packet.IDENTIFY, 3)[0] == packet.OK
    assert talk.ask(packet.LABEL, 2, 1)[0] == packet.OK
    assert talk.ask(packet.STOP)[0] == packet.OK
    assert talk.ask(packet.SELF_TEST) == (packet.OK, (0,))
    assert talk.ask(packet.FACTORY_RESET, packet.RESET_MAGIC)[0] == packet.OK
    assert talk.sensor.label == (0, 0)
    assert talk.ask(packet.SLEEP)[0] == packet.OK


@pytest.mark.parametrize(
    ("step_us", "breaks"), [(4_999, True), (5_000, False), (15_000, False), (15_001, True)]
)
def test_more_than_half_a_period_is_a_time_step(step_us: int, breaks: bool) -> None:
    talk = Talk().connect()
    talk.ask(packet.START, *START)
    talk.take()
    talk.measure(1)
    talk.sensor.sample(counts_of(1), talk.now_us + step_us)
    status = packet.parse_status(talk.sensor.read(packet.STATUS, talk.now_us))
    assert bool(status[5] & packet.TIME_STEP) is breaks
    talk.ask(packet.STOP)
    talk.take()
    assert len(talk.got[packet.LIVE]) == 1 + breaks
