"""What may stand as an earlier session beside the one that is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Answers
from sensor_screen.model import Side
from sensor_screen.session.case import Session, refuse_disorder
from tests.storage.made import recording


def session(day: str, shift: float = 0.0) -> Session:
    made = recording()
    streams = tuple(replace(s, device_time_s=s.device_time_s + shift) for s in made.streams)
    taken = replace(made, streams=streams, recorded_on="")
    return Session((taken,), Answers({("session.date", Side.NONE): day} if day else {}))


def test_days_before_may_be_compared_with() -> None:
    refuse_disorder(session("2026-05-03"), (session("2026-05-01", 1.0), session("2026-05-02", 2.0)))
    refuse_disorder(session(""), (session("2026-05-01", 1.0),))


@pytest.mark.parametrize("day", ["2026-05-03", "2026-05-04"])
def test_the_same_day_or_a_later_one_is_no_earlier_session(day: str) -> None:
    with pytest.raises(UsageError, match=f"earlier session 1: it is of {day}, .* not before"):
        refuse_disorder(session("2026-05-03"), (session(day, 1.0),))


def test_a_recording_is_not_compared_with_itself() -> None:
    with pytest.raises(UsageError, match="earlier session 2: it holds the same samples"):
        refuse_disorder(session("2026-05-03"), (session("2026-05-01", 1.0), session("2026-05-02")))
