"""Several sessions, or several rule books, beside each other; in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.service.report_job import StoredSession

Json = dict[str, Any]


def follow_sessions(
    sessions: tuple[StoredSession, ...], claims: str, language: str, rulebook: str | None
) -> Json:
    """The sessions of one person beside each other, as JSON values.

    Raises:
        ScreenError: There are fewer than two, or one of them has no measure.
    """
    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.judgement import Claims, Language
    from sensor_screen.report.progress_json import progress_to_json
    from sensor_screen.service.report_job import open_stored
    from sensor_screen.session.progress import follow_progress

    report = follow_progress(
        [open_stored(one) for one in sessions],
        options=MeasureOptions(),
        claims=Claims(claims),
        rulebook=_book(rulebook),
    )
    return progress_to_json(report, Language(language))


def rejudge_session(session: StoredSession, a: str | None, b: str | None, language: str) -> Json:
    """One session under two rule books, as JSON values.

    Args:
        session: Which.
        a: Text of the rule book to start from; None: the shipped one.
        b: Text of the other one.
        language: Of the sentences.

    Raises:
        ScreenError: Nothing can be measured.
    """
    from sensor_screen.judgement import Language
    from sensor_screen.rules.evaluate import judge
    from sensor_screen.rules.rejudge import diff_judgements
    from sensor_screen.rules.voice import Voice
    from sensor_screen.service.report_job import open_stored
    from sensor_screen.session.screen import open_case

    before, after = _book(a), _book(b)
    case, _ = open_case(open_stored(session), (), before)
    voice = Voice(Language(language))
    found = diff_judgements(case, before, after, judge)
    return {
        "a": before.version,
        "b": after.version,
        "statements": [voice.say(one.statement) for one in found] or [voice.text("rejudge.same")],
        "differences": [
            {
                "kind": one.kind,
                "id": one.id,
                "under_a": None if one.under_a is None else one.under_a.name.lower(),
                "under_b": None if one.under_b is None else one.under_b.name.lower(),
                "entries": [
                    {
                        "name": entry.name,
                        "value_a": entry.value_a or None,
                        "value_b": entry.value_b or None,
                        "source_b": entry.source_b or None,
                    }
                    for entry in one.entries
                ],
                "text": voice.say(one.statement),
            }
            for one in found
        ],
    }


def _book(text: str | None) -> RuleBook:
    from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook

    return parse_rulebook(text, "rule book") if text else shipped_rulebook()
