"""A person, sensors, a screen and a clock brought together until the capture is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.rules.items import Kind
from sensor_screen.session.capture_view import CaptureKey, Phase
from sensor_screen.session.ports import Given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Recording
    from sensor_screen.rules.answer_check import Problem
    from sensor_screen.session.capture import Capture
    from sensor_screen.session.capture_view import CaptureEvent, CaptureView
    from sensor_screen.session.ports import CaptureClock, CaptureScreen, CaptureSource

STEP_S = 0.04
"""Time between two looks: 25 a second, as a person sees movement."""


def guide(
    capture: Capture, source: CaptureSource, clock: CaptureClock, screen: CaptureScreen
) -> None:
    """Run a capture to its end, or until the caller is interrupted."""
    while True:
        now_s = clock.now_s()
        if capture.needs_samples:
            for block in source.receive(now_s):
                capture.feed(block)
        capture.tick(now_s, source.links)
        events = capture.take_events()
        for event in events:
            source.hear(event)
        screen.show(capture.view(), events)
        if capture.is_over:
            return
        for typed in screen.read(capture.view()):
            _pass_on(typed, capture, screen)
        clock.wait(STEP_S)


def _pass_on(typed: CaptureKey | Given, capture: Capture, screen: CaptureScreen) -> None:
    if isinstance(typed, CaptureKey):
        capture.press(typed)
    elif problem := capture.answer(typed.value):
        screen.complain(problem)


class HandsOff:
    """A screen on which a simulated person answers: no red flag, no pain, nothing happened.

    Args:
        screen: Where everything is shown; its keys still work.
    """

    def __init__(self, screen: CaptureScreen) -> None:
        self._screen = screen

    def show(self, view: CaptureView, events: Sequence[CaptureEvent]) -> None:
        """As the screen shows it."""
        self._screen.show(view, events)

    def read(self, view: CaptureView) -> Sequence[CaptureKey | Given]:
        """The answer of somebody healthy; sensors are on as soon as all are heard."""
        typed = self._screen.read(view)
        if view.question is not None:
            healthy: dict[Kind, object] = {Kind.YES_NO: False, Kind.NUMBER: 0.0, Kind.SEVERAL: []}
            kind = view.question.item.kind
            return [Given(healthy[kind]) if kind in healthy else CaptureKey.NEXT]
        if any(trouble.key == "capture.trouble.misplaced" for trouble in view.troubles):
            return [CaptureKey.STOP]  # nobody is there to put them on again
        return [*typed, CaptureKey.NEXT] if view.phase is Phase.WEARING else typed

    def complain(self, problem: Problem) -> None:
        """As the screen shows it."""
        self._screen.complain(problem)


def label_recording(recording: Recording, capture: Capture, recorded_on: str) -> Recording:
    """What was received, with the labels and notes of its capture."""
    result = capture.result()
    notes = {**recording.notes, **result.notes}
    return replace(recording, tasks=result.tasks, notes=notes, recorded_on=recorded_on)
