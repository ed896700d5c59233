"""Addresses as QR codes, for a terminal and for a page."""

from __future__ import annotations

from io import BytesIO, StringIO

import segno

QUIET_MODULES = 4
"""Empty modules around it; ISO/IEC 18004 asks for four."""


def terminal_qr(url: str, *, plain: bool = False) -> str:
    """Lines for a terminal with light letters on dark ground; readers take the reverse as well.

    Args:
        url: What the phone opens.
        plain: Only ASCII, twice as large: for terminals without block characters.
    """
    code = segno.make_qr(url, error="m")
    if plain:
        rows = code.matrix_iter(border=QUIET_MODULES)
        return "".join("".join("  " if dark else "##" for dark in row) + "\n" for row in rows)
    out = StringIO()
    code.terminal(out, border=QUIET_MODULES, compact=True)
    return out.getvalue()


def svg_qr(url: str) -> bytes:
    """A drawing for a page: dark on white whatever the page's colours, no inline style."""
    out = BytesIO()
    code = segno.make_qr(url, error="m")
    colours = {"dark": "#000", "light": "#fff"}
    code.save(out, kind="svg", border=QUIET_MODULES, xmldecl=False, omitsize=True, **colours)
    return out.getvalue()
