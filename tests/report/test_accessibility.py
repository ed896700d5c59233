"""Pages of the sample people in a browser: axe-core, words in drawings, narrow and enlarged."""

from __future__ import annotations

import shutil
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.judgement import Claims, Language
from sensor_screen.report.html import render_html
from sensor_screen.report.html.gallery import GalleryEntry, render_index
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
from tests.hand_made import filled_report
from tests.sample_reports import screened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental")
# Experimental rules. The first is against what another one asks for: that parts which scroll can be
# reached with the keyboard. The second asks to look at hidden parts by hand: those for paper.
NOT_ASKED = ("focus-order-semantics", "hidden-content")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules among them that look at colours: the only ones that dark can change."""
DRAWN_CONTRAST = Path(__file__).with_name("drawn_contrast.js").read_text(encoding="utf-8")
WINDOW = {"width": 1440, "height": 900}
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3, for words of any size."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="a browser shows the pages (apt-get install chromium)"
)


@cache
def axe() -> str:
    """The script of axe-core that its package for playwright brings along."""
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield started
        started.close()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """One window for all pages, so that axe-core is compiled once.

    What pages forbid to run on them is allowed to these tests alone.
    """
    with browser.new_context(bypass_csp=True, viewport=WINDOW) as context:
        yield context.new_page()


@pytest.fixture
def page(window: Page) -> Page:
    """The window as a page finds it: light, and as large as that of a laptop."""
    window.set_viewport_size(WINDOW)
    window.emulate_media(color_scheme="light")
    return window


def others() -> dict[str, str]:
    """Faces that no sample person has."""
    index = [GalleryEntry(n, p.description, (f"{n}.html",)) for n, p in SAMPLE_PEOPLE.items()]
    return {
        "wellness": render_html(filled_report(Claims.WELLNESS)),
        "german": render_html(filled_report(language=Language.GERMAN)),
        "gallery": render_index(index),
    }


OTHERS = ("wellness", "german", "gallery")


def show(page: Page, name: str) -> None:
    page.set_content(others()[name] if name in OTHERS else render_html(screened(name)))


def violations(page: Page, rules: Sequence[str] = TAGS) -> dict[str, list[str]]:
    """Rules of axe-core that are broken or undecided, with the markup that breaks them."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(axe())
    found: dict[str, Any] = page.evaluate(
        """([rules, off]) => axe.run(document, {
            runOnly: rules, rules: Object.fromEntries(off.map((id) => [id, {enabled: false}])),
            resultTypes: ["violations", "incomplete"], selectors: false})""",
        [rules, NOT_ASKED if rules is TAGS else ()],
    )
    assert found["passes"], "axe-core looked at the page"
    broken = {one["id"]: [node["html"] for node in one["nodes"]] for one in found["violations"]}
    for one in found["incomplete"]:
        # Words in drawings are a picture to axe-core: see `drawn_contrast.js`.
        drawn = one["id"] == "color-contrast"
        left = [n["html"] for n in one["nodes"] if not (drawn and n["html"].startswith("<text"))]
        if left:
            broken[f"{one['id']} undecided"] = left
    return broken


def widths(page: Page) -> tuple[int, int]:
    """What the page needs and what there is, in px."""
    wide, there = page.evaluate(
        "[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]"
    )
    return wide, there


@pytest.mark.parametrize("name", [*SAMPLE_PEOPLE, *OTHERS])
def test_a_page_breaks_no_rule_in_light_and_dark(page: Page, name: str) -> None:
    show(page, name)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    assert violations(page) == {}
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light
    assert violations(page, OF_COLOURS) == {}
    whole = page.evaluate("document.scrollingElement.scrollHeight")
    page.set_viewport_size({**WINDOW, "height": whole})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        drawn = page.evaluate(DRAWN_CONTRAST)
        assert {said: least for said, least in drawn if least < LEAST_CONTRAST} == {}, scheme
        assert bool(drawn) == (name not in ("red-flag", "gallery"))


def test_what_breaks_a_rule_is_found(page: Page) -> None:
    """The readers themselves: a picture without words, pale letters, in and out of a drawing."""
    page.set_content(
        """<!doctype html><html><body style="background:#fff"><p style="color:#ccc">pale</p>
        <svg role="img" width="200" height="90">
        <rect width="200" height="60" fill="#777"/><text x="9" y="30" fill="#888">grey</text>
        <text x="99" y="30" fill="#fff" opacity="0.5">half</text>
        <text x="9" y="80" fill="#555">dark</text>
        <path d="M99 75h90" stroke="#555" stroke-width="30"/><text x="99" y="80" fill="#444">line
        </text></svg></body></html>"""
    )
    assert {"html-has-lang", "svg-img-alt", "color-contrast"} <= {*violations(page)}
    least = {said.strip(): ratio for said, ratio in page.evaluate(DRAWN_CONTRAST)}
    assert least["dark"] == pytest.approx(7.46, abs=0.01)
    assert least["grey"] == pytest.approx(1.26, abs=0.01)
    assert least["half"] == pytest.approx(2.33, abs=0.01)
    assert least["line"] == pytest.approx(1.31, abs=0.01)


ENLARGE_WORDS = """() => {
  const all = [...document.querySelectorAll("body, body *")].filter((e) => !e.closest("svg"));
  const sizes = all.map((e) => parseFloat(getComputedStyle(e).fontSize));
  all.forEach((e, i) => { e.style.fontSize = `${2 * sizes[i]}px`; });
}"""
"""The words of the page twice as large, the window as it is: what a browser calls text zoom."""

CUT_OFF = """() => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest("svg") && getComputedStyle(e).clipPath === "none")
  .filter((e) => ["hidden", "clip"].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight)
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", [*SAMPLE_PEOPLE, *OTHERS])
def test_nothing_scrolls_sideways_and_words_may_be_twice_as_large(page: Page, name: str) -> None:
    """A window of 720 px is one of 1440 px zoomed to 200 %, one of 320 px one of 1280 px at 400 %.

    Sources: WCAG 2.2, 1.4.4 and 1.4.10.
    """
    show(page, name)
    for width_px in (320, 360, 410, 720, 820, 1440):
        page.set_viewport_size({"width": width_px, "height": 900})
        wide, there = widths(page)
        assert wide <= there == width_px
    page.evaluate(ENLARGE_WORDS)
    # The long words of German tables need 1013 px then; data tables may (1.4.10).
    for width_px in (1440,) if name == "german" else (820, 1440):
        page.set_viewport_size({"width": width_px, "height": 900})
        wide, there = widths(page)
        assert wide <= there == width_px
        assert page.evaluate(CUT_OFF) == []
