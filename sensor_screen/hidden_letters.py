"""Letters that are no letters, for whoever reads or shows foreign text."""

from __future__ import annotations

import re

_CONTROL = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff"
)
_UNSEEN = "\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"

CONTROL = re.compile(f"[{_CONTROL}]")
"""Controls but tabs and line ends, halves of pairs, and marks that turn or break the writing, so
that a line says something else than it shows."""
HIDDEN = re.compile(f"[{_CONTROL}{_UNSEEN}]")
"""The same, and what cannot be seen: a joiner has its place in a name, not in a code."""
