"""The guided capture: what is asked, counted, kept and stopped, with a simulated person."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.judgement import Answers, Claims, Language
from sensor_screen.model import Placement, Side, Task
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.rules.voice import Voice
from sensor_screen.session.capture import Capture
from sensor_screen.session.capture_view import (
    CaptureKey,
    Happening,
    Light,
    LinkReport,
    LinkTrouble,
    Outcome,
    Phase,
    SensorLight,
)
from sensor_screen.session.capture_words import find_troubles
from sensor_screen.session.case import Session
from sensor_screen.session.live_sensors import SampleBlock, Slot
from sensor_screen.session.plan import parse_plan
from sensor_screen.session.screen import screen_session
from sensor_screen.storage.recording_file import read_recording
from sensor_screen.storage.samples import find_sample
from tests.session.guided import Guided

if TYPE_CHECKING:
    from sensor_screen.session.capture_view import CaptureEvent


@cache
def plain_run() -> Guided:
    return Guided().run()


def counted(run: Guided, task: Task) -> list[CaptureEvent]:
    announced = [e for e in run.said(Happening.REPETITION) if e.repetition.task is task]
    return [e for e in announced if e.repetition_kind is EventKind.ANNOUNCED]


# --- all goes well --------------------------------------------------------------------------------


def test_from_red_flags_to_a_report() -> None:
    run = plain_run()
    result = run.capture.result()
    assert result.outcome is Outcome.COMPLETE
    assert [label.task for label in result.tasks] == [Task.STAND, Task.PUMP, Task.LUNGE, Task.SQUAT]
    assert [len(counted(run, task)) for task in (Task.LUNGE, Task.SQUAT)] == [2, 3]
    recording = replace(run.source.finish(), tasks=result.tasks)
    report = screen_session(Session((recording,), result.answers))
    (finding,) = report.judgement.findings
    assert finding.task is Task.SQUAT
    whole = [r for leg in report.legs for r in leg.repetitions if r.counted]
    assert [r.task for r in whole] == [Task.LUNGE] * 2 + [Task.SQUAT] * 3


def test_labels_lie_in_order_and_hold_what_was_counted() -> None:
    run = plain_run()
    labels = run.capture.result().tasks
    assert all(a.end_s < b.start_s for a, b in pairwise(labels))
    for label in labels[2:]:
        for event in counted(run, label.task):
            assert label.start_s <= event.repetition.start_s < event.repetition.end_s < label.end_s


def test_a_repetition_is_said_within_half_a_second_of_its_end_once_the_angle_is_known() -> None:
    """Bounded by the finder's second look and one tick; before, a whole lunge is waited for."""
    run = plain_run()
    (known,) = run.said(Happening.ANGLE_KNOWN)
    late = [
        event.at_s - event.repetition.end_s
        for task in (Task.LUNGE, Task.SQUAT)
        for event in counted(run, task)
        if event.repetition.end_s > known.at_s
    ]
    assert len(late) >= 4
    assert max(late) < 0.6


def test_the_angle_shown_is_newer_than_a_packet_a_group_and_a_tick() -> None:
    run = plain_run()
    shown = [age for age in run.ages_s if age == age]  # noqa: PLR0124 - nan where none is shown
    assert len(shown) > 50
    assert max(shown) <= 0.04 + 0.02 + 0.04 + 1e-9


def test_squats_are_shown_on_the_own_range_of_the_lunges() -> None:
    run = plain_run()
    last = [v.bars[0] for v in run.views if v.task is Task.SQUAT and v.bars][-1]
    lunges = [
        e.repetition.peak_dorsiflexion_rad
        for e in run.said(Happening.REPETITION)
        if e.repetition.task is Task.LUNGE and e.repetition_kind is EventKind.FINAL
    ]
    assert last.end_range_rad == max(lunges)
    zones = {v.bars[0].zone for v in run.views if v.task is Task.SQUAT and v.bars}
    assert len(zones) > 1, "it moves from zone to zone"
    before = [v.bars[0] for v in run.views if v.task is Task.LUNGE and v.bars]
    assert all(np.isnan(bar.end_range_rad) for bar in before)


def test_how_samples_and_looks_come_hardly_matters() -> None:
    """Labels begin and end at a look; what is counted is the same."""
    one, other = plain_run(), Guided(packet=11, step_s=0.03).run()
    for a, b in zip(one.capture.result().tasks, other.capture.result().tasks, strict=True):
        assert a.task is b.task
        assert a.end_s - a.start_s == pytest.approx(b.end_s - b.start_s, abs=0.35)
    for task in (Task.LUNGE, Task.SQUAT):
        peaks = [
            [e.repetition.peak_dorsiflexion_rad for e in counted(r, task)] for r in (one, other)
        ]
        assert np.allclose(peaks[0], peaks[1], atol=np.radians(0.5))


# --- stopping -------------------------------------------------------------------------------------


def test_a_red_flag_ends_it_before_any_task() -> None:
    run = Guided(answers={"red_flags.calf_snap": True}).run()
    result = run.capture.result()
    assert result.outcome is Outcome.RED_FLAG
    assert [flag.id for flag in result.red_flags] == ["red_flags.calf_snap"]
    assert result.tasks == ()
    assert not run.said(Happening.BEGUN)
    assert run.capture.view().reasons[0].key == "stopping.red_flag"


def test_a_red_flag_cannot_be_left_open() -> None:
    capture = Guided().capture
    before = capture.view().question
    assert before is not None
    assert before.needed
    capture.press(CaptureKey.NEXT)
    capture.press(CaptureKey.SKIP)
    assert capture.view().question == before


def test_a_red_flag_among_answers_given_before_ends_it_at_once() -> None:
    given = Answers({("red_flags.hot_joint", Side.NONE): True})
    capture = Guided(options={"answers": given}).capture
    assert capture.result().outcome is Outcome.RED_FLAG


def test_too_much_pain_ends_it_and_what_was_done_is_kept() -> None:
    run = Guided(answers={"pain.lunge": 7}).run()
    result = run.capture.result()
    assert result.outcome is Outcome.STOP_RULE
    assert [reason.id for reason in result.stop_reasons] == ["pain-right"]
    assert [label.task for label in result.tasks][-1] is Task.LUNGE


def test_something_happened_is_asked_in_the_middle_of_a_task() -> None:
    def fall(run: Guided, event: CaptureEvent) -> None:
        if event.kind is Happening.BEGUN and event.step.task is Task.PUMP:
            run.answers = {"events.seen": ["gave_way"]}
            run.capture.press(CaptureKey.EVENT)

    result = Guided(on_event=fall).run().capture.result()
    assert result.outcome is Outcome.STOP_RULE
    assert [reason.id for reason in result.stop_reasons] == ["gave_way-right"]
    assert result.answers.choices("events.seen", Side.RIGHT) == ("gave_way",)


# --- keys -----------------------------------------------------------------------------------------


def test_a_task_done_again_has_one_label_and_its_pain_is_asked_again() -> None:
    pains = iter([2, 1])

    def again(run: Guided, event: CaptureEvent) -> None:
        if event.kind is Happening.KEPT and event.step.task is Task.LUNGE:
            run.answers = {"pain.lunge": next(pains)}
        squats = event.kind is Happening.STEP and event.step.task is Task.SQUAT
        if squats and "done again" not in run.capture.result().notes:
            run.capture.press(CaptureKey.REDO)

    run = Guided(on_event=again).run()
    result = run.capture.result()
    assert [label.task for label in result.tasks] == [Task.STAND, Task.PUMP, Task.LUNGE, Task.SQUAT]
    assert result.notes["done again"] == "lunge right"
    assert result.answers.number("pain.lunge", Side.RIGHT) == 1
    begun = [e.at_s for e in run.said(Happening.BEGUN) if e.step.task is Task.LUNGE]
    assert len(begun) == 2
    assert result.tasks[2].start_s == begun[1]


def test_skipping_leaves_no_label_and_a_pause_leaves_a_hole() -> None:
    paused: list[float] = []

    def hands(run: Guided, event: CaptureEvent) -> None:
        task = event.step.task if event.step else None
        if event.kind is Happening.BEGUN and task is Task.LUNGE:
            run.capture.press(CaptureKey.SKIP)
        first = event.kind is Happening.REPETITION and task is Task.SQUAT and not paused
        if first:
            paused.append(run.now_s)
            run.capture.press(CaptureKey.PAUSE)
            run.capture.press(CaptureKey.PAUSE)

    run = Guided(on_event=hands).run()
    result = run.capture.result()
    assert result.notes["skipped"] == "lunge right"
    labels = [label for label in result.tasks if label.task is Task.SQUAT]
    assert Task.LUNGE not in {label.task for label in result.tasks}
    assert len(labels) == 2
    assert labels[0].end_s == paused[0]
    assert labels[1].start_s == pytest.approx(paused[0] + 3.0, abs=0.05)
    assert labels[1].end_s - labels[1].start_s < 60.0, "the count went on where it was"


def test_what_later_steps_rest_on_cannot_be_skipped() -> None:
    def skip(run: Guided, event: CaptureEvent) -> None:
        if event.kind is Happening.BEGUN and event.step.task in (Task.STAND, Task.PUMP):
            assert CaptureKey.SKIP not in run.capture.view().keys
            run.capture.press(CaptureKey.SKIP)

    run = Guided(on_event=skip).run()
    assert [label.task for label in run.capture.result().tasks][:2] == [Task.STAND, Task.PUMP]


# --- sensors --------------------------------------------------------------------------------------


def test_a_lost_link_pauses_and_it_goes_on_by_itself() -> None:
    gone = {"from": 1e9}

    def lose(run: Guided, event: CaptureEvent) -> None:
        if event.kind is Happening.REPETITION and event.step.task is Task.SQUAT:
            gone["from"] = min(gone["from"], run.now_s)

    def air(block: SampleBlock, now_s: float) -> SampleBlock | None:
        silent = block.slot == 1 and gone["from"] <= now_s < gone["from"] + 5.0
        return None if silent else block

    run = Guided(on_event=lose, air=air).run()
    result = run.capture.result()
    assert result.outcome is Outcome.COMPLETE
    assert len(run.said(Happening.PAUSED)) == len(run.said(Happening.RESUMED)) == 1
    lost = [e for e in run.said(Happening.LIGHT) if e.said.key == "capture.light.lost"]
    assert len(lost) == 1
    assert lost[0].at_s - gone["from"] == pytest.approx(1.5, abs=0.15)
    paused = [v for v in run.views if v.phase is Phase.PAUSED]
    assert {v.count.done for v in paused} == {1.0}, "the counter stays"
    assert {v.say.key for v in paused} == {"capture.say.paused_link"}
    assert any(light.light is Light.LOST for v in paused for light in v.lights)
    assert len([label for label in result.tasks if label.task is Task.SQUAT]) == 2


def test_swapped_sensors_are_told_and_it_starts_over() -> None:
    def air(block: SampleBlock, _: float) -> SampleBlock:
        return replace(block, slot=1 - block.slot)

    def give_up(run: Guided, event: CaptureEvent) -> None:
        if event.kind is Happening.STEP and "started over" in run.capture.result().notes:
            run.capture.press(CaptureKey.STOP)

    run = Guided(air=air, on_event=give_up).run()
    result = run.capture.result()
    assert result.outcome is Outcome.BROKEN_OFF
    assert "swap" in result.notes["started over"]
    assert result.tasks == ()


def test_nothing_begins_before_every_sensor_is_heard() -> None:
    guided = Guided(air=lambda block, _: block if block.slot == 0 else None, longest_s=5.0)
    with pytest.raises(AssertionError):
        guided.run()
    view = guided.capture.view()
    assert view.phase is Phase.WEARING
    assert [t.key for t in view.troubles] == ["capture.trouble.waiting"]
    assert view.troubles[0].values["placement"] is Placement.FOOT


# --- how links stand ------------------------------------------------------------------------------


def test_a_broken_link_is_told_at_once_and_what_hinders_less_comes_last() -> None:
    low = LinkReport(battery_percent=9)
    told = {
        0: LinkReport(LinkTrouble.CATCHING_UP, battery_percent=80),
        1: LinkReport(LinkTrouble.BROKEN, "Sensor X: was not seen; bring it near."),
    }
    run = Guided(links=lambda now_s: told if 20.0 < now_s < 21.0 else {0: low}).run()
    happened = [(e.kind, e.said.key) for e in run.events]
    assert happened.count((Happening.TROUBLE, "capture.link.broken")) == 1
    assert happened.count((Happening.TROUBLE_OVER, "capture.link.broken")) == 1
    assert happened.count((Happening.TROUBLE, "capture.link.catching_up")) == 1
    view = next(v for v in run.views if any(t.key == "capture.link.broken" for t in v.troubles))
    keys = [t.key for t in view.troubles]
    assert keys[0] == "capture.link.broken"
    assert keys[-1] == "capture.link.catching_up"
    assert view.troubles[0].values["placement"] is Placement.FOOT
    for language in Language:
        said = Voice(language).say(view.troubles[0])
        assert said.endswith(". Sensor X: was not seen; bring it near.")
    view = next(v for v in run.views if v.troubles and v.troubles[-1].key == "capture.link.battery")
    assert view.lights[0].link.battery_is_low
    assert "9 %" in Voice(Language.ENGLISH).say(view.troubles[-1])
    assert run.capture.result().outcome is Outcome.COMPLETE  # samples came: nothing was paused


def test_a_radio_that_is_off_is_told_once_for_all_sensors() -> None:
    off = LinkReport(LinkTrouble.RADIO, "Bluetooth: it is switched off; switch it on.")
    guided = Guided(air=lambda _, __: None, links=lambda _: {0: off, 1: off}, longest_s=5.0)
    with pytest.raises(AssertionError):
        guided.run()
    (trouble,) = guided.capture.view().troubles
    assert "switched off" in Voice(Language.GERMAN).say(trouble)


@pytest.mark.parametrize("trouble", LinkTrouble)
def test_each_trouble_of_a_link_is_a_sentence_in_both_languages(trouble: LinkTrouble) -> None:
    report = LinkReport(trouble, "Sensor X: did not answer; switch it on.")
    light = SensorLight(Side.LEFT, Placement.SHANK, Light.GOOD, link=report)
    (said,) = find_troubles(Phase.DOING, (light,), None, 0.0, angle_known=True, misplaced="")
    for language in Language:
        sentence = Voice(language).say(said)
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert not read_withheld_words(language).search(sentence)


def test_a_search_that_has_only_begun_says_no_more_than_the_light() -> None:
    report = LinkReport(LinkTrouble.SEARCHING)
    light = SensorLight(Side.LEFT, Placement.SHANK, Light.WAITING, link=report)
    said = find_troubles(Phase.WEARING, (light,), None, 0.0, angle_known=False, misplaced="")
    assert [s.key for s in said] == ["capture.trouble.waiting"]


# --- for whom -------------------------------------------------------------------------------------


def test_wellness_shows_the_range_without_zones() -> None:
    run = Guided(options={"claims": Claims.WELLNESS}).run()
    bars = [v.bars[0] for v in run.views if v.task is Task.SQUAT and v.bars]
    assert bars
    assert all(bar.zone is None and bar.bands is None for bar in bars)
    assert np.isfinite(bars[-1].end_range_rad)
    for language in Language:
        voice, withheld = Voice(language), read_withheld_words(language)
        for view in run.views:
            said = [voice.say(s) for s in (view.big, view.say, *view.troubles)]
            assert not [s for s in said if withheld.search(s)]


def test_a_recording_of_a_clinic_is_replayed_with_keys_where_its_labels_are() -> None:
    """Samples as another session sent them; a therapist presses the keys."""
    recording = read_recording(find_sample("healthy"))
    streams = [stream for stream in recording.streams if stream.info.side is Side.RIGHT]
    slots = {k: Slot(stream.info, 100.0) for k, stream in enumerate(streams)}
    words = "\n".join(
        f'[[step]]\ntask = "{task}"\nrepetitions = 99\nready_s = 3600' for task in ("pump", "lunge")
    )
    plan = parse_plan(
        '[plan]\nschema = "sensor-screen-plan/1"\nlegs = 1\n[[step]]\nask = ["red_flags"]\n'
        f'[[step]]\nwear = true\n[[step]]\ntask = "stand"\nstill_s = 2\nready_s = 0\n{words}',
        "replayed",
    )
    flags = [item.id for item in shipped_intake().items if item.section == "red_flags"]
    none = {(item, Side.NONE): False for item in flags}
    capture = Capture(plan, slots, answers=Answers(none))
    wanted = [t for t in recording.tasks if t.task in (Task.STAND, Task.PUMP, Task.LUNGE)]
    edges = [(wanted[1].start_s, "start"), (wanted[1].end_s, "end")]
    edges += [(wanted[3].start_s, "start"), (wanted[3].end_s, "end")]
    events = []
    for k in range(round(wanted[-1].end_s * 25) + 100):
        now_s = 0.04 * k
        for slot, stream in enumerate(streams):
            part = slice(*np.searchsorted(stream.time_s, [now_s - 0.04, now_s]))
            capture.feed(
                SampleBlock(
                    slot, stream.time_s[part], stream.acc_mps2[part], stream.gyr_radps[part]
                )
            )
        capture.tick(now_s)
        if capture.view().phase is Phase.WEARING:
            capture.press(CaptureKey.NEXT)
        while edges and now_s >= edges[0][0] + 0.5 * (edges[0][1] == "end"):
            capture.press(CaptureKey.NEXT)
            edges.pop(0)
        events += capture.take_events()
    result = capture.result()
    assert result.outcome is Outcome.COMPLETE
    assert [label.task for label in result.tasks] == [Task.STAND, Task.PUMP, Task.LUNGE]
    said = [e for e in events if e.repetition_kind is EventKind.ANNOUNCED and e.repetition.counted]
    assert [(e.repetition.side, e.number) for e in said] == [(Side.RIGHT, k) for k in (1, 2, 3)]


def test_long_questions_cost_no_samples() -> None:
    """Sensors send from the moment at which they are to be worn, and labels are on their time."""
    guided = Guided()
    guided.now_s = 0.0
    assert len(guided.source.receive(300.0)) == 0
    blocks = guided.source.receive(300.1)
    assert {len(block.time_s) for block in blocks} == {8}
    assert blocks[0].time_s[0] == pytest.approx(300.0)
    assert guided.source.finish().streams[0].device_time_s[0] == pytest.approx(300.0)
