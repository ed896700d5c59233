"""What the coded figures of a bundle are built from: quantities, words and components."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.model import Side
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Part, Quantity, Word
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import Direction, Task
    from sensor_screen.report.telling import Telling


def own_code(told: Telling, code: str) -> Word:
    """A word of our own code system."""
    key = code.replace("-", "_")
    said = told.voice.has(f"report.fhir.code.{key}")
    display = told.text(f"fhir.code.{key}") if said else told.clinic(f"fhir.code.{key}")
    return Word(codes.MEASURES, code, display)


def quantity(value: float, unit: str, digits: int = 2) -> Quantity | None:
    """A figure rounded to so many digits after the point; None where it is not known."""
    return Quantity(round(value, digits), unit) if math.isfinite(value) else None


def degrees(angle_rad: float) -> Quantity | None:
    """An angle; None where it is not known."""
    return quantity(math.degrees(angle_rad), "deg")


def part(told: Telling, code: str, value: Quantity | Word | None) -> Part:
    """A component under a code of our own."""
    return Part(own_code(told, code), value)


def error_part(told: Telling, sigma: float, unit: str) -> Part:
    """The 95 % error; `sigma` is in radians where the unit is `deg`."""
    factor = math.degrees(1.0) if unit == "deg" else 1.0
    digits = 4 if unit == "1" else 2
    return part(told, "error-95", quantity(NORMAL_95 * factor * sigma, unit, digits))


def task_part(told: Telling, task: Task) -> Part:
    """What was done."""
    return part(told, "task", Word(codes.MEASURES, f"task-{task}", told.voice.word(task)))


def direction_word(direction: Direction, told: Telling) -> Word:
    """Bend or point."""
    return Word(codes.MEASURES, str(direction), told.voice.word(direction, "label"))


def repetition_parts(told: Telling, values: tuple[Quantity | None, ...]) -> list[Part]:
    """A component for each repetition."""
    return [part(told, "repetition", value) for value in values]


def describe_method(told: Telling, what: str, side: Side) -> str:
    """What was done, how the angle was found, what its zero is, and which way it counts.

    Of the legs of one side; of all where the side is `none`.
    """
    legs = [leg for leg in told.report.legs if side in (leg.side, Side.NONE)]
    methods = {leg.angle.method for leg in legs if leg.angle is not None}
    zeros = {leg.angle.zero_mode for leg in legs if leg.angle is not None}
    said = []
    for method in sorted(methods):
        key = f"method.{method.replace(' ', '_')}"
        said.append(told.text(key) if told.voice.has(f"report.{key}") else told.foreign(method))
    said += [told.text("fhir.zero", zero=zero) for zero in sorted(zeros)]
    return "; ".join([what, *said, told.text("fhir.convention")])
