"""What leaves with a recording: its measures, positions and where all of it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sensor_screen.core.pipeline import MeasureOptions, PipelineParams, measure_recording
from sensor_screen.errors import MeasurementError, RecordingError, ScreenError
from sensor_screen.judgement import Claims, Language
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from sensor_screen.session.sample_table import SampleTable, tabulate_samples
from sensor_screen.session.screen import name_marks
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.judgement import Finding
    from sensor_screen.model import LegMeasures, Origin, Recording, ZeroMode
    from sensor_screen.rules.rulebook import RuleBook

CONVENTION = (
    "Dorsiflexion (toes up) is positive, plantarflexion negative; inversion is positive; for the "
    "left and the right ankle alike (ISB, Wu et al. 2002, with the signs of the left side mirrored)"
)
LONGEST_TEXT = 2000
"""Letters of a foreign text in a file of another program."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a reader of an exported file must know; every text is on one line and harmless."""

    origin: Origin
    source: str
    recorded_on: str
    zero_mode: ZeroMode
    claims: Claims
    marks: tuple[str, ...]
    missing: tuple[str, ...]
    disclaimer: str
    rulebook_version: str
    software_version: str = __version__

    def facts(self) -> dict[str, object]:
        """The same as plain values with names, for headers and metadata."""
        return {
            "software": "sensor-screen",
            "software_version": self.software_version,
            "rulebook_version": self.rulebook_version,
            "origin": self.origin.value,
            "source": self.source,
            "recorded_on": self.recorded_on,
            "convention": CONVENTION,
            "zero": self.zero_mode.value,
            "claims": self.claims.value,
            "marks": list(self.marks),
            "missing": list(self.missing),
            "disclaimer": self.disclaimer,
        }


@dataclass(frozen=True, slots=True)
class Export:
    """A recording, measured, ready to be written for other programs."""

    recording: Recording
    legs: tuple[LegMeasures, ...]
    """Empty where nothing could be measured; `provenance.missing` says why."""
    findings: tuple[Finding, ...]
    """Their bands give zones; empty where the claims forbid zones."""
    provenance: Provenance

    @property
    def measured(self) -> tuple[LegMeasures, ...]:
        """The legs that have an angle."""
        return tuple(leg for leg in self.legs if leg.angle is not None)

    def tables(self) -> tuple[SampleTable, ...]:
        """The samples of each leg that has an angle."""
        tasks = self.recording.tasks
        return tuple(tabulate_samples(leg, tasks, self.findings) for leg in self.measured)


def measure_for_export(
    recording: Recording,
    *,
    angle_needed: bool,
    claims: Claims = Claims.CLINICIAN,
    options: MeasureOptions = MeasureOptions(),
    rulebook: RuleBook | None = None,
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> Export:
    """Measure a recording for other programs.

    Args:
        recording: Streams and labels.
        angle_needed: Refuse a recording without an ankle angle; otherwise what was recorded leaves
            without one, and why is in `missing`.
        claims: Whom the files are for; in wellness mode they hold no zone.
        options: The user's decisions.
        rulebook: Gives the zones; the shipped one where None.
        params: Tuning of the stages.
        progress: Called with the name of each step as it begins.

    Raises:
        ScreenError: There are no samples, or no leg has an angle and one is needed.
    """
    if not any(len(stream.raw) for stream in recording.streams):
        raise RecordingError("recording", "there is no sample in it", "record again")
    book = rulebook or shipped_rulebook()
    options = replace(options, angle_needed=False)
    try:
        legs = measure_recording(recording, options, params, progress)
        missing = tuple(sentence for leg in legs for sentence in leg.missing)
    except ScreenError as error:
        if angle_needed:
            raise
        legs, missing = (), (str(error),)
    if angle_needed and all(leg.angle is None for leg in legs):
        why = missing[0].rstrip(".") if missing else "no leg has both sensors"
        raise MeasurementError(
            "ankle angle", f"no leg has one to export ({why})", "wear both sensors of a leg"
        )
    voice = Voice(Language.ENGLISH)
    own = (voice.text("clinic.not_for_care"),) if claims is Claims.RESEARCH else ()
    marks = name_marks((recording,), legs)
    return Export(
        recording=recording,
        legs=legs,
        findings=() if claims is Claims.WELLNESS else find_positions(legs, book),
        provenance=Provenance(
            origin=recording.origin,
            source=permitted_text(recording.source, claims),
            recorded_on=recording.recorded_on,
            zero_mode=options.zero_mode,
            claims=claims,
            marks=(*own, *(permitted_text(mark, claims) for mark in marks)),
            missing=tuple(permitted_text(sentence, claims) for sentence in missing),
            disclaimer=voice.text(f"disclaimer.{claims.value}"),
            rulebook_version=plain_line(book.version),
        ),
    )


def permitted_text(text: str, claims: Claims) -> str:
    """A text that is not ours on one line; left out where a healthy person is not told such."""
    if claims is Claims.WELLNESS and any(
        read_withheld_words(language).search(text) for language in Language
    ):
        return Voice(Language.ENGLISH).text("report.left_out")
    return plain_line(text)


def plain_line(text: str) -> str:
    """A text as one line without control, direction or half characters, shortened.

    Line breaks would end a header, direction marks would turn the rest of it round, and half
    characters cannot be written at all.
    """
    shown = "".join(c if c.isprintable() else " " for c in text[: LONGEST_TEXT + 1])
    shown = " ".join(shown.split())
    return shown if len(text) <= LONGEST_TEXT else f"{shown[: LONGEST_TEXT - 1]}…"
