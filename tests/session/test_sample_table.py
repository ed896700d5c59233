"""Every sample with its task, zone and repetition, and two legs beside each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensor_screen.judgement import Zone
from sensor_screen.model import ClockMap, LegMeasures, Side, Task, TaskInterval
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.zones import place
from sensor_screen.session.sample_table import (
    common_rows,
    name_repetitions,
    nearest_samples,
    tabulate_samples,
)
from tests.hand_made import hills, repetition, trace
from tests.made_exports import export


def leg(**changes: object) -> LegMeasures:
    angle = trace(hills([20.0, 30.0]))
    bare = LegMeasures(Side.LEFT, angle, None, ClockMap(), {}, (), (), (), (), ())
    return replace(bare, **changes)  # type: ignore[arg-type]


def test_zones_are_those_of_the_rules_sample_by_sample() -> None:
    made = export()
    zoned = 0
    for table in made.tables():
        trace = table.trace
        bands = {
            f.task.value: f.bands
            for f in find_positions(made.legs, shipped_rulebook())
            if f.side is trace.side
        }
        assert set(bands) == {"squat"}
        for i in np.flatnonzero(table.zone != ""):
            assert trace.valid[i]
            angle = float(trace.dorsiflexion_rad[i])
            assert angle >= 0.0
            assert table.zone[i] == place(angle, bands[table.task[i]]).value
        squat = (table.task == "squat") & trace.valid & (trace.dorsiflexion_rad >= 0.0)
        assert (table.zone[squat] != "").all()
        assert (table.zone[table.task == "lunge"] == "").all(), "a range test has no zone"
        zoned += len(set(table.zone[squat]))
    assert zoned >= 3, "several zones are passed on the way"
    assert set(Zone) >= {Zone(z) for t in made.tables() for z in set(t.zone) if z}


def test_what_is_not_valid_has_no_zone() -> None:
    made = export()
    one = made.measured[0]
    assert one.angle is not None
    blind = replace(one, angle=replace(one.angle, valid=np.zeros_like(one.angle.valid)))
    table = tabulate_samples(blind, made.recording.tasks, made.findings)
    assert (table.zone == "").all()
    assert (table.repetition != "").any()


def test_repetitions_have_names_in_their_order_counted_or_not() -> None:
    squats = [
        repetition(Task.SQUAT, at_s=4.0),
        repetition(Task.SQUAT, at_s=1.0, reason="too small"),
        repetition(Task.LUNGE, at_s=2.0),
    ]
    names = {r.start_s: name for name, r in name_repetitions(squats)}
    assert names == {1.0: "left-squat-1", 2.0: "left-lunge-1", 4.0: "left-squat-2"}


def test_a_sample_belongs_to_one_repetition() -> None:
    pair = (repetition(Task.SQUAT, at_s=0.5), repetition(Task.SQUAT, at_s=2.5))
    table = tabulate_samples(leg(repetitions=pair), (), ())
    time_s = table.trace.time_s
    assert set(table.repetition[(time_s >= 0.5) & (time_s < 2.5)]) == {"left-squat-1"}
    assert set(table.repetition[(time_s >= 2.5) & (time_s < 4.5)]) == {"left-squat-2"}
    assert set(table.repetition[time_s >= 4.5]) == {""}
    labelled = tabulate_samples(leg(), (TaskInterval(1.0, 2.0, Task.WALK),), ())
    assert set(labelled.task) == {"", "walk"}


def test_velocity_is_the_slope_of_the_angle() -> None:
    table = tabulate_samples(leg(), (), ())
    slope = np.gradient(table.trace.dorsiflexion_rad, 0.01)
    np.testing.assert_allclose(table.velocity_radps, slope, atol=1e-12)


def test_a_leg_without_an_angle_has_no_table() -> None:
    with pytest.raises(ValueError, match="no angle"):
        tabulate_samples(leg(angle=None), (), ())


# --- both legs beside each other -----------------------------------------------------------------


def test_nearest_is_nearest_and_never_further_than_half_a_sample() -> None:
    time_s = np.arange(100) / 100.0
    at_s = np.array([-0.02, -0.004, 0.0, 0.0149, 0.0151, 0.5, 0.994, 1.01])
    assert nearest_samples(time_s, at_s, 100.0).tolist() == [-1, 0, 0, 1, 2, 50, 99, -1]
    assert nearest_samples(np.zeros(0), at_s, 100.0).tolist() == [-1] * 8
    assert nearest_samples(np.array([0.5]), np.array([0.5, 0.6]), 100.0).tolist() == [0, -1]


def test_no_sample_of_either_leg_is_lost() -> None:
    first = trace(hills([20.0]))
    later = replace(first, side=Side.RIGHT, time_s=first.time_s + 1.0034)
    rows = common_rows([first, later])
    assert (np.diff(rows) > 0).all()
    for one in (first, later):
        index = nearest_samples(one.time_s, rows, one.rate_hz)
        assert set(index[index >= 0]) == set(range(one.time_s.size))
    assert common_rows([first, replace(first, side=Side.RIGHT)]).tolist() == first.time_s.tolist()
    assert common_rows([]).size == 0
