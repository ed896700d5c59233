from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen import read_recording
from sensor_screen.model import Placement, Side
from sensor_screen.storage.journal import create_journal
from tests.storage.test_journal_fold import left_over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


def test_a_folder_is_recovered_and_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_over(tmp_path)
    monkeypatch.chdir(tmp_path)
    outcome = run("recover")
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("wrote anna.parquet\n  right shank: ")
    assert len(read_recording("anna.parquet").streams) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["anna.parquet"]
    assert "no journal is left here" in run("recover").out


def test_one_journal_goes_where_it_is_told_and_the_person_says_what_was_worn(
    run: Run, tmp_path: Path
) -> None:
    journal, out = left_over(tmp_path), tmp_path / "other.parquet"
    worn = ("--worn", "SS-0000=left-foot", "--worn", "SS-0001=left-shank")
    assert run("recover", journal, "--out", out, *worn).status == 0
    places = [(s.info.side, s.info.placement) for s in read_recording(out).streams]
    assert places == [(Side.LEFT, Placement.FOOT), (Side.LEFT, Placement.SHANK)]


def test_a_damaged_journal_is_said_to_be_kept(run: Run, tmp_path: Path) -> None:
    journal = left_over(tmp_path)
    value = bytearray(journal.read_bytes())
    value[len(value) // 2] ^= 1
    journal.write_bytes(value)
    outcome = run("recover", journal)
    assert outcome.status == 0
    assert "  journal: the journal has an entry with a wrong checksum after frame" in outcome.out
    assert f"cannot be read; it is kept as {tmp_path / 'anna.journal-damaged'}" in outcome.out


@pytest.mark.parametrize("worn", ["SS-0000", "=left-foot", "SS-0000=leftfoot", "SS=left-arm"])
def test_a_place_that_is_none_is_refused(run: Run, tmp_path: Path, worn: str) -> None:
    journal = left_over(tmp_path)
    assert "it says no place" in run("recover", journal, "--worn", worn).complaint
    other = run("recover", journal, "--worn", "SS-9=left-foot")
    assert other.complaint == "Sensor SS-9: it sent nothing; name SS-0000 or SS-0001."
    assert journal.exists()


def test_what_cannot_be_recovered_is_one_sentence(run: Run, tmp_path: Path) -> None:
    assert "it cannot be read" in run("recover", tmp_path / "none.journal").complaint
    with create_journal(tmp_path / "a.journal"):
        assert "another program is writing it" in run("recover", tmp_path).complaint
    assert "it holds no sample; remove it" in run("recover", tmp_path).complaint


def test_one_that_fails_does_not_keep_the_others_from_being_recovered(
    run: Run, tmp_path: Path
) -> None:
    left_over(tmp_path)
    create_journal(tmp_path / "a.journal").close()
    assert "2 journals are there" in run("recover", tmp_path, "--out", tmp_path / "r").complaint
    outcome = run("recover", tmp_path)
    assert outcome.status == 2
    assert outcome.out.startswith(f"{tmp_path / 'a.journal'}: not recovered\nwrote ")
    assert outcome.err.count("\n") == 1
    assert (tmp_path / "anna.parquet").exists()
