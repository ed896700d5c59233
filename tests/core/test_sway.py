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
    Task,
    TaskInterval,
    ZeroMode,
)
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
        np.degrees([sway.shank_mediolateral_rms_rad, sway.shank_anteroposterior_rms_rad]),
        np.array([sideways_deg, forward_deg]) / np.sqrt(2),
        rtol=5e-3,
    )
    assert np.isnan(sway.foot_mediolateral_rms_rad)


def test_a_gyroscope_bias_does_not_count_as_sway() -> None:
    still = Rotation.identity()
    clean = measure_sway(leg(standing(still), None), calibration(still), STANCE)
    biased = measure_sway(leg(standing(still, bias_degps=0.5), None), calibration(still), STANCE)
    # The bias drifts by 15 deg in the stance; its line is removed but for what the two slow
    # sinusoids leave in the fit.
    assert biased.shank_mediolateral_rms_rad == pytest.approx(
        clean.shank_mediolateral_rms_rad, rel=5e-3
    )


def test_the_sensor_s_own_acceleration_does_not_count_as_tilt() -> None:
    still = Rotation.identity()
    shank = standing(still, height_m=0.3)
    sway = measure_sway(leg(shank, None), calibration(still), STANCE)
    # The accelerometer alone would say 19 % and 59 % more at these two frequencies.
    assert np.degrees(sway.shank_mediolateral_rms_rad) == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert np.degrees(sway.shank_anteroposterior_rms_rad) == pytest.approx(
        0.5 * np.sqrt(0.5), rel=0.01
    )


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
    assert b.shank_mediolateral_rms_rad == pytest.approx(a.shank_mediolateral_rms_rad)
    assert b.shank_anteroposterior_rms_rad == pytest.approx(a.shank_anteroposterior_rms_rad)


def test_each_sensor_has_its_own_figures() -> None:
    turned = Rotation.from_rotvec([0.3, -1.0, 2.0])
    shank, foot = standing(turned, sideways_deg=1.0), standing(turned, sideways_deg=2.0)
    sway = measure_sway(leg(shank, foot), calibration(turned), STANCE)
    assert sway.foot_mediolateral_rms_rad == pytest.approx(
        2.0 * sway.shank_mediolateral_rms_rad, rel=5e-3
    )


@pytest.mark.parametrize(
    ("seconds", "sideways_deg", "lost", "problem"),
    [
        (8.0, 1.0, 0, "too short"),
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
