"""Two clinics with everything that a request can be about, and everybody who can ask."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from sqlalchemy import select

from sensor_screen.api.app import create_app
from sensor_screen.report.json_report import report_to_json
from sensor_screen.service.actor import Role
from sensor_screen.service.passwords import Passwords
from sensor_screen.settings import Settings
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us, sha256_of
from sensor_screen.storage.database.rows import add
from sensor_screen.storage.recording_file import encode_recording
from sensor_screen.wiring.serve import open_services
from tests.api.asking import Client
from tests.hand_made import full_report
from tests.storage.made import recording

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Table

    from sensor_screen.service.services import Services
    from sensor_screen.storage.database.rows import Row

PASSWORD = "four words of mine"  # noqa: S105 - of nobody
LATER_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Belongings:
    """Ids of one person and of all that is about them; each is a parameter of some path."""

    clinic_id: str
    person_id: str
    session_id: str
    recording_id: str
    report_id: str
    note_id: str
    goal_id: str
    consent_id: str
    stream_id: str
    pairing_id: str
    rulebook_id: str
    account_id: str
    key_id: str
    athlete: str
    """Token of the person's account."""
    relay: str
    """Token of the relay of the stream."""
    pairing_code: str

    def ids(self) -> frozenset[str]:
        """All of them."""
        named = {f.name for f in fields(self) if f.name.endswith("_id")}
        return frozenset(getattr(self, name) for name in named)


class InThisProcess:
    """Measures without a process of its own, and renders nothing beside."""

    def start(self) -> None:
        """There is nothing to start."""

    def stop(self) -> None:
        """Nor to stop."""

    def run(self, job: Any, *args: Any, **kwargs: Any) -> Any:
        return job(*args, **kwargs)

    def begin(self, *_: object, **__: object) -> Future[Any]:
        from sensor_screen.errors import UsageError

        raise UsageError("faces", "are not made here", "ask for them")


class PolicyWorld:
    """A service over a folder."""

    def __init__(self, folder: Path, *, fill: bool = True, **settings_given: Any) -> None:
        # Whoever asks a thousand times in some seconds is not what is tested here.
        bounds = {"requests_per_minute": 1_000_000, "streams_per_clinic": 100_000}
        settings = Settings(data=folder, **bounds, **settings_given)
        measuring: Any = InThisProcess()
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.services: Services = replace(
            open_services(settings), measuring=measuring, passwords=Passwords(hasher)
        )
        self.app = create_app(self.services)
        self.client = Client(self.app)
        self.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
            PASSWORD
        )
        self.recording = encode_recording(recording())
        self.report = json.dumps(report_to_json(full_report())).encode()
        self._askers: dict[tuple[Role | None, str], str] = {}
        if fill:
            self._fill()

    def hurry(self) -> None:
        """Nothing of SQLite has to outlast a power cut."""
        raw = self.services.database.engine.raw_connection()
        raw.cursor().execute("PRAGMA synchronous=OFF")
        raw.close()

    def _fill(self) -> None:
        with self.services.database.write() as connection:
            self.clinic_id, self.foreign_clinic_id = (
                add(connection, schema.clinic, name=name)["id"] for name in ("here", "elsewhere")
            )
        self._ids: dict[str, set[str]] = {self.clinic_id: set(), self.foreign_clinic_id: set()}
        self.own = self.belongings(self.clinic_id)
        self.other = self.belongings(self.clinic_id)
        self.foreign = self.belongings(self.foreign_clinic_id)

    def rows(self, table: Table, *where: ColumnElement[bool]) -> list[Row]:
        """All rows that meet a condition."""
        with self.services.database.read() as connection:
            return [dict(row) for row in connection.execute(select(table).where(*where)).mappings()]

    def close(self) -> None:
        """Let everything go."""
        self.client.close()
        self.services.database.close()

    # --- who asks --------------------------------------------------------------------------------

    def token(
        self, connection: Connection, clinic_id: str, role: Role, kind: str = "session", **more: Any
    ) -> tuple[str, str]:
        """Secret and id of a new token."""
        secret = "ss_" + secrets.token_urlsafe(32)
        values = {"label": "made", "kind": kind, "role": role.value, "clinic_id": clinic_id}
        row = add(connection, schema.token, secret_sha256=sha256_of(secret), **values, **more)
        return secret, row["id"]

    def account(self, connection: Connection, clinic_id: str, role: Role, **more: Any) -> str:
        """Id of a new account, which signs in with its id."""
        row_id = new_id()
        values = {"login": row_id, "password_hash": self.password_hash, "role": role.value}
        add(connection, schema.account, id=row_id, clinic_id=clinic_id, **values, **more)
        return row_id

    def asker(self, role: Role | None, own: Belongings, *, new: bool = True) -> str:
        """A token of a role in the clinic of some belongings; of the person, where it is of one.

        Args:
            role: None: nobody.
            own: Whose.
            new: Of an account of its own; else of one that others ask with too.
        """
        if new or role in (None, Role.ATHLETE, Role.RELAY):
            return self._asker(role, own)
        if (role, own.clinic_id) not in self._askers:
            self._askers[role, own.clinic_id] = self._asker(role, own)
        return self._askers[role, own.clinic_id]

    def _asker(self, role: Role | None, own: Belongings) -> str:
        if role is None:
            return ""
        if role is Role.ATHLETE:
            return own.athlete
        if role is Role.RELAY:
            return own.relay
        with self.services.database.write() as connection:
            kind, account = "key", None
            if role is not Role.INTEGRATION:
                kind, account = "session", self.account(connection, own.clinic_id, role)
            return self.token(connection, own.clinic_id, role, kind, account_id=account)[0]

    # --- what is asked about ---------------------------------------------------------------------

    def belongings(self, clinic_id: str, *, objects: bool = True) -> Belongings:
        """A new person with one of everything; without objects, rows alone."""
        with self.services.database.write() as connection:
            made = self._make(connection, clinic_id)
        if objects:
            place, store = f"clinics/{clinic_id}", self.services.objects
            store.put_new(f"{place}/recordings/{made.recording_id}.parquet", self.recording)
            store.put_new(f"{place}/reports/{made.report_id}/report.json", self.report)
        self._ids[clinic_id] |= made.ids()
        return made

    def another_recording(self) -> bytes:
        """One that nobody has uploaded yet."""
        made = recording()
        first, *others = made.streams
        raw = first.raw.copy()
        raw[0] = secrets.randbelow(30_000)
        return encode_recording(replace(made, streams=(replace(first, raw=raw), *others)))

    def hidden_from(self, role: Role | None, own: Belongings) -> frozenset[str]:
        """Ids that no answer to a role may hold."""
        hidden = set(self._ids[self.foreign_clinic_id]) | {self.foreign_clinic_id}
        if role in (Role.ATHLETE, Role.RELAY):
            hidden |= self._ids[self.clinic_id] - own.ids() - {self.clinic_id} - self._shared
        return frozenset(hidden)

    @property
    def _shared(self) -> set[str]:
        """What all of a clinic see: its rule books."""
        with self.services.database.read() as connection:
            return set(
                connection.scalars(schema.rulebook.select().with_only_columns(schema.rulebook.c.id))
            )

    def _make(self, connection: Connection, clinic_id: str) -> Belongings:
        def made(table: Any, **values: Any) -> str:
            return str(add(connection, table, clinic_id=clinic_id, **values)["id"])

        person = new_id()
        made(schema.person, id=person, label=f"P-{person}", name="A. Name", birth_year=1990)
        session = made(schema.session, person_id=person, recorded_on="2026-11-01", answers="")
        recording_id, report_id = new_id(), new_id()
        made(
            schema.recording,
            id=recording_id,
            session_id=session,
            object_key=f"clinics/{clinic_id}/recordings/{recording_id}.parquet",
            sha256=sha256_of(self.recording),
            bytes=len(self.recording),
            came_as="parquet",
            origin="measured",
            source="made",
            sensors=2,
            samples=100,
            duration_s=1.0,
        )
        made(
            schema.report,
            id=report_id,
            session_id=session,
            object_key=f"clinics/{clinic_id}/reports/{report_id}/report.json",
            sha256=sha256_of(self.report),
            faces=json.dumps({"report.html": "This one was not made."}),
            claims="clinician",
            language="en",
            software_version="0",
            rulebook_version="1",
            recordings=json.dumps([recording_id]),
            earlier="[]",
            simulated=False,
        )
        account = self.account(connection, clinic_id, Role.ATHLETE, person_id=person)
        stream = made(schema.stream, session_id=session, state="open", writer=0)
        athlete, _ = self.token(connection, clinic_id, Role.ATHLETE, account_id=account)
        relay, _ = self.token(connection, clinic_id, Role.RELAY, "relay", stream_id=stream)
        code = secrets.token_urlsafe(16)
        consent = {"version": "2000-01-01", "language": "en", "text_sha256": "0" * 64}
        return Belongings(
            clinic_id=clinic_id,
            person_id=person,
            session_id=session,
            recording_id=recording_id,
            report_id=report_id,
            note_id=made(schema.note, person_id=person, text="a note"),
            goal_id=made(schema.goal, person_id=person, text="a goal"),
            consent_id=made(schema.consent, person_id=person, **consent),
            stream_id=stream,
            pairing_id=made(
                schema.pairing,
                stream_id=stream,
                code_sha256=sha256_of(code),
                claim_sha256=sha256_of(f"claim {code}"),
                digits="0417",
                wrong_digits=0,
                created_by=account,
                expires_at_us=now_us() + LATER_US,
            ),
            rulebook_id=made(
                schema.rulebook,
                name="ours",
                version=secrets.token_hex(6),
                text="",
                sha256=sha256_of(""),
            ),
            account_id=account,
            key_id=self.token(connection, clinic_id, Role.INTEGRATION, "key")[1],
            athlete=athlete,
            relay=relay,
            pairing_code=code,
        )
