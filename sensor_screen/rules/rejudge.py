"""One person under two rule books: what differs, and which entries made the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel, Level, Statement, Zone
from sensor_screen.model import Task
from sensor_screen.rules.entries import AdviceBasis, Limits, Norm, Threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sensor_screen.judgement import Case, Finding, Judgement
    from sensor_screen.rules.rulebook import RuleBook

_Outcome = Zone | Level | ConcernLevel

_CYCLIC_ENTRIES = ("red_share", "amber_share", "smallest_change_cyclic")
_KICK_ENTRIES = ("kick_amber_share", "smallest_change_kick")


@dataclass(frozen=True, slots=True)
class EntryDiff:
    """One entry that stands otherwise in two rule books."""

    name: str
    value_a: str
    """With its unit; empty where that book has no such entry."""
    value_b: str
    source_b: str


@dataclass(frozen=True, slots=True)
class JudgementDiff:
    """One outcome that is another under another rule book."""

    kind: str
    """`zone`, `level` or `concern`."""
    id: str
    """Of the finding or rule result; side and panel of a concern."""
    under_a: _Outcome | None
    """None where that book has no such outcome."""
    under_b: _Outcome | None
    entries: tuple[EntryDiff, ...]
    """Those it rests on that differ; empty where none of them does."""
    statement: Statement


def diff_judgements(
    case: Case, a: RuleBook, b: RuleBook, judge: Callable[[Case, RuleBook], Judgement]
) -> tuple[JudgementDiff, ...]:
    """Every zone, level and concern that differs between two rule books, and why.

    A concern rests on what its findings and rule results rest on.

    Args:
        case: The person.
        a: The rule book that the person was judged by.
        b: The other one.
        judge: Judges a case under a book.
    """
    differing = {entry.name: entry for entry in diff_rulebooks(a, b)}
    before, after = (
        {key: (outcome, rests) for key, outcome, rests in _outcomes(judge(case, book))}
        for book in (a, b)
    )
    found = []
    for key in dict.fromkeys((*before, *after)):
        (old, old_rests), (new, new_rests) = (
            outcomes.get(key, (None, ())) for outcomes in (before, after)
        )
        if old != new:
            names = dict.fromkeys((*old_rests, *new_rests))
            entries = tuple(differing[name] for name in names if name in differing)
            found.append(_say_diff(*key, old, new, entries))
    return tuple(found)


def diff_rulebooks(a: RuleBook, b: RuleBook) -> tuple[EntryDiff, ...]:
    """Every entry whose value is another one; other words about the same value do not count."""
    tables_a, tables_b = a.tables(), b.tables()
    found = []
    for kind in tables_a:
        for name in dict.fromkeys((*tables_a[kind], *tables_b[kind])):
            entry_a, entry_b = tables_a[kind].get(name), tables_b[kind].get(name)
            value_a, value_b = _show(entry_a), _show(entry_b)
            if value_a != value_b:
                source = "" if entry_b is None else entry_b.source
                found.append(EntryDiff(name, value_a, value_b, source))
    return tuple(found)


def _show(entry: Threshold | Limits | Norm | AdviceBasis | None) -> str:
    if isinstance(entry, Threshold):
        return f"{entry.value:g} {entry.unit}"
    if isinstance(entry, Limits):
        return f"{entry.amber}, {entry.red} {entry.unit}"
    if isinstance(entry, Norm):
        pairs = zip(entry.from_age_years, entry.value, strict=True)
        return ", ".join(f"{age:g}+: {value:g}" for age, value in pairs) + f" {entry.unit}"
    return ""


_Key = tuple[str, str]


def _outcomes(judgement: Judgement) -> Iterator[tuple[_Key, _Outcome, tuple[str, ...]]]:
    """Kind and id, outcome, and the entries that it rests on."""
    rests: dict[str, tuple[str, ...]] = {}
    for finding in judgement.findings:
        rests[finding.id] = _zone_entries(finding)
        yield ("zone", finding.id), finding.zone, rests[finding.id]
    for result in judgement.results:
        rests[result.id] = tuple(name.rpartition(".")[2] for name in result.rests_on)
        yield ("level", result.id), result.level, rests[result.id]
    for concern in judgement.concerns:
        # What is no finding and no result may be an entry itself.
        entries = (name for id_ in concern.rests_on for name in rests.get(id_, (id_,)))
        key = f"{concern.side.value}-{concern.panel.value}"
        yield ("concern", key), concern.level, tuple(dict.fromkeys(entries))


def _zone_entries(finding: Finding) -> tuple[str, ...]:
    return _KICK_ENTRIES if finding.task is Task.KICK else _CYCLIC_ENTRIES


def _say_diff(
    kind: str,
    id_: str,
    old: _Outcome | None,
    new: _Outcome | None,
    entries: tuple[EntryDiff, ...],
) -> JudgementDiff:
    reasons = tuple(_say_entry(entry) for entry in entries)
    why = Statement("rejudge.why", {"reasons": reasons}) if reasons else Statement("rejudge.no_why")
    statement = Statement(
        f"rejudge.said.{kind}",
        {"id": id_, "old": _say_outcome(old), "new": _say_outcome(new), "why": why},
    )
    return JudgementDiff(kind, id_, old, new, entries, statement)


def _say_entry(entry: EntryDiff) -> Statement:
    missing = Statement("rejudge.nothing")
    return Statement(
        "rejudge.entry",
        {
            "name": entry.name,
            "a": entry.value_a or missing,
            "b": entry.value_b or missing,
            "source": entry.source_b or missing,
        },
    )


def _say_outcome(outcome: _Outcome | None) -> Statement:
    if outcome is None:
        return Statement("rejudge.nothing")
    return Statement(f"rejudge.{type(outcome).__name__.lower()}.{outcome.name.lower()}")
