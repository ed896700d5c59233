"""Stored reports: what was written is read, and anything else ends in one sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import ReportError
from sensor_screen.storage.report_file import LARGEST_REPORT, read_json_object
from sensor_screen.wiring import open_report, save_report_json
from tests.hand_made import filled_report

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    save_report_json(filled_report(), path)
    found = open_report(path)
    assert found == json.loads(path.read_text(encoding="utf-8"))
    assert found["judgement"]["findings"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no sound JSON"),
        (b'{"schema": ', "line 1, column"),
        (b"[1, 2]", "there is no object in it"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (b"[" * 100_000, "no sound JSON"),
        (b'{"a":' * 100_000, "no sound JSON"),
        (b'{"ratio": NaN}', "NaN is no number of JSON"),
        (b'{"ratio": 1e999}', "a number is not finite"),
        (b'{"ratio": 1, "ratio": 2}', "a name stands twice"),
        (b'{"ratio": ' + b"9" * 5000 + b"}", "no sound JSON"),
        (b"PK\x03\x04\x00\x00", "no sound JSON"),
    ],
)
def test_what_is_no_json_object_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "anna.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as error:
        read_json_object(path)
    assert words in str(error.value)
    assert str(error.value).startswith("anna.json: ")
    assert "\n" not in str(error.value)


def test_a_file_larger_than_any_report_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(100 * LARGEST_REPORT)  # takes no room on the disk
    with pytest.raises(ReportError, match="it is larger than 20 MB"):
        read_json_object(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ReportError, match="it cannot be read"):
            read_json_object(path)
