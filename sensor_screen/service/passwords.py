"""Passwords: how they are compared, and how much work and memory that may take at once."""

from __future__ import annotations

import secrets
import unicodedata
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sensor_screen.errors import BusyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_LEAST = 12
"""Characters. Length is all that is asked for: rules about signs make passwords worse."""
AT_MOST = 256
"""Characters; the longest sentence that somebody types."""
LOGIN = "[A-Za-z0-9._@\\-]{2,64}"
"""What a login name looks like, as a pattern for services and for pages of the web."""
AT_ONCE = 2
"""Hashes at a time. Each takes 64 MiB (RFC 9106, second choice) and some 0.1 s of a core."""
MOST_WAITING = 16
"""Behind them; the last waits about a second, and most of the 40 threads stay for others."""


class Passwords:
    """Makes and compares hashes, few at a time.

    Args:
        hasher: With its parameters; hashes made with others are renewed at the next sign-in.
        at_once: How many at a time.
        most_waiting: How many behind them.
    """

    def __init__(
        self,
        hasher: PasswordHasher | None = None,
        at_once: int = AT_ONCE,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = BoundedSemaphore(at_once)
        self._most = at_once + most_waiting
        self._lock = Lock()
        self._inside = 0
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """The hash of a new password.

        Raises:
            UsageError: It is too short or too long.
            BusyError: Too many wait.
        """
        text = normal_form(password)
        if not AT_LEAST <= len(text) <= AT_MOST:
            raise UsageError(
                "the password",
                f"has {len(text)} characters",
                f"choose {AT_LEAST} to {AT_MOST}; a sentence is good",
            )
        with self._place():
            return self._hasher.hash(text)

    def check(self, hashed: str | None, password: str) -> bool:
        """Whether a password is that of a hash; as slow where there is none to compare with.

        Raises:
            BusyError: Too many wait.
        """
        text = normal_form(password)
        with self._place():
            try:
                return self._hasher.verify(hashed or self._hash_of_nobody(), text) and bool(hashed)
            except (VerificationError, InvalidHashError):
                return False

    def is_dated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _hash_of_nobody(self) -> str:
        """Made once, with the same parameters."""
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        return self._nobody

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._inside >= self._most:
                raise BusyError("signing in", "too many do it at once", "try again", 2.0)
            self._inside += 1
        try:
            with self._places:
                yield
        finally:
            with self._lock:
                self._inside -= 1


def normal_form(password: str) -> str:
    """One spelling of what looks the same (NFKC): keyboards differ in how they send an u-umlaut."""
    return unicodedata.normalize("NFKC", password)
