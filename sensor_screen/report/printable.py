"""Foreign text made harmless for paper and for exchange: nothing hidden, nothing endless."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff]"
)
"""Controls, halves of pairs, and marks that cannot be seen or turn the text around."""
_SPACES = re.compile(r"\s+")


def printable(text: str, most: int = 0) -> str:
    """One line that shows all that it holds; `most` characters where that is not 0."""
    shown = _SPACES.sub(" ", _HIDDEN.sub("\ufffd", text)).strip()
    return f"{shown[: most - 1]}…" if 0 < most < len(shown) else shown
