"""A line through lags: exact lines come back, liars are found out, little time gives no skew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.core.lag_line import LagLine, LagLineParams, fit_line, propose_lines

TIME_S = np.linspace(-300.0, 300.0, 11)
WINDOW_S = 30.0


def fit(lag_s: np.ndarray, *, shared: float | np.ndarray = 1.0) -> LagLine:
    ones = np.ones(len(lag_s))
    return fit_line(TIME_S[: len(lag_s)], lag_s, 1e-4 * ones, shared * ones, WINDOW_S)


@given(lag_s=st.floats(-0.25, 0.25), skew=st.floats(-1e-4, 1e-4))
def test_an_exact_line_comes_back(lag_s: float, skew: float) -> None:
    line = fit(lag_s + skew * TIME_S)
    assert line.known
    assert line.lag_s == pytest.approx(lag_s, abs=1e-9)
    # The prior of 50 ppm pulls by the square of 1.3 / 50.
    assert line.skew == pytest.approx(skew, rel=1e-3, abs=1e-12)
    assert not any(line.rejected)


@given(liar=st.integers(0, 10), by_s=st.floats(0.02, 0.3))
def test_a_window_off_the_line_is_rejected_with_its_reason(liar: int, by_s: float) -> None:
    lag_s = 0.02 + 5e-5 * TIME_S
    lag_s[liar] += by_s
    line = fit(lag_s)
    assert [bool(reason) for reason in line.rejected] == [i == liar for i in range(11)]
    assert "disagrees" in line.rejected[liar]
    assert line.lag_s == pytest.approx(0.02, abs=1e-5)


def test_windows_that_show_nothing_do_not_count() -> None:
    lag_s = np.full(11, 0.02)
    lag_s[3:] = np.linspace(-0.2, 0.2, 8)
    shared = np.where(np.arange(11) < 3, 0.9, 0.2)
    line = fit(lag_s, shared=shared)
    assert line.known
    assert line.lag_s == pytest.approx(0.02, abs=1e-4)
    assert all("does not tell" in reason for reason in line.rejected[3:])


def test_nothing_of_use_is_not_known() -> None:
    line = fit(np.full(11, 0.02), shared=0.1)
    assert not line.known
    assert line.lag_sigma_s == np.inf


def test_windows_that_all_contradict_each_other_are_not_known() -> None:
    assert not fit(np.array([0.0, 0.1, -0.1, 0.2, -0.2, 0.05])).known


def test_one_window_says_nothing_of_the_skew() -> None:
    line = fit(np.array([0.02]))
    assert line.known
    assert line.skew_sigma == pytest.approx(LagLineParams().skew_sigma, rel=0.01)


def test_scatter_makes_the_error_larger() -> None:
    rough = 0.02 + np.random.default_rng(0).uniform(-0.0024, 0.0024, 11)
    assert fit(rough).lag_sigma_s > 1.5 * fit(np.full(11, 0.02)).lag_sigma_s


def test_shorter_windows_are_trusted_less() -> None:
    ones = np.ones(3)
    errors = [
        fit_line(TIME_S[:3], 0.02 * ones, 1e-4 * ones, ones, length_s).lag_sigma_s
        for length_s in (30.0, 15.0, 4.0)
    ]
    assert errors == sorted(errors)


def test_proposals_follow_the_line_that_all_windows_share() -> None:
    true = 0.1 + 8e-5 * TIME_S

    def left(lag_s: np.ndarray) -> np.ndarray:
        valley = np.minimum(np.abs(lag_s - true) / 0.05, 1.0)
        valley[..., 4] = np.minimum(np.abs(lag_s[..., 4] + 0.15) / 0.02, 1.0) * 3  # taken in
        return valley

    lines = propose_lines(left, TIME_S, 0.25, 1.2e-4)
    # Half a step of the grid, and the same at the ends by the steps of the skew.
    np.testing.assert_allclose(lines[0], true, atol=0.011)
    starts = np.sort(lines.mean(axis=1))
    assert (np.diff(starts) >= LagLineParams().apart_s - 1e-9).all()
