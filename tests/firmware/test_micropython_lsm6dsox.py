"""The FIFO driver against a model of the sensor's registers: nothing is lost unnoticed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.firmware.fake_lsm6dsox import ACC, GYR, TIMESTAMP, FakeLsm6dsox, FakeSpi
from tests.firmware.micropython_package import clock, lsm6dsox

RATE_MHZ = 104_000
PERIOD_US = 1e6 * 64 / 6667


class Sink:
    """What a sensor would be told, with numbers as it would give them."""

    def __init__(self) -> None:
        self.samples: list[tuple[int, bytes, int]] = []
        self.overruns: list[int] = []
        self.next = 0

    def sample(self, counts: bytes, time_us: int) -> None:
        self.samples.append((self.next, bytes(counts), time_us))
        self.next += 1

    def overrun(self, lost: int) -> None:
        self.overruns.append(lost)
        self.next += lost


def begin(fake: FakeLsm6dsox, bus: Any = None, rate_mhz: int = RATE_MHZ) -> Any:
    driver = lsm6dsox.Lsm6dsox(bus or lsm6dsox.I2cBus(fake))
    assert driver.start(rate_mhz, 16, 2000, 5_000_000)
    return driver


def run(fake: FakeLsm6dsox, driver: Any, sink: Sink, seconds: float, step_us: float) -> None:
    for _ in range(int(seconds * 1e6 / step_us)):
        fake.advance(step_us)
        driver.drain(sink)


@pytest.mark.parametrize(
    "order", [(GYR, ACC, TIMESTAMP), (ACC, GYR, TIMESTAMP), (TIMESTAMP, GYR, ACC)]
)
@pytest.mark.parametrize("step_us", [3_000, 40_000, 700_000])
def test_words_become_samples_in_whatever_order_they_come(
    order: tuple[int, ...], step_us: int
) -> None:
    fake, sink = FakeLsm6dsox(order=order), Sink()
    driver = begin(fake)
    run(fake, driver, sink, 4.2, step_us)
    assert [counts for _, counts, _ in sink.samples] == [counts for _, counts in fake.made]
    assert [t for *_, t in sink.samples] == [5_000_000 + 25 * ticks for ticks, _ in fake.made]
    assert sink.overruns == []
    assert driver.damaged == 0


def test_spi_gives_the_same() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    spi = FakeSpi(fake)
    driver = begin(fake, lsm6dsox.SpiBus(spi, spi.select))
    run(fake, driver, sink, 1, 20_000)
    assert [counts for _, counts, _ in sink.samples] == [counts for _, counts in fake.made]


@pytest.mark.parametrize("wait_s", [1.75, 3.0, 20.0])
def test_an_overrun_is_told_and_counted_to_the_sample(wait_s: float) -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    run(fake, driver, sink, 1, 20_000)
    before = sink.next
    fake.advance(wait_s * 1e6)
    run(fake, driver, sink, 1, 20_000)
    assert len(sink.overruns) == 1
    assert sink.overruns[0] == len(fake.made) - len(sink.samples) > 0
    assert driver.lost == sink.overruns[0]
    assert sink.samples[before][0] == before + sink.overruns[0]
    assert all(fake.made[number][1] == counts for number, counts, _ in sink.samples)
    assert all(
        5_000_000 + 25 * fake.made[number][0] == time_us for number, _, time_us in sink.samples
    )


def test_a_full_fifo_that_nothing_fell_out_of_is_no_loss() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    while len(fake.words) < 510:
        fake.advance(PERIOD_US)
    driver.drain(sink)
    assert sink.overruns == []
    assert len(sink.samples) == 170


@pytest.mark.parametrize("kind", [GYR, ACC, TIMESTAMP])
def test_a_missing_word_costs_its_sample_and_no_other(kind: int) -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    fake.drop = lambda slot, what: slot in (20, 40, 41, 42, 43, 44) and what == kind
    driver = begin(fake)
    run(fake, driver, sink, 1, 30_000)
    assert sink.overruns == [1, 5]
    assert driver.damaged == 12
    assert all(fake.made[number][1] == counts for number, counts, _ in sink.samples)
    assert len(sink.samples) == len(fake.made) - 6


def test_words_of_the_last_moment_wait_for_their_partners() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    fake.advance(3.5 * PERIOD_US)
    rest = fake.words[-1:]
    del fake.words[-1:]
    driver.drain(sink)
    assert len(sink.samples) == 2
    fake.words.extend(rest)
    driver.drain(sink)
    assert len(sink.samples) == 3
    assert driver.damaged == 0


def test_damaged_and_unknown_words_are_left_out() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    fake.advance(2.5 * PERIOD_US)
    fake.words.insert(3, bytes([0x03 << 3]) + bytes(6))
    fake.words.append(bytes([fake.words[0][0] ^ 1]) + bytes(6))
    driver.drain(sink)
    assert driver.damaged == 2
    assert len(sink.samples) == 2


def test_the_counter_wraps_after_thirty_hours() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    fake.advance(1e6)
    driver.drain(sink)
    jump = 2**32 - 100_000 - int(fake.ticks)
    fake.ticks += jump
    fake._next_sample_ticks += jump
    run(fake, driver, sink, 6, 100_000)
    assert fake.ticks > 2**32
    times = [time_us for *_, time_us in sink.samples]
    assert times == [5_000_000 + 25 * ticks for ticks, _ in fake.made]
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert max(steps[200:]) <= 9_625


@pytest.mark.parametrize("fine", [-40, -7, 0, 9, 40])
def test_the_factory_correction_makes_microseconds_true(fine: int) -> None:
    fake, sink = FakeLsm6dsox(freq_fine=fine), Sink()
    driver = begin(fake)
    run(fake, driver, sink, 20, 200_000)
    for ticks, (*_, time_us) in zip((t for t, _ in fake.made), sink.samples, strict=True):
        assert abs(time_us - 5_000_000 - ticks / fake.ticks_per_us) < 20  # 1 us/s: 16-bit fraction


@pytest.mark.parametrize("residual_ppm", [-8_000, -300, 0, 2_000, 20_000])
def test_samples_follow_the_clock_of_the_board(residual_ppm: int) -> None:
    """Readings come late by 0 to 400 us, as over a busy bus; the samples must not."""
    fake, sink = FakeLsm6dsox(freq_fine=5, residual_ppm=residual_ppm), Sink()
    driver = begin(fake)
    elapsed_us = 0.0
    seed = 1
    for _ in range(200 * 25):
        fake.advance(40_000)
        elapsed_us += 40_000
        seed = seed * 69069 + 1 & 0xFFFFFFFF
        driver.follow(int(5_000_000 + elapsed_us - (seed >> 16) % 400))
        driver.drain(sink)
    true = [5_000_000 + ticks / fake.ticks_per_us for ticks, _ in fake.made]
    errors = [t - true_us for (*_, t), true_us in zip(sink.samples, true, strict=True)]
    late = errors[40 * 104 :]
    assert max(abs(error) for error in late) < 1_000
    times = [t for *_, t in sink.samples]
    steps = [after - before for before, after in itertools.pairwise(times)]
    true_step = PERIOD_US * 1e-6 * 40_000 / (fake.ticks_per_us * 40_000) * 40_000
    assert min(steps[40 * 104 :]) > true_step * 0.99 - 26
    assert max(steps[40 * 104 :]) < true_step * 1.01 + 26


def test_a_mad_reading_of_the_clock_changes_nothing() -> None:
    a, b = clock.TickClock(), clock.TickClock()
    for each in (a, b):
        each.begin(0, 0)
        each.follow(80_000, 2_000_000)
    b.follow(160_000, 900_000_000)
    assert a.time_us(200_000) == b.time_us(200_000)


@pytest.mark.parametrize("rate_mhz", lsm6dsox.RATES)
def test_every_rate_is_measured_at_its_rate(rate_mhz: int) -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake, rate_mhz=rate_mhz)
    run(fake, driver, sink, 1, 10_000)
    assert sink.overruns == []
    assert len(sink.samples) == pytest.approx(rate_mhz / 1000, rel=0.05, abs=1.1)


@pytest.mark.parametrize(("g", "bits"), [(2, 0b00), (4, 0b10), (8, 0b11), (16, 0b01)])
def test_ranges_of_acceleration_are_those_of_the_register(g: int, bits: int) -> None:
    fake = FakeLsm6dsox()
    assert lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake)).start(208_000, g, 250, 0)
    assert fake.registers[0x10] == 0x50 | bits << 2
    # One count is 61 ug a unit of range of 2 g: ST states it so, not 2 g over 32,768.
    assert lsm6dsox.ACC_RANGES[g][1] == pytest.approx(0.000061 * g / 2)


@pytest.mark.parametrize(
    ("dps", "bits"), [(125, 0b001), (250, 0), (500, 0b010), (1000, 0b100), (2000, 0b110)]
)
def test_ranges_of_rotation_are_those_of_the_register(dps: int, bits: int) -> None:
    fake = FakeLsm6dsox()
    assert lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake)).start(208_000, 16, dps, 0)
    assert fake.registers[0x11] == 0x50 | bits << 1
    assert lsm6dsox.GYR_RANGES[dps][1] == pytest.approx(0.004375 * dps / 125)


def test_another_sensor_or_none_is_a_fault() -> None:
    fake = FakeLsm6dsox()
    fake.registers[0x0F] = 0x33
    assert not lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake)).start(208_000, 16, 2000, 0)
    fake.answers = False
    assert not lsm6dsox.Lsm6dsox(lsm6dsox.I2cBus(fake)).start(208_000, 16, 2000, 0)


def test_stop_powers_down_and_empties() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    fake.advance(1e5)
    driver.stop()
    assert fake.registers[0x10] >> 4 == fake.registers[0x11] >> 4 == 0
    assert driver.drain(sink) == 0


def test_a_second_session_begins_anew() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    run(fake, driver, sink, 1, 20_000)
    driver.stop()
    fake.advance(5e6)
    assert driver.start(RATE_MHZ, 16, 2000, 90_000_000)
    second = Sink()
    run(fake, driver, second, 1, 20_000)
    assert second.overruns == []
    assert second.samples[0][2] == pytest.approx(90_000_000 + PERIOD_US, abs=30)


def test_an_overrun_before_the_first_sample_is_of_unknown_size() -> None:
    fake, sink = FakeLsm6dsox(), Sink()
    driver = begin(fake)
    fake.advance(5e6)
    driver.drain(sink)
    assert sink.overruns == [0]
    assert len(sink.samples) == 170
