"""What a person did when, found in the movement where nobody labelled it.

Single movements (steps, kicks, leans of the shank, movements of the free foot) are told by physical
limits, then joined into stretches; what is left is standing, standing on one leg, or nothing that
is known. Where both legs are there they help each other: in squats both shanks lean, in a lunge
one; who stands while the other foot hangs in the air balances. Nothing needs a calibration.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.kicks import find_standing, strength
from sensor_screen.core.quaternion import unit
from sensor_screen.core.task_events import (
    Event,
    EventParams,
    find_leans,
    find_steps,
    find_swings,
    find_tips,
    sureness,
    toes_down,
)
from sensor_screen.core.task_features import FeatureParams, describe_leg
from sensor_screen.core.task_rests import (
    NO_KNOWN_KIND,
    RestParams,
    SeenLeg,
    Stretch,
    find_balances,
    find_others,
    find_stands,
)
from sensor_screen.model import FoundTask, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.core.task_features import LegMotion
    from sensor_screen.model import Bools, CleanLeg, Floats, Side

STEPS = (Task.WALK, Task.STAIRS_UP, Task.STAIRS_DOWN)
_OPPOSITE = {Task.STAIRS_UP: Task.STAIRS_DOWN, Task.STAIRS_DOWN: Task.STAIRS_UP}


@dataclass(frozen=True, slots=True)
class TaskParams:
    """Tuning of the task finder."""

    features: FeatureParams = field(default_factory=FeatureParams)
    events: EventParams = field(default_factory=EventParams)
    rests: RestParams = field(default_factory=RestParams)
    step_gap_s: float = 2.0
    """Steps further apart are two walks."""
    gap_s: float = 5.0
    """The same for squats, lunges, pumps and points."""
    kick_gap_s: float = 6.0
    pad_s: float = 0.4
    """A stretch reaches this far into the rest around it: movements begin and end slowly."""
    hold_s: float = 1.5
    """A lean whose end is held longer is a lunge, where only one leg is known."""
    hold_sure_s: float = 2.5
    least_confidence: float = 0.5
    """Below this a task is not claimed."""


def find_tasks(
    legs: Sequence[CleanLeg],
    params: TaskParams = TaskParams(),
    orientations: Sequence[Floats] | None = None,
    paths: Sequence[FootPath | None] | None = None,
) -> dict[Side, tuple[FoundTask, ...]]:
    """The tasks of each leg, in order, without overlap.

    Args:
        legs: One or both legs of one recording, on one time base; a sensor may be missing. Shank
            alone: squats, lunges, steps (not whether on stairs) and kicks. Foot alone: steps,
            stairs and kicks.
        params: Tuning.
        orientations: Of each leg as by `orient_leg`, where they are known.
        paths: Of each foot as by `trace_foot`, where they are known.
    """
    unknown: tuple[None, ...] = (None,) * len(legs)
    known = zip(legs, orientations or unknown, paths or unknown, strict=True)
    seen = [
        _see(describe_leg(leg, params.features, orientation, path), params)
        for leg, orientation, path in known
    ]
    told = [_compare(leg, [o for o in seen if o is not leg], params) for leg in seen]
    found = {}
    for leg in told:
        others = [o for o in told if o is not leg]
        found[leg.motion.side] = _tell(leg, others, params)
    return found


def _see(motion: LegMotion, params: TaskParams) -> SeenLeg:
    """All single movements of one leg; each sample belongs to one at most."""
    free = np.ones(len(motion.time_s), dtype=np.bool_)
    events = find_swings(motion, params.events)
    for find in (find_steps, find_leans, find_tips):
        for event in events:
            free[event.start : event.end] = False
        events += find(motion, free, params.events)
    events.sort(key=lambda e: e.start)
    return SeenLeg(motion, tuple(_without_unseen_holds(motion, events, params)))


def _without_unseen_holds(
    motion: LegMotion, events: list[Event], params: TaskParams
) -> list[Event]:
    """A foot whose samples are missing rests only on paper: that is no point, nor its way back."""
    kept: list[Event] = []
    unseen = False
    for event in events:
        way_back = unseen and event.hold_s == 0.0
        unseen = False
        if event.task is Task.POINT and motion.foot is not None:
            begin = event.end - round(event.hold_s * motion.rate_hz)
            lost_s = float(motion.foot.missing[begin : event.end].sum()) / motion.rate_hz
            unseen = event.hold_s > 0.0 and event.hold_s - lost_s < params.events.held_s
        lost = event.task is Task.POINT and (unseen or way_back)
        kept.append(replace(event, task=Task.MOVE, sureness=0.4) if lost else event)
    return kept


# --- one leg against the other -------------------------------------------------------------------


def _compare(leg: SeenLeg, others: list[SeenLeg], params: TaskParams) -> SeenLeg:
    """Squat or lunge, and whose kick it was."""
    standing = _find_standing(leg, others)
    events = []
    for k, event in enumerate(leg.events):
        if event.task is Task.SQUAT:
            events.append(_name_lean(leg, event, others, params))
        elif k in standing:
            events.append(replace(event, task=Task.MOVE, sureness=0.4))
        else:
            events.append(event)
    return replace(leg, events=tuple(events))


def _name_lean(leg: SeenLeg, event: Event, others: list[SeenLeg], params: TaskParams) -> Event:
    both = [o for o in others if o.motion.shank is not None]
    if not both:
        over_s = event.hold_s - params.hold_s
        span_s = params.hold_sure_s - params.hold_s
        sure = min(event.sureness, sureness(abs(over_s), 0.0, span_s))
        return replace(event, task=Task.LUNGE if over_s > 0 else Task.SQUAT, sureness=sure)
    together = max(_overlap(leg, event, o, Task.SQUAT) for o in both)
    if together > 0.5:
        return event
    held = sureness(event.hold_s, 0.3, 1.0)
    return replace(event, task=Task.LUNGE, sureness=min(event.sureness, held))


def _find_standing(leg: SeenLeg, others: list[SeenLeg]) -> set[int]:
    """Which events of the leg look like kicks, and are what it stood on while the other kicked."""
    at = [k for k, event in enumerate(leg.events) if event.swing is not None]
    own = _list_kicks(leg)
    return {at[k] for other in others for k in find_standing(own, _list_kicks(other))[0]}


def _list_kicks(leg: SeenLeg) -> list[tuple[float, float]]:
    """Impact, s, and strength of each kick."""
    motion = leg.motion
    begin_s, rate_hz = float(motion.time_s[0]), motion.rate_hz * motion.samples
    swings = [event.swing for event in leg.events if event.swing is not None]
    return [(begin_s + swing.impact / rate_hz, strength(swing)) for swing in swings]


def _overlap(leg: SeenLeg, event: Event, other: SeenLeg, task: Task) -> float:
    """Largest share of an event that one of the other leg covers."""
    lasts_s = (event.end - event.start) / leg.motion.rate_hz
    shared = [_shared_s(leg, event, other, e) for e in other.events if e.task is task]
    return max(shared, default=0.0) / lasts_s


def _shared_s(leg: SeenLeg, event: Event, other: SeenLeg, o_event: Event) -> float:
    (a, b), (c, d) = _times(leg.motion, event), _times(other.motion, o_event)
    return max(0.0, min(b, d) - max(a, c))


def _times(motion: LegMotion, event: Event) -> tuple[float, float]:
    return float(motion.time_s[event.start]), float(motion.time_s[event.end - 1])


# --- stretches -----------------------------------------------------------------------------------


def _tell(leg: SeenLeg, others: list[SeenLeg], params: TaskParams) -> tuple[FoundTask, ...]:
    """All stretches of one leg."""
    motion = leg.motion
    joined = [_judge(leg, group) for group in _group(leg, params)]
    known = [s for s in joined if s.confidence >= params.least_confidence]
    stretches = _pad(known, motion, params)
    free = _outside(stretches, len(motion.time_s))
    stretches += find_balances(leg.motion, others, free, params.rests)
    free = _outside(stretches, len(motion.time_s))
    stretches += find_stands(motion, free, params.rests)
    free = _outside(stretches, len(motion.time_s))
    stretches += find_others(motion, free, params.rests)
    return tuple(
        FoundTask(
            float(motion.time_s[s.start]),
            float(motion.time_s[s.end - 1]),
            s.task,
            round(s.confidence, 3),
            s.sentence,
        )
        for s in sorted(stretches, key=lambda s: s.start)
    )


def _outside(stretches: Sequence[Stretch], count: int) -> Bools:
    free = np.ones(count, dtype=np.bool_)
    for stretch in stretches:
        free[stretch.start : stretch.end] = False
    return free


def _gap_s(task: Task, params: TaskParams) -> float:
    if task is Task.KICK:
        return params.kick_gap_s
    return params.step_gap_s if task in STEPS else params.gap_s


def _group(leg: SeenLeg, params: TaskParams) -> list[list[Event]]:
    """Movements of one kind that follow each other."""
    groups: list[list[Event]] = []
    for event in _absorb(leg, params):
        last = groups[-1][-1] if groups else None
        near = last is not None and (
            event.start - last.end <= _gap_s(event.task, params) * leg.motion.rate_hz
        )
        if last is not None and near and last.task is event.task:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _absorb(leg: SeenLeg, params: TaskParams) -> list[Event]:
    """A single odd one between two of a kind is one of them: a landing, a quick squat."""
    events = list(leg.events)
    for k in range(1, len(events) - 1):
        before, event, after = events[k - 1 : k + 2]
        if before.task is not after.task or event.task is before.task:
            continue
        near_s = _gap_s(event.task, params)
        apart = max(event.start - before.end, after.start - event.end) / leg.motion.rate_hz
        kin = {before.task, event.task}
        alike = (
            kin <= set(STEPS) or kin <= {Task.SQUAT, Task.LUNGE} or kin <= {Task.PUMP, Task.MOVE}
        )
        opposite = _OPPOSITE.get(event.task) is before.task
        if alike and apart <= near_s and not opposite:
            events[k] = replace(event, task=before.task)
    return events


_LEAST_EVENTS = {Task.WALK: 3, Task.STAIRS_UP: 2, Task.STAIRS_DOWN: 2, Task.SQUAT: 2}
"""Fewer are no task: a lean of the shank may be sitting down, a step a shift of place."""

_WORDS = {
    Task.WALK: "{n} steps that lead on and stay level",
    Task.STAIRS_UP: "{n} steps, each up by {up:.2f} m",
    Task.STAIRS_DOWN: "{n} steps, each down by {up:.2f} m",
    Task.SQUAT: "{n} leans of the shank over a standing foot, by {deg:.0f} deg",
    Task.LUNGE: "{n} leans of this shank over a standing foot, held for {hold:.1f} s",
    Task.POINT: "the foot was held {n} x under a quiet shank, to {deg:.0f} deg",
    Task.PUMP: "the foot went up and down under a quiet shank",
    Task.KICK: "{n} swings of up to {dps:.0f} deg/s",
    Task.MOVE: NO_KNOWN_KIND,
}


def _judge(leg: SeenLeg, group: list[Event]) -> Stretch:
    task, start, end = group[0].task, group[0].start, group[-1].end
    sentence = _describe(group)
    confidence = float(np.median([e.sureness for e in group])) * (1.0 - 0.2 / len(group))
    if len(group) < _LEAST_EVENTS.get(task, 1):
        return Stretch(start, end, Task.MOVE, 0.0, sentence)
    if task in STEPS and leg.motion.foot is None:
        sentence += "; a shank alone does not tell stairs from level ground"
    if task in (Task.PUMP, Task.POINT):
        return _direct(leg, Stretch(start, end, task, confidence, sentence))
    return Stretch(start, end, task, confidence, sentence)


def _describe(group: list[Event]) -> str:
    held = [e.hold_s for e in group if e.hold_s > 0.0]
    sizes = [abs(e.size) for e in group]
    count = len(held) if group[0].task is Task.POINT else len(group)
    middle = float(np.median(sizes))
    return _WORDS[group[0].task].format(
        n=count,
        up=middle,
        deg=np.degrees(middle),
        dps=np.degrees(max(sizes)),
        hold=float(np.median(held)) if held else 0.0,
    )


def _direct(leg: SeenLeg, stretch: Stretch) -> Stretch:
    """Pumps begin toes up, points go toes down; steps, where there are any, show which is which."""
    motion = leg.motion
    down = toes_down(motion, [e for e in leg.events if e.task in STEPS])
    if down is None or motion.foot is None:
        words = f"{stretch.sentence}; that the toes went "
        words += "up first" if stretch.task is Task.PUMP else "down"
        return replace(
            stretch, confidence=0.9 * stretch.confidence, sentence=f"{words} is supposed"
        )
    up = motion.foot.up[stretch.start : stretch.end]
    along = (up - unit(up[0])) @ down
    if stretch.task is Task.POINT:
        if abs(along.min()) > along.max():
            return replace(stretch, task=Task.MOVE, confidence=0.0)
        return stretch
    far = np.flatnonzero(np.abs(along) > max(0.07, 0.15 * float(np.ptp(along))))
    if far.size and along[far[0]] > 0:
        # The toes went down first: the pumps are counted from there.
        turn = far[0] + int(np.argmax(_first_hill(along[far[0] :])))
        words = f"{stretch.sentence}, down first"
        return replace(stretch, start=stretch.start + int(turn), sentence=words)
    return stretch


def _first_hill(along: Floats) -> Floats:
    """The values until they first come back to half of what they reached."""
    low = np.flatnonzero(along < 0.5 * np.maximum.accumulate(along))
    return along[: low[0]] if low.size else along


def _pad(stretches: list[Stretch], motion: LegMotion, params: TaskParams) -> list[Stretch]:
    """Each stretch with some of the rest around it, at most half-way to its neighbour."""
    pad = round(params.pad_s * motion.rate_hz)
    padded = []
    for k, stretch in enumerate(stretches):
        left = stretches[k - 1].end if k else 0
        right = stretches[k + 1].start if k + 1 < len(stretches) else len(motion.time_s)
        start = max(stretch.start - pad, left if not k else (left + stretch.start) // 2)
        middle = (right + stretch.end) // 2 if k + 1 < len(stretches) else right
        end = min(stretch.end + pad, middle)
        if stretch.task is Task.PUMP and "down first" in stretch.sentence:
            start = stretch.start
        padded.append(replace(stretch, start=start, end=end))
    return padded
