"""The service as its users meet it: a process that is started, an API that is called.

All that the soak commands know of the command line, the settings and the routes of the service
stands here.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sensor_screen.storage.recording_file import read_recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import Recording

HOST = "127.0.0.1"
COMMAND = (
    f"{sys.executable} -m sensor_screen serve --host {HOST} --port {{port}} --data {{data}} "
    "--tls-cert {cert} --tls-key {key}"
)
"""Words with braces are filled in; without `{cert}` it is asked over HTTP."""
DATABASE_SETTING = "SENSOR_SCREEN_DATABASE_URL"
NO_ANALYSIS = {"SENSOR_SCREEN_ANALYSIS": "false"}
NO_LIMITS = {
    "SENSOR_SCREEN_REQUESTS_PER_MINUTE": "1000000",
    "SENSOR_SCREEN_STREAMS_PER_CLINIC": "100000",
}
"""All phones have one address here, and one account makes all streams."""
SETUP_CODE = re.compile(r"setup#([A-Za-z0-9_-]+)")
LOGIN, PASSWORD = "owner", "a long password for a load test"
RELAY_PROTOCOL = "sensor-screen-relay-1"
_FULL_RATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of one day for this machine."""

    cert: Path
    key: Path

    def trusted(self) -> ssl.SSLContext:
        """For clients that trust it."""
        return ssl.create_default_context(cafile=str(self.cert))


def make_certificate(folder: Path) -> Certificate:
    """Write a key and a certificate that signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sensor-screen load test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(folder / "load.crt", folder / "load.key")
    paths.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@dataclass
class ServiceProcess:
    """The service in a process of its own, that can be killed and started again.

    Args:
        command: With `{port}`, `{data}`, `{cert}` and `{key}`.
        folder: For certificate, log and data.
        data: Where the service keeps its data; None: in the folder.
        settings: More environment.
    """

    command: str
    folder: Path
    data: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.data = self.data or self.folder / "data"
        self.certificate = make_certificate(self.folder)
        self.log = self.folder / "service.log"

    @property
    def url(self) -> str:
        """Where it answers."""
        scheme = "https" if "{cert}" in self.command else "http"
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Of the first of its processes."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Begin; does not wait."""
        words = {
            "port": str(self.port),
            "data": str(self.data),
            "cert": str(self.certificate.cert),
            "key": str(self.certificate.key),
        }
        # Split first: a folder may have a space in its name.
        parts = [part.format(**words) for part in self.command.split()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                parts,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ | NO_LIMITS | {"PYTHONUNBUFFERED": "1"} | dict(self.settings),
                start_new_session=True,
            )

    def wait_ready(self, timeout_s: float = 60.0) -> float:
        """Until it is ready; how long that took.

        Raises:
            RuntimeError: It ended, or was not ready in time.
        """
        begin_s = time.monotonic()
        with httpx.Client(verify=self.certificate.trusted(), timeout=5.0) as client:
            while (passed_s := time.monotonic() - begin_s) < timeout_s:
                if self.process is not None and self.process.poll() is not None:
                    break
                try:
                    if client.get(f"{self.url}/health/ready").status_code == httpx.codes.OK:
                        return passed_s
                except httpx.HTTPError:
                    pass
                time.sleep(_FULL_RATE_S)
        raise RuntimeError(f"The service was not ready after {passed_s:.1f} s:\n{self.tail()}")

    def tail(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-3_000:] if self.log.exists() else ""

    def setup_code(self, timeout_s: float = 10.0) -> str:
        """Of the one-time link that it printed.

        Raises:
            RuntimeError: It printed none.
        """
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            found = SETUP_CODE.search(self.log.read_text(errors="replace"))
            if found:
                return found[1]
            time.sleep(_FULL_RATE_S)
        raise RuntimeError(f"The service printed no set-up link:\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL to the service itself; its helpers must notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 30.0) -> int | None:
        """Ask it to end, and end what is left; its exit status."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            status: int | None = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        self.end_group()
        return status

    def end_group(self) -> None:
        """Nothing that it started stays."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        assert self.process is not None
        self.process.wait()


class ServiceApi:
    """Calls of an owner.

    Args:
        url: Of the service.
        trusted: Its certificate.
        token: Of an account; None: `set_up` makes one.
    """

    def __init__(self, url: str, trusted: ssl.SSLContext, token: str | None = None) -> None:
        self.url, self.trusted, self.token = url, trusted, token
        self._client = httpx.Client(base_url=url, verify=trusted, timeout=60.0)
        self._async: httpx.AsyncClient | None = None

    def set_up(self, code: str) -> str:
        """Make the clinic and its owner."""
        body = {"code": code, "login": LOGIN, "password": PASSWORD, "clinic": "Load test"}
        self.token = str(self._post("/v1/setup", body)["token"])
        return self.token

    def make_person(self, label: str) -> str:
        return str(self._post("/v1/people", {"label": label})["id"])

    def make_session(self, person: str) -> str:
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        return str(self._post("/v1/sessions", {"person_id": person, "recorded_on": day})["id"])

    def make_stream(self, session: str) -> str:
        return str(self._post("/v1/streams", {"session_id": session})["id"])

    def new_stream(self, label: str) -> str:
        """A stream of a new person."""
        return self.make_stream(self.make_session(self.make_person(label)))

    def stream(self, stream: str) -> dict[str, Any]:
        answer = self._client.get(f"/v1/streams/{stream}", headers=self._headers)
        return dict(_checked(answer).json())

    def recording_bytes(self, recording: str) -> bytes:
        answer = self._client.get(f"/v1/recordings/{recording}/file", headers=self._headers)
        return _checked(answer).content

    def read(self, recording: str) -> Recording:
        """What was stored, read by the package."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stored.parquet"
            path.write_bytes(self.recording_bytes(recording))
            return read_recording(path)

    def wait_recorded(self, stream: str, timeout_s: float = 120.0) -> str:
        """Id of the recording that the stream becomes.

        Raises:
            RuntimeError: It did not become one in time.
        """
        end_s = time.monotonic() + timeout_s
        said: dict[str, Any] = {}
        while time.monotonic() < end_s:
            said = self.stream(stream)
            if said.get("recording_id"):
                return str(said["recording_id"])
            time.sleep(0.1)
        raise RuntimeError(f"Stream {stream} became no recording in {timeout_s:.0f} s: {said}")

    async def socket_url(self, stream: str, action: str, at: str | None = None) -> str:
        """Address of a socket with a fresh ticket in it.

        Args:
            stream: Id.
            action: `relay` or `watch`.
            at: Address and port to connect to; None: of the service itself.
        """
        if self._async is None:
            limits = httpx.Limits(max_connections=8)
            self._async = httpx.AsyncClient(
                base_url=self.url, verify=self.trusted, timeout=10.0, limits=limits
            )
        body = {"action": f"socket.{action}", "stream_id": stream}
        answer = await self._async.post("/v1/tickets", json=body, headers=self._headers)
        ticket = _checked(answer).json()["ticket"]
        scheme, _, own = self.url.partition("://")
        base = f"{scheme.replace('http', 'ws')}://{at or own}"
        return f"{base}/v1/streams/{stream}/{action}?ticket={ticket}"

    def close(self) -> None:
        """Nothing more will be asked."""
        self._client.close()

    async def aclose(self) -> None:
        if self._async is not None:
            await self._async.aclose()
            self._async = None

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        return dict(_checked(self._client.post(path, json=body, headers=self._headers)).json())


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise RuntimeError(f"{asked} answered {answer.status_code}: {answer.text[:500]}")
    return answer
