"""Labels and found tasks together: what is measured where labels are missing or a little wrong.

A label is the user's word. It is widened where the movement it names goes on beyond its edge, and
cut where another known task begins; a right label is left exactly as it is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.stairs import STRIDE_TASKS
from sensor_screen.errors import ScreenError
from sensor_screen.model import Placement, Task, TaskInterval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sensor_screen.core.alignment import AlignmentParams
    from sensor_screen.model import CleanLeg, FoundTask, Recording, Side

_REST = (Task.STAND, Task.BALANCE, Task.MOVE)
"""Tasks that contradict no label: somebody stands between any two movements."""


_LEANS = {Task.SQUAT, Task.LUNGE}
"""Alike on one leg: a paused squat there is no evidence against the label."""


@dataclass(frozen=True, slots=True)
class HintParams:
    """How far a label may be wrong."""

    reach_s: float = 5.0
    """A label is moved at most this far."""
    slack_s: float = 0.8
    """Edges closer to the movement than this are right: a person labels by eye."""
    step_slack_s: float = 0.4
    """The same where a label lacks some of its steps: they follow each other every half second, and
    the first begins right where they were found to begin."""
    covered_share: float = 0.5
    """From this share of a label on, another task found in it contradicts it."""


@dataclass(frozen=True, slots=True)
class RefinedLabel:
    """A label after the movement was looked at."""

    interval: TaskInterval
    sentence: str = ""
    """Why it was moved, or what speaks against it; empty where it was right."""
    contradicted: bool = False


def assemble_legs(recording: Recording, alignment: AlignmentParams) -> dict[Side, CleanLeg]:
    """The legs of a recording that can be read at all."""
    legs = {}
    for side in recording.sides:
        shank, foot = (recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT))
        # What is wrong with any other leg is said where it is measured.
        with suppress(ScreenError):
            legs[side] = assemble_leg(shank, foot, side, alignment)
    return legs


def is_unlabelled(labels: Sequence[TaskInterval]) -> bool:
    """Nothing but stands is labelled."""
    return all(label.task is Task.STAND for label in labels)


def label_by_found(
    labels: Sequence[TaskInterval], found: Sequence[FoundTask]
) -> tuple[TaskInterval, ...]:
    """What to measure on a leg that nobody labelled: its found tasks, and the user's own stands.

    Where nothing but standing was found the labels stay as they are: the movement may still tell
    the axis and the sign.
    """
    known = [f for f in found if f.task is not Task.MOVE]
    if all(f.task in _REST for f in known):
        return tuple(labels)
    if labels:
        known = [f for f in known if f.task is not Task.STAND]
    return tuple(sorted((*labels, *(f.interval for f in known)), key=lambda t: t.start_s))


def refine_labels(
    labels: Sequence[TaskInterval],
    found: Sequence[FoundTask],
    params: HintParams = HintParams(),
) -> tuple[RefinedLabel, ...]:
    """Each label with its edges where the movement it names begins and ends on one leg.

    Args:
        labels: The user's.
        found: The tasks of one leg, in the same time base.
        params: Tuning.
    """
    owners = [_owner(f, labels, params) for f in found]
    refined = []
    for at, label in enumerate(labels):
        own = [f for f, k in zip(found, owners, strict=True) if k == at]
        refined.append(_refine(label, own, found, _room(label, labels, own, params), params))
    moved = [r.interval for r, at in zip(refined, labels, strict=True) if r.interval != at]
    return tuple(_keep_apart(one, moved) for one in refined)


def _room(
    label: TaskInterval,
    labels: Sequence[TaskInterval],
    own: Sequence[FoundTask],
    params: HintParams,
) -> tuple[float, float]:
    """How far its edges may go: a third of the way to the next label of the same task.

    Two stances one after the other are of two legs, and must not become one. Where what was found
    hardly reaches into the next label, that one is of the other leg, and no matter here.
    """
    others = [
        other
        for other in labels
        if other.task is label.task and other is not label and not _is_apart(other, own, params)
    ]
    before_s = max((o.end_s for o in others if o.end_s <= label.start_s), default=-float("inf"))
    after_s = min((o.start_s for o in others if o.start_s >= label.end_s), default=float("inf"))
    return (
        label.start_s - (label.start_s - before_s) / 3.0,
        label.end_s + (after_s - label.end_s) / 3.0,
    )


def _is_apart(other: TaskInterval, own: Sequence[FoundTask], params: HintParams) -> bool:
    """What was found reaches no further into another label than that may be off."""
    shared_s = sum(max(0.0, _shared_s(other, one)) for one in own)
    lasts_s = other.end_s - other.start_s
    return bool(own) and shared_s < min(params.reach_s, params.covered_share * lasts_s)


def _shared_s(label: TaskInterval, found: FoundTask) -> float:
    return min(label.end_s, found.end_s) - max(label.start_s, found.start_s)


def _owner(found: FoundTask, labels: Sequence[TaskInterval], params: HintParams) -> int:
    """The label of its task that a stretch overlaps most or is nearest to; -1 where none is near.

    Two labels of one task may follow each other, one for each leg.
    """
    shared_s = [
        _shared_s(label, found) if label.task is found.task else -float("inf") for label in labels
    ]
    best = max(range(len(labels)), key=lambda k: shared_s[k], default=-1)
    return best if best >= 0 and shared_s[best] > -params.reach_s else -1


def _refine(
    label: TaskInterval,
    own: Sequence[FoundTask],
    found: Sequence[FoundTask],
    room_s: tuple[float, float],
    params: HintParams,
) -> RefinedLabel:
    """One label by the stretches of its task that belong to it, and by everything else found."""
    if not own:
        return _doubt(label, found, params)
    if label.task is Task.STAND:
        return RefinedLabel(label)
    first_s, last_s = min(f.start_s for f in own), max(f.end_s for f in own)
    start_s, end_s = _widen(label, first_s, last_s, params)
    for other in found:
        if other.task in _REST or other.task is label.task or {other.task, label.task} == _LEANS:
            continue
        if start_s < other.end_s - params.slack_s and other.end_s <= first_s + params.slack_s:
            start_s = min(other.end_s, first_s)
        if end_s > other.start_s + params.slack_s and other.start_s >= last_s - params.slack_s:
            end_s = max(other.start_s, last_s)
    start_s, end_s = max(start_s, room_s[0]), min(end_s, room_s[1])
    # Who begins a label late ends it late: what one edge lacked, the other has too much.
    late_s, early_s = label.start_s - start_s, end_s - label.end_s
    if late_s > params.slack_s and end_s > last_s:
        end_s = max(last_s, end_s - late_s - params.slack_s)
    elif early_s > params.slack_s and start_s < first_s:
        start_s = min(first_s, start_s + early_s + params.slack_s)
    if (start_s, end_s) == (label.start_s, label.end_s):
        return RefinedLabel(label)
    words = (
        f"{_words(label.task)} was labelled from {label.start_s:.1f} to {label.end_s:.1f} s and "
        f"seen from {start_s:.1f} to {end_s:.1f} s"
    )
    return RefinedLabel(replace(label, start_s=start_s, end_s=end_s), words)


def _widen(
    label: TaskInterval, first_s: float, last_s: float, params: HintParams
) -> tuple[float, float]:
    """Its edges where its movement begins and ends, where they lacked some of it."""
    start_s, end_s = label.start_s, label.end_s
    slack_s = params.step_slack_s if label.task in STRIDE_TASKS else params.slack_s
    if first_s < start_s - slack_s:
        start_s = max(first_s, start_s - params.reach_s)
    if last_s > end_s + slack_s:
        end_s = min(last_s, end_s + params.reach_s)
    return start_s, end_s


def _keep_apart(one: RefinedLabel, moved: Sequence[TaskInterval]) -> RefinedLabel:
    """A label of the other leg ends where one of this leg was moved into it."""
    label = one.interval
    for other in moved:
        if other.task is not label.task or other is label:
            continue
        if label.start_s < other.start_s < label.end_s:
            label = replace(label, end_s=other.start_s)
        elif label.start_s < other.end_s < label.end_s:
            label = replace(label, start_s=other.end_s)
    return replace(one, interval=label)


def _doubt(label: TaskInterval, found: Sequence[FoundTask], params: HintParams) -> RefinedLabel:
    """The label as it is, and what was seen in it instead."""
    lasts_s = label.end_s - label.start_s
    for other in found:
        if other.task in _REST or _shared_s(label, other) < params.covered_share * lasts_s:
            continue
        words = (
            f"{_words(label.task)} at {label.start_s:.0f} s looks like {_words(other.task)} "
            f"({other.sentence}); the label was kept"
        )
        return RefinedLabel(label, words, contradicted=True)
    words = (
        f"nothing was found of {_words(label.task)} at {label.start_s:.0f} s; the label was kept"
    )
    return RefinedLabel(label, words)


def labels_of_each_leg(
    labels: Sequence[TaskInterval], found: Mapping[Side, Sequence[FoundTask]]
) -> tuple[dict[Side, tuple[TaskInterval, ...]], tuple[str, ...]]:
    """The labels to measure each leg by, and what must be said of them.

    A label names no leg: one contradicts it only where no leg did what it says.
    """
    if is_unlabelled(labels):
        return {side: label_by_found(labels, found[side]) for side in found}, ()
    refined = {side: refine_labels(labels, found[side]) for side in found}
    said = []
    for k in range(len(labels)):
        mine = [refined[side][k] for side in refined]
        seen = [f.task for tasks in found.values() for f in tasks if _meets(labels[k], f)]
        if labels[k].task not in seen:
            said += [f"{one.sentence}." for one in mine if one.contradicted][:1]
    # Where some label is plainly wrong, none is touched: clocks or sensors may be mixed up.
    by_side = {
        side: tuple(labels)
        if any(one.contradicted for one in mine)
        else tuple(one.interval for one in mine)
        for side, mine in refined.items()
    }
    return by_side, tuple(said)


def _meets(label: TaskInterval, found: FoundTask) -> bool:
    return found.start_s < label.end_s and found.end_s > label.start_s


def _words(task: Task) -> str:
    return task.value.replace("_", " ")
