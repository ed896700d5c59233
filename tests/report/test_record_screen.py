"""The screen of a guided capture: inside its terminal, large, and the same without colour."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from rich.cells import cell_len

from sensor_screen.judgement import Language, Statement, Zone, ZoneBands
from sensor_screen.model import Direction, Placement, Side, Task
from sensor_screen.report.big_letters import big_width, draw_big, wrap_big
from sensor_screen.report.record_screen import RecordScreen
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.rules.voice import Voice, read_messages
from sensor_screen.session.capture_view import (
    CaptureKey,
    CaptureView,
    Count,
    Light,
    LinkReport,
    LiveBar,
    Phase,
    Question,
    SensorLight,
)
from sensor_screen.session.plan import Wait

BANDS = ZoneBands(*(math.radians(d) for d in (28.0, 34.0, 40.0, 46.0, 6.0)), resolved=True)
SQUAT = CaptureView(
    phase=Phase.DOING,
    number=8,
    steps=15,
    big=Statement("capture.task.squat"),
    say=Statement("capture.step.squat", {"amount": 6, "side": Side.NONE}),
    task=Task.SQUAT,
    side=Side.NONE,
    countdown_s=math.nan,
    count=Count(Wait.REPETITIONS, 4, 6),
    bars=tuple(
        LiveBar(
            side,
            Direction.DORSIFLEXION,
            12.0,
            math.radians(angle),
            0.01,
            math.radians(30.0),
            math.radians(40.0),
            zone,
            BANDS,
        )
        for side, angle, zone in ((Side.LEFT, 12.0, Zone.GREEN), (Side.RIGHT, 36.0, Zone.RED))
    ),
    lights=tuple(
        SensorLight(side, placement, light)
        for side, placement, light in (
            (Side.LEFT, Placement.SHANK, Light.GOOD),
            (Side.LEFT, Placement.FOOT, Light.WEAK),
            (Side.RIGHT, Placement.SHANK, Light.LOST),
            (Side.RIGHT, Placement.FOOT, Light.WAITING),
        )
    ),
    troubles=(Statement("capture.trouble.restless"),),
    keys=tuple(CaptureKey),
    question=None,
    reasons=(),
    simulated=True,
)
SIZES = [(80, 24), (120, 40), (60, 20), (40, 15), (200, 60)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_it_stays_inside_its_terminal(
    size: tuple[int, int], language: Language, *, ascii_only: bool
) -> None:
    for phase in (Phase.DOING, Phase.READY, Phase.PAUSED, Phase.ENDED):
        view = replace(SQUAT, phase=phase, countdown_s=3.2 if phase is Phase.READY else math.nan)
        text = RecordScreen(Voice(language), *size, ascii_only=ascii_only).draw(view).plain
        lines = text.split("\n")
        assert len(lines) == size[1]
        assert max(map(cell_len, lines)) <= size[0]
        if ascii_only and language is Language.ENGLISH:
            drawn = text.replace("°", "").replace("·", "")
            assert drawn.isascii()


def test_everything_is_there_on_the_smallest_usual_terminal() -> None:
    one_leg = replace(SQUAT, bars=SQUAT.bars[1:], troubles=())
    text = RecordScreen(Voice(Language.ENGLISH), 80, 24).draw(one_leg).plain
    for part in (draw_big("SQUAT"), draw_big("4/6"), draw_big("36°")):
        assert all(line.rstrip() in text for line in part)
    for word in ("Step 8 of 15", "simulated", "Foot left weak", "Shank right lost", "own end 40°",
                 "near end range", "4 of 6 repetitions", "R again"):  # fmt: skip
        assert word in text


def test_a_battery_that_is_low_stands_beside_its_sensor() -> None:
    lights = [
        replace(light, link=LinkReport(battery_percent=percent))
        for light, percent in zip(SQUAT.lights, (14, 15, None, 0), strict=True)
    ]
    view = replace(SQUAT, lights=tuple(lights))
    text = RecordScreen(Voice(Language.ENGLISH), 80, 24).draw(view).plain
    assert "Shank left good · battery 14 %" in text
    assert "Foot right waiting · battery 0 %" in text
    assert text.count("battery") == 2


def test_a_trouble_with_its_reason_is_whole_and_a_second_one_is_not_cut() -> None:
    off = "Bluetooth: it is switched off; run: rfkill unblock bluetooth && bluetoothctl power on."
    values = {"side": Side.LEFT, "placement": Placement.FOOT, "reason": f" {off}"}
    long = Statement("capture.link.broken", values)
    view = replace(SQUAT, troubles=(long, Statement("capture.trouble.no_angle")))
    lines = RecordScreen(Voice(Language.ENGLISH), 80, 24).draw(view).plain.split("\n")
    text = " ".join(line.strip() for line in lines)
    assert off in text
    assert "The angle is not known" not in text


def test_zones_are_told_by_place_and_shape_without_colour() -> None:
    lines = RecordScreen(Voice(Language.ENGLISH), 80, 40).draw(SQUAT).plain.split("\n")
    tracks = [line for line in lines if "┃" in line]
    track = tracks[0]
    assert [*dict.fromkeys(track.strip())] == ["░", "▒", "▓", "┃", "╱"]
    degrees_a_column = 44.0 / 78.0
    assert track.index("▒") * degrees_a_column == pytest.approx(28.0, abs=1.2)
    assert track.index("┃") * degrees_a_column == pytest.approx(40.0, abs=1.2)
    needles = [line.index("▶") for line in lines if "▶" in line]
    assert [n * degrees_a_column for n in needles] == pytest.approx([12.0, 36.0], abs=1.2)


def test_without_zones_the_track_is_plain_and_the_end_stays() -> None:
    bars = tuple(replace(bar, zone=None, bands=None) for bar in SQUAT.bars)
    text = RecordScreen(Voice(Language.ENGLISH), 80, 40).draw(replace(SQUAT, bars=bars)).plain
    assert "┃" in text
    assert "▒" not in text
    assert "room to spare" not in text


def test_a_question_shows_its_choices_and_what_was_typed() -> None:
    item = shipped_intake().item("events.seen")
    view = replace(SQUAT, phase=Phase.ASKING, question=Question(item, Side.LEFT), troubles=())
    screen = RecordScreen(Voice(Language.ENGLISH), 80, 24)
    text = screen.draw(view, typed="1,3", problem="No such choice.").plain
    for word in ("1  ", "2  ", "3  ", "> 1,3", "No such choice."):
        assert word in text


@pytest.mark.parametrize("language", Language)
def test_every_big_word_can_be_drawn_and_fits_eighty_columns(language: Language) -> None:
    voice, keys = Voice(language), read_messages(language)
    big = [k for k in keys if k.startswith(("capture.big.", "capture.task."))]
    assert len(big) > 15
    for key in big:
        task, side = Statement("capture.task.stairs_down"), Side.RIGHT
        said = voice.text(key, task=task, side=side)
        for line in wrap_big(said, 80):
            assert big_width(line) <= 80, line
            for letter in line.replace(" ", ""):
                assert "".join(draw_big(letter)).strip(), f"{letter} of {line} has no shape"


def test_letters_are_as_wide_as_they_say() -> None:
    for scale in (1, 2):
        assert {len(line) for line in draw_big("AB 12°", scale=scale)} == {
            big_width("AB 12°", scale)
        }
