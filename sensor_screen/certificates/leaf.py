"""The certificate that the service shows on a local network, renewed without touching who signs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sensor_screen.certificates.authority import (
    BACKDATED,
    Authority,
    key_bytes,
    open_authority,
    usage,
)
from sensor_screen.certificates.private_file import read_private, replace_private
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.certificates.addresses import HostNames

LEAF_FILE = "server.pem"
"""Key and certificate in one file, as `ssl.SSLContext.load_cert_chain` reads them."""
LEAF_LIFE = timedelta(days=397)
"""Browsers refuse more than 398 days (CA/Browser Forum, 6.3.2); a day is left for rounding."""
RENEWED_BEFORE_END = timedelta(days=30)
"""What is left of it when another one is made."""
OLD_REASONS = ("none", "unreadable", "signed by another", "names changed", "ends soon")


@dataclass(frozen=True, slots=True)
class LocalTls:
    """What the service needs to speak TLS on a local network."""

    authority: Authority
    leaf: x509.Certificate
    path: Path
    """Of the file with the leaf and its key; the certificate of the authority is not in it."""
    names: HostNames
    renewed_because: str = ""
    """One of `OLD_REASONS` where the leaf was made now; empty where it was there."""


def open_local_tls(folder: Path, names: HostNames, now: datetime) -> LocalTls:
    """Authority and leaf of a folder, made or renewed where they need be.

    May be called again while the service runs, to follow new addresses: see `load_pair`.

    Args:
        folder: Made where it is missing, for the owner alone.
        names: What the computer is reached by, from `find_host_names`.
        now: With a time zone.

    Raises:
        UsageError: The authority cannot be used (see `open_authority`) or the folder not written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"it cannot be made ({error.strerror or error})"
        raise UsageError(str(folder), problem, "choose another folder for the data") from error
    authority = open_authority(folder, names.name, now)
    path = folder / LEAF_FILE
    leaf, reason = _kept(path, authority, names, now)
    if leaf is None or reason:
        content, leaf = _make(authority, names, now)
        replace_private(path, content)
    return LocalTls(authority, leaf, path, names, reason)


def _kept(
    path: Path, authority: Authority, names: HostNames, now: datetime
) -> tuple[x509.Certificate | None, str]:
    """The leaf of before, and why it will not do."""
    if not path.exists():
        return None, "none"
    leaf = None
    with suppress(UsageError, ValueError, TypeError):
        content = read_private(path)
        key = serialization.load_pem_private_key(content, password=None)
        leaf = x509.load_pem_x509_certificate(content)
        if key.public_key() != leaf.public_key():
            leaf = None
    if leaf is None:
        return None, "unreadable"
    return leaf, _fault(leaf, authority, names, now)


def _fault(leaf: x509.Certificate, authority: Authority, names: HostNames, now: datetime) -> str:
    try:
        leaf.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "signed by another"
    if _named(leaf) != {*names.dns_names, *map(str, names.all_addresses)}:
        return "names changed"
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEWED_BEFORE_END:
        return "ends soon"
    return ""


def _named(leaf: x509.Certificate) -> set[str]:
    with suppress(x509.ExtensionNotFound):
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {str(one.value) for one in found}
    return set()


def _make(authority: Authority, names: HostNames, now: datetime) -> tuple[bytes, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    of_issuer = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    begins = max(now - BACKDATED, issuer.not_valid_before_utc)
    leaf = (
        x509.CertificateBuilder()
        # No common name: one of 64 letters at most, which a `.local` name may exceed.
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sensor-screen")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(min(begins + LEAF_LIFE, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_alternative_names(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_issuer),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    return key_bytes(key) + leaf.public_bytes(serialization.Encoding.PEM), leaf


def _alternative_names(names: HostNames) -> x509.SubjectAlternativeName:
    hosts = [x509.DNSName(name) for name in names.dns_names]
    addresses = [x509.IPAddress(address) for address in names.all_addresses]
    return x509.SubjectAlternativeName([*hosts, *addresses])
