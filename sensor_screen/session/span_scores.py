"""Stretches of time that were found, against those that were there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Repetition
    from sensor_screen.simulation import Truth

Span = tuple[float, float]
"""Start and end, s."""

STRIDES = (Task.WALK, Task.STAIRS_UP, Task.STAIRS_DOWN)
LEAST_OVERLAP = 0.5
"""Common time over the time of both together from which two stretches are the same movement."""
SQUAT_SHARE = 0.07
"""Of its depth: where an onlooker would say that a squat begins and ends."""
_KICK_S = 0.2
"""A kick is its impact, this much to either side: 50 % overlap are 0.13 s."""


@dataclass(frozen=True, slots=True)
class SpanScore:
    """How many were found, and how far their edges were off; scores can be added."""

    true: int = 0
    found: int = 0
    right: int = 0
    edges_s: tuple[float, ...] = ()
    """Size of the error of each start and end of those that are right."""

    def __add__(self, other: SpanScore) -> SpanScore:
        return SpanScore(
            self.true + other.true,
            self.found + other.found,
            self.right + other.right,
            self.edges_s + other.edges_s,
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision; nan where there was nothing, and was found."""
        total = self.true + self.found
        return 2.0 * self.right / total if total else float("nan")


def score_spans(found: Sequence[Span], true: Sequence[Span]) -> SpanScore:
    """Each true stretch has one found at most, the one that overlaps it most."""
    left, right, edges_s = list(found), 0, []
    for span in true:
        best = max(left, key=lambda one: overlap(one, span), default=None)
        if best is not None and overlap(best, span) > LEAST_OVERLAP:
            left.remove(best)
            right += 1
            edges_s += [abs(best[0] - span[0]), abs(best[1] - span[1])]
    return SpanScore(len(true), len(found), right, tuple(edges_s))


def overlap(one: Span, other: Span) -> float:
    """Common time over the time of both together; negative where they are apart."""
    common_s = min(one[1], other[1]) - max(one[0], other[0])
    return common_s / (max(one[1], other[1]) - min(one[0], other[0]))


def covered_s(span: Span, others: Sequence[Span]) -> float:
    """Time of a span that lies in others, which do not overlap each other."""
    shared_s = [min(b, span[1]) - max(a, span[0]) for a, b in others]
    return sum(s for s in shared_s if s > 0.0)


def merge_spans(spans: Sequence[Span]) -> list[Span]:
    """The same time in spans that do not overlap, in order."""
    merged: list[Span] = []
    for start_s, end_s in sorted(spans):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end_s, merged[-1][1]))
        else:
            merged.append((start_s, end_s))
    return merged


def found_spans(repetitions: Sequence[Repetition], task: Task) -> list[Span]:
    """The counted repetitions of a task, as `true_spans` has them."""
    spans = []
    for one in repetitions:
        if one.task is not task or not one.counted:
            continue
        if one.kick is not None:
            spans.append((one.kick.impact_s - _KICK_S, one.kick.impact_s + _KICK_S))
        else:
            spans.append((one.start_s, one.end_s))
    return spans


def true_spans(truth: Truth, task: Task) -> list[Span]:
    """Where the repetitions of a task were, as the finders mean it.

    Squats begin and end at 7 % of their depth, strides run from mid-swing to mid-swing, and a kick
    is its impact.
    """
    done = [r for r in truth.repetitions if r.task is task]
    if task is Task.KICK:
        return [(r.impact_s - _KICK_S, r.impact_s + _KICK_S) for r in done if r.impact_s]
    spans = [(r.start_s, r.end_s) for r in done]
    if task is Task.SQUAT:
        return [_squat_span(truth, span) for span in spans]
    return _stride_spans(truth, spans) if task in STRIDES else spans


def _squat_span(truth: Truth, span: Span) -> Span:
    """Where a squat leaves and reaches 7 % of its depth."""
    i, j = np.searchsorted(truth.time_s, span)
    lean_rad = truth.shank_lean_rad[i:j]
    top = int(np.argmax(lean_rad))
    down, up = lean_rad[: top + 1], lean_rad[top:]
    low = [edge + SQUAT_SHARE * (lean_rad[top] - edge) for edge in (lean_rad[0], lean_rad[-1])]
    start = i + np.flatnonzero(down <= low[0])[-1]
    end = i + top + np.flatnonzero(up <= low[1])[0]
    return float(truth.time_s[start]), float(truth.time_s[end])


def _stride_spans(truth: Truth, cycles: Sequence[Span]) -> list[Span]:
    """From mid-swing to mid-swing, where the shank swings forward fastest in each cycle.

    A cycle that does not begin where the one before ended begins another walk.
    """
    swings_s = []
    for cycle in cycles:
        i, j = np.searchsorted(truth.time_s, cycle)
        fastest = i + int(np.argmin(np.diff(truth.shank_lean_rad[i:j])))
        swings_s.append(0.5 * float(truth.time_s[fastest] + truth.time_s[fastest + 1]))
    return [
        (swings_s[k], swings_s[k + 1])
        for k in range(len(cycles) - 1)
        if cycles[k + 1][0] - cycles[k][1] < 1e-6
    ]
