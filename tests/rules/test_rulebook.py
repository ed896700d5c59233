"""The rule book: complete, sourced, and checked entry by entry."""

import math
import re
from importlib import resources

import pytest

from sensor_screen.errors import RuleBookError
from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook

TEXT = resources.files("sensor_screen.rules").joinpath("rulebook.toml").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^\[((?:threshold|advice)\.\w+)\]$", TEXT, flags=re.MULTILINE)
ENTRIES = [
    (section, key)
    for section in SECTIONS
    for key in ("source", "grade", "verified", "note", "value", "unit")
    if section.startswith("threshold") or key not in {"value", "unit"}
]


def without(section: str, key: str) -> str:
    """The shipped text with one line taken out of one section."""
    head, tail = TEXT.split(f"[{section}]\n", 1)
    return f"{head}[{section}]\n" + re.sub(rf"^{key} = .*\n", "", tail, count=1, flags=re.MULTILINE)


def changed(section: str, key: str, value: str) -> str:
    head, tail = TEXT.split(f"[{section}]\n", 1)
    line = re.sub(rf"^{key} = .*$", f"{key} = {value}", tail, count=1, flags=re.MULTILINE)
    return f"{head}[{section}]\n{line}"


def test_degrees_become_radians_and_shares_stay() -> None:
    book = shipped_rulebook()
    assert book.value("smallest_change_kick") == pytest.approx(math.radians(10.0))
    assert book.value("red_share") == 0.10


def test_a_default_says_that_it_is_no_diagnostic_cut_off() -> None:
    for name, threshold in shipped_rulebook().thresholds.items():
        if threshold.grade == "D":
            assert "not a diagnostic cut-off" in threshold.note, name
            assert not threshold.verified, name


@pytest.mark.parametrize(("section", "key"), ENTRIES)
def test_no_entry_may_lack_a_field(section: str, key: str) -> None:
    with pytest.raises(RuleBookError, match=f"{key} is missing"):
        parse_rulebook(without(section, key), "book")


@pytest.mark.parametrize("section", SECTIONS)
def test_no_entry_may_be_missing_or_misspelt(section: str) -> None:
    with pytest.raises(RuleBookError, match="is missing"):
        parse_rulebook(TEXT.replace(f"[{section}]", f"[{section}_x]"), "book")


@pytest.mark.parametrize(
    ("section", "key", "value", "problem"),
    [
        ("threshold.red_share", "value", "1.5", "out of range"),
        ("threshold.red_share", "value", "0.0", "out of range"),
        ("threshold.red_share", "value", "nan", "out of range"),
        ("threshold.red_share", "value", '"much"', "not a number"),
        ("threshold.red_share", "value", "true", "not a number"),
        ("threshold.red_share", "unit", '"deg"', "unit 'deg': wrong"),
        ("threshold.smallest_change_kick", "value", "120", "out of range"),
        ("threshold.red_share", "grade", '"E"', "grade 'E': unknown"),
        ("threshold.red_share", "source", '" "', "source: empty"),
        ("threshold.red_share", "note", '""', "note: empty"),
        ("threshold.red_share", "verified", '"yes"', "neither true nor false"),
        ("threshold.red_share", "value", "0.9", "leave no green"),
        ("advice.balance", "grade", "1", "unknown"),
        ("book", "schema", '"other/1"', "unknown"),
    ],
)
def test_every_value_is_checked(section: str, key: str, value: str, problem: str) -> None:
    with pytest.raises(RuleBookError, match=re.escape(problem)):
        parse_rulebook(changed(section, key, value), "book")


def test_unknown_keys_and_broken_text_are_refused() -> None:
    with pytest.raises(RuleBookError, match="colour is not known"):
        parse_rulebook(TEXT + '\ncolour = "red"\n', "book")
    with pytest.raises(RuleBookError, match="not valid TOML"):
        parse_rulebook("[book\n", "book")
    with pytest.raises(RuleBookError, match="not a table"):
        parse_rulebook("book = 1\nthreshold = 2\nadvice = 3\n", "book")
