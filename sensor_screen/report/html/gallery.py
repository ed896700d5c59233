"""The index of a gallery of reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import Language
from sensor_screen.report.html.markup import tag
from sensor_screen.report.html.page import document

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = {
    "wellness.html": "for healthy people",
    "de.html": "in German",
    ".pdf": "on paper",
    "handout.pdf": "on paper, to take home",
}


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """One person, and the files of the reports beside the index."""

    name: str
    description: str
    files: tuple[str, ...]


def render_index(entries: Sequence[GalleryEntry]) -> str:
    """A page with a link to every report."""
    items = [
        tag(
            "li",
            tag("h2", entry.name),
            tag("p", entry.description, class_="note"),
            tag("p", *(_link(file, entry.name) for file in entry.files)),
            class_="card",
        )
        for entry in entries
    ]
    title = "Sample people: simulated, none of them exists"
    head = tag("header", tag("h1", title), class_="say")
    return document(title, Language.ENGLISH, [head, tag("ul", *items, class_="pair")])


def _link(file: str, name: str) -> str:
    ending = file.removeprefix(name).removeprefix("-")
    kind = _KINDS.get(ending, "for clinicians")
    said = tag("span", f"{name}: ", class_="vh")
    return tag("a", said, kind, href=file, class_="file")
