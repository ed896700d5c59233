"""Certificates that users bring along: good ones are taken, each fault is one sentence."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sensor_screen.certificates.context import server_context
from sensor_screen.certificates.facts import look_at
from sensor_screen.certificates.given import check_pair
from sensor_screen.errors import UsageError
from tests.certificates.made_tls import make_pair, weak_key

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_good_pair_is_taken(tmp_path: Path, kind: str) -> None:
    kinds = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ec": lambda: ec.generate_private_key(ec.SECP384R1()),
    }
    files = make_pair(tmp_path, key=kinds[kind](), begins=NOW - DAY / 2)
    given = check_pair(*files, NOW)
    context = server_context(given.certificate_path, given.key_path)
    assert context.cert_store_stats()["x509"] == 0
    facts = look_at(files[0], NOW)
    assert (facts.names, facts.days_left, facts.ends_soon) == (("praxis.example",), 89, False)
    assert look_at(files[0], NOW + 70 * DAY).ends_soon


def refused(certificate: Path, key: Path) -> str:
    with pytest.raises(UsageError) as found:
        check_pair(certificate, key, NOW)
    said = str(found.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_what_does_not_belong_together(tmp_path: Path) -> None:
    one, other = make_pair(tmp_path, name="one"), make_pair(tmp_path, name="other")
    assert "it is not the key of the certificate" in refused(one[0], other[1])


def test_an_authority_before_the_own_certificate_is_a_wrong_pair(tmp_path: Path) -> None:
    own, authority = make_pair(tmp_path, name="own"), make_pair(tmp_path, name="authority")
    own[0].write_bytes(authority[0].read_bytes() + own[0].read_bytes())
    assert "its own certificate first" in refused(*own)


@pytest.mark.parametrize(
    ("begins", "said"), [(-100 * DAY, "it was valid until"), (DAY, "it is valid from")]
)
def test_not_valid_now(tmp_path: Path, begins: timedelta, said: str) -> None:
    assert said in refused(*make_pair(tmp_path, begins=NOW + begins))


def test_a_locked_key_is_not_asked_for(tmp_path: Path) -> None:
    files = make_pair(tmp_path, lock="sesame")
    assert "locked with a password; unlock it" in refused(*files)
    with pytest.raises(UsageError, match="refuses it"):
        server_context(*files)


@pytest.mark.parametrize("content", [b"", b"\x30\x82 DER", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_something_else(tmp_path: Path, content: bytes) -> None:
    certificate, key = make_pair(tmp_path)
    other = tmp_path / "other"
    other.write_bytes(content)
    assert "no certificate in it" in refused(other, key)
    assert "no key in it" in refused(certificate, other)


def test_the_two_the_wrong_way_round(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    assert "no certificate in it" in refused(key, certificate)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    assert "cannot be read (No such file" in refused(tmp_path / "none", key)
    assert "cannot be read (Is a directory" in refused(certificate, tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything is readable here")
def test_a_key_of_somebody_else(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    key.chmod(0)
    assert "cannot be read (Permission denied" in refused(certificate, key)


def test_a_weak_key_is_refused_by_the_library(tmp_path: Path) -> None:
    if ssl.create_default_context().security_level < 2:
        pytest.skip("this TLS library takes keys of 1024 bits")
    with pytest.raises(UsageError, match="refuses it"):
        server_context(*make_pair(tmp_path, key=weak_key()))
