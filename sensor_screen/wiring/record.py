"""A guided capture with what it needs: sensors, a clock, a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.ble.radio_source import RadioSource
    from sensor_screen.judgement import Answers, Claims
    from sensor_screen.model import Recording, Side
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.capture import Capture
    from sensor_screen.session.plan import Plan
    from sensor_screen.session.ports import CaptureClock, CaptureSource
    from sensor_screen.wiring.naming import Naming


class PacedClock:
    """Time that passes in equal steps, at most so many times as fast as it really does.

    What happens when does not depend on how fast it goes.

    Args:
        speed: 1 is real time.
    """

    def __init__(self, speed: float) -> None:
        import time

        self._speed = speed
        self._now_s = 0.0
        self._begin_s = time.monotonic()

    def now_s(self) -> float:
        """Since the start."""
        return self._now_s

    def wait(self, seconds: float) -> None:
        """So much later, as soon as that is due."""
        import time

        self._now_s += seconds
        ahead_s = self._now_s / self._speed - (time.monotonic() - self._begin_s)
        if ahead_s > 0.0:
            time.sleep(ahead_s)


class RadioClock:
    """The radio's own time; it passes while the radio works.

    Args:
        source: Whose radio.
        speed: Of a virtual radio, at most so many times as fast; None: a real one.
    """

    def __init__(self, source: RadioSource, speed: float | None) -> None:
        import time

        self._source, self._speed = source, speed
        self._begin_s, self._first_s = time.monotonic(), source.now_s()

    def now_s(self) -> float:
        """On the time base of the samples."""
        return self._source.now_s()

    def wait(self, seconds: float) -> None:
        """Let the radio work for so long."""
        import time

        self._source.wait(seconds)
        if self._speed is not None:
            passed_s = (self._source.now_s() - self._first_s) / self._speed
            ahead_s = passed_s - (time.monotonic() - self._begin_s)
            if ahead_s > 0.0:
                time.sleep(ahead_s)


def _nothing() -> None:
    """There is nothing to let go of."""


@dataclass(frozen=True, slots=True)
class RunningCapture:
    """What belongs together while a person is guided."""

    capture: Capture
    source: CaptureSource
    clock: CaptureClock
    recorded_on: str
    close: Callable[[], None]
    """Lets go of the radio; call it after `finish`, whatever happened."""

    def answers(self) -> Answers:
        """What was answered so far, dated."""
        from sensor_screen.judgement import Answers
        from sensor_screen.model import Side

        told = self.capture.result().answers.values
        return Answers({**told, ("session.date", Side.NONE): self.recorded_on})

    def finish(self) -> Recording:
        """The labelled recording, once the sensors have given everything."""
        from sensor_screen.session.guide import label_recording

        return label_recording(self.source.finish(), self.capture, self.recorded_on)


def open_plan(name: str) -> Plan:
    """A shipped plan by its name, or one from a file.

    Raises:
        sensor_screen.errors.UsageError: There is none, or it is none.
    """
    from pathlib import Path

    from sensor_screen.errors import UsageError
    from sensor_screen.session.plan import PLANS, parse_plan, shipped_plan

    path = Path(name)
    if name in PLANS or not path.is_file():
        return shipped_plan(name)
    try:
        return parse_plan(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(name, f"cannot be read ({reason})", "check the file") from None


def open_capture(
    *,
    plan: Plan,
    side: Side | None,
    virtual: bool,
    radio: bool,
    out: Path,
    speed: float,
    seed: int,
    answers: Answers | None,
    claims: Claims,
    book: RuleBook,
    naming: Naming | None = None,
) -> RunningCapture:
    """A capture that is ready to begin.

    Raises:
        sensor_screen.errors.UsageError: There are no sensors to be had, or the plan does not fit.
    """
    from datetime import date

    from sensor_screen.errors import UsageError
    from sensor_screen.judgement import Answers
    from sensor_screen.model import Side
    from sensor_screen.session.capture import Capture
    from sensor_screen.session.simulated_source import SimulatedSource
    from sensor_screen.wiring.radio import open_radio, open_radio_source, open_virtual_radio

    if not (virtual or radio):
        raise UsageError(
            "--no-radio", "leaves no sensor to record from", "add --virtual, or leave it out"
        )
    if naming and naming.said and not radio:
        raise UsageError("--sensor", "names a sensor, and --no-radio has none", "leave one out")
    both = (Side.LEFT, Side.RIGHT)
    sides = (side,) if side else both
    plan.turns(sides)  # refuses what it is not for, before anything is looked for
    source: SimulatedSource | RadioSource
    clock: CaptureClock
    close: Callable[[], None] = _nothing
    if radio:
        used = open_virtual_radio(plan, sides, seed) if virtual else open_radio()
        try:
            source = linked = open_radio_source(used, sides, out, naming)
        except BaseException:
            used.close()
            raise

        def close() -> None:
            try:
                linked.close()
            finally:
                used.close()

        clock = RadioClock(source, speed if virtual else None)
    else:
        source = SimulatedSource(plan, sides, seed=seed)
        clock = PacedClock(speed)
    today = date.today().isoformat()  # noqa: DTZ011 - the day where the person is
    capture = Capture(
        plan,
        source.slots,
        answers=_of_today(answers or Answers(), today),
        claims=claims,
        book=book,
        simulated=source.is_simulated,
    )
    return RunningCapture(capture, source, clock, today, close)


def _of_today(answers: Answers, today: str) -> Answers:
    """Red flags, pain and events of another day are asked again; what lasts is kept."""
    from sensor_screen.judgement import Answers
    from sensor_screen.rules.questionnaire import shipped_intake

    if answers.choices("session.date") == (today,):
        return answers
    fresh = {section.id for section in shipped_intake().sections if section.fresh}
    lasting = {k: v for k, v in answers.values.items() if k[0].partition(".")[0] not in fresh}
    return Answers(lasting)
