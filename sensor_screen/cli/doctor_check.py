"""One thing that `doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    good: bool
    found: str
    remedy: str = ""
    needed: bool = True
    """Without it nothing works; otherwise it is told, and the exit status stays 0."""

    @property
    def sign(self) -> str:
        """Before its line."""
        return "ok " if self.good else "BAD" if self.needed else "-- "


def sentence(remedy: str) -> str:
    """A remedy as it begins a line."""
    return remedy[:1].upper() + remedy[1:]
