"""Messages: the same keys and values in every language, each of them sayable, headlines short."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from enum import Enum
from importlib import resources

import pytest

from sensor_screen import judgement, model
from sensor_screen.judgement import Language, Panel
from sensor_screen.model import Side, Task
from sensor_screen.rules.voice import Voice, read_messages

ENGLISH = read_messages(Language.ENGLISH)
HEADLINES = ("finding.sentence.", "wellness.headline.", "clinic.verdict.", "clinic.flags.headline",
             "concern.level.", "wellness.stop", "quality.hidden.sentence")  # fmt: skip
NUMBER = re.compile(r"[-+]?\.?\d*[fdg]?")
WORDS = {
    f"{noun.__name__.lower()}": noun
    for room in (model, judgement)
    for noun in vars(room).values()
    if isinstance(noun, type) and issubclass(noun, Enum) and noun.__module__ == room.__name__
}


def fields(template: str) -> list[tuple[str, str]]:
    """Names and formats of the values of a template."""
    parts = string.Formatter().parse(template)
    return sorted({(name, form or "") for _, name, form, _ in parts if name is not None})


def forms(language: Language) -> dict[str, list[Enum]]:
    """The words of the vocabulary that each form has."""
    found = defaultdict(list)
    for key in read_messages(language):
        kind, _, rest = key.partition(".")
        form, _, word = rest.partition(".")
        if kind in WORDS and word.upper() in WORDS[kind].__members__:
            found[form].append(WORDS[kind][word.upper()])
    return found


def test_every_topic_has_the_same_keys_in_every_language() -> None:
    for language in Language:
        said = read_messages(language)
        assert said.keys() == ENGLISH.keys(), set(said) ^ set(ENGLISH)
        files = {
            file.name
            for file in resources.files("sensor_screen.rules")
            .joinpath("messages", language.value)
            .iterdir()
        }
        assert {"words.toml", "report.toml", "wellness.toml", "disclaimer.toml"} <= files


@pytest.mark.parametrize("language", Language)
def test_a_message_has_the_same_values_in_every_language(language: Language) -> None:
    """A word may take another form."""
    for key, template in read_messages(language).items():
        names = {name for name, _ in fields(template)}
        assert names == {name for name, _ in fields(ENGLISH[key])}, key


@pytest.mark.parametrize("language", Language)
def test_every_message_can_be_said(language: Language) -> None:
    voice, known = Voice(language), forms(language)
    for key, template in read_messages(language).items():
        values: dict[str, list[object]] = {}
        for name, form in fields(template):
            if not NUMBER.fullmatch(form):
                assert known[form], f"{key}: no word has the form {form!r}"
                asked = [set(known[f]) for n, f in fields(template) if n == name and f in known]
                values[name] = sorted(set.intersection(*asked), key=repr)
                assert values[name], f"{key}: no word has all forms of {name}"
            else:
                values.setdefault(name, [12.25 if form else "words"])
        for turn in range(max(map(len, values.values()), default=1)):
            chosen = {name: some[turn % len(some)] for name, some in values.items()}
            text = voice.text(key, **chosen)
            assert "{" not in text, key
            assert "}" not in text, key


@pytest.mark.parametrize("language", Language)
def test_headlines_are_short_and_without_figures(language: Language) -> None:
    voice = Voice(language)
    tasks = [Task.SQUAT, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK, Task.WALK]
    keys = [key for key in ENGLISH if key.startswith(HEADLINES)]
    assert len(keys) >= 10
    for key in keys:
        for task in tasks:
            for panel in Panel:
                said = voice.text(key, task=task, side=Side.RIGHT, panel=panel)
                assert not re.search(r"\d", said), said
                assert max(len(s.split()) for s in re.split(r"[.:]", said)) <= 20, said


@pytest.mark.parametrize("language", Language)
def test_every_word_of_a_form_is_there(language: Language) -> None:
    """A form that a report asks for by itself must have all words."""
    voice = Voice(language)
    labels = (
        judgement.ConcernLevel, judgement.Level, judgement.Readiness, judgement.Verdict,
        judgement.Urgency, model.ZeroMode, model.AxisOrigin, model.SignOrigin,
        model.Placement, model.Direction,
    )  # fmt: skip
    for noun in labels:
        assert all(voice.word(word, "label") for word in noun)
    for noun in (Side, Task, Panel, judgement.Zone, model.Condition):
        for word in noun:
            assert voice.word(word) or word is Side.NONE


def test_german_is_not_english() -> None:
    german = read_messages(Language.GERMAN)
    words = {key: re.sub(r"\{.*?\}", "", text).strip() for key, text in german.items()}
    sentences = {key for key, text in words.items() if re.search(r"[a-z]{4}.* [a-z]{3}", text)}
    assert len(sentences) > 50
    assert not [key for key in sentences if german[key] == ENGLISH[key]]


@pytest.mark.parametrize("language", Language)
def test_no_text_speaks_like_a_diagnosis(language: Language) -> None:
    denials = "not a diagnosis|not diagnostic|keine Diagnose|keine diagnostischen"
    for key, text in read_messages(language).items():
        if key.startswith(("letter.", "intake.")):
            continue  # A professional signs a letter; a question may name what was done before.
        said = re.sub(denials, "", text)
        assert not re.search(r"diagnos|you suffer|patient|injury risk", said, re.IGNORECASE), key
        assert not re.search(r"\brolls?\b", said), "the talus glides"
