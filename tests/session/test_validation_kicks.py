"""Real kicks of two players that no threshold was chosen on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor_screen.session.validation_kicks import KickCounts, LegKicks, count_groups
from sensor_screen.wiring import count_kicks_in_folder

DATA = Path(__file__).parents[3] / "shared" / "data"


def by_name(groups: tuple[KickCounts, ...]) -> dict[str, KickCounts]:
    return {group.name: group for group in groups}


def test_legs_are_counted_alone_and_in_pairs() -> None:
    legs = [
        LegKicks("player1_S01_right", 1, ((2.0, 300.0),)),
        LegKicks("player1_S01_left", 0, ((2.2, 170.0),)),
        LegKicks("player3_S01_right", 1, ((2.0, 300.0), (3.0, 200.0))),
        LegKicks("player3_S01_left", 0, ()),
    ]
    groups = by_name(count_groups(legs))
    assert list(groups) == ["player1", "player3", "tuned on", "others", "all"]
    assert groups["all"] == KickCounts("all", 2, 1, 2, 1, 2, 1, 0)
    assert groups["others"].exactly_right == 0


@pytest.mark.skipif(not DATA.exists(), reason="the public recordings are not beside this checkout")
def test_real_kicks_are_found_without_labels() -> None:
    places = sorted(p for player in (3, 4) for p in (DATA / "kick").glob(f"player{player}_*"))
    legs = [count_kicks_in_folder(place, place.name) for place in places]
    counts = by_name(count_groups([leg for leg in legs if leg is not None]))["all"]
    assert (counts.kicking, counts.standing, counts.pairs) == (40, 40, 40)
    assert counts.exactly_right >= 0.95 * 40
    assert counts.standing_with_kick <= 1
    assert counts.paired_right >= 0.95 * 40
    assert counts.paired_standing_with_kick == 0
