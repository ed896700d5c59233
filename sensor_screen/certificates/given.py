"""A certificate and key that the user brings along: looked at before the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


@dataclass(frozen=True, slots=True)
class GivenPair:
    """Belong together, and are valid now."""

    certificate: x509.Certificate
    certificate_path: Path
    key_path: Path


def check_pair(certificate_path: Path, key_path: Path, now: datetime) -> GivenPair:
    """Read what `--tls-cert` and `--tls-key` name.

    Args:
        certificate_path: PEM; the service's own certificate first, then those that lead to its
            authority.
        key_path: PEM, without a password.
        now: With a time zone.

    Raises:
        UsageError: One of them cannot be read or is something else, they do not belong together, or
            the certificate is not valid now.
    """
    certificate = _read_certificate(certificate_path)
    key = _read_key(key_path)
    if key.public_key() != certificate.public_key():
        raise UsageError(
            str(key_path),
            f"it is not the key of the certificate {certificate_path}",
            "give the key that the certificate was made for, and its own certificate first in the "
            "file",
        )
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        raise UsageError(
            str(certificate_path), f"it was valid until {ends:%Y-%m-%d}", "have it renewed"
        )
    if now < begins:
        raise UsageError(
            str(certificate_path),
            f"it is valid from {begins:%Y-%m-%d %H:%M} UTC on",
            "look whether the clock of this computer is right",
        )
    return GivenPair(certificate, certificate_path, key_path)


def _read_certificate(path: Path) -> x509.Certificate:
    content = _read(path)
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        raise UsageError(
            str(path),
            "there is no certificate in it",
            "give a PEM file, which has a line -----BEGIN CERTIFICATE-----",
        ) from error


def _read_key(path: Path) -> PrivateKeyTypes:
    content = _read(path)
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError as error:
        raise UsageError(
            str(path),
            "the key is locked with a password",
            "unlock it into a file that only you may read: "
            f"umask 077 && openssl pkey -in {path} -out open.pem",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            str(path),
            "there is no key in it that can be used",
            "give a PEM file, which has a line -----BEGIN PRIVATE KEY-----",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            str(path),
            f"it cannot be read ({error.strerror or error})",
            "name a file that is there and may be read by who runs this program",
        ) from error
