"""A folder with the recording of one leg and, where there is one, the truth about it.

shank.csv[.gz]  foot.csv[.gz]   samples (see `sensor_csv`); one of them may be missing
tasks.csv                       start_s,end_s,task
reps.csv                        start_s,end_s[,task]: repetitions as somebody counted them
truth.csv                       time_s,dorsiflexion_deg: what another instrument measured
meta.json                       side, source, licence and whatever else is known
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import RecordingError
from sensor_screen.model import ClockMap, Placement, Recording, Side, Task, TaskInterval
from sensor_screen.storage.csv_table import open_csv
from sensor_screen.storage.recording_assembly import assemble_recording
from sensor_screen.storage.sensor_csv import read_sensor_csv
from sensor_screen.storage.tasks_csv import read_tasks_csv
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class FolderRecording:
    """A recording with what is known to be true about it."""

    recording: Recording
    truth_time_s: Floats | None
    """(m,) on the clock of the sensors, irregular; None where nothing was measured."""
    truth_dorsiflexion_rad: Floats | None
    """(m,) in the zero and the sign of the other instrument."""
    repetitions: tuple[TaskInterval, ...]
    meta: dict[str, Any]


def read_folder(path: Path, *, shared_clock: bool = True) -> FolderRecording:
    """Read a folder.

    Args:
        path: The folder.
        shared_clock: The files of a folder share one time base with the truth; False keeps the two
            sensors apart, so that the estimate of their clocks can be measured as well.

    Raises:
        RecordingError: There is no sensor in the folder, or a file of it cannot be read.
    """
    files = {placement: _find(path, placement.value) for placement in Placement}
    meta = _read_meta(path / "meta.json")
    side = _find_side(meta)
    sensors = [
        read_sensor_csv(file, side=side, placement=placement)
        for placement, file in files.items()
        if file is not None
    ]
    if not sensors:
        raise RecordingError(
            str(path), "there is no shank.csv or foot.csv in it", "give a folder with a recording"
        )
    tasks_file, truth_file = _find(path, "tasks"), _find(path, "truth")
    tasks = read_tasks_csv(tasks_file) if tasks_file else ()
    truth_time_s, truth_rad = _read_truth(truth_file) if truth_file else (None, None)
    return FolderRecording(
        recording=assemble_recording(
            sensors,
            tasks,
            clock=ClockMap(origin="shared") if shared_clock else None,
            source=str(meta.get("source", path.name)),
        ),
        truth_time_s=truth_time_s,
        truth_dorsiflexion_rad=truth_rad,
        repetitions=_read_repetitions(_find(path, "reps"), tasks),
        meta=meta,
    )


def _find(folder: Path, stem: str) -> Path | None:
    for name in (f"{stem}.csv", f"{stem}.csv.gz"):
        if (folder / name).is_file():
            return folder / name
    return None


def _read_meta(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        meta = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RecordingError(str(path), "it is not JSON", "mend or remove it") from error
    if not isinstance(meta, dict):
        raise RecordingError(str(path), "it is not an object", "mend or remove it")
    return meta


def _find_side(meta: dict[str, Any]) -> Side:
    """The side that the folder states in its first word; none where it states none."""
    word = str(meta.get("side", "none")).split(" ")[0].lower()
    return Side(word) if word in set(Side) else Side.NONE


def _read_truth(path: Path) -> tuple[Floats, Floats]:
    table = open_csv(path)
    if not {"time_s", "dorsiflexion_deg"} <= set(table.header):
        raise RecordingError(
            str(path), "its columns are not time_s,dorsiflexion_deg", "name them like that"
        )
    columns = table.numbers(["time_s", "dorsiflexion_deg"])
    return columns["time_s"], columns["dorsiflexion_deg"] * RADIANS_PER_DEGREE


def _read_repetitions(
    path: Path | None, tasks: tuple[TaskInterval, ...]
) -> tuple[TaskInterval, ...]:
    """Counted repetitions; one without a task belongs to the interval that holds its middle."""
    if path is None:
        return ()
    table = open_csv(path)
    if "task" in table.header:
        return read_tasks_csv(path)
    if not {"start_s", "end_s"} <= set(table.header):
        raise RecordingError(str(path), "its columns are not start_s,end_s", "name them like that")
    times = table.numbers(["start_s", "end_s"])
    spans = zip(times["start_s"].tolist(), times["end_s"].tolist(), strict=True)
    return tuple(
        TaskInterval(start_s, end_s, _task_at((start_s + end_s) / 2, tasks))
        for start_s, end_s in spans
    )


def _task_at(time_s: float, tasks: tuple[TaskInterval, ...]) -> Task:
    for interval in tasks:
        if interval.start_s <= time_s < interval.end_s:
            return interval.task
    return Task.MOVE
