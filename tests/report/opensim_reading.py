"""Run by an interpreter that has the opensim package: what it reads, as JSON on the last line."""

import json
import sys
from pathlib import Path

import opensim


def read_quaternions(path: str) -> dict[str, object]:
    table = opensim.TimeSeriesTableQuaternion(path)
    columns = range(table.getNumColumns())
    rows = [table.getRowAtIndex(i) for i in range(table.getNumRows())]
    # What OpenSense does with them first: its earth has y up, ours z.
    turned = opensim.TimeSeriesTableQuaternion(path)
    quarter = opensim.Rotation(-1.5707963267948966, opensim.CoordinateAxis(0))
    opensim.OpenSenseUtilities.rotateOrientationTable(turned, quarter)
    matrices = opensim.OpenSenseUtilities.convertQuaternionsToRotations(turned)
    return {
        "labels": list(table.getColumnLabels()),
        "time_s": list(table.getIndependentColumn()),
        "cells": [[[row.getElt(0, c).get(k) for k in range(4)] for c in columns] for row in rows],
        "origin": table.getTableMetaDataAsString("origin"),
        "turned_rows": matrices.getNumRows(),
    }


def read_motion(path: str) -> dict[str, object]:
    table = opensim.TimeSeriesTable(path)
    labels = list(table.getColumnLabels())
    storage = opensim.Storage(path)
    return {
        "labels": labels,
        "time_s": list(table.getIndependentColumn()),
        "columns": [table.getDependentColumn(label).to_numpy().tolist() for label in labels],
        "origin": table.getTableMetaDataAsString("origin"),
        "storage_in_degrees": storage.isInDegrees(),
        "storage_rows": storage.getSize(),
    }


def main(folder: str) -> None:
    found: dict[str, object] = {"version": opensim.GetVersion()}
    for path in sorted(Path(folder).iterdir()):
        read = read_quaternions if path.suffix == ".sto" else read_motion
        found[path.name] = read(str(path))
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
