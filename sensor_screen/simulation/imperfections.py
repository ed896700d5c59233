"""What is wrong with two sensors and with the body that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

from sensor_screen.units import STANDARD_GRAVITY_MPS2


@dataclass(frozen=True, slots=True)
class Imperfections:
    """Everything that stands between the movement and the samples.

    The default is a good sensor (ST LSM6DSOX) on a body without soft tissue: the plain benchmark.
    """

    gyr_noise_radps: float = radians(0.0038)
    """Noise density, rad/s per root hertz. 3.8 mdps as in the data sheet of the LSM6DSOX."""
    acc_noise_mps2: float = 110e-6 * STANDARD_GRAVITY_MPS2
    """Noise density, m/s2 per root hertz. 110 micro-g: the same part at 16 g."""
    gyr_bias_radps: float = radians(0.3)
    """Length of the constant zero-rate offset, any direction: what a start-up calibration leaves
    of 1 deg/s."""
    acc_bias_mps2: float = 0.0
    """Length of the constant zero-g offset, any direction. None in the plain benchmark; parts are
    sold with 20 mg, worn ones were found at 0.5 m/s2 and more."""
    acc_range_mps2: float = 16.0 * STANDARD_GRAVITY_MPS2
    """Full scale per axis: beyond it the sample is clipped. 16 g is the most this part has."""
    gyr_range_radps: float = radians(2000.0)
    """Full scale per axis: beyond it the sample is clipped."""
    quantised: bool = True
    """Samples are 16-bit counts as the part sends them; False: float32 in SI units."""
    foot_clock_offset_s: float = 0.0
    """The foot's clock shows this much more than the shank's at time zero. With any offset or skew
    the recording does not say how the clocks relate."""
    foot_clock_skew_ppm: float = 0.0
    """The foot's clock runs faster than the shank's by this, in parts per million. Crystals are
    within 20 to 50 each."""
    loss_share: float = 0.0
    """Probability of each single sample to be lost on the way."""
    gaps_per_minute: float = 0.0
    """Mean number of lost packets in a minute, each sensor by itself."""
    gap_s: tuple[float, float] = (0.02, 0.05)
    """Shortest and longest lost packet; one connection interval to a few samples a packet."""
    held_share: float = 0.0
    """Probability of a sample to be an exact repeat of the one before."""
    pump_axis_error_rad: float = radians(3.0)
    """Angle between the axis of the seated pumps and the flexion axis of the joint, any direction:
    nobody pumps about exactly the axis on which he walks."""
    inversion_amplitude_rad: float = radians(8.0)
    """Inversion that goes with each repetition, at its frequency and any phase: the second degree
    of freedom that a hinge does not have."""
    play_rad: float = radians(3.0)
    """Rotation of the whole leg about its length, and its sideways tilt where the foot is free,
    with each repetition: heading is never quite constant."""
    wobble_hz: float = 0.0
    """Resonance of the sensor on soft tissue; 0 for none. 8 to 12 is usual for a strap."""
    wobble_damping: float = 0.3
    """Damping of it, as a share of critical."""
    wobble_limit_mps2: float = 30.0
    """Acceleration at which the tissue stops giving way: 30 m/s2 at 10 Hz are 8 mm."""
    wobble_rad_per_m: float = 7.0
    """Tilt that goes with the displacement: 7 rad/m turn 2.5 mm into 1 deg."""
    shock_mps2: float = 0.0
    """Height of the pulse with which the foot meets the ground; twice that for a ball, two fifths
    at the shank. A running heel strike shows up to 70 g at the foot (Bailey and Harle 2014)."""
    shock_hz: float = 45.0
    """Frequency at which housing and strap ring after it, with a tenth of critical damping."""


IDEAL = Imperfections(
    gyr_noise_radps=0.0,
    acc_noise_mps2=0.0,
    gyr_bias_radps=0.0,
    acc_range_mps2=100.0 * STANDARD_GRAVITY_MPS2,
    gyr_range_radps=radians(10000.0),
    quantised=False,
    pump_axis_error_rad=0.0,
    inversion_amplitude_rad=0.0,
    play_rad=0.0,
)
"""Nothing wrong at all, and a leg that is a hinge."""

BENCHMARK = Imperfections()
"""The plain benchmark: 3 deg of axis error, 8 deg of inversion, 0.3 deg/s of bias."""

HARSH = Imperfections(wobble_hz=10.0, shock_mps2=60.0, acc_bias_mps2=0.5)
"""The same on a body: soft tissue, impacts, and a worn accelerometer."""

WORN_WALK = Imperfections(
    acc_bias_mps2=0.5,
    acc_range_mps2=2.0 * STANDARD_GRAVITY_MPS2,
    gaps_per_minute=12.0,
    inversion_amplitude_rad=radians(5.0),
    play_rad=radians(5.0),
    wobble_hz=10.0,
    shock_mps2=20.0,
)
"""A logger in daily use: packets lost, an accelerometer for 2 g that is worn, a walking body."""
