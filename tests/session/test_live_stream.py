"""A live stream: the same as a replay of its samples, in any cut, and whatever its bytes are."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.live import LiveAnkle
from sensor_screen.core.live_blocks import LegBlock, LiveAngles, join
from sensor_screen.core.live_repetitions import EventKind, LiveRepetitions
from sensor_screen.judgement import Claims
from sensor_screen.model import Placement, Side, Task, TaskInterval
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayArrival,
    RelayKind,
    RelayReader,
    SlotDescription,
)
from sensor_screen.report.live_json import event_text, event_to_json, picture_text
from sensor_screen.session.leg_grid import LegGrid
from sensor_screen.session.live_events import (
    Angle,
    Calibrated,
    Leg,
    LegState,
    Link,
    Note,
    Repetition,
    TaskSaid,
    Zones,
)
from sensor_screen.session.live_leg import MOVED_S, first_moves_s
from sensor_screen.session.live_stream import LiveStream, LiveStreamParams
from sensor_screen.session.marks import TASK_BEGINS, TASK_DROPPED, TASK_ENDS, Mark
from sensor_screen.session.receive import Receiver
from sensor_screen.simulation import Scenario, Step
from tests.session.made_relay import BASE_S, MadeStream, made_stream, pack_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.session.live_events import LiveEvent, LivePicture

SESSION = Scenario(
    "session",
    "short, with every kind of task",
    (
        Step(Task.STAND, 3.0),
        Step(Task.PUMP, 4),
        Step(Task.LUNGE, 2),
        Step(Task.POINT, 2),
        Step(Task.SQUAT, 3),
        Step(Task.STAIRS_UP, 3),
    ),
)


@pytest.fixture(scope="module")
def made() -> MadeStream:
    return made_stream(SESSION, seed=1)


def arrivals_of(frames: Iterable[bytes]) -> list[RelayArrival]:
    reader = RelayReader()
    return [arrival for frame in frames for arrival in reader.read(frame)]


def run(
    frames: Iterable[bytes], marks: Sequence[Mark] = (), claims: Claims = Claims.CLINICIAN
) -> tuple[list[LiveEvent], LivePicture]:
    """Frame by frame, all marks known from the start."""
    reader, stream = RelayReader(), LiveStream(claims=claims)
    events = list(stream.feed((), marks))
    for frame in frames:
        events += stream.feed(reader.read(frame))
    events += stream.finish()
    return events, stream.picture()


def told(events: Iterable[LiveEvent]) -> list[str]:
    return [repr(event) for event in events]


@pytest.fixture(scope="module")
def whole(made: MadeStream) -> tuple[list[LiveEvent], LivePicture]:
    return run(made.frames, made.marks)


def replayed(made: MadeStream) -> tuple[LiveAngles, list[Repetition]]:
    """The same samples on the same grid, all at once, under labels known from the start."""
    params = LiveStreamParams()
    receiver = Receiver(params.receiver)
    grid, given = LegGrid(100.0, params.grid), []
    for arrival in arrivals_of(made.frames):
        receiver.receive(arrival)
        for block in receiver.take_live_of(arrival.slot):
            if np.isfinite(block.time_s).all():
                scale = np.repeat([block.acc_scale_mps2, block.gyr_scale_radps], 3)
                place = (Placement.SHANK, Placement.FOOT)[block.slot]
                grid.take(place, block.time_s, block.raw * scale)
                given.append(grid.give(block.arrival_s))
    samples = join([block for block in given if block is not None])
    ahead = BASE_S - (receiver.base_s or 0.0)
    tasks = [TaskInterval(t.start_s + ahead, t.end_s + ahead, t.task) for t in made.tasks]
    ankle = LiveAnkle(Side.RIGHT, 100.0, tasks=tasks, params=params.leg.guided)
    ankle.not_before_s = first_moves_s(tasks) + MOVED_S
    finder = LiveRepetitions(Side.RIGHT, 100.0, tasks=tasks, params=params.leg.finder)
    answers, said = [], []
    for start in range(0, len(samples.time_s), 7):
        block: LegBlock = samples.part(slice(start, start + 7))
        answers.append(ankle.feed(block))
        said += finder.feed(block, answers[-1])
    said += finder.finish()
    return join(answers), [e.repetition for e in said if e.kind is EventKind.FINAL]


def test_it_says_what_a_replay_of_the_same_samples_says(
    made: MadeStream, whole: tuple[list[LiveEvent], LivePicture]
) -> None:
    events, _ = whole
    answers, final = replayed(made)
    angles = [e for e in events if isinstance(e, Angle)]
    at = np.searchsorted(answers.time_s, [a.time_s - 1e-9 for a in angles])
    assert len(angles) > 300
    assert np.array_equal(answers.time_s[at], [a.time_s for a in angles])
    assert np.array_equal(answers.valid[at], [a.valid for a in angles])
    shown = np.array([a.dorsiflexion_rad for a in angles])
    assert np.array_equal(
        shown, np.where(answers.valid[at], answers.dorsiflexion_rad[at], np.nan), equal_nan=True
    )
    mine = [e.repetition for e in events if isinstance(e, Repetition) and e.kind is EventKind.FINAL]
    assert {r.task for r in final if r.counted} >= {Task.LUNGE, Task.POINT, Task.SQUAT}
    assert [repr(r) for r in mine] == [repr(r) for r in final]


def test_angles_are_right(whole: tuple[list[LiveEvent], LivePicture]) -> None:
    """Three squats are counted, and each peak is told with its zone against the own lunge."""
    events, picture = whole
    (leg,) = picture.legs
    squats = [r for r in leg.repetitions if r.repetition.task is Task.SQUAT]
    assert [r.repetition.counted for r in squats] == [True] * 3
    assert all(r.zone is not None for r in squats)
    zones = [e for e in events if isinstance(e, Zones)]
    assert {z.task for z in zones} == {Task.SQUAT, Task.STAIRS_UP}
    lunges = [
        r.repetition.peak_dorsiflexion_rad
        for r in leg.repetitions
        if r.repetition.task is Task.LUNGE
    ]
    assert zones[0].bands.end_range_rad == max(lunges)
    inside = [e for e in events if isinstance(e, Angle) and e.zone is not None]
    assert inside
    assert len([e for e in events if isinstance(e, Calibrated)]) == 1
    assert not [e for e in events if isinstance(e, Note)]
    times = [e.time_s for e in events if isinstance(e, Angle)]
    assert np.diff(times).min() > 0.0499  # at most twenty a second


@pytest.mark.parametrize("frame_s", [0.03, 0.25, 5.0])
def test_how_records_are_cut_changes_nothing(
    made: MadeStream, whole: tuple[list[LiveEvent], LivePicture], frame_s: float
) -> None:
    events, picture = run(pack_frames(list(made.records), frame_s), made.marks)
    assert told(events) == told(whole[0])
    assert repr(picture) == repr(whole[1])


def test_marks_that_come_in_time_are_as_marks_that_were_known(
    made: MadeStream, whole: tuple[list[LiveEvent], LivePicture]
) -> None:
    """Who begins late reads all marks first; who was there from the start hears them one by one."""
    stream, waiting, events = LiveStream(), list(made.marks), []
    for arrival in arrivals_of(made.frames):
        while waiting and waiting[0].at_s <= arrival.arrival_s + 0.05:
            events += stream.feed((), [waiting.pop(0)])
        events += stream.feed([arrival])
    events += stream.feed((), waiting)
    events += stream.finish()
    assert told(events) == told(whole[0])


def test_without_marks_there_are_angles_and_it_says_what_it_waits_for(made: MadeStream) -> None:
    events, picture = run(made.frames)
    states = [e.state for e in events if isinstance(e, Leg)]
    assert states[:2] == [LegState.SENSOR, LegState.START]
    assert LegState.STAND in states
    assert states[-1] is LegState.RUNNING
    assert any(isinstance(e, Angle) for e in events)
    assert not any(isinstance(e, Repetition | Zones | TaskSaid) for e in events)
    assert not picture.tasks


def test_a_sensor_may_say_itself_where_it_is_worn(
    whole: tuple[list[LiveEvent], LivePicture],
) -> None:
    untold = made_stream(SESSION, seed=1, told=False)
    events, _ = run(untold.frames, untold.marks)
    for kind in (Angle, Repetition, Calibrated):
        mine, theirs = ([e for e in s if isinstance(e, kind)] for s in (events, whole[0]))
        assert told(mine) == told(theirs)


def test_wellness_has_no_zones(
    made: MadeStream, whole: tuple[list[LiveEvent], LivePicture]
) -> None:
    events, _ = run(made.frames, made.marks, Claims.WELLNESS)
    assert not any(isinstance(e, Zones) for e in events)
    assert all(e.zone is None for e in events if isinstance(e, Angle | Repetition))
    count = sum(isinstance(e, Angle) for e in whole[0])
    assert sum(isinstance(e, Angle) for e in events) == count


def test_what_cannot_be_trusted_is_not_shown() -> None:
    gone = made_stream(SESSION, seed=1, skip=[(1, 45.0, 46.0)])
    events, picture = run(gone.frames, gone.marks)
    lost = [e for e in events if isinstance(e, Angle) and 45.7 < e.time_s < 46.3]
    assert lost
    assert not any(e.valid for e in lost)
    assert np.isnan([e.dorsiflexion_rad for e in lost]).all()
    said = json.loads(event_text(lost[0]))
    assert said["dorsiflexion_deg"] is None
    assert said["why"]
    assert any(e.valid for e in events if isinstance(e, Angle) and e.time_s > 50.0)
    assert len(picture.links) == 2


def test_a_silent_sensor_is_told() -> None:
    gone = made_stream(SESSION, seed=1, skip=[(1, 30.0, 34.0)])
    events, _ = run(gone.frames, gone.marks)
    lights = [e.light.value for e in events if isinstance(e, Link) and e.slot == 1]
    assert [light for light in lights if light != "waiting"] == ["good", "lost", "good"]


def swapped(frames: Iterable[bytes]) -> list[RelayArrival]:
    """The slots say shank for foot."""
    other = {PlacementCode.SHANK: PlacementCode.FOOT, PlacementCode.FOOT: PlacementCode.SHANK}
    return [
        replace(a, sensor=replace(a.sensor, placement=other[a.sensor.placement]))
        for a in arrivals_of(frames)
    ]


def test_swapped_sensors_end_the_leg_and_a_new_stand_begins_it(made: MadeStream) -> None:
    stream = LiveStream()
    events = [*stream.feed(swapped(made.frames), made.marks), *stream.finish()]
    notes = [e for e in events if isinstance(e, Note)]
    assert [n.code for n in notes] == ["misplaced"]
    ended = [e for e in events if isinstance(e, Leg)][-1]
    assert ended.state is LegState.ENDED
    assert stream.picture().legs[0].leg == ended
    again = [*made.marks[:8], Mark(TASK_BEGINS, BASE_S + 45.0, "stand")]
    anew = LiveStream()
    events = list(anew.feed(swapped(made.frames), again))
    said = [e for e in events if isinstance(e, Leg)]
    ended, after = said[[e.state for e in said].index(LegState.ENDED) :][:2]
    assert after.state is LegState.STAND
    assert after.at_s == pytest.approx(45.6, abs=0.3)


def test_a_dropped_task_does_not_count(made: MadeStream) -> None:
    squat = next(t for t in made.tasks if t.task is Task.SQUAT)
    marks = list(made.marks)
    at = next(
        k for k, m in enumerate(marks) if m.name == TASK_ENDS and m.at_s == squat.end_s + BASE_S
    )
    marks.insert(at + 1, Mark(TASK_DROPPED, squat.end_s + BASE_S))
    _, picture = run(made.frames, marks)
    assert Task.SQUAT not in [task for task, _, _ in picture.tasks]


def test_events_and_pictures_are_json(whole: tuple[list[LiveEvent], LivePicture]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    kinds = set()
    for event in whole[0]:
        read = json.loads(event_text(event), parse_constant=refuse)
        assert read == event_to_json(event)
        kinds.add(read["type"])
    assert kinds == {"angle", "repetition", "zones", "calibrated", "leg", "link", "task"}
    picture = json.loads(picture_text(whole[1]), parse_constant=refuse)
    (leg,) = picture["legs"]
    assert leg["state"] == "running"
    times = leg["angle"]["time_s"]
    assert len(times) == 600
    assert times[-1] - times[0] == pytest.approx(29.95)
    angle = json.loads(event_text([e for e in whole[0] if isinstance(e, Angle)][-1]))
    assert angle["time_s"] == times[-1]
    assert angle["dorsiflexion_deg"] == leg["angle"]["dorsiflexion_deg"][-1]


# --- anything at all ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_no_bytes_make_it_raise(made: MadeStream, seed: int) -> None:
    """A sound stream whose values are changed, repeated, moved and sent by other families."""
    draw = random.Random(seed)  # noqa: S311
    stream, at_s = LiveStream(), 0.0
    places = list(PlacementCode)
    for arrival in arrivals_of(made.frames)[:1500]:
        at_s = max(at_s, arrival.arrival_s)
        one = replace(arrival, arrival_s=at_s)
        if draw.random() < 0.05:
            value = bytearray(one.value)
            if value:
                value[draw.randrange(len(value))] = draw.randrange(256)
            sized = one.kind not in (RelayKind.LINK_UP, RelayKind.LINK_DOWN, RelayKind.SLOT)
            one = replace(one, value=bytes(value) if sized else one.value)
        if draw.random() < 0.01:
            family = draw.choice(list(Family))
            told_as = SlotDescription(family, draw.choice(list(SideCode)), draw.choice(places), "X")
            channel = draw.choice(list(Channel))
            noise = draw.randbytes(draw.randrange(60))
            one = RelayArrival(RelayKind.NOTIFIED, 7, told_as, channel, at_s, noise)
        if draw.random() < 0.01:
            at_s += draw.choice([0.5, 20.0, 59.0, 3e3, 1e7])
            one = replace(one, arrival_s=at_s)
        name = draw.choice([TASK_BEGINS, TASK_ENDS, TASK_DROPPED, "?"])
        odd = Mark(
            name, draw.choice([at_s, at_s + 1.0, float("nan"), 0.0]), draw.choice([*Task, ""])
        )
        for event in stream.feed([one], [odd] if draw.random() < 0.02 else []):
            json.loads(event_text(event))
    stream.finish()
    json.loads(picture_text(stream.picture()))
