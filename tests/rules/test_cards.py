"""Education cards: chosen by what was found, and right about what glides where."""

import pytest

from sensor_screen.judgement import ConcernLevel, Finding, Language, Panel
from sensor_screen.model import Side
from sensor_screen.rules.cards import CARDS, choose_cards
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice, read_messages
from tests.hand_made import ankle, leg_measures
from tests.rules.made_results import concern

BACK_PAIN = concern(Side.LEFT, Panel.POSTERIOR, ConcernLevel.DISCUSS)
UNSTABLE = concern(Side.LEFT, Panel.ANTERIOR, ConcernLevel.DISCUSS, ("I1-left",))
STEADY = concern(Side.LEFT, Panel.ANTERIOR, ConcernLevel.DISCUSS, ("L1-left",))


def findings(**peaks: list[float]) -> tuple[Finding, ...]:
    return find_positions([leg_measures(ankle(**peaks))], shipped_rulebook())  # type: ignore[arg-type]


def chosen(*parts: tuple) -> list[str]:
    return [statement.key.partition(".")[2] for statement in choose_cards(*parts)]


def test_nothing_found_needs_no_card() -> None:
    assert chosen((), ()) == []
    assert chosen((), (concern(level=ConcernLevel.NONE),)) == []


def test_room_to_spare_needs_only_how_the_joint_works() -> None:
    assert chosen(findings(squat=[20.0]), ()) == ["anatomy", "glide"]


@pytest.mark.parametrize(
    ("peaks", "panel"), [({"squat": [38.0]}, "front"), ({"kick": [57.0]}, "back")]
)
def test_each_side_of_the_joint_has_its_own_card(peaks: dict[str, list[float]], panel: str) -> None:
    assert chosen(findings(**peaks), ()) == ["anatomy", "glide", panel, "both"]


def test_a_concern_brings_causes_therapy_and_imaging() -> None:
    cards = chosen(findings(kick=[57.0]), (BACK_PAIN,))
    assert cards == [c for c in CARDS if c not in {"front", "instability"}]
    assert "therapy" not in chosen((), (concern(level=ConcernLevel.NOTE),))


@pytest.mark.parametrize("code", ["I1-left", "S5", "symptoms.gives_way-left", "B1-left-balance"])
def test_giving_way_has_a_card(code: str) -> None:
    unstable = concern(rests_on=("L1-left", code))
    assert "instability" in chosen((), (unstable,))
    assert "instability" not in chosen((), (STEADY,))


def test_beside_a_red_flag_nothing_distracts() -> None:
    flagged = concern(level=ConcernLevel.RED_FLAG)
    assert chosen(findings(squat=[38.0]), (flagged, UNSTABLE)) == []


@pytest.mark.parametrize(
    ("language", "back", "forward"),
    [
        (Language.ENGLISH, "bends, the talus glides back", "toes point, it glides forward"),
        (Language.GERMAN, "gleitet das Sprungbein unter dem Schienbein nach hinten", "nach vorn"),
    ],
)
def test_the_talus_glides_and_does_not_roll(language: Language, back: str, forward: str) -> None:
    glide = Voice(language).text("cards.glide")
    assert back in glide
    assert forward in glide
    assert glide.index(back) < glide.index(forward)
    for key, text in read_messages(language).items():
        if key.startswith("cards."):
            assert not {"roll", "rolls", "rollt"} & {*text.lower().replace(",", "").split()}, key


@pytest.mark.parametrize("language", Language)
def test_every_card_can_be_said(language: Language) -> None:
    for name in CARDS:
        title, _, text = Voice(language).text(f"cards.{name}").partition(": ")
        assert title
        assert text.endswith(".")
        for sentence in text.split(". "):
            assert len(sentence.split()) <= 32, sentence


def test_no_sensor_sees_the_structure() -> None:
    assert "No movement sensor can see which" in Voice(Language.ENGLISH).text("cards.structures")
    assert "Kein Bewegungssensor sieht" in Voice(Language.GERMAN).text("cards.structures")
