"""Files of answers: written whole, read back equal, refused in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import IntakeError, UsageError
from sensor_screen.judgement import Answers, Language
from sensor_screen.model import Side
from sensor_screen.rules.questionnaire import LARGEST_FILE
from sensor_screen.storage.answer_file import read_answer_file, write_answer_file

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = Answers(
    {("goals.wish", Side.NONE): "Fußball – 足球", ("symptoms.where", Side.LEFT): ("front",)}
)


@pytest.mark.parametrize("language", list(Language))
def test_what_is_written_is_read_back(tmp_path: Path, language: Language) -> None:
    path = tmp_path / "a.toml"
    write_answer_file(ANSWERS, path, language)
    assert read_answer_file(path) == ANSWERS
    assert [file.name for file in tmp_path.iterdir()] == ["a.toml"]


def test_other_editors_may_have_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf[person]\r\nage_years = 34\r\n")
    assert read_answer_file(path).number("person.age_years") == 34.0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe[\x00", "not a text in UTF-8"),
        (b"[person]\nage_years = 300\n", "age_years = 300: not possible"),
        (b"PAR1\x00\x00", "not valid TOML"),
        (b"#" * (LARGEST_FILE + 1), "too large"),
        (b"#" * (5 * LARGEST_FILE), "too large"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_a_file_of_something_else_is_one_sentence(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(IntakeError, match=problem) as found:
        read_answer_file(path)
    assert str(found.value).startswith("a.toml")
    assert str(found.value).isprintable()


def test_a_file_that_is_not_there_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(IntakeError, match="it cannot be read"):
            read_answer_file(path)
    with pytest.raises(IntakeError, match="sie kann nicht gelesen werden"):
        read_answer_file(tmp_path, Language.GERMAN)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    write_answer_file(ANSWERS, path)
    with pytest.raises(IntakeError):
        write_answer_file(Answers({("person.age_years", Side.NONE): -1.0}), path)
    assert read_answer_file(path) == ANSWERS
    with pytest.raises(UsageError):
        write_answer_file(ANSWERS, tmp_path / "nowhere" / "a.toml")
