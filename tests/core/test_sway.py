"""Sway: closed forms in any mounting, and stances that are refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sensor_screen.core.sway import measure_sway
from sensor_screen.errors import MeasurementError
from sensor_screen.model import (
    AxisOrigin,
    Calibration,
    CleaningCounts,
    CleanLeg,
    CleanStream,
    ClockMap,
    Placement,
    SampleFlag,
    SensorInfo,
    Side,
    SignOrigin,
    SwayMeasures,
    Task,
    TaskInterval,
    ZeroMode,
)
from sensor_screen.simulation.stances import random_stance
from sensor_screen.units import STANDARD_GRAVITY_MPS2

RATE_HZ = 100.0
RIGHT = np.array([0.0, 0.0, 1.0])  # of a segment whose x is forward and y is up


def standing(
    mounting: Rotation,
    *,
    side: Side = Side.LEFT,
    seconds: float = 30.0,
    sideways_deg: float = 1.0,
    forward_deg: float = 0.5,
    bias_degps: float = 0.0,
    height_m: float = 0.0,
) -> CleanStream:
    """A sensor on a segment that sways in two sinusoids (whole periods in 30 s)."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    waves = [(sideways_deg, 0.4), (forward_deg, 0.7)]
    tilts = [np.radians(a) * np.sin(2 * np.pi * f * time_s) for a, f in waves]
    rates = [np.radians(a) * 2 * np.pi * f * np.cos(2 * np.pi * f * time_s) for a, f in waves]
    push = [-((2 * np.pi * f) ** 2) * height_m * t for (_, f), t in zip(waves, tilts, strict=True)]
    across, along = tilts  # to the right, and backward
    acc = STANDARD_GRAVITY_MPS2 * np.column_stack(
        [np.sin(along), np.cos(across) * np.cos(along), -np.sin(across)]
    )
    acc += np.column_stack([-push[1], 0 * time_s, push[0]])
    gyr = np.column_stack([rates[0], 0 * time_s, rates[1]]) + np.radians(bias_degps)
    return CleanStream(
        info=SensorInfo(side, Placement.SHANK),
        rate_hz=RATE_HZ,
        time_s=time_s,
        acc_mps2=mounting.apply(acc),
        gyr_radps=mounting.apply(gyr),
        flags=np.zeros(time_s.size, dtype=np.uint8),
        counts=CleaningCounts(received=time_s.size),
    )


def calibration(mounting: Rotation) -> Calibration:
    axis = mounting.apply(RIGHT)
    return Calibration(
        0.0,
        2.0,
        axis,
        axis,
        AxisOrigin.PUMPS,
        SignOrigin.PUMPS,
        ZeroMode.GRAVITY_VERTICAL,
        0.0,
        1.0,
    )


def leg(shank: CleanStream | None, foot: CleanStream | None) -> CleanLeg:
    any_stream = shank or foot
    assert any_stream is not None
    return CleanLeg(any_stream.info.side, RATE_HZ, any_stream.time_s, shank, foot, ClockMap())


def rms_deg(sway: SwayMeasures, placement: Placement = Placement.SHANK) -> list[float]:
    """Sideways, forward and back, both together."""
    tilt = sway.tilt_of(placement)
    values = tilt.mediolateral_rms_rad, tilt.anteroposterior_rms_rad, tilt.total_rms_rad
    return [float(np.degrees(value)) for value in values]


STANCE = TaskInterval(0.0, 30.0, Task.BALANCE)


@settings(deadline=None)
@given(
    turn=st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)),
    sideways_deg=st.floats(0.1, 3.0),
    forward_deg=st.floats(0.1, 3.0),
)
def test_a_sinusoid_has_its_closed_form_in_any_mounting(
    turn: tuple[float, float, float], sideways_deg: float, forward_deg: float
) -> None:
    mounting = Rotation.from_rotvec(turn)
    shank = standing(mounting, sideways_deg=sideways_deg, forward_deg=forward_deg)
    sway = measure_sway(leg(shank, None), calibration(mounting), STANCE)
    # 0.5 %: the two tilts are added as small angles, and the trapezium rule cuts corners.
    np.testing.assert_allclose(
        rms_deg(sway),
        np.array([sideways_deg, forward_deg, np.hypot(sideways_deg, forward_deg)]) / np.sqrt(2),
        rtol=5e-3,
    )
    assert np.isnan(sway.tilt_of(Placement.FOOT).total_rms_rad)


def test_a_gyroscope_bias_does_not_count_as_sway() -> None:
    still = Rotation.identity()
    clean = measure_sway(leg(standing(still), None), calibration(still), STANCE)
    biased = measure_sway(leg(standing(still, bias_degps=0.5), None), calibration(still), STANCE)
    # The bias drifts by 15 deg in the stance; its line is removed but for what the two slow
    # sinusoids leave in the fit.
    np.testing.assert_allclose(rms_deg(biased), rms_deg(clean), rtol=5e-3)


def test_the_sensor_s_own_acceleration_does_not_count_as_tilt() -> None:
    still = Rotation.identity()
    shank = standing(still, height_m=0.3)
    sway = measure_sway(leg(shank, None), calibration(still), STANCE)
    # The accelerometer alone would say 19 % and 59 % more at these two frequencies.
    sideways_deg, forward_deg, _ = rms_deg(sway)
    assert sideways_deg == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert forward_deg == pytest.approx(0.5 * np.sqrt(0.5), rel=0.01)


def test_left_and_right_are_alike() -> None:
    still = Rotation.identity()
    left = standing(still)
    flip = np.array([1.0, 1.0, -1.0])
    right = dataclasses.replace(
        left,
        info=SensorInfo(Side.RIGHT, Placement.SHANK),
        acc_mps2=left.acc_mps2 * flip,
        gyr_radps=left.gyr_radps * -flip,  # angular velocity is an axial vector
    )
    a = measure_sway(leg(left, None), calibration(still), STANCE)
    b = measure_sway(leg(right, None), calibration(still), STANCE)
    assert b.side == Side.RIGHT
    np.testing.assert_allclose(rms_deg(b), rms_deg(a), rtol=1e-9)
    for one, other in zip(a.acceleration, b.acceleration, strict=True):
        assert one.jerk_m2ps5 == pytest.approx(other.jerk_m2ps5)
        assert one.mediolateral.rms_mps2 == pytest.approx(other.mediolateral.rms_mps2)


def test_each_sensor_has_its_own_figures() -> None:
    turned = Rotation.from_rotvec([0.3, -1.0, 2.0])
    shank, foot = standing(turned, sideways_deg=1.0), standing(turned, sideways_deg=2.0)
    foot = dataclasses.replace(foot, info=SensorInfo(Side.LEFT, Placement.FOOT))
    sway = measure_sway(leg(shank, foot), calibration(turned), STANCE)
    assert rms_deg(sway, Placement.FOOT)[0] == pytest.approx(2.0 * rms_deg(sway)[0], rel=5e-3)
    assert [a.placement for a in sway.acceleration] == [Placement.SHANK, Placement.FOOT]


@pytest.mark.parametrize(
    ("seconds", "sideways_deg", "lost", "problem"),
    [
        (1.0, 1.0, 0, "too short"),
        (30.0, 30.0, 0, "moved more than in standing"),
        (30.0, 1.0, 200, "7 % of the shank samples are missing"),
    ],
)
def test_what_is_no_stance_is_refused_with_a_sentence(
    seconds: float, sideways_deg: float, lost: int, problem: str
) -> None:
    still = Rotation.identity()
    shank = standing(still, seconds=seconds, sideways_deg=sideways_deg)
    shank.flags[100 : 100 + lost] = SampleFlag.MISSING
    with pytest.raises(MeasurementError, match=problem):
        measure_sway(leg(shank, None), calibration(still), STANCE)


def test_without_a_flexion_axis_there_are_no_directions_but_everything_else() -> None:
    turned = Rotation.from_rotvec([0.4, 0.2, -1.1])
    shank = standing(turned)
    known = measure_sway(leg(shank, None), calibration(turned), STANCE)
    nowhere = dataclasses.replace(calibration(turned), shank_axis=np.full(3, np.nan))
    upright = dataclasses.replace(
        calibration(turned), shank_axis=turned.apply([0.1, 1.0, 0.0]) / np.hypot(0.1, 1.0)
    )
    for unknown in (None, nowhere, upright):
        sway = measure_sway(leg(shank, None), unknown, STANCE)
        assert np.isnan(rms_deg(sway)[:2]).all()
        assert rms_deg(sway)[2] == pytest.approx(rms_deg(known)[2], rel=1e-6)
        assert "the flexion axis is not known" in sway.reasons[-1]
        (one,), (other,) = sway.acceleration, known.acceleration
        assert np.isnan(one.mediolateral.rms_mps2)
        for name in ("rms_mps2", "jerk_m2ps5", "range_mps2", "ellipse_area_m2ps4", "power_m2ps4"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)
        assert (sway.hold_s, sway.hops_s) == (known.hold_s, known.hops_s)


def test_a_short_stance_has_a_hold_time_and_says_why_it_has_no_sway() -> None:
    still = Rotation.identity()
    sway = measure_sway(leg(standing(still, seconds=8.0), None), calibration(still), STANCE)
    assert sway.hold_s == pytest.approx(8.0, abs=0.02)
    assert sway.hold_is_minimum
    assert (sway.tilt, sway.acceleration) == ((), ())
    assert "too short for sway figures" in sway.reasons[0]


def test_a_sensor_on_the_lower_back_is_measured_too_without_directions() -> None:
    still = Rotation.identity()
    back = standing(Rotation.from_rotvec([1.0, 0.0, 0.0]), sideways_deg=0.7, forward_deg=0.7)
    back = dataclasses.replace(
        back,
        info=SensorInfo(Side.NONE, Placement.LUMBAR),
        time_s=back.time_s + 0.003,
    )
    sway = measure_sway(leg(standing(still), None), calibration(still), STANCE, lumbar=back)
    assert rms_deg(sway, Placement.LUMBAR)[2] == pytest.approx(0.7, rel=5e-3)
    assert sway.acceleration[-1].placement is Placement.LUMBAR
    # Tilt by gravity alone, which is what this sensor has in it.
    assert sway.acceleration[-1].rms_mps2 == pytest.approx(
        STANDARD_GRAVITY_MPS2 * np.radians(0.7), rel=5e-3
    )
    back.flags[:500] = SampleFlag.MISSING
    without = measure_sway(leg(standing(still), None), calibration(still), STANCE, lumbar=back)
    assert [t.placement for t in without.tilt] == [Placement.SHANK]
    assert "lumbar samples are missing" in without.reasons[-1]


@pytest.mark.parametrize("seconds", [12.0, 30.0])
def test_the_stated_error_is_that_of_another_stance_of_the_same_person(seconds: float) -> None:
    random = np.random.default_rng(5)
    still = Rotation.identity()
    found, sigma = [], []
    for _ in range(150):
        (tilt,) = measure_sway(
            leg(random_stance(random, seconds), None), calibration(still), STANCE
        ).tilt
        found.append([tilt.mediolateral_rms_rad, tilt.total_rms_rad])
        sigma.append([tilt.mediolateral_sigma_rad, tilt.total_sigma_rad])
    values, errors = np.array(found), np.array(sigma)
    # 150 stances know a spread to 6 %; short stances have few swings, and the rest is bias.
    np.testing.assert_allclose(np.median(errors, axis=0), values.std(axis=0), rtol=0.2)
    covered = np.abs(values - values.mean(axis=0)) < 1.96 * errors
    assert (covered.mean(axis=0) > 0.88).all()
    assert (covered.mean(axis=0) < 0.99).all()


def test_noise_alone_is_told_as_such() -> None:
    """A sensor on a stone: what it shows is its own noise, and so says the error."""
    random = np.random.default_rng(2)
    still = Rotation.identity()
    stone = standing(still, sideways_deg=0.0, forward_deg=0.0)
    noisy = dataclasses.replace(
        stone,
        acc_mps2=stone.acc_mps2 + 8e-3 * random.normal(size=stone.acc_mps2.shape),
        gyr_radps=stone.gyr_radps + np.radians(0.03) * random.normal(size=stone.acc_mps2.shape),
    )
    (tilt,) = measure_sway(leg(noisy, None), calibration(still), STANCE).tilt
    assert tilt.total_rms_rad < np.radians(0.03)
    assert tilt.total_rms_rad < 3.0 * tilt.total_sigma_rad
