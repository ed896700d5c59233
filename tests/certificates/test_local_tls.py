"""The own authority: real handshakes, the openssl command, renewal, and what is refused."""

from __future__ import annotations

import errno
import os
import plistlib
import shutil
import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sensor_screen.certificates.addresses import HostNames
from sensor_screen.certificates.authority import AUTHORITY_FILE, fingerprint_rows, open_authority
from sensor_screen.certificates.context import load_pair, server_context
from sensor_screen.certificates.facts import look_at_local
from sensor_screen.certificates.leaf import LEAF_FILE, LocalTls, open_local_tls
from sensor_screen.certificates.profile import mobileconfig
from sensor_screen.errors import UsageError
from tests.certificates.made_tls import NAMES, make_pair

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
"""TLS libraries have no other clock."""
DAY = timedelta(days=1)
OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return open_local_tls(tmp_path_factory.mktemp("tls") / "certificates", NAMES, NOW)


def trusting(tls: LocalTls) -> ssl.SSLContext:
    """A client that trusts this authority alone, and is strict about RFC 5280."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=tls.authority.der)
    return context


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """Protocol of a handshake over loopback with a server that the client calls by a name."""
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as other:
        door.settimeout(10)

        def serve() -> None:
            taken, _ = door.accept()
            taken.settimeout(10)
            with taken, server.wrap_socket(taken, server_side=True) as stream:
                stream.sendall(b"hello")

        served = other.submit(serve)
        try:
            with (
                socket.create_connection(door.getsockname(), timeout=10) as raw,
                client.wrap_socket(raw, server_hostname=name) as stream,
            ):
                assert stream.recv(5) == b"hello"
                version = stream.version()
        except ssl.SSLError:
            served.exception()
            raise
        served.result()
        assert version is not None
        return version


# --- handshakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["praxis-7.local", "localhost", "127.0.0.1", "::1", "192.168.7.20", "fd07::20"]
)
def test_every_name_and_address_of_the_computer_is_believed(tls: LocalTls, name: str) -> None:
    assert shake_hands(server_context(tls.path), trusting(tls), name) == "TLSv1.3"


@pytest.mark.parametrize("name", ["praxis-8.local", "local", "192.168.7.21", "praxis.example"])
def test_no_other_name_is_believed(tls: LocalTls, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(server_context(tls.path), trusting(tls), name)


def test_who_does_not_trust_the_authority_believes_nothing(tls: LocalTls) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self.signed|unable to get"):
        shake_hands(server_context(tls.path), ssl.create_default_context(), "localhost")


@pytest.mark.parametrize(
    "names",
    [HostNames("bank.example", ()), replace(NAMES, addresses=(ip_address("9.9.9.9"),))],
    ids=["name", "address"],
)
def test_the_authority_cannot_speak_for_the_internet(tmp_path: Path, names: HostNames) -> None:
    tls = open_local_tls(tmp_path, names, NOW)
    assert tls.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(server_context(tls.path), trusting(tls), names.name)


def test_tls_older_than_1_2_is_not_spoken(tls: LocalTls) -> None:
    server = server_context(tls.path)
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    client = trusting(tls)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shake_hands(server, client, "localhost") == "TLSv1.2"


def test_a_renewed_leaf_is_shown_without_a_restart(tmp_path: Path) -> None:
    tls = open_local_tls(tmp_path, NAMES, NOW)
    server = server_context(tls.path)
    moved = replace(NAMES, addresses=(ip_address("10.1.2.3"),))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, trusting(tls), "10.1.2.3")
    load_pair(server, open_local_tls(tmp_path, moved, NOW).path)
    assert shake_hands(server, trusting(tls), "10.1.2.3")


def test_what_cannot_be_loaded_leaves_the_one_before_in_use(tls: LocalTls, tmp_path: Path) -> None:
    server = server_context(tls.path)
    one, other = make_pair(tmp_path, name="one"), make_pair(tmp_path, name="other")
    with pytest.raises(UsageError, match="refuses it"):
        load_pair(server, one[0], other[1])
    assert shake_hands(server, trusting(tls), "localhost")


@pytest.mark.skipif(OPENSSL is None, reason="the openssl command is not installed")
def test_openssl_finds_the_chain_good(tls: LocalTls, tmp_path: Path) -> None:
    trusted = tmp_path / "ca.crt"
    trusted.write_bytes(tls.authority.pem)
    ask = [str(OPENSSL), "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(trusted)]
    for what in (("-verify_hostname", "praxis-7.local"), ("-verify_ip", "fd07::20")):
        done = subprocess.run(
            [*ask, *what, str(tls.path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().endswith(": OK")
    wrong = [*ask, "-verify_hostname", "praxis-8.local", str(tls.path)]
    assert subprocess.run(wrong, capture_output=True, check=False).returncode != 0
    said = subprocess.run(
        [str(OPENSSL), "x509", "-noout", "-fingerprint", "-sha256", "-in", str(trusted)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().rpartition("=")[2] == tls.authority.fingerprint


# --- what is in them ------------------------------------------------------------------------------


def test_what_the_authority_says_of_itself(tls: LocalTls) -> None:
    found = tls.authority.certificate
    limits = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    assert found.not_valid_after_utc - found.not_valid_before_utc == 3652 * DAY
    assert tls.authority.name == f"sensor-screen on praxis-7, {NOW:%Y-%m-%d}"
    assert b"PRIVATE" not in tls.authority.pem
    rows = fingerprint_rows(tls.authority.fingerprint)
    assert [len(row.split()) for row in rows] == [8, 8, 8, 8]
    assert ":".join(rows).replace(" ", ":") == tls.authority.fingerprint


def test_a_leaf_lives_no_longer_than_browsers_allow_and_has_its_own_key(tls: LocalTls) -> None:
    life = tls.leaf.not_valid_after_utc - tls.leaf.not_valid_before_utc
    assert 390 * DAY < life <= 398 * DAY
    assert tls.leaf.not_valid_before_utc < NOW
    assert tls.leaf.public_key() != tls.authority.certificate.public_key()
    content = tls.path.read_text()
    assert content.count("PRIVATE KEY-----\n") == 2
    assert content.count("BEGIN CERTIFICATE") == 1


def test_keys_are_for_the_eyes_of_their_owner(tls: LocalTls) -> None:
    folder = tls.path.parent
    assert {file.name for file in folder.iterdir()} == {AUTHORITY_FILE, LEAF_FILE}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_profile_holds_the_certificate_alone(tls: LocalTls) -> None:
    raw = mobileconfig(tls.authority, "Für <dieses> Gerät & andere")
    profile = plistlib.loads(raw)
    assert profile["PayloadType"] == "Configuration"
    assert profile["PayloadDescription"] == "Für <dieses> Gerät & andere"
    (payload,) = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert x509.load_der_x509_certificate(payload["PayloadContent"]) == tls.authority.certificate
    assert payload["PayloadUUID"] != profile["PayloadUUID"]
    assert mobileconfig(tls.authority, "Für <dieses> Gerät & andere") == raw


# --- renewal --------------------------------------------------------------------------------------


def days_later(days: float, folder: Path, names: HostNames = NAMES) -> LocalTls:
    return open_local_tls(folder, names, NOW + timedelta(days=days))


def test_a_leaf_is_kept_until_30_days_are_left_and_the_authority_longer(tmp_path: Path) -> None:
    first = days_later(0, tmp_path)
    assert (first.renewed_because, first.authority.made_now) == ("none", True)
    kept = days_later(366, tmp_path)
    assert (kept.renewed_because, kept.authority.made_now) == ("", False)
    assert kept.leaf == first.leaf
    renewed = days_later(368, tmp_path)
    assert renewed.renewed_because == "ends soon"
    assert renewed.leaf.public_key() != first.leaf.public_key()
    assert renewed.leaf.not_valid_after_utc > first.leaf.not_valid_after_utc + 360 * DAY
    assert renewed.authority.certificate == first.authority.certificate


@pytest.mark.parametrize(
    "names",
    [
        replace(NAMES, name="praxis-9.local"),
        replace(NAMES, addresses=NAMES.addresses[:1]),
        replace(NAMES, addresses=(*NAMES.addresses, ip_address("10.0.0.7"))),
    ],
    ids=["name", "less", "more"],
)
def test_other_names_make_another_leaf_of_the_same_authority(
    tmp_path: Path, names: HostNames
) -> None:
    before = days_later(0, tmp_path)
    after = days_later(0, tmp_path, names)
    assert after.renewed_because == "names changed"
    assert after.authority.certificate == before.authority.certificate
    assert days_later(0, tmp_path, names).renewed_because == ""


def test_the_order_of_addresses_and_public_ones_change_nothing(tmp_path: Path) -> None:
    days_later(0, tmp_path)
    turned = replace(NAMES, addresses=NAMES.addresses[::-1], foreign=(ip_address("9.9.9.9"),))
    assert days_later(0, tmp_path, turned).renewed_because == ""


@pytest.mark.parametrize("content", [b"", b"no certificate", None], ids=["empty", "other", "half"])
def test_a_damaged_leaf_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    leaf = days_later(0, tmp_path).path
    leaf.write_bytes(leaf.read_bytes()[:300] if content is None else content)
    assert days_later(0, tmp_path).renewed_because == "unreadable"


def test_a_leaf_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    old = days_later(0, tmp_path / "old")
    new = days_later(0, tmp_path / "new")
    shutil.copy(old.path, new.path)
    assert days_later(0, tmp_path / "new").renewed_because == "signed by another"


def test_the_last_leaf_ends_with_its_authority(tmp_path: Path) -> None:
    ends = days_later(0, tmp_path).authority.certificate.not_valid_after_utc
    last = days_later(3640, tmp_path)
    assert last.leaf.not_valid_after_utc == ends
    facts, _ = look_at_local(tmp_path, NOW + 3640 * DAY)
    assert facts is not None
    assert (facts.ends_soon, facts.days_left) == (True, 11)


# --- the authority is never replaced --------------------------------------------------------------


def test_an_authority_that_has_ended_is_refused_and_stays(tmp_path: Path) -> None:
    days_later(0, tmp_path)
    before = (tmp_path / AUTHORITY_FILE).read_bytes()
    with pytest.raises(UsageError, match=r"was valid until \d{4}-\d\d-\d\d; move it away"):
        days_later(3653, tmp_path)
    assert (tmp_path / AUTHORITY_FILE).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"nothing", None], ids=["empty", "other", "half"])
def test_a_damaged_authority_is_refused_and_stays(tmp_path: Path, content: bytes | None) -> None:
    days_later(0, tmp_path)
    path = tmp_path / AUTHORITY_FILE
    content = path.read_bytes()[:300] if content is None else content
    path.write_bytes(content)
    with pytest.raises(UsageError, match="does not hold an authority; move it away"):
        days_later(0, tmp_path)
    assert path.read_bytes() == content


def test_key_and_certificate_of_two_authorities_are_refused(tmp_path: Path) -> None:
    one, other = (days_later(0, tmp_path / name) for name in ("one", "other"))
    key, mark, _ = one.authority.path.read_text().partition("-----BEGIN CERTIFICATE")
    _, _, certificate = other.authority.path.read_text().partition(mark)
    one.authority.path.write_text(key + mark + certificate)
    with pytest.raises(UsageError, match="do not belong together"):
        days_later(0, tmp_path / "one")


def test_a_leaf_is_no_authority(tmp_path: Path) -> None:
    tls = days_later(0, tmp_path)
    shutil.copy(tls.path, tls.authority.path)
    with pytest.raises(UsageError, match="does not hold an authority"):
        days_later(0, tmp_path)


def test_an_authority_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = days_later(0, tmp_path).authority.path
    path.chmod(0o640)
    with pytest.raises(UsageError, match=r"others .* may read the key .*0640.*chmod 600"):
        days_later(0, tmp_path)
    path.chmod(0o600)
    assert days_later(0, tmp_path).renewed_because == ""


def test_two_that_begin_at_once_agree_on_one_authority(tmp_path: Path) -> None:
    ready = threading.Barrier(8)

    def begin(_: int) -> x509.Certificate:
        ready.wait()
        return open_authority(tmp_path, "praxis-7.local", NOW).certificate

    with ThreadPoolExecutor(8) as pool:
        made = {one.public_bytes(Encoding.DER) for one in pool.map(begin, range(8))}
    assert len(made) == 1
    assert [file.name for file in tmp_path.iterdir()] == [AUTHORITY_FILE]


def test_a_full_disk_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="cannot be written \\(No space left"):
            days_later(0, tmp_path)
    assert [*tmp_path.iterdir()] == []
    kept = days_later(0, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left"):
            days_later(368, tmp_path)
    assert days_later(0, tmp_path).leaf == kept.leaf
    assert len([*tmp_path.iterdir()]) == 2


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be made"):
        days_later(0, tmp_path / "file" / "tls")


# --- facts ----------------------------------------------------------------------------------------


def test_facts_of_a_folder(tls: LocalTls, tmp_path: Path) -> None:
    assert look_at_local(tmp_path, NOW) == (None, None)
    authority, leaf = look_at_local(tls.path.parent, NOW)
    assert authority is not None
    assert leaf is not None
    assert (authority.fingerprint, authority.names) == (tls.authority.fingerprint, ())
    assert (authority.days_left, authority.ends_soon) == (3651, False)
    assert (leaf.days_left, leaf.ends_soon) == (396, False)
    assert leaf.names[:2] == ("praxis-7.local", "localhost")
    _, later = look_at_local(tls.path.parent, NOW + 398 * DAY)
    assert later is not None
    assert (later.days_left, later.ends_soon) == (-2, True)
