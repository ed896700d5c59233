"""What can go wrong, by who must act.

ScreenError                 base; its text says value, problem and remedy
|-- UsageError              the caller asked for something that cannot be done
|   |-- NotFoundError       there is no such thing, or not for this caller
|   |-- ConflictError       it stands against what is there already
|   |-- DeniedError         the caller may not do that, whatever it is about
|   |-- TooLargeError       more bytes than are read
|   `-- BusyError           not now: too much at once, or what it needs is not ready
|-- RecordingError          the data cannot be read or cannot be screened
|-- MeasurementError        the data are sound, but this quantity is not in them
|   |-- StillnessError      nothing in them moves
|   `-- PlacementError      the sensors are not where they are said to be: more data do not help
|-- ProtocolError           bytes of a sensor do not say what its protocol allows
|-- RadioError              Bluetooth cannot be used, or a sensor cannot be reached
|-- StorageError            what is kept cannot be written or read now
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

    def __reduce__(self) -> tuple[object, ...]:
        """As it crosses from one process to another: the text alone would not make it again."""
        return _make_again, (type(self), self.args, self.__dict__)


def _make_again(
    kind: type[ScreenError], args: tuple[object, ...], state: dict[str, object]
) -> ScreenError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(ScreenError):
    """The caller asked for something that cannot be done."""


class NotFoundError(UsageError):
    """There is no such thing, or not for this caller, who cannot tell the one from the other."""


class ConflictError(UsageError):
    """It stands against what is there already."""


class DeniedError(UsageError):
    """The caller may not do that.

    Args:
        value: Who or what.
        problem: Why not.
        remedy: What to do about it.
        unknown: It is not known who the caller is.
    """

    def __init__(self, value: str, problem: str, remedy: str, *, unknown: bool = False) -> None:
        super().__init__(value, problem, remedy)
        self.unknown = unknown


class TooLargeError(UsageError):
    """More bytes than are read."""


class BusyError(UsageError):
    """Not now.

    Args:
        value: What is too much.
        problem: Why it cannot be done now.
        remedy: What to do about it.
        retry_after_s: When to try again.
    """

    def __init__(self, value: str, problem: str, remedy: str, retry_after_s: float = 1.0) -> None:
        super().__init__(value, problem, remedy)
        self.retry_after_s = retry_after_s


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
    """What is kept cannot be written or read now.

    Args:
        value: What it is about: the database, an object by its key.
        problem: What is wrong with it.
        remedy: What to do about it.
        fault: `full`, `away`, `damaged`, `missing`, or `taken`: something else has that name.
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
