"""Rule books of a clinic: whole ones, or overlays with the entries that it changes."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError
from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook
from sensor_screen.service.making import create
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of

if TYPE_CHECKING:
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

SHIPPED = "shipped"
"""Id of the book that comes with the software."""


def create_rulebook(access: Access, name: str, text: str, key: str | None) -> Row:
    """Keep a rule book, after it was checked.

    Raises:
        RuleBookError: An entry is missing, unknown, incomplete, out of range or contradictory.
        ConflictError: There is one of this version already.
    """
    version = parse_rulebook(text, "rule book").version
    if version == shipped_rulebook().version:
        raise ConflictError(f"version {version!r}", "is that of the shipped book", "choose another")
    return create(
        access,
        schema.rulebook,
        key,
        name=name,
        version=version,
        text=text,
        sha256=sha256_of(text),
    )


def shipped_row() -> Row:
    """The shipped book, as a row would tell of it."""
    file = resources.files("sensor_screen.rules").joinpath("rulebook.toml")
    text = file.read_text(encoding="utf-8")
    return {
        "id": SHIPPED,
        "name": "Shipped with the software",
        "version": shipped_rulebook().version,
        "text": text,
        "sha256": sha256_of(text),
        "created_at_us": None,
    }
