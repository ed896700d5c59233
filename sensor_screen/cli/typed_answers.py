"""What was typed during a guided capture: an answer to the open question, or a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sensor_screen.rules.items import Kind
from sensor_screen.session.capture_view import CaptureKey
from sensor_screen.session.ports import Given

if TYPE_CHECKING:
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture_view import CaptureView, Question

KEYS = {
    "": CaptureKey.NEXT,
    "r": CaptureKey.REDO,
    "s": CaptureKey.SKIP,
    "p": CaptureKey.PAUSE,
    " ": CaptureKey.PAUSE,
    "e": CaptureKey.EVENT,
    "q": CaptureKey.STOP,
}


def read_typed(line: str, view: CaptureView, voice: Voice) -> CaptureKey | Given | None:
    """What a line, or a single key, means now; None for nothing.

    Args:
        line: Without its end.
        view: Whether a question is open, and which.
        voice: The language of yes and no.
    """
    if view.question is None:
        return KEYS.get(line if line == " " else line.strip().casefold()[:1])
    typed = line.strip()
    if not typed:
        return CaptureKey.NEXT
    if typed.casefold() == "q" and view.question.item.kind is not Kind.TEXT:
        return CaptureKey.STOP
    return Given(_read_answer(typed, view.question, voice))


def is_one_key(view: CaptureView) -> bool:
    """One key is enough: no line has to be ended."""
    return view.question is None or view.question.item.kind is Kind.YES_NO


def _read_answer(typed: str, question: Question, voice: Voice) -> object:
    """As the intake takes it; what cannot be read stays text, and is refused there."""
    item = question.item
    if item.kind is Kind.YES_NO:
        yes, no = (voice.text(f"intake.dialogue.{w}_words").split() for w in ("yes", "no"))
        known = {**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}
        return known.get(typed.casefold(), typed)
    if item.kind is Kind.NUMBER:
        try:
            return float(typed.replace(",", ".").replace("−", "-"))
        except ValueError:
            return typed
    if item.kind is Kind.TEXTS:
        return typed.split(";")
    numbered = {str(number): choice for number, choice in enumerate(item.choices, 1)}
    if item.kind is Kind.SEVERAL:
        parts = [part for part in re.split(r"[,;\s]+", typed) if part not in ("", "0")]
        return [numbered.get(part, part) for part in parts]
    return numbered.get(typed, typed)
