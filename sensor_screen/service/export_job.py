"""A recording for other programs, as one file; in a process of its own."""

from __future__ import annotations

import tempfile
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.session.export import Export


class ExportFormat(StrEnum):
    """For which programs."""

    CSV = "csv"
    """A folder of tables, zipped."""
    MOTION_BIDS = "motion-bids"
    """A BIDS dataset, zipped."""
    OPENSIM = "opensim"
    """Orientations and motions, zipped."""
    MCAP = "mcap"


_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Of every file in an archive, so that the same export has the same bytes."""


def export_recording(value: bytes, to: ExportFormat, claims: str, out: str) -> None:
    """Measure a recording and write it for other programs.

    Args:
        value: Recording file.
        to: For which programs.
        claims: Whom it is for.
        out: The file to write: a zip archive, or an MCAP file.

    Raises:
        ScreenError: It has no angle where one is needed, or a library is missing.
    """
    from sensor_screen.judgement import Claims
    from sensor_screen.service.report_job import StoredSession, open_stored
    from sensor_screen.session.export import measure_for_export
    from sensor_screen.storage.mcap_export import refuse_without_mcap, write_mcap

    if to is ExportFormat.MCAP:
        refuse_without_mcap()
    (recording,) = open_stored(StoredSession((value,), "")).recordings
    measured = measure_for_export(
        recording, angle_needed=to is ExportFormat.CSV, claims=Claims(claims)
    )
    if to is ExportFormat.MCAP:
        with Path(out).open("wb") as stream:
            write_mcap(measured, stream)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / f"recording-{to}"
        folder.mkdir()
        _write_folder(measured, to, folder)
        zip_folder(folder, Path(out))


def _write_folder(export: Export, to: ExportFormat, folder: Path) -> None:
    from sensor_screen.report.opensim_files import write_opensim
    from sensor_screen.report.sample_tables import write_sample_tables
    from sensor_screen.session.segment_orientations import orient_segments
    from sensor_screen.storage.motion_bids import write_motion_bids

    if to is ExportFormat.CSV:
        write_sample_tables(export, folder)
    elif to is ExportFormat.MOTION_BIDS:
        write_motion_bids(export, folder, "01")
    else:
        write_opensim(export, orient_segments(export.recording, export.legs), folder)


def zip_folder(folder: Path, out: Path) -> None:
    """A folder as a zip archive with the folder in it; the same files give the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder.parent)), _EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                with path.open("rb") as source, archive.open(entry, "w") as target:
                    while part := source.read(2**20):
                        target.write(part)
