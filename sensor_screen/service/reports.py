"""Reports of stored sessions: made once, kept as they were made, and read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from sensor_screen.errors import NotFoundError, ScreenError, StorageError, UsageError
from sensor_screen.report.report_check import check_kept_report
from sensor_screen.report.stored_positions import find_close_positions, positions_to_json
from sensor_screen.service import metrics
from sensor_screen.service.follow_job import follow_sessions, rejudge_session
from sensor_screen.service.making import create_in
from sensor_screen.service.once import claim, made_before
from sensor_screen.service.report_job import (
    FACES,
    ReportJob,
    StoredSession,
    make_report,
    render_faces,
)
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, sha256_of
from sensor_screen.storage.database.rows import change, find, find_one, list_rows, newest, within

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any

    from sqlalchemy import Connection

    from sensor_screen.service.report_job import MadeReport
    from sensor_screen.service.services import Access, Services
    from sensor_screen.storage.database.rows import Reach, Row

MOST_EARLIER = 50
"""Sessions before, that a report compares with."""


def create_report(
    access: Access,
    session_id: str,
    *,
    claims: str,
    language: str,
    rulebook_id: str | None = None,
    compare: bool = True,
    key: str | None = None,
) -> Row:
    """Measure and judge a session, and keep the report.

    Args:
        access: Whose request.
        session_id: Which session.
        claims: Whom it is for.
        language: Of its texts.
        rulebook_id: None: the shipped one.
        compare: With the sessions of that person before it.
        key: Idempotency key.

    Raises:
        NotFoundError: There is no such session or rule book, or no recording in it.
        ScreenError: Nothing can be measured.
    """
    request = (session_id, claims, language, rulebook_id, compare)
    if (before := made_before(access, schema.report, key, request)) is not None:
        return before
    job, row = collect(access, session_id, claims, language, rulebook_id, compare=compare)
    with metrics.REPORT_S.time():
        made = access.services.measuring.run(make_report, job)
    row_id = new_id()
    place = f"clinics/{access.actor.clinic_id}/reports/{row_id}"
    access.services.objects.put_new(f"{place}/report.json", made.content)
    try:
        with access.write(row_id) as connection:
            claimed = claim(connection, access, key, request, row_id)
            if claimed != row_id:
                kept = find(connection, schema.report, claimed, access.reach)
            else:
                kept = create_in(
                    connection,
                    access,
                    schema.report,
                    None,
                    row_id,
                    object_key=f"{place}/report.json",
                    sha256=sha256_of(made.content),
                    faces="{}",
                    claims=claims,
                    language=language,
                    software_version=made.software_version,
                    rulebook_version=made.rulebook_version,
                    simulated=made.simulated,
                    **row,
                )
    except BaseException:  # whoever it is of may have been erased while it was made
        access.services.objects.delete(f"{place}/report.json")
        raise
    if kept["id"] == row_id:
        _begin_faces(access, kept, job, made)
    else:
        access.services.objects.delete(f"{place}/report.json")
    return kept


def collect(
    access: Access,
    session_id: str,
    claims: str,
    language: str,
    rulebook_id: str | None,
    *,
    compare: bool,
) -> tuple[ReportJob, dict[str, Any]]:
    """Everything a report is made of, and the columns of its row that say so."""
    reach = access.reach
    with access.read() as connection:
        session = find(connection, schema.session, session_id, reach)
        person = find(connection, schema.person, session["person_id"], reach)
        book = find(connection, schema.rulebook, rulebook_id, reach) if rulebook_id else None
        earlier = _sessions_before(connection, session, reach) if compare else []
        rows = {s["id"]: _recordings(connection, s, reach) for s in (session, *earlier)}
    if not rows[session_id]:
        raise NotFoundError(f"session {session_id[:32]!r}", "has no recording", "upload one first")
    earlier = [one for one in earlier if rows[one["id"]]]
    stored = {s["id"]: _stored(access.services, s, rows[s["id"]]) for s in (session, *earlier)}
    job = ReportJob(
        session=stored[session_id],
        earlier=tuple(stored[one["id"]] for one in earlier),
        claims=claims,
        language=language,
        rulebook=book["text"] if book else None,
        person=person["id"],
        issued=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return job, {
        "session_id": session_id,
        "rulebook_id": rulebook_id,
        "recordings": json.dumps([row["id"] for row in rows[session_id]]),
        "earlier": json.dumps([one["id"] for one in earlier]),
    }


def _sessions_before(connection: Connection, session: Row, reach: Reach) -> list[Row]:
    table = schema.session
    before = list_rows(
        connection,
        table,
        reach,
        table.c.person_id == session["person_id"],
        table.c.recorded_on < session["recorded_on"],
    )
    return sorted(before, key=lambda row: (row["recorded_on"], row["id"]))[-MOST_EARLIER:]


def _recordings(connection: Connection, session: Row, reach: Reach) -> list[Row]:
    table = schema.recording
    return list_rows(connection, table, reach, table.c.session_id == session["id"])


def _stored(services: Services, session: Row, rows: list[Row]) -> StoredSession:
    values = tuple(services.objects.get(row["object_key"], row["sha256"]) for row in rows)
    return StoredSession(values, session["answers"], session["recorded_on"])


# --- other faces ---------------------------------------------------------------------------------


def _begin_faces(access: Access, row: Row, job: ReportJob, made: MadeReport) -> None:
    """Render the other faces beside the answer; whoever asks before finds them made then."""
    services, reach = access.services, access.reach

    def keep(future: Future[dict[str, bytes | str]]) -> None:
        try:
            _keep_faces(services, row, reach, future.result())
        except ScreenError as error:
            structlog.get_logger().warning("faces not kept", report=row["id"], reason=str(error))
        except BaseException as error:  # noqa: BLE001 - of the pool, in nobody's thread
            structlog.get_logger().warning("faces not made", report=row["id"], exc_info=error)

    try:
        begun = services.measuring.begin(render_faces, made.kept, job.person, job.issued)
    except UsageError:
        return
    begun.add_done_callback(keep)


def _keep_faces(
    services: Services, row: Row, reach: Reach, faces: dict[str, bytes | str]
) -> dict[str, str]:
    place = row["object_key"].rpartition("/")[0]
    told: dict[str, str] = {}
    for name, value in faces.items():
        if isinstance(value, bytes):
            told[name] = services.objects.put_new(f"{place}/{name}", value)
        else:
            told[name] = value
    with services.database.write() as connection:
        change(connection, schema.report, row["id"], reach, faces=json.dumps(told))
    return told


def find_face(access: Access, report_id: str, name: str) -> tuple[str, str]:
    """The key of one face of a report, as it was made, and its hash.

    Raises:
        NotFoundError: There is no such report or face.
        UsageError: This report has no such face; says why.
        StorageError: It cannot be read.
    """
    with access.read() as connection:
        row = find(connection, schema.report, report_id, access.reach)
    if name == "report.json":
        return row["object_key"], row["sha256"]
    if name not in FACES:
        raise NotFoundError(name, "is no face of a report", f"ask for {', '.join(FACES)}")
    faces: dict[str, str] = json.loads(row["faces"]) or _make_faces(access, row)
    told = faces[name]
    if " " in told:  # a sentence, no hash
        raise UsageError(name, "this report has none", told.rstrip("."))
    place = row["object_key"].rpartition("/")[0]
    return f"{place}/{name}", told


def read_face(access: Access, report_id: str, name: str) -> bytes:
    """One face of a report, held against its hash.

    Raises:
        ScreenError: As `find_face`.
    """
    return access.services.objects.get(*find_face(access, report_id, name))


def _make_faces(access: Access, row: Row) -> dict[str, str]:
    """Faces that are not there yet: of the same report, or of none.

    Raises:
        StorageError: Made again, the report is another one.
    """
    job, _ = collect(
        access,
        row["session_id"],
        row["claims"],
        row["language"],
        row["rulebook_id"],
        compare=bool(json.loads(row["earlier"])),
    )
    made = access.services.measuring.run(make_report, job)
    if sha256_of(made.content) != row["sha256"]:
        raise StorageError(
            f"report {row['id']}",
            "was made by another version or of other recordings, and has its JSON alone",
            "make a new report of the session",
            fault="missing",
        )
    faces = access.services.measuring.run(render_faces, made.kept, job.person, job.issued)
    return _keep_faces(access.services, row, access.reach, faces)


# --- the simple endpoint -------------------------------------------------------------------------


def read_report(access: Access, row: Row) -> dict[str, Any]:
    """A report, held against its hash, decoded and checked."""
    content = access.services.objects.get(row["object_key"], row["sha256"])
    return check_kept_report(json.loads(content), f"report {row['id']}")


def read_positions(access: Access, row: Row) -> dict[str, Any]:
    """Positions in impingement-prone ranges with the advice that rests on them.

    Raises:
        UsageError: It is a report for wellness, which judges no position.
    """
    found = find_close_positions(read_report(access, row), f"report {row['id']}")
    return positions_to_json(found)


def latest_report(access: Access, session_id: str) -> Row:
    """The newest report of a session.

    Raises:
        NotFoundError: There is no such session, or no report of it.
    """
    table = schema.report
    with access.read() as connection:
        find(connection, schema.session, session_id, access.reach)
        of_session = table.c.session_id == session_id
        row = newest(connection, table, access.reach, of_session)
    if row is None:
        raise NotFoundError(
            f"session {session_id[:32]!r}", "has no report", "POST one to its reports"
        )
    return row


def newest_session(access: Access, label: str) -> str:
    """Id of the newest session of a person, by the pseudonym.

    Raises:
        NotFoundError: There is nobody of that name within reach, or no session.
    """
    people, sessions = schema.person, schema.session
    with access.read() as connection:
        within_reach = within(people, access.reach)
        person = find_one(connection, people, people.c.label == label, within_reach)
        if person is None:
            raise NotFoundError(f"person {label[:40]!r}", "is not there", "see the list of people")
        theirs = list_rows(connection, sessions, access.reach, sessions.c.person_id == person["id"])
    if not theirs:
        raise NotFoundError(f"person {label[:40]!r}", "has no session", "upload a recording first")
    return str(max(theirs, key=lambda row: (row["recorded_on"], row["id"]))["id"])


def compare_report(access: Access, row: Row) -> dict[str, Any]:
    """Left beside right, and now beside the sessions before, as in a stored report."""
    content = read_report(access, row)
    return {
        "report_id": row["id"],
        **{key: content[key] for key in ("claims", "language", "origin", "recorded_on", "marks")},
        "earlier_sessions": json.loads(row["earlier"]),
        "sides": content["comparisons"],
        "changes": content["judgement"]["changes"],
        "disclaimer": content["disclaimer"],
    }


# --- several sessions, several rule books --------------------------------------------------------


def follow_person(
    access: Access, person_id: str, claims: str, language: str, rulebook_id: str | None
) -> dict[str, Any]:
    """The sessions of one person that have recordings, beside each other.

    Raises:
        NotFoundError: There is no such person or rule book.
        UsageError: Fewer than two sessions have a recording.
    """
    reach, table = access.reach, schema.session
    with access.read() as connection:
        find(connection, schema.person, person_id, reach)
        book = find(connection, schema.rulebook, rulebook_id, reach) if rulebook_id else None
        sessions = list_rows(connection, table, reach, table.c.person_id == person_id)
        sessions.sort(key=lambda row: (row["recorded_on"], row["id"]))
        found = [(one, _recordings(connection, one, reach)) for one in sessions]
    days = _days_of([(one, rows) for one, rows in found if rows][-MOST_EARLIER:])
    stored = tuple(_stored(access.services, one, rows) for one, rows in days)
    text = book["text"] if book else None
    return access.services.measuring.run(follow_sessions, stored, claims, language, text)


def _days_of(found: list[tuple[Row, list[Row]]]) -> list[tuple[Row, list[Row]]]:
    """Sessions of one day as one, with the answers of the last that has any."""
    days: dict[str, tuple[Row, list[Row]]] = {}
    for session, rows in found:
        old, before = days.get(session["recorded_on"], (session, []))
        answers = session["answers"] or old["answers"]
        days[session["recorded_on"]] = ({**session, "answers": answers}, [*before, *rows])
    return list(days.values())


def rejudge(
    access: Access, session_id: str, a: str | None, b: str | None, language: str
) -> dict[str, Any]:
    """A session under two rule books; None: the shipped one.

    Raises:
        NotFoundError: There is no such session or rule book, or no recording in it.
    """
    reach = access.reach
    with access.read() as connection:
        session = find(connection, schema.session, session_id, reach)
        text_a, text_b = (
            find(connection, schema.rulebook, book, reach)["text"] if book else None
            for book in (a, b)
        )
        rows = _recordings(connection, session, reach)
    if not rows:
        raise NotFoundError(f"session {session_id[:32]!r}", "has no recording", "upload one first")
    stored = _stored(access.services, session, rows)
    return access.services.measuring.run(rejudge_session, stored, text_a, text_b, language)
