"""Sentences of the measurement in the language of a report, by a table of whole sentences.

Measuring speaks English. A table `measured/<language>.toml` holds each of its sentences as a
template with typed values beside what it becomes; see the head of the table. A sentence is matched
as a whole or not at all, so that none is half translated.
"""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Language
from sensor_screen.model import Direction, Placement, Side, Task
from sensor_screen.rules.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Words = dict[str, object]

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan|inf)"
_NESTED = ("phrase", "list")
"""Kinds whose values are sentences of the table themselves."""
_VOCABULARY: dict[str, Words] = {
    "leg": {(f"{s} leg" if s is not Side.NONE else "leg"): s for s in Side},
    "side": {side.value: side for side in Side},
    "task": {task.value.replace("_", " "): task for task in Task},
    "placement": {placement.value: placement for placement in Placement},
    "direction": {direction.value: direction for direction in Direction},
}


class Entry:
    """One sentence of the table."""

    def __init__(self, english: str, translated: str, words: Mapping[str, Words]) -> None:
        self.english = english
        self.translated = translated
        self._words = words
        self._parts = list(string.Formatter().parse(english))
        self.kinds = {name: kind or "" for _, name, kind, _ in self._parts if name is not None}
        self._pattern: re.Pattern[str] | None = None

    @property
    def opening(self) -> str:
        """The first word where it is fixed; else empty."""
        text, name, _, _ = self._parts[0]
        first, space, _ = text.partition(" ")
        return first if space or name is None else ""

    def match(self, sentence: str) -> dict[str, str] | None:
        """The values in a sentence; None where it is another one."""
        if self._pattern is None:  # compiled when first asked: most sentences are never said
            parts = (
                re.escape(text) + self._group(name, kind) for text, name, kind, _ in self._parts
            )
            self._pattern = re.compile("".join(parts))
        found = self._pattern.fullmatch(sentence)
        return None if found is None else found.groupdict()

    def _group(self, name: str | None, kind: str | None) -> str:
        if name is None:
            return ""
        if kind == "number":
            return f"(?P<{name}>{_NUMBER})"
        if kind in _NESTED:
            return f"(?P<{name}>.+)"
        longest_first = sorted(self._words[kind or ""], key=len, reverse=True)
        return f"(?P<{name}>{'|'.join(map(re.escape, longest_first))})"


class Phrasebook:
    """The table of one language."""

    def __init__(self, language: Language) -> None:
        table = _read_table(language)
        self.words = {**_VOCABULARY, **table["words"]}
        self.entries = tuple(Entry(one["en"], one["de"], self.words) for one in table["entry"])
        self._voice = Voice(language)
        self._by_opening: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self._by_opening.setdefault(entry.opening, []).append(entry)

    def translate(self, sentence: str) -> str | None:
        """The whole sentence; None where any part of it is not in the table."""
        for entry in self._candidates(sentence):
            found = entry.match(sentence)
            if found is None:
                continue
            values = {name: self._value(entry.kinds[name], text) for name, text in found.items()}
            if None not in values.values():
                return self._voice.fill(entry.translated, values)
        return None

    def _candidates(self, sentence: str) -> Iterable[Entry]:
        """Entries with its first word, then those that begin with a value."""
        yield from self._by_opening.get(sentence.partition(" ")[0], ())
        yield from self._by_opening.get("", ())

    def _value(self, kind: str, text: str) -> object:
        if kind == "number":
            return self._number(text)
        if kind == "phrase":
            return self.translate(text)
        if kind == "list":
            parts = [self.translate(part) for part in text.split(", ")]
            return None if None in parts else ", ".join(part or "" for part in parts)
        return self.words[kind][text]

    def _number(self, text: str) -> str:
        """As it was rounded where it was measured, in the letters of the language."""
        _, _, digits = text.partition(".")
        value = float(text)
        sign = "+" if text.startswith("+") else ""
        return self._voice.value(value, f"{sign}.{len(digits)}f")


@cache
def read_phrasebook(language: Language) -> Phrasebook:
    """The table of a language other than English, read when the first report needs it."""
    return Phrasebook(language)


def _read_table(language: Language) -> dict[str, Any]:
    file = resources.files(__package__).joinpath("measured", f"{language.value}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def translate_measured(sentence: str, language: Language) -> str | None:
    """A sentence of the measurement in a language; None where it has no translation.

    English needs none and comes as it is; so does an empty note.
    """
    if language is Language.ENGLISH or not sentence:
        return sentence
    return read_phrasebook(language).translate(sentence)
