from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.core.orientation_angle import angle_of_orientations
from sensor_screen.errors import MeasurementError, StillnessError, UsageError
from sensor_screen.model import AngleMark, AngleTrace, Side, ZeroMode

if TYPE_CHECKING:
    from sensor_screen.model import Floats

TIME_S = np.arange(600) / 60.0
STAND = (0.0, 2.0)


def bends(peak_rad: float = 0.5) -> Floats:
    """(n,) standing for 2 s, up to `peak_rad` at 3 s, then down and up again."""
    moving_s = np.maximum(TIME_S - 2.0, 0.0)
    return peak_rad * np.sin(0.5 * np.pi * moving_s)


def quaternions(rotation: Rotation) -> Floats:
    scalar_last = rotation.as_quat()
    return np.asarray(scalar_last[:, [3, 0, 1, 2]])


def leg(angle_rad: Floats, aside_rad: Floats | float = 0.0, seed: int = 1) -> tuple[Floats, Floats]:
    """Orientations of shank and foot: any mounting, any room, any movement of the shank."""
    rng = np.random.default_rng(seed)
    room, shank_mount, foot_mount = Rotation.random(3, random_state=seed)
    path = np.cumsum(rng.normal(size=(len(angle_rad), 3)), axis=0) * 0.02
    shank = room * Rotation.from_rotvec(path)
    hinge = Rotation.from_rotvec(np.outer(angle_rad, [0.0, 0.0, 1.0]))
    aside = Rotation.from_rotvec(np.outer(np.broadcast_to(aside_rad, len(angle_rad)), [1, 0, 0]))
    flips = rng.choice([-1.0, 1.0], size=(len(angle_rad), 1))
    return (
        quaternions(shank * shank_mount) * flips,
        quaternions(shank * hinge * aside * foot_mount),
    )


def measure(orientations: tuple[Floats, Floats], **changes: Any) -> AngleTrace:
    options = {"neutral_s": STAND, "dorsiflexed_at_s": 3.0} | changes
    return angle_of_orientations(Side.LEFT, TIME_S, *orientations, **options)


@pytest.mark.parametrize("seed", range(5))
def test_a_hinge_is_exact_in_any_mounting_and_room(seed: int) -> None:
    trace = measure(leg(bends(), seed=seed))
    np.testing.assert_allclose(trace.dorsiflexion_rad, bends(), atol=1e-9)
    assert trace.valid.all()
    assert trace.hinge_share == pytest.approx(1.0)
    assert trace.rate_hz == pytest.approx(60.0)
    assert (trace.zero_mode, trace.method) == (ZeroMode.QUIET_STANDING, "orientations")


def test_the_sign_is_the_users_word() -> None:
    up = measure(leg(bends()), dorsiflexed_at_s=3.0)
    down = measure(leg(bends()), dorsiflexed_at_s=5.0)
    np.testing.assert_allclose(down.dorsiflexion_rad, -up.dorsiflexion_rad, atol=1e-12)


def test_what_is_not_known_is_nan() -> None:
    trace = measure(leg(bends()))
    for unknown in (trace.inversion_rad, trace.sigma_rad, trace.shank_lean_rad):
        assert np.isnan(unknown).all()


def test_a_little_inversion_changes_little() -> None:
    aside = 0.1 * np.sin(1.3 * np.pi * np.maximum(TIME_S - 2.0, 0.0))
    trace = measure(leg(bends(), aside))
    # Inversion that is not in step with flexion: the axis holds to 5 degrees, its cosine to 0.4 %.
    np.testing.assert_allclose(trace.dorsiflexion_rad, bends(), atol=0.02)
    assert 0.9 < trace.hinge_share < 1.0


def test_a_joint_that_is_no_hinge_is_not_valid() -> None:
    trace = measure(leg(bends(), 0.5 * np.sin(2.7 * np.maximum(TIME_S - 2.0, 0.0))))
    assert not trace.valid.any()
    assert (trace.marks & AngleMark.NOT_A_HINGE).all()


def test_a_gap_stays_a_gap() -> None:
    shank, foot = leg(bends())
    shank[300:310] = np.nan
    trace = measure((shank, foot))
    assert np.isnan(trace.dorsiflexion_rad[300:310]).all()
    assert not trace.valid[300:310].any()
    np.testing.assert_allclose(
        np.delete(trace.dorsiflexion_rad, slice(300, 310)),
        np.delete(bends(), slice(300, 310)),
        atol=1e-9,
    )


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(MeasurementError, match="the ankle moves by"):
        measure(leg(bends()), neutral_s=(2.0, 4.0))
    with pytest.raises(UsageError, match="holds 0 orientations"):
        measure(leg(bends()), neutral_s=(20.0, 30.0))
    with pytest.raises(UsageError, match="holds 0 orientations"):
        measure(leg(bends()), neutral_s=(2.0, 0.0))
    with pytest.raises(UsageError, match="from 0 to"):
        measure(leg(bends()), dorsiflexed_at_s=99.0)
    with pytest.raises(UsageError, match="from 0 to"):
        measure(leg(bends()), dorsiflexed_at_s=float("nan"))
    with pytest.raises(MeasurementError, match="too near to tell"):
        measure(leg(bends()), dorsiflexed_at_s=1.0)
    with pytest.raises(StillnessError, match="no more than 10 degrees"):
        measure(leg(bends(0.1)))
