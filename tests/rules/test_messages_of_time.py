"""Messages about kicks, balance, exposure and change: both languages say the same things."""

import string
import tomllib
from importlib import resources

import pytest

from sensor_screen.judgement import Language
from sensor_screen.rules.voice import read_messages

TOPICS = (
    *("quantity", "kick", "balance", "exposure", "change"),
    *("rejudge", "progress"),
)


def messages_of(topic: str, language: Language) -> dict[str, str]:
    folder = resources.files("sensor_screen.rules").joinpath("messages", language.value)
    tops = tomllib.loads(folder.joinpath(f"{topic}.toml").read_text(encoding="utf-8"))
    every = read_messages(language)
    return {key: text for key, text in every.items() if key.partition(".")[0] in tops}


def slots(text: str) -> set[tuple[str | None, str | None]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_have_the_same_keys(topic: str) -> None:
    english, german = (messages_of(topic, language) for language in Language)
    assert english.keys() == german.keys()
    for key, text in english.items():
        names = [{name for name, _ in slots(one)} for one in (text, german[key])]
        assert names[0] == names[1], key
        assert "diagnos" not in (text + german[key]).lower(), key
