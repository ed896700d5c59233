"""The paper of the terminal report: width, letters and colours, nothing of its content."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

_ASCII_WORDS = str.maketrans({
    "°": " deg", "±": "+-", "×": "x", "−": "-", "–": "-", "…": "...", "’": "'", "≥": ">=",
    "≤": "<=", "„": '"', "“": '"', "”": '"',
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss",
    "●": "*", "○": "o",
})  # fmt: skip
_ASCII_MARKS = str.maketrans("░▒▓┃╱●○├┤─╌▶◀·", ".:#|/o?[]-~><-")
_STYLES = {"bold": "1", "dim": "2", "green": "36", "amber": "33", "red": "35", "beyond": "1;35"}


@dataclass(frozen=True, slots=True)
class Page:
    """How wide to write, with which letters, and whether in colour."""

    width: int
    colour: bool
    ascii_only: bool

    def words(self, text: str) -> str:
        """The text in the letters of this page. Its length may change: translate, then lay out."""
        return text.translate(_ASCII_WORDS) if self.ascii_only else text

    def paint(self, text: str, style: str) -> str:
        """The text in a colour; lay out first, colours have no width."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and text.strip() else text

    def paragraph(
        self, text: str, *, first: str = "", indent: str = "", style: str = ""
    ) -> list[str]:
        """Wrapped lines; `first` starts the first one, `indent` the others."""
        lines = textwrap.wrap(
            self.words(text),
            self.width,
            initial_indent=self.words(first),
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
        return [self.paint(line, style) for line in lines] if style else lines

    def heading(self, left: str, right: str = "") -> list[str]:
        """A bold line, with something at its right end where that fits, else below."""
        left, right = self.words(left), self.words(right)
        gap = self.width - len(left) - len(right)
        if right and gap >= 2:
            return [self.paint(left, "bold") + " " * gap + right]
        lines = [self.paint(line, "bold") for line in textwrap.wrap(left, self.width)]
        return lines + [line.rjust(self.width) for line in textwrap.wrap(right, self.width)]

    def rule(self) -> str:
        """A line across."""
        return "─" * self.width

    def finish(self, lines: list[str]) -> str:
        """The page as one text, every letter of it printable where it goes."""
        text = "\n".join(line.rstrip() for line in lines) + "\n"
        if not self.ascii_only:
            return text
        return text.translate(_ASCII_MARKS).encode("ascii", "replace").decode("ascii")
