"""Times fitted to arrivals: closed forms first, then a radio that bunches, stalls and loses."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import Timing
from sensor_screen.protocol.frame_timing import FrameTimingParams, fit_frame_times, lowest_line
from sensor_screen.protocol.metamotion import MetaSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats = np.ndarray[Any, np.dtype[np.float64]]


def through_radio(taken_s: Floats, interval_s: float, seed: int, *, stalls: float = 0.0) -> Floats:
    """Arrival with the next connection event that works; a share of them does not."""
    rng = np.random.default_rng(seed)
    events = np.arange(taken_s[-1] + 20.0, step=interval_s)
    works = events[rng.random(len(events)) >= stalls]
    return works[np.searchsorted(works, taken_s)]


def test_even_arrivals_are_fitted_exactly() -> None:
    taken = 1000.0 + np.arange(500) / 64.0
    found = fit_frame_times(taken + 0.25)
    assert found.rate_hz == pytest.approx(64.0, rel=1e-12)
    np.testing.assert_allclose(found.time_s, taken + 0.25, rtol=0, atol=1e-9)
    assert found.residual_s == pytest.approx(0.0, abs=1e-9)
    assert found.suspected == ()
    assert found.timing is Timing.ESTIMATED


def test_packets_of_three_are_spread_evenly_behind_one_another() -> None:
    """All three arrive with the last, so it alone touches the line."""
    taken = np.arange(3000) / 100.0
    arrival = taken[2::3].repeat(3)
    found = fit_frame_times(arrival)
    np.testing.assert_allclose(found.time_s, taken, rtol=0, atol=1e-9)
    assert found.residual_s == pytest.approx(0.02, abs=1e-6)


@pytest.mark.parametrize("rate_hz", [20.0, 50.0, 99.3, 200.4])
@pytest.mark.parametrize("interval_s", [0.0151, 0.0307])
def test_bunching_bounds_the_error_of_the_rate(rate_hz: float, interval_s: float) -> None:
    """Delays lie within one interval, so the slope errs by less than one interval over the edge."""
    taken = np.arange(int(60 * rate_hz)) / rate_hz
    found = fit_frame_times(through_radio(taken, interval_s, 1))
    assert abs(found.rate_hz - rate_hz) <= rate_hz * interval_s / 30.0
    assert np.all(found.time_s - taken >= -1e-9)
    assert np.all(found.time_s - taken <= interval_s + 1e-9)
    assert found.residual_s <= interval_s
    assert found.suspected == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
def test_lost_samples_are_suspected_where_they_are_missing(rate_hz: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    taken = np.arange(int(60 * rate_hz)) / (rate_hz * 1.0003)
    arrival = through_radio(taken, 0.0313, seed, stalls=0.05)
    assert fit_frame_times(arrival).suspected == ()
    missing, at = int(rng.integers(6, 80)), int(rng.uniform(0.3, 0.7) * len(taken))
    kept = np.delete(np.arange(len(taken)), slice(at, at + missing))
    found = fit_frame_times(arrival[kept])
    assert found.suspected_lost == pytest.approx(missing, abs=1)
    assert found.suspected[0].before == pytest.approx(at, abs=1.1 * rate_hz)
    late = found.time_s - taken[kept]
    assert np.std(late[at + int(rate_hz) :]) < 1.5 / rate_hz


def test_a_stall_is_no_loss() -> None:
    taken = np.arange(6000) / 100.0
    arrival = through_radio(taken, 0.0301, 2)
    held = (taken > 20.0) & (taken < 21.5)
    arrival[held] = np.maximum(arrival[held], 21.5)
    found = fit_frame_times(arrival)
    assert found.suspected == ()
    assert np.std(found.time_s - taken) < 1e-3


@pytest.mark.parametrize("rate_hz", [20.0, 33.0, 66.6])
def test_a_beat_with_the_connection_interval_is_no_loss(rate_hz: float) -> None:
    """The interval is nearly a multiple of the period, or the period of the interval."""
    for ratio in (0.975, 0.999, 1.001, 2.002):
        taken = np.arange(int(60 * rate_hz)) / rate_hz
        assert fit_frame_times(through_radio(taken, ratio / rate_hz, 3)).suspected == ()


def test_a_beat_of_packets_of_three_is_no_loss_but_two_lost_packets_are() -> None:
    taken = np.arange(12_000) / 100.0
    complete = taken[2::3].repeat(3)
    params = FrameTimingParams(together=MetaSettings(packed=True).together)
    for interval_s in (0.02997, 0.03003, 0.0449):
        arrival = through_radio(complete, interval_s, 4, stalls=0.02)
        assert fit_frame_times(arrival, params).suspected == ()
        found = fit_frame_times(np.delete(arrival, slice(6000, 6006)), params)
        assert found.suspected_lost == pytest.approx(6, abs=1)


def test_what_falls_short_of_the_nominal_rate_is_stated() -> None:
    arrival = np.arange(1001) / 125.0
    found = fit_frame_times(arrival, FrameTimingParams(nominal_rate_hz=200.0))
    assert found.shortfall == pytest.approx(8.0 * 200.0 - 1000.0)
    assert fit_frame_times(arrival).shortfall is None


def test_the_lowest_line_is_the_edge_of_the_hull_over_the_middle() -> None:
    """Against every line through two points: none that is under all points is higher."""
    rng = np.random.default_rng(8)
    for _ in range(30):
        number = np.cumsum(rng.integers(1, 4, 25)).astype(np.float64)
        value = 0.3 * number + rng.exponential(1.0, 25)
        line = lowest_line(number, value)
        assert np.all(value >= line.intercept + line.slope * number - 1e-9)
        best = -np.inf
        for i in range(25):
            for j in range(i):
                slope = (value[i] - value[j]) / (number[i] - number[j])
                heights = value - slope * number
                if heights.min() >= heights[i] - 1e-9:
                    best = max(best, heights[i] + slope * number.mean())
        assert line.intercept + line.slope * number.mean() == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        np.array([]),
        np.array([0.0, 5.0]),
        np.arange(100) / 100.0,
        np.array([0.0, 2.0, 1.0, 9.0]),
        np.array([0.0, np.nan, 9.0]),
        np.array([0.0, 1.0, np.inf]),
        np.array([0.0] * 100 + [9.0]),
        np.zeros((4, 4)),
    ],
)
def test_what_cannot_be_fitted_is_refused(wrong: NDArray[np.float64]) -> None:
    with pytest.raises(ProtocolError):
        fit_frame_times(wrong)


GAPS = st.lists(st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 1e-300)), max_size=300)


@example([0.0, 0.0, 4e-302, 3.0], 0.0)
@given(GAPS, st.floats(0, 1e9))
def test_any_arrivals_are_fitted_or_refused(gaps: list[float], begin_s: float) -> None:
    arrival = begin_s + np.cumsum(np.array(gaps, np.float64))
    with suppress(ProtocolError):
        found = fit_frame_times(arrival)
        assert np.isfinite(found.time_s).all()
        assert found.rate_hz > 0
        assert np.all(np.diff(found.time_s) >= 0)
        assert found.residual_s >= -1e-6
