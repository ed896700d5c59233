"""A recording in which many things go wrong: what the measuring says of it is there in German."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.pipeline import MeasureOptions
from sensor_screen.core.sign import SignHint
from sensor_screen.judgement import Language
from sensor_screen.model import Placement, Recording, Side, Task, TaskInterval
from sensor_screen.report.phrasebook import translate_measured
from sensor_screen.report.terminal import render_terminal
from sensor_screen.session.case import Session
from sensor_screen.session.screen import screen_session
from sensor_screen.simulation import Scenario, Step, simulate
from sensor_screen.simulation.imperfections import HARSH
from tests.core.simulated_legs import clipping, holding, silent
from tests.hand_made import measured_sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.model import SensorStream

    Change = Callable[[Recording], Recording]

STEPS = (
    Step(Task.STAND, 2.0),
    Step(Task.PUMP, 4),
    Step(Task.LUNGE, 2),
    Step(Task.SQUAT, 4),
    Step(Task.STAIRS_UP, 5),
    Step(Task.KICK, 2),
    Step(Task.BALANCE, 12.0),
)
OTHER = {Task.STAIRS_UP: Task.STAIRS_DOWN}


@pytest.fixture(scope="module")
def recording() -> Recording:
    sides = (Side.LEFT, Side.RIGHT)
    harsh = Scenario("harsh", "both legs", STEPS, sides=sides, imperfections=HARSH)
    return simulate(harsh, seed=5).recording


def changed(*placements: Placement, by: Callable[[SensorStream], SensorStream]) -> Change:
    """Sensors at these places hear something else."""
    return lambda known: replace(
        known,
        streams=tuple(by(s) if s.info.placement in placements else s for s in known.streams),
    )


def labelled(make: Callable[[TaskInterval], TaskInterval | None]) -> Change:
    """With other labels."""
    return lambda known: replace(
        known, tasks=tuple(new for old in known.tasks if (new := make(old)) is not None)
    )


def only(*placements: Placement) -> Change:
    """Sensors at these places alone."""
    return lambda known: replace(
        known, streams=tuple(s for s in known.streams if s.info.placement in placements)
    )


def stop_early(stream: SensorStream) -> SensorStream:
    """It falls silent before the others."""
    end_s = float(stream.device_time_s[-1])
    return silent((end_s - 8.0, np.inf))(stream)


SHANK, FOOT = Placement.SHANK, Placement.FOOT
SITUATIONS: dict[str, Change] = {
    "as it is": lambda known: known,
    "unlabelled": lambda known: replace(known, tasks=()),
    "shank alone": only(SHANK),
    "shank alone, unlabelled": lambda known: replace(only(SHANK)(known), tasks=()),
    "foot alone": only(FOOT),
    "gaps": changed(FOOT, by=silent((9.0, 12.0), (24.0, 25.5), (30.0, 31.0))),
    "held samples": changed(SHANK, FOOT, by=holding(0.3)),
    "clipped": changed(SHANK, FOOT, by=clipping(60.0, 8.0)),
    "falls silent": changed(FOOT, by=stop_early),
    "no pumps": labelled(lambda old: None if old.task is Task.PUMP else old),
    "wrong labels": labelled(lambda old: replace(old, task=OTHER.get(old.task, old.task))),
    "labels of another day": labelled(
        lambda old: replace(old, start_s=old.start_s + 5000.0, end_s=old.end_s + 5000.0)
    ),
    "short stance": labelled(
        lambda old: replace(old, end_s=old.start_s + 6.0) if old.task is Task.BALANCE else old
    ),
    "tasks that nobody did": lambda known: replace(
        known, tasks=(*known.tasks, TaskInterval(0.2, 1.8, Task.KICK))
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_all_that_is_said_is_there_in_german(recording: Recording, name: str) -> None:
    session = Session((SITUATIONS[name](recording),))
    screened = screen_session(session, language=Language.GERMAN)
    said = measured_sentences(screened)
    assert said
    assert not {one for one in said if translate_measured(one, Language.GERMAN) is None}
    assert "nglisch" not in render_terminal(screened)


def test_a_sign_by_the_users_word_is_said_in_german(recording: Recording) -> None:
    bare = replace(recording, tasks=())
    options = MeasureOptions(sign_hint=SignHint(flip=False))
    screened = screen_session(Session((bare,)), options=options)
    said = measured_sentences(screened)
    assert not {one for one in said if translate_measured(one, Language.GERMAN) is None}


def test_an_error_stays_english_under_a_heading_that_says_so(recording: Recording) -> None:
    """One leg has its sensors swapped."""
    swap = {SHANK: FOOT, FOOT: SHANK}
    streams = tuple(
        replace(s, info=replace(s.info, placement=swap[s.info.placement]))
        if s.info.side is Side.LEFT
        else s
        for s in recording.streams
    )
    session = Session((replace(recording, streams=streams),))
    screened = screen_session(session, language=Language.GERMAN)
    said = measured_sentences(screened)
    english = {one for one in said if translate_measured(one, Language.GERMAN) is None}
    assert len(english) == 1
    assert "swap the two sensors" in english.pop()
    text = " ".join(render_terminal(screened).split())
    missing = text.split("Nicht gemessen")[1]
    assert "Hinweise der Messung, auf Englisch: · left leg: shank and foot" in missing
