"""What can go wrong, by who must act.

ScreenError                 base; its text says value, problem and remedy
|-- UsageError              the caller asked for something that cannot be done
|-- RecordingError          the data cannot be read or cannot be screened
|-- MeasurementError        the data are sound, but this quantity is not in them
|   |-- StillnessError      nothing in them moves
|   `-- PlacementError      the sensors are not where they are said to be: more data do not help
|-- RuleBookError           a rule book is incomplete or contradicts itself
"""


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


class RuleBookError(ScreenError):
    """A rule book is incomplete or contradicts itself."""
