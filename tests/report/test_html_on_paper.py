"""The page as a browser prints it: the first sheet is the whole message, the rest an appendix."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sensor_screen.judgement import Claims, Language, Verdict
from sensor_screen.report.html import render_html
from sensor_screen.report.telling import tell
from sensor_screen.report.verdict_words import lead
from sensor_screen.rules.voice import Voice
from tests import sample_reports as reports
from tests.hand_made import filled_report

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
MOST_SHEETS = 6
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-pdf-header-footer",
)  # fmt: skip

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium prints the page"),
    pytest.mark.skipif(
        shutil.which("pdftotext") is None, reason="pdftotext reads the sheets (poppler-utils)"
    ),
]


def print_sheets(page: str, folder: Path) -> list[str]:
    """The words of each sheet in one line."""
    source, paper = folder / "page.html", folder / "page.pdf"
    source.write_text(page, encoding="utf-8")
    places = (f"--user-data-dir={folder / 'browser'}", f"--print-to-pdf={paper}")
    command = [str(CHROMIUM), *OPTIONS, *places, source.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    read = ["pdftotext", "-raw", str(paper), "-"]
    text = subprocess.run(read, check=True, capture_output=True).stdout.decode()
    return [re.sub(r"\s+", " ", sheet) for sheet in text.removesuffix("\f").split("\f")]


@pytest.mark.parametrize("language", Language)
def test_the_first_sheet_is_the_whole_message(language: Language, tmp_path: Path) -> None:
    screened, voice = filled_report(Claims.CLINICIAN, language), Voice(language)
    told = tell(screened)
    sheets = print_sheets(render_html(screened), tmp_path)
    assert 2 <= len(sheets) <= MOST_SHEETS
    first = sheets[0]
    specific = [advice for advice in told.judgement.advice if advice.rests_on]
    expected = [
        lead(told)[0],
        *told.disclaimer(),
        *screened.marks,
        *(told.say(advice.statements[0]) for advice in specific),
        *(voice.word(demand.task) for leg in screened.legs for demand in leg.demands),
        told.text("page.of_range"),
    ]
    assert len(specific) > 0
    for words in expected:
        assert re.sub(r"\s+", " ", words) in first
    appendix = " ".join(sheets[1:])
    assert sheets[1].startswith(told.text("pdf.appendix"))
    assert told.text("pdf.appendix") not in first[:200]
    for words in (told.clinic("heading.results"), told.disclaimer()[0], *screened.missing):
        assert re.sub(r"\s+", " ", words) in appendix


def test_a_red_flag_is_one_sheet(tmp_path: Path) -> None:
    screened = filled_report(flagged=True)
    (sheet,) = print_sheets(render_html(screened), tmp_path)
    assert Voice(Language.ENGLISH).text("clinic.flags.headline") in sheet
    assert tell(screened).disclaimer()[0] in sheet


def test_many_unchanged_comparisons_are_counted_on_paper(tmp_path: Path) -> None:
    screened = reports.screened("improving")
    sheets = print_sheets(render_html(screened), tmp_path)
    assert len(sheets) <= MOST_SHEETS
    changes = screened.judgement.changes
    same = sum(change.verdict is Verdict.SAME for change in changes)
    words = " ".join(sheets)
    assert Voice(Language.ENGLISH).text("progress.unchanged", count=same) in words
    real = [change for change in changes if change.verdict is not Verdict.SAME]
    assert real
    assert all(tell(screened).say_change(change)[:40] in words for change in real)
