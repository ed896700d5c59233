"""What `doctor` says about the service: each thing good, and bad."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sensor_screen.certificates.addresses import HostNames
from sensor_screen.certificates.leaf import open_local_tls
from sensor_screen.cli import doctor_service
from sensor_screen.cli.doctor_check import Check
from sensor_screen.settings import Settings
from sensor_screen.storage.database.migration import newest_revision
from sensor_screen.wiring.serve import open_service_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def assert_told(check: Check, *words: str) -> None:
    """It is bad, no reason to stop the program, and has a remedy."""
    assert not check.good
    assert not check.needed
    assert check.remedy
    for word in words:
        assert word in check.found


def test_room_on_the_disk(settings: Settings) -> None:
    assert doctor_service.check_disk(settings, least_free_bytes=0).good
    assert_told(doctor_service.check_disk(settings, least_free_bytes=1 << 60), "GB free")


def test_no_database_yet_is_fine(settings: Settings) -> None:
    check = doctor_service.check_database(settings)
    assert check.good
    assert "none yet" in check.found
    assert not settings.data.exists()


def test_a_database_is_told_by_its_revision(settings: Settings) -> None:
    open_service_database(settings).close()
    check = doctor_service.check_database(settings)
    assert check.good
    assert newest_revision() in check.found
    for other, remedy in (("0000", "Start `serve`"), ("9999", "Update this software")):
        connection = sqlite3.connect(settings.sqlite_path)
        with connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [other])
        connection.close()
        check = doctor_service.check_database(settings)
        assert_told(check, f"revision {other}", newest_revision())
        assert remedy in check.remedy


def test_a_damaged_database_is_told(settings: Settings) -> None:
    settings.data.mkdir()
    settings.sqlite_path.write_bytes(b"no database at all" * 100)
    assert_told(doctor_service.check_database(settings), "it is damaged")


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://me:hidden-word@/none?host={tmp_path}"
    check = doctor_service.check_database(Settings(data=tmp_path, database_url=url))
    assert_told(check, "PostgreSQL: it does not answer")
    assert "hidden-word" not in repr(check)


def test_a_version_of_sqlite_that_loses_commits_is_told(settings: Settings) -> None:
    assert doctor_service.check_sqlite(settings, (3, 51, 3)).good
    assert_told(doctor_service.check_sqlite(settings, (3, 51, 2)), "3.51.2", "WAL-reset bug")
    other = Settings(data=settings.data, database_url="postgresql://x/y")
    check = doctor_service.check_sqlite(other, (3, 51, 2))
    assert check.good
    assert "not used" in check.found


def test_certificates_are_told_by_their_end(settings: Settings, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert "no certificate" in doctor_service.check_certificates(settings, now).found
    local = open_local_tls(settings.certificates_place, HostNames("screen.local", ()), now)
    check = doctor_service.check_certificates(settings, now)
    assert check.good
    assert "days more" in check.found
    # One of one's own is not renewed by itself.
    own = Settings(data=tmp_path, tls_cert=local.path, tls_key=local.path)
    assert doctor_service.check_certificates(own, now).good
    assert_told(
        doctor_service.check_certificates(own, now + timedelta(days=390)), str(local.path), "days"
    )
    lost = Settings(data=tmp_path, tls_cert=tmp_path / "none.pem", tls_key=local.path)
    assert_told(doctor_service.check_certificates(lost, now), "cannot be read")


def test_a_clock_that_is_behind_is_told(settings: Settings) -> None:
    assert doctor_service.check_clock(settings).good
    settings.data.mkdir()
    settings.sqlite_path.touch()
    hour_ago_s = time.time() - 3600
    assert_told(doctor_service.check_clock(settings, hour_ago_s), "60 minutes later")


def test_programs_get_all_of_it(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SENSOR_SCREEN_DATA", str(tmp_path / "there"))
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").out)}
    assert {"disk", "database", "SQLite", "TLS", "clock"} <= checks.keys()
    assert str(tmp_path / "there") in checks["disk"]["found"]
    monkeypatch.setenv("SENSOR_SCREEN_PORT", "abc")
    outcome = run("doctor", "--json")
    assert outcome.status == 0
    checks = {check["name"]: check for check in json.loads(outcome.out)}
    assert not checks["settings"]["good"]
    assert "port = 'abc'" in checks["settings"]["found"]
    assert "SENSOR_SCREEN_PORT" in checks["settings"]["remedy"]
