"""Every sample once and in order, whatever the way it came; what is gone has a name."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembler import Assembler, AssemblerParams, Lane
from sensor_screen.protocol.sequence_ranges import SEQUENCES, RangeSet, SequenceRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EAGER = AssemblerParams(settle=0, merge_within=0)


def samples(first: int, count: int) -> NDArray[np.int16]:
    """What sample number k holds, for any k: six values that no other near k has."""
    numbers = np.arange(first, first + count, dtype=np.int64)
    mixed = numbers[:, None] * np.array([1, 3, 7, 31, 127, 8191]) % 65536
    return mixed.astype(np.uint16).view(np.int16)


def send(assembler: Assembler, first: int, count: int, lane: Lane = Lane.LIVE) -> int:
    return assembler.receive(
        first % SEQUENCES, samples(first, count), t100us=first * 50 % 65536, lane=lane
    )


def begun(params: AssemblerParams = EAGER, first: int | None = 0, boot_id: int = 1) -> Assembler:
    assembler = Assembler(params)
    assembler.begin_epoch(boot_id, None if first is None else first % SEQUENCES)
    return assembler


def numbers_of(assembler: Assembler) -> list[int]:
    """Numbers of what is ready, and a look at every byte."""
    found: list[int] = []
    for block in assembler.take_ready():
        chunk = block.chunk
        np.testing.assert_array_equal(chunk.counts, samples(chunk.first_sequence, len(chunk)))
        np.testing.assert_array_equal(chunk.marks[:, 1], chunk.marks[:, 0] * 50 % 65536)
        found += range(chunk.first_sequence, chunk.end_sequence)
    return found


# --- any way of coming ----------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(
    st.data(),
    st.sampled_from([0, 7, SEQUENCES - 90, 5 * SEQUENCES - 30]),
    st.lists(st.integers(1, 20), min_size=1, max_size=40),
)
def test_all_that_is_resent_comes_back_exactly(
    data: st.DataObject, start: int, sizes: Sequence[int]
) -> None:
    start %= SEQUENCES
    firsts = start + np.concatenate([[0], np.cumsum(sizes)])
    order = data.draw(st.permutations(range(len(sizes))))
    lost = data.draw(st.sets(st.sampled_from(range(len(sizes)))))
    twice = data.draw(st.lists(st.sampled_from(range(len(sizes))), max_size=8))
    asks = data.draw(st.sets(st.integers(0, len(sizes)), max_size=4))
    assembler, end = begun(first=start), int(firsts[-1])
    got: list[int] = []
    new = 0
    for at, index in enumerate([*order, *twice]):
        if index not in lost:
            new += send(assembler, int(firsts[index]), sizes[index])
        if at in asks:
            got += numbers_of(assembler)
    assert assembler.hear_status((end - 1) % SEQUENCES, start % SEQUENCES)
    recovered = 0
    for _ in range(3 * len(sizes) + 5):
        wanted = assembler.ranges_to_ask(3, finished=True)
        for one in wanted:
            first, last = one.on_the_wire
            assert first <= last
            # The sensor cuts its packets elsewhere, and says a little more than was asked.
            low = max(start, one.first - data.draw(st.integers(0, 5)))
            recovered += send(assembler, low, one.end - low, Lane.BACKFILL)
        if not wanted:
            break
    got += numbers_of(assembler)
    assert got == list(range(start, end))
    assert assembler.acknowledged == end - 1
    total = assembler.total()
    assert (total.received, total.recovered) == (end - start, recovered)
    assert new + recovered == end - start
    assert (total.conflicting, total.conflicting_times, total.gone, total.late) == (0, 0, 0, 0)


def test_what_overlaps_is_kept_once_and_counted() -> None:
    assembler = begun()
    assert send(assembler, 0, 10) == 10
    assert send(assembler, 5, 10) == 5
    assert send(assembler, 20, 5) == 5
    assert send(assembler, 0, 30, Lane.BACKFILL) == 10
    assert numbers_of(assembler) == list(range(30))
    total = assembler.total()
    assert (total.received, total.recovered, total.duplicate) == (30, 10, 25)


def test_without_a_known_beginning_earlier_packets_count_until_the_first_was_taken() -> None:
    assembler = begun(first=None)
    assert assembler.acknowledged is None
    assert assembler.take_ready() == []
    send(assembler, 100, 10)
    send(assembler, 80, 10)
    assert assembler.missing == (SequenceRange(90, 100),)
    send(assembler, 90, 10)
    assert numbers_of(assembler) == list(range(80, 110))
    assert send(assembler, 70, 15) == 0
    assert (assembler.total().late, assembler.total().duplicate) == (10, 5)


def test_the_wrap_is_no_gap_and_requests_do_not_cross_it() -> None:
    start = SEQUENCES - 50
    assembler = begun(first=start)
    send(assembler, start, 10)
    send(assembler, start + 90, 10)
    asked = assembler.ranges_to_ask(9)
    assert [one.on_the_wire for one in asked] == [(SEQUENCES - 40, SEQUENCES - 1), (0, 39)]
    for one in asked:
        send(assembler, one.first, len(one), Lane.BACKFILL)
    assert numbers_of(assembler) == list(range(start, start + 100))


def test_handed_out_samples_share_no_memory_with_a_packet() -> None:
    packet = samples(0, 5)
    assembler = begun()
    assembler.receive(0, packet)
    packet[:] = 0
    (block,) = assembler.take_ready()
    np.testing.assert_array_equal(block.chunk.counts, samples(0, 5))
    assert len(block.chunk.marks) == 0


# --- what to ask for ------------------------------------------------------------------------------


def holes(params: AssemblerParams) -> Assembler:
    assembler = begun(params)
    for first in (0, 30, 60, 100):
        send(assembler, first, 10)
    return assembler


def test_oldest_first_or_newest_first() -> None:
    ranges = [SequenceRange(10, 30), SequenceRange(40, 60), SequenceRange(70, 100)]
    assert list(holes(EAGER).ranges_to_ask(9)) == ranges
    assert list(holes(EAGER).ranges_to_ask(2)) == ranges[:2]
    newest = AssemblerParams(settle=0, merge_within=0, newest_first=True)
    assert list(holes(newest).ranges_to_ask(9)) == ranges[::-1]
    assert holes(EAGER).ranges_to_ask(0) == ()


def test_neighbours_are_merged_long_ranges_cut_and_the_newest_waited_for() -> None:
    merging = AssemblerParams(settle=0, merge_within=10)
    assert holes(merging).ranges_to_ask(9) == (SequenceRange(10, 100),)
    cutting = AssemblerParams(settle=0, merge_within=10, largest_request=40)
    assert [len(one) for one in holes(cutting).ranges_to_ask(9)] == [40, 40, 10]
    waiting = AssemblerParams(settle=35, merge_within=0)
    assert holes(waiting).ranges_to_ask(9)[-1] == SequenceRange(70, 75)
    assert holes(waiting).ranges_to_ask(9, finished=True)[-1] == SequenceRange(70, 100)


def test_a_status_shows_a_lost_tail() -> None:
    assembler = begun()
    send(assembler, 0, 10)
    assert assembler.hear_status(29, 0)
    assert assembler.missing == (SequenceRange(10, 30),)
    assert assembler.acknowledged == 9


# --- gone -----------------------------------------------------------------------------------------


def test_what_the_sensor_no_longer_holds_is_gone_and_passed() -> None:
    assembler = holes(EAGER)
    assert assembler.hear_status(109, 50)
    (first, second) = assembler.gone
    assert (first.range, second.range) == (SequenceRange(10, 30), SequenceRange(40, 50))
    assert "no longer held" in first.reason
    assert assembler.missing[0] == SequenceRange(50, 60)
    assert assembler.acknowledged == 49
    assert assembler.total().gone == 30
    assert numbers_of(assembler) == [*range(10), *range(30, 40)]


def test_the_answer_that_samples_are_gone_is_enough() -> None:
    assembler = holes(EAGER)
    assert assembler.hear_oldest_held(30)
    assert [one.range for one in assembler.gone] == [SequenceRange(10, 30)]
    assert not assembler.hear_oldest_held(5000)
    assert not begun(first=None).hear_oldest_held(5)


def test_a_packet_that_was_under_way_revives_what_nobody_passed_yet() -> None:
    assembler = holes(EAGER)
    assembler.hear_status(109, 60)
    assert send(assembler, 10, 20, Lane.BACKFILL) == 20
    assert numbers_of(assembler) == [*range(40), *range(60, 70)]
    assert send(assembler, 40, 25, Lane.BACKFILL) == 0
    total = assembler.total()
    assert (total.late, total.duplicate, total.gone) == (20, 5, 20)


def test_the_first_of_two_that_conflict_is_kept() -> None:
    assembler = begun()
    send(assembler, 0, 10)
    other = samples(0, 10)
    other[3:5] += 1
    assert assembler.receive(0, other, t100us=1) == 0
    total = assembler.total()
    assert (total.conflicting, total.duplicate, total.conflicting_times) == (2, 8, 1)
    assert numbers_of(assembler) == list(range(10))


def test_what_was_stored_elsewhere_can_be_forgotten() -> None:
    assembler = begun()
    for first in range(0, 100_000, 20):
        send(assembler, first, 20)
    assert len(numbers_of(assembler)) == 100_000
    assembler.current.forget_before(100_000)
    assert send(assembler, 0, 20) == 0
    assert assembler.total().duplicate == 20
    assert assembler.current.blocks_since(None) == []


# --- restarts -------------------------------------------------------------------------------------


def test_a_restart_closes_the_epoch_and_loses_nothing() -> None:
    assembler = begun(boot_id=11)
    send(assembler, 0, 10)
    send(assembler, 20, 10)
    assembler.begin_epoch(11)  # a new link, the same start
    assert assembler.missing
    assembler.begin_epoch(22)
    send(assembler, 0, 5)
    ready = assembler.take_ready()
    places = [(b.boot_id, b.chunk.first_sequence, len(b.chunk)) for b in ready]
    assert places == [(11, 0, 10), (11, 20, 10), (22, 0, 5)]
    (gap,) = assembler.gone
    assert (gap.boot_id, gap.range) == (11, SequenceRange(10, 20))
    assert "restarted" in gap.reason
    # A relay that was slow still brings packets of the first start.
    assert assembler.receive(30, samples(30, 5), boot_id=11) == 5
    assert [b.chunk.first_sequence for b in assembler.take_ready()] == [30]
    with pytest.raises(ProtocolError, match="earlier start"):
        assembler.begin_epoch(11)
    with pytest.raises(ProtocolError, match="no known start"):
        assembler.receive(0, samples(0, 1), boot_id=33)


def test_a_restart_that_nobody_told_is_suspected() -> None:
    assembler = begun()
    for first in range(0, 100, 10):
        send(assembler, first, 10)
    for first in range(0, 30, 10):
        assert not assembler.suspected_restart
        assembler.receive(first, samples(first + 5000, 10))
    assert assembler.suspected_restart
    assert assembler.total().conflicting == 30
    send(assembler, 100, 10)
    assert not assembler.suspected_restart


# --- hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [1 << 31, (1 << 31) - 1, (1 << 21) + 200, -(1 << 22), -(1 << 31)])
def test_a_jump_too_far_is_refused(jump: int) -> None:
    assembler = begun(first=None)
    send(assembler, 10_000_000, 10)
    for at in range(3):
        assert not assembler.suspected_restart
        assert send(assembler, 10_000_000 + jump + 10 * at, 10) == 0
    assert assembler.total().refused_packets == 3
    assert assembler.suspected_restart
    assert assembler.missing == ()
    assert send(assembler, 10_000_010, 10) == 10


def test_a_status_that_cannot_be_is_refused() -> None:
    assembler = begun()
    send(assembler, 0, 10)
    assert not assembler.hear_status(9, 11)
    assert not assembler.hear_status(1 << 31, 0)
    assert assembler.total().refused_reports == 2
    assert (assembler.gone, assembler.missing) == ((), ())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, SEQUENCES - 1) | st.integers(0, 200), st.integers(0, 30)),
        max_size=40,
    )
)
def test_whatever_comes_the_books_balance(packets: list[tuple[int, int]]) -> None:
    assembler = begun(first=None)
    counted = 0
    for at, (first, count) in enumerate(packets):
        refused = assembler.total().refused_packets
        assembler.receive(first, samples(first, count))
        counted += 0 if assembler.total().refused_packets > refused else count
        if at % 7 == 3:
            assembler.hear_status(first, count)
    total = assembler.total()
    assert counted == total.received + total.duplicate + total.conflicting + total.late
    assert len(assembler.missing) + len(assembler.gone) <= 2 * len(packets) + 2


def test_samples_of_another_shape_are_refused() -> None:
    for bad in (np.zeros((3, 5), np.int16), np.zeros(6, np.int16), np.zeros((3, 6), np.int32)):
        with pytest.raises(ProtocolError, match="six 16-bit counts"):
            begun().receive(0, bad)
    with pytest.raises(ProtocolError, match="boot id"):
        Assembler().receive(0, samples(0, 1))


# --- ranges ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 60))))
def test_ranges_are_a_set_of_numbers(steps: list[tuple[bool, int, int]]) -> None:
    ranges, numbers = RangeSet(), set[int]()
    for put, first, end in steps:
        some = set(range(first, end))
        assert ranges.count(first, end) == len(numbers & some)
        if put:
            ranges.add(first, end)
            numbers |= some
        else:
            taken = {n for one in ranges.take(first, end) for n in range(one.first, one.end)}
            assert taken == numbers & some
            numbers -= some
        held = [(one.first, one.end) for one in ranges]
        assert {n for a, b in held for n in range(a, b)} == numbers
        assert all(a < b for a, b in held)
        assert all(b < c for (_, b), (c, _) in pairwise(held))
        assert ranges.count() == len(numbers)
