"""Foreign text made harmless for paper and for exchange: nothing hidden, nothing endless."""

from __future__ import annotations

import re

from sensor_screen.hidden_letters import HIDDEN

_SPACES = re.compile(r"\s+")


def printable(text: str, most: int = 0) -> str:
    """One line that shows all that it holds; `most` characters where that is not 0."""
    shown = _SPACES.sub(" ", HIDDEN.sub("\ufffd", text)).strip()
    return f"{shown[: most - 1]}…" if 0 < most < len(shown) else shown
