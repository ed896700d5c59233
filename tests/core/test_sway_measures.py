"""Sway measures: closed forms, an independent implementation, units, blocks, and refusals."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, freqz_sos, sosfiltfilt
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from sensor_screen.core.sway_measures import (
    AccelerationSway,
    CopSway,
    SwayState,
    level_acceleration,
    low_pass,
    measure_acceleration_sway,
    measure_cop_sway,
)
from sensor_screen.errors import MeasurementError, UsageError
from sensor_screen.model import Placement
from sensor_screen.simulation.sway_forms import FORM_RATE_HZ, SwayForm, sway_forms
from sensor_screen.units import STANDARD_GRAVITY_MPS2

RATE_HZ = FORM_RATE_HZ
FORMS = {form.name: form for form in sway_forms()}
TIME_S = np.arange(3000) / RATE_HZ
SIZE = 0.1
EXACT = 5e-3
"""The goal. Straight lines between samples cost 0.1 %, the filter's edges 0.2 % of a range."""


def wave(frequency_hz: float) -> np.ndarray:
    return np.sin(2.0 * np.pi * frequency_hz * TIME_S)


def planar(sway: AccelerationSway | CopSway) -> dict[str, float]:
    """Every figure of both directions together."""
    return {k: v for k, v in asdict(sway).items() if isinstance(v, float)}


def agree(sway: AccelerationSway | CopSway, **expected: float) -> None:
    for name, value in expected.items():
        assert getattr(sway, name) == pytest.approx(value, rel=EXACT, abs=1e-9), name


@pytest.mark.parametrize("cutoff_hz", [3.5, None])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_figure_has_its_closed_form(form: SwayForm, cutoff_hz: float | None) -> None:
    if cutoff_hz is None or form.filtered:
        agree(
            measure_acceleration_sway(form.acc_mps2, RATE_HZ, cutoff_hz=cutoff_hz), **form.figures
        )


def test_a_sinusoid_is_all_in_its_direction() -> None:
    sway = measure_acceleration_sway(FORMS["sinusoid of 1 Hz"].acc_mps2, RATE_HZ)
    assert sway.frequency_dispersion < 1e-3
    assert sway.mediolateral.rms_mps2 == 0.0
    assert sway.anteroposterior.jerk_m2ps5 == pytest.approx(sway.jerk_m2ps5)


def test_a_circle_has_its_closed_form_as_a_centre_of_pressure_too() -> None:
    omega = 2.0 * np.pi * 0.5
    cop = measure_cop_sway(FORMS["circle at 0.5 Hz"].acc_mps2, RATE_HZ)
    agree(cop, mean_velocity_mps=SIZE * omega, area_rate_m2ps=SIZE**2 * omega / 2.0, range_m=0.2)


def test_each_tone_is_in_its_direction() -> None:
    sway = measure_acceleration_sway(FORMS["two tones"].acc_mps2, RATE_HZ)
    agree(sway.anteroposterior, centroid_frequency_hz=1.2, range_mps2=0.1)  # type: ignore[arg-type]


def test_white_noise_keeps_the_power_in_the_band_of_the_filter() -> None:
    """The integral of its squared gain."""
    noise = FORMS["white noise"]
    gain = gain_of_low_pass(np.linspace(0.0, 50.0, 20_001), 3.5)
    filtered = measure_acceleration_sway(noise.acc_mps2, RATE_HZ)
    # 10,000 independent values are left: 1 %.
    expected = noise.figures["power_m2ps4"] * np.mean(gain**2)
    assert filtered.power_m2ps4 == pytest.approx(expected, rel=0.02)


def gain_of_low_pass(frequency_hz: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """The gain as the docstring of `low_pass` states it."""
    ratio = np.tan(np.pi * frequency_hz / RATE_HZ) / np.tan(np.pi * cutoff_hz / RATE_HZ)
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + (np.sqrt(2.0) - 1.0) * ratio**8)


@pytest.mark.parametrize("frequency_hz", [0.2, 1.0, 2.0, 3.5, 5.0, 10.0])
def test_the_low_pass_is_3_db_down_where_its_name_says(frequency_hz: float) -> None:
    passed = low_pass(np.cos(2.0 * np.pi * frequency_hz * TIME_S), RATE_HZ)
    middle = slice(500, 2500)
    response = 2.0 * np.mean(passed[middle] * np.exp(-2j * np.pi * frequency_hz * TIME_S[middle]))
    assert response.real == pytest.approx(gain_of_low_pass(np.array(frequency_hz), 3.5), abs=1e-4)
    assert abs(response.imag) < 1e-4  # zero-phase
    if frequency_hz == 3.5:
        assert response.real == pytest.approx(np.sqrt(0.5), abs=1e-4)


def test_the_usual_way_to_3_5_hz_would_not_be_there() -> None:
    """Why the design is corrected: two passes of a filter for 3.5 Hz are 3 dB down before it."""
    at_hz = np.linspace(2.0, 4.0, 2001)
    ends_hz = []
    for order in (2, 4):
        _, response = freqz_sos(butter(order, 3.5, fs=RATE_HZ, output="sos"), at_hz, fs=RATE_HZ)
        ends_hz.append(at_hz[np.argmin(np.abs(np.abs(response) ** 2 - np.sqrt(0.5)))])
    np.testing.assert_allclose(ends_hz, [2.81, 3.14], atol=0.01)


def test_the_low_pass_is_two_passes_of_a_butterworth_filter() -> None:
    values = np.random.default_rng(0).normal(size=(500, 3)).cumsum(axis=0)
    design_hz = np.arctan(np.tan(np.pi * 0.035) * (np.sqrt(2) - 1) ** (-1 / 8)) * RATE_HZ / np.pi
    sections = butter(4, design_hz, fs=RATE_HZ, output="sos")
    expected = sosfiltfilt(sections, values, axis=0, padtype="odd", padlen=100)
    np.testing.assert_allclose(low_pass(values, RATE_HZ), expected, atol=1e-10)
    np.testing.assert_allclose(low_pass(values[:, 0], RATE_HZ), expected[:, 0], atol=1e-10)


def test_without_the_low_pass_the_jerk_would_be_noise() -> None:
    """110 micro-g per root hertz on a quiet stance."""
    noise = 110e-6 * STANDARD_GRAVITY_MPS2 * np.sqrt(RATE_HZ / 2.0)
    values = 0.09 * np.column_stack([wave(0.3), wave(0.7)])
    noisy = values + noise * np.random.default_rng(0).normal(size=values.shape)
    clean = measure_acceleration_sway(values, RATE_HZ)
    assert measure_acceleration_sway(noisy, RATE_HZ).jerk_m2ps5 == pytest.approx(
        clean.jerk_m2ps5, rel=0.02
    )
    raw = measure_acceleration_sway(noisy, RATE_HZ, cutoff_hz=None)
    assert raw.jerk_m2ps5 > 4.0 * clean.jerk_m2ps5
    assert raw.rms_mps2 == pytest.approx(clean.rms_mps2, rel=0.02)


def wander(seed: int, count: int = 1500) -> np.ndarray:
    """A path like that of a centre of pressure."""
    steps = np.random.default_rng(seed).normal(size=(count, 2)) @ [[1.0, 0.3], [0.0, 0.6]]
    path = np.zeros_like(steps)
    for i in range(1, count):
        path[i] = 0.99 * path[i - 1] + 1e-3 * steps[i]
    return path + np.array([0.02, -0.01])


@pytest.mark.parametrize("seed", range(3))
def test_figures_agree_with_a_second_implementation(seed: int) -> None:
    signal = low_pass(wander(seed), RATE_HZ)
    cop = measure_cop_sway(signal, RATE_HZ)
    acc = measure_acceleration_sway(signal, RATE_HZ, cutoff_hz=None)
    also = measure_acceleration_sway(wander(seed), RATE_HZ)
    x, y = (signal - signal.mean(axis=0)).T
    duration_s = (len(x) - 1) / RATE_HZ
    steps = [math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(zip(x, y, strict=True))]
    expected = {
        "rms": math.sqrt(np.var(x) + np.var(y)),
        "range": pdist(signal).max(),
        "path": sum(steps),
        "distance": sum(map(math.hypot, x, y)) / len(x),
        "ellipse_area": np.pi * -2.0 * math.log(0.05) * math.sqrt(np.linalg.det(np.cov(x, y))),
    }
    for name, value in expected.items():
        unit = {"ellipse_area": ("m2", "m2ps4")}.get(name, ("m", "mps2"))
        for sway, suffix in ((cop, unit[0]), (acc, unit[1]), (also, unit[1])):
            assert getattr(sway, f"{name}_{suffix}") == pytest.approx(value, rel=1e-6), name
    assert cop.mean_velocity_mps == pytest.approx(sum(steps) / duration_s, rel=1e-6)
    assert cop.mediolateral.rms_m == pytest.approx(np.std(x), rel=1e-6)
    assert cop.anteroposterior.range_m == pytest.approx(y.max() - y.min(), rel=1e-6)
    assert cop.anteroposterior.mean_velocity_mps == pytest.approx(
        np.abs(np.diff(y)).sum() / duration_s, rel=1e-6
    )
    spectrum = sum(np.abs(np.fft.fft(one)) ** 2 for one in (x, y)) / len(x) ** 2
    f = np.abs(np.fft.fftfreq(len(x), 1.0 / RATE_HZ))
    assert cop.power_m2 == pytest.approx(spectrum.sum(), rel=1e-6)
    assert cop.centroid_frequency_hz == pytest.approx(
        math.sqrt(f**2 @ spectrum / spectrum.sum()), rel=1e-6
    )


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(1, 1499), max_size=8), columns=st.sampled_from([2, 3]))
def test_blocks_change_no_figure_by_a_bit(cuts: list[int], columns: int) -> None:
    acc = np.column_stack([wander(4), 9.81 + wander(5)[:, 0]])[:, :columns]
    whole = measure_acceleration_sway(acc, RATE_HZ, placement=Placement.LUMBAR)
    state = SwayState(RATE_HZ)
    for end, block in zip([*sorted(cuts), 1500], np.split(acc, sorted(cuts)), strict=True):
        state.add(block)
        if 16 <= end < 1000:
            state.measure()  # asking changes nothing
    found, expected = (repr(one) for one in (state.measure(placement=Placement.LUMBAR), whole))
    assert found == expected


@pytest.mark.parametrize("factor", [1e-3, 9.80665, 1e3])
def test_the_unit_of_every_figure_is_that_of_its_name(factor: float) -> None:
    """Scaled samples and stretched time; a figure must follow by the powers in its name."""
    powers = {"mps2": (1, 0), "m2ps5": (2, -1), "m2ps6": (2, -2), "m2ps4": (2, 0), "mps": (1, 1)}
    powers |= {"hz": (0, -1), "dispersion": (0, 0), "swings": (0, 0), "s": (0, 1)}
    one = measure_acceleration_sway(wander(2), RATE_HZ, cutoff_hz=None)
    stretched = measure_acceleration_sway(factor * wander(2), RATE_HZ / 2.0, cutoff_hz=None)
    for name, value in planar(one).items():
        if math.isnan(value) or "30s" in name:
            continue
        size, time = powers[name.rsplit("_", 1)[-1]]
        assert planar(stretched)[name] == pytest.approx(value * factor**size * 2.0**time), name


@pytest.mark.parametrize("factor", [1e-3, 1e2])
def test_centre_of_pressure_scales_likewise(factor: float) -> None:
    powers = {"m": (1, 0), "mps": (1, -1), "m2ps": (2, -1), "m2": (2, 0), "hz": (0, -1)}
    powers |= {"dispersion": (0, 0), "swings": (0, 0), "s": (0, 1)}
    one = measure_cop_sway(wander(2), RATE_HZ)
    stretched = measure_cop_sway(factor * wander(2), RATE_HZ / 2.0)
    for name, value in planar(one).items():
        size, time = powers[name.rsplit("_", 1)[-1]]
        assert planar(stretched)[name] == pytest.approx(value * factor**size * 2.0**time), name


def test_figures_per_second_and_for_30_s_do_not_grow_with_the_stance() -> None:
    values = np.column_stack([0.1 * wave(0.4), 0.05 * wave(1.2)])
    whole, half = (measure_acceleration_sway(v, RATE_HZ) for v in (values, values[:1500]))
    assert half.jerk_m2ps5 == pytest.approx(whole.jerk_m2ps5 / 2.0, rel=EXACT)
    assert half.jerk_rate_m2ps6 == pytest.approx(whole.jerk_rate_m2ps6, rel=EXACT)
    assert half.jerk_30s_m2ps5 == pytest.approx(whole.jerk_30s_m2ps5, rel=EXACT)
    assert half.path_30s_mps2 == pytest.approx(whole.path_30s_mps2, rel=EXACT)


@settings(deadline=None, max_examples=20)
@given(turn=st.tuples(*[st.floats(-3.0, 3.0)] * 3), tilt=st.floats(-0.6, 0.6))
def test_levelling_is_exact_in_any_mounting(turn: tuple[float, ...], tilt: float) -> None:
    """A sensor leaned by up to 34 deg: a raw channel would be 17 % too small."""
    mounting = Rotation.from_rotvec(turn) * Rotation.from_rotvec([tilt, 0.0, 0.5 * tilt])
    level = np.column_stack([0.1 * wave(0.5), 0.2 * wave(0.3)])  # right, forward
    body = np.column_stack([level[:, 1], np.full(3000, STANDARD_GRAVITY_MPS2), level[:, 0]])
    sensed = mounting.apply(body)
    right = mounting.apply([0.0, 0.0, 1.0])
    np.testing.assert_allclose(level_acceleration(sensed, right), level, atol=1e-9)
    known = measure_acceleration_sway(sensed, RATE_HZ, axis=right)
    expected = measure_acceleration_sway(level, RATE_HZ)
    blind = measure_acceleration_sway(sensed, RATE_HZ)
    for name, value in planar(expected).items():
        assert getattr(known, name) == pytest.approx(value, rel=1e-6, abs=1e-9), name
        if "sigma" not in name:
            assert getattr(blind, name) == pytest.approx(value, rel=1e-6, abs=1e-9), name
    assert known.mediolateral.rms_mps2 == pytest.approx(0.1 / np.sqrt(2.0), rel=EXACT)
    assert known.anteroposterior.rms_mps2 == pytest.approx(0.2 / np.sqrt(2.0), rel=EXACT)
    assert all(math.isnan(getattr(blind.mediolateral, f.name)) for f in fields(blind.mediolateral))


def test_planar_figures_know_no_directions() -> None:
    path = wander(7)
    turned = path @ Rotation.from_rotvec([0.0, 0.0, 0.7]).as_matrix()[:2, :2]
    one, other = (planar(measure_cop_sway(p, RATE_HZ)) for p in (path, turned))
    for name, value in one.items():
        assert other[name] == pytest.approx(value, rel=1e-9), name


def test_what_stands_still_has_no_frequency() -> None:
    sway = measure_acceleration_sway(np.full((3000, 2), 0.3), RATE_HZ)
    assert (sway.rms_mps2, sway.jerk_m2ps5, sway.power_m2ps4) == (0.0, 0.0, 0.0)
    assert math.isnan(sway.centroid_frequency_hz)
    assert math.isnan(sway.mean_frequency_hz)


@pytest.mark.parametrize(
    ("values", "rate_hz", "error", "problem"),
    [
        (np.zeros((3000, 4)), 100.0, UsageError, "are not"),
        (np.zeros(3000), 100.0, UsageError, "are not"),
        (np.full((3000, 2), np.nan), 100.0, UsageError, "no numbers|numbers"),
        (np.zeros((3000, 2)), 7.0, UsageError, "low-pass at 3.5 Hz of samples at 7 Hz"),
        (np.zeros((3000, 2)), 0.0, UsageError, "no sampling rate"),
        (np.zeros((3, 2)), 100.0, MeasurementError, "are no stance"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_sentence(
    values: np.ndarray, rate_hz: float, error: type[Exception], problem: str
) -> None:
    with pytest.raises(error, match=problem):
        measure_acceleration_sway(values, rate_hz)
    if rate_hz != 7.0:
        with pytest.raises(error, match=problem):
            measure_cop_sway(values, rate_hz)


def test_position_and_acceleration_have_the_same_figures_under_their_own_units() -> None:
    """One curve read as either: what is named alike but for the unit is the same number."""
    path = wander(3)
    position = measure_cop_sway(path, RATE_HZ)
    acceleration = measure_acceleration_sway(path, RATE_HZ, cutoff_hz=None)
    units = {"m": "mps2", "m2": "m2ps4", "m2ps": "m2ps5", "mps": None}
    compared = 0
    for one, other in (
        (position, acceleration),
        (position.mediolateral, acceleration.mediolateral),
        (position.anteroposterior, acceleration.anteroposterior),
    ):
        for name, value in asdict(one).items():
            stem, _, unit = name.rpartition("_")
            twin = f"{stem}_{units[unit]}" if unit in units else name
            if isinstance(value, float) and unit != "mps" and "sigma" not in name:
                assert getattr(other, twin) == pytest.approx(value, rel=1e-12), name
                compared += 1
    assert compared == 14 + 2 * 8
