"""The page: whole, harmless, without anything from elsewhere, and nothing left out."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.judgement import Claims, ConcernLevel, Language, Statement, Zone
from sensor_screen.model import Origin, Side, Task
from sensor_screen.report.html import render_html
from sensor_screen.report.html.gallery import GalleryEntry, render_index, render_picture
from sensor_screen.report.html.lens import Lens, draw_lens, draw_zoom
from sensor_screen.report.html.markup import say, tag
from sensor_screen.report.html.page import POLICY
from sensor_screen.report.html.tokens import DARK, LIGHT, PAIRS, PAPER
from sensor_screen.report.range_lens import LARGEST_RATIO, Track
from sensor_screen.report.telling import tell
from sensor_screen.rules.claims import read_withheld_words
from sensor_screen.rules.voice import Voice
from tests.hand_made import (
    RATE_HZ,
    ankle,
    fill_judgement,
    filled_report,
    full_report,
    hills,
    leg_measures,
    report,
    trace,
)
from tests.sample_reports import screened

if TYPE_CHECKING:
    from sensor_screen.judgement import ScreeningReport

ROOT = Path(__file__).parents[2]
ENGLISH = Voice(Language.ENGLISH)
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """A strict reader: every tag is closed in its turn, no attribute stands twice."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.parents: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}"
        self.tags.append((tag, dict(attrs)))
        self.parents.append(self.open[-1] if self.open else "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.parents.append(self.open[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a beginning"
        assert self.open.pop() == tag, f"</{tag}> out of turn"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def said(page: str) -> str:
    """What a person can read or hear, in one line."""
    return re.sub(r"\s+", " ", " ".join(read(page).said))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


FACES = [
    filled_report(claims, language, flagged=flagged)
    for claims in Claims
    for language in Language
    for flagged in (False, True)
]


# --- form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("screened", [*FACES, full_report(), report([])])
def test_a_page_is_well_formed(screened: ScreeningReport) -> None:
    page = render_html(screened)
    assert page.startswith("<!doctype html>\n<html ")
    reader = read(page)
    names = [name for name, _ in reader.tags]
    for once in ("html", "head", "body", "main", "h1"):
        assert names.count(once) == 1
    assert dict(reader.tags)["html"]["lang"] == screened.language.value
    ids = Counter(a["id"] for _, a in reader.tags if "id" in a)
    assert max(ids.values()) == 1
    for _, attributes in reader.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            if name in attributes:
                assert attributes[name] in ids
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


@pytest.mark.parametrize("screened", FACES)
def test_nothing_runs_and_nothing_is_fetched(screened: ScreeningReport) -> None:
    page = render_html(screened)
    reader = read(page)
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & {
        name for name, _ in reader.tags
    }
    attributes = [(k, v or "") for _, one in reader.tags for k, v in one.items()]
    assert not [k for k, _ in attributes if k.startswith("on")]
    assert all(v.startswith("#") for k, v in attributes if k in ("href", "src", "xlink:href"))
    assert "://" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {"#hatch", "#hatch-light"}
    policies = [a["content"] for n, a in reader.tags if n == "meta" and "http-equiv" in a]
    assert policies == [POLICY]
    assert "default-src 'none'" in POLICY


@pytest.mark.parametrize("screened", [filled_report(), filled_report(Claims.WELLNESS)])
def test_it_can_be_read_without_seeing_it(screened: ScreeningReport) -> None:
    page = render_html(screened)
    reader = read(page)
    levels = [int(name[1]) for name, _ in reader.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        hidden = 'aria-hidden="true"' in picture.partition(">")[0]
        assert hidden or ('role="img"' in picture and "<title " in picture and "<desc " in picture)
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        assert re.search(r"<caption>[^<]", table)
    heads = [a for name, a in reader.tags if name == "th"]
    assert len(heads) > 10
    assert {a.get("scope") for a in heads} == {"col", "row"}


def test_a_whole_screen_is_small() -> None:
    """Two legs of a quarter of an hour: the size does not grow with the recording."""
    angle = hills([30.0] * 300)
    legs = [
        dataclasses.replace(
            leg_measures(ankle(side, squat=[30.0] * 60, kick=[50.0] * 60)),
            angle=trace(angle + np.random.default_rng(1).normal(0.0, 1.0, angle.size), side=side),
        )
        for side in (Side.LEFT, Side.RIGHT)
    ]
    assert angle.size / RATE_HZ > 800.0
    plain = report(legs)
    page = render_html(dataclasses.replace(plain, judgement=fill_judgement(plain.judgement)))
    assert len(page.encode()) < 500_000


# --- content --------------------------------------------------------------------------------------


def test_nothing_of_the_report_is_left_out() -> None:
    screened = filled_report()
    judgement = screened.judgement
    close = [f for f in judgement.findings if f.zone != Zone.GREEN]
    statements = [
        *(one for f in close for one in (*f.meaning, f.threshold_note)),
        *(one for advice in judgement.advice for one in (*advice.statements, advice.reason)),
        *(r.statement for r in judgement.results if r.statement is not None),
        *(r.base_rate for r in judgement.results if r.base_rate is not None),
        *(one for concern in judgement.concerns for one in concern.why),
        *(one.statement for one in (*judgement.patterns, *judgement.pathway)),
        *(item.statement for item in judgement.readiness),
        *judgement.cards,
    ]
    sentences = [
        *screened.marks,
        *screened.missing,
        *(sentence for leg in screened.legs for sentence in leg.missing),
        *(reason for leg in screened.legs for stance in leg.sway for reason in stance.reasons),
        *(ENGLISH.say(statement) for statement in statements),
        *(tell(screened).say_change(change) for change in judgement.changes),
        ENGLISH.text("disclaimer.clinician"),
        ENGLISH.text("report.simulated"),
        ENGLISH.text("report.sway.own_only"),
        screened.source,
        screened.software_version,
        judgement.rulebook_version,
    ]
    assert len(sentences) > 30
    text = said(render_html(screened))
    for sentence in sentences:
        assert flat(sentence) in text


@pytest.mark.parametrize("claims", Claims)
def test_marks_stand_before_the_first_sentence(claims: Claims) -> None:
    page = render_html(filled_report(claims))
    for mark in full_report().marks:
        assert page.index(mark) < page.index("<h1>")
    if claims is Claims.RESEARCH:
        assert page.index(ENGLISH.text("clinic.not_for_care")) < page.index("<h1>")


def test_advice_follows_the_verdict_and_says_what_it_rests_on() -> None:
    page = render_html(filled_report())
    places = [page.index(part) for part in ("<h1>", 'class="verdicts"', 'id="advice"', "<figure")]
    assert places == sorted(places)
    advice = page[page.index('id="advice"') : page.index("<figure")]
    for text in (
        "squat to a box",
        "four degrees less",
        "squats hurt at the front",
        "in a deep squat?",
    ):
        assert text in advice


@pytest.mark.parametrize("level", [level for level in ConcernLevel if level < 4])
def test_concern_is_pips_and_words(level: ConcernLevel) -> None:
    page = render_html(filled_report(top=level))
    block = page[page.index('class="verdicts"') :]
    block = block[: block.index("</section>")]
    assert block.count('<i class="on">') == level
    assert block.count("<i") == 6
    assert ENGLISH.word(level, "label") in block


def test_a_mark_that_is_not_judged_is_hollow_and_questioned() -> None:
    page = render_html(report([leg_measures(ankle(bend_deg=9.0, squat=[9.0, 10.0]))]))
    lens = re.search(r"<svg[^>]*lens-left-anterior-t.*?</svg>", page, re.DOTALL)
    assert lens is not None
    assert 'class="hollow"' in lens[0]
    assert 'class="plain"' in lens[0]
    assert "?</text>" in lens[0]
    assert not re.search(r'class="(clear|close|near|beyond)"', lens[0])


def test_a_gap_is_a_gap() -> None:
    curve = hills([30.0, 30.0, 30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[250:420] = False
    for angle, pieces in (
        (trace(curve), 1),
        (trace(np.where(valid, curve, np.nan), valid=valid), 2),
    ):
        leg = dataclasses.replace(leg_measures(ankle(squat=[30.0])), angle=angle)
        page = render_html(report([leg]))
        picture = page[page.index("curve-left-t") :]
        path = re.search(r'<path d="([^"]*)" class="ink" stroke-width="1.4"/>', picture)
        assert path is not None
        assert path[1].count("M") == pieces
        assert (ENGLISH.text("report.page.curve_gaps") in page) == (pieces == 2)


def test_a_short_peak_is_not_lost() -> None:
    curve = np.zeros(60_000)
    curve[31_234] = 41.0
    leg = dataclasses.replace(leg_measures(ankle(squat=[30.0])), angle=trace(curve))
    page = render_html(report([leg]))
    picture = page[page.index("curve-left-t") :]
    path = re.search(r'<path d="([^"]*)" class="ink" stroke-width="1.4"/>', picture)
    assert path is not None
    heights = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", path[1])]
    assert max(heights) - min(heights) > 50.0


# --- the lens -------------------------------------------------------------------------------------


def a_lens(*tracks: Track, front: bool = True, pain: bool = False) -> Lens:
    texts = ("neutral", "94 %", ("of your own range", "squat"), "a lens", "squat: 94 %", "enlarged")
    neutral, large, below, title, words, zoom = texts
    return Lens("x", front, tracks, "end 34°", pain, neutral, large, below, title, words, zoom)  # type: ignore[arg-type]


def discs(picture: str) -> list[tuple[float, float]]:
    found = re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)" r="6"', picture)
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.75, 1.0, LARGEST_RATIO])
def test_the_mark_is_where_the_geometry_says(ratio: float) -> None:
    """Pivot, radius and sweep of the fan, 17 px outside the track."""
    track = Track(ratio, 0.05, close_from=0.75, near_from=0.9)
    for front, pivot, side in ((True, 288.0, -1.0), (False, 84.0, 1.0)):
        ((x, y),) = discs(draw_lens(a_lens(track, front=front)))
        angle = np.radians(82.0) * ratio
        assert x == pytest.approx(pivot + side * 255.0 * np.sin(angle), abs=0.06)
        assert y == pytest.approx(266.0 - 255.0 * np.cos(angle), abs=0.06)


@pytest.mark.parametrize("ratio", [-0.4, LARGEST_RATIO + 0.01, 3.0])
def test_off_the_scale_the_mark_is_an_arrow(ratio: float) -> None:
    assert discs(draw_lens(a_lens(Track(ratio, 0.05, zoned=False)))) == []


def test_an_end_by_pain_is_dashed() -> None:
    track = Track(0.5, 0.05, zoned=False)
    assert "ink dash" not in draw_lens(a_lens(track))
    assert "ink dash" in draw_lens(a_lens(track, pain=True))


def test_the_enlarged_part_shows_only_what_reaches_it() -> None:
    axis = ("70 %", "80 %", "90 %", "100 %")
    low = Track(0.3, 0.05, close_from=0.75, near_from=0.9)
    high = Track(0.95, 0.05, close_from=0.75, near_from=0.9)
    assert draw_zoom(a_lens(low), axis) == ""
    assert len(discs(draw_zoom(a_lens(high, low), axis))) == 1


# --- for whom -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("flagged", [False, True])
@pytest.mark.parametrize("restrained", [False, True])
def test_wellness_says_no_withheld_word(
    language: Language, flagged: bool, restrained: bool
) -> None:
    if restrained:
        screened = filled_report(Claims.WELLNESS, language, flagged=flagged)
    else:
        bare = filled_report(flagged=flagged)
        screened = dataclasses.replace(bare, claims=Claims.WELLNESS, language=language)
    page = render_html(screened)
    emergency = Voice(language).text("wellness.emergency")
    text = said(page)
    assert emergency in text
    text = text.replace(emergency, "")
    for one in {Language.ENGLISH, language}:
        assert read_withheld_words(one).search(text) is None
    body = page[page.index("<body>") :]
    assert not re.search(r'class="(t-)?(clear|close|near|beyond)"|class="pips', body)


@pytest.mark.parametrize("claims", Claims)
def test_a_red_flag_shows_no_position(claims: Claims) -> None:
    page = render_html(filled_report(claims, flagged=True))
    body = page[page.index("<main") :]
    assert "<svg" not in body
    assert "<table" not in body
    assert "°" not in said(page)
    if claims is not Claims.WELLNESS:
        # The most pressing first.
        assert body.index("short of breath") < body.index("a hot joint")


# --- hostile text ---------------------------------------------------------------------------------

HOSTILE = [
    '<script>alert("x")</script>',
    "\"><img src=x onerror=alert(1)> ' onclick='x",
    "</title></style></svg></main><h1>no</h1>",
    "&lt;b&gt; &amp; &#x202e;",
    "\u202egnp.exe\u2066\u200f abc",
    "عربى עברית",
    "\x00\x1b[31m\x07\ud800 end",
    "W" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("claims", Claims)
def test_hostile_text_is_only_text(text: str, claims: Claims) -> None:
    calm, bad = (
        render_html(
            dataclasses.replace(
                filled_report(claims),
                source=word,
                marks=(word,),
                missing=(word,),
                software_version=word,
            )
        )
        for word in ("calm", text)
    )
    assert [n for n, _ in read(bad).tags] == [n for n, _ in read(calm).tags]
    assert Counter(k for _, a in read(bad).tags for k in a) == Counter(
        k for _, a in read(calm).tags for k in a
    )
    bad.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", bad)
    readable = re.sub(
        "[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800]", "\ufffd", text
    )
    assert said(bad).count(flat(readable)) >= 3


def test_hostile_text_in_a_statement_is_only_text() -> None:
    bare = full_report()
    nasty = Statement("clinic.rests_on", {"what": "<script>x</script>"})
    judgement = dataclasses.replace(bare.judgement, cards=(nasty,))
    page = render_html(dataclasses.replace(bare, judgement=judgement))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_markup_is_escaped_once() -> None:
    assert say("a < b & c") == "a &lt; b &amp; c"
    assert say(say("a < b")) == "a &lt; b"
    assert tag("p", tag("b", "<"), class_='"') == '<p class="&quot;"><b>&lt;</b></p>'


# --- colours --------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} on {pair[1]}")
def test_inks_stand_out(theme: dict[str, str], pair: tuple[str, str, float]) -> None:
    ink, ground, least = pair
    light, dark = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_the_page_has_every_colour_that_it_asks_for() -> None:
    page = render_html(filled_report())
    asked = set(re.findall(r"var\(--([\w-]+)\)", page))
    assert asked <= set(LIGHT)
    assert set(LIGHT) == set(DARK) == set(PAPER)
    style = page[page.index("<style>") : page.index("</style>")]
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", style)) <= {
        *LIGHT.values(), *DARK.values(), *PAPER.values(),
    }  # fmt: skip
    for mode in ("prefers-color-scheme:dark", "@media print", "@page", "forced-colors"):
        assert mode in style


# --- gallery --------------------------------------------------------------------------------------


def test_the_index_names_everybody_and_leads_to_every_page() -> None:
    entries = [GalleryEntry("ann", "bends <little>", ("ann.html", "ann-de.html"))]
    page = render_index(entries)
    links = [a["href"] for name, a in read(page).tags if name == "a"]
    assert links == ["ann.html", "ann-de.html"]
    assert "bends &lt;little&gt;" in page


def test_the_picture_of_the_readme_is_what_the_gallery_draws() -> None:
    """Up to half a unit: another processor may round otherwise; and but for the style sheet."""
    path = ROOT / "sensor_screen/docs/pictures/sore-kicker.svg"
    sheet = re.compile("<style>.*?</style>", re.DOTALL)
    stored = sheet.sub("", path.read_text(encoding="utf-8"))
    drawn = sheet.sub("", render_picture(screened("sore-kicker")))
    number = re.compile(r"-?\d+(?:\.\d+)?")
    assert number.sub("0", stored) == number.sub("0", drawn)
    pairs = zip(number.findall(stored), number.findall(drawn), strict=True)
    assert all(abs(float(one) - float(other)) <= 0.5 for one, other in pairs)


def test_every_task_has_its_picture() -> None:
    screened = full_report()
    assert screened.origin is Origin.SIMULATED
    page = render_html(screened)
    drawn = {f.task for f in screened.judgement.findings}
    assert Task.KICK in drawn
    for finding in screened.judgement.findings:
        words = [ENGLISH.word(finding.task), f"lens-{finding.side.value}-{finding.panel.value}-d"]
        description = re.search(rf'<desc id="{words[1]}">([^<]*)</desc>', page)
        assert description is not None
        assert words[0] in description[1]
