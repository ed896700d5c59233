"""Sessions and reports of the sample people; each is measured once for all tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sensor_screen.session.case import Session
from sensor_screen.session.screen import screen_session
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE

if TYPE_CHECKING:
    from sensor_screen.judgement import ScreeningReport


@cache
def sessions_of(name: str) -> tuple[Session, ...]:
    """Every visit, oldest first."""
    return tuple(Session((v.record(),), v.answers) for v in SAMPLE_PEOPLE[name].visits)


@cache
def screened(name: str) -> ScreeningReport:
    """The last visit, compared with those before."""
    *earlier, now = sessions_of(name)
    return screen_session(now, earlier=earlier)
