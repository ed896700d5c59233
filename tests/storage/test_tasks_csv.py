from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Task, TaskInterval
from sensor_screen.storage.tasks_csv import read_tasks_csv

if TYPE_CHECKING:
    from pathlib import Path


def test_intervals_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text("task,start_s,end_s,by\nsquat,3.5,9,me\n Stand ,0,3.5,me\n")
    assert read_tasks_csv(path) == (
        TaskInterval(0.0, 3.5, Task.STAND),
        TaskInterval(3.5, 9.0, Task.SQUAT),
    )


@pytest.mark.parametrize("task", Task)
def test_every_task_can_be_labelled(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text(f"start_s,end_s,task\n0,1,{task}\n")
    assert read_tasks_csv(path) == (TaskInterval(0.0, 1.0, task),)


def test_an_unknown_task_is_answered_with_the_names(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text("start_s,end_s,task\n0,1,swim\n")
    with pytest.raises(RecordingError) as caught:
        read_tasks_csv(path)
    assert "'swim'" in str(caught.value)
    for task in Task:
        assert task.value in caught.value.remedy


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "no rows"),
        ("2,1,squat", "2 to 1"),
        ("1,1,squat", "1 to 1"),
        (",1,squat", "nan"),
        ("0,inf,squat", "inf"),
        ("zero,1,squat", "line 2 has 'zero' in column start_s"),
        ("0,1", "line 2 has 2 of 3 columns"),
        ("0,1,", "no task ''"),
    ],
)
def test_intervals_that_are_none(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text(f"start_s,end_s,task\n{rows}\n")
    with pytest.raises(RecordingError, match=said):
        read_tasks_csv(path)


def test_columns_must_have_their_names(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text("begin,end_s,task\n0,1,squat\n")
    with pytest.raises(RecordingError, match="no column start_s"):
        read_tasks_csv(path)
