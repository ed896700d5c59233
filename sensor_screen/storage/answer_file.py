"""Answers as a TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Language
from sensor_screen.rules.answer_check import Problem, problems_error
from sensor_screen.rules.questionnaire import LARGEST_FILE, read_answers, write_answers
from sensor_screen.rules.voice import Voice
from sensor_screen.storage.atomic_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.judgement import Answers


def read_answer_file(path: Path, language: Language = Language.ENGLISH) -> Answers:
    """The checked answers of a file.

    Raises:
        sensor_screen.errors.IntakeError: It cannot be read, is too large, is no text or no TOML,
            or holds impossible, contradictory or unknown answers; every one of them is named.
    """
    try:
        with path.open("rb") as stream:
            # A letter has at most four bytes; of a longer file no more is read than shows that.
            content = stream.read(4 * LARGEST_FILE + 1)
        text = content.decode("utf-8-sig") if len(content) <= 4 * LARGEST_FILE else None
    except UnicodeDecodeError:
        raise problems_error(path.name, [Problem("encoding")], Voice(language)) from None
    except OSError as error:
        reason = {"reason": error.strerror or str(error)}
        problem = Problem("unreadable", values=reason)
        raise problems_error(path.name, [problem], Voice(language)) from error
    if text is None:
        large = Problem("large", values={"most": LARGEST_FILE})
        raise problems_error(path.name, [large], Voice(language))
    return read_answers(text.replace("\r\n", "\n"), path.name, language)


def write_answer_file(answers: Answers, path: Path, language: Language = Language.ENGLISH) -> None:
    """Write answers; an older file of that name is replaced in one step.

    Raises:
        sensor_screen.errors.IntakeError: An answer is impossible.
        sensor_screen.errors.UsageError: The file cannot be written.
    """
    text = write_answers(answers, language)
    with replace_file(path) as stream:
        stream.write(text.encode())
