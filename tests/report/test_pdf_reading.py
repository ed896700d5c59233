"""The PDF of the sample people, read by others: a validator, pikepdf (qpdf) and pypdf.

The validator is `page` (rules of PDF/UA-1 and PDF/A-2b); the rest looks at what it cannot judge:
whether nothing runs, whether headings lead on, whether words of figures and tables are there.
"""

from __future__ import annotations

import io
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import page as validator
import pikepdf
import pytest
from pypdf import PdfReader

from sensor_screen.judgement import Claims, Language
from sensor_screen.report.pdf.clinician import render_pdf
from sensor_screen.report.pdf.handout import render_handout
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
from tests.hand_made import filled_report
from tests.sample_reports import screened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sensor_screen.judgement import ScreeningReport

FACES: dict[str, Callable[[ScreeningReport], bytes]] = {
    "clinician": render_pdf,
    "handout": render_handout,
}
OTHERS = {
    "german": lambda: filled_report(language=Language.GERMAN),
    "wellness": lambda: filled_report(Claims.WELLNESS),
}
LARGEST_FILE = 500_000
# ISO 32000-1, 14.8.4: structure types that every reader knows.
STANDARD = {
    *("Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index"),
    *("NonStruct", "Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl"),
    *("LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Quote", "Note"),
    *("Reference", "BibEntry", "Code", "Link", "Annot", "Figure", "Formula", "Form"),
}
ACTIVE = {
    *("/JS", "/JavaScript", "/AA", "/OpenAction", "/URI", "/Launch", "/EF", "/EmbeddedFiles"),
    *("/AF", "/XFA", "/AcroForm", "/RichMedia", "/Encrypt"),
}


@cache
def content(name: str, face: str) -> bytes:
    return FACES[face](OTHERS[name]() if name in OTHERS else screened(name))


@pytest.fixture(params=[(n, f) for n in (*SAMPLE_PEOPLE, *OTHERS) for f in FACES],
                ids="-".join)  # fmt: skip
def named(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def pdf(named: tuple[str, str]) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(content(*named))) as opened:
        yield opened


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """The structure in the order in which it is read aloud."""
    if isinstance(node, pikepdf.Array):
        for one in node:
            yield from elements(one)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        if "/K" in node:
            yield from elements(node.K)


def kind(element: pikepdf.Dictionary, pdf: pikepdf.Pdf) -> str:
    """The standard type of an element, its role looked up."""
    roles = pdf.Root.StructTreeRoot.get("/RoleMap", pikepdf.Dictionary())
    name = element.S
    while str(name)[1:] not in STANDARD and str(name) in roles:
        name = roles[str(name)]
    return str(name)[1:]


@pytest.mark.parametrize("profile", ["PDF_UA_1", "PDF_A_2B"])
def test_the_validator_finds_it_compliant(named: tuple[str, str], profile: str) -> None:
    standard = validator.ValidationProfile[profile]
    found = validator.validate_pdf_bytes(content(*named), profile=standard)
    assert [f"{one.rule_id}: {one.message}" for one in found.failures] == []
    assert found.is_compliant
    assert found.rules.total > 100


def test_nothing_is_wrong_with_the_file(named: tuple[str, str], pdf: pikepdf.Pdf) -> None:
    assert pdf.check_pdf_syntax() == []
    assert not pdf.is_encrypted
    assert len(content(*named)) <= LARGEST_FILE


def test_it_says_which_standards_it_keeps(named: tuple[str, str], pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as said:
        assert said.pdfa_status == "2B"
        assert said["pdfuaid:part"] == "1"
        assert said["dc:title"] == str(pdf.docinfo["/Title"]) != ""
    assert "/Metadata" in pdf.Root
    assert "/Filter" not in pdf.Root.Metadata, "XMP may not be compressed"
    assert [str(one.S) for one in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
    assert "/DestOutputProfile" in pdf.Root.OutputIntents[0]
    assert str(pdf.Root.Lang).split("-")[0] == ("de" if named[0] == "german" else "en")
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)


def test_every_font_is_in_the_file_with_its_letters(pdf: pikepdf.Pdf) -> None:
    dictionaries = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary)]
    fonts = [o for o in dictionaries if o.get("/Type") == "/Font"]
    assert fonts
    for font in fonts:
        if font.Subtype == "/Type0":
            assert "/ToUnicode" in font
            assert len(font.DescendantFonts) == 1
        else:
            files = {"/FontFile", "/FontFile2", "/FontFile3"} & {*font.FontDescriptor.keys()}
            assert len(files) == 1
            assert len(font.FontDescriptor[files.pop()].read_bytes()) > 500


def keys(node: object) -> Iterator[str]:
    """Every key of an object and of what lies directly in it."""
    if isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in node.items():
            yield key
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                yield from keys(value)
    elif isinstance(node, pikepdf.Array):
        for value in node:
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                yield from keys(value)


def test_nothing_in_it_runs_leads_out_or_hides(pdf: pikepdf.Pdf) -> None:
    found = {key for one in pdf.objects for key in keys(one)}
    assert {"/Pages", "/StructParents"} <= found
    assert not found & ACTIVE
    assert not pdf.attachments
    annotations = [a for page in pdf.pages for a in page.get("/Annots", [])]
    assert {str(a.Subtype) for a in annotations} <= {"/Link"}
    assert all("/Contents" in a for a in annotations)


def test_everything_is_tagged_in_a_known_way(pdf: pikepdf.Pdf) -> None:
    assert bool(pdf.Root.MarkInfo.Marked)
    assert not bool(pdf.Root.MarkInfo.get("/Suspects", False))
    root = pdf.Root.StructTreeRoot
    assert "/ParentTree" in root
    kinds = [kind(element, pdf) for element in elements(root.K)]
    assert kinds[0] == "Document"
    assert {*kinds} <= STANDARD
    headings = [int(k[1]) for k in kinds if k[0] == "H" and k[1:].isdigit()]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    for page in pdf.pages:
        assert "/StructParents" in page
        open_marks = 0
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in ("BDC", "BMC"):
                open_marks += 1
            elif name == "EMC":
                open_marks -= 1
            elif name in ("Tj", "TJ", "'", '"', "Do", "f", "F", "f*", "B", "S", "s", "sh"):
                assert open_marks > 0, f"{name} {operands} is neither content nor an artifact"
        assert open_marks == 0


def test_figures_have_words_and_tables_have_heads(named: tuple[str, str], pdf: pikepdf.Pdf) -> None:
    found = [(kind(e, pdf), e) for e in elements(pdf.Root.StructTreeRoot.K)]
    figures = [e for name, e in found if name in ("Figure", "Formula")]
    assert all(len(str(e.get("/Alt", "")).split()) >= 3 for e in figures)
    if named == ("sore-kicker", "clinician"):
        assert len(figures) >= 4
    for name, table in found:
        if name != "Table":
            continue
        rows = [e for e in elements(table.K) if kind(e, pdf) == "TR"]
        cells = [[kind(c, pdf) for c in elements(row.K)] for row in rows]
        assert "TH" in cells[0]
        heads = [e for e in elements(table.K) if kind(e, pdf) == "TH"]
        attributes = [a for e in heads for a in (e.A if isinstance(e.A, pikepdf.Array) else [e.A])]
        assert sum("/Scope" in a for a in attributes) == len(heads)


def test_a_second_reader_finds_the_title_and_the_words(named: tuple[str, str]) -> None:
    name, face = named
    reader = PdfReader(io.BytesIO(content(name, face)), strict=True)
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.attachments == {}
    said = " ".join(page.extract_text() for page in reader.pages)
    assert ("imulier" if name == "german" else "imulated") in said
    assert "\ufffd" not in said
