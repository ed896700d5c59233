"""The figures of `validate --table` are computed rightly, and are sane for one person."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sensor_screen.model import Placement, Task
from sensor_screen.session.validation_faults import FAULTS, clean, make_pair, suffer
from sensor_screen.session.validation_impact import IMPACT_CASES, measure_impact
from sensor_screen.session.validation_live import LiveRun, LiveTwin, summarise_live
from sensor_screen.session.validation_sway import check_form, count_interruptions, measure_coverage
from sensor_screen.session.validation_tasks import score_tasks
from sensor_screen.simulation import Scenario, Step, simulate
from sensor_screen.simulation.misplaced import borrow_foot, misread_gyroscope, sensor_of
from sensor_screen.simulation.sway_forms import sway_forms

WALK = Scenario(
    "pumped-walk",
    "pumps and a walk",
    (Step(Task.STAND, 2.0), Step(Task.PUMP, 5), Step(Task.WALK, 20)),
)


def test_every_plain_kick_is_found_within_some_samples() -> None:
    row = measure_impact(IMPACT_CASES[0], 100.0, range(1))
    assert (row.kicks, row.found, row.besides) == (12, 12, 0)
    assert abs(row.late) <= row.median <= row.p95 < 3.0
    assert 0.5 < row.sigma < 3.0
    assert row.covered > 0.8


def test_what_full_scale_hides_of_an_impact_is_in_its_error() -> None:
    free = measure_impact(IMPACT_CASES[2], 200.0, range(1))
    full = measure_impact(IMPACT_CASES[3], 200.0, range(1))  # the accelerometer is full for 30 ms
    assert full.sigma > 1.5 * free.sigma
    assert full.covered > 0.8


def test_tasks_without_labels_are_scored_by_time_and_by_repetition() -> None:
    steps = (Step(Task.STAND, 2.0), Step(Task.WALK, 6), Step(Task.SQUAT, 3), Step(Task.KICK, 2))
    made = simulate(Scenario("some", "of each", steps), seed=0)
    scores = dict(score_tasks(made))
    assert scores["stand"].true_s == pytest.approx(2.0, abs=0.02)
    for name, count in (("walk", 5), ("squat", 3), ("kick", 2)):
        score = scores[name]
        assert score.recall > 0.98
        assert score.precision > 0.95
        assert (score.repetitions.true, score.repetitions.right) == (count, count)
    assert math.isnan(scores["lunge"].recall)
    # Labels that lie elsewhere: what is found is wrong then.
    late = tuple(
        replace(t, start_s=t.start_s + 60.0, end_s=t.end_s + 60.0) for t in made.recording.tasks
    )
    moved = dict(score_tasks(replace(made, recording=replace(made.recording, tasks=late))))
    assert moved["walk"].precision == 0.0
    assert moved["stand"].recall == 0.0


def test_live_delays_are_those_after_calibration() -> None:
    twins = (
        LiveTwin(Task.KICK, True, 0.1, 1.0, 1, 1),
        LiveTwin(Task.KICK, True, 0.3, math.nan, 0, 0),
        LiveTwin(Task.KICK, False, 2.0, 3.0, 1, 0),
    )
    rows = summarise_live(LiveRun(twins, besides=(Task.KICK,)) + LiveRun(withdrawn=(Task.SQUAT,)))
    by_name = {row.name: row for row in rows}
    kicks = by_name["kicks"]
    assert (kicks.counted, kicks.announced, kicks.final, kicks.besides) == (2, 2, 1, 1)
    assert kicks.announced_s == pytest.approx((0.2, 0.29, 0.3))
    assert (kicks.peaks, kicks.within) == (1, 1.0)
    assert by_name["squats"].withdrawn == 1
    assert math.isnan(by_name["squats"].announced_s[0])
    assert by_name["before calibration"].announced_s == (2.0, 2.0, 2.0)


def test_closed_forms_are_met_and_a_wrong_one_is_seen() -> None:
    form = sway_forms()[0]
    row = check_form(form)
    assert 0.0 < row.filtered < 5e-3
    assert row.figures == 12
    figures = form.figures | {"rms_mps2": 1.1 * form.figures["rms_mps2"]}
    assert check_form(replace(form, figures=figures)).filtered == pytest.approx(0.09, abs=0.01)


def test_the_stated_error_of_tilt_covers_most_stances() -> None:
    row = measure_coverage(10.0, range(1))
    assert row.stances == 60
    assert all(0.7 < share <= 1.0 for share in (*row.of_such, *row.of_endless))
    assert all(0.5 < ratio < 1.5 for ratio in row.stated)


def test_interruptions_are_counted_for_both_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor_screen.session.validation_sway.INTERRUPTIONS", ((2, 1),))
    row = count_interruptions("plain", range(1))
    assert row.stances == 2
    assert (row.touch_downs.true, row.touch_downs.found, row.touch_downs.false) == (4, 4, 0)
    assert (row.hops.true, row.hops.found, row.hops.false) == (2, 2, 0)


def test_faults_are_refused_marked_or_believed() -> None:
    pair = make_pair(WALK, seed=0)
    found = {
        fault.name: suffer(fault, pair)
        for fault in FAULTS
        if fault.name in ("none", "swapped", "shank slips by 10 deg forward")
        or fault.name in ("foot sensor on the floor", "foot gyroscope twice too small")
    }
    right = found["none"]
    assert not right.refused
    assert not right.live_refused
    assert right.valid > 0.95
    assert right.wrong == 0.0
    assert math.isnan(right.noticed_s)
    for name in ("swapped", "foot gyroscope twice too small"):
        assert found[name].refused
        assert (found[name].valid, found[name].wrong) == (0.0, 0.0)
    floor = found["foot sensor on the floor"]
    assert not floor.refused
    assert floor.wrong == 0.0
    assert 0.0 < floor.noticed_s < 10.0
    # The method says openly that this one is not seen: what is counted as wrong is wrong.
    assert found["shank slips by 10 deg forward"].wrong > 0.9


def test_a_borrowed_foot_is_as_late_as_it_is_said_to_be() -> None:
    leg = clean(simulate(WALK, seed=1))
    whole = sensor_of(leg, Placement.FOOT).acc_mps2
    for later_s, mine in ((-0.5, slice(0, -50)), (20.0, slice(2000, None))):
        late = borrow_foot(leg, leg, later_s)
        np.testing.assert_array_equal(sensor_of(late, Placement.FOOT).acc_mps2, whole[mine])
        assert len(late.time_s) == len(whole[mine])
    assert borrow_foot(leg, leg, -0.5).time_s[0] == leg.time_s[50]
    assert borrow_foot(leg, leg, 20.0).time_s[0] == leg.time_s[0]


def test_a_misread_gyroscope_leaves_the_accelerometer_alone() -> None:
    stream = simulate(WALK, seed=1).recording.streams[0]
    wrong = misread_gyroscope(stream, (2.0, 1.0, -1.0))
    np.testing.assert_allclose(wrong.acc_mps2, stream.acc_mps2, rtol=1e-6)
    np.testing.assert_allclose(wrong.gyr_radps, stream.gyr_radps * [2.0, 1.0, -1.0], rtol=1e-6)
