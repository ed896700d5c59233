"""Ids, times and fingerprints of rows."""

from __future__ import annotations

import hashlib
import secrets
import time


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def new_id() -> str:
    """32 hex digits: 12 of the millisecond, so that ids sort by time, and 20 at random."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def sha256_of(value: bytes | str) -> str:
    """As 64 hex digits."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()
