"""A short simulated session of both legs, measured once for all tests of exports."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from sensor_screen.judgement import Claims
from sensor_screen.model import Side, Task
from sensor_screen.session.export import Export, measure_for_export
from sensor_screen.simulation import Scenario, Step, simulate

if TYPE_CHECKING:
    from sensor_screen.model import Recording

STEPS = (Step(Task.STAND, 3.0), Step(Task.PUMP, 4), Step(Task.LUNGE, 3), Step(Task.SQUAT, 4))

HOSTILE = 'a\nendheader\r\t=1,"x"\u202e<script>\x00\x1b[31m' + "\ud800" + "w" * 9000


@cache
def recording() -> Recording:
    scenario = Scenario("few", "stand, pumps, lunges, squats", STEPS)
    return simulate(scenario, seed=5, rate_hz=50.0, sides=(Side.LEFT, Side.RIGHT)).recording


@cache
def export(claims: Claims = Claims.CLINICIAN) -> Export:
    return measure_for_export(recording(), angle_needed=True, claims=claims)


@cache
def hostile_export() -> Export:
    """The same from a source and notes that mean harm; counts and clocks as before."""
    infos = [replace(s.info, model=HOSTILE, serial=HOSTILE) for s in recording().streams]
    streams = tuple(
        replace(s, info=info) for s, info in zip(recording().streams, infos, strict=True)
    )
    bad = replace(recording(), streams=streams, source=HOSTILE, notes={HOSTILE: HOSTILE})
    return measure_for_export(bad, angle_needed=True)
