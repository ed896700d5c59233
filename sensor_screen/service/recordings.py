"""Recordings of a session: kept as they came, and found again."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sensor_screen.errors import ConflictError
from sensor_screen.service.consent_rule import require_consent
from sensor_screen.service.export_job import export_recording
from sensor_screen.service.making import create_in, person_by_label
from sensor_screen.service.once import claim, made_before
from sensor_screen.service.upload_job import SavedUpload, read_saved
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, sha256_of
from sensor_screen.storage.database.rows import add, find, find_one, list_rows, remove, within
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from sensor_screen.service.export_job import ExportFormat
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

_PART = 2**20


def keep_upload(
    access: Access,
    files: Mapping[str, BinaryIO],
    options: Mapping[str, Any],
    key: str | None,
    *,
    session_id: str = "",
    person: str = "",
) -> Row:
    """Read the files of an upload and keep the recording; it is durable when this returns.

    Args:
        access: Whose request.
        files: `file`, or the places of sensors, and `tasks` -> content.
        options: Fields of `SavedUpload` other than its files.
        key: Idempotency key.
        session_id: Where it belongs.
        person: Without a session: pseudonym of whom it is of; that, and a session of its day, are
            made where they are not there.

    Raises:
        NotFoundError: There is no such session.
        ScreenError: The files cannot be read; says which and why.
        StorageError: It cannot be kept now.
    """
    if session_id:
        with access.read() as connection:
            find(connection, schema.session, session_id, access.reach)
    with tempfile.TemporaryDirectory() as folder:
        hashes = {place: _save(stream, Path(folder) / place) for place, stream in files.items()}
        request = (session_id, person, sorted(hashes.items()), sorted(options.items()))
        if (before := made_before(access, schema.recording, key, request)) is not None:
            return before
        _refuse_without_consent(access, session_id, person)
        saved = SavedUpload(folder=folder, names=tuple(files), **options)
        value, facts = access.services.measuring.run(read_saved, saved)
    in_file = facts.pop("recorded_on")
    day = saved.recorded_on or in_file or datetime.now(UTC).date().isoformat()

    def place_of(connection: Connection) -> str:
        return session_id or _session_of(connection, access, person, day)

    return keep_recording(
        access, value, {**facts, "came_as": saved.format.value}, key, request, place_of
    )


def _refuse_without_consent(access: Access, session_id: str, person: str) -> None:
    """Before anything is measured, kept or made; the transaction that keeps it looks again."""
    settings, values = access.services.settings, {"session_id": session_id}
    with access.read() as connection:
        if not session_id:
            table = schema.person
            this = (table.c.label == person, within(table, access.reach))
            found = find_one(connection, table, *this)
            values = {"person_id": str(found["id"]) if found else ""}
        require_consent(connection, settings, schema.recording, values)


def keep_recording(
    access: Access,
    value: bytes,
    facts: Mapping[str, Any],
    key: str | None,
    request: object,
    place_of: Callable[[Connection], str],
) -> Row:
    """Keep a recording file.

    Args:
        access: Whose request.
        value: The file.
        facts: Other columns.
        key: Idempotency key.
        request: What is asked for under that key.
        place_of: Gives the session, which may be made in that transaction.

    Raises:
        ConflictError: The session has these samples already.
        StorageError: It cannot be kept now.
    """
    row_id = new_id()
    clinic_id = access.actor.clinic_id
    object_key = f"clinics/{clinic_id}/recordings/{row_id}.parquet"
    sha256 = access.services.objects.put_new(object_key, value)
    try:
        with access.write(row_id) as connection:
            claimed = claim(connection, access, key, request, row_id)
            if claimed != row_id:
                row = find(connection, schema.recording, claimed, access.reach)
            else:
                session_id = place_of(connection)
                _refuse_twice(connection, session_id, sha256)
                row = create_in(
                    connection,
                    access,
                    schema.recording,
                    None,
                    row_id,
                    session_id=session_id,
                    sha256=sha256,
                    object_key=object_key,
                    **facts,
                )
    except BaseException:
        access.services.objects.delete(object_key)
        raise
    if row["id"] != row_id:
        access.services.objects.delete(object_key)
    return row


def _refuse_twice(connection: Connection, session_id: str, sha256: str) -> None:
    """The same samples twice would be refused by every report of the session."""
    table = schema.recording
    same = find_one(connection, table, table.c.session_id == session_id, table.c.sha256 == sha256)
    if same is not None:
        raise ConflictError(
            f"recording {same['id']}", "holds these very samples", "use it as it is"
        )


def _save(stream: BinaryIO, path: Path) -> str:
    """Under the name of its field, whatever a stranger called it; gives its hash."""
    sha256 = hashlib.sha256()
    with path.open("wb") as file:
        while part := stream.read(_PART):
            sha256.update(part)
            file.write(part)
    return sha256.hexdigest()


def _session_of(connection: Connection, access: Access, person: str, day: str) -> str:
    """The session of a person on a day, made where there is none."""
    owner, table = person_by_label(connection, access, person), schema.session
    same = [table.c.person_id == owner["id"], table.c.recorded_on == day]
    found = list_rows(connection, table, access.reach, *same)
    if found:
        return str(found[-1]["id"])
    made = add(
        connection,
        table,
        clinic_id=access.actor.clinic_id,
        person_id=owner["id"],
        recorded_on=day,
        answers="",
    )
    return str(made["id"])


def read_object(access: Access, row: Row) -> bytes:
    """The bytes of a recording, held against their hash."""
    return access.services.objects.get(row["object_key"], row["sha256"])


def drop_recording(access: Access, recording_id: str) -> None:
    """A recording goes; reports that were made of it stay as they are.

    The object goes first: after an interruption the row still says what is to be removed.

    Raises:
        NotFoundError: There is no such recording.
        StorageError: It cannot be removed now, and is still there.
    """
    table = schema.recording
    with access.read() as connection:
        row = find(connection, table, recording_id, access.reach)
    access.services.objects.delete(row["object_key"])
    with access.write(recording_id) as connection:
        remove(connection, table, table.c.id == row["id"])


# --- for other programs --------------------------------------------------------------------------


def export_tag(row: Row, to: ExportFormat, claims: str) -> str:
    """Which export it is: another one of other samples, for others, or of another version."""
    return sha256_of(f"{row['sha256']} {to} {claims} {__version__}")


@contextmanager
def exported(access: Access, row: Row, to: ExportFormat, claims: str) -> Iterator[Path]:
    """A recording for other programs, as a file that goes with the block.

    Raises:
        ScreenError: It has no angle where one is needed.
    """
    value = read_object(access, row)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        access.services.measuring.run(export_recording, value, to, claims, str(out))
        yield out


def parts_of(path: Path) -> Iterator[bytes]:
    """A file in parts."""
    with path.open("rb") as stream:
        while part := stream.read(_PART):
            yield part
