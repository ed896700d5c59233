"""What people and `doctor` want to know about a certificate."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from sensor_screen.certificates.authority import AUTHORITY_FILE, fingerprint_of
from sensor_screen.certificates.leaf import LEAF_FILE, RENEWED_BEFORE_END
from sensor_screen.certificates.private_file import read_private
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

AUTHORITY_WARNS_BEFORE_END = timedelta(days=90)
"""Time to go round all phones."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate at one moment."""

    path: str
    fingerprint: str
    names: tuple[str, ...]
    """Hosts and addresses; of an authority none."""
    ends: datetime
    left: timedelta
    """Negative where it has ended."""
    ends_soon: bool

    @property
    def days_left(self) -> int:
        """Whole days; negative where it has ended."""
        return self.left // timedelta(days=1)


def look_at(path: Path, now: datetime, soon: timedelta = RENEWED_BEFORE_END) -> CertificateFacts:
    """Facts about the first certificate of a PEM file; nothing is judged or changed.

    Raises:
        UsageError: It cannot be read, or there is no certificate in it.
    """
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        raise UsageError(str(path), problem, "name a file that may be read") from error
    except ValueError as error:
        raise UsageError(
            str(path), "there is no certificate in it", "give a PEM file or make it anew"
        ) from error
    ends = certificate.not_valid_after_utc
    names: tuple[str, ...] = ()
    with suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(str(one.value) for one in found.value)
    left = ends - now
    return CertificateFacts(str(path), fingerprint_of(certificate), names, ends, left, left < soon)


def look_at_local(
    folder: Path, now: datetime
) -> tuple[CertificateFacts | None, CertificateFacts | None]:
    """Authority and leaf of a folder; None where it is not made yet.

    Raises:
        UsageError: A file is there and cannot be read, or others may read the key in it.
    """
    authority = _facts(folder / AUTHORITY_FILE, now, AUTHORITY_WARNS_BEFORE_END)
    return authority, _facts(folder / LEAF_FILE, now, RENEWED_BEFORE_END)


def _facts(path: Path, now: datetime, soon: timedelta) -> CertificateFacts | None:
    if not path.exists():
        return None
    read_private(path)
    return look_at(path, now, soon)
