"""Alive without database and store, ready only with both."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sensor_screen.api.app import create_app
from sensor_screen.settings import Settings
from sensor_screen.wiring.serve import open_services
from tests.api.asking import Client
from tests.service.postgres import Cluster, find_binaries

if TYPE_CHECKING:
    from pathlib import Path


def assert_away(client: Client, word: str) -> None:
    told = client.get("/health/ready")
    assert told.status_code == 503
    assert told.headers["content-type"] == "application/problem+json"
    assert word in told.json()["detail"]
    assert client.get("/health/live").json() == {"status": "ok"}


def test_without_its_store_it_is_not_ready(tmp_path: Path) -> None:
    services = open_services(Settings(data=tmp_path / "data"))
    client = Client(create_app(services))
    try:
        assert client.get("/health/ready").json() == {"status": "ok"}
        shutil.rmtree(tmp_path / "data" / "objects")
        assert_away(client, "objects")
        (tmp_path / "data" / "objects").mkdir()
        assert client.get("/health/ready").status_code == 200
    finally:
        client.close()
        services.database.close()


def test_without_its_database_it_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    import tempfile
    from pathlib import Path

    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no initdb and postgres are installed")
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(binaries, Path(folder))
        cluster.start()
        data = tmp_path_factory.mktemp("data")
        services = open_services(Settings(data=data, database_url=cluster.url()))
        client = Client(create_app(services))
        try:
            assert client.get("/health/ready").status_code == 200
            cluster.stop("immediate")
            assert_away(client, "the database")
            cluster.start()
            assert client.get("/health/ready").status_code == 200
        finally:
            client.close()
            services.database.close()
            cluster.stop("immediate")
