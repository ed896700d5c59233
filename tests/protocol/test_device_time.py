"""Low bits of a clock and the time that passed give the whole."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.protocol.device_time import DeviceTimeUnwrapper


@pytest.mark.parametrize("wrap_us", [1 << 32, 100 << 16])
def test_two_days_of_wraps_and_breaks(wrap_us: int) -> None:
    random = np.random.default_rng(0)
    # Packets 95 ms apart, breaks of up to hours, 100 ppm, stalls of half a second.
    steps_s = np.where(random.random(4000) < 0.01, random.uniform(1.0, 9000.0, 4000), 0.095)
    true_s = np.cumsum(steps_s)
    assert true_s[-1] > 48 * 3600.0
    device_us = (true_s * 1.0001 * 1e6).astype(np.int64) + 123_456
    arrival_s = true_s + random.exponential(0.004, 4000)
    arrival_s += np.where(random.random(4000) < 0.02, random.uniform(0.0, 0.5, 4000), 0.0)
    clock = DeviceTimeUnwrapper(wrap_us)
    sent = (device_us % wrap_us).tolist()
    found = [clock.unwrap(us, at) for us, at in zip(sent, arrival_s.tolist(), strict=True)]
    np.testing.assert_array_equal(np.array(found) - found[0], device_us - device_us[0])


def test_what_comes_out_of_order_is_where_it_was() -> None:
    clock = DeviceTimeUnwrapper()
    times_us = [(1 << 32) - 5_000, 90_000 + (1 << 32), 40_000 + (1 << 32), 140_000 + (1 << 32)]
    arrivals_s = [10.0, 10.1, 10.102, 10.15]
    found = [clock.unwrap(us % (1 << 32), at) for us, at in zip(times_us, arrivals_s, strict=True)]
    assert found == times_us
