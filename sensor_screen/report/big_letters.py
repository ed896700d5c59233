"""Letters that can be read from two metres: seven pixels high, drawn with half blocks.

A half block is about as wide as it is high, so a letter is four lines of a terminal.
"""

from __future__ import annotations

_ROWS = 7
_GLYPHS = {
    " ": "0 0 0 0 0 0 0",
    "A": "e 11 11 1f 11 11 11",
    "B": "1e 11 11 1e 11 11 1e",
    "C": "e 11 10 10 10 11 e",
    "D": "1e 11 11 11 11 11 1e",
    "E": "1f 10 10 1e 10 10 1f",
    "F": "1f 10 10 1e 10 10 10",
    "G": "e 11 10 17 11 11 f",
    "H": "11 11 11 1f 11 11 11",
    "I": "e 4 4 4 4 4 e",
    "J": "7 2 2 2 2 12 c",
    "K": "11 12 14 18 14 12 11",
    "L": "10 10 10 10 10 10 1f",
    "M": "11 1b 15 15 11 11 11",
    "N": "11 19 15 13 11 11 11",
    "O": "e 11 11 11 11 11 e",
    "P": "1e 11 11 1e 10 10 10",
    "Q": "e 11 11 11 15 12 d",
    "R": "1e 11 11 1e 14 12 11",
    "S": "f 10 10 e 1 1 1e",
    "T": "1f 4 4 4 4 4 4",
    "U": "11 11 11 11 11 11 e",
    "V": "11 11 11 11 11 a 4",
    "W": "11 11 11 15 15 1b 11",
    "X": "11 11 a 4 a 11 11",
    "Y": "11 11 a 4 4 4 4",
    "Z": "1f 1 2 4 8 10 1f",
    "Ä": "a 0 e 11 1f 11 11",
    "Ö": "a 0 e 11 11 11 e",
    "Ü": "a 0 11 11 11 11 e",
    "0": "e 11 13 15 19 11 e",
    "1": "4 c 4 4 4 4 e",
    "2": "e 11 1 6 8 10 1f",
    "3": "1f 2 4 2 1 11 e",
    "4": "2 6 a 12 1f 2 2",
    "5": "1f 10 1e 1 1 11 e",
    "6": "6 8 10 1e 11 11 e",
    "7": "1f 1 2 4 8 8 8",
    "8": "e 11 11 e 11 11 e",
    "9": "e 11 11 f 1 2 c",
    "/": "1 1 2 4 8 10 10",
    "°": "c 12 12 c 0 0 0",
    "−": "0 0 0 1f 0 0 0",
    "-": "0 0 0 1f 0 0 0",
    "?": "e 11 1 6 4 0 4",
    ".": "0 0 0 0 0 c c",
    "–": "0 0 0 1f 0 0 0",
}
_WIDTH = 5
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def big_width(text: str, scale: int = 1) -> int:
    """Columns that a line of letters takes."""
    return max(0, len(text.upper()) * (_WIDTH + 1) - 1) * scale


def big_height(scale: int = 1) -> int:
    """Lines that it takes."""
    return (_ROWS * scale + 1) // 2


def draw_big(text: str, *, scale: int = 1, ascii_only: bool = False) -> list[str]:
    """The lines of a text in large letters; what is not known is left empty.

    Args:
        text: One line; capitals are drawn.
        scale: How often each pixel is repeated.
        ascii_only: Pixels are `#`, two lines high as wide, for terminals without blocks.
    """
    glyphs = [_GLYPHS.get(c, _GLYPHS[" "]).split() for c in text.upper()]
    rows = []
    for row in range(_ROWS):
        bits = " ".join(f"{int(glyph[row], 16):05b}" for glyph in glyphs)
        wide = "".join(bit * scale for bit in bits)
        rows += [[bit == "1" for bit in wide]] * scale
    if ascii_only:
        kept = rows[:: 2 * scale] if scale > 1 else rows
        return ["".join("#" if pixel else " " for pixel in row) for row in kept]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def wrap_big(text: str, width: int, scale: int = 1) -> list[str]:
    """Words put on as few lines as the width allows."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and big_width(joined, scale) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
