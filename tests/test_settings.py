"""Settings of the service: written down, and secret where they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sensor_screen
from sensor_screen.cli.serve import settings_of
from sensor_screen.errors import UsageError
from sensor_screen.settings import Settings

PAGE = (Path(sensor_screen.__file__).parent / "docs" / "operations.md").read_text(encoding="utf-8")
IN_WORDS = {"of the platform": "data", "empty": "", "none": None, "256 MiB": str(256 << 20)}
"""Defaults that are not written as they are."""


def written() -> dict[str, str]:
    """Name -> default, as the page has them."""
    table = PAGE.partition("## Settings")[2].partition("\n## ")[0]
    found = {}
    for names, default in re.findall(r"^\| (`[a-z_`, ]+`) \| ([^|]+) \|", table, re.MULTILINE):
        for name in re.findall(r"`([a-z_]+)`", names):
            found[name] = default
    return found


def test_every_setting_is_written_down() -> None:
    assert [*written()] == [*Settings.model_fields]


@pytest.mark.parametrize("name", [*Settings.model_fields])
def test_its_default_is_the_one_that_is_written(name: str) -> None:
    said = written()[name]
    if said == "of the platform":
        assert Settings.model_fields[name].default_factory is not None
        return
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if default in (None, ()):
        assert said == "none"
    else:
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert IN_WORDS.get(said, said) == shown


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        database_url="postgresql://me:hidden-word@x/y",
        sealing_keys="hidden-word-1,hidden-word-2",  # type: ignore[arg-type]
    )
    assert len(settings.sealing_keys) == 2
    assert "hidden-word" not in f"{settings!r} {settings}"


def test_secrets_are_not_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSOR_SCREEN_DATABASE_URL", "postgresql://me:hidden-word@x/y")
    for bad in ({"sealing_keys": ("hidden-word", 5)}, {"database_url": ["hidden-word"]}):
        with pytest.raises(UsageError) as told:
            settings_of(**bad)
        assert "hidden-word" not in str(told.value)
        assert next(iter(bad)) in str(told.value)


def test_what_an_option_says_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSOR_SCREEN_PORT", "9000")
    monkeypatch.setenv("SENSOR_SCREEN_SEALING_KEYS", "a,b")
    settings = settings_of(port=9001, host=None)
    assert settings.port == 9001
    assert settings.model_fields_set == {"port", "sealing_keys"}
    assert [key.get_secret_value() for key in settings.sealing_keys] == ["a", "b"]
