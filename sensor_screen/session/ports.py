"""What a guided capture needs from outside: where samples come from, and who keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sensor_screen.model import Recording
    from sensor_screen.rules.answer_check import Problem
    from sensor_screen.session.capture_view import CaptureEvent, CaptureKey, CaptureView, LinkReport
    from sensor_screen.session.live_sensors import SampleBlock, Slot


class CaptureSource(Protocol):
    """Sensors that send, or something that stands for them; it keeps every sample itself."""

    @property
    def slots(self) -> Mapping[int, Slot]:
        """Who takes part, by the number that blocks carry."""

    @property
    def is_simulated(self) -> bool:
        """No person is measured."""

    @property
    def links(self) -> Mapping[int, LinkReport]:
        """How each slot's link and battery stand now; what is left out has nothing to tell."""

    def receive(self, now_s: float) -> Sequence[SampleBlock]:
        """What arrived since the last call; sending begins with the first."""

    def hear(self, event: CaptureEvent) -> None:
        """What the capture says: a simulated person does as asked, real sensors pass it on."""

    def finish(self) -> Recording:
        """Everything that was received, without labels."""


class CaptureClock(Protocol):
    """Time as the sensors' samples are stamped."""

    def now_s(self) -> float:
        """Since the capture began."""

    def wait(self, seconds: float) -> None:
        """Until so much later."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to the open question, as it was read."""

    value: object


class CaptureScreen(Protocol):
    """Where a person reads what to do, and answers."""

    def show(self, view: CaptureView, events: Sequence[CaptureEvent]) -> None:
        """What is to be seen now, and what has happened since the last call."""

    def read(self, view: CaptureView) -> Sequence[CaptureKey | Given]:
        """Keys and answers since the last call."""

    def complain(self, problem: Problem) -> None:
        """An answer is none."""
