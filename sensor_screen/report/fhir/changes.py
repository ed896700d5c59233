"""What changed since earlier sessions, each difference beside the smallest that can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Verdict
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Judged, Measure, Quantity, Word
from sensor_screen.report.fhir.figures import direction_word, own_code, part, quantity
from sensor_screen.report.positions import DIRECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Change
    from sensor_screen.report.fhir.content import Part
    from sensor_screen.report.telling import Telling

_KNOWN = {Verdict.BETTER: codes.BETTER, Verdict.WORSE: codes.WORSE}


def change_measures(told: Telling) -> Iterator[Measure]:
    """Now minus before of each measure; nothing where a red flag stands before everything."""
    if not told.stopped:
        yield from (_change(change, told) for change in told.judgement.changes)


def _change(change: Change, told: Telling) -> Measure:
    unit = codes.UNITS.get(change.unit, change.unit)

    def figure(value: float) -> Quantity | None:
        return quantity(value, unit)

    measure = change.measure.replace("_", "-")
    what = change.what.replace("_", "-").replace(" ", "-")
    panel = "" if change.panel is None else f"-{change.panel}"
    judged = Judged()
    if not told.plain:
        known = _KNOWN.get(change.verdict)
        judged = Judged((known,) if known else (), told.voice.word(change.verdict, "label"))
    return Measure(
        f"change-{measure}-{what}{panel}-{change.side}-{change.against}",
        own_code(told, f"change-{measure}"),
        change.side,
        figure(change.difference),
        (
            part(told, "task", Word(codes.MEASURES, f"task-{what}", told.what(change.what))),
            *_direction(change, told),
            part(told, "before", figure(change.before)),
            part(told, "now", figure(change.now)),
            part(told, "smallest-change", figure(change.smallest)),
        ),
        method=told.text(f"against.{change.against}"),
        judged=judged,
        notes=(told.say_change(change),),
    )


def _direction(change: Change, told: Telling) -> tuple[Part, ...]:
    """Which way, where the measure has one."""
    if change.panel is None:
        return ()
    direction = DIRECTIONS[change.panel]
    return (part(told, "direction", direction_word(direction, told)),)
