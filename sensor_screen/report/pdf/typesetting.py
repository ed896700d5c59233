"""Content and template become a PDF: tagged (PDF/UA-1), archivable (PDF/A-2b), fonts inside."""

from __future__ import annotations

import json
import re
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import UsageError
from sensor_screen.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

_LONGEST = 2000
"""Characters of one text; no sentence of ours is a third as long."""
_LONGEST_WORD = 24
_FIGURE = re.compile("(?<=[0-9°%]) (?=[±%])|(?<=±) (?=[0-9])")
"""Spaces inside a figure with its error: a line never ends there."""
_BREAK = "\u200b"
"""Where a word may be broken: nothing to be seen."""
_SURE = frozenset(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180))) | frozenset(
    "–—‘’‚“”„…°±×−·≥≤•\u200b"
)
"""Letters that the fonts of typst have for certain; any other is tried out."""
_PROBE = b"#set text(font: sys.inputs.font)\n#sys.inputs.text"
_FONT = "Libertinus Serif"
"""The first of `style.typ`; typst looks on in all others by itself."""


def refuse_without_typst() -> None:
    """Say in a sentence what is missing.

    Raises:
        UsageError: typst is not installed.
    """
    if find_spec("typst") is None:
        raise UsageError(
            "PDF", "typst is not installed", 'install it: pip install "sensor-screen[pdf]"'
        )


def set_pdf(template: str, content: Json) -> bytes:
    """The pages of a template with this content.

    Args:
        template: Name of a shipped `.typ` file.
        content: Texts, numbers, lists and tables of these.

    Raises:
        UsageError: typst is not installed.
    """
    refuse_without_typst()
    import typst

    tame = _tame(content)
    letters = {letter for text in _texts(tame) for letter in text} - _SURE
    lacking, system = _find_lacking(frozenset(letters))
    shown = _replace(tame, {ord(letter): f"[U+{ord(letter):04X}]" for letter in lacking})
    source = "\n".join(_read(name) for name in ("style.typ", template))
    made: bytes = typst.compile(
        source.encode(),
        format="pdf",
        ignore_system_fonts=not system,
        sys_inputs={"content": json.dumps(shown, ensure_ascii=False, allow_nan=False)},
        pdf_standards=["ua-1", "a-2b"],
    )
    return made


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


# --- letters --------------------------------------------------------------------------------------


def _tame(value: Any) -> Any:  # noqa: ANN401
    """Every text on one line, with nothing hidden in it, and with places to break long words."""
    if isinstance(value, dict):
        return {name: part if name == "svg" else _tame(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(part) for part in value]
    if not isinstance(value, str):
        return value
    words = printable(value, _LONGEST).split(" ")
    return _FIGURE.sub("\u00a0", " ".join(_breakable(word) for word in words))


def _breakable(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    pieces = range(0, len(word), _LONGEST_WORD // 2)
    return _BREAK.join(word[at : at + _LONGEST_WORD // 2] for at in pieces)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        for name, part in value.items():
            yield from () if name == "svg" else _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _replace(value: Any, table: dict[int, str]) -> Any:  # noqa: ANN401
    if not table:
        return value
    if isinstance(value, dict):
        return {n: part if n == "svg" else _replace(part, table) for n, part in value.items()}
    if isinstance(value, list):
        return [_replace(part, table) for part in value]
    return value.translate(table) if isinstance(value, str) else value


def _find_lacking(letters: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Letters that no font has, and whether the fonts of this computer are needed for the others.

    A standard PDF may not hold a letter without a shape, so typst refuses the whole page for one.
    """
    lacking = _try_out(sorted(letters), system=False)
    if not lacking:
        return lacking, False
    still = _try_out(sorted(lacking), system=True)
    return still, still != lacking


def _try_out(letters: list[str], *, system: bool) -> frozenset[str]:
    """Halves and halves again, until each half is all right or one letter."""
    import typst

    if not letters:
        return frozenset()
    try:
        typst.compile(
            _PROBE,
            format="pdf",
            ignore_system_fonts=not system,
            sys_inputs={"text": "".join(letters), "font": _FONT},
            pdf_standards=["a-2b"],
        )
    except typst.TypstError:
        if len(letters) == 1:
            return frozenset(letters)
        half = len(letters) // 2
        return _try_out(letters[:half], system=system) | _try_out(letters[half:], system=system)
    return frozenset()
