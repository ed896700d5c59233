from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.exists(), reason="the public recordings are not beside this checkout")
def test_a_folder_with_a_truth_becomes_a_row(run: Run) -> None:
    done = run("validate", DATA / "pp054")
    assert done.status == 0
    assert "walk_right" in done.out
    assert "offset removed" in done.out


def test_a_folder_without_a_truth_is_one_sentence(run: Run, tmp_path: Path) -> None:
    assert "truth.csv" in run("validate", tmp_path).complaint
    assert "truth.csv" in run("validate", tmp_path / "missing").complaint


@pytest.mark.skipif(not DATA.exists(), reason="the public recordings are not beside this checkout")
def test_a_folder_that_states_its_kicks_is_counted(run: Run) -> None:
    done = run("validate", DATA / "kick" / "player1_S01_right")
    assert done.status == 0
    assert "1 of 1 = 100.0 %" in done.out


@pytest.mark.skipif(not DATA.exists(), reason="the public recordings are not beside this checkout")
def test_stairs_without_a_truth_are_counted(run: Run) -> None:
    done = run("validate", DATA / "stairs_foot")
    assert done.status == 0
    assert "stairs_foot/up_left" in done.out
    assert "stairs down" in done.out


def test_a_table_says_of_how_many_people_it_is(run: Run) -> None:
    done = run("validate", "--table", "impact", "--seeds", "1")
    assert done.status == 0
    assert "Impact of kicks, 1 person" in done.out
    for words in ("plain", "with shock", "harsh, 2,074 deg/s", "12 of 12"):
        assert words in done.out


def test_a_folder_and_simulated_people_exclude_each_other(run: Run, tmp_path: Path) -> None:
    assert "name one of the two" in run("validate", tmp_path, "--table", "sway").complaint
    assert "nobody is simulated" in run("validate", tmp_path, "--seeds", "3").complaint
