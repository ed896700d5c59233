"""Sample people: who they are, what they answered, and how they move; none of them exists.

Their reports should differ as the reports of such people should: a healthy ankle at its end range
alarms nobody, a small range does, and a red flag comes before every figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians
from typing import TYPE_CHECKING

from sensor_screen.judgement import Answers
from sensor_screen.model import Side, Task
from sensor_screen.simulation.imperfections import BENCHMARK, Imperfections
from sensor_screen.simulation.person import KICK_HEAVY, Ankle, Person
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.simulator import simulate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.judgement import Answer
    from sensor_screen.model import Recording

_DAY = "2026-11-02"
_NO_FLAGS: dict[str, Answer] = {
    f"red_flags.{name}": False
    for name in (
        *("bone_or_steps", "calf_snap", "hot_joint", "calf_swelling", "chest_or_breath"),
        *("tense_leg", "deformity_or_cold", "night_or_weight", "warm_foot_diabetes"),
        *("foot_drop", "growing_heel", "not_cleared"),
    )
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One session of a sample person."""

    scenario: Scenario
    answers: Answers
    recorded_on: str
    seed: int

    def record(self) -> Recording:
        """What the sensors would have sent."""
        recording = simulate(self.scenario, seed=self.seed).recording
        return replace(recording, recorded_on=self.recorded_on)


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Somebody whose report is known in advance, in its outline."""

    name: str
    description: str
    visits: tuple[Visit, ...]
    """Oldest first."""


def _answers(
    given: Mapping[str, Answer],
    right: Mapping[str, Answer] | None = None,
    left: Mapping[str, Answer] | None = None,
) -> Answers:
    """Red flags denied unless given; then what was said of the person and of each leg."""
    values = {(item, Side.NONE): value for item, value in (_NO_FLAGS | dict(given)).items()}
    for side, said in ((Side.RIGHT, right), (Side.LEFT, left)):
        values |= {(item, side): value for item, value in (said or {}).items()}
    return Answers(values)


def _visit(
    person: Person,
    answers: Answers,
    *,
    kicks: int = 5,
    day: str = _DAY,
    seed: int = 11,
    imperfections: Imperfections = BENCHMARK,
    balance_s: float = 20.0,
) -> Visit:
    steps = (
        Step(Task.STAND, 3.0),
        Step(Task.PUMP, 8),
        Step(Task.LUNGE, 3),
        Step(Task.POINT, 3),
        Step(Task.SQUAT, 6),
        Step(Task.STAIRS_UP, 8),
        Step(Task.STAIRS_DOWN, 8),
        Step(Task.KICK, kicks),
        Step(Task.BALANCE, balance_s),
    )
    both = (Side.LEFT, Side.RIGHT)
    scenario = Scenario(person.name, person.name, steps, person, both, imperfections)
    return Visit(scenario, answers, day, seed)


_BAD_LINK = replace(BENCHMARK, gaps_per_minute=12.0, gap_s=(0.15, 0.5))
"""A radio that loses packets of up to half a second all the time."""


def _stiff(name: str, end_deg: float, squat_deg: float = 28.0) -> Person:
    """The right ankle bends no further than that."""
    right = Ankle(dorsiflexion_end_rad=radians(end_deg))
    return Person(name, right=right, squat_lean_rad=radians(squat_deg))


_DEEP_SQUATTER = SamplePerson(
    "deep-squatter",
    "healthy, squats to the end of the range without any complaint: nothing to worry about",
    (
        _visit(
            Person("deep-squatter", squat_lean_rad=radians(38.0)),
            _answers({"person.age_years": 28.0, "person.sport": "weightlifting"}),
        ),
    ),
)

_VERY_STIFF = SamplePerson(
    "very-stiff-front",
    "right ankle bends 8 degrees, with pain in front: too small for zones, the range itself counts",
    (
        _visit(
            _stiff("very-stiff-front", 8.0),
            _answers(
                {
                    "person.age_years": 31.0,
                    "person.sport": "football",
                    "session.weeks_of_care": 4.0,
                },
                right={
                    "symptoms.where": ("front",),
                    "symptoms.squat_pain": True,
                    "symptoms.uphill_pain": True,
                    "symptoms.gives_way": "never",
                    "symptoms.course": ("long_bouts", "eased_by_rest", "less_motion"),
                    "symptoms.earlier_injury": ("sprain",),
                    "pain.before": 1.0,
                    "pain.lunge": 4.0,
                    "pain.squat": 4.0,
                    "pain.stairs_down": 2.0,
                    "entries.dorsiflexion_active_deg": 6.0,
                },
                left={"pain.lunge": 0.0, "pain.squat": 0.0, "symptoms.gives_way": "never"},
            ),
        ),
    ),
)

_STIFF = SamplePerson(
    "stiff-front",
    "right ankle bends 12 degrees and hurts a little in front when squatting",
    (
        _visit(
            _stiff("stiff-front", 12.0),
            _answers(
                {"person.age_years": 45.0, "person.body_height_cm": 178.0},
                right={
                    "symptoms.where": ("front_outer",),
                    "symptoms.squat_pain": True,
                    "pain.before": 0.0,
                    "pain.lunge": 2.0,
                    "pain.squat": 2.0,
                },
            ),
        ),
    ),
)

_KICKER = SamplePerson(
    "sore-kicker",
    "footballer, many kicks past the tested range, pain at the back of the right ankle",
    (
        _visit(
            replace(KICK_HEAVY, name="sore-kicker", kick_plantarflexion_rad=radians(52.0)),
            _answers(
                {
                    "person.age_years": 22.0,
                    "person.sport": "football",
                    "person.kicking_leg": "right",
                    "footwear.kind": "boot",
                    "footwear.heel_drop_mm": 8.0,
                    "goals.activities": ("play a full match",),
                },
                right={
                    "symptoms.where": ("back",),
                    "symptoms.kick_pain": True,
                    "symptoms.pointing_pain": True,
                    "symptoms.downhill_pain": True,
                    "pain.before": 0.0,
                    "pain.kick": 3.0,
                    "pain.point": 2.0,
                },
            ),
            kicks=10,
        ),
    ),
)

_UNCLEAR = SamplePerson(
    "unclear",
    "pain all around the right ankle in all kinds of movement, ranges as usual",
    (
        _visit(
            Person("unclear"),
            _answers(
                {"person.age_years": 52.0},
                right={
                    "symptoms.where": ("diffuse",),
                    "symptoms.squat_pain": True,
                    "symptoms.downhill_pain": True,
                    "symptoms.course": ("swelling", "long_bouts"),
                    "pain.before": 2.0,
                    "pain.squat": 3.0,
                    "pain.stairs_down": 3.0,
                    "pain.kick": 2.0,
                },
            ),
        ),
    ),
)

_ASYMMETRIC = SamplePerson(
    "asymmetric",
    "right ankle bends 8 degrees less than the left, and nothing hurts",
    (
        _visit(
            _stiff("asymmetric", 32.0),
            _answers({"person.age_years": 36.0, "person.sport": "running"}),
        ),
    ),
)

_UNSTABLE = SamplePerson(
    "unstable",
    "ankle that gives way again and again, touches down six times while balancing",
    (
        _visit(
            Person(
                "unstable", balance_touch_downs=6, balance_hops=2, balance_sway_rad=radians(1.5)
            ),
            _answers(
                {"person.age_years": 26.0, "person.sport": "basketball"},
                right={
                    "symptoms.gives_way": "repeatedly",
                    "symptoms.earlier_injury": ("sprain",),
                    "symptoms.earlier_injury_when": "three sprains since 2023",
                    "entries.cait": 17.0,
                },
                left={"symptoms.gives_way": "never", "entries.cait": 29.0},
            ),
            balance_s=30.0,
        ),
    ),
)

_RED_FLAG = SamplePerson(
    "red-flag",
    "twisted the ankle yesterday and cannot walk four steps: no screen, but help",
    (
        _visit(
            _stiff("red-flag", 25.0),
            _answers({"red_flags.bone_or_steps": True, "person.age_years": 19.0}),
        ),
    ),
)


def _recovering(end_deg: float, pain: float, day: str, weeks: float, seed: int) -> Visit:
    return _visit(
        _stiff("improving", end_deg),
        _answers(
            {
                "person.age_years": 33.0,
                "session.date": day,
                "session.weeks_of_care": weeks,
                "goals.activities": ("hike in the hills",),
            },
            right={
                "symptoms.where": ("front",),
                "symptoms.squat_pain": pain > 0.0,
                "pain.before": 0.0,
                "pain.lunge": pain,
                "pain.squat": pain,
                "pain.next_day": max(pain - 1.0, 0.0),
            },
        ),
        day=day,
        seed=seed,
    )


_IMPROVING = SamplePerson(
    "improving",
    "three sessions: the right ankle bends 18, 26 and 35 degrees, and the pain goes",
    (
        _recovering(18.0, 4.0, "2026-08-03", 0.0, 21),
        _recovering(26.0, 2.0, "2026-09-14", 6.0, 22),
        _recovering(35.0, 0.0, "2026-11-02", 13.0, 23),
    ),
)

_BAD_DATA = SamplePerson(
    "bad-data",
    "a radio that loses up to half a second again and again: what cannot be trusted is not judged",
    (
        _visit(
            Person("bad-data"),
            _answers({"person.age_years": 40.0}),
            imperfections=_BAD_LINK,
        ),
    ),
)

SAMPLE_PEOPLE: dict[str, SamplePerson] = {
    person.name: person
    for person in (
        _DEEP_SQUATTER,
        _VERY_STIFF,
        _STIFF,
        _KICKER,
        _UNCLEAR,
        _ASYMMETRIC,
        _UNSTABLE,
        _RED_FLAG,
        _IMPROVING,
        _BAD_DATA,
    )
}
"""Every sample person by name."""
