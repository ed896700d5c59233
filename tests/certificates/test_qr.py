"""QR codes: all three forms show the same modules, with the quiet zone that readers need."""

from __future__ import annotations

import re

import pytest
import segno

from sensor_screen.certificates.qr import QUIET_MODULES, svg_qr, terminal_qr

URLS = ("http://192.168.7.20:8080/trust", "https://praxis-7.local:8443/pair#" + "aB3_-xyz" * 4)
HALVES = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}


def blocks(text: str) -> list[list[int]]:
    """Modules, dark is 1, of lines in half blocks; the last half line may be none."""
    rows = []
    for line in text.splitlines():
        rows += [[HALVES[sign][half] for sign in line] for half in (0, 1)]
    return rows


@pytest.mark.parametrize("url", URLS)
def test_the_terminal_shows_the_code(url: str) -> None:
    wanted = [[*row] for row in segno.make_qr(url, error="m").matrix_iter(border=QUIET_MODULES)]
    assert blocks(terminal_qr(url))[: len(wanted)] == wanted
    plain = terminal_qr(url, plain=True)
    assert plain.isascii()
    assert [[int(sign == " ") for sign in line[::2]] for line in plain.splitlines()] == wanted
    edges = wanted[:QUIET_MODULES] + wanted[-QUIET_MODULES:]
    assert not any(any(row) for row in edges)


@pytest.mark.parametrize("url", URLS)
def test_the_drawing_is_dark_on_white_and_has_no_style(url: str) -> None:
    svg = svg_qr(url).decode()
    size = segno.make_qr(url, error="m").symbol_size(border=QUIET_MODULES)[0]
    assert f'viewBox="0 0 {size} {size}"' in svg
    assert 'fill="#fff"' in svg
    assert 'stroke="#000"' in svg
    assert not re.search(r"style|<script|href", svg)
