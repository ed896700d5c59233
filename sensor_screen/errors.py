"""What can go wrong, by who must act.

ScreenError                 base; its text says value, problem and remedy
|-- UsageError              the caller asked for something that cannot be done
|-- RecordingError          the data cannot be read or cannot be screened
|-- MeasurementError        the data are sound, but this quantity is not in them
|   |-- StillnessError      nothing in them moves
|   `-- PlacementError      the sensors are not where they are said to be: more data do not help
|-- ProtocolError           bytes of a sensor do not say what its protocol allows
|-- RadioError              Bluetooth cannot be used, or a sensor cannot be reached
|-- StorageError            a place that keeps things is full, away, or gives back damaged ones
|-- ReportError             a stored report cannot be read, or is none that is known here
|-- RuleBookError           a rule book is incomplete or contradicts itself
|-- IntakeError             answers are impossible, contradictory or not understood
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ScreenError(Exception):
    """Base of every error that a person is meant to read.

    Args:
        value: What was found, as the person would recognise it (file name, figure).
        problem: What is wrong with it.
        remedy: What to do about it.
    """

    def __init__(self, value: str, problem: str, remedy: str) -> None:
        super().__init__(f"{value}: {problem}; {remedy}.")
        self.value = value
        self.problem = problem
        self.remedy = remedy


class UsageError(ScreenError):
    """The caller asked for something that cannot be done."""


class RecordingError(ScreenError):
    """The data cannot be read, or cannot be screened."""


class MeasurementError(ScreenError):
    """The data are sound, but the quantity asked for is not in them."""


class StillnessError(MeasurementError):
    """Nothing in the data moves."""


class PlacementError(MeasurementError):
    """The sensors are not where they are said to be."""


class ProtocolError(ScreenError):
    """Bytes of a sensor do not say what its protocol allows.

    Args:
        value: What was found, at most 24 bytes of it in hex.
        problem: What is wrong with it.
        remedy: What to do about it.
        fault: Which rule it breaks, in one word for programs, as in `vectors.json`.
    """

    def __init__(self, value: str, problem: str, remedy: str, fault: str = "") -> None:
        super().__init__(value, problem, remedy)
        self.fault = fault


class RadioError(ScreenError):
    """Bluetooth cannot be used, or a sensor cannot be reached.

    Args:
        value: What was tried: the sensor by name, or Bluetooth of this computer.
        problem: What is wrong with it.
        remedy: What to do about it.
        fault: Which trouble it is, in one word for programs (`ble.troubles.Trouble`).
    """

    def __init__(self, value: str, problem: str, remedy: str, fault: str = "") -> None:
        super().__init__(value, problem, remedy)
        self.fault = fault


class StorageError(ScreenError):
    """A place that keeps things cannot take or give them.

    Args:
        value: What was to be kept or read: a key, or the place itself.
        problem: What is wrong with it.
        remedy: What to do about it.
        fault: Which trouble it is, in one word for programs: `full`, `away`, `damaged`, `missing`,
            `taken` (something else has that name).
    """

    def __init__(self, value: str, problem: str, remedy: str, fault: str = "") -> None:
        super().__init__(value, problem, remedy)
        self.fault = fault


class ReportError(ScreenError):
    """A stored report cannot be read, or is none that is known here."""


class RuleBookError(ScreenError):
    """A rule book is incomplete or contradicts itself."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one answer, in words."""

    field: str
    """Where it stands, as in the file: `[symptoms.left] squat_pain`."""
    value: str
    """What stands there, shortened; empty where the field itself is the problem."""
    problem: str
    remedy: str

    def __str__(self) -> str:
        found = " = ".join(part for part in (self.field, self.value) if part)
        return f"{found}: {self.problem}; {self.remedy}.".removeprefix(": ")


class IntakeError(ScreenError):
    """Answers are impossible, contradictory or not understood.

    Args:
        name: What the answers are called: a file name.
        problems: All that were found, at least one.
    """

    MOST_SAID = 20
    """Problems in the text; the rest is counted."""

    def __init__(self, name: str, problems: Sequence[FieldProblem]) -> None:
        first = problems[0]
        super().__init__(f"{name} {first.field}".rstrip(), first.problem, first.remedy)
        said = [str(problem) for problem in problems[: self.MOST_SAID]]
        if len(problems) > self.MOST_SAID:
            said.append(f"And {len(problems) - self.MOST_SAID} more.")
        self.args = (f"{name}{' ' if first.field else ': '}{' '.join(said)}",)
        self.problems = tuple(problems)
