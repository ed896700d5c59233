"""Stretches found against stretches that were there: counts that can be done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensor_screen.model import Side, Task
from sensor_screen.session.span_scores import (
    SpanScore,
    covered_s,
    merge_spans,
    overlap,
    score_spans,
    true_spans,
)
from sensor_screen.simulation import IDEAL, Scenario, Step, simulate


def test_overlap_is_common_over_all_time() -> None:
    assert overlap((0.0, 2.0), (0.0, 2.0)) == 1.0
    assert overlap((0.0, 2.0), (1.0, 3.0)) == pytest.approx(1.0 / 3.0)
    assert overlap((0.0, 1.0), (2.0, 4.0)) < 0.0


def test_each_true_span_has_one_found_at_most() -> None:
    score = score_spans([(0.0, 2.0), (0.1, 2.0), (5.0, 6.0)], [(0.0, 2.1), (8.0, 9.0)])
    assert (score.true, score.found, score.right) == (2, 3, 1)
    assert score.f1 == pytest.approx(2.0 / 5.0)
    assert score.edges_s == pytest.approx((0.0, 0.1))
    assert math.isnan(SpanScore().f1)
    assert (score + score).f1 == pytest.approx(score.f1)


def test_time_is_counted_once() -> None:
    spans = merge_spans([(3.0, 5.0), (0.0, 1.0), (0.5, 2.0)])
    assert spans == [(0.0, 2.0), (3.0, 5.0)]
    assert covered_s((1.0, 4.0), spans) == pytest.approx(2.0)


def test_true_spans_are_what_the_finders_mean() -> None:
    steps = (Step(Task.SQUAT, 3), Step(Task.WALK, 5), Step(Task.KICK, 2), Step(Task.WALK, 3))
    truth = simulate(Scenario("few", "of each", steps), imperfections=IDEAL).truth[Side.RIGHT]
    done = [r for r in truth.repetitions if r.task is Task.SQUAT]
    for (start_s, end_s), squat in zip(true_spans(truth, Task.SQUAT), done, strict=True):
        assert squat.start_s < start_s < end_s < squat.end_s
        lean = np.interp([start_s, end_s], truth.time_s, truth.shank_lean_rad)
        # Two samples of the fastest way down are half a degree.
        np.testing.assert_allclose(lean, 0.07 * np.radians(28.0), atol=np.radians(0.6))
    kicks = [r.impact_s for r in truth.repetitions if r.task is Task.KICK]
    middles = [0.5 * (a + b) for a, b in true_spans(truth, Task.KICK)]
    np.testing.assert_allclose(middles, np.array(kicks, dtype=np.float64))
    # Two walks of 5 and 3 cycles: one stride fewer in each, joined at their ends.
    strides = true_spans(truth, Task.WALK)
    assert len(strides) == 4 + 2
    assert strides[0][1] == strides[1][0]
    assert all(1.0 < end_s - start_s < 1.2 for start_s, end_s in strides)
