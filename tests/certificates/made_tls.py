"""A local network that is not that of the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sensor_screen.certificates.addresses import HostNames

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

NAMES = HostNames("praxis-7.local", (ip_address("192.168.7.20"), ip_address("fd07::20")))
PLAIN = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def make_pair(
    folder: Path,
    *,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    begins: datetime | None = None,
    life: timedelta = timedelta(days=90),
    lock: str = "",
    name: str = "given",
) -> tuple[Path, Path]:
    """A certificate that signs itself and its key, as a user brings them along."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "praxis.example")])
    begins = begins or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 7, begins, begins + life)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("praxis.example")]), False)
        .sign(key, hashes.SHA256())
    )
    closed = serialization.BestAvailableEncryption(lock.encode()) if lock else PLAIN[1]
    where = folder / f"{name}.crt", folder / f"{name}.key"
    where[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    where[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, PLAIN[0], closed))
    return where


def weak_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
