"""A PostgreSQL of its own for the tests, from installed binaries; `postgres_url` skips without."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 60.0


def find_binaries() -> Path | None:
    """The folder of the newest `initdb` that has its `postgres` beside it."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True
    )
    found = (f for f in folders if (f / "initdb").exists() and (f / "postgres").exists())
    # A wrapper on the path may not find its own parts; the folder it points into does.
    return next((Path(f / "initdb").resolve().parent for f in found), None)


class Cluster:
    """A server on a socket in a folder of its own, with fsync on."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self._user = _unprivileged()
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "tests", "-E", "UTF8", "--no-sync")

    @property
    def socket(self) -> Path:
        """Folder of its socket."""
        return self._folder

    def url(self, name: str = "postgres") -> str:
        """Of one of its databases."""
        return f"postgresql://tests@/{name}?host={self._folder}"

    def start(self) -> None:
        """Return when it answers."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=on -c max_connections=60"
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """`immediate`: as a crash would."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        with (self._folder / "said").open("ab") as said:
            done = subprocess.run(
                command,
                cwd=self._folder,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                env={**os.environ, "LC_ALL": "C", "HOME": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                timeout=START_S,
                check=False,
            )
        if done.returncode:
            last_words = (self._folder / "said").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{program} failed: {last_words}")


def _unprivileged() -> str | None:
    """PostgreSQL refuses root; None: this user will do."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no initdb and postgres are installed")
    # Not under pytest's own folder: its parents are closed to other users, its path is too long
    # for a socket.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(binaries, Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")


@contextmanager
def empty_database(cluster: Cluster) -> Iterator[str]:
    """Address of a new database; it goes with the block."""
    import psycopg

    name = f"t{os.urandom(8).hex()}"
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield cluster.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """An empty database; it goes with the test."""
    with empty_database(postgres_cluster) as url:
        yield url
