"""Two clocks: the lag put in comes out, in any mounting; what movement does not tell is left."""

import csv
import dataclasses
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.core.alignment import (
    AlignmentParams,
    ClockAlignment,
    align_clocks,
    assemble_leg,
)
from sensor_screen.core.cleaning import clean_stream
from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import (
    ClockMap,
    Placement,
    SampleFlag,
    SensorInfo,
    SensorStream,
    Side,
)
from sensor_screen.simulation.imperfections import BENCHMARK, HARSH, Imperfections
from sensor_screen.simulation.simulator import simulate
from tests.core.jointed_leg import FOOT, RESTING, leg, sense, stream

SHARED = Path(__file__).parents[2] / "../shared/data"
SECONDS = 100.0
# Of the lag: the low-pass treats two turning sensors a little differently, and samples between
# the grid are interpolated linearly. Below half a millisecond on this movement.
TOLERANCE_S = 5e-4


def align(shank: SensorStream, foot: SensorStream) -> ClockAlignment:
    return align_clocks(clean_stream(shank), clean_stream(foot))


def lag_left(clock: ClockMap, offset_s: float, skew: float, at_s: float) -> float:
    """What remains of the true lag at a time of the shank's clock."""
    return float(clock.common_time_s(np.array(at_s * (1 + skew) + offset_s)) - at_s)


# --- the lag -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset_s", "skew"),
    [(0.02, 0.0), (-0.02, 0.0), (0.2, 0.0), (-0.2, 1e-4), (0.005, 8e-5), (0.1, -1e-4)],
)
def test_offset_and_skew_put_in_come_out(offset_s: float, skew: float) -> None:
    found = align(*leg(SECONDS, foot_offset_s=offset_s, foot_skew=skew))
    assert found.confident
    assert found.clock.origin == "movement"
    for at_s in (0.0, SECONDS / 2, SECONDS):
        # At the ends the error of the skew comes in: 10 ppm over 50 s.
        allowed_s = TOLERANCE_S + 1e-5 * abs(at_s - SECONDS / 2)
        assert lag_left(found.clock, offset_s, skew, at_s) == pytest.approx(0.0, abs=allowed_s)
    assert found.clock.residual_s < 3e-3
    assert "put right" in found.sentence


def test_clocks_that_agree_are_left_exactly_alone() -> None:
    found = align(*leg(SECONDS))
    assert (found.clock.offset_s, found.clock.skew) == (0.0, 0.0)
    assert found.confident
    assert abs(found.lag_s) < TOLERANCE_S
    assert "left as they are" in found.sentence


def test_another_offset_shifts_the_estimate_by_as_much() -> None:
    shank, foot = leg(SECONDS, foot_offset_s=0.02)
    later = dataclasses.replace(foot, device_time_s=foot.device_time_s + 0.1)
    difference_s = align(shank, later).lag_s - align(shank, foot).lag_s
    # The windows begin elsewhere, by a tenth of a second.
    assert difference_s == pytest.approx(0.1, abs=2e-4)


def test_turning_the_sensors_changes_nothing() -> None:
    plain = align(*leg(SECONDS, foot_offset_s=0.02))
    turns = Rotation.from_rotvec([0.3, -2.0, 1.0]), Rotation.from_rotvec([1.0, 0.4, -0.7])
    turned = align(*leg(SECONDS, foot_offset_s=0.02, mountings=turns))
    # The samples are rounded to float32 in other axes.
    assert turned.lag_s == pytest.approx(plain.lag_s, abs=1e-5)


@pytest.mark.parametrize(("shank_hz", "foot_hz"), [(100.0, 60.0), (50.0, 50.0), (120.0, 204.8)])
def test_other_rates(shank_hz: float, foot_hz: float) -> None:
    found = align(*leg(SECONDS, foot_offset_s=0.05, shank_hz=shank_hz, foot_hz=foot_hz))
    # At 50 and 60 Hz straight lines between samples cost more.
    assert found.lag_s == pytest.approx(0.05, abs=1e-3)


def test_a_short_recording_is_one_window_and_trusted_less() -> None:
    found = align(*leg(6.0, foot_offset_s=0.05))
    assert len(found.windows) == 1
    assert found.lag_s == pytest.approx(0.05, abs=1e-3)
    assert found.clock.residual_s > align(*leg(SECONDS, foot_offset_s=0.05)).clock.residual_s


def test_clipped_and_missing_samples_are_left_out() -> None:
    shank, foot = (clean_stream(s) for s in leg(SECONDS, foot_offset_s=0.02))
    rng = np.random.default_rng(5)
    bad = np.zeros(len(foot.time_s), dtype=bool)
    for start in rng.integers(0, len(bad) - 30, 40):
        bad[start : start + 15] = True
    acc = np.where(bad[:, None], rng.normal(0.0, 60.0, foot.acc_mps2.shape), foot.acc_mps2)
    flags = np.where(bad, int(SampleFlag.CLIPPED), 0).astype(np.uint8)
    spoilt = dataclasses.replace(foot, acc_mps2=acc, flags=flags)
    # What leaks through the low-pass beyond the margin of 60 ms.
    assert align_clocks(shank, spoilt).lag_s == pytest.approx(0.02, abs=3e-3)


# --- what cannot be known ------------------------------------------------------------------------


def test_a_foot_that_rests_does_not_tell() -> None:
    found = align(*leg(SECONDS, foot_offset_s=0.02, foot=RESTING, carried=False))
    assert (found.clock.offset_s, found.clock.skew) == (0.0, 0.0)
    assert not found.confident
    assert found.clock.residual_s == AlignmentParams().unknown_s
    assert all(window.rejected for window in found.windows)
    assert "does not tell" in found.sentence


def test_without_movement_or_time_nothing_is_known() -> None:
    time_s = np.arange(3000) / 100.0
    rest = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (3000, 1))
    rest += np.random.default_rng(0).normal(0.0, 0.01, rest.shape)
    still = align(*(stream(p, time_s, rest) for p in (Placement.SHANK, Placement.FOOT)))
    brief = align(*leg(3.0, foot_offset_s=0.02))
    for found in (still, brief):
        assert found.clock == ClockMap(residual_s=0.1, origin="movement")
        assert found.windows == ()


# --- the leg -------------------------------------------------------------------------------------


def test_both_sensors_come_on_one_grid_and_one_time() -> None:
    shank, foot = leg(SECONDS, foot_offset_s=0.05, foot_skew=8e-5, foot_hz=60.0, noise=0.003)
    made = assemble_leg(shank, foot, Side.RIGHT)
    assert made.rate_hz == 100.0
    assert made.shank is not None
    assert made.foot is not None
    np.testing.assert_array_equal(made.shank.time_s, made.time_s)
    np.testing.assert_array_equal(made.foot.time_s, made.time_s)
    np.testing.assert_allclose(np.diff(made.time_s), 0.01)
    error = made.foot.gyr_radps - sense(FOOT, made.time_s)[:, 3:]
    # Straight lines between 60 Hz samples of a movement to 4.7 Hz cost 1 %, a lag of 0.5 ms 1 %:
    # of 5 rad/s RMS. The lag uncorrected would cost 2 rad/s.
    assert np.sqrt(np.mean(error**2)) < 0.1
    np.testing.assert_allclose(made.shank.gyr_radps, shank.gyr_radps[: len(made.time_s)], atol=1e-6)


def test_faults_are_carried_along() -> None:
    shank, foot = leg(20.0)
    kept = np.r_[0:700, 750:2000]
    gappy = dataclasses.replace(foot, device_time_s=foot.device_time_s[kept], raw=foot.raw[kept])
    made = assemble_leg(shank, gappy, Side.RIGHT)
    assert made.foot is not None
    assert made.foot.counts.missing == 50
    missing = (made.foot.flags & int(SampleFlag.MISSING)) != 0
    np.testing.assert_array_equal(np.flatnonzero(missing), np.arange(700, 750))


def test_known_clocks_are_used_and_not_estimated() -> None:
    shank, foot = leg(20.0)
    shank = dataclasses.replace(shank, clock=ClockMap(offset_s=1.0, residual_s=3e-4))
    foot = dataclasses.replace(foot, clock=ClockMap(offset_s=1.5, residual_s=4e-4))
    made = assemble_leg(shank, foot, Side.RIGHT)
    assert made.clock == ClockMap(offset_s=0.5, residual_s=pytest.approx(5e-4), origin="given")
    # Only the time in common: the foot starts half a second later.
    assert made.time_s[0] == pytest.approx(1.5)
    assert made.time_s[-1] == pytest.approx(1.0 + 19.99)


def test_fast_sensors_are_thinned() -> None:
    shank, foot = leg(20.0, shank_hz=500.0, foot_hz=500.0)
    made = assemble_leg(shank, foot, Side.RIGHT)
    assert made.rate_hz == pytest.approx(500.0 / 3)
    np.testing.assert_allclose(np.diff(made.time_s), 3 / 500.0)


@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_one_sensor_alone_is_a_leg(placement: Placement) -> None:
    shank, foot = leg(20.0)
    is_shank = placement is Placement.SHANK
    made = assemble_leg(shank if is_shank else None, None if is_shank else foot, Side.RIGHT)
    assert (made.shank is not None) == is_shank
    assert (made.foot is not None) == (not is_shank)
    assert made.clock.residual_s == 0.0


def test_no_time_in_common_is_refused() -> None:
    shank, foot = leg(20.0)
    later = dataclasses.replace(foot, device_time_s=foot.device_time_s + 19.5)
    with pytest.raises(RecordingError, match="right leg: shank and foot sensor have no time in"):
        assemble_leg(shank, later, Side.RIGHT)


def test_no_sensor_is_refused() -> None:
    with pytest.raises(UsageError, match="no sensor"):
        assemble_leg(None, None, Side.LEFT)


def test_a_sensor_on_the_table_is_refused() -> None:
    shank, foot = leg(20.0)
    rest = sense(RESTING, foot.device_time_s, carried=False)
    rest += np.random.default_rng(0).normal(0.0, 0.002, rest.shape)
    table = stream(Placement.FOOT, foot.device_time_s, rest)
    with pytest.raises(RecordingError, match="right foot sensor: it never moves"):
        assemble_leg(fast(shank), table, Side.RIGHT)
    # A foot that stays flat while the shank leans slowly is how a squat looks.
    assert assemble_leg(slow(shank), table, Side.RIGHT).foot is not None
    with pytest.raises(RecordingError, match="right shank sensor: it never moves"):
        assemble_leg(dataclasses.replace(table, info=shank.info), foot, Side.RIGHT)


def fast(shank: SensorStream) -> SensorStream:
    return dataclasses.replace(shank, gyr_scale_radps=2.0)


def slow(shank: SensorStream) -> SensorStream:
    return dataclasses.replace(shank, gyr_scale_radps=0.2)


# --- people and rigs -----------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["stairs", "kick"])
@pytest.mark.parametrize("flaws", [BENCHMARK, HARSH], ids=["benchmark", "harsh"])
def test_simulated_steps_and_kicks_within_2_ms(scenario: str, flaws: Imperfections) -> None:
    late = dataclasses.replace(flaws, foot_clock_offset_s=0.02, foot_clock_skew_ppm=80.0)
    simulation = simulate(scenario, imperfections=late, seed=0)
    made = assemble_leg(*simulation.recording.streams, Side.RIGHT)
    middle_s = made.time_s[len(made.time_s) // 2]
    # 2 ms cost 1 to 2 deg of a kick's peak; soft tissue alone delays by that much.
    assert lag_left(made.clock, 0.02, 8e-5, middle_s) == pytest.approx(0.0, abs=2e-3)


def test_squats_on_a_flat_foot_are_not_made_worse() -> None:
    simulation = simulate("squat", imperfections=HARSH, seed=1)
    streams = [dataclasses.replace(s, clock=None) for s in simulation.recording.streams]
    made = assemble_leg(*streams, Side.RIGHT)
    assert abs(lag_left(made.clock, 0.0, 0.0, 60.0)) < 2e-3
    assert made.clock.residual_s > 2e-3


def read(recording: str, name: str) -> np.ndarray:
    path = SHARED / recording / f"{name}.csv"
    if not SHARED.exists():
        pytest.skip("the public recordings are not here")
    if path.exists():
        text = path.read_text()
    else:
        text = gzip.decompress(path.with_suffix(".csv.gz").read_bytes()).decode()
    return np.array([[float(x) for x in row] for row in list(csv.reader(text.split()))[1:]])


def recorded(recording: str, offset_s: float, skew: float) -> tuple[SensorStream, SensorStream]:
    shank, foot = read(recording, "shank"), read(recording, "foot")
    foot[:, 0] = foot[:, 0] * (1 + skew) + offset_s
    made = [
        SensorStream(SensorInfo(Side.NONE, placement), rows[:, 0], rows[:, 1:].astype(np.float32))
        for placement, rows in ((Placement.SHANK, shank), (Placement.FOOT, foot))
    ]
    return made[0], made[1]


@pytest.mark.shared
@pytest.mark.parametrize("recording", ["rig1d/01", "rig1d/02", "rig1d/03"])
@pytest.mark.parametrize(("offset_s", "skew"), [(0.02, 0.0), (0.2, 8e-5), (-0.15, -1e-4)])
def test_a_lag_put_into_the_rigs_comes_out(recording: str, offset_s: float, skew: float) -> None:
    shank, foot = recorded(recording, offset_s, skew)
    found = align(shank, foot)
    middle_s = (shank.device_time_s[0] + shank.device_time_s[-1]) / 2
    # The rigs are rigid; 50 Hz with straight lines between samples costs 0.3 ms.
    assert lag_left(found.clock, offset_s, skew, middle_s) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.shared
@pytest.mark.parametrize(
    "recording", ["rig1d/01", "rig1d/02", "rig1d/03", "rig2d/03", "rig3d/02", "pp054/walk_right"]
)
def test_recordings_on_one_clock_are_left_alone(recording: str) -> None:
    found = align(*recorded(recording, 0.0, 0.0))
    assert (found.clock.offset_s, found.clock.skew) == (0.0, 0.0)
    assert math.isfinite(found.clock.residual_s)
    assert found.confident
