"""The own authority of a local network: made once, kept in one file, never made anew by itself.

Whoever has its key can pose as a computer of the local network to those who trust it, and as none
else: the certificate names what it may speak for (RFC 5280, 4.2.1.10), which OpenSSL, Chromium and
Apple's and Android's libraries enforce.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sensor_screen.certificates.addresses import OWN_NETWORKS
from sensor_screen.certificates.private_file import create_private, read_private
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

AUTHORITY_FILE = "authority.pem"
"""Key and certificate in one file, so that there is never one without the other."""
AUTHORITY_LIFE = timedelta(days=3652)
"""Ten years: each new authority has to be trusted again by hand on every phone."""
BACKDATED = timedelta(hours=1)
"""Clocks of phones may be late by this much."""
_MADE_ANEW = "move it away to have a new one made, which every phone must then trust again"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs for this computer."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    path: Path
    made_now: bool = False
    """Nobody trusts it yet."""

    @property
    def name(self) -> str:
        """As phones list it."""
        (common,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(common.value)

    @property
    def der(self) -> bytes:
        """The certificate, without the key."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate, without the key, as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """See `fingerprint_of`."""
        return fingerprint_of(self.certificate)


def open_authority(folder: Path, host: str, now: datetime) -> Authority:
    """The authority kept in a folder; made there where there is none.

    Args:
        folder: Is there already, and is the owner's.
        host: The computer's name, only to tell one authority from another in a phone's list.
        now: With a time zone.

    Raises:
        UsageError: It cannot be read or made, is damaged or no longer valid, or others than its
            owner may read it. It is never replaced.
    """
    path = folder / AUTHORITY_FILE
    made_now = False
    if not path.exists():
        made_now = create_private(path, _make(host, now))
    certificate, key = _parse(path, read_private(path))
    if now >= certificate.not_valid_after_utc:
        ended = certificate.not_valid_after_utc.date().isoformat()
        raise UsageError(str(path), f"the authority was valid until {ended}", _MADE_ANEW)
    return Authority(certificate, key, path, made_now)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate in pairs of digits, as phones and browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def fingerprint_rows(fingerprint: str) -> tuple[str, ...]:
    """Four rows of eight pairs, as the trust page has them: people compare row by row."""
    pairs = fingerprint.split(":")
    return tuple(" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8))


def key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key as it is kept: not encrypted, since the service must start without anybody there."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key is for: certificates and lists of revoked ones, or handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make(host: str, now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    label = host.removesuffix(".local")[:24]
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sensor-screen"),
            x509.NameAttribute(
                NameOID.COMMON_NAME,
                f"sensor-screen on {label}, {now.astimezone(UTC):%Y-%m-%d}",
            ),
        ]
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .add_extension(_constraints(), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return key_bytes(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _constraints() -> x509.NameConstraints:
    names = [x509.DNSName("local"), x509.DNSName("localhost")]
    networks = [x509.IPAddress(network) for network in OWN_NETWORKS]
    return x509.NameConstraints(permitted_subtrees=[*names, *networks], excluded_subtrees=None)


def _parse(path: Path, content: bytes) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise UsageError(str(path), "it does not hold an authority", _MADE_ANEW) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not constraints.ca:
        raise UsageError(str(path), "it does not hold an authority", _MADE_ANEW)
    if key.public_key() != certificate.public_key():
        raise UsageError(str(path), "key and certificate in it do not belong together", _MADE_ANEW)
    return certificate, key
