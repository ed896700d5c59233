"""Ankle movement screening with two small inertial sensors. It screens, it never diagnoses.

`read_recording` opens a file made by `sensor-screen import` or `simulate`, `screen` turns it into a
report. What can go wrong is in `sensor_screen.errors`, the nouns are in `sensor_screen.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.judgement import Answers, Claims, Language, ScreeningReport
    from sensor_screen.model import Recording

__all__ = ["__version__", "read_recording", "screen"]


def read_recording(path: Path | str) -> Recording:
    """Open a recording file.

    Raises:
        sensor_screen.errors.RecordingError: The file is missing, damaged or of another kind.
    """
    from sensor_screen import wiring

    return wiring.open_recording(path)


def screen(
    recordings: Sequence[Recording],
    *,
    answers: Answers | None = None,
    claims: Claims | None = None,
    language: Language | None = None,
    options: MeasureOptions | None = None,
) -> ScreeningReport:
    """Measure and judge the recordings of one session of one person.

    Args:
        recordings: One or more. A task is compared with the end range of its own recording only.
        answers: What the person and the clinician said, as by `rules.questionnaire.read_answers`.
        claims: Whom the report is for; a clinician where None.
        language: English where None.
        options: The user's decisions on zero and sign; the defaults of the command line where None.

    Raises:
        sensor_screen.errors.ScreenError: Nothing that was asked for could be measured.
    """
    from sensor_screen import wiring
    from sensor_screen.judgement import Answers
    from sensor_screen.session.case import Session

    session = Session(tuple(recordings), answers or Answers())
    return wiring.screen(session, claims=claims, language=language, options=options)
