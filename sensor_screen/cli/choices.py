"""Words to choose from on the command line, kept apart from the model, which needs numpy."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Leg(StrEnum):
    """A leg, as the user says it."""

    LEFT = "left"
    RIGHT = "right"


class GyroMeaning(StrEnum):
    """What one gyroscope sample is."""

    INSTANT = "instant"
    INTERVAL_MEAN = "interval_mean"


class GyroUnit(StrEnum):
    """The unit of a gyroscope, where a file does not say it."""

    RADPS = "radps"
    DEGPS = "degps"


class Zero(StrEnum):
    """What zero degrees means: the stand as it was, or with the shank checked to be vertical."""

    QUIET_STANDING = "quiet_standing"
    GRAVITY_VERTICAL = "gravity_vertical"


class Speech(StrEnum):
    """The language of questions and reports."""

    ENGLISH = "en"
    GERMAN = "de"


class FhirVersion(StrEnum):
    """A version of FHIR."""

    R4B = "r4b"
    R5 = "r5"


LanguageOption = Annotated[Speech, typer.Option("--language", help="Of questions and words.")]


class Figures(StrEnum):
    """A table of `validate` beside the one of the angle."""

    IMPACT = "impact"
    TASKS = "tasks"
    SQUATS = "squats"
    LIVE = "live"
    SWAY = "sway"
    FAULTS = "faults"


ZeroOption = Annotated[
    Zero, typer.Option(help="What the still stand means; kept with every angle.")
]
FlipOption = Annotated[
    bool, typer.Option("--flip", help="Where the sign is not known: the other way round.")
]
TrustSignOption = Annotated[
    bool, typer.Option("--trust-sign", help="Where the sign is not known: take it as it is.")
]


class ClaimsMode(StrEnum):
    """Whom a report is for, and so what it may say."""

    WELLNESS = "wellness"
    CLINICIAN = "clinician"
    RESEARCH = "research"


ClaimsOption = Annotated[
    ClaimsMode,
    typer.Option(
        metavar="MODE",
        help="wellness (a movement check: no zones, no limits, no health claims), clinician, or "
        "research (as for clinicians, marked as not for care).",
    ),
]
RuleBookOption = Annotated[
    Path | None,
    typer.Option(metavar="F", help="Your own rule book, or an overlay on the shipped one."),
]


class ExportFormat(StrEnum):
    """For which programs a recording leaves."""

    CSV = "csv"
    OPENSIM = "opensim"
    MOTION_BIDS = "motion-bids"
    MCAP = "mcap"
