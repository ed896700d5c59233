"""What a person is told while sensors are shaken: lines, on a screen as in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sensor_screen.ble.shake_dialogue import Saying
from sensor_screen.judgement import Statement

if TYPE_CHECKING:
    from sensor_screen.ble.shake_dialogue import ShakeWord
    from sensor_screen.rules.voice import Voice


class ShakeLines:
    """Says each word in a line of its own.

    Args:
        voice: The person's language.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def __call__(self, word: ShakeWord) -> None:
        """Say it; what the person is to do stands out."""
        place = Statement(f"capture.place.{'_'.join(word.place)}") if word.place else ""
        said = self._voice.text(
            f"capture.shake.{word.saying}", place=place, serial=word.serial, trouble=word.trouble
        )
        typer.secho(said, bold=word.saying is Saying.ASK)
