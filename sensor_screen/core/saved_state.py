"""What a live estimator carries can be saved between two blocks, and gone on with later."""

from __future__ import annotations

import pickle
from typing import Self


class SavedState:
    """Saves and restores every attribute: a live estimator holds nothing but its state."""

    def save(self) -> bytes:
        """Everything, as bytes that `restore` understands; made and read by this version only."""
        return pickle.dumps(self.__dict__, protocol=pickle.HIGHEST_PROTOCOL)

    @classmethod
    def restore(cls, saved: bytes) -> Self:
        """One that goes on where the saved one stood. Only for bytes of our own making."""
        live = cls.__new__(cls)
        live.__dict__.update(pickle.loads(saved))  # noqa: S301 - own state, never from outside
        return live
