"""Several sessions of one person beside each other."""

from __future__ import annotations

from pydantic import Field

from sensor_screen.api.forms import Id, Shown
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.api.rulebook_routes import BookId, text_id
from sensor_screen.judgement import Claims, Language
from sensor_screen.service import reports

router = make_router("people")


class ProgressConcern(Shown):
    """How much one side of one joint mattered in a session."""

    side: str
    panel: str
    level: int
    judged: bool
    word: str


class ProgressSession(Shown):
    """One session."""

    recorded_on: str | None
    marks: list[str] = Field(description="What a reader must know before its figures.")
    red_flags: list[str]
    concerns: list[ProgressConcern]


class ProgressFigure(Shown):
    """One figure of one session."""

    value: float | None
    error_95: float | None = Field(description="Null where none is known.")
    is_minimum: bool = Field(description="A hold that ended with the recording.")
    zero: str | None = Field(description="What zero degrees meant; null where it does not matter.")


class ProgressMeasure(Shown):
    """One measure in every session."""

    side: str
    measure: str = Field(examples=["end_range"])
    what: str = Field(examples=["lunge"])
    panel: str | None
    unit: str = Field(examples=["deg"])
    title: str
    values: list[ProgressFigure | None] = Field(description="One a session; null: not in that one.")


class ProgressChange(Shown):
    """A measure of the last session beside an earlier one."""

    side: str
    measure: str
    what: str
    panel: str | None
    against: str = Field(examples=["last"])
    now: float | None
    before: float | None
    smallest: float | None = Field(description="Smallest change that can be told.")
    smallest_is_own: bool
    unit: str
    verdict: str
    text: str


class ProgressWeek(Shown):
    """What a week added up to near the end range; null where nothing is known."""

    week: str = Field(examples=["2026-W48"])
    side: str
    panel: str
    sessions: int
    unseen_s: float | None
    time_s: float | None
    entries: float | None
    angle_time_degs: float | None
    kicks: float | None
    kicks_past: float | None


class ProgressComparedWeek(Shown):
    """One sum of the last week beside the median of the weeks before."""

    week: str
    side: str
    panel: str
    figure: str
    now: float | None
    usual: float | None
    weeks: int
    text: str


class Progress(Shown):
    """Sessions of one person, the oldest first. Angles in degrees, times in seconds."""

    schema_: str = Field(alias="schema", examples=["screening-progress-1"])
    software_version: str
    rulebook_version: str
    claims: Claims
    language: Language
    origin: str
    sessions: list[ProgressSession]
    measures: list[ProgressMeasure]
    changes: list[ProgressChange]
    weeks: list[ProgressWeek]
    this_week: list[ProgressComparedWeek]
    no_limit: str
    disclaimer: list[str]


@router.get(
    "/people/{person_id}/progress", operation_id="people.progress", responses=responses(404)
)
def tell_progress(
    person_id: Id,
    access: Allowed,
    claims: Claims = Claims.CLINICIAN,
    language: Language = Language.ENGLISH,
    rulebook_id: BookId | None = None,
) -> Progress:
    """What changed over the sessions of a person, and what each week added up to."""
    book = text_id(rulebook_id)
    found = reports.follow_person(access, person_id, claims.value, language.value, book)
    return Progress.model_validate(found)
