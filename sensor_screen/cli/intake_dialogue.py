"""The questions of the intake in the terminal, one after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import typer

from sensor_screen.judgement import Answers, Statement
from sensor_screen.model import Side
from sensor_screen.rules.answer_check import Problem, check_value
from sensor_screen.rules.items import Item, Kind
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.rules.red_flags import find_red_flags
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sensor_screen.judgement import Answer, Language

_UNITS = {"deg": "°", "points": "", "count": "", "years": "", "weeks": ""}
"""How units are shown that are not shown as they are written; some stand in the question."""


class _Move(Enum):
    """What a person wants other than to answer."""

    SKIP = auto()
    BACK = auto()
    NEXT_SECTION = auto()


@dataclass(frozen=True, slots=True)
class _Step:
    """One question of one block: a section, or one side of it."""

    item: Item
    side: Side
    block: int
    number: int
    count: int

    @property
    def place(self) -> tuple[str, Side]:
        """Where its answer is kept."""
        return self.item.id, self.side


class IntakeDialogue:
    """Asks everything once; `ask_all` returns the answers or is broken off by an exception."""

    def __init__(
        self, language: Language, old: Answers, *, today: str, clinician: bool = False
    ) -> None:
        self._voice = Voice(language)
        self._intake = shipped_intake()
        self._steps = tuple(self._plan(clinician))
        fresh = {section.id for section in self._intake.sections if section.fresh}
        self._offered: dict[tuple[str, Side], Answer] = {
            place: value
            for place, value in old.values.items()
            if place[0].partition(".")[0] not in fresh
        }
        self._offered["session.date", Side.NONE] = today
        self._given: dict[tuple[str, Side], Answer] = {}
        self._block = -1

    def say(self, key: str, **values: object) -> str:
        """One of the dialogue's own sentences."""
        return self._voice.text(f"intake.dialogue.{key}", **values)

    def ask_all(self) -> Answers:
        """Every answer that was given; those so far where one of them was a red flag.

        Raises:
            EOFError: The input ended.
            KeyboardInterrupt: The person broke off.
        """
        typer.echo(self.say("start"))
        asked: list[int] = []
        at = 0
        while at < len(self._steps):
            step = self._steps[at]
            if not self._makes_sense(step):
                at += 1
                continue
            move = self._ask(step)
            if move is _Move.BACK:
                at = self._go_back(asked)
                continue
            if move is _Move.NEXT_SECTION:
                at = self._keep_block(at, asked)
                continue
            asked.append(at)
            if self._is_red_flag():
                return Answers(dict(self._given))
            at += 1
        self._say_what_is_open()
        return Answers(dict(self._given))

    def _plan(self, clinician: bool) -> Iterator[_Step]:
        block = 0
        for section in self._intake.sections:
            for side in (Side.NONE, Side.LEFT, Side.RIGHT):
                items = [
                    item
                    for item in section.items
                    if side in item.sides and (clinician or not item.clinician_only)
                ]
                for number, item in enumerate(items, 1):
                    yield _Step(item, side, block, number, len(items))
                block += bool(items)

    def _makes_sense(self, step: _Step) -> bool:
        condition = step.item.asked_when
        return condition is None or condition.holds(Answers(self._given), step.side)

    def _go_back(self, asked: list[int]) -> int:
        """The step before; its answer is taken back, and offered again."""
        if not asked:
            typer.echo(self.say("no_back"))
            return 0
        at = asked.pop()
        place = self._steps[at].place
        if place in self._given:
            self._offered[place] = self._given.pop(place)
        return at

    def _keep_block(self, at: int, asked: list[int]) -> int:
        """Keep what is offered in the rest of a block, up to what has to be asked after all."""
        block = self._steps[at].block
        while at < len(self._steps) and self._steps[at].block == block:
            step = self._steps[at]
            if step.place in self._offered and self._makes_sense(step):
                if not self._keep(step, ""):
                    return at
                asked.append(at)
            at += 1
        return at

    def _is_red_flag(self) -> bool:
        flags = find_red_flags(Answers(self._given), shipped_rulebook())
        for flag in flags:
            typer.secho(f"\n{self._voice.say(flag.statement)}", bold=True)
        if flags:
            typer.echo(self.say("stop"))
        return bool(flags)

    def _say_what_is_open(self) -> None:
        """A red flag that was skipped is not a no."""
        count = sum(bool(s.item.urgency) and s.place not in self._given for s in self._steps)
        if count:
            typer.secho(f"\n{self.say('open_flags', count=count)}", bold=True)

    # --- one question ---

    def _ask(self, step: _Step) -> _Move | None:
        """Asks until there is an answer, which is kept, or a wish to go elsewhere."""
        self._show_block(step)
        typer.echo(f"\n{step.number}/{step.count}  {self._question(step)}")
        for number, choice in enumerate(step.item.choices, 1):
            typer.echo(f"   {number}  {self._choice(step.item, choice)}")
        while True:
            typed = input(self._prompt(step)).strip()
            if typed == "?":
                typer.echo(self._voice.text(f"intake.help.{step.item.id}", side=step.side))
            elif typed == "<":
                return _Move.BACK
            elif typed == ">" and step.item.urgency:
                typer.echo(self.say("one_by_one"))
            elif typed == ">":
                return _Move.NEXT_SECTION
            elif typed == "-" or (not typed and step.place not in self._offered):
                return _Move.SKIP
            elif self._keep(step, typed):
                return None

    def _keep(self, step: _Step, typed: str) -> bool:
        """Keep an answer that is possible and contradicts none; otherwise say why not."""
        raw = self._read(step.item, typed) if typed else self._offered[step.place]
        value = check_value(step.item, raw)
        problems = [value] if isinstance(value, Problem) else []
        if not isinstance(value, Problem):
            given = self._given | {step.place: value}
            problems = self._intake.contradictions_of(Answers(given))
            if not problems:
                self._given = given
        for problem in problems:
            said = problem.said(self._voice)
            sentence = self.say("wrong", problem=said.problem, remedy=said.remedy)
            typer.echo(sentence[:1].upper() + sentence[1:])
        return not problems

    def _show_block(self, step: _Step) -> None:
        if step.block == self._block:
            return
        self._block = step.block
        title = self._voice.text(f"intake.section.{step.item.section}")
        if step.side is not Side.NONE:
            title = f"{title}: {self._voice.word(step.side, 'ankle')}"
        count = self._steps[-1].block + 1
        line = self.say("progress", title=title, number=step.block + 1, count=count)
        typer.secho(f"\n{line}", bold=True)

    def _question(self, step: _Step) -> str:
        return self._voice.say(Statement(f"intake.question.{step.item.id}", {"side": step.side}))

    def _choice(self, item: Item, choice: str) -> str:
        return self._voice.text(f"intake.choice.{item.id}.{choice}")

    def _prompt(self, step: _Step) -> str:
        item = step.item
        hint = ""
        if item.kind is Kind.NUMBER:
            unit = _UNITS.get(item.unit, f" {item.unit}")
            hint = f"{item.least:g}–{item.most:g}{unit}".replace("-", "−")
        elif item.kind in (Kind.YES_NO, Kind.SEVERAL, Kind.TEXTS):
            hint = self.say(item.kind.value)
        offered = self._offered.get(step.place)
        shown = "" if offered is None else f" [{self._shown(item, offered)}]"
        return f"   {hint}{shown} > ".replace("    >", "   >")

    def _shown(self, item: Item, value: Answer) -> str:
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, tuple):
            named = [self._choice(item, part) if item.choices else part for part in value]
            return ", ".join(named) or self.say("none")
        if isinstance(value, str):
            return self._choice(item, value) if item.choices else value
        return self._voice.value(value, "g")

    def _read(self, item: Item, typed: str) -> object:
        """What was typed as the engine takes it; what cannot be read stays text, and is refused."""
        readers: dict[Kind, Callable[[Item, str], object]] = {
            Kind.YES_NO: self._read_yes_no,
            Kind.NUMBER: _read_number,
            Kind.CHOICE: self._read_choice,
            Kind.SEVERAL: self._read_several,
            Kind.TEXTS: lambda _, typed: typed.split(";"),
        }
        return readers[item.kind](item, typed) if item.kind in readers else typed

    def _read_yes_no(self, _: Item, typed: str) -> bool | str:
        words = dict.fromkeys(self.say("yes_words").split(), True)
        words |= dict.fromkeys(self.say("no_words").split(), False)
        return words.get(typed.casefold(), typed)

    def _read_several(self, item: Item, typed: str) -> list[str]:
        if typed.casefold() in ("0", self.say("none").casefold()):
            return []
        parts = re.split(r"[,;\s]+", typed)
        return [self._read_choice(item, part) for part in parts if part]

    def _read_choice(self, item: Item, typed: str) -> str:
        """A choice by its number, its id or its words."""
        by_word = {self._choice(item, choice).casefold(): choice for choice in item.choices}
        by_number = {str(number): choice for number, choice in enumerate(item.choices, 1)}
        return by_number.get(typed) or by_word.get(typed.casefold(), typed)


def _read_number(_: Item, typed: str) -> float | str:
    try:
        return float(typed.replace(",", ".").replace("−", "-"))
    except ValueError:
        return typed
