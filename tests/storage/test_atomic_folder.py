"""A folder of files is there whole or not at all, and nobody's folder is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import UsageError
from sensor_screen.storage.atomic_file import make_folder, refuse_unwritable_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    with make_folder(tmp_path / "out") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text("a", encoding="utf-8")
        assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/sub/a.txt").read_text(encoding="utf-8") == "a"


def break_off(path: Path, error: BaseException) -> None:
    with make_folder(path) as folder:
        (folder / "a.txt").write_text("a", encoding="utf-8")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_is_left_of_a_broken_one(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        break_off(tmp_path / "out", error())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No space left"):
        break_off(tmp_path / "out", OSError(28, "No space left on device"))
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("out", "link"):
        with pytest.raises(UsageError, match="there already"):
            refuse_unwritable_folder(tmp_path / name)
        with pytest.raises(UsageError, match="there already"), make_folder(tmp_path / name):
            pass
    with pytest.raises(UsageError, match="there already"), make_folder(tmp_path / "late"):
        (tmp_path / "late").mkdir()
    assert (tmp_path / "out" / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["late", "link", "out"]


def test_a_folder_that_is_not_there_is_refused_before_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        refuse_unwritable_folder(tmp_path / "no" / "out")
    refuse_unwritable_folder(tmp_path / "out")
    assert not list(tmp_path.iterdir())
