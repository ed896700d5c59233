"""Says statements in a language: the only place where keys become sentences.

Messages stand in `messages/<language>/*.toml`, one file a topic, all languages with the same keys.
A template names its values in braces, with a format as in Python: `{value:.0f}`. A value that is a
word of the vocabulary takes the *form* asked for after the colon: `{side:ankle}` with the left side
is the message `side.ankle.left`, `{task}` with squats is `task.name.squat`.
"""

from __future__ import annotations

import math
import string
import tomllib
from enum import Enum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Language, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DECIMAL = {Language.ENGLISH: ".", Language.GERMAN: ","}


class Voice:
    """One language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._messages = read_messages(language)
        self._formatter = _Formatter(self)

    def say(self, statement: Statement) -> str:
        """The sentence.

        Raises:
            KeyError: There is no such message, or a value of it is missing: a mistake in the code.
        """
        return self.text(statement.key, **statement.values)

    def text(self, key: str, /, **values: object) -> str:
        """The message of a key with its values."""
        return self.fill(self._messages[key], values)

    def fill(self, template: str, values: Mapping[str, object]) -> str:
        """A template that is no message of its own, with its values."""
        return self._formatter.vformat(template, (), values)

    def has(self, key: str) -> bool:
        """Whether there is a message of that key."""
        return key in self._messages

    def word(self, term: Enum, form: str = "name") -> str:
        """A word of the vocabulary in one of its forms."""
        return self._messages[f"{type(term).__name__.lower()}.{form}.{term.name.lower()}"]

    def listing(self, parts: tuple[object, ...], form: str = "") -> str:
        """Several values as a list with an `and`."""
        said = [self.value(part, form) for part in parts]
        if len(said) < 2:
            return "".join(said)
        return f"{', '.join(said[:-1])} {self._messages['list.and']} {said[-1]}"

    def value(self, value: object, form: str = "") -> str:
        """A value as it stands in a sentence."""
        if isinstance(value, Statement):
            return self.say(value)
        if isinstance(value, tuple):
            return self.listing(value, form)
        if isinstance(value, Enum):
            return self.word(value, form or "name")
        if isinstance(value, int | float):
            return self._number(value, form)
        return format(str(value), form)

    def _number(self, value: float, form: str) -> str:
        if not math.isfinite(value):
            return self._messages["number.unknown"]
        shown = format(value, form)
        zero = shown.strip("-0.") == ""  # no minus before a rounded zero
        shown = shown.lstrip("-") if zero else shown.replace("-", "−")
        return shown.replace(".", _DECIMAL[self.language])


class _Formatter(string.Formatter):
    """`str.format` whose values are said by a voice."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401
        return self._voice.value(value, format_spec)


@cache
def read_messages(language: Language) -> Mapping[str, str]:
    """Every message of a language by its key, the tables of all files joined with dots."""
    folder = resources.files(__package__).joinpath("messages", language.value)
    found: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            for key, text in _flatten(tomllib.loads(file.read_text(encoding="utf-8"))):
                if key in found:
                    raise KeyError(f"{key} stands twice in the messages of {language}")
                found[key] = text
    return found


def _flatten(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{name}.")
        else:
            yield name, value
