"""How the service is set up: every setting, its default, and the reason for it.

Each can be given in the environment as `SENSOR_SCREEN_<NAME>`; `serve` has options for the common
ones. With none of them the service runs on this computer alone, out of one folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def default_data_folder() -> Path:
    """Where this platform keeps what programs of a person store."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "sensor-screen"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="SENSOR_SCREEN_", extra="ignore", frozen=True)

    data: Path = Field(default_factory=default_data_folder)
    """Folder of the database, the recordings and the certificates."""
    database_url: str = Field(default="", repr=False)
    """`postgresql://...`; empty: an SQLite file in the data folder."""
    objects_url: str = ""
    """Folder or `s3://bucket/prefix` of recordings and reports; empty: in the data folder."""
    host: str = "127.0.0.1"
    """Address to listen on. Other computers need TLS."""
    port: int = Field(default=8321, ge=1, le=65535)
    lan: bool = False
    """Let phones on this network in: TLS by an authority of this computer's own, and a page that
    walks a phone through trusting it on the port after `port`."""
    tls_cert: Path | None = None
    """Certificate of yours, with those that lead to its authority behind it, PEM."""
    tls_key: Path | None = None
    """Its key, PEM, without a password."""
    public_url: str = ""
    """How browsers reach the service, where that is not its own address: behind a proxy."""
    behind_proxy: bool = False
    """Believe `X-Forwarded-*` of a proxy on this computer, which then does TLS."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that answer. More than one needs PostgreSQL: SQLite has one writer."""
    measuring_processes: int = Field(default=1, ge=1, le=64)
    """Processes that make reports, for each worker."""
    analysis: bool = True
    """Analyse streams while they come. Off: they are kept, and analysed at the end."""
    analysing_processes: int = Field(default=2, ge=1, le=16)
    """Processes that analyse streams, for each worker."""
    commit_every_s: float = Field(default=0.05, ge=0.005, le=5.0)
    """Streams wait so long for the disk together: a sync takes some 1 to 30 ms however little it
    writes, and 50 ms are not felt."""
    sealing_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Keys that names and notes are encrypted with, with commas between them, the newest first;
    `sensor-screen new-key` makes one. None: they are stored as they are."""
    retention_days: int = Field(default=0, ge=0)
    """People without a session for so long are erased; 0: never by itself."""
    require_consent: bool = False
    """Nothing is recorded of a person without their consent to the newest text. Off: consents are
    kept where they are given, and the clinic sees to it itself."""
    session_days: int = Field(default=7, ge=1, le=365)
    """Somebody who signed in is signed out after so long."""
    upload_bytes: int = Field(default=256 * 2**20, ge=2**20)
    """Largest upload. Seven hours of four sensors are 150 MB."""
    requests_per_minute: int = Field(default=600, ge=10)
    """Of one account or address; weighted: a report counts ten."""
    streams_per_clinic: int = Field(default=400, ge=1)
    """Open at once."""
    log_json: bool = False
    """Log lines as JSON, for programs."""

    @field_validator("sealing_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [*filter(None, value.split(","))] if isinstance(value, str) else value

    @property
    def is_sqlite(self) -> bool:
        """The database is a file, which one process writes."""
        return self.database_url.partition(":")[0].partition("+")[0] in ("", "sqlite")

    @property
    def certificates_place(self) -> Path:
        """Folder of the authority that `lan` makes, and of what it signs."""
        return self.data / "certificates"

    @property
    def is_secure(self) -> bool:
        """TLS is spoken here."""
        return self.lan or self.tls_cert is not None

    @property
    def sqlite_path(self) -> Path:
        """The database where no URL is set."""
        return self.data / "sensor-screen.sqlite"

    @property
    def objects_place(self) -> str:
        """Folder or URL of the objects."""
        return self.objects_url or str(self.data / "objects")
