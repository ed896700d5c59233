"""A measured recording as tables: every sample, wide and tidy, and every repetition.

The tables have one header row and no comments, so that any program reads them; what the columns
mean, and where all of it comes from, is in `README.json` beside them.
"""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.judgement import Claims
from sensor_screen.model import Direction, Side
from sensor_screen.rules.zones import place
from sensor_screen.session.export import permitted_text
from sensor_screen.session.sample_table import (
    common_rows,
    mark_words,
    name_repetitions,
    nearest_samples,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sensor_screen.model import Floats, Repetition
    from sensor_screen.session.export import Export
    from sensor_screen.session.sample_table import Indices, SampleTable

WIDE, TIDY, REPETITIONS, README = (
    "samples_wide.csv",
    "samples_tidy.csv",
    "repetitions.csv",
    "README.json",
)
_BLOCK_ROWS = 50_000

_COLUMNS = {
    "time_s": "Seconds on the time base of the recording.",
    "side": "left or right, as the user said; leg where nobody said.",
    "dorsiflexion_deg": "Degrees; plantarflexion is negative. Empty where nothing can be said.",
    "dorsiflexion_sigma_deg": "1 sigma of it, all known sources.",
    "inversion_deg": "Degrees; eversion is negative. Without a stated error.",
    "velocity_degps": "Degrees a second of dorsiflexion, positive towards it.",
    "valid": "1 where the angle may be used, 0 where not; `marks` says why.",
    "marks": "What stands against the sample, words joined by +; empty for nothing.",
    "task": "Of the repetition, else of the label or of what was found; empty outside all.",
    "zone": "How close to the own end range in the direction in which the ankle is bent: green, "
    "amber, red, beyond, cannot_be_told_apart. Geometry, not a concern. Empty where the angle is "
    "not valid or no end range was measured for this task and direction.",
    "repetition": "Name in repetitions.csv; empty between repetitions.",
}
_REPETITION_COLUMNS = {
    "repetition": "Side, task and number in the order of their start, counted or not.",
    "task": "What was done.",
    "start_s": "Seconds, as in the samples.",
    "end_s": "Seconds, as in the samples.",
    "counted": "1 where it went into the figures, 0 where not; `reason` says why.",
    "reason": "Why it was not counted.",
    "peak_dorsiflexion_deg": "Largest dorsiflexion.",
    "peak_dorsiflexion_sigma_deg": "1 sigma of it.",
    "peak_plantarflexion_deg": "Largest plantarflexion, as the negative angle.",
    "peak_plantarflexion_sigma_deg": "1 sigma of it.",
    "excursion_deg": "Range travelled, immune to a wrong zero.",
    "peak_velocity_degps": "Largest rate, either way.",
    "zone_dorsiflexion": "Of the peak; only of counted repetitions with an end range to compare.",
    "zone_plantarflexion": "The same the other way.",
    "quality": "Words joined by +.",
    "notes": "One sentence for each of them.",
}


def write_sample_tables(export: Export, folder: Path) -> None:
    """Write the tables and their README into an empty folder.

    Args:
        export: With at least one leg that has an angle.
        folder: Where to.
    """
    tables = export.tables()
    _write_wide(export, tables, folder / WIDE)
    with (folder / TIDY).open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(["time_s", "side", *_tidy_columns(export)]) + "\n")
        for table in tables:
            times = table.trace.time_s
            own = np.arange(times.size)
            for block in _blocks(times.size):
                cells = _cells(table, own[block], _tidy_columns(export))
                side = [_name(table.trace.side)] * len(cells[0])
                rows = zip(_numbers(times[block], "%.6f"), side, *cells, strict=True)
                stream.write("".join([",".join(row) + "\n" for row in rows]))
    _write_repetitions(export, folder / REPETITIONS)
    text = json.dumps(_describe(export), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / README).write_text(text + "\n", encoding="utf-8")


def _write_wide(export: Export, tables: tuple[SampleTable, ...], path: Path) -> None:
    rows_s = common_rows([table.trace for table in tables])
    columns = _wide_columns(export)
    by_side = {table.trace.side: table for table in tables}
    sides = _sides(by_side)
    names = [f"{_name(side)}_{column}" for side in sides for column in columns]
    index = {
        side: nearest_samples(table.trace.time_s, rows_s, table.trace.rate_hz)
        for side, table in by_side.items()
    }
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(["time_s", *names]) + "\n")
        for block in _blocks(rows_s.size):
            cells = [_numbers(rows_s[block], "%.6f")]
            for side in sides:
                if side in by_side:
                    cells += _cells(by_side[side], index[side][block], columns)
                else:
                    cells += [[""] * len(cells[0])] * len(columns)
            stream.write("".join([",".join(row) + "\n" for row in zip(*cells, strict=True)]))


def _sides(measured: dict[Side, SampleTable]) -> tuple[Side, ...]:
    """Left and right always, so that the columns are the same for every recording."""
    return (Side.LEFT, Side.RIGHT, *((Side.NONE,) if Side.NONE in measured else ()))


def _name(side: Side) -> str:
    return "leg" if side is Side.NONE else side.value


def _wide_columns(export: Export) -> list[str]:
    return [c for c in _tidy_columns(export) if c not in ("dorsiflexion_sigma_deg", "marks")]


def _tidy_columns(export: Export) -> list[str]:
    return [c for c in _COLUMNS if c not in ("time_s", "side") and (c != "zone" or _zoned(export))]


def _zoned(export: Export) -> bool:
    return export.provenance.claims is not Claims.WELLNESS


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, count, _BLOCK_ROWS))


def _cells(table: SampleTable, index: Indices, columns: list[str]) -> list[list[str]]:
    """Columns of one leg at these samples; empty where the index is -1."""
    trace = table.trace
    absent = index < 0
    whole: dict[str, Any] = {
        "dorsiflexion_deg": (trace.dorsiflexion_rad, "%.4f"),
        "dorsiflexion_sigma_deg": (trace.sigma_rad, "%.4f"),
        "inversion_deg": (trace.inversion_rad, "%.4f"),
        "velocity_degps": (table.velocity_radps, "%.3f"),
    }
    words = {"task": table.task, "zone": table.zone, "repetition": table.repetition}
    cells = []
    for column in columns:
        if column in whole:
            values, form = whole[column]
            found = _numbers(np.degrees(values[index]), form)
        elif column == "valid":
            found = _numbers(trace.valid[index].astype(np.float64), "%d")
        elif column == "marks":
            known = {int(m): mark_words(int(m)) for m in np.unique(trace.marks)}
            found = [known[m] for m in trace.marks[index].tolist()]
        else:
            found = words[column][index].tolist()
        if absent.any():
            found = ["" if gone else cell for gone, cell in zip(absent, found, strict=True)]
        cells.append(found)
    return cells


def _numbers(values: Floats, form: str) -> list[str]:
    return [form % value if math.isfinite(value) else "" for value in values.tolist()]


def _write_repetitions(export: Export, path: Path) -> None:
    columns = [c for c in _REPETITION_COLUMNS if _zoned(export) or not c.startswith("zone_")]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(
            stream, ["side", *columns], extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        for leg in export.legs:
            for name, repetition in name_repetitions(leg.repetitions):
                writer.writerow(_repetition_row(export, name, repetition))


def _repetition_row(export: Export, name: str, one: Repetition) -> dict[str, object]:
    claims = export.provenance.claims
    figures = {
        "start_s": (one.start_s, "%.6f"),
        "end_s": (one.end_s, "%.6f"),
        "peak_dorsiflexion_deg": (math.degrees(one.peak_dorsiflexion_rad), "%.4f"),
        "peak_dorsiflexion_sigma_deg": (math.degrees(one.peak_dorsiflexion_sigma_rad), "%.4f"),
        "peak_plantarflexion_deg": (math.degrees(one.peak_plantarflexion_rad), "%.4f"),
        "peak_plantarflexion_sigma_deg": (
            math.degrees(one.peak_plantarflexion_sigma_rad),
            "%.4f",
        ),
        "excursion_deg": (math.degrees(one.excursion_rad), "%.4f"),
        "peak_velocity_degps": (math.degrees(one.peak_velocity_radps), "%.3f"),
    }
    return {
        "repetition": name,
        "side": _name(one.side),
        "task": one.task.value,
        "counted": int(one.counted),
        "reason": permitted_text(one.reason, claims),
        "quality": "+".join(mark.value for mark in one.quality),
        "notes": permitted_text(" ".join(one.notes), claims),
        "zone_dorsiflexion": _zone(export, one, Direction.DORSIFLEXION),
        "zone_plantarflexion": _zone(export, one, Direction.PLANTARFLEXION),
        **{
            key: form % value if math.isfinite(value) else ""
            for key, (value, form) in figures.items()
        },
    }


def _zone(export: Export, one: Repetition, direction: Direction) -> str:
    bends = direction is Direction.DORSIFLEXION
    peak_rad = one.peak_dorsiflexion_rad if bends else -one.peak_plantarflexion_rad
    for finding in export.findings:
        if (finding.side, finding.task, finding.demand.direction) == (
            one.side,
            one.task,
            direction,
        ):
            return place(peak_rad, finding.bands).value if one.counted else ""
    return ""


def _describe(export: Export) -> dict[str, object]:
    """What every column means, and where the figures come from."""
    tidy = ["time_s", "side", *_tidy_columns(export)]
    shown = [c for c in _REPETITION_COLUMNS if _zoned(export) or not c.startswith("zone_")]
    described: dict[str, object] = {
        **export.provenance.facts(),
        "files": {
            WIDE: "One row a sample. Columns of a side begin with its name and are empty where it "
            "has no sample within half a sample of that time; nothing is interpolated.",
            TIDY: "One row a sample and side, with its exact time, error and marks.",
            REPETITIONS: "One row a repetition, counted or not.",
        },
        "sample_columns": {column: _COLUMNS[column] for column in tidy},
        "repetition_columns": {column: _REPETITION_COLUMNS[column] for column in shown},
        "legs": [
            {
                "side": _name(leg.side),
                "rate_hz": leg.angle.rate_hz,
                "method": leg.angle.method,
                "zero": leg.angle.zero_mode.value,
                "zero_verified": leg.calibration is not None and leg.calibration.neutral_verified,
            }
            for leg in export.measured
            if leg.angle is not None
        ],
    }
    if _zoned(export):
        described["zones_begin_deg"] = [
            {
                "side": _name(f.side),
                "task": f.task.value,
                "direction": f.demand.direction.value,
                "amber": round(math.degrees(f.bands.amber_from_rad), 4),
                "red": round(math.degrees(f.bands.red_from_rad), 4),
                "end_range": round(math.degrees(f.bands.end_range_rad), 4),
                "beyond": round(math.degrees(f.bands.beyond_from_rad), 4),
                "resolved": f.bands.resolved,
                "limits": "default of ours, not a diagnostic cut-off",
            }
            for f in export.findings
        ]
    return described
