"""Names and notes at rest, encrypted where keys are set.

    sealed-1:<key id>:<base64 of nonce and AES-256-GCM ciphertext>

A text is bound to its place (table, column, row): copied to another row it does not open. Plain and
sealed texts may stand side by side, so keys can be set at any time; a plain text that looks like
one of ours is marked as plain. The first key seals, all of them open: to change keys, put the new
one in front, seal anew what `needs_sealing` names, and drop the old one. Keys are not in backups.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import TYPE_CHECKING

from sensor_screen.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEALED = "sealed-1:"
PLAIN = "plain-1:"
_MARKS = ("sealed-", "plain-")
KEY_BYTES = 32
NONCE_BYTES = 12


def new_key() -> str:
    """A key for the settings, at random."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


class Sealer:
    """Seals and opens texts.

    Args:
        keys: As `new_key` makes them; the first seals, all open. Without any, texts stay plain.

    Raises:
        UsageError: One is no key; it is not repeated in the message.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        decoded = [_decode_key(number, key) for number, key in enumerate(keys, 1)]
        self._keys = {_key_id(key): key for key in decoded}
        self._first = _key_id(decoded[0]) if decoded else ""

    @property
    def seals(self) -> bool:
        """Whether new texts are encrypted."""
        return bool(self._first)

    def seal(self, text: str, table: str, column: str, row_id: str) -> str:
        """What to store for a text in this place."""
        if not self._first:
            return PLAIN + text if text.startswith(_MARKS) else text
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self._keys[self._first])
        # A lone surrogate is no UTF-8, and was let in by JSON.
        sealed = cipher.encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), _place(table, column, row_id)
        )
        return f"{SEALED}{self._first}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, stored: str, table: str, column: str, row_id: str) -> str:
        """The text that was stored in this place, sealed or plain.

        Raises:
            StorageError: Its key is not among those that are set (`away`), or it was changed or
                belongs to another place (`damaged`).
        """
        if stored.startswith(PLAIN):
            return stored.removeprefix(PLAIN)
        if not stored.startswith(SEALED):
            return stored
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        name = f"{column} of {table} {row_id[:40]}"
        key_id, _, content = stored.removeprefix(SEALED).partition(":")
        if key_id not in self._keys:
            raise StorageError(
                name,
                f"it is sealed with key {key_id[:16]!r}, which is not among the keys that are set",
                "add that key to the sealing keys",
                fault="away",
            )
        try:
            value = _decode(content)
            nonce, sealed = value[:NONCE_BYTES], value[NONCE_BYTES:]
            cipher = AESGCM(self._keys[key_id])
            opened = cipher.decrypt(nonce, sealed, _place(table, column, row_id))
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                name,
                "it was changed, or belongs to another place",
                "restore it from a backup",
                fault="damaged",
            ) from error
        return opened.decode("utf-8", "surrogatepass")

    def needs_sealing(self, stored: str) -> bool:
        """Whether it is not as this sealer would store it now: plain, or under an older key."""
        if not self._first:
            return False
        return not stored.startswith(f"{SEALED}{self._first}:")


def _decode(content: str) -> bytes:
    """Base64 in its one right form: its last character has bits to spare."""
    value = base64.b64decode(content, validate=True)
    if base64.b64encode(value).decode() != content:
        raise ValueError("not as it was written")
    return value


def _place(table: str, column: str, row_id: str) -> bytes:
    """No two places have the same."""
    return json.dumps([table, column, row_id]).encode()


def _key_id(key: bytes) -> str:
    """A name of a key that tells nothing of it."""
    return hashlib.sha256(b"sensor-screen sealing key " + key).hexdigest()[:16]


def _decode_key(number: int, key: str) -> bytes:
    try:
        decoded = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error is one
        decoded = b""
    if len(decoded) != KEY_BYTES:
        raise UsageError(
            f"sealing key {number}", f"it is not {KEY_BYTES} bytes in base64", "make one anew"
        )
    return decoded
