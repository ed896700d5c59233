"""What the screens of a guided capture say, in one language: shared by the large and the plain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.model import Direction, Side
from sensor_screen.rules.items import Kind
from sensor_screen.session.capture_view import Happening

if TYPE_CHECKING:
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture_view import (
        CaptureEvent,
        CaptureView,
        Count,
        LiveBar,
        Question,
        SensorLight,
    )

_WAYS = {Direction.DORSIFLEXION: "bend", Direction.PLANTARFLEXION: "point"}


def show_text(voice: Voice, key: str, **values: object) -> str:
    """One of the screens' own words."""
    return voice.text(f"capture.show.{key}", **values)


def say_question(voice: Voice, question: Question) -> str:
    """A question as a sentence."""
    return voice.text(f"intake.question.{question.item.id}", side=question.side)


def list_choices(voice: Voice, question: Question) -> list[str]:
    """What can be chosen, numbered from 1."""
    item = question.item
    said = [voice.text(f"intake.choice.{item.id}.{choice}") for choice in item.choices]
    return [f"{number}  {text}" for number, text in enumerate(said, start=1)]


def say_how_to_answer(voice: Voice, question: Question) -> str:
    """What can be typed."""
    item = question.item
    if item.kind is Kind.YES_NO:
        hint = show_text(voice, "yes_no")
    elif item.kind is Kind.NUMBER:
        hint = show_text(voice, "number", least=item.least, most=item.most)
    elif item.choices:
        hint = show_text(voice, "several")
    else:
        hint = show_text(voice, "text")
    open_ = "" if question.needed else f" · {show_text(voice, 'leave_open')}"
    return f"{hint}{open_}"


def say_count(voice: Voice, count: Count) -> str:
    """`3 of 6 repetitions`."""
    of = show_text(voice, "of", done=count.done, wanted=count.wanted)
    return f"{of} {show_text(voice, count.wait.value)}"


def say_bar(voice: Voice, bar: LiveBar) -> str:
    """Where one ankle is, in words; the zone where there is one."""
    parts = [voice.word(bar.side, "ankle"), show_text(voice, _WAYS[bar.direction])]
    parts.append(
        degrees(bar.angle_rad) if math.isfinite(bar.angle_rad) else show_text(voice, "unknown")
    )
    if bar.zone is not None:
        parts.append(voice.word(bar.zone))
    if math.isfinite(bar.end_range_rad):
        parts.append(show_text(voice, "own_end", degrees=math.degrees(bar.end_range_rad)))
    elif math.isfinite(bar.best_rad):
        parts.append(show_text(voice, "best", degrees=math.degrees(bar.best_rad)))
    return " · ".join(parts)


def degrees(angle_rad: float) -> str:
    """Whole degrees with a true minus."""
    return f"{math.degrees(angle_rad):.0f}°".replace("-", "−").replace("−0°", "0°")


def say_light(voice: Voice, light: SensorLight) -> str:
    """`Shank right good`."""
    side = "" if light.side is Side.NONE else f" {voice.word(light.side)}"
    word = voice.text(f"capture.light_word.{light.light}")
    low = light.link.battery_percent if light.link.battery_is_low else None
    battery = "" if low is None else f" · {show_text(voice, 'battery', percent=low)}"
    return f"{voice.word(light.placement, 'label')}{side} {word}{battery}"


def say_step(voice: Voice, view: CaptureView) -> str:
    """`Step 3 of 12`."""
    return show_text(voice, "step", number=view.number, steps=view.steps)


def list_keys(voice: Voice, view: CaptureView) -> list[str]:
    """The keys that do something now."""
    return [voice.text(f"capture.key.{key}") for key in view.keys]


def say_event(voice: Voice, event: CaptureEvent) -> str:
    """What happened as one line, for those who hear the screen instead of seeing it."""
    said = voice.say(event.said)
    if event.kind is Happening.BEGUN:
        return show_text(voice, "begins", task=said)
    if event.kind is Happening.TROUBLE:
        return f"! {said}"
    if event.kind is Happening.REPETITION and event.repetition is not None:
        leg = voice.word(event.repetition.side)
        up, down = event.repetition.peak_dorsiflexion_rad, event.repetition.peak_plantarflexion_rad
        peak = degrees(-down if event.repetition.task.value in ("point", "kick") else up)
        return f"{leg} {said}, {peak}" if event.repetition.counted else f"{leg}: {said}"
    return said
