"""What `doctor` looks at for the service: disk, database, SQLite itself, certificates, clock."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sensor_screen.cli.doctor_check import Check, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.settings import Settings
    from sensor_screen.storage.sqlite_version import Version

LEAST_FREE_BYTES = 1 << 30
"""A thousand sessions; less is a matter of weeks."""
CLOCK_FILE = "/run/systemd/timesync/synchronized"
LARGEST_CLOCK_STEP_S = 300.0
"""By which files of the service may be newer than the clock says it is."""


def check_disk(settings: Settings, least_free_bytes: int = LEAST_FREE_BYTES) -> Check:
    """Room where the service keeps everything."""
    data = settings.data
    place = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 2**30:.1f} GB free for {data}"
    if free < least_free_bytes:
        return Check("disk", False, found, "Make room: a full disk stops streams.", needed=False)
    return Check("disk", True, found)


def check_database(settings: Settings) -> Check:
    """The one of the service, as it is now; nothing is changed."""
    from sensor_screen.errors import ScreenError
    from sensor_screen.storage.database.migration import newest_revision, revision_of
    from sensor_screen.wiring.serve import open_service_database

    name = "PostgreSQL" if settings.database_url else str(settings.sqlite_path)
    if not settings.database_url and not settings.sqlite_path.exists():
        return Check("database", True, f"none yet; `serve` makes {name}")
    try:
        database = open_service_database(settings, owner=False)
        try:
            revision = revision_of(database)
        finally:
            database.close()
    except ScreenError as error:
        found = f"{name}: {error.problem}"
        return Check("database", False, found, sentence(error.remedy), needed=False)
    newest = newest_revision()
    if revision != newest:
        found = f"{name} is at revision {revision or 'none'}, this software at {newest}"
        remedy = "Update this software." if revision > newest else "Start `serve`: it updates it."
        return Check("database", False, found, remedy, needed=False)
    return Check("database", True, f"{name}, revision {revision}")


def check_sqlite(settings: Settings, version: Version | None = None) -> Check:
    """Whether its library can lose commits."""
    from sensor_screen.storage.sqlite_version import describe_sqlite, has_wal_reset_bug

    if not has_wal_reset_bug(version):
        return Check("SQLite", True, describe_sqlite(version))
    found, _, remedy = describe_sqlite(version).partition(": ")
    if not settings.is_sqlite:
        return Check("SQLite", True, f"{found} (not used: the database is PostgreSQL)")
    return Check("SQLite", False, found, sentence(remedy) + ".", needed=False)


def check_certificates(settings: Settings, now: datetime | None = None) -> Check:
    """Of the local network, or those that were given."""
    from sensor_screen.certificates.facts import look_at, look_at_local
    from sensor_screen.errors import ScreenError

    now = now or datetime.now(UTC)
    try:
        if settings.tls_cert is not None:
            found = look_at(settings.tls_cert, now)
        else:
            _, local = look_at_local(settings.certificates_place, now)
            if local is None:
                return Check("TLS", True, "no certificate; `serve --lan` makes one")
            found = local
    except ScreenError as error:
        return Check("TLS", False, str(error.problem), sentence(error.remedy), needed=False)
    told = f"{found.path} is valid for {found.days_left} days more"
    if found.ends_soon and settings.tls_cert is not None:
        return Check("TLS", False, told, "Have the certificate renewed.", needed=False)
    return Check("TLS", True, told)


def check_clock(settings: Settings, now_s: float | None = None) -> Check:
    """Tokens, consents and recordings are dated by it."""
    now_s = time.time() if now_s is None else now_s
    kept = [p for p in (settings.sqlite_path, Path(__file__)) if p.exists()]
    ahead_s = max(path.stat().st_mtime for path in kept) - now_s
    said = datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds")
    if ahead_s > LARGEST_CLOCK_STEP_S:
        found = f"{said}, but files here were written {ahead_s / 60:.0f} minutes later"
        return Check("clock", False, found, "Set the clock of this computer.", needed=False)
    synchronised = " (synchronised)" if Path(CLOCK_FILE).exists() else ""
    return Check("clock", True, said + synchronised)


SERVICE_CHECKS: tuple[Callable[[Settings], Check], ...] = (
    check_disk,
    check_database,
    check_sqlite,
    check_certificates,
    check_clock,
)


def check_service() -> list[Check]:
    """All of them, of the settings in the environment."""
    from sensor_screen.cli.serve import settings_of
    from sensor_screen.errors import ScreenError

    try:
        settings = settings_of()
    except ScreenError as error:
        found = f"{error.value}: {error.problem}"
        return [Check("settings", False, found, sentence(error.remedy) + ".", needed=False)]
    return [check(settings) for check in SERVICE_CHECKS]
