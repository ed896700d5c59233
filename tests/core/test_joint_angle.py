"""The angles of a joint: exact for rotations that are known, honest about what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.joint_angle import (
    AngleParams,
    anatomical_axes,
    ankle_angles,
    plane_angle,
    tilt_about,
)
from sensor_screen.core.orientation import estimate_orientation, vertical
from sensor_screen.core.uncertainty import ErrorSources, axis_tilt, total_sigma
from sensor_screen.model import (
    AngleMark,
    AxisOrigin,
    Calibration,
    Placement,
    SampleFlag,
    Side,
    SignOrigin,
    ZeroMode,
)
from sensor_screen.simulation.misplaced import cut_leg
from tests.core.simulated_legs import heard_badly, rmse_deg, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.core.ankle import AnkleEstimate
    from sensor_screen.model import Floats
    from tests.core.simulated_legs import SimulatedLeg

PARAMS = AngleParams()
ROTATIONS = st.tuples(*[st.floats(-3.0, 3.0)] * 3).map(
    lambda v: Rotation.from_rotvec(v).as_matrix()
)
FORWARD, UP, RIGHT = np.eye(3)  # of a segment


def z_x_y(dorsiflexion: Floats, inversion: Floats, internal: Floats) -> Floats:
    """(n, 3, 3) Cardan Z-X-Y of a right foot in shank axes forward, up, right."""
    z, x, y = (
        Rotation.from_rotvec(np.multiply.outer(np.atleast_1d(angle), axis))
        for angle, axis in ((dorsiflexion, RIGHT), (inversion, FORWARD), (internal, UP))
    )
    matrices: Floats = (z * x * y).as_matrix()
    return matrices


@settings(deadline=None)  # the first call loads a compiled kernel
@given(
    angles_deg=st.tuples(
        st.floats(-170.0, 170.0), st.floats(-80.0, 80.0), st.floats(-170.0, 170.0)
    ),
    shank=ROTATIONS,
    foot=ROTATIONS,
    tilt_deg=st.floats(-60.0, 60.0),
)
def test_known_rotations_give_back_their_angles(
    angles_deg: tuple[float, float, float], shank: Floats, foot: Floats, tilt_deg: float
) -> None:
    turned = z_x_y(*np.radians(angles_deg))
    # Columns of `shank` and `foot`: forward, up and right of the segment in its sensor. The
    # vertical need not be across the axis.
    lean = np.radians(tilt_deg)
    relative, neutral = shank @ turned @ foot.T, shank @ foot.T
    up = shank @ (np.cos(lean) * UP + np.sin(lean) * RIGHT)
    given = (relative, neutral[None], (shank @ RIGHT)[None], up)
    dorsiflexion, inversion = ankle_angles(*given, Side.RIGHT)
    np.testing.assert_allclose(np.degrees(dorsiflexion), angles_deg[0], atol=1e-7)
    np.testing.assert_allclose(np.degrees(inversion), angles_deg[1], atol=1e-5)
    same, other_way = ankle_angles(*given, Side.LEFT)
    np.testing.assert_array_equal(same, dorsiflexion)
    np.testing.assert_array_equal(other_way, -inversion)


def test_toes_up_is_positive_and_the_sole_turning_inwards_too() -> None:
    """In a laboratory with x forward, y up and z to the right of a person standing upright."""
    toes_up = Rotation.from_rotvec(0.3 * RIGHT)
    assert toes_up.apply(FORWARD) @ UP > 0
    sole_inwards = Rotation.from_rotvec(0.2 * FORWARD)
    # Of a right foot: its inner edge rises, and its sole faces the left foot.
    assert sole_inwards.apply(-RIGHT) @ UP > 0
    assert sole_inwards.apply(-UP) @ -RIGHT > 0
    relative = np.stack([toes_up.as_matrix(), sole_inwards.as_matrix()])
    axis, neutral = np.tile(RIGHT, (2, 1)), np.tile(np.eye(3), (2, 1, 1))
    dorsiflexion, inversion = ankle_angles(relative, neutral, axis, UP, Side.RIGHT)
    np.testing.assert_allclose(dorsiflexion, [0.3, 0.0], atol=1e-12)
    np.testing.assert_allclose(inversion, [0.0, 0.2], atol=1e-12)


@given(sensor=ROTATIONS, lean_deg=st.floats(-170.0, 170.0), heading=st.floats(-3.0, 3.0))
def test_a_lean_is_read_from_gravity_whatever_the_heading(
    sensor: Floats, lean_deg: float, heading: float
) -> None:
    # Leaning forward turns the segment about the axis to its right, backwards by the sign.
    segment = Rotation.from_rotvec(heading * UP) * Rotation.from_rotvec(
        -np.radians(lean_deg) * RIGHT
    )
    up = sensor @ segment.inv().apply(UP)
    found = tilt_about(up[None], sensor @ RIGHT, sensor @ UP)
    np.testing.assert_allclose(np.degrees(found), lean_deg, atol=1e-7)


@given(
    shank_deg=st.floats(-80.0, 80.0),
    foot_deg=st.floats(-80.0, 80.0),
    headings=st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)),
    sensors=st.tuples(ROTATIONS, ROTATIONS),
)
def test_two_tilts_make_the_angle_of_a_level_joint(
    shank_deg: float,
    foot_deg: float,
    headings: tuple[float, float],
    sensors: tuple[Floats, Floats],
) -> None:
    up = np.empty((4, 2, 3))
    for s, (pitch_deg, heading, sensor) in enumerate(
        zip((-shank_deg, foot_deg), headings, sensors, strict=True)
    ):
        turn = Rotation.from_rotvec(heading * UP) * Rotation.from_rotvec(
            np.radians(pitch_deg) * RIGHT
        )
        up[:3, s], up[3, s] = sensor @ UP, sensor @ turn.inv().apply(UP)
    axes = np.stack([sensor @ RIGHT for sensor in sensors])
    angle = plane_angle(up, axes, slice(0, 3))
    np.testing.assert_allclose(np.degrees(angle), [0, 0, 0, shank_deg + foot_deg], atol=1e-7)


@given(axis=ROTATIONS, up=ROTATIONS)
def test_anatomical_axes_are_a_right_handed_frame(axis: Floats, up: Floats) -> None:
    right, vertical_now = axis[:, 0], up[:, 1]
    assume(abs(right @ vertical_now) < 0.99)
    frame = anatomical_axes(right, vertical_now)
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    np.testing.assert_allclose(frame[:, 2], right, atol=1e-12)
    assert frame[:, 1] @ vertical_now > 0


def sources(**changed: float) -> ErrorSources:
    """A good recording, but for what is said."""
    usual = {
        "variance_rad2": 1e-5,
        "tilt_rad": 0.03,
        "inversion_rad": 0.05,
        "misfit_m": 0.001,
        "foot_rate_radps": 1.0,
    }
    arrays = {name: np.full(3, changed.pop(name, value)) for name, value in usual.items()}
    scalars = {"stand_s": 2.0, "clock_residual_s": 0.0} | changed
    return ErrorSources(**arrays, **scalars)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "worse",
    [
        {"variance_rad2": 1e-3},
        {"tilt_rad": 0.2},
        {"inversion_rad": -0.2},
        {"misfit_m": 0.003},
        {"stand_s": 0.4},
        {"clock_residual_s": 0.005},
    ],
    ids=lambda worse: next(iter(worse)),
)
def test_everything_that_is_worse_makes_it_less_sure(worse: dict[str, float]) -> None:
    angle = np.radians([0.0, 20.0, -40.0])
    assert (
        total_sigma(angle, sources(**worse), PARAMS) > total_sigma(angle, sources(), PARAMS)
    ).all()


@settings(deadline=None)
@given(
    tilt_deg=st.floats(-4.0, 4.0),
    flexion_deg=st.floats(-40.0, 40.0),
    inversion_deg=st.floats(-15.0, 15.0),
)
def test_a_tilted_axis_mixes_in_inversion_by_its_tilt(
    tilt_deg: float, flexion_deg: float, inversion_deg: float
) -> None:
    """What the band rests on: flexion errs by tilt times inversion."""
    turned = z_x_y(*np.radians([[flexion_deg, 0.0], [inversion_deg, inversion_deg], [0.0, 0.0]]))
    tilt, inversion = np.radians([tilt_deg, inversion_deg])
    neutral, true = np.tile(np.eye(3), (2, 1, 1)), np.radians([flexion_deg, 0.0])
    forward, upward = (
        ankle_angles(
            turned,
            neutral,
            np.tile(np.cos(tilt) * RIGHT + np.sin(tilt) * towards, (2, 1)),
            UP,
            Side.RIGHT,
        )[0]
        - true
        for towards in (FORWARD, UP)
    )
    # The second order, at 40 deg of flexion: 0.3 deg.
    np.testing.assert_allclose(forward, tilt * inversion, atol=np.radians(0.35))
    # The other direction mixes in nothing around neutral.
    np.testing.assert_allclose(upward[1], 0.0, atol=1e-12)


def calibrated(origin: AxisOrigin, error_rad: float) -> Calibration:
    return Calibration(
        neutral_start_s=0.0,
        neutral_end_s=2.0,
        shank_axis=RIGHT,
        foot_axis=RIGHT,
        axis_origin=origin,
        sign_origin=SignOrigin.USER,
        zero_mode=ZeroMode.QUIET_STANDING,
        axis_error_rad=error_rad,
        quality=1.0,
        reasons=(),
    )


def test_the_worse_of_two_axis_errors_counts_and_movement_hides_more() -> None:
    sigma = np.array([0.02, 0.06])
    given, moved = (
        axis_tilt(sigma, calibrated(origin, 0.05), PARAMS)
        for origin in (AxisOrigin.GIVEN, AxisOrigin.MOVEMENT)
    )
    np.testing.assert_allclose(given, np.sqrt(0.5) * np.array([0.05, 0.06]))
    assert (moved > given).all()


def test_a_misfit_that_sampling_explains_costs_nothing() -> None:
    """The band is narrow where the evidence is clean; beyond, each millimetre counts."""
    angle = np.zeros(3)
    widths = [
        np.degrees(total_sigma(angle, sources(misfit_m=misfit_m, tilt_rad=0.0), PARAMS)[0])
        for misfit_m in (0.0, 0.0004, 0.0009, 0.0025, 0.005, 0.006)
    ]
    assert widths[1] - widths[0] < 0.02
    assert (np.diff(widths[1:5]) > 0.2).all()
    assert widths[5] - widths[4] < 0.02


def test_large_angles_are_less_sure_alike_in_both_directions() -> None:
    sigma = total_sigma(np.radians([0.0, 30.0, -30.0]), sources(), PARAMS)
    assert sigma[1] == sigma[2] > sigma[0] > PARAMS.floor_rad


def test_most_samples_lie_in_the_95_percent_band(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate]
) -> None:
    for name, found in estimates.items():
        error = np.abs(found.trace.dorsiflexion_rad - legs[name].dorsiflexion_rad)
        assert (error <= 1.96 * found.trace.sigma_rad).mean() > 0.9, name
        assert 1.96 * np.median(found.trace.sigma_rad) < np.radians(3.5), name


def test_gravity_alone_agrees_with_the_estimator(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate]
) -> None:
    """The cross-check is independent; on people it is good to 2 or 3 deg."""
    known, found = legs["stairs"], estimates["stairs"]
    up = np.stack(
        [
            vertical(estimate_orientation(known.samples.acc_mps2[:, s], rates, known.leg.rate_hz))
            for s, rates in enumerate(np.moveaxis(known.samples.gyr_radps, 1, 0))
        ],
        axis=1,
    )
    axes = np.stack([found.calibration.shank_axis, found.calibration.foot_axis])
    assert rmse_deg(plane_angle(up, axes, found.neutral), found.trace.dorsiflexion_rad) < 3.0


def test_lean_minus_pitch_is_the_angle_of_a_leg_that_is_a_hinge(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate]
) -> None:
    trace, known = estimates["stairs"].trace, legs["stairs"]
    # Inversion of 8 deg and an axis that is 3 deg off come between.
    assert rmse_deg(trace.shank_lean_rad + trace.foot_pitch_rad, trace.dorsiflexion_rad) < 1.5
    lean = np.interp(known.leg.time_s, known.truth.time_s, known.truth.shank_lean_rad)
    assert rmse_deg(trace.shank_lean_rad, lean) < 1.5


def test_inside_a_gap_and_just_around_it_nothing_is_valid(
    legs: Mapping[str, SimulatedLeg],
) -> None:
    heard = heard_badly(legs["stairs"], silent((20.0, 20.5)), Placement.FOOT)
    trace = estimate_ankle(heard.leg, heard.tasks).trace
    assert heard.leg.foot is not None
    missing = (heard.leg.foot.flags & int(SampleFlag.MISSING)) != 0
    assert 45 <= missing.sum() <= 51
    gap = (trace.marks & int(AngleMark.GAP)) != 0
    around = (trace.time_s > 19.9) & (trace.time_s < 20.55)
    assert gap[around].all()
    assert not trace.valid[gap].any()
    assert gap.sum() <= missing.sum() + 22  # 0.1 s on either side


def test_an_unknown_sign_is_said_with_every_sample(
    legs: Mapping[str, SimulatedLeg], estimates: Mapping[str, AnkleEstimate]
) -> None:
    found = estimates["kicks"]
    assert found.trace.valid.all()
    assert found.trace.method == "smoother"
    # Steps would tell without a label; seated pumps alone do not.
    seated = cut_leg(legs["stairs"].leg, slice(0, int(11.0 * legs["stairs"].leg.rate_hz)))
    unlabelled = estimate_ankle(seated, legs["stairs"].tasks[:1]).trace
    unknown = int(AngleMark.SIGN_UNKNOWN)
    assert ((unlabelled.marks & unknown) != 0).all()
    assert not unlabelled.valid.any()
