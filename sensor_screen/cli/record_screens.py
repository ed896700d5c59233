"""The two screens of `record`: a large one for a terminal, and lines for pipes and readers."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.live import Live

from sensor_screen.cli.keyboard import END, KeyInput, LineInput
from sensor_screen.cli.typed_answers import is_one_key, read_typed
from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.report.record_screen import RecordScreen
from sensor_screen.report.record_words import (
    list_choices,
    list_keys,
    say_event,
    say_how_to_answer,
    say_step,
    show_text,
)
from sensor_screen.session.capture_view import CaptureKey, Happening, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.rules.answer_check import Problem
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture_view import CaptureEvent, CaptureView
    from sensor_screen.session.ports import Given

DRAWN_EVERY = 2
"""Of the looks at a capture: 12.5 pictures a second."""


def say_problem(problem: Problem, voice: Voice) -> str:
    """What is wrong with an answer, as a sentence."""
    said = problem.said(voice)
    sentence = show_text(voice, "wrong", problem=said.problem, remedy=said.remedy)
    return sentence[:1].upper() + sentence[1:]


class LargeScreen:
    """The whole terminal; keys without Enter. To be used in a `with` statement.

    Args:
        voice: The language.
        keys: Of the terminal.
        beep: A tone for each repetition and each beginning.
    """

    def __init__(self, voice: Voice, keys: KeyInput, *, beep: bool) -> None:
        self._voice, self._keys, self._beep = voice, keys, beep
        self._console = Console()
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        # While the terminal is taken over, the stream does not know its encoding.
        self._ascii = "utf" not in (sys.stdout.encoding or "").lower()
        self._looks = 0
        self._typed = self._problem = ""

    def __enter__(self) -> LargeScreen:
        """Take the terminal over."""
        self._live.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        """Give it back as it was."""
        self._live.__exit__(None, None, None)

    def show(self, view: CaptureView, events: Sequence[CaptureEvent]) -> None:
        """Draw, at most every other time unless something happened."""
        if self._beep and any(_is_heard(event) for event in events):
            self._console.bell()
        self._looks += 1
        if not events and self._looks % DRAWN_EVERY:
            return
        if view.question is None:
            self._typed = self._problem = ""
        size = shutil.get_terminal_size((80, 24))
        screen = RecordScreen(self._voice, size.columns, size.lines, ascii_only=self._ascii)
        self._live.update(screen.draw(view, self._typed, self._problem), refresh=True)

    def read(self, view: CaptureView) -> list[CaptureKey | Given]:
        """What the keys mean."""
        found = []
        for key in self._keys.read():
            ends = key in "\r\n"
            if key in "\x7f\b":
                self._typed = self._typed[:-1]
            elif ends or is_one_key(view):
                line = self._typed if ends else key
                self._typed = ""
                found.append(read_typed(line, view, self._voice))
                break  # what it means may depend on what this one does
            elif key.isprintable():
                self._typed += key
        return [typed for typed in found if typed is not None]

    def complain(self, problem: Problem) -> None:
        """Below the question."""
        self._problem = say_problem(problem, self._voice)


class PlainLines:
    """One line for everything that happens: for pipes, logs and screen readers.

    Args:
        voice: The language.
        lines: Where answers and keys are typed, each with Enter.
        needs_answers: Nobody else answers; the end of the input then ends the capture.
    """

    def __init__(self, voice: Voice, lines: LineInput, *, needs_answers: bool) -> None:
        self._voice, self._lines, self._needs = voice, lines, needs_answers
        self._waiting: list[str] = []

    def show(self, view: CaptureView, events: Sequence[CaptureEvent]) -> None:
        """Say what is new."""
        for event in events:
            if event.kind is Happening.STEP:
                typer.echo(f"\n{say_step(self._voice, view)}: {self._voice.say(view.big)}")
            if event.kind is Happening.QUESTION and view.question is not None:
                self._ask(view)
            elif _is_new(event):
                typer.echo(f"{event.at_s:7.1f} s  {say_event(self._voice, event)}")
            stops = event.kind is Happening.PAUSED
            if stops or (event.kind is Happening.STEP and view.phase is Phase.WEARING):
                typer.echo(f"           {'   '.join(list_keys(self._voice, view))}")
        for reason in view.reasons if any(e.kind is Happening.ENDED for e in events) else ():
            typer.secho(f"\n{self._voice.say(reason)}", bold=True)

    def read(self, view: CaptureView) -> list[CaptureKey | Given]:
        """The next line, if there is one: what it means may depend on the one before."""
        self._waiting += self._lines.read()
        if not self._waiting:
            return []
        line = self._waiting.pop(0)
        if line == END:
            return [CaptureKey.STOP] if self._needs else []
        typed = read_typed(line, view, self._voice)
        return [] if typed is None else [typed]

    def complain(self, problem: Problem) -> None:
        """As a line."""
        typer.echo(say_problem(problem, self._voice))

    def _ask(self, view: CaptureView) -> None:
        if view.question is None:
            return
        item = f"intake.question.{view.question.item.id}"
        typer.echo(f"\n{self._voice.text(item, side=view.question.side)}")
        for choice in list_choices(self._voice, view.question):
            typer.echo(f"   {choice}")
        typer.echo(f"   {say_how_to_answer(self._voice, view.question)}")


def _is_new(event: CaptureEvent) -> bool:
    """It is worth a line: lights change troubles, and what is final was announced."""
    if event.repetition is not None:
        final = event.repetition_kind is EventKind.FINAL
        return not (final and event.repetition.counted)
    return event.kind not in (Happening.LIGHT, Happening.TROUBLE_OVER)


def _is_heard(event: CaptureEvent) -> bool:
    counted = event.repetition is not None and event.repetition.counted
    new = event.repetition_kind is EventKind.ANNOUNCED
    begun = event.kind in (Happening.BEGUN, Happening.PAUSED, Happening.ENDED)
    return begun or (event.kind is Happening.REPETITION and counted and new)
