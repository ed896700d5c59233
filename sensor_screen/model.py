"""The nouns of the product, in the order in which the data flow.

    recording -> clean leg -> calibration -> ankle angle -> repetitions -> capacity, demand, sway

What follows from them (findings, concern, advice, report) is in `judgement`.

All are frozen. Arrays carry shape and columns in the comment beside them; SI units and radians.
Dorsiflexion is positive, plantarflexion negative (ISB, Wu et al. 2002), for both legs alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Bytes = NDArray[np.uint8]
    Marks = NDArray[np.uint16]

# --- words ---------------------------------------------------------------------------------------


class Side(StrEnum):
    """Which leg a sensor is on; the user's word, never guessed."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class Placement(StrEnum):
    """Which segment a sensor is on."""

    SHANK = "shank"
    FOOT = "foot"
    LUMBAR = "lumbar"


class Task(StrEnum):
    """What the person was asked to do."""

    STAND = "stand"
    PUMP = "pump"
    LUNGE = "lunge"
    POINT = "point"
    SQUAT = "squat"
    STAIRS_UP = "stairs_up"
    STAIRS_DOWN = "stairs_down"
    KICK = "kick"
    BALANCE = "balance"
    WALK = "walk"
    MOVE = "move"


class GyroSampling(StrEnum):
    """What one gyroscope sample means: a property of the sensor, known from its driver."""

    INSTANT = "instant"
    INTERVAL_MEAN = "interval_mean"


class Origin(StrEnum):
    """Where the samples come from; a simulated recording says so in every report."""

    MEASURED = "measured"
    SIMULATED = "simulated"


class ZeroMode(StrEnum):
    """What zero degrees means; stored with every angle."""

    GRAVITY_VERTICAL = "gravity_vertical"
    QUIET_STANDING = "quiet_standing"


class Direction(StrEnum):
    """The two ways an ankle bends, and so the two families of findings."""

    DORSIFLEXION = "dorsiflexion"
    PLANTARFLEXION = "plantarflexion"


class Climb(StrEnum):
    """Where a stride goes, told from the height of the foot before and after it."""

    UP = "up"
    DOWN = "down"
    LEVEL = "level"
    UNKNOWN = "unknown"


class RepetitionMark(StrEnum):
    """What its reader must know of a repetition, counted or not."""

    HALF = "half"
    """Clearly less deep than the others of its kind."""
    PAUSED = "paused"
    """Held still for longer than a moment on the way."""
    HEEL_LIFT = "heel_lift"
    """The heel came up while the shank leaned."""
    CUT_OFF = "cut_off"
    """The recording began or ended in it."""
    ANGLE_LOST = "angle_lost"
    """Its angle is not valid in parts."""
    OTHER_WAY = "other_way"
    """A stride that did not go where the label says."""


# --- recording -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """What is known of one sensor."""

    side: Side
    placement: Placement
    serial: str = ""
    model: str = ""
    gyro_sampling: GyroSampling = GyroSampling.INSTANT
    acc_range_mps2: float | None = None
    """Full scale per axis; None where the source does not say: then it is sought in the data."""
    gyr_range_radps: float | None = None


@dataclass(frozen=True, slots=True)
class ClockMap:
    """Turns one sensor's device time into the recording's time base."""

    offset_s: float = 0.0
    skew: float = 0.0
    """Relative rate error: 1e-6 is one part per million."""
    residual_s: float = 0.0
    origin: str = "given"
    """`given` (by the source), `shared` (one clock), `arrivals` (of packets; the residual is a
    bound then), or `movement` (estimated; the residual is 1 sigma)."""

    def common_time_s(self, device_time_s: Floats) -> Floats:
        """Time on the common base."""
        return device_time_s * (1.0 + self.skew) + self.offset_s


@dataclass(frozen=True, slots=True)
class SensorStream:
    """The samples of one sensor exactly as received: the stored truth."""

    info: SensorInfo
    device_time_s: Floats  # (n,) this sensor's own clock
    raw: NDArray[np.int16] | NDArray[np.float32]  # (n, 6): acc x, y, z, gyr x, y, z
    acc_scale_mps2: float = 1.0
    """Size of one count; 1 where the source had floats in SI units."""
    gyr_scale_radps: float = 1.0
    sequence: NDArray[np.int64] | None = None  # (n,) as sent, gaps are losses
    clock: ClockMap | None = None
    """None: not known how this clock relates to the others."""

    @property
    def acc_mps2(self) -> Floats:
        """(n, 3) specific force: at rest it points up and is 9.81 long."""
        return np.asarray(self.raw[:, :3], dtype=np.float64) * self.acc_scale_mps2

    @property
    def gyr_radps(self) -> Floats:
        """(n, 3) angular velocity of the sensor in its own axes."""
        return np.asarray(self.raw[:, 3:], dtype=np.float64) * self.gyr_scale_radps

    @property
    def time_s(self) -> Floats:
        """(n,) time on the common base where the clock is known, device time otherwise."""
        return (
            self.device_time_s
            if self.clock is None
            else self.clock.common_time_s(self.device_time_s)
        )


@dataclass(frozen=True, slots=True)
class TaskInterval:
    """A labelled stretch of a recording; a hint by a person or a program, in seconds."""

    start_s: float
    end_s: float
    task: Task


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A stretch in which one leg did a task, found in the movement; `move`: none that is known."""

    start_s: float
    end_s: float
    task: Task
    confidence: float
    """0 to 1: how far the evidence is from the limit at which it would mean something else."""
    sentence: str
    """What it rests on."""

    @property
    def interval(self) -> TaskInterval:
        """The same as a label."""
        return TaskInterval(self.start_s, self.end_s, self.task)


@dataclass(frozen=True, slots=True)
class Recording:
    """Any number of streams, keyed by side and placement, of one occasion."""

    streams: tuple[SensorStream, ...]
    tasks: tuple[TaskInterval, ...] = ()
    origin: Origin = Origin.MEASURED
    source: str = ""
    """Where it came from, in words a reader of the report understands."""
    notes: dict[str, str] = field(default_factory=dict)
    recorded_on: str = ""
    """ISO date, `2026-11-27`; empty where nobody said."""

    def stream(self, side: Side, placement: Placement) -> SensorStream | None:
        """The stream of one sensor, or None."""
        for stream in self.streams:
            if stream.info.side == side and stream.info.placement == placement:
                return stream
        return None

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that have a shank or foot sensor, left first."""
        present = {s.info.side for s in self.streams if s.info.placement != Placement.LUMBAR}
        return tuple(side for side in Side if side in present)


# --- clean leg -----------------------------------------------------------------------------------


class SampleFlag(IntFlag):
    """What is known against one sample. Bits, so that several can hold."""

    NONE = 0
    FILLED = 1
    """Interpolated over a gap of at most 100 ms."""
    MISSING = 2
    """Inside a longer gap: a placeholder, not a measurement."""
    CLIPPED = 4
    """Some channel at its full scale."""
    CLIPPED_GYR = 16
    """Set beside CLIPPED where a gyroscope channel is at its full scale."""
    HELD = 8
    """An exact repeat of the sample before: the sensor sent no new value."""


@dataclass(frozen=True, slots=True)
class CleaningCounts:
    """What was found in the samples of one sensor; nothing is passed on silently."""

    received: int = 0
    nonfinite: int = 0
    duplicate: int = 0
    late: int = 0
    clipped: int = 0
    held: int = 0
    filled: int = 0
    missing: int = 0
    gaps_s: tuple[tuple[float, float], ...] = ()
    """Start and end of every gap longer than 100 ms."""


@dataclass(frozen=True, slots=True)
class CleanStream:
    """Samples on a regular grid, each with its flags."""

    info: SensorInfo
    rate_hz: float
    time_s: Floats  # (n,) regular
    acc_mps2: Floats  # (n, 3) specific force, always finite
    gyr_radps: Floats  # (n, 3) always finite
    flags: Bytes  # (n,) SampleFlag bits
    counts: CleaningCounts


@dataclass(frozen=True, slots=True)
class CleanLeg:
    """Shank and foot of one leg on one grid; one of them may be missing."""

    side: Side
    rate_hz: float
    time_s: Floats  # (n,)
    shank: CleanStream | None
    foot: CleanStream | None
    clock: ClockMap
    """Foot clock against shank clock: what was applied, and how well it is known."""


# --- calibration ---------------------------------------------------------------------------------


class AxisOrigin(StrEnum):
    """Where the flexion axis came from, best first."""

    PUMPS = "pumps"
    MOVEMENT = "movement"
    GIVEN = "given"


class SignOrigin(StrEnum):
    """How it is known which way is dorsiflexion."""

    PUMPS = "pumps"
    SWING = "swing"
    SQUAT = "squat"
    USER = "user"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How two sensors, however mounted, become an ankle."""

    neutral_start_s: float
    neutral_end_s: float
    shank_axis: Floats  # (3,) flexion axis in the shank sensor, to the person's right
    foot_axis: Floats  # (3,) the same axis in the foot sensor
    axis_origin: AxisOrigin
    sign_origin: SignOrigin
    zero_mode: ZeroMode
    axis_error_rad: float
    """1 sigma of the axis direction, estimated."""
    quality: float
    """0 (useless) to 1 (as good as it gets)."""
    reasons: tuple[str, ...] = ()
    """What lowered the quality, in sentences a therapist understands."""
    neutral_verified: bool = True
    """False where nobody stood still: the zero is then the quietest moment, a guess."""


# --- ankle angle ---------------------------------------------------------------------------------


class AngleMark(IntFlag):
    """Why an angle is not valid, or what its reader must know. Bits."""

    NONE = 0
    GAP = 1
    NOT_A_HINGE = 2
    UNCERTAIN = 4
    DISAGREES = 8
    """The estimator and the independent gravity angle contradict each other."""
    UNSETTLED = 16
    """Live only: the joint was not judged yet."""
    SIGN_UNKNOWN = 32
    SINGLE_SENSOR = 64
    ZERO_UNKNOWN = 128
    """Nobody stood still: excursions are right, the zero is a guess."""
    APART = 256
    """The two sensors do not move as one leg."""
    SLIPPED = 512
    """A sensor no longer sits as it did in the neutral pose."""
    CAUGHT_UP = 1024
    """Live only, a note: answered in one go once calibration was complete, not at its time."""


@dataclass(frozen=True, slots=True)
class AngleTrace:
    """The ankle of one leg over time."""

    side: Side
    rate_hz: float
    time_s: Floats  # (n,)
    dorsiflexion_rad: Floats  # (n,) nan where nothing can be said
    inversion_rad: Floats  # (n,)
    sigma_rad: Floats  # (n,) 1 sigma of dorsiflexion, all known sources
    valid: Bools  # (n,)
    marks: Marks  # (n,) AngleMark bits
    shank_lean_rad: Floats  # (n,) shank forward lean from vertical in the flexion plane
    foot_pitch_rad: Floats  # (n,) foot pitch against neutral, toes up positive
    zero_mode: ZeroMode
    method: str
    """`smoother`, `filter`, `gravity plane` or `shank inclination`."""
    hinge_share: float
    """Share of the relative rotation about one axis, median of 10 s windows; nan if not known."""


# --- events --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KickDetail:
    """One kick, or a fast swing beside it: what happened when, apart from what the angle tells.

    Plantarflexion is negative. What cannot be told is nan, and a note says why; a note that has
    nothing to say is empty.
    """

    found: bool
    """It is a kick, whatever is known of its angle. False: another swing, see the repetition."""
    back_swing_start_s: float
    swing_start_s: float
    impact_s: float
    """First touch, from the blow to the foot; the fastest instant where no blow was felt."""
    impact_sigma_s: float
    struck: bool
    """A blow was felt. False: nothing was struck, or too softly to be felt."""
    peak_shank_rate_radps: float
    peak_foot_rate_radps: float
    """Largest rates as sampled, up to the impact; nan without that sensor."""
    strength_radps: float
    """How much a swing is a kick: rate of the shank just before the impact, times 1 + blow."""
    plantarflexion_before_impact_rad: float
    """At the last sample before the impact."""
    plantarflexion_before_impact_sigma_rad: float
    """Of angle and instant together."""
    largest_plantarflexion_rad: float
    """From 150 ms before the impact to 100 ms after."""
    largest_plantarflexion_sigma_rad: float
    excursion_rad: float
    """From the swing's largest dorsiflexion to its largest plantarflexion, whatever the zero."""
    rise_after_impact_rad: float
    """How much further the ball pushed the foot, positive."""
    rise_note: str
    angle_note: str
    clipped: bool
    clipping_note: str
    """What full scale hides near the impact."""
    sampling_note: str
    """What the sampling rate lets be said."""


@dataclass(frozen=True, slots=True)
class StrideDetail:
    """One stride, from mid-swing to mid-swing, by the foot: where it went and how it stood."""

    direction: Climb
    height_change_m: float
    """Of the foot, from the stance before to this stance; nan where it is not known."""
    height_change_sigma_m: float
    foot_flat_start_s: float
    foot_flat_end_s: float
    """The stance of this stride; both nan where the foot was not seen flat."""
    stance_dorsiflexion_rad: float
    """Largest dorsiflexion while the foot carries, from flat to push-off; nan without an angle."""
    stance_dorsiflexion_sigma_rad: float
    landing_plantarflexion_rad: float
    """Largest plantarflexion before the foot is flat, as the (negative) angle: stairs down."""
    landing_plantarflexion_sigma_rad: float
    push_off_plantarflexion_rad: float
    """Largest plantarflexion as the foot leaves, as the (negative) angle: stairs up."""
    push_off_plantarflexion_sigma_rad: float


@dataclass(frozen=True, slots=True)
class Repetition:
    """One squat, step, kick, lunge or point; kept with its reason where it was not counted."""

    task: Task
    side: Side
    start_s: float
    end_s: float
    peak_dorsiflexion_rad: float
    peak_dorsiflexion_sigma_rad: float
    peak_plantarflexion_rad: float
    """Largest plantarflexion, as the (negative) angle."""
    peak_plantarflexion_sigma_rad: float
    peak_velocity_radps: float
    counted: bool = True
    reason: str = ""
    """Why it was not counted; empty where it was."""
    quality: tuple[RepetitionMark, ...] = ()
    notes: tuple[str, ...] = ()
    """One sentence for each mark, in the same order."""
    stride: StrideDetail | None = None
    """Strides only, and only where there is a foot sensor."""
    kick: KickDetail | None = None
    """Of kicks only: its instants, and what may be said of its angle."""

    @property
    def excursion_rad(self) -> float:
        """Range travelled, immune to a wrong zero."""
        return self.peak_dorsiflexion_rad - self.peak_plantarflexion_rad


class Condition(StrEnum):
    """How an end range was taken; ranges of different conditions are different things."""

    LUNGE = "lunge"
    """Weight-bearing, knee to wall."""
    POINT = "point"
    """Active, foot free."""
    SEATED = "seated"
    """Active, the furthest of the seated pumps; nobody was asked for the very end."""
    PASSIVE = "passive"
    """Entered by a clinician, who moved the foot."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The person's own end range in one direction, in this attachment of the sensors."""

    side: Side
    direction: Direction
    condition: Condition
    value_rad: float
    """Positive in its own direction: the best trial."""
    sigma_rad: float
    trials_rad: tuple[float, ...]
    mean_of_best_rad: float = float("nan")
    """Mean of the best three trials, or of as many as there are."""
    limited_by_pain: bool = False
    """It hurt before it ended: the true end range may lie further."""
    entered: bool = False
    """A clinician's figure, not measured by these sensors and with a zero of its own."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Change within one task, from the first third of its repetitions to the last."""

    change_rad: float
    sigma_rad: float
    """By the scatter within both thirds; an error that all repetitions share is not in it."""
    repetitions: int
    """In each third."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How long and how often one task went beyond a share of the own end range."""

    share: float
    """Of the capacity."""
    threshold_rad: float
    watched_s: float
    """Time in the task with a valid angle; the rest is not in any figure."""
    unseen_s: float
    """Time in the task without one."""
    time_s: float
    time_low_s: float
    """With the threshold at the upper end of its 95 % error, and `time_high_s` at the lower."""
    time_high_s: float
    entries: int
    angle_time_rads: float
    """Integral of what lies beyond the threshold."""
    entry_velocity_radps: float
    """Median speed at the crossing; nan where every entry lay before or inside a gap."""
    fastest_entry_radps: float


@dataclass(frozen=True, slots=True)
class Demand:
    """How much of the person's end range one task asked for."""

    side: Side
    task: Task
    direction: Direction
    peaks_rad: tuple[float, ...]
    """One per counted repetition, positive in its own direction."""
    typical_rad: float
    sigma_rad: float
    """1 sigma of the typical peak."""
    ratio: float
    """Typical peak over capacity; nan without a capacity."""
    ratio_sigma: float
    condition: Condition | None = None
    """Of the capacity that it is compared with; None without one."""
    ratios: tuple[float, ...] = ()
    """One per counted repetition; empty without a capacity."""
    ratio_sigmas: tuple[float, ...] = ()
    trend: Trend | None = None
    """None where there are fewer than six repetitions."""
    exposure: Exposure | None = None
    """None without a capacity."""


class StanceRole(StrEnum):
    """What an instrumented foot did in a stance."""

    STANDING = "standing"
    RAISED = "raised"


class Stance(StrEnum):
    """How many feet were on the ground; known only where both legs carry sensors."""

    ONE_LEG = "one_leg"
    TWO_LEGS = "two_legs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TiltSway:
    """Tilt of one segment about its mean; sigma is 1 sigma, nan what is not known."""

    placement: Placement
    mediolateral_rms_rad: float = float("nan")
    anteroposterior_rms_rad: float = float("nan")
    total_rms_rad: float = float("nan")
    mediolateral_sigma_rad: float = float("nan")
    anteroposterior_sigma_rad: float = float("nan")
    total_sigma_rad: float = float("nan")
    swings: float = float("nan")
    """How many independent values the stance is worth."""


@dataclass(frozen=True, slots=True)
class AxisSway:
    """Horizontal acceleration in one direction; nan where directions are not known."""

    jerk_m2ps5: float = float("nan")
    rms_mps2: float = float("nan")
    rms_sigma_mps2: float = float("nan")
    range_mps2: float = float("nan")
    path_mps2: float = float("nan")
    mean_velocity_mps: float = float("nan")
    power_m2ps4: float = float("nan")
    frequency_50_hz: float = float("nan")
    frequency_95_hz: float = float("nan")
    centroid_frequency_hz: float = float("nan")
    frequency_dispersion: float = float("nan")


@dataclass(frozen=True, slots=True)
class AccelerationSway:
    """Horizontal acceleration in one stance; `core.sway_measures` has the formulas.

    Planar (both directions together, whatever they are called) unless it is under a direction.
    """

    placement: Placement | None
    """Where the sensor was: a figure of one placement says nothing about another."""
    duration_s: float
    """From the first to the last sample."""
    low_pass_hz: float
    """Where the filter is 3 dB down; nan for none."""
    jerk_m2ps5: float
    jerk_sigma_m2ps5: float
    jerk_rate_m2ps6: float
    """Per second: the jerk grows with the duration."""
    jerk_30s_m2ps5: float
    """What 30 s of the same sway would give."""
    distance_mps2: float
    rms_mps2: float
    rms_sigma_mps2: float
    range_mps2: float
    path_mps2: float
    path_sigma_mps2: float
    path_30s_mps2: float
    mean_velocity_mps: float
    mean_frequency_hz: float
    area_rate_m2ps5: float
    ellipse_area_m2ps4: float
    ellipse_area_sigma_m2ps4: float
    power_m2ps4: float
    frequency_50_hz: float
    frequency_95_hz: float
    centroid_frequency_hz: float
    frequency_dispersion: float
    swings: float
    """How many independent values the stance is worth."""
    mediolateral: AxisSway
    anteroposterior: AxisSway


@dataclass(frozen=True, slots=True)
class SwayMeasures:
    """One stance as the sensors of one leg saw it: compare a person with themselves only."""

    side: Side
    start_s: float
    end_s: float
    role: StanceRole = StanceRole.STANDING
    stance: Stance = Stance.UNKNOWN
    hold_start_s: float = float("nan")
    hold_s: float = float("nan")
    """Longest stretch without a touch-down or hop."""
    hold_is_minimum: bool = True
    """It ended with the recording or its label, not because the person lost balance."""
    hops_s: tuple[tuple[float, float], ...] | None = None
    """Start and end of each time a standing foot left the ground or was moved on it; None where
    no sensor could see it."""
    touch_downs_s: tuple[tuple[float, float], ...] | None = None
    """Start and end of each time a raised foot was on the ground; None where no sensor could."""
    measured_start_s: float = float("nan")
    measured_end_s: float = float("nan")
    """Stretch of tilt and acceleration: the longest without a hop, settled."""
    tilt: tuple[TiltSway, ...] = ()
    acceleration: tuple[AccelerationSway, ...] = ()
    reasons: tuple[str, ...] = ()
    """What is missing or weak, and why; one sentence each."""

    def tilt_of(self, placement: Placement) -> TiltSway:
        """The tilt of one segment, nan where it was not measured."""
        return next((t for t in self.tilt if t.placement == placement), TiltSway(placement))


@dataclass(frozen=True, slots=True)
class SideComparison:
    """One measure of the left leg beside the same of the right."""

    measure: str
    """`end range`, `typical peak`, `excursion`, `peak velocity`, `hold time` or `sway`."""
    what: str
    """Task, condition or segment that the measure belongs to."""
    unit: str
    """`rad`, `rad/s` or `s`, of all figures here."""
    left: float
    right: float
    sigma: float
    """1 sigma of the difference; nan where the measure carries no error."""

    @property
    def difference(self) -> float:
        """Left minus right."""
        return self.left - self.right

    @property
    def asymmetry(self) -> float:
        """Difference over the mean of both; nan where they cancel."""
        mean = 0.5 * (self.left + self.right)
        return self.difference / mean if mean else float("nan")


@dataclass(frozen=True, slots=True)
class LegMeasures:
    """Everything measured on one leg."""

    side: Side
    angle: AngleTrace | None
    calibration: Calibration | None
    clock: ClockMap
    cleaning: dict[Placement, CleaningCounts]
    repetitions: tuple[Repetition, ...]
    capacities: tuple[Capacity, ...]
    demands: tuple[Demand, ...]
    sway: tuple[SwayMeasures, ...]
    missing: tuple[str, ...]
    """What could not be measured, and why; one sentence each."""
    found_tasks: tuple[FoundTask, ...] = ()
    """By what it was measured, where nobody labelled it."""
