"""Sessions made by hand for the rules about kicks, balance, exposure and change."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import (
    Answers,
    Case,
    Language,
    Level,
    RuleResult,
    SessionMeasures,
    Statement,
)
from sensor_screen.model import (
    Exposure,
    KickDetail,
    LegMeasures,
    Placement,
    Side,
    Stance,
    StanceRole,
    SwayMeasures,
    Task,
    TiltSway,
    ZeroMode,
)
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sensor_screen.judgement import Answer
    from sensor_screen.model import Repetition

OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}
VOICES = tuple(Voice(language) for language in Language)


def asked(values: Mapping[str | tuple[str, Side], Answer]) -> Answers:
    """Answers; an item without a side stands alone."""
    return Answers({(k, Side.NONE) if isinstance(k, str) else k: v for k, v in values.items()})


def session(
    *legs: LegMeasures, answers: Mapping[str | tuple[str, Side], Answer] | None = None
) -> SessionMeasures:
    return SessionMeasures(legs, asked(answers or {}))


def leg(side: Side = Side.LEFT, **ranges_and_peaks: object) -> LegMeasures:
    """One leg with the range tests and tasks of `ankle`."""
    return leg_measures(ankle(side, **ranges_and_peaks))


def standing(side: Side, *sway: SwayMeasures) -> LegMeasures:
    """One leg of which only stances were measured."""
    return replace(leg_measures([], sway=sway), side=side)


def stance(
    side: Side = Side.LEFT,
    *,
    lasted_s: float = 30.0,
    hold_s: float | None = None,
    still_held: bool = False,
    kind: Stance = Stance.ONE_LEG,
    role: StanceRole = StanceRole.STANDING,
    hops: int | None = 0,
    touch_downs: int | None = 0,
    sway_deg: float = math.nan,
    sway_sigma_deg: float = 0.0,
    placement: Placement = Placement.SHANK,
) -> SwayMeasures:
    def events(count: int | None) -> tuple[tuple[float, float], ...] | None:
        return None if count is None else tuple((1.0 + i, 1.2 + i) for i in range(count))

    tilt = TiltSway(
        placement,
        total_rms_rad=math.radians(sway_deg),
        total_sigma_rad=math.radians(sway_sigma_deg),
    )
    return SwayMeasures(
        side,
        0.0,
        lasted_s,
        role=role,
        stance=kind,
        hold_start_s=0.0,
        hold_s=lasted_s if hold_s is None else hold_s,
        hold_is_minimum=still_held,
        hops_s=events(hops),
        touch_downs_s=events(touch_downs),
        measured_start_s=0.0,
        measured_end_s=lasted_s,
        tilt=(tilt,),
    )


def kick_detail(
    largest_deg: float = 50.0, rise_deg: float = math.nan, rise_note: str = ""
) -> KickDetail:
    return KickDetail(
        found=True,
        back_swing_start_s=0.0,
        swing_start_s=0.3,
        impact_s=0.5,
        impact_sigma_s=0.001,
        struck=True,
        peak_shank_rate_radps=20.0,
        peak_foot_rate_radps=25.0,
        strength_radps=20.0,
        plantarflexion_before_impact_rad=math.radians(-largest_deg),
        plantarflexion_before_impact_sigma_rad=math.radians(1.0),
        largest_plantarflexion_rad=math.radians(-largest_deg),
        largest_plantarflexion_sigma_rad=math.radians(1.0),
        excursion_rad=math.radians(largest_deg),
        rise_after_impact_rad=math.radians(rise_deg),
        rise_note=rise_note,
        angle_note="",
        clipped=False,
        clipping_note="",
        sampling_note="",
    )


def with_kicks(leg_: LegMeasures, details: Sequence[KickDetail]) -> LegMeasures:
    """The leg with a detail for each of its kicks."""
    left = iter(details)

    def add(rep: Repetition) -> Repetition:
        return replace(rep, kick=next(left)) if rep.task is Task.KICK else rep

    return replace(leg_, repetitions=tuple(add(r) for r in leg_.repetitions))


def exposure(
    time_s: float = 10.0,
    entries: int = 6,
    angle_time_degs: float = 20.0,
    speed_degps: float = 50.0,
    error_s: float = 0.0,
) -> Exposure:
    return Exposure(
        share=0.9,
        threshold_rad=0.6,
        watched_s=60.0,
        unseen_s=0.0,
        time_s=time_s,
        time_low_s=time_s - error_s,
        time_high_s=time_s + error_s,
        entries=entries,
        angle_time_rads=math.radians(angle_time_degs),
        entry_velocity_radps=math.radians(speed_degps),
        fastest_entry_radps=math.radians(speed_degps),
    )


def exposed(leg_: LegMeasures, what: Exposure | None) -> LegMeasures:
    """The leg with this exposure in every task."""
    return replace(leg_, demands=tuple(replace(d, exposure=what) for d in leg_.demands))


def zeroed(leg_: LegMeasures, zero: ZeroMode) -> LegMeasures:
    assert leg_.calibration is not None
    return replace(leg_, calibration=replace(leg_.calibration, zero_mode=zero))


# --- mirrors -------------------------------------------------------------------------------------


def mirrored_leg(one: LegMeasures) -> LegMeasures:
    side = OTHER[one.side]

    def turned(parts: Iterable) -> tuple:
        return tuple(replace(part, side=OTHER[part.side]) for part in parts)

    return replace(
        one,
        side=side,
        repetitions=turned(one.repetitions),
        capacities=turned(one.capacities),
        demands=turned(one.demands),
        sway=turned(one.sway),
    )


def mirrored_session(one: SessionMeasures) -> SessionMeasures:
    values = {
        (item, OTHER[side]): _mirrored_answer(value)
        for (item, side), value in one.answers.values.items()
    }
    return SessionMeasures(tuple(mirrored_leg(leg_) for leg_ in one.legs), Answers(values))


def _mirrored_answer(value: Answer) -> Answer:
    return {"left": "right", "right": "left"}.get(value, value) if isinstance(value, str) else value


def mirrored_case(one: Case) -> Case:
    return Case(mirrored_session(one.now), tuple(mirrored_session(s) for s in one.earlier))


# --- what came out -------------------------------------------------------------------------------


def by_id(results: Iterable[RuleResult]) -> dict[str, RuleResult]:
    """Results by their id, each of which must be unique and sayable."""
    found: dict[str, RuleResult] = {}
    for result in results:
        assert result.id not in found
        assert result.statement is not None
        said(result.statement)
        if result.base_rate is not None:
            said(result.base_rate)
        if result.level is Level.UNJUDGED:
            assert result.within_error is False
        found[result.id] = result
    return found


def said(statement: Statement) -> tuple[str, str]:
    """A statement in both languages."""
    english, german = (voice.say(statement) for voice in VOICES)
    assert "{" not in english + german
    return english, german


def figures(results: Iterable[RuleResult], *, mirror: bool = False) -> set[tuple]:
    """What a mirror must keep of the results, with the sides swapped where asked."""
    return {
        (
            r.rule,
            OTHER[r.side] if mirror else r.side,
            r.panel,
            r.task,
            r.level,
            repr(r.value),
            r.within_error,
            r.amber,
            r.red,
            r.statement.key if r.statement else "",
        )
        for r in results
    }
