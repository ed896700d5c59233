"""What a person reads while sensors are shaken."""

from __future__ import annotations

import pytest

from sensor_screen.ble.shake_dialogue import Saying, ShakeWord
from sensor_screen.cli.shake_lines import ShakeLines
from sensor_screen.judgement import Language
from sensor_screen.model import Placement, Side
from sensor_screen.rules.voice import Voice


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
@pytest.mark.parametrize(
    ("placement", "word"), [(Placement.SHANK, "shin"), (Placement.FOOT, "foot")]
)
def test_each_place_is_asked_for_by_its_name(
    side: Side, placement: Placement, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ShakeLines(Voice(Language.ENGLISH))(ShakeWord(Saying.ASK, (side, placement)))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"Shake the sensor for your {side} {word},")


@pytest.mark.parametrize("language", Language)
def test_every_word_is_one_line_in_every_language(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ShakeLines(Voice(language))
    for saying in Saying:
        lines(ShakeWord(saying, (Side.LEFT, Placement.FOOT), "SS-0042", "Sensor SS-0042: gone"))
    said = capsys.readouterr().out.splitlines()
    assert len(set(said)) == len(Saying)
    assert sum("SS-0042" in line for line in said) == 4
    assert not any("{" in line for line in said)
