"""Single sensors and task labels become one recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import (
    ClockMap,
    GyroSampling,
    Origin,
    Placement,
    Recording,
    SensorStream,
    Side,
    TaskInterval,
)
from sensor_screen.storage.atomic_file import refuse_unwritable
from sensor_screen.storage.recording_file import read_recording, write_recording
from sensor_screen.storage.sensor_csv import read_sensor_csv
from sensor_screen.storage.tasks_csv import read_tasks_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sensor_screen.storage.given_file import FileSource
    from sensor_screen.storage.imported_sensor import ImportedSensor


class SensorReader(Protocol):
    """Reads the file of one sensor: one for each make."""

    def __call__(self, path: FileSource, *, side: Side, placement: Placement) -> ImportedSensor:
        """Read it."""


def import_csv(
    out: Path,
    *,
    side: Side,
    shank: Path | None = None,
    foot: Path | None = None,
    tasks: Path | None = None,
    append: bool = False,
    shared_clock: bool = False,
    gyro_sampling: GyroSampling = GyroSampling.INSTANT,
    recorded_on: str = "",
) -> Recording:
    """Make a recording file from the CSV files of one leg, whose columns name their units.

    Args:
        gyro_sampling: What a gyroscope sample means in this make of sensor.
        out: See `import_leg`, as all others.
        side: The leg.
        shank: Its file.
        foot: Its file.
        tasks: What was done when.
        append: Add to `out`.
        shared_clock: One clock for all.
        recorded_on: ISO date.

    Raises:
        UsageError: As `import_leg`.
        RecordingError: As `import_leg`.
    """
    return import_leg(
        partial(read_sensor_csv, gyro_sampling=gyro_sampling),
        out,
        side=side,
        shank=shank,
        foot=foot,
        tasks=tasks,
        append=append,
        shared_clock=shared_clock,
        recorded_on=recorded_on,
    )


def import_leg(
    read: SensorReader,
    out: Path,
    *,
    side: Side,
    shank: Path | None = None,
    foot: Path | None = None,
    tasks: Path | None = None,
    append: bool = False,
    shared_clock: bool = False,
    recorded_on: str = "",
) -> Recording:
    """Make a recording file from the sensor files of one leg.

    Args:
        read: Reads the files of this make.
        out: The recording file to make, or with `append` the one to add to.
        side: The leg; the caller's word.
        shank: Samples of the shank sensor, if there was one.
        foot: Samples of the foot sensor, if there was one.
        tasks: What was done when.
        append: Add these sensors to the recording in `out`, which keeps all it has.
        shared_clock: The sensors were read with one clock; otherwise each has its own.
        recorded_on: ISO date; where it is empty, the one that the files agree on.

    Raises:
        UsageError: No sensor is given, the recording has it already, or the date is none.
        RecordingError: A file cannot be read, or its units cannot be right.
    """
    files = {
        placement: path
        for placement, path in ((Placement.SHANK, shank), (Placement.FOOT, foot))
        if path is not None
    }
    if not files:
        raise UsageError("no sensor", "there is nothing to import", "give --shank, --foot or both")
    refuse_other_than_date(recorded_on)
    refuse_unwritable(out)
    existing = read_recording(out) if append else None
    recording = read_leg(
        read, files, tasks, side=side, shared_clock=shared_clock, recorded_on=recorded_on
    )
    return _store(recording, existing, out)


def read_leg(
    read: SensorReader,
    files: Mapping[Placement, FileSource],
    tasks: FileSource | None = None,
    *,
    side: Side,
    shared_clock: bool = False,
    recorded_on: str = "",
) -> Recording:
    """One recording of the sensor files of one leg, not yet checked as a whole or stored.

    Args:
        read: Reads the files of this make.
        files: Where each sensor was -> its file; at least one.
        tasks: What was done when.
        side: The leg; the caller's word.
        shared_clock: The sensors were read with one clock; otherwise each has its own.
        recorded_on: ISO date; where it is empty, the one that the files agree on.

    Raises:
        UsageError: The date is none.
        RecordingError: A file cannot be read, or its units cannot be right.
    """
    refuse_other_than_date(recorded_on)
    sensors = [read(path, side=side, placement=placement) for placement, path in files.items()]
    recording = assemble_recording(
        sensors,
        read_tasks_csv(tasks) if tasks is not None else (),
        clock=ClockMap(origin="shared") if shared_clock else None,
        source=", ".join(path.name for path in files.values()),
    )
    return replace(recording, recorded_on=recorded_on) if recorded_on else recording


def import_recording(
    recording: Recording, out: Path, *, append: bool = False, recorded_on: str = ""
) -> Recording:
    """Store a recording that came whole from another file.

    Raises:
        UsageError: As `import_leg`.
        RecordingError: As `import_leg`.
    """
    recording = import_whole(recording, recorded_on)
    return _store(recording, read_recording(out) if append else None, out)


def import_whole(recording: Recording, recorded_on: str) -> Recording:
    """A recording that came whole from another file, with the day that the caller says.

    Raises:
        UsageError: The day is none.
    """
    refuse_other_than_date(recorded_on)
    return replace(recording, recorded_on=recorded_on) if recorded_on else recording


def _store(recording: Recording, existing: Recording | None, out: Path) -> Recording:
    if existing is not None:
        recording = merge_recordings(existing, recording)
    refuse_contradictions(recording)
    write_recording(recording, out)
    return recording


def assemble_recording(
    sensors: Sequence[ImportedSensor],
    tasks: tuple[TaskInterval, ...],
    *,
    clock: ClockMap | None,
    source: str,
) -> Recording:
    """One recording of sensors that were read one by one; what was not used goes to the notes."""
    notes = {
        f"columns not used, {sensor.stream.info.side} {sensor.stream.info.placement}": ", ".join(
            sensor.ignored
        )
        for sensor in sensors
        if sensor.ignored
    }
    for sensor in sensors:
        info = sensor.stream.info
        notes |= {f"{k}, {info.side} {info.placement}": v for k, v in sensor.notes.items()}
    days = {sensor.recorded_on for sensor in sensors}
    streams = tuple(replace(sensor.stream, clock=clock) for sensor in sensors)
    return Recording(
        streams,
        tasks,
        source=source,
        notes=notes,
        recorded_on=days.pop() if len(days) == 1 else "",
    )


def merge_recordings(first: Recording, second: Recording) -> Recording:
    """Both recordings as one of the same occasion; nothing of the first is replaced.

    Raises:
        UsageError: A sensor is in both.
    """
    for stream in second.streams:
        side, placement = stream.info.side, stream.info.placement
        if first.stream(side, placement) is not None:
            raise UsageError(
                f"{side} {placement}",
                "the recording has this sensor already",
                "import into a new file, or name the other leg",
            )
    # What is simulated in parts is not measured.
    simulated = Origin.SIMULATED in (first.origin, second.origin)
    origin = Origin.SIMULATED if simulated else Origin.MEASURED
    return replace(
        first,
        origin=origin,
        streams=first.streams + second.streams,
        tasks=tuple(
            sorted({*first.tasks, *second.tasks}, key=lambda t: (t.start_s, t.end_s, t.task))
        ),
        source=f"{first.source}, {second.source}",
        notes={**second.notes, **first.notes},
        recorded_on=first.recorded_on or second.recorded_on,
    )


def refuse_contradictions(recording: Recording) -> None:
    """Refuse what cannot be one occasion, as a whole.

    Raises:
        RecordingError: Two sensors have the same samples, or no task lies within the samples.
    """
    _refuse_copies(recording.streams)
    _refuse_tasks_elsewhere(recording)


def refuse_other_than_date(text: str) -> None:
    """Refuse what is neither empty nor a day.

    Raises:
        UsageError: It is no date.
    """
    if not text:
        return
    try:
        date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"date {text!r}", "not a date", "write it as 2026-11-27") from None


def _refuse_copies(streams: Sequence[SensorStream]) -> None:
    """One file given for two sensors would show an ankle that never bends."""
    for index, stream in enumerate(streams):
        for other in streams[:index]:
            if np.array_equal(stream.raw, other.raw, equal_nan=True):
                raise RecordingError(
                    f"{other.info.side} {other.info.placement} and "
                    f"{stream.info.side} {stream.info.placement}",
                    "both hold the same samples",
                    "give each sensor its own file",
                )


def _refuse_tasks_elsewhere(recording: Recording) -> None:
    """Labels on another time base would leave every task without a sample."""
    if not (recording.tasks and recording.streams):
        return
    times_s = np.concatenate([stream.time_s for stream in recording.streams])
    times_s = times_s[np.isfinite(times_s)]
    if not len(times_s):
        return  # cleaning says so of every sensor
    first_s, last_s = float(times_s.min()), float(times_s.max())
    if not any(task.start_s < last_s and task.end_s > first_s for task in recording.tasks):
        raise RecordingError(
            f"tasks from {recording.tasks[0].start_s:g} to {recording.tasks[-1].end_s:g} s",
            f"the samples are from {first_s:g} to {last_s:g} s",
            "label the tasks on the clock of the samples",
        )
