"""Angle curves drawn by hand, with peaks that are known exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.capacity import measure_capacities, measure_demands
from sensor_screen.core.exposure import expose_demands
from sensor_screen.core.sway_measures import measure_acceleration_sway
from sensor_screen.core.symmetry import compare_sides
from sensor_screen.judgement import (
    Advice,
    Case,
    Change,
    Claims,
    Concern,
    ConcernLevel,
    Judgement,
    Language,
    Level,
    Panel,
    PathwayStep,
    Pattern,
    PatternLabel,
    Readiness,
    ReadinessItem,
    RedFlag,
    RuleResult,
    ScreeningReport,
    SessionMeasures,
    Statement,
    Urgency,
    Verdict,
)
from sensor_screen.model import (
    AngleTrace,
    AxisOrigin,
    Calibration,
    CleaningCounts,
    ClockMap,
    LegMeasures,
    Origin,
    Placement,
    Repetition,
    Side,
    SignOrigin,
    Stance,
    StanceRole,
    SwayMeasures,
    Task,
    TaskInterval,
    TiltSway,
    ZeroMode,
)
from sensor_screen.rules.claims import restrain
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.rulebook import shipped_rulebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats

RATE_HZ = 100.0


def hill(peak_deg: float, rise_s: float = 1.0, hold_s: float = 0.0, rest_s: float = 1.0) -> Floats:
    """Rest at zero, a raised cosine up, a hold, the same down again; degrees."""
    rise = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, round(rise_s * RATE_HZ) + 1))
    shape = [rise, np.ones(round(hold_s * RATE_HZ)), rise[::-1]]
    return np.concatenate([peak_deg * np.concatenate(shape), np.zeros(round(rest_s * RATE_HZ))])


def hills(peaks_deg: Sequence[float], **shape: float) -> Floats:
    """One second of rest, then a hill for each peak."""
    rest = np.zeros(round(RATE_HZ))
    return np.concatenate([rest, *(hill(peak, **shape) for peak in peaks_deg)])


def trace(
    dorsiflexion_deg: Floats,
    *,
    side: Side = Side.LEFT,
    valid: Bools | None = None,
    shank_lean_deg: Floats | None = None,
    sigma_deg: float = 1.0,
) -> AngleTrace:
    """An angle trace with the given curve; the shank leans as much as the ankle bends."""
    count = dorsiflexion_deg.size
    lean_deg = dorsiflexion_deg if shank_lean_deg is None else shank_lean_deg
    return AngleTrace(
        side=side,
        rate_hz=RATE_HZ,
        time_s=np.arange(count) / RATE_HZ,
        dorsiflexion_rad=np.radians(dorsiflexion_deg),
        inversion_rad=np.zeros(count),
        sigma_rad=np.full(count, np.radians(sigma_deg)),
        valid=np.ones(count, dtype=np.bool_) if valid is None else valid,
        marks=np.zeros(count, dtype=np.uint16),
        shank_lean_rad=np.radians(lean_deg),
        foot_pitch_rad=np.radians(dorsiflexion_deg - lean_deg),
        zero_mode=ZeroMode.GRAVITY_VERTICAL,
        method="smoother",
        hinge_share=1.0,
    )


def whole(angle: AngleTrace, task: Task) -> TaskInterval:
    """The whole trace labelled as one task."""
    return TaskInterval(0.0, float(angle.time_s[-1]), task)


def repetition(
    task: Task,
    *,
    bend_deg: float = 0.0,
    point_deg: float = 0.0,
    sigma_deg: float = 1.0,
    side: Side = Side.LEFT,
    at_s: float = 0.0,
    reason: str = "",
) -> Repetition:
    """One repetition with the given peaks, both positive in their own direction."""
    return Repetition(
        task=task,
        side=side,
        start_s=at_s,
        end_s=at_s + 2.0,
        peak_dorsiflexion_rad=float(np.radians(bend_deg)),
        peak_dorsiflexion_sigma_rad=float(np.radians(sigma_deg)),
        peak_plantarflexion_rad=float(-np.radians(point_deg)),
        peak_plantarflexion_sigma_rad=float(np.radians(sigma_deg)),
        peak_velocity_radps=1.0,
        counted=not reason,
        reason=reason,
    )


def ankle(
    side: Side = Side.LEFT,
    *,
    bend_deg: float | None = 40.0,
    point_deg: float | None = 55.0,
    sigma_deg: float = 1.0,
    **peaks_deg: Sequence[float],
) -> list[Repetition]:
    """A person's range tests and tasks: `squat=[30, 32]`, `stairs_up=[...]`, `kick=[...]`.

    Both directions of a stride get the same figure.
    """
    reps = []
    if bend_deg is not None:
        reps.append(repetition(Task.LUNGE, bend_deg=bend_deg, sigma_deg=sigma_deg, side=side))
    if point_deg is not None:
        reps.append(repetition(Task.POINT, point_deg=point_deg, sigma_deg=sigma_deg, side=side))
    for name, peaks in peaks_deg.items():
        reps += [
            repetition(
                Task(name), bend_deg=p, point_deg=p, sigma_deg=sigma_deg, side=side, at_s=3.0 * i
            )
            for i, p in enumerate(peaks)
        ]
    return reps


def leg_measures(
    repetitions: Sequence[Repetition],
    *,
    angle: AngleTrace | None = None,
    sway: tuple[SwayMeasures, ...] = (),
    missing: tuple[str, ...] = (),
) -> LegMeasures:
    """One leg with these repetitions, and capacity and demand measured from them."""
    side = repetitions[0].side if repetitions else Side.LEFT
    axis = np.array([0.0, 0.0, 1.0])
    capacities = measure_capacities(repetitions)
    return LegMeasures(
        side=side,
        angle=angle,
        calibration=Calibration(
            0.0,
            2.5,
            axis,
            axis,
            AxisOrigin.PUMPS,
            SignOrigin.PUMPS,
            ZeroMode.GRAVITY_VERTICAL,
            float(np.radians(1.1)),
            0.9,
        ),
        clock=ClockMap(offset_s=0.012, residual_s=0.0021, origin="movement"),
        cleaning={
            Placement.SHANK: CleaningCounts(received=6000),
            Placement.FOOT: CleaningCounts(
                received=5982, missing=9, filled=9, clipped=4, gaps_s=((12.0, 12.2),)
            ),
        },
        repetitions=tuple(repetitions),
        capacities=capacities,
        demands=measure_demands(repetitions, capacities),
        sway=sway,
        missing=missing,
    )


def report(
    legs: Sequence[LegMeasures],
    *,
    origin: Origin = Origin.MEASURED,
    marks: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    claims: Claims = Claims.CLINICIAN,
    language: Language = Language.ENGLISH,
) -> ScreeningReport:
    """The report of these legs under the shipped rule book."""
    judgement = judge(Case(SessionMeasures(tuple(legs))), shipped_rulebook())
    return ScreeningReport(
        origin=origin,
        source="hand-made example",
        legs=tuple(legs),
        judgement=restrain(judgement, claims),
        missing=missing,
        marks=marks,
        software_version="0.1.0",
        claims=claims,
        language=language,
        comparisons=compare_sides(legs),
    )


def full_report() -> ScreeningReport:
    """Two legs with something of everything: every zone, gaps, sway, marks and missing measures."""
    curve = np.concatenate([hills([38.0, 36.0, 37.0, 15.0]), -hills([55.0, 50.0, 80.0])])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[300:340] = False
    right = [
        *ankle(
            Side.RIGHT,
            squat=[38.0, 36.0, 37.0],
            stairs_down=[20.0, 22.0],
            stairs_up=[20.0, 21.0, 22.0, 24.0, 25.0, 26.0],
            kick=[52.0, 57.0],
        ),
        repetition(Task.SQUAT, bend_deg=15.0, side=Side.RIGHT, reason="shallow"),
    ]
    left = ankle(Side.LEFT, bend_deg=9.0, point_deg=None, squat=[9.0, 16.5], kick=[48.0])
    angle = trace(np.where(valid, curve, np.nan), side=Side.RIGHT, valid=valid)
    exposed = leg_measures(right)
    demands = expose_demands(
        exposed.demands, exposed.capacities, angle, [TaskInterval(0.0, 8.0, Task.SQUAT)]
    )
    time_s = np.arange(2400) / RATE_HZ
    waves = np.column_stack([np.sin(2.5 * time_s), np.cos(4.0 * time_s)])
    sway = SwayMeasures(
        Side.RIGHT,
        60.0,
        90.0,
        stance=Stance.ONE_LEG,
        hold_start_s=60.0,
        hold_s=24.0,
        hold_is_minimum=False,
        hops_s=((84.0, 84.4),),
        touch_downs_s=(),
        measured_start_s=60.0,
        measured_end_s=83.5,
        tilt=(
            TiltSway(Placement.SHANK, 0.011, 0.008, 0.0136, 0.002, 0.001, 0.0015, 18.0),
            TiltSway(Placement.FOOT, total_rms_rad=0.005, total_sigma_rad=0.001),
        ),
        acceleration=(measure_acceleration_sway(0.1 * waves, RATE_HZ, placement=Placement.SHANK),),
        reasons=("Measured over 24 s instead of 30 s.",),
    )
    raised = SwayMeasures(
        Side.LEFT,
        10.0,
        30.0,
        role=StanceRole.RAISED,
        stance=Stance.ONE_LEG,
        hold_start_s=10.0,
        hold_s=12.0,
        touch_downs_s=((22.0, 22.4), (25.0, 25.1)),
    )
    return report(
        [
            leg_measures(
                left, sway=(raised,), missing=("Left pointing range: no point was recorded.",)
            ),
            replace(exposed, angle=angle, demands=demands, sway=(sway,)),
        ],
        origin=Origin.SIMULATED,
        marks=("Simulated: no person was measured.", "Timing was estimated from the movement."),
        missing=("Balance on the left leg: the stance was shorter than 10 s.",),
    )


# --- judgements that fill every field -------------------------------------------------------------


def saying(text: str) -> Statement:
    """A statement whose sentence holds this text, for what no shipped message says yet."""
    return Statement("clinic.rests_on", {"what": text})


def rule_results() -> tuple[RuleResult, ...]:
    """One of each level: with an error, with a base rate, by zone, of an answer, and not judged."""
    right, front, back = Side.RIGHT, Panel.ANTERIOR, Panel.POSTERIOR
    return (
        RuleResult(
            "L2", right, front, Task.LUNGE, Level.RED, 31.0, 3.0, "deg", ">= 5", "> 10",
            statement=saying("the bend of both sides differs"),
            base_rate=saying("one in three healthy adults differ that much"), grade="B",
        ),
        RuleResult(
            "Q1", right, front, Task.SQUAT, Level.AMBER, 0.95, 0.06, "1",
            within_error=True, statement=saying("the zone of squats"), grade="D",
        ),
        RuleResult(
            "K2", right, back, Task.KICK, Level.GREEN, 20.0, unit="%", amber="> 25", red="> 50",
            base_rate=saying("39 of 100 kicks of elite players"), grade="D",
        ),
        RuleResult(
            "I1", Side.LEFT, None, None, Level.AMBER, 26.0, unit="points", amber="< 28",
            red="<= 24", grade="A", default=False,
        ),
        RuleResult(
            "B1", Side.NONE, None, Task.BALANCE, Level.UNJUDGED,
            statement=saying("nobody said how old"), grade="B",
        ),
    )  # fmt: skip


def changes() -> tuple[Change, ...]:
    """Every verdict, measure and origin of the smallest change."""
    left, front = Side.LEFT, Panel.ANTERIOR
    return (
        Change(
            left, "end_range", "lunge", front, "baseline", 34.0, 28.0, 4.5, True, "deg",
            Verdict.BETTER,
        ),
        Change(
            left, "typical_peak", "squat", front, "last", 30.0, 31.0, 6.0, False, "deg",
            Verdict.SAME,
        ),
        Change(
            left, "excursion", "kick", None, "last", 80.0, 60.0, 10.0, False, "deg",
            Verdict.DIFFERENT,
        ),
        Change(
            Side.NONE, "hold_time", "balance", None, "last", 10.0, 30.0, 12.5, False, "s",
            Verdict.WORSE,
        ),
    )  # fmt: skip


def fill_judgement(bare: Judgement, *, top: ConcernLevel = ConcernLevel.DISCUSS) -> Judgement:
    """A judgement with something in every field but red flags, on top of these findings."""
    squat = next((f.id for f in bare.findings if f.task is Task.SQUAT), "right-anterior-squat")
    return replace(
        bare,
        results=rule_results(),
        patterns=(
            PatternLabel(
                Side.RIGHT, Pattern.FRONT, 4.0, 1.0, ("S1", "S2"), saying("more like the front")
            ),
        ),
        concerns=(
            Concern(
                Side.RIGHT, Panel.ANTERIOR, top, (squat, "L2"), saying("the front matters"),
                (saying("squats come near the end"), saying("the front hurts there")),
            ),
            Concern(
                Side.RIGHT, Panel.POSTERIOR, ConcernLevel.NONE, (), saying("the back is quiet"), ()
            ),
        ),
        changes=changes(),
        advice=(
            Advice(
                "modify-squat", "modify",
                (saying("squat to a box"), saying("four degrees less leave the last tenth")),
                saying("squats hurt at the front"), "D", "our default",
                (squat, "L2-right-anterior-lunge", "S2"),
            ),
            Advice(
                "balance", "balance", (saying("stand on one leg"),), saying("it prevents sprains"),
                "A", "a review",
            ),
        ),
        pathway=(
            PathwayStep("therapy", True, saying("first therapy")),
            PathwayStep("imaging", False, saying("then imaging")),
        ),
        readiness=(
            ReadinessItem("bend", Side.RIGHT, Readiness.MET, saying("bend alike"), "C", "a study"),
            ReadinessItem("hop", Side.NONE, Readiness.NOT_MET, saying("hop"), "D", "our default"),
            ReadinessItem("run", Side.LEFT, Readiness.UNKNOWN, saying("run"), "D", "our default"),
        ),
        cards=(saying("the talus glides"),),
    )  # fmt: skip


def flags() -> tuple[RedFlag, ...]:
    """Two that are not equally urgent, the less pressing first."""
    return (
        RedFlag("hot_joint", Urgency.SAME_DAY, saying("a hot joint")),
        RedFlag("chest_or_breath", Urgency.EMERGENCY, saying("short of breath")),
    )


def filled_report(
    claims: Claims = Claims.CLINICIAN,
    language: Language = Language.ENGLISH,
    *,
    top: ConcernLevel = ConcernLevel.DISCUSS,
    flagged: bool = False,
) -> ScreeningReport:
    """The full report with a judgement that fills every field, as these claims restrain it."""
    plain = full_report()
    judgement = fill_judgement(plain.judgement, top=top)
    judgement = replace(judgement, red_flags=flags() if flagged else ())
    return replace(plain, judgement=restrain(judgement, claims), claims=claims, language=language)


def measured_sentences(screened: ScreeningReport) -> set[str]:
    """Everything that the measuring said in words, on any face of a report."""
    said = {*screened.marks, *screened.missing}
    for leg in screened.legs:
        said |= {*leg.missing, *(() if leg.calibration is None else leg.calibration.reasons)}
        said |= {reason for stance in leg.sway for reason in stance.reasons}
        for one in leg.repetitions:
            said |= {one.reason, *one.notes}
            if (kick := one.kick) is not None:
                said |= {kick.rise_note, kick.angle_note, kick.clipping_note, kick.sampling_note}
    return said - {""}
