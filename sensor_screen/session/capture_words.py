"""Which message stands for what in a guided capture: two big words, one sentence, troubles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Statement
from sensor_screen.model import Side
from sensor_screen.session.capture_view import CaptureKey, Light, LinkTrouble, Outcome, Phase
from sensor_screen.session.plan import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.session.attempt import Attempt
    from sensor_screen.session.capture_view import Question, SensorLight
    from sensor_screen.session.plan import PlanStep

RESTLESS_S = 8.0
"""Nobody needs so long to stand still for three seconds."""
UNSEEN_S = 20.0
"""A task without a single repetition for so long: it is done in a way that is not seen."""


def big_words(phase: Phase, step: PlanStep, outcome: Outcome | None) -> Statement:
    """At most two words, to be read from two metres."""
    if phase is Phase.ENDED:
        return Statement(f"capture.big.{outcome or Outcome.BROKEN_OFF}")
    if phase in (Phase.ASKING, Phase.WEARING, Phase.PAUSED) or step.task is None:
        return Statement(f"capture.big.{phase}")
    if step.side is not Side.NONE and step.each_leg:
        return Statement("capture.big.task_side", {"task": _task(step), "side": step.side})
    return _task(step)


def _task(step: PlanStep) -> Statement:
    return Statement(f"capture.task.{step.task}")


def sentence(
    phase: Phase, step: PlanStep, outcome: Outcome | None, *, by_link: bool = False
) -> Statement:
    """What to do."""
    if phase is Phase.ENDED:
        return Statement(f"capture.say.{outcome or Outcome.BROKEN_OFF}")
    if phase is Phase.PAUSED:
        return Statement("capture.say.paused_link" if by_link else "capture.say.paused")
    if phase in (Phase.ASKING, Phase.WEARING) or step.task is None:
        return Statement(f"capture.say.{phase}")
    which = "each_leg" if step.each_leg else "step"
    values = {"amount": step.amount, "side": step.side}
    return Statement(f"capture.{which}.{step.task}", values)


def keys_of(
    phase: Phase, step: PlanStep, question: Question | None, *, can_redo: bool
) -> tuple[CaptureKey, ...]:
    """The keys that do something."""
    if phase is Phase.ASKING:
        open_ = question is not None and not question.needed
        return (*([CaptureKey.NEXT] if open_ else []), CaptureKey.STOP)
    if phase is Phase.WEARING:
        return CaptureKey.NEXT, CaptureKey.STOP
    keys = [] if phase is Phase.PAUSED else [CaptureKey.NEXT]
    keys += [CaptureKey.REDO] if can_redo else []
    keys += [CaptureKey.SKIP] if step.skip else []
    return *keys, CaptureKey.PAUSE, CaptureKey.EVENT, CaptureKey.STOP


def find_troubles(
    phase: Phase,
    lights: tuple[SensorLight, ...],
    attempt: Attempt | None,
    now_s: float,
    *,
    angle_known: bool,
    misplaced: str,
) -> tuple[Statement, ...]:
    """What is wrong now and what to do, a sentence each, the most pressing first."""
    if phase is Phase.ASKING:
        return ()
    found = [Statement("capture.trouble.misplaced", {"problem": misplaced})] if misplaced else []
    told = [(said, urgent) for light in lights for said, urgent in _of_sensor(light)]
    for said, hinders in told:
        found += [said] if hinders and said not in found else []  # all share one radio
    if phase is Phase.DOING and attempt is not None:
        found += _of_task(attempt, now_s, angle_known=angle_known)
    return (*found, *(said for said, hinders in told if not hinders))


def _of_sensor(light: SensorLight) -> Iterator[tuple[Statement, bool]]:
    """How it is heard, how its link stands, its battery; and whether that hinders a task."""
    link, values = light.link, {"side": light.side, "placement": light.placement}
    reason = f" {link.reason}" if link.reason else ""
    # The light says as much of a search that has only begun.
    vague = link.trouble is LinkTrouble.SEARCHING and not reason
    if link.trouble is LinkTrouble.RADIO:
        yield Statement("capture.link.radio", {"reason": reason}), True
    elif link.trouble is not None and not vague:
        said = Statement(f"capture.link.{link.trouble}", {**values, "reason": reason})
        yield said, link.trouble is not LinkTrouble.CATCHING_UP
    elif light.light is not Light.GOOD:
        yield Statement(f"capture.trouble.{light.light}", values), True
    if link.battery_is_low:
        yield Statement("capture.link.battery", {**values, "percent": link.battery_percent}), False


def _of_task(attempt: Attempt, now_s: float, *, angle_known: bool) -> Iterator[Statement]:
    lasting_s = now_s - attempt.open_s
    if attempt.step.wait is Wait.STILL and lasting_s > RESTLESS_S:
        yield Statement("capture.trouble.restless")
    if attempt.step.wait is Wait.PUMPS and lasting_s > UNSEEN_S and attempt.done(now_s) == 0:
        yield Statement("capture.trouble.no_pumps")
    if attempt.step.wait is not Wait.REPETITIONS or not math.isnan(attempt.enough_s):
        return
    ends = [r.end_s for done in attempt.repetitions.values() for r in done]
    if now_s - max([attempt.open_s, *ends]) > UNSEEN_S:
        yield Statement(f"capture.trouble.{'unseen' if angle_known else 'no_angle'}")
