"""Phones on the local network, and several workers: TLS that verifies, and a worker that dies."""

from __future__ import annotations

import os
import re
import signal
import ssl
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.running_service import PASSWORD, Running, call, running, wait_for_end, ways
from tests.service.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]
LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into /proc")


def trusting(service: Running, folder: Path) -> tuple[httpx.Client, Path]:
    """A client that trusts what the page of trust gives, and nothing else."""
    beside = f"http://127.0.0.1:{service.port + 1}"
    page = httpx.get(f"{beside}/trust", trust_env=False, follow_redirects=False)
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    given = httpx.get(f"{beside}/trust/ca.crt", trust_env=False).content
    if not given.startswith(b"-----"):
        given = ssl.DER_cert_to_PEM_cert(given).encode()
    authority = folder / "ca.pem"
    authority.write_bytes(given)
    context = ssl.create_default_context(cafile=str(authority))
    url = f"https://localhost:{service.port}"
    return httpx.Client(base_url=url, verify=context, trust_env=False, timeout=30), authority


def test_a_local_network_is_served_with_tls_that_verifies(tmp_path: Path) -> None:
    """The second way of the page for operators."""
    program, *options = ways()[1]
    assert (program, options) == ("serve", ["--lan"])
    with running(tmp_path, *options, SENSOR_SCREEN_DATA=str(tmp_path / "data")) as service:
        assert re.search(r"^Phones trust this computer, once: http://\S+/trust", service.said, re.M)
        assert service.url.startswith("https://")
        client, authority = trusting(service, tmp_path)
        with client:
            assert client.get("/health/ready").json() == {"status": "ok"}
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
            httpx.get(f"https://localhost:{service.port}/health/live", trust_env=False)
        assert service.set_up_link is not None
        link = f"https://localhost:{service.port}/setup#{service.set_up_link.partition('#')[2]}"
        sign_in = ("sign-in", link, "--login", "anna")
        refused = call(*sign_in, SENSOR_SCREEN_PASSWORD=PASSWORD)
        assert refused.returncode == 2
        assert "its certificate is not trusted" in refused.stderr
        assert "--ca" in refused.stderr
        made = call(*sign_in, "--ca", authority, SENSOR_SCREEN_PASSWORD=PASSWORD)
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith("ss_")
        assert service.end() == 0


def children_of(service: Running, worker: int) -> list[int]:
    """Its measuring processes, which it starts beside its first answers."""
    for _ in range(300):
        if found := service.children(worker):
            return found
        time.sleep(0.05)
    return []


@LINUX
def test_workers_answer_together_and_one_that_dies_comes_back(
    tmp_path: Path, postgres_url: str
) -> None:
    options = ("--data", tmp_path / "data", "--database", postgres_url, "--workers", "2")
    with running(tmp_path, *options, "--lan", "--log-json", "--no-analysis") as service:
        client, _ = trusting(service, tmp_path)
        with client:
            assert client.get("/health/ready").status_code == 200
            worker = first_worker(service)
            its_own = children_of(service, worker)
            os.kill(worker, signal.SIGKILL)
            wait_for_log(service, "a worker ended and is started again")
            for _ in range(5):
                assert client.get("/health/live", headers={"Connection": "close"}).is_success
        assert its_own
        wait_for_end(its_own)
        assert service.set_up_link is not None
        begun_s = time.monotonic()
        assert service.end(signal.SIGINT, group=True) == 0  # as a terminal does
        assert time.monotonic() - begun_s < 15
        assert "Traceback" not in service.log.read_text()


def first_worker(service: Running) -> int:
    """One of the processes that answer."""
    for pid in service.children():
        if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text(encoding="ascii"):
            return pid
    raise AssertionError("there is none")


def wait_for_log(service: Running, words: str) -> None:
    end_s = time.monotonic() + 15
    while words not in service.log.read_text():
        assert time.monotonic() < end_s, service.log.read_text()
        time.sleep(0.05)
