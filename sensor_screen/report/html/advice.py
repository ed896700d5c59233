"""What to do: advice with what it rests on, the checklist, the steps of care, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Zone
from sensor_screen.report.basis_words import name_basis
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.html.tables import table
from sensor_screen.report.html.verdict import listed

if TYPE_CHECKING:
    from sensor_screen.judgement import Advice
    from sensor_screen.report.telling import Telling


def show_advice(told: Telling) -> Markup:
    """Lines that rest on a finding first and numbered, then general prevention."""
    parts = _advice(told)
    return tag("section", *parts, class_="card advice alone", id="advice") if parts else Markup()


def show_advice_again(told: Telling) -> Markup:
    """The same with its reasons, in the appendix on paper: its first sheet has no room."""
    parts = _advice(told)
    return tag("section", *parts, class_="card paper") if parts else Markup()


def _advice(told: Telling) -> list[Markup]:
    specific = [advice for advice in told.judgement.advice if advice.rests_on]
    general = [advice for advice in told.judgement.advice if not advice.rests_on]
    parts = []
    if specific:
        parts.append(tag("h2", told.clinic("heading.advice")))
        parts.append(tag("ol", *(_one(a, told) for a in specific), class_="adv"))
    if general:
        level = "h3" if specific else "h2"
        parts.append(tag(level, told.clinic("heading.prevention")))
        parts.append(tag("ul", *(_one(a, told) for a in general), class_="adv general"))
    return parts


def show_gentle_advice(told: Telling) -> Markup:
    """For a healthy person: each line alone."""
    said = [told.say_all(advice.statements) for advice in told.judgement.advice]
    head = tag("h2", told.text("heading.gentle"))
    return tag("section", head, listed(said), class_="card advice alone", id="advice")


def _one(advice: Advice, told: Telling) -> Markup:
    todo, *more = (told.say(statement) for statement in advice.statements)
    rests = dict.fromkeys(name_basis(basis, told) for basis in advice.rests_on)
    why = [told.say(advice.reason)]
    if rests:
        why.append(told.clinic("rests_on", what="; ".join(rests)))
    why.append(told.clinic("evidence", grade=told.grade(advice.grade)))
    lines = [tag("b", todo), *(tag("span", text, class_="do") for text in more)]
    return tag("li", tag("div", *lines, tag("span", " ".join(why), class_="why")))


def show_meanings(told: Telling) -> Markup:
    """What each position that comes close means, with its limits."""
    findings = told.judgement.findings
    head = tag("h2", told.clinic("heading.meaning"))
    close = [f for f in findings if f.zone != Zone.GREEN]
    if not close:
        key = "meaning.none" if findings else "meaning.nothing"
        return tag("section", head, tag("p", told.clinic(key)), class_="card alone")
    items = []
    for finding in close:
        place = {"task": finding.task, "side": finding.side, "panel": finding.panel}
        title = told.clinic("meaning.head", zone=finding.zone, **place)
        items.append(
            join(
                tag("h3", f"{title[:1].upper()}{title[1:]}"),
                tag("p", told.say_all(finding.meaning)),
                tag("p", told.say(finding.threshold_note), class_="note"),
            )
        )
    blocks = [tag("div", item, class_="keep") for item in items]
    return tag("section", head, tag("div", *blocks, class_="pair"), class_="card stack alone")


def show_checklist(told: Telling) -> Markup:
    """What a return to the own activity asks for, and what of it is met."""
    rows = [
        (
            told.say(item.statement),
            told.voice.word(item.state, "label"),
            told.grade(item.grade),
        )
        for item in told.judgement.readiness
    ]
    title = told.clinic("heading.checklist")
    heads = [told.clinic(f"page.head.{name}") for name in ("item", "state", "evidence")]
    return _card(title, table(title, heads, rows, wide=True, flows=True))


def show_pathway(told: Telling) -> Markup:
    """The steps of care, and which one is to be taken now."""
    steps = [
        tag(
            "li",
            told.say(step.statement),
            tag("span", f" ← {told.clinic('page.now')}", class_="state") if step.current else "",
            aria_current="step" if step.current else False,
        )
        for step in told.judgement.pathway
    ]
    title = told.clinic("heading.pathway")
    return _card(title, tag("ol", *steps, class_="list") if steps else Markup())


def show_cards(told: Telling) -> Markup:
    """What to know of the joint."""
    cards = listed(told.say(card) for card in told.judgement.cards)
    return _card(told.clinic("heading.cards"), cards)


def _card(title: str, inside: Markup) -> Markup:
    return tag("section", tag("h2", title), inside, class_="card") if inside else Markup()
