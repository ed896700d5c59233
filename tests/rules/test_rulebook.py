"""The rule book: complete, sourced, and checked entry by entry; overlays change single entries."""

import copy
import json
import math
import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from sensor_screen.errors import RuleBookError
from sensor_screen.judgement import Level
from sensor_screen.rules.entries import Limits, Norm
from sensor_screen.rules.rulebook import RuleBook, parse_rulebook, shipped_rulebook

TEXT = resources.files("sensor_screen.rules").joinpath("rulebook.toml").read_text(encoding="utf-8")
CONTENT = tomllib.loads(TEXT)
KINDS = ("threshold", "limits", "norm", "advice")
ENTRIES = [(kind, name) for kind in KINDS for name in CONTENT.get(kind, {})]
FIELDS = [(kind, name, field) for kind, name in ENTRIES for field in CONTENT[kind][name]]
BASIS = {"source": "hand", "grade": "C", "verified": True, "default": True, "note": "of a test"}


def toml(content: dict[str, Any]) -> str:
    """TOML of tables two deep: JSON writes its values the same way."""
    lines = []
    for head, tables in content.items():
        deep = all(isinstance(value, dict) for value in tables.values())
        named = (
            {f"{head}.{key}": table for key, table in tables.items()} if deep else {head: tables}
        )
        for name, table in named.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(v)}" for key, v in table.items())]
    return "\n".join(lines)


def overlay(entries: dict[str, dict[str, Any]], **book: Any) -> RuleBook:
    head = {"schema": CONTENT["book"]["schema"], "version": "clinic", "base": shipped().version}
    return parse_rulebook(toml({"book": head | book} | entries), "clinic.toml")


def shipped() -> RuleBook:
    return shipped_rulebook()


def changed(kind: str, name: str, **fields: Any) -> dict[str, dict[str, Any]]:
    return {kind: {name: CONTENT[kind][name] | fields}}


# --- the shipped book ----------------------------------------------------------------------------


def test_degrees_become_radians_and_shares_stay() -> None:
    assert shipped().value("smallest_change_kick") == pytest.approx(math.radians(10.0))
    assert shipped().shown("smallest_change_kick") == 10.0
    assert shipped().value("red_share") == 0.10


def test_our_own_opinion_is_called_a_default_and_no_diagnostic_cut_off() -> None:
    for kind, table in shipped().tables().items():
        for name, entry in table.items():
            if entry.grade == "D":
                assert entry.default, name
                # What advice rests on is no number that could be taken for a cut-off.
                assert kind == "advice" or "default" in entry.note, name


def test_every_limit_of_ours_denies_being_a_diagnostic_cut_off() -> None:
    for name, limits in shipped().limits.items():
        assert not limits.default or "not a diagnostic cut-off" in limits.note, name


@pytest.mark.parametrize(
    ("name", "green", "amber", "red"),
    [
        ("L1", 36.0, 30.0, 29.9),
        ("L1_cm", 10.0, 8.0, 7.9),
        ("L2", 4.9, 10.0, 10.1),
        ("L2_cm", 1.4, 3.0, 3.1),
        ("L3", 0.9, 3.0, 4.0),
        ("N1", 15.0, 10.0, 9.9),
        ("P1", 0.9, 3.0, 4.0),
        ("P2", 5.9, 12.0, 12.1),
        ("Q2", 5.9, 10.0, 10.1),
        ("U2", 5.9, 10.0, 10.1),
        ("Q3", 0.0, 49.0, 50.0),
    ],
)
def test_limits_are_those_of_the_evidence(
    name: str, green: float, amber: float, red: float
) -> None:
    levels = [shipped().limits[name].level(value) for value in (green, amber, red)]
    assert levels == [Level.GREEN, Level.AMBER, Level.RED]


def test_the_shipped_text_is_itself_a_complete_book() -> None:
    assert parse_rulebook(TEXT, "book") == shipped()
    assert parse_rulebook(toml(CONTENT), "book") == shipped()


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name", "field"), FIELDS)
def test_no_entry_may_lack_a_field(kind: str, name: str, field: str) -> None:
    entry = {key: value for key, value in CONTENT[kind][name].items() if key != field}
    with pytest.raises(RuleBookError, match=rf"\[{kind}\.{name}\]: {field} is missing"):
        overlay({kind: {name: entry}})


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_no_entry_may_have_a_field_more(kind: str, name: str) -> None:
    with pytest.raises(RuleBookError, match=rf"\[{kind}\.{name}\]: colour is not known"):
        overlay(changed(kind, name, colour="red"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if CONTENT.get(kind)])
def test_a_complete_book_has_every_entry_and_no_other(kind: str) -> None:
    content = copy.deepcopy(CONTENT)
    name = next(iter(content[kind]))
    content[kind][f"{name}_x"] = content[kind][name]
    with pytest.raises(RuleBookError, match=f"{name}_x is not known"):
        parse_rulebook(toml(content), "book")
    del content[kind][f"{name}_x"], content[kind][name]
    with pytest.raises(RuleBookError, match=f"{name} is missing"):
        parse_rulebook(toml(content), "book")


@pytest.mark.parametrize(
    ("kind", "name", "fields", "problem"),
    [
        ("threshold", "red_share", {"value": 15.0}, "value 15.0: out of range"),
        ("threshold", "red_share", {"value": -0.1}, "value -0.1: out of range"),
        ("threshold", "red_share", {"value": "much"}, "value 'much': not a number"),
        ("threshold", "red_share", {"value": True}, "value True: not a number"),
        ("threshold", "red_share", {"value": [0.1]}, "not a number"),
        ("threshold", "red_share", {"unit": "deg"}, "unit 'deg': wrong; use '1'"),
        ("threshold", "red_share", {"unit": "furlong"}, "unit 'furlong': not known"),
        ("threshold", "red_share", {"unit": ["deg"]}, "unit ('deg',): not known"),
        ("threshold", "red_share", {"unit": 1}, "unit 1: not known"),
        ("threshold", "red_share", {"unit": [["deg"]]}, "not known"),
        ("threshold", "smallest_change_kick", {"value": 120}, "value 120: out of range"),
        ("threshold", "red_share", {"grade": "E"}, "grade 'E': unknown"),
        ("threshold", "red_share", {"grade": ["A"]}, "grade ('A',): unknown"),
        ("threshold", "red_share", {"source": " "}, "source: empty"),
        ("threshold", "red_share", {"source": 3}, "source: empty"),
        ("threshold", "red_share", {"note": ""}, "note: empty"),
        ("threshold", "red_share", {"verified": "yes"}, "verified: neither true nor false"),
        ("threshold", "red_share", {"default": 1}, "default: neither true nor false"),
        ("threshold", "red_share", {"default": False}, "default: grade D is our own"),
        ("threshold", "red_share", {"value": 0.9}, "red_share and amber_share: leave no green"),
        ("limits", "L2", {"amber": "over 5"}, "amber 'over 5': not a comparison"),
        ("limits", "L2", {"red": 10}, "red 10: not a comparison"),
        ("limits", "L2", {"red": "=> 10"}, "red '=> 10': not a comparison"),
        ("limits", "L2", {"red": "> 1000"}, "red 1000.0: out of range"),
        ("limits", "L2", {"amber": ">= 12"}, "amber '>= 12' and red '> 10': overlap"),
        ("limits", "L2", {"amber": ">= 10"}, "amber '>= 10' and red '> 10': overlap"),
        ("limits", "L2", {"amber": "< 5"}, "amber '< 5' and red '> 10': point apart"),
        ("limits", "L1", {"red": "< 40"}, "amber '< 36' and red '< 40': overlap"),
        ("limits", "L2", {"unit": "cm"}, "unit 'cm': wrong; use 'deg'"),
        ("limits", "L2", {"grade": "D", "default": False}, "default: grade D is our own"),
        ("advice", "balance", {"grade": 1}, "grade 1: unknown"),
        ("advice", "balance", {"source": ""}, "source: empty"),
    ],
)
def test_every_value_is_checked(kind: str, name: str, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleBookError, match=re.escape(problem)) as raised:
        overlay(changed(kind, name, **fields))
    assert str(raised.value).startswith("clinic.toml")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_value_is_a_finite_number(number: str) -> None:
    text = re.sub(r"(\[threshold\.red_share\]\nvalue = )0\.10", rf"\g<1>{number}", TEXT)
    assert text != TEXT
    with pytest.raises(RuleBookError, match="out of range"):
        parse_rulebook(text, "book")


def test_broken_text_and_foreign_books_are_refused() -> None:
    for text, problem in [
        ("[book\n", "not valid TOML"),
        ("book = 1\nthreshold = 2\n", r"\[book\]: not a table"),
        ("", "book is missing"),
        ("colour = 1\n" + TEXT, "colour is not known"),
        ('[book]\nschema = "other/1"\nversion = "1"\n', "schema 'other/1': unknown"),
        (f'[book]\nschema = "{CONTENT["book"]["schema"]}"\n', "version is missing"),
        (toml({"book": CONTENT["book"]}) + "\nthreshold = 3\n", "threshold is not known"),
        (toml({"book": CONTENT["book"]}) + "\n[limits]\nL1 = 3\n", r"\[limits\.L1\]: not a table"),
    ]:
        with pytest.raises(RuleBookError, match=problem):
            parse_rulebook(text, "book")


@pytest.mark.parametrize("version", ["", " ", 3, True])
def test_a_version_is_a_word(version: object) -> None:
    with pytest.raises(RuleBookError, match="version"):
        overlay({}, version=version)


# --- overlays ------------------------------------------------------------------------------------


def test_an_overlay_changes_its_entries_and_nothing_else() -> None:
    book = overlay(
        changed("threshold", "red_share", value=0.2) | changed("limits", "L2", red="> 8")
    )
    assert book.version == f"{shipped().version}+clinic"
    assert book.value("red_share") == 0.2
    assert book.limits["L2"].red == "> 8"
    assert {n: t for n, t in book.thresholds.items() if n != "red_share"} == {
        n: t for n, t in shipped().thresholds.items() if n != "red_share"
    }
    assert shipped().value("red_share") == 0.10


def test_an_empty_overlay_is_the_shipped_book_under_its_own_name() -> None:
    assert overlay({}).tables() == shipped().tables()


def test_an_overlay_of_another_version_is_refused() -> None:
    with pytest.raises(RuleBookError, match=r"base '0\.0\.1': another version; write it against"):
        overlay({}, base="0.0.1")


def test_an_overlay_invents_no_entry() -> None:
    with pytest.raises(RuleBookError, match=r"\[threshold\]: red_shore is not known"):
        overlay({"threshold": {"red_shore": CONTENT["threshold"]["red_share"]}})


def test_an_overlay_may_not_leave_no_green_together_with_the_base() -> None:
    with pytest.raises(RuleBookError, match="leave no green"):
        overlay(changed("threshold", "amber_share", value=0.9))


# --- entries -------------------------------------------------------------------------------------


def test_limits_open_and_closed_at_the_number_itself() -> None:
    limits = Limits(**BASIS, unit="deg", amber=">= 5", red="> 10")
    at = [limits.level(v) for v in (4.999, 5.0, 10.0, 10.001)]
    assert at == [Level.GREEN, Level.AMBER, Level.AMBER, Level.RED]
    low = Limits(**BASIS, unit="deg", amber="< 36", red="<= 30")
    at = [low.level(v) for v in (36.0, 35.999, 30.001, 30.0)]
    assert at == [Level.GREEN, Level.AMBER, Level.AMBER, Level.RED]
    assert limits.level(math.nan) is Level.UNJUDGED


def test_limits_hold_by_numbers_worked_out_from_them() -> None:
    limits = Limits(**BASIS, unit="deg", amber="< 36", red="< 30")
    assert limits.written(32.0, 26.5) == ("< 32", "< 26.5")
    assert limits.written(32.0, -math.inf) == ("< 32", "")
    assert [limits.level(v, 32.0, 26.0) for v in (32.0, 31.9, 25.9)] == [
        Level.GREEN,
        Level.AMBER,
        Level.RED,
    ]
    assert limits.level(0.0, 32.0, -math.inf) is Level.AMBER


def test_a_norm_holds_from_its_age_on() -> None:
    norm = Norm(**BASIS, unit="s", from_age_years=(18, 40, 50), value=(45.0, 42.0, 41.0))
    assert [norm.at(age) for age in (18.0, 39.9, 40.0, 90.0)] == [45.0, 45.0, 42.0, 41.0]
    assert math.isnan(norm.at(17.9))
    assert math.isnan(norm.at(math.nan))


@pytest.mark.parametrize(
    ("ages", "values", "problem"),
    [
        ((18, 40), (45.0,), "from_age_years: do not match"),
        ((40, 18), (45.0, 42.0), "from_age_years: do not match"),
        ((18, 18), (45.0, 42.0), "from_age_years: do not match"),
        ((), (), "from_age_years: do not match"),
        ((18, 400), (45.0, 42.0), "from_age_years 400: out of range"),
        ((18, 40), (45.0, -1.0), "value -1.0: out of range"),
        (18, (45.0,), "from_age_years 18: not a list"),
        ((18,), 45.0, "value 45.0: not a list"),
    ],
)
def test_a_norm_has_one_rising_age_for_each_value(
    ages: object, values: object, problem: str
) -> None:
    with pytest.raises(RuleBookError, match=re.escape(problem)):
        Norm(**BASIS, unit="s", from_age_years=ages, value=values)
