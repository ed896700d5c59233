"""Left beside right: what is paired, the error of the difference, and mirrored input."""

import math
from dataclasses import replace

import pytest

from sensor_screen.core.symmetry import compare_sides
from sensor_screen.model import LegMeasures, Placement, Side, StanceRole, SwayMeasures, TiltSway
from tests.hand_made import ankle, leg_measures


def legs() -> tuple[LegMeasures, LegMeasures]:
    left = leg_measures(ankle(Side.LEFT, bend_deg=42.0, squat=[30.0, 32.0, 34.0]))
    right = leg_measures(ankle(Side.RIGHT, bend_deg=36.0, squat=[29.0, 31.0], stairs_up=[20.0]))
    return left, right


def test_only_what_both_legs_have_is_compared() -> None:
    found = {(c.measure, c.what): c for c in compare_sides(legs())}
    assert set(found) == {
        ("end range", "lunge, dorsiflexion"),
        ("end range", "point, plantarflexion"),
        ("typical peak", "squat, dorsiflexion"),
        *((measure, task) for measure in ("excursion", "peak velocity") for task in
          ("lunge", "point", "squat")),
    }  # fmt: skip
    lunge = found["end range", "lunge, dorsiflexion"]
    assert lunge.difference == pytest.approx(math.radians(6.0))
    assert lunge.asymmetry == pytest.approx(6.0 / 39.0)
    assert lunge.sigma == pytest.approx(math.radians(math.sqrt(2.0)))


def test_a_single_excursion_has_no_error() -> None:
    found = {(c.measure, c.what): c for c in compare_sides(legs())}
    assert math.isnan(found["excursion", "lunge"].sigma)
    assert found["excursion", "squat"].sigma > 0.0


def test_mirrored_legs_give_mirrored_differences() -> None:
    left, right = legs()
    mirrored = compare_sides([
        _as(left, Side.RIGHT), _as(right, Side.LEFT),
    ])  # fmt: skip
    straight = {(c.measure, c.what): c.difference for c in compare_sides([left, right])}
    assert {(c.measure, c.what): -c.difference for c in mirrored} == straight


def test_one_leg_is_compared_with_nothing() -> None:
    assert compare_sides(legs()[:1]) == ()
    assert compare_sides(()) == ()


def test_stances_are_compared_by_the_leg_that_stood() -> None:
    def stance(side: Side, role: StanceRole, tilt_rad: float) -> SwayMeasures:
        tilt = TiltSway(Placement.SHANK, total_rms_rad=tilt_rad, total_sigma_rad=0.001)
        return SwayMeasures(side, 0.0, 20.0, role=role, hold_s=18.0, tilt=(tilt,))

    left, right = legs()
    left = replace(left, sway=(stance(Side.LEFT, StanceRole.STANDING, 0.012),))
    stood = replace(right, sway=(stance(Side.RIGHT, StanceRole.STANDING, 0.008),))
    hung = replace(right, sway=(stance(Side.RIGHT, StanceRole.RAISED, 0.3),))
    (tilt,) = (c for c in compare_sides([left, stood]) if c.measure == "sway")
    assert tilt.difference == pytest.approx(0.004)
    assert tilt.sigma == pytest.approx(0.001 * math.sqrt(2.0))
    assert not [c for c in compare_sides([left, hung]) if c.measure in ("sway", "hold time")]


def test_two_recordings_pair_like_one() -> None:
    assert repr(compare_sides(legs())) == repr(compare_sides(legs()[::-1]))


def _as(leg: LegMeasures, side: Side) -> LegMeasures:
    return replace(leg, side=side)
