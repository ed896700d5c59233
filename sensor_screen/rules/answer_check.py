"""Are answers what the questionnaire asks for? Every problem is found, not only the first.

What comes in is whatever a file or a page holds, so nothing of it is trusted: types, sizes,
characters and names are looked at before anything else is done with them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.errors import FieldProblem, IntakeError
from sensor_screen.hidden_letters import CONTROL
from sensor_screen.judgement import Answers, Statement
from sensor_screen.model import Side
from sensor_screen.rules.items import BOTH_SIDES, Contradiction, Item, Kind, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sensor_screen.judgement import Answer
    from sensor_screen.rules.voice import Voice

LONGEST_TEXT = 500
"""Characters of one text."""
MOST_TEXTS = 20
LONGEST_SHOWN = 40
"""Characters of a wrong value that a message repeats."""

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one answer, to be said in a language."""

    key: str
    """Of the message, `intake.problem.<key>`."""
    field: str = ""
    value: str = ""
    values: Mapping[str, object] | None = None

    def said(self, voice: Voice) -> FieldProblem:
        """The same in words."""
        values = dict(self.values or {})
        what, remedy = (f"intake.problem.{self.key}.{part}" for part in ("what", "remedy"))
        return FieldProblem(
            self.field, self.value, voice.text(what, **values), voice.text(remedy, **values)
        )


def problems_error(name: str, problems: Sequence[Problem], voice: Voice) -> IntakeError:
    """All problems as one error in the language of the voice."""
    return IntakeError(name, [problem.said(voice) for problem in problems])


def check_value(item: Item, value: object) -> Answer | Problem:
    """One answer as it is kept, or what is wrong with it.

    A number becomes a float, a list a tuple without duplicates in the order of the choices.
    """
    checked = _CHECKS[item.kind](item, value)
    if isinstance(checked, Problem):
        return Problem(checked.key, item.id, shown(value), checked.values)
    return checked


def check_table(
    sections: Sequence[Section], table: Mapping[str, object]
) -> tuple[Answers, list[Problem]]:
    """The answers of a nested table, and all that is wrong with it alone.

    Args:
        sections: Of the questionnaire.
        table: `{section: {name: value, "left": {name: value}, "right": ...}}`.
    """
    known = {section.id: section for section in sections}
    values: dict[tuple[str, Side], Answer] = {}
    problems: list[Problem] = []
    for key, part in table.items():
        if key not in known:
            problems.append(_unknown(key, known, ""))
        elif not isinstance(part, Mapping):
            problems.append(Problem("no_section", f"[{key}]", shown(part)))
        else:
            for item, side, value in _walk(known[key], part, problems):
                checked = check_value(item, value)
                if isinstance(checked, Problem):
                    place = field_name(item, side)
                    problems.append(Problem(checked.key, place, checked.value, checked.values))
                else:
                    values[item.id, side] = checked
    return Answers(values), problems


def find_contradictions(
    contradictions: Iterable[Contradiction], items: Mapping[str, Item], answers: Answers
) -> list[Problem]:
    """What cannot both be true, side by side."""
    found = []
    for contradiction in contradictions:
        for side in contradiction.sides:
            if contradiction.holds(answers, side):
                first = items[contradiction.all[0].item]
                place = side if first.sided else Side.NONE
                sentence = Statement(f"intake.contradiction.{contradiction.id}", {"side": side})
                value = shown(answers.values[first.id, place])
                where = field_name(first, place)
                found.append(Problem("contradiction", where, value, {"sentence": sentence}))
    return found


def field_name(item: Item, side: Side) -> str:
    """Where an answer stands in a file."""
    place = item.section if side is Side.NONE else f"{item.section}.{side}"
    return f"[{place}] {item.name}"


def shown(value: object) -> str:
    """A value as a message may repeat it: short, on one line, no control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 64:
        return "…"  # thousands of digits, which Python refuses to write
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list | tuple):
        parts = [shown(part) for part in value[:3]] + ["…"] * (len(value) > 3)
        return _shortened(f"[{', '.join(parts)}]")
    return _shortened(str(value))


def _shortened(text: str) -> str:
    clean = "".join(c if c.isprintable() else "�" for c in text[: LONGEST_SHOWN + 1])
    return clean if len(clean) <= LONGEST_SHOWN else f"{clean[: LONGEST_SHOWN - 1]}…"


def _walk(
    section: Section, table: Mapping[str, object], problems: list[Problem]
) -> Iterator[tuple[Item, Side, object]]:
    """Every known item of a section with its side; what is not known becomes a problem."""
    sided = {item.name: item for item in section.items if item.sided}
    single = {item.name: item for item in section.items if not item.sided}
    for key, value in table.items():
        if key in single:
            yield single[key], Side.NONE, value
        elif key in BOTH_SIDES and sided:
            yield from _walk_side(section, Side(key), sided, single, value, problems)
        elif key in sided:
            problems.append(Problem("no_side", f"[{section.id}] {key}", shown(value)))
        elif sided and isinstance(value, Mapping):
            problems.append(Problem("other_side", f"[{section.id}.{shown(key)}]"))
        else:
            problems.append(_unknown(key, single | sided, f"[{section.id}] "))


def _walk_side(
    section: Section,
    side: Side,
    sided: Mapping[str, Item],
    single: Mapping[str, Item],
    table: object,
    problems: list[Problem],
) -> Iterator[tuple[Item, Side, object]]:
    where = f"[{section.id}.{side}]"
    if not isinstance(table, Mapping):
        problems.append(Problem("no_section", where, shown(table)))
        return
    for key, value in table.items():
        if key in sided:
            yield sided[key], side, value
        elif key in single:
            values = {"section": section.id}
            problems.append(Problem("needless_side", f"{where} {key}", shown(value), values))
        else:
            problems.append(_unknown(key, sided, f"{where} "))


def _unknown(key: str, known: Iterable[str], where: str) -> Problem:
    place = f"{where}{shown(key)}"
    near = difflib.get_close_matches(key[:LONGEST_SHOWN], list(known), n=1)
    if near:
        return Problem("misspelt", place, "", {"near": near[0]})
    return Problem("unknown", place)


# --- one value -----------------------------------------------------------------------------------


def _check_yes_no(_: Item, value: object) -> Answer | Problem:
    return value if isinstance(value, bool) else Problem("no_yes_no")


def _check_choice(item: Item, value: object) -> Answer | Problem:
    if isinstance(value, str) and value in item.choices:
        return value
    return Problem("no_choice", values={"choices": ", ".join(item.choices)})


def _check_several(item: Item, value: object) -> Answer | Problem:
    if not isinstance(value, list | tuple) or any(part not in item.choices for part in value):
        return Problem("no_several", values={"choices": ", ".join(item.choices)})
    return tuple(choice for choice in item.choices if choice in value)


def _check_number(item: Item, value: object) -> Answer | Problem:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Problem("no_number", values={"least": item.least, "most": item.most})
    if not item.least <= value <= item.most:  # not a number is in no range
        return Problem("impossible", values={"least": item.least, "most": item.most})
    if item.whole and value != math.floor(value):
        return Problem("not_whole")
    return float(value)


def _check_text(_: Item, value: object) -> Answer | Problem:
    if not isinstance(value, str):
        return Problem("no_text")
    if len(value) > LONGEST_TEXT:
        return Problem("long_text", values={"most": LONGEST_TEXT})
    if CONTROL.search(value) or any(c in value for c in "\t\n\r"):
        return Problem("control")
    return value.strip()


def _check_texts(item: Item, value: object) -> Answer | Problem:
    if not isinstance(value, list | tuple):
        return Problem("no_texts")
    if len(value) > MOST_TEXTS:
        return Problem("many_texts", values={"most": MOST_TEXTS})
    checked = [_check_text(item, part) for part in value]
    texts = []
    for text in checked:
        if isinstance(text, Problem):
            return text
        if text:
            texts.append(str(text))
    return tuple(texts)


def _check_date(_: Item, value: object) -> Answer | Problem:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return Problem("no_date")
    year, month, day = (int(part) for part in found.groups())
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (year >= 1900 and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return Problem("no_date")
    return Problem("no_date") if (month, day) == (2, 29) and not is_leap else found[0]


_CHECKS = {
    Kind.YES_NO: _check_yes_no,
    Kind.CHOICE: _check_choice,
    Kind.SEVERAL: _check_several,
    Kind.NUMBER: _check_number,
    Kind.TEXT: _check_text,
    Kind.TEXTS: _check_texts,
    Kind.DATE: _check_date,
}
