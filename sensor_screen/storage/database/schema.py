"""The tables. Times are microseconds since 1970 (UTC), ids 32 hex digits that sort by time.

Whatever belongs to a clinic has its `clinic_id`, and every query filters by it (`reach`). Sealed
columns may hold encrypted text (`storage.sealing`). Migrations say how a database came to be this.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def _clinic() -> Column[str]:
    return Column("clinic_id", String(32), ForeignKey("clinic.id"), nullable=False, index=True)


def _to(table: str, *, optional: bool = False, name: str = "") -> Column[str]:
    return Column(
        name or f"{table}_id", String(32), ForeignKey(f"{table}.id"), nullable=optional, index=True
    )


def _at(name: str = "created_at_us", *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _sha256(name: str = "sha256", *, unique: bool = False) -> Column[str]:
    return Column(name, String(64), nullable=False, unique=unique)


clinic = Table("clinic", metadata, _id(), Column("name", Text, nullable=False), _at())

person = Table(
    "person",
    metadata,
    _id(),
    _clinic(),
    Column("label", Text, nullable=False),  # a pseudonym, unique in its clinic
    Column("name", Text),  # sealed
    Column("birth_year", Integer),
    _at(),
    UniqueConstraint("clinic_id", "label"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("person_id", String(32), primary_key=True),
    _clinic(),
    _at("erased_at_us"),
    Column("erased_by", String(32)),
    Column("reason", Text, nullable=False),  # asked | retention
    Column("sessions", Integer, nullable=False),
    Column("recordings", Integer, nullable=False),
    Column("objects_left", Text, nullable=False),  # keys still to be removed, as JSON
)

account = Table(
    "account",
    metadata,
    _id(),
    _clinic(),
    Column("login", Text, nullable=False, unique=True),  # lower case
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),  # owner | therapist | athlete
    _to("person", optional=True),  # of an athlete
    _at(),
    _at("disabled_at_us", optional=True),
)

token = Table(
    "token",
    metadata,
    _id(),
    _clinic(),
    _to("account", optional=True),
    Column("kind", Text, nullable=False),  # session | key | relay
    Column("role", Text, nullable=False),
    _sha256("secret_sha256", unique=True),
    Column("label", Text, nullable=False),
    Column("stream_id", String(32)),  # of a relay
    _at(),
    _at("expires_at_us", optional=True),
    _at("revoked_at_us", optional=True),
)

invitation = Table(
    "invitation",
    metadata,
    _id(),
    Column("clinic_id", String(32)),  # null: the first owner's, who names the clinic
    _sha256("code_sha256", unique=True),
    Column("role", Text, nullable=False),
    _to("person", optional=True),
    _at(),
    _at("expires_at_us"),
    _at("used_at_us", optional=True),
)

ticket = Table(
    "ticket",
    metadata,
    Column("secret_sha256", String(64), primary_key=True),
    _to("token"),
    Column("action", Text, nullable=False),
    Column("stream_id", String(32), nullable=False),
    _at("expires_at_us"),
)

consent = Table(
    "consent",
    metadata,
    _id(),
    _clinic(),
    _to("person"),
    Column("version", Text, nullable=False),
    Column("language", String(8), nullable=False),
    _sha256("text_sha256"),
    _at("given_at_us"),
    _at("withdrawn_at_us", optional=True),
    Column("recorded_by", String(32)),
)

rulebook = Table(
    "rulebook",
    metadata,
    _id(),
    _clinic(),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("text", Text, nullable=False),
    _sha256(),
    _at(),
    UniqueConstraint("clinic_id", "version"),
)

session = Table(
    "session",
    metadata,
    _id(),
    _clinic(),
    _to("person"),
    Column("recorded_on", String(10), nullable=False),
    Column("plan", Text),
    Column("answers", Text, nullable=False),  # TOML, as `rules.questionnaire` writes it
    _at(),
)

stream = Table(
    "stream",
    metadata,
    _id(),
    _clinic(),
    _to("session"),
    Column("state", Text, nullable=False),  # open | finishing | folded | failed
    Column("writer", Integer, nullable=False),  # raised by every hello
    Column("frames", BigInteger),  # how many there are, said by the relay at its end
    Column("marks", BigInteger),
    Column("slots", Text),  # JSON: slot -> its description in hex, as in frames
    Column("recording_id", String(32)),
    Column("problem", Text),
    _at(),
)

frame = Table(
    "frame",
    metadata,
    Column("stream_id", String(32), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

mark = Table(
    "mark",
    metadata,
    Column("stream_id", String(32), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _at("at_us"),  # of the relay's clock
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

pairing = Table(
    "pairing",
    metadata,
    _id(),
    _clinic(),
    _to("stream"),
    _sha256("code_sha256", unique=True),
    Column("claim_sha256", String(64), unique=True),
    Column("digits", String(4)),
    Column("wrong_digits", Integer, nullable=False),
    _to("account", name="created_by"),
    _at(),
    _at("expires_at_us"),
    _at("confirmed_at_us", optional=True),
    _at("collected_at_us", optional=True),
)

recording = Table(
    "recording",
    metadata,
    _id(),
    _clinic(),
    _to("session"),
    Column("object_key", Text, nullable=False),
    _sha256(),
    Column("bytes", BigInteger, nullable=False),
    Column("came_as", Text, nullable=False),  # format of the upload, or `stream`
    Column("origin", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sensors", Integer, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("duration_s", Float, nullable=False),
    _at(),
)

report = Table(
    "report",
    metadata,
    _id(),
    _clinic(),
    _to("session"),
    Column("object_key", Text, nullable=False),  # of the JSON; other faces lie beside it
    _sha256(),
    Column("faces", Text, nullable=False),  # JSON: name -> sha256
    Column("claims", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("software_version", Text, nullable=False),
    Column("rulebook_version", Text, nullable=False),
    _to("rulebook", optional=True),  # null: the shipped one
    Column("recordings", Text, nullable=False),  # JSON: ids, in order
    Column("earlier", Text, nullable=False),  # JSON: ids of sessions it was compared with
    Column("simulated", Boolean, nullable=False),
    _at(),
)

note = Table(
    "note",
    metadata,
    _id(),
    _clinic(),
    _to("person"),
    _to("session", optional=True),
    Column("text", Text, nullable=False),  # sealed
    Column("written_by", String(32)),
    _at(),
)

goal = Table(
    "goal",
    metadata,
    _id(),
    _clinic(),
    _to("person"),
    Column("text", Text, nullable=False),  # sealed
    Column("by_date", String(10)),
    _at(),
    _at("reached_at_us", optional=True),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("clinic_id", String(32), index=True),
    _at("at_us"),
    Column("account_id", String(32)),
    Column("token_id", String(32)),
    Column("action", Text, nullable=False),
    Column("object_id", String(32)),
    Column("outcome", Text, nullable=False),
    Column("request_id", Text, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    _id(),
    _sha256("request_sha256"),
    Column("object_id", String(32), nullable=False),
    _at(),
)

Index("ix_session_person_day", session.c.person_id, session.c.recorded_on)
