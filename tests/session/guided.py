"""Not a test: a person who is guided through a plan in no time, with hands for tests to move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.model import Side
from sensor_screen.rules.items import Kind
from sensor_screen.session.capture import Capture
from sensor_screen.session.capture_view import CaptureKey, Happening, Phase
from sensor_screen.session.plan import parse_plan
from sensor_screen.session.simulated_source import SimulatedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sensor_screen.session.capture_view import CaptureEvent, CaptureView, LinkReport
    from sensor_screen.session.live_sensors import SampleBlock
    from sensor_screen.session.plan import Plan

SHORT = parse_plan(
    """
[plan]
schema = "sensor-screen-plan/1"
id = "short"
legs = 1
ready_s = 1.0
[[step]]
ask = ["red_flags", "pain.before"]
[[step]]
wear = true
[[step]]
task = "stand"
still_s = 2.0
skip = false
[[step]]
task = "pump"
pumps = 5
skip = false
[[step]]
task = "lunge"
repetitions = 2
ask = ["pain.lunge"]
[[step]]
task = "squat"
repetitions = 3
ask = ["pain.squat"]
""",
    "short",
)


@dataclass
class Guided:
    """One run; `on_event`, `air` and `answer` are the hands."""

    plan: Plan = SHORT
    sides: tuple[Side, ...] = (Side.RIGHT,)
    seed: int = 0
    packet: int = 4
    step_s: float = 0.04
    on_event: Callable[[Guided, CaptureEvent], None] = lambda _, __: None
    air: Callable[[SampleBlock, float], SampleBlock | None] = lambda block, _: block
    links: Callable[[float], Mapping[int, LinkReport]] = lambda _: {}
    answers: dict[str, object] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
    longest_s: float = 400.0

    def __post_init__(self) -> None:
        self.source = SimulatedSource(self.plan, self.sides, seed=self.seed, packet=self.packet)
        self.capture = Capture(self.plan, self.source.slots, **self.options)  # type: ignore[arg-type]
        self.events: list[CaptureEvent] = []
        self.views: list[CaptureView] = []
        self.ages_s: list[float] = []
        self.now_s = 0.0

    def run(self) -> Guided:
        step = 0
        while not self.capture.is_over:
            step += 1
            self.now_s = step * self.step_s
            assert self.now_s < self.longest_s, self.views[-1]
            self._listen()
            self.capture.tick(self.now_s, self.links(self.now_s))
            for event in self.capture.take_events():
                self.source.hear(event)
                self.events.append(event)
                self.on_event(self, event)
            view = self.capture.view()
            if step % 5 == 0 or not self.views:
                self.views.append(view)
                newest_s = view.bars[0].time_s if view.bars else float("nan")
                self.ages_s.append(self.now_s - newest_s)
            if view.question is not None:
                item = view.question.item
                healthy = {Kind.YES_NO: False, Kind.NUMBER: 0, Kind.SEVERAL: []}[item.kind]
                assert self.capture.answer(self.answers.get(item.id, healthy)) is None
            elif view.phase is Phase.WEARING:
                self.capture.press(CaptureKey.NEXT)
        self.events += self.capture.take_events()
        return self

    def _listen(self) -> None:
        if self.capture.needs_samples:
            for block in self.source.receive(self.now_s):
                heard = self.air(block, self.now_s)
                if heard is not None:
                    self.capture.feed(heard)

    def said(self, kind: Happening) -> Sequence[CaptureEvent]:
        return [event for event in self.events if event.kind is kind]
