"""Sentences of the measurement in German: none is forgotten, none is half translated."""

from __future__ import annotations

import ast
import itertools
import re
import string
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

import sensor_screen
from sensor_screen.judgement import Language
from sensor_screen.report.phrasebook import Phrasebook, read_phrasebook, translate_measured
from sensor_screen.rules.claims import read_withheld_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.report.phrasebook import Entry

GERMAN = read_phrasebook(Language.GERMAN)
PACKAGE = Path(sensor_screen.__file__).parent
SPEAKING = [*sorted((PACKAGE / "core").glob("*.py")), PACKAGE / "session/screen.py"]
"""Where sentences of the measurement are made."""
NEVER_SHOWN = {
    # Ways in which an error is put together; errors are said in English only.
    "ankle.py", "placement.py", "plausibility.py", "sample_faults.py", "cleaning.py",
    # The clock's own sentence and the fate of its windows are for those who tune it.
    "alignment.py", "lag_line.py",
    # Names of measures, which have words of their own in the messages.
    "symmetry.py", "sway_measures.py",
}  # fmt: skip
NOT_SAID = {
    # The problem and the remedy of an error are one phrase of the table.
    "leg_events.py": {"\0, no ankle angle: \0; \0."},
    "pipeline.py": {"samples, clocks and tasks", "\0: ankle angle", "\0: repetitions and sway"},
    "screen.py": {
        # Steps of the progress, and what an error is made of.
        "findings and advice", "earlier session \0 of \0", "no task is labelled or was found",
        "gravity plane", "; ",
    },
    "joint_angle.py": {"gravity plane", "\0 inclination"},  # names of methods
    "live_repetitions.py": {"what followed shows that it was none"},  # withdrawn, so never kept
    "live_sign.py": {"toes up"},  # looked for
    "task_hints.py": {
        # Of a label that was moved or not seen at all: kept, and not said.
        "\0 was labelled from \0 to \0 s and seen from \0 to \0 s",
        "nothing was found of \0 at \0 s; the label was kept",
    },
    "sway.py": {
        # What an error is made of.
        "\0 on the \0 leg, \0 s",
    },
}  # fmt: skip
"""What is no sentence of the measurement, by module; `\0` for a value."""
SAMPLES = {"number": ("12",), "phrase": ("stood quietly",), "list": ("stood quietly",)}


def samples(entry: Entry) -> Iterator[str]:
    """The entry with every word that it can hold."""
    names = list(entry.kinds)
    each = [SAMPLES.get(kind) or tuple(GERMAN.words[kind]) for kind in entry.kinds.values()]
    bare = re.sub(r"\{(\w+):\w+\}", r"{\1}", entry.english)
    for chosen in itertools.islice(itertools.product(*each), 400):
        yield bare.format(**dict(zip(names, chosen, strict=True)))


ALL = {sample: entry for entry in GERMAN.entries for sample in samples(entry)}
FIXED = {word for group in GERMAN.words.values() for word in group}


def templates(path: Path) -> Iterator[str]:
    """Every text of a module that may be said, with `\0` for its values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed: set[int] = set()
    for node in ast.walk(tree):
        documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        error = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")
        if documents or error:
            passed |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
            passed |= {
                id(part)
                for value in node.values
                if isinstance(value, ast.FormattedValue) and value.format_spec
                for part in ast.walk(value.format_spec)
            }
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "\0" for v in node.values]
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield re.sub(r"\{\w+(?::[^}]*)?\}", "\0", node.value)  # a template of `str.format`


def is_known(template: str) -> bool:
    """A sentence of the table, a word of it, or a part of one of its sentences."""
    fixed = (re.sub(r"\d+", r"\\d+", re.escape(part)) for part in template.split("\0"))
    pattern = re.compile(".+".join(fixed))
    legs = (f"left leg: {sample}" for sample in ALL)
    return any(pattern.search(one) for one in (*ALL, *FIXED, *legs))


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.name)
def test_every_sentence_in_the_source_is_in_the_table(path: Path) -> None:
    if path.name in NEVER_SHOWN:
        return
    quiet = NOT_SAID.get(path.name, set())
    made = set(templates(path))
    assert quiet <= made, "what is not there needs no exception"
    assert not {one for one in made - quiet if not is_known(one)}


def test_no_entry_is_of_a_sentence_that_nobody_says() -> None:
    source = "\n".join(
        text for path in PACKAGE.glob("core/*.py") for text in texts(path)
    ) + "\n".join(texts(PACKAGE / "session/screen.py"))
    stale = [entry.english for entry in GERMAN.entries if not _is_said(entry, source)]
    assert not stale


def texts(path: Path) -> Iterator[str]:
    """Every text of a module, errors as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{\w+(?::[^}]*)?\}", "\n", node.value)


def _is_said(entry: Entry, source: str) -> bool:
    """Each word of it stands in the source, most of them in one row."""
    fixed = re.sub(r"\{.*?\}", "\n", entry.english)
    pieces = [p for part in re.split(r"[\n;:.]", fixed) if len(p := part.strip()) > 3]
    return all(piece.lower() in source.lower() or _in_parts(piece, source) for piece in pieces)


def _in_parts(piece: str, source: str) -> bool:
    """Put together from up to three texts."""
    words = piece.split(" ")
    cuts = itertools.combinations(range(1, len(words)), 2)
    thirds = ([words[:a], words[a:b], words[b:]] for a, b in cuts)
    return any(all(" ".join(part) in source for part in three) for three in thirds)


def test_every_entry_is_translated_as_a_whole() -> None:
    assert len(GERMAN.entries) > 100
    english = re.compile(r"\b(the|of|is|and|not|with|which|that|it|from|to)\b")
    for sample in ALL:
        said = translate_measured(sample, Language.GERMAN)
        assert said is not None, sample
        assert said != sample
        assert not english.search(said), said
        assert not re.search(r"\d\.\d|[{}]", said), said


def test_an_entry_has_the_same_values_in_both_languages() -> None:
    for entry in GERMAN.entries:
        names = {name for _, name, _, _ in string.Formatter().parse(entry.translated) if name}
        assert names == set(entry.kinds), entry.english


def test_no_translation_says_what_wellness_mode_must_not_say() -> None:
    for sample in ALL:
        said = translate_measured(sample, Language.GERMAN) or ""
        assert not read_withheld_words(Language.GERMAN).search(said), said
        assert not read_withheld_words(Language.ENGLISH).search(said), said


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("shallow: 40 % as far as the others", "flach: 40 % so weit wie die anderen"),
        (
            "left leg: from 10 s, for 5 s, a sensor no longer sits as it did in the still stand.",
            "linkes Bein: ab 10 s, 5 s lang: ein Sensor sitzt nicht mehr so wie im ruhigen Stand.",
        ),
        (
            "right leg: found squat 10 to 20 s (90 %), stairs up 30 to 40 s (8 %)",
            "rechtes Bein: gefunden: Kniebeuge 10 bis 20 s (90 %), Treppe hinauf 30 bis 40 s (8 %)",
        ),
        (
            "The stride went up (+0.17 m); it is labelled stairs down.",
            "Der Schritt ging aufwärts (+0,17 m); benannt ist er als: Treppe hinab.",
        ),
        (
            "The stride went down (-0.17 m); it is labelled walk.",
            "Der Schritt ging abwärts (−0,17 m); benannt ist er als: Gehen.",
        ),
        ("none: fall-back angle, 3 deg uncertain", "Bein: Ersatzwinkel, auf 3° unsicher"),
        (
            "leg, no ankle angle: no 0.5 s in which both sensors are still; stand quietly with the "
            "foot flat for 2 s at the start of the recording.",
            "Bein, kein Winkel des Sprunggelenks: keine 0,5 s, in denen beide Sensoren still sind; "
            "stehen Sie am Anfang der Aufnahme 2 s ruhig mit flachem Fuß.",
        ),
        (
            "kick at 8 s: a kick, but the angle is not valid round the impact.",
            "Schuss bei 8 s: ein Schuss, aber der Winkel ist um den Aufprall herum nicht gültig.",
        ),
    ],
)
def test_values_are_said_in_the_language(english: str, german: str) -> None:
    assert translate_measured(english, Language.GERMAN) == german


def test_half_a_translation_is_none() -> None:
    for sentence in (
        "a kick, but the moon was full",
        "left leg: found squat 10 to 20 s (90 %), a dance",
        "squat at 12 s: who knows.",
        "shallow: very % as far as the others",
        "shallow: 40 % as far as the others, and more",
    ):
        assert translate_measured(sentence, Language.GERMAN) is None


def test_english_stays_as_it_is() -> None:
    assert translate_measured("any words", Language.ENGLISH) == "any words"
    assert translate_measured("", Language.GERMAN) == ""


def test_the_first_report_does_not_wait_for_the_table() -> None:
    """Patterns are compiled when they are needed; a report has some dozens of sentences."""
    once = [next(samples(entry)) for entry in GERMAN.entries][::2]
    begun_s = perf_counter()
    fresh = Phrasebook(Language.GERMAN)
    assert all(fresh.translate(sentence) for sentence in once)
    assert perf_counter() - begun_s < 0.5
