"""A screen on paper: everything survives, nothing breaks it, and nobody reads too much."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Answers, Claims, Language
from sensor_screen.report.pdf.clinician import render_pdf
from sensor_screen.report.pdf.handout import render_handout
from sensor_screen.report.pdf.lens import draw_lens
from sensor_screen.report.pdf.typesetting import refuse_without_typst
from sensor_screen.report.printable import printable
from sensor_screen.report.range_lens import LARGEST_RATIO, Track
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.voice import Voice
from tests.hand_made import filled_report, full_report

FACES = {"clinician": render_pdf, "handout": render_handout}
HOSTILE = (
    "#panic(1) $x$ *a* _b_ `c` @d <e> \\ // [f] <script>alert(1)</script> "
    "\u202egnp.exe \x07\x1b[31m"
)
LARGEST_FILE = 500_000

needs_pdftotext = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext reads the pages (poppler-utils)"
)


def read(content: bytes) -> str:
    """All words of a PDF in one line; broken words joined again."""
    done = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=content, capture_output=True, check=True
    )
    text = done.stdout.decode().replace("\u200b", "")
    return re.sub(r"\s+", " ", re.sub(r"[\u00ad-]\n", "", text))


def bare(text: str) -> str:
    """Without what a line break may swallow: spaces and hyphens."""
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", text)


def pages(content: bytes) -> int:
    found = re.search(rb"<</Type ?/Pages/Count (\d+)/Kids", content)
    assert found is not None
    return int(found[1])


def test_there_is_one_page_for_the_clinician_and_one_for_the_person() -> None:
    assert pages(render_handout(filled_report())) == 1
    whole = render_pdf(filled_report())
    assert pages(whole) > 1
    assert len(whole) < LARGEST_FILE


@needs_pdftotext
@pytest.mark.parametrize("language", Language)
def test_the_appendix_begins_on_the_second_page(language: Language) -> None:
    whole = render_pdf(filled_report(language=language))
    first = subprocess.run(
        ["pdftotext", "-l", "1", "-raw", "-", "-"], input=whole, capture_output=True, check=True
    ).stdout.decode()
    title = Voice(language).text("report.pdf.appendix")
    assert f"\n{title}\n" not in first
    assert bare(Voice(language).text("disclaimer.clinician")) in bare(first)
    assert re.search(rf"\b{title}\b", read(whole))


@pytest.mark.parametrize("face", FACES)
def test_it_is_tagged_archivable_and_brings_its_fonts(face: str) -> None:
    content = FACES[face](filled_report())
    assert b"pdfuaid:part" in content
    assert re.search(rb"pdfaid:part>2<.*pdfaid:conformance>B<", content, re.DOTALL)
    assert b"/StructTreeRoot" in content
    assert b"/FontFile3" in content
    assert re.search(rb"/Lang ?\(en", content)


@needs_pdftotext
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("claims", Claims)
@pytest.mark.parametrize("language", Language)
def test_every_mark_and_everything_missing_is_said(
    face: str, claims: Claims, language: Language
) -> None:
    screened = filled_report(claims, language)
    said = bare(read(FACES[face](screened)))
    missing = (*screened.missing, *(text for leg in screened.legs for text in leg.missing))
    assert screened.marks
    assert missing
    for text in (*screened.marks, *missing):
        assert bare(text) in said
    assert bare(Voice(language).text("report.simulated")) in said
    assert bare(Voice(language).text(f"disclaimer.{claims}")) in said
    research = bare(Voice(language).text("clinic.not_for_care"))
    assert (research in said) == (claims is Claims.RESEARCH)


@needs_pdftotext
def test_the_appendix_holds_every_figure_and_reason() -> None:
    screened = filled_report()
    said = bare(read(render_pdf(screened)))
    voice = Voice(Language.ENGLISH)
    judgement = screened.judgement
    for leg in screened.legs:
        for demand in leg.demands:
            typical = math.degrees(demand.typical_rad)
            error = 1.96 * math.degrees(demand.sigma_rad)
            assert bare(f"{typical:.0f}° ± {error:.0f}") in said
    told = [result.statement for result in judgement.results if result.level != "green"]
    told += [reason for concern in judgement.concerns for reason in concern.why]
    told += [statement for advice in judgement.advice for statement in advice.statements]
    told += [*judgement.cards, *(step.statement for step in judgement.pathway)]
    told += [item.statement for item in judgement.readiness]
    told += [finding.threshold_note for finding in judgement.findings if finding.zone != "green"]
    assert len(told) > 15
    for statement in told:
        assert statement is None or bare(voice.say(statement)) in said
    for result in judgement.results:
        assert result.rule in said


@needs_pdftotext
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("language", Language)
def test_wellness_says_no_withheld_word(face: str, flagged: bool, language: Language) -> None:
    screened = filled_report(Claims.WELLNESS, language, flagged=flagged)
    content = FACES[face](screened)
    said = read(content)
    emergency = Voice(language).text("wellness.emergency")
    assert bare(emergency) in bare(said)
    # The block may be broken anywhere: each of its words is taken out where they follow each other.
    rest = re.sub(r"\s+".join(map(re.escape, emergency.split())), "", said)
    assert len(rest) < len(said)
    for spoken in {Language.ENGLISH, language}:
        assert not read_withheld_words(spoken).findall(rest)


@needs_pdftotext
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.WELLNESS])
def test_a_red_flag_stands_alone(face: str, claims: Claims) -> None:
    screened = filled_report(claims, flagged=True)
    content = FACES[face](screened)
    said = read(content)
    assert pages(content) == 1
    voice = Voice(Language.ENGLISH)
    flagged = claims is Claims.CLINICIAN
    asked = "clinic.flags.headline" if flagged else "wellness.stop"
    assert bare(voice.text(asked)) in bare(said)
    if flagged:
        assert "short of breath" in said
        assert "a hot joint" in said
    assert "°" not in said
    assert "own end range" not in said


@needs_pdftotext
def test_the_hand_out_says_where_there_is_more() -> None:
    screened = filled_report()
    many = replace(screened.judgement, advice=screened.judgement.advice * 4)
    assert len(many.advice) == 8
    assert "And 3 more" in read(render_handout(replace(screened, judgement=many)))
    assert "more in the full report" not in read(render_handout(screened))


@needs_pdftotext
@pytest.mark.parametrize("face", FACES)
def test_hostile_text_is_shown_as_it_is(face: str) -> None:
    screened = replace(full_report(), source=HOSTILE, marks=(HOSTILE, "x" * 5000))
    content = FACES[face](screened)
    said = bare(read(content))
    assert bare(printable(HOSTILE)) in said
    assert not {"\u202e", "\x07", "\x1b"} & set(said)
    assert len(content) < LARGEST_FILE


@needs_pdftotext
@pytest.mark.parametrize("face", FACES)
def test_letters_that_no_font_has_are_named(face: str) -> None:
    name = "שלום Ωμέγα Жанна \U000f0000"
    content = FACES[face](replace(full_report(), source=name))
    said = read(content)
    assert "Ωμέγα" in said
    assert "Жанна" in said
    assert "[U+F0000]" in said


def test_a_report_with_nothing_in_it_has_a_page() -> None:
    empty = replace(full_report(), legs=(), comparisons=(), answers=Answers())
    empty = replace(empty, judgement=replace(empty.judgement, findings=(), results=(), concerns=()))
    for render in FACES.values():
        assert pages(render(empty)) >= 1


def test_without_typst_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor_screen.report.pdf.typesetting.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r'pip install "sensor-screen\[pdf\]"'):
        refuse_without_typst()
    with pytest.raises(UsageError):
        render_pdf(full_report())


# --- the lens -------------------------------------------------------------------------------------


def marks(svg: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    ]


def track(ratio: float, *, hollow: bool = False) -> Track:
    return Track(ratio, 0.05, (ratio,), 0.75, 0.9, doubtful=hollow)


def test_front_and_back_mirror_each_other() -> None:
    (front,) = marks(draw_lens((track(0.6),), front=True))
    (back,) = marks(draw_lens((track(0.6),), front=False))
    assert front[0] + back[0] == pytest.approx(276.0, abs=0.11)
    assert front[1] == back[1]


def test_a_larger_share_lies_lower_and_past_the_paper_it_is_a_pointer() -> None:
    heights = [
        marks(draw_lens((track(r),), front=True))[0][1] for r in (0.0, 0.3, 0.9, LARGEST_RATIO)
    ]
    assert heights == sorted(heights)
    past = draw_lens((track(1.4),), front=True)
    assert not marks(past)
    assert re.search(r'<path d="M[^"]*Z" fill="#12202A"', past)


def test_what_is_not_judged_is_hollow_and_without_zones_it_is_plain() -> None:
    hollow = draw_lens((track(0.5, hollow=True),), front=True)
    assert "stroke-dasharray" in hollow
    assert '#12202A" stroke="#12202A"' not in hollow
    plain = draw_lens((Track(0.5, 0.05, zoned=False),), front=False)
    assert "#7A2E62" not in plain
