"""How the service speaks TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer with the system's choice of strong ciphers, HTTP/1.1 and WebSocket.

    Args:
        certificate: PEM file; `LocalTls.path`, or what the user gave.
        key: PEM file; None where the key is in the first one.

    Raises:
        UsageError: The TLS library refuses the pair.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    load_pair(context, certificate, key)
    return context


def load_pair(context: ssl.SSLContext, certificate: Path, key: Path | None = None) -> None:
    """Show another certificate from the next handshake on; open connections stay as they are.

    Raises:
        UsageError: The TLS library refuses the pair; the one before stays in use.
    """
    try:
        # OpenSSL takes the certificate before it looks at the key: another context tries it first.
        trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for one in (trial, context):
            one.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or error
        raise UsageError(
            str(certificate),
            f"the TLS library refuses it ({reason})",
            "have another certificate made, with a key of 2048 bits of RSA or of P-256 at least",
        ) from error


def _no_password() -> str:
    """Instead of a question at the terminal that nobody sees."""
    return ""
