"""Rejudging: what differs between two rule books, and which entries made the difference."""

from __future__ import annotations

from sensor_screen.judgement import (
    Case,
    Concern,
    ConcernLevel,
    Judgement,
    Level,
    Panel,
    Statement,
    Zone,
)
from sensor_screen.model import Side
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.kick_rules import apply_kick_rules
from sensor_screen.rules.rejudge import JudgementDiff, diff_judgements, diff_rulebooks
from sensor_screen.rules.rulebook import RuleBook, parse_rulebook, shipped_rulebook
from tests.rules.made_sessions import leg, said, session

BOOK = shipped_rulebook()
BASIS = """
source = "Our clinic's own measurements of 2026"
grade = "D"
verified = false
default = true
note = "default, not a diagnostic cut-off"
"""


def overlay(*entries: str) -> RuleBook:
    head = f'[book]\nschema = "sensor-screen-rules/2"\nversion = "c"\nbase = "{BOOK.version}"\n'
    return parse_rulebook(head + "".join(f"{entry}{BASIS}" for entry in entries), "clinic")


WIDER = overlay('[threshold.red_share]\nvalue = 0.3\nunit = "1"')
STRICT = overlay('[limits.K2]\nunit = "%"\namber = "> 5"\nred = "> 10"')


def judge(case: Case, book: RuleBook) -> Judgement:
    """A small judge: zones, kicks, and a concern for each leg whose zone is red."""
    findings = find_positions(case.now.legs, book)
    concerns = tuple(
        Concern(f.side, f.panel, ConcernLevel.NOTE, (f.id,), Statement("list.and"), ())
        if f.zone is Zone.RED
        else Concern(f.side, f.panel, ConcernLevel.NONE, (f.id,), Statement("list.and"), ())
        for f in findings
        if f.panel is Panel.ANTERIOR
    )
    return Judgement(
        book.version, (), findings, apply_kick_rules(case, findings, book), (), concerns
    )


def diff(case: Case, other: RuleBook) -> dict[tuple[str, str], JudgementDiff]:
    found = diff_judgements(case, BOOK, other, judge)
    for one in found:
        said(one.statement)
    return {(one.kind, one.id): one for one in found}


def test_the_same_book_gives_no_difference() -> None:
    case = Case(session(leg(squat=[33.0], kick=[56.0])))
    assert diff(case, BOOK) == {}
    assert diff_rulebooks(BOOK, overlay()) == ()


def test_zones_and_what_follows_from_them_name_the_entry() -> None:
    case = Case(session(leg(squat=[33.0])))
    found = diff(case, WIDER)
    assert list(found) == [("zone", "left-anterior-squat"), ("concern", "left-anterior")]
    zone = found["zone", "left-anterior-squat"]
    assert (zone.under_a, zone.under_b) == (Zone.AMBER, Zone.RED)
    for one in found.values():
        (entry,) = one.entries
        assert (entry.name, entry.value_a, entry.value_b) == ("red_share", "0.1 1", "0.3 1")
        assert entry.source_b == "Our clinic's own measurements of 2026"
        assert "red_share: 0.1 1 becomes 0.3 1" in said(one.statement)[0]
    assert found["concern", "left-anterior"].under_b is ConcernLevel.NOTE


def test_levels_name_their_limits() -> None:
    kicks = [70.0] + [30.0] * 9
    found = diff(Case(session(leg(kick=[*kicks, 70.0]))), STRICT)
    (one,) = found.values()
    assert (one.under_a, one.under_b) == (Level.GREEN, Level.RED)
    (entry,) = one.entries
    assert entry.value_b == "> 5, > 10 %"


def test_only_entries_it_rests_on_are_named() -> None:
    both = overlay(
        '[threshold.red_share]\nvalue = 0.3\nunit = "1"',
        '[limits.K2]\nunit = "%"\namber = "> 5"\nred = "> 10"',
    )
    found = diff(Case(session(leg(squat=[33.0]))), both)
    assert {e.name for one in found.values() for e in one.entries} == {"red_share"}
    assert [e.name for e in diff_rulebooks(BOOK, both)] == ["red_share", "K2"]


def test_a_difference_of_no_entry_says_so() -> None:
    def moody(case: Case, book: RuleBook) -> Judgement:
        level = ConcernLevel.NOTE if book is BOOK else ConcernLevel.DISCUSS
        concern = Concern(Side.LEFT, Panel.ANTERIOR, level, (), Statement("list.and"), ())
        return Judgement(book.version, concerns=(concern,) * len(case.now.legs))

    (one,) = diff_judgements(Case(session(leg())), BOOK, WIDER, moody)
    assert one.entries == ()
    assert "None of the entries" in said(one.statement)[0]


def test_an_outcome_that_one_book_has_alone() -> None:
    def half(case: Case, book: RuleBook) -> Judgement:
        return judge(case, book) if book is not BOOK else Judgement(book.version)

    found = diff_judgements(Case(session(leg(squat=[20.0]))), BOOK, WIDER, half)
    assert all(one.under_a is None and one.under_b is not None for one in found)
    assert any("nothing becomes room to spare" in said(one.statement)[0] for one in found)
