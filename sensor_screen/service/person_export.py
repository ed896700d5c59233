"""Everything about a person in one zip, made while it is sent: one object at a time in memory.

It is for the person, who has a right to it; notes of staff are part of it, as they are about the
person. Who of the staff did what is not: that is about the staff.
"""

from __future__ import annotations

import base64
import json
import zipfile
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ScreenError
from sensor_screen.service.consent_texts import TEXTS
from sensor_screen.service.reports import read_face
from sensor_screen.service.sealed import unsealed
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.person_rows import (
    OF_PERSON,
    audit_about,
    of_person,
    read_rows_of,
)
from sensor_screen.storage.database.rows import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import ColumnElement, Table

    from sensor_screen.service.services import Access, Services
    from sensor_screen.storage.database.rows import Row

SLICE = 2**20
"""Bytes of an object that are packed at once."""
SECRETS = frozenset({"password_hash", "secret_sha256", "code_sha256", "claim_sha256", "digits"})
"""Columns that open doors; they are not data about anybody."""
_COMPRESSED = frozenset({"parquet", "pdf"})
ABOUT = """\
Everything that this service keeps about one person.

person.json, sessions.json, recordings.json, reports.json, consents.json, notes.json, goals.json,
streams.json and so on
    One list each, in plain text, complete. Names that end in _us are times: microseconds since
    1970, UTC. `answers` of a session are the answers before the screen, as TOML.
recordings/<id>.parquet
    What the sensors measured, as it was received. Programs that read Parquet open it, and
    `sensor-screen screen` makes a report of it again.
reports/<id>/
    Every form of every report: report.json has all figures, report.html opens in a browser.
consents/<version>.<language>.txt
    The texts that were consented to.
streams/<id>.frames.jsonl
    Recordings that are not finished: one line a frame, `value` as base64.
account.json
    The account of the person, if there is one, without its password.
audit.json
    Who did or read what about the person, or what the person did. `by` says whether it was the
    person, the staff or a program; which of the staff it was is not told.
problems.txt
    What could not be read while this file was made; there is none if all could.

The reports are screens of movement. They are no diagnoses.
"""


def export_person(access: Access, person_id: str) -> Iterator[bytes]:
    """The zip, piece by piece.

    Rows are read a few hundred at a time; what changes while it is sent may be in it as it was
    before or after. What cannot be read is named in `problems.txt`, and the rest goes on.

    Raises:
        NotFoundError: There is no such person; before anything is given.
    """
    with access.read() as connection:
        find(connection, schema.person, person_id, access.reach)
    return _pack(access, person_id)


def _pack(access: Access, person_id: str) -> Iterator[bytes]:
    services, pack = access.services, _Pack()
    pack.text("README.txt", f"{ABOUT}\nMade {datetime.now(UTC).isoformat(timespec='seconds')}.\n")
    yield pack.taken()
    for table in reversed([*OF_PERSON]):
        if table not in (schema.frame, schema.mark):
            yield from _pack_table(services, pack, table, of_person(table, person_id))
    account = schema.account
    theirs = [
        row["id"]
        for row in read_rows_of(services.database, account, account.c.person_id == person_id)
    ]
    yield from _pack_table(services, pack, account, account.c.person_id == person_id)
    yield from _pack_table(services, pack, schema.token, schema.token.c.account_id.in_(theirs))
    yield from _pack_audit(services, pack, person_id, frozenset(theirs))
    yield from _pack_streams(services, pack, person_id)
    yield from _pack_objects(access, pack, person_id)
    yield from _pack_texts(services, pack, person_id)
    yield pack.closed()


NAMES = {schema.person: "person", schema.account: "account", schema.token: "tokens"}


def _pack_table(
    services: Services, pack: _Pack, table: Table, where: ColumnElement[bool]
) -> Iterator[bytes]:
    def plain(row: Row) -> Row:
        try:
            row = unsealed(services.sealing, table, row)
        except ScreenError as error:
            pack.problems.append(f"{table.name} {row['id']}: {error}")
        return {name: value for name, value in row.items() if name not in SECRETS}

    name = NAMES.get(table, f"{table.name}s")
    rows = read_rows_of(services.database, table, where)
    yield from pack.list(f"{name}.json", map(plain, rows))


def _pack_audit(
    services: Services, pack: _Pack, person_id: str, theirs: frozenset[str]
) -> Iterator[bytes]:
    def told(row: Row) -> Row:
        by = "person" if row["account_id"] in theirs else "staff"
        if row["account_id"] is None:
            by = "program" if row["token_id"] else "service"
        return {n: row[n] for n in ("at_us", "action", "object_id", "outcome")} | {"by": by}

    rows = read_rows_of(services.database, schema.audit, audit_about(person_id))
    yield from pack.list("audit.json", map(told, rows))


def _pack_streams(services: Services, pack: _Pack, person_id: str) -> Iterator[bytes]:
    where = of_person(schema.stream, person_id)
    for stream in read_rows_of(services.database, schema.stream, where):
        for table in (schema.frame, schema.mark):
            of_stream = table.c.stream_id == stream["id"]
            rows = read_rows_of(services.database, table, of_stream)
            yield from pack.lines(f"streams/{stream['id']}.{table.name}s.jsonl", rows)


def _pack_objects(access: Access, pack: _Pack, person_id: str) -> Iterator[bytes]:
    services = access.services
    for row in read_rows_of(
        services.database, schema.recording, of_person(schema.recording, person_id)
    ):
        name = f"recordings/{row['id']}.parquet"
        yield from pack.object(name, partial(_get, services, row["object_key"], row["sha256"]))
    for row in read_rows_of(services.database, schema.report, of_person(schema.report, person_id)):
        place = row["object_key"].rpartition("/")[0]
        faces = {"report.json": row["sha256"]} | _faces_of(access, pack, row)
        for face, told in faces.items():
            if " " in told:  # a sentence why there is none
                continue
            name = f"reports/{row['id']}/{face}"
            yield from pack.object(name, partial(_get, services, f"{place}/{face}", told))


def _faces_of(access: Access, pack: _Pack, row: Row) -> dict[str, str]:
    """Name -> hash of the other forms of a report, which are made now where they are not yet."""
    if row["faces"] == "{}":
        try:
            read_face(access, row["id"], "report.html")
            with access.read() as connection:
                row = find(connection, schema.report, row["id"], access.reach)
        except ScreenError as error:
            pack.problems.append(f"reports/{row['id']}: {error}")
    faces: dict[str, str] = json.loads(row["faces"])
    return faces


def _get(services: Services, key: str, sha256: str) -> bytes:
    return services.objects.get(key, sha256)


def _pack_texts(services: Services, pack: _Pack, person_id: str) -> Iterator[bytes]:
    where = of_person(schema.consent, person_id)
    given = {
        (row["version"], row["language"])
        for row in read_rows_of(services.database, schema.consent, where)
    }
    for version, language in sorted(given):
        if text := TEXTS.get(version, {}).get(language):
            pack.text(f"consents/{version}.{language}.txt", text)
    yield pack.taken()


class _Pack:
    """A zip that is given away while it is made."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]

    def taken(self) -> bytes:
        """What is ready."""
        return self._sink.take()

    def text(self, name: str, text: str) -> None:
        """One file of text."""
        self._zip.writestr(name, text)

    def list(self, name: str, rows: Iterable[Row]) -> Iterator[bytes]:
        """Rows as one JSON list; no file where there are none."""
        yield from self._write(name, rows, ("[\n", ",\n", "\n]\n"))

    def lines(self, name: str, rows: Iterable[Row]) -> Iterator[bytes]:
        """Rows as lines of JSON; no file where there are none."""
        yield from self._write(name, rows, ("", "\n", "\n"))

    def _write(
        self, name: str, rows: Iterable[Row], around: tuple[str, str, str]
    ) -> Iterator[bytes]:
        rows = iter(rows)
        if (first := next(rows, None)) is None:
            return
        begin, between, end = around
        with self._zip.open(name, "w") as file:
            file.write((begin + _json(first)).encode())
            for row in rows:
                file.write((between + _json(row)).encode())
                if self._sink.size >= SLICE:
                    yield self.taken()
            file.write(end.encode())
        yield self.taken()

    def object(self, name: str, get: Callable[[], bytes]) -> Iterator[bytes]:
        """One object, or a line in the list of problems."""
        try:
            value = get()
        except ScreenError as error:
            self.problems.append(f"{name}: {error}")
            return
        kind = name.rpartition(".")[2]
        how = zipfile.ZIP_STORED if kind in _COMPRESSED else zipfile.ZIP_DEFLATED
        entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
        entry.compress_type = how
        with self._zip.open(entry, "w") as file:
            for start in range(0, len(value), SLICE):
                file.write(value[start : start + SLICE])
                yield self.taken()
        yield self.taken()

    def closed(self) -> bytes:
        """The end, with what could not be read."""
        if self.problems:
            self.text("problems.txt", "\n".join(self.problems) + "\n")
        self._zip.close()
        return self.taken()


class _Sink:
    """A file that can only be written, and is taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, value: bytes) -> int:
        """As of a file."""
        self._pieces.append(bytes(value))
        self.size += len(value)
        return len(value)

    def flush(self) -> None:
        """Nothing to do."""

    def take(self) -> bytes:
        """What was written since."""
        taken = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return taken


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=_base64)


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)
