"""The live grid: right between samples, the same for any packets, honest about what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.core.live_blocks import LegBlock, join
from sensor_screen.model import Placement, SampleFlag
from sensor_screen.session.leg_grid import LegGrid, LegGridParams

RATE_HZ = 100.0
SHORT = LegGridParams()
AS_THEY_COME = LegGridParams(group_s=0.01, least_s=0.08)
BOTH = (Placement.SHANK, Placement.FOOT)


def straight(time_s: np.ndarray) -> np.ndarray:
    """(n, 6) that grow evenly: interpolation is exact."""
    return time_s[:, None] * np.arange(1.0, 7.0) + np.arange(6.0)


def lay(packets: int, lost: slice = slice(0, 0), params: LegGridParams = SHORT) -> LegBlock:
    return join(lay_parts(packets, lost, params))


def lay_parts(packets: int, lost: slice, params: LegGridParams) -> list[LegBlock]:
    grid, blocks = LegGrid(RATE_HZ, params), []
    shank_s = np.arange(300) / 100.02
    foot_s = np.delete(0.0031 + np.arange(300) / 99.97, lost)
    for start in range(0, 300, packets):
        for placement, time_s in zip(BOTH, (shank_s, foot_s), strict=True):
            part = time_s[start : start + packets]
            if len(part):
                grid.take(placement, part, straight(part))
        block = grid.give(min(shank_s[min(start + packets, 300) - 1], foot_s[-1]))
        blocks += [] if block is None else [block]
    return blocks


def test_straight_lines_come_out_straight() -> None:
    laid = lay(5)
    assert np.allclose(np.diff(laid.time_s), 1.0 / RATE_HZ)
    for sensor in range(2):
        felt = np.concatenate([laid.acc_mps2[:, sensor], laid.gyr_radps[:, sensor]], axis=1)
        assert np.allclose(felt, straight(laid.time_s), atol=1e-9)
    assert not laid.flags.any()


@pytest.mark.parametrize("packets", [1, 3, 37])
def test_how_samples_arrive_changes_nothing(packets: int) -> None:
    one, other = lay(10), lay(packets)
    count = min(len(one.time_s), len(other.time_s))
    assert count > 280
    assert np.array_equal(one.acc_mps2[:count], other.acc_mps2[:count])
    assert np.array_equal(one.flags[:count], other.flags[:count])


def test_no_packet_waits_for_the_next_one_whatever_the_clocks() -> None:
    """What both sensors told is given at once, in as many blocks as there are packets."""
    for late in range(10):  # every phase of packets against the grid
        grid, ends_s = LegGrid(RATE_HZ, AS_THEY_COME), []
        for start in range(0, 300, 10):
            time_s = (np.arange(start, start + 10) + late + 0.3) / 100.02
            for placement in BOTH:
                grid.take(placement, time_s, straight(time_s))
            block = grid.give(float(time_s[-1]))
            assert block is not None
            assert len(block.time_s) >= 8
            ends_s.append(float(time_s[-1] - block.time_s[-1]))
        assert max(ends_s) < 1.0 / RATE_HZ


def test_few_samples_wait_until_there_are_more() -> None:
    blocks = lay_parts(1, slice(0, 0), AS_THEY_COME)
    assert {len(block.time_s) for block in blocks} == {8}
    one, other = join(blocks), lay(10, params=AS_THEY_COME)
    count = min(len(one.time_s), len(other.time_s))
    assert count > 280
    assert np.array_equal(one.acc_mps2[:count], other.acc_mps2[:count])


@pytest.mark.parametrize(("gap", "flag"), [(4, SampleFlag.FILLED), (15, SampleFlag.MISSING)])
def test_a_gap_is_marked_in_its_sensor_alone(gap: int, flag: SampleFlag) -> None:
    laid = lay(10, slice(100, 100 + gap))
    assert not laid.flags[:, 0].any()
    assert np.count_nonzero(laid.flags[:, 1] == flag) in (gap, gap + 1)
    assert set(np.unique(laid.flags[:, 1])) == {0, flag}


def test_nobody_waits_for_a_silent_sensor_for_long() -> None:
    grid = LegGrid(RATE_HZ)
    time_s = np.arange(200) / RATE_HZ
    grid.take(Placement.SHANK, time_s, straight(time_s))
    grid.take(Placement.FOOT, time_s[:50], straight(time_s[:50]))
    first = grid.give(0.6)
    assert first is not None
    assert first.time_s[-1] == pytest.approx(0.49)
    late = grid.give(1.99)
    assert late is not None
    assert late.time_s[-1] >= 1.55
    assert (late.flags[:, 1] == SampleFlag.MISSING).all()
    assert not late.flags[:, 0].any()
    assert np.isfinite(late.acc_mps2).all()
