"""What a healthy person reads: no word, zone, limit or figure that wellness mode must not say."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensor_screen.core
from sensor_screen.judgement import Claims, ConcernLevel, Language
from sensor_screen.model import Side
from sensor_screen.report.json_report import report_to_json
from sensor_screen.report.terminal import render_terminal
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.voice import Voice, read_messages
from tests.hand_made import (
    ankle,
    fill_judgement,
    filled_report,
    flags,
    full_report,
    leg_measures,
    report,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import ScreeningReport

MAY_BE_SAID = (
    "report.", "wellness.", "disclaimer.wellness", "list.", "number.", "side.", "panel.", "task.",
    "condition.", "direction.", "placement.", "zeromode.", "axisorigin.", "signorigin.",
    "verdict.",
)  # fmt: skip
EMERGENCY = "wellness.emergency"
NOT_FOR_EVERYBODY = {
    # Forms of the vocabulary that only sentences for clinicians ask for.
    "panel.joint.", "verdict.label.better", "verdict.label.worse",
}  # fmt: skip
PLAIN_NAMES = {"screening-report-2"}
"""The name of the file format is no claim about a person."""


def strings(value: Any) -> Iterator[str]:
    """Every text in JSON, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from strings(key.replace("_", " "))
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def leaks(screened: ScreeningReport) -> list[str]:
    """Words on any face that wellness mode must not say, in any language."""
    emergency = Voice(screened.language).text(EMERGENCY)
    texts = [flat(render_terminal(screened, width=width)) for width in (60, 100)]
    assert all(emergency in text for text in texts), "the emergency signs are on every face"
    content = report_to_json(screened)
    assert emergency in content["disclaimer"]
    texts += [text for text in strings(content) if text not in PLAIN_NAMES]
    said = [text.replace(emergency, "") for text in texts]
    return [
        f"{match[0]}: {text[max(0, match.start() - 40) : match.end() + 40]}"
        for text in said
        for language in {Language.ENGLISH, screened.language}
        if (match := read_withheld_words(language).search(text))
    ]


@pytest.mark.parametrize("language", Language)
def test_no_message_of_wellness_mode_holds_a_withheld_word(language: Language) -> None:
    said = {
        key: text
        for key, text in read_messages(language).items()
        if key.startswith(MAY_BE_SAID)
        and key != EMERGENCY
        and not any(key.startswith(name) for name in NOT_FOR_EVERYBODY)
    }
    assert len(said) > 150
    pattern = read_withheld_words(language)
    assert not [(key, text) for key, text in said.items() if pattern.search(text)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flagged", [False, True])
def test_only_messages_for_everybody_are_asked_for(
    language: Language, flagged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    messages = read_messages(language)

    class Watched(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    monkeypatch.setattr("sensor_screen.rules.voice.read_messages", lambda _: Watched(messages))
    screened = filled_report(Claims.WELLNESS, language, flagged=flagged)
    render_terminal(screened)
    report_to_json(screened)
    assert len(asked) > 5
    assert not [key for key in asked if not key.startswith(MAY_BE_SAID)]
    assert not [key for key in asked if any(key.startswith(n) for n in NOT_FOR_EVERYBODY)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("top", ConcernLevel)
def test_hand_made_reports_do_not_leak(
    language: Language, flagged: bool, top: ConcernLevel
) -> None:
    assert leaks(filled_report(Claims.WELLNESS, language, top=top, flagged=flagged)) == []


@pytest.mark.parametrize("language", Language)
def test_a_report_that_nobody_restrained_does_not_leak_either(language: Language) -> None:
    bare = full_report()
    everything = dataclasses.replace(
        bare,
        judgement=fill_judgement(bare.judgement),
        claims=Claims.WELLNESS,
        language=language,
    )
    assert leaks(everything) == []


ANGLE = st.floats(1.0, 80.0)


@settings(max_examples=40, deadline=None)
@given(
    ends=st.tuples(st.none() | ANGLE, st.none() | ANGLE),
    peaks=st.tuples(ANGLE, ANGLE, ANGLE),
    sigma=st.floats(0.1, 12.0),
    side=st.sampled_from(Side),
    language=st.sampled_from(Language),
    note=st.sampled_from(
        ["the stance was short", "ended by pain", "the patient had an injury", "Schmerz links", ""]
    ),
    flagged=st.booleans(),
)
def test_random_reports_do_not_leak(
    ends: tuple[float | None, float | None],
    peaks: tuple[float, float, float],
    sigma: float,
    side: Side,
    language: Language,
    note: str,
    flagged: bool,
) -> None:
    reps = ankle(
        side,
        bend_deg=ends[0],
        point_deg=ends[1],
        sigma_deg=sigma,
        squat=[peaks[0]] * 3,
        stairs_down=[peaks[1]] * 6,
        kick=[peaks[2]],
    )
    leg = leg_measures(reps, missing=(note,))
    screened = report([leg], missing=(note,), marks=(note,), language=language)
    judgement = fill_judgement(screened.judgement)
    judgement = dataclasses.replace(judgement, red_flags=flags() if flagged else ())
    screened = dataclasses.replace(
        screened, judgement=judgement, claims=Claims.WELLNESS, source=note
    )
    assert leaks(screened) == []


def test_a_note_that_may_not_be_shown_leaves_a_trace() -> None:
    leg = leg_measures(ankle(squat=[20.0]), missing=("Ended by pain.",))
    text = render_terminal(report([leg], claims=Claims.WELLNESS))
    assert "A note is not shown in this kind of report." in text
    assert "Ended by pain." in render_terminal(report([leg]))


def test_room_is_in_degrees_and_a_track_has_no_zones() -> None:
    leg = leg_measures(ankle(squat=[30.0], kick=[40.0]))
    text = flat(render_terminal(report([leg], claims=Claims.WELLNESS)))
    assert "In squats, your left ankle had about 10 ± 3° of its bending range left." in text
    assert "All movements today left part of your own range unused." in text
    assert not re.search("[░▒▓╱●]{2}", text)
    assert "●" in text
    assert "%" in text


def test_json_has_no_withheld_block() -> None:
    content = report_to_json(filled_report(Claims.WELLNESS))
    assert set(content["judgement"]) == {"stop", "changes", "room", "advice"}
    assert all(d["exposure"] is None for leg in content["legs"] for d in leg["demands"])
    assert "limited_by_pain" not in json.dumps(content)


def test_a_request_to_stop_stands_alone() -> None:
    screened = filled_report(Claims.WELLNESS, flagged=True)
    content = report_to_json(screened)
    assert (content["legs"], content["comparisons"]) == ([], [])
    text = render_terminal(screened)
    assert "Please stop here" in text
    assert "°" not in text
    assert text.index("Please stop here") < text.index("Emergency signs")


def said_by_the_measurement() -> Iterator[tuple[str, str]]:
    """Sentences in the modules that measure, but those of errors, which end a screen."""
    for file in sorted(Path(sensor_screen.core.__path__[0]).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped: set[ast.AST] = set()
        for node in ast.walk(tree):
            of_error = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")
            if of_error or isinstance(node, ast.Expr):
                skipped |= set(ast.walk(node)) if of_error else {node.value}
        for node in ast.walk(tree):
            if node in skipped or not isinstance(node, ast.Constant):
                continue
            if isinstance(node.value, str) and " " in node.value:
                yield file.name, node.value


def test_sentences_of_the_measurement_can_be_shown_to_everybody() -> None:
    said = list(said_by_the_measurement())
    assert len(said) > 100
    pattern = read_withheld_words(Language.ENGLISH)
    assert not [(file, text) for file, text in said if pattern.search(text)]
