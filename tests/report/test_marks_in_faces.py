"""Every mark on every face: what a reader must know is lost nowhere.

The tables below are marks times faces. A sentence must stand on each face; a figure must stand
there with its error, or not stand there at all.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.judgement import Claims, Language, SessionMeasures
from sensor_screen.model import (
    AngleMark,
    CleaningCounts,
    ClockMap,
    LegMeasures,
    Origin,
    Placement,
    Recording,
    Side,
    Task,
)
from sensor_screen.report.fhir.collect import collect_screen
from sensor_screen.report.fhir.r4b import to_r4b
from sensor_screen.report.fhir.r5 import to_r5
from sensor_screen.report.html import render_html
from sensor_screen.report.json_report import report_to_json
from sensor_screen.report.letter import write_letter
from sensor_screen.report.opensim_files import write_angles
from sensor_screen.report.pdf.clinician import render_pdf
from sensor_screen.report.pdf.handout import render_handout
from sensor_screen.report.sample_tables import write_sample_tables
from sensor_screen.report.terminal import render_terminal
from sensor_screen.report.terminal_progress import render_progress
from sensor_screen.rules.claims import restrain
from sensor_screen.rules.voice import Voice
from sensor_screen.session.progress import ProgressReport
from sensor_screen.session.screen import name_marks
from sensor_screen.storage.motion_bids import write_motion_bids
from tests import made_exports
from tests.hand_made import fill_judgement, filled_report, flags, full_report, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.judgement import ScreeningReport
    from sensor_screen.session.export import Export

EN, DE = Language.ENGLISH, Language.GERMAN
ISSUED = "2026-11-27T10:00:00+00:00"
DAY = "2026-11-20"

# --- faces ----------------------------------------------------------------------------------------


def read_page(page: str) -> str:
    """The words of a web page, without its style and its markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<style>.*?</style>", "", page)))


def read_paper(content: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext reads the pages (poppler-utils)")
    command = ["pdftotext", "-raw", "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def dump(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def screen_of(screened: ScreeningReport) -> object:
    return collect_screen(screened, person="anna", issued=ISSUED)


FACES: dict[str, Callable[[ScreeningReport], str]] = {
    "terminal": lambda r: render_terminal(r, width=100),
    "narrow": lambda r: render_terminal(r, width=60, colour=False),
    "html": lambda r: read_page(render_html(r)),
    "pdf": lambda r: read_paper(render_pdf(r)),
    "handout": lambda r: read_paper(render_handout(r)),
    "letter": lambda r: write_letter(r, Voice(r.language)),
    "json": lambda r: dump(report_to_json(r)),
    "r4b": lambda r: dump(to_r4b(screen_of(r))),  # type: ignore[arg-type]
    "r5": lambda r: dump(to_r5(screen_of(r))),  # type: ignore[arg-type]
}
FOR_EVERYBODY = tuple(face for face in FACES if face != "letter")
"""A wellness report has no letter."""
WORDS = ("terminal", "narrow", "html", "pdf")
FHIR = ("r4b", "r5")


def bare(text: str) -> str:
    """Without what a line break may swallow: spaces, hyphens, and places to break a word."""
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", text)


# --- a report with every mark ---------------------------------------------------------------------


def lone_foot() -> LegMeasures:
    """Of another recording: a foot sensor, and no angle."""
    cleaning = {Placement.FOOT: CleaningCounts(received=900)}
    return LegMeasures(Side.RIGHT, None, None, ClockMap(origin="shared"), cleaning,
                       (), (), (), (), ())  # fmt: skip


def lone_shank(leg: LegMeasures, like: LegMeasures) -> LegMeasures:
    assert like.angle is not None
    marks = np.full(like.angle.time_s.size, int(AngleMark.SINGLE_SENSOR), dtype=np.uint16)
    angle = replace(like.angle, side=leg.side, marks=marks, method="shank inclination",
                    valid=np.ones(marks.size, dtype=np.bool_))  # fmt: skip
    return replace(
        leg,
        angle=angle,
        clock=ClockMap(origin="shared"),
        cleaning={Placement.SHANK: CleaningCounts(received=6000)},
    )


def doubtful(leg: LegMeasures) -> LegMeasures:
    """Figures that no other figure looks like, a poor calibration, an angle of 45 % valid."""
    assert leg.angle is not None
    assert leg.calibration is not None
    valid = np.arange(leg.angle.time_s.size) < 0.45 * leg.angle.time_s.size
    calibration = replace(
        leg.calibration,
        quality=0.4,
        axis_error_rad=np.radians(6.6),
        reasons=("the foot did not move in one plane during the pumps",),
    )
    capacities = tuple(
        replace(c, value_rad=np.radians(41.3), sigma_rad=np.radians(1.13))
        if c.condition == "lunge" else c
        for c in leg.capacities
    )  # fmt: skip
    demands = tuple(
        replace(d, typical_rad=np.radians(37.2), sigma_rad=np.radians(1.37), ratio=0.9007,
                ratio_sigma=0.0429)
        if d.task is Task.SQUAT else d
        for d in leg.demands
    )  # fmt: skip
    return replace(
        leg,
        angle=replace(leg.angle, valid=valid),
        calibration=calibration,
        capacities=capacities,
        demands=demands,
    )


NO_TIME = {"sensor WT901BLE67: timing estimated": "This sensor sends no time."}


@cache
def marked(language: Language, claims: Claims, flagged: bool = False) -> ScreeningReport:
    left, right = full_report().legs
    legs = (lone_shank(left, right), doubtful(right), lone_foot())
    bare_report = report(legs, origin=Origin.SIMULATED, missing=("left leg: no point.",))
    judgement = fill_judgement(bare_report.judgement)
    judgement = replace(judgement, red_flags=flags() if flagged else ())
    return replace(
        bare_report,
        judgement=restrain(judgement, claims),
        marks=name_marks((Recording((), origin=Origin.SIMULATED, notes=NO_TIME),), legs),
        claims=claims,
        language=language,
        recorded_on=DAY,
    )


@cache
def face_of(face: str, language: Language, claims: Claims, flagged: bool = False) -> str:
    return bare(FACES[face](marked(language, claims, flagged)))


# --- sentences ------------------------------------------------------------------------------------

SENTENCES = {
    "simulated": {
        EN: "simulated: no person was measured",
        DE: "simuliert: kein Mensch wurde gemessen",
    },
    "estimated timing": {
        EN: "estimated timing: the sensors' clocks were matched by the movement itself",
        DE: "geschätzte Zeiten: die Uhren der Sensoren wurden nach der Bewegung selbst abgeglichen",
    },
    "timing by arrival": {
        EN: "estimated timing: a sensor sends no time, and its samples are timed by their arrival",
        DE: "geschätzte Zeiten: ein Sensor sendet keine Zeit, seine Messwerte haben die ihrer "
        "Ankunft",
    },
    "single sensor, shank": {
        EN: "left: single sensor, the shank's inclination stands for the ankle",
        DE: "linkes Bein: ein Sensor allein, die Neigung des Unterschenkels steht für das "
        "Sprunggelenk",
    },
    "single sensor, foot": {
        EN: "right: single sensor, on the foot: there is no ankle angle",
        DE: "rechtes Bein: ein Sensor allein, am Fuß: einen Winkel des Sprunggelenks gibt es nicht",
    },
    "reduced validity": {
        EN: "right: the angle is valid in 45 % of the time only",
        DE: "rechtes Bein: der Winkel ist nur in 45 % der Zeit gültig",
    },
    "doubtful calibration": {
        EN: "right: poor calibration, axis known to 13 deg (95 %)",
        DE: "rechtes Bein: schlechte Kalibrierung, Achse auf 13° bekannt (95 %)",
    },
    "day": {EN: DAY, DE: DAY},
}
"""Said on every face, to everybody, in the first lines."""
FOR_CLINICIANS = {
    "default threshold": {
        EN: "Zones and limits are defaults, not clinical cut-offs",
        DE: "Zonen und Grenzen sind Voreinstellungen, keine klinischen Grenzwerte",
    },
}
"""Said on every face that shows a limit: a wellness report shows none."""


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("mark", SENTENCES | FOR_CLINICIANS)
def test_every_mark_is_on_every_face(mark: str, language: Language, face: str) -> None:
    sentence = (SENTENCES | FOR_CLINICIANS)[mark][language]
    assert bare(sentence) in face_of(face, language, Claims.CLINICIAN)


@pytest.mark.parametrize("face", FOR_EVERYBODY)
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("mark", SENTENCES)
def test_healthy_people_read_them_too(mark: str, language: Language, face: str) -> None:
    assert bare(SENTENCES[mark][language]) in face_of(face, language, Claims.WELLNESS)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("mark", SENTENCES)
def test_a_red_flag_hides_no_mark(mark: str, face: str) -> None:
    assert bare(SENTENCES[mark][EN]) in face_of(face, EN, Claims.CLINICIAN, flagged=True)


@pytest.mark.parametrize("face", FACES)
def test_a_day_that_nobody_said_is_said_to_be_unknown(face: str) -> None:
    screened = replace(marked(EN, Claims.CLINICIAN), recorded_on="")
    said = {"letter": "Date of the session: not known.", "json": '"recorded_on": null'}
    found = bare(FACES[face](screened))
    assert bare(said.get(face, "date not known")) in found
    assert bare(DAY) not in found


def test_marks_come_from_what_was_measured() -> None:
    legs = marked(EN, Claims.CLINICIAN).legs
    sound = replace(
        legs[1],
        clock=ClockMap(origin="shared"),
        calibration=replace(legs[1].calibration, quality=0.9),
        angle=replace(legs[1].angle, valid=np.ones_like(legs[1].angle.valid)),
    )
    assert name_marks((Recording(()),), (sound,)) == ()


# --- figures with their errors --------------------------------------------------------------------


def component(code: str, value: float | str) -> str:
    """A component of an observation with this value."""
    return rf'"code":"{code}","display":"[^"]*"}}\]}},"valueQuantity":{{"value":{value},'


NOT_SHOWN = "not shown"
NO_NORM = {EN: "no norm for this placement", DE: "für diesen Ort .{0,16}ist keine Norm bekannt"}


def each(faces: tuple[str, ...], pattern: str) -> dict[str, str]:
    return dict.fromkeys(faces, pattern)


FIGURES: dict[str, dict[str, str]] = {
    "end range": {
        **each((*WORDS, "handout"), r"41°±2"),
        "letter": r"41.3±2.2°",
        "json": r'"value_deg":41\.3,"sigma_deg":1\.13',
        **each(FHIR, component("error95", r"2\.21")),
    },
    "judged position": {
        **each((*WORDS, "handout"), r"90±8%"),
        "letter": r"90±8%",
        "json": r'"ratio_error_95":0\.0841',
        **each(FHIR, component("error95", r"0\.0841")),
    },
    "typical peak": {
        **each(WORDS, r"37°±3"),
        "handout": NOT_SHOWN,
        "letter": r"37.2±2.7°",
        "json": r'"typical_deg":37\.2,"sigma_deg":1\.37',
        **each(FHIR, component("error95", r"2\.69")),
    },
    "tilt in a stance": {
        **each(WORDS, r"0.78°±0.17"),
        **each(("handout", "letter"), NOT_SHOWN),
        "json": r'"shank_total_rms_sigma_deg":0\.08594',
        **each(FHIR, component("error95", r"0\.168")),
    },
    "acceleration in a stance": {
        **each((*WORDS, "handout", "letter"), NOT_SHOWN),
        "json": r'"rms_sigma_mps2":0\.0',
        **each(FHIR, component("swaypatherror95", r"[\d.]+")),
    },
    "difference of the sides": {
        **each(WORDS, r"32°±3"),
        "handout": NOT_SHOWN,
        "letter": r"−32.3±3.0°",
        "json": r'"sigma":1\.509',
        **each(FHIR, component("error95", r"2\.96")),
    },
    "change": {
        **each(WORDS, r"4.5°\("),
        **each(("handout", "letter"), NOT_SHOWN),
        "json": r'"smallest":4\.5',
        **each(FHIR, component("smallestchange", r"4\.5")),
    },
    "time near the end": {
        **each(WORDS, r"\d.\ds?(to|bis)\d.\ds"),
        **each(("handout", "letter"), NOT_SHOWN),
        "json": r'"time_low_s":[\d.]+,"time_high_s":[\d.]+',
        **each(FHIR, component("least", r"[\d.]+")),
    },
}
"""What must be found on a face; its point is the comma of German words."""
BARE_FIGURES = {
    "typical peak": r"37°|37.2",
    "tilt in a stance": r"0.78|0\.779",
    "acceleration in a stance": r"m/s2|m/s²",
    "difference of the sides": r"32°|32.3",
    "change": r"28°|34°",
    "time near the end": r"\d.\ds(in|bei)\d",
}
"""How a figure would look on a face of which the table says that it does not show it."""
JUDGED = ("judged position", "time near the end")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_has_its_error_or_is_not_there(figure: str, language: Language, face: str) -> None:
    expected = FIGURES[figure][face]
    found = face_of(face, language, Claims.CLINICIAN)
    if expected is NOT_SHOWN:
        assert not re.search(BARE_FIGURES[figure], found)
    else:
        assert re.search(expected, found)


@pytest.mark.parametrize("face", FOR_EVERYBODY)
@pytest.mark.parametrize("figure", [f for f in FIGURES if f not in JUDGED])
def test_figures_of_healthy_people_have_their_errors(figure: str, face: str) -> None:
    expected = FIGURES[figure][face]
    if face == "handout" and expected is not NOT_SHOWN:
        expected = r"ownendrange\d+°±\d"  # its one lens may be that of another range
    if expected is not NOT_SHOWN:
        assert re.search(expected, face_of(face, EN, Claims.WELLNESS))


ALL_READERS = [(face, Claims.CLINICIAN) for face in FACES]
ALL_READERS += [(face, Claims.WELLNESS) for face in FOR_EVERYBODY]


@pytest.mark.parametrize(("face", "claims"), ALL_READERS)
@pytest.mark.parametrize("language", Language)
def test_where_sway_is_shown_it_has_no_norm(face: str, claims: Claims, language: Language) -> None:
    found = face_of(face, language, claims)
    shown = FIGURES["tilt in a stance"][face] is not NOT_SHOWN
    assert bool(re.search(bare(NO_NORM[language]), found, re.IGNORECASE)) == shown


DEFAULTS = {
    **each(WORDS, r"default|Voreinstellung"),
    "letter": r"10\((default|Voreinstellung)\)",
    "json": r'"grade":"B","default":true',
    **each(FHIR, r"configurabledefault|einstellbareVorgabe"),
}


@pytest.mark.parametrize("face", DEFAULTS)
@pytest.mark.parametrize("language", Language)
def test_a_limit_of_our_own_says_so_beside_it(face: str, language: Language) -> None:
    """Apart from what the disclaimer says of all limits."""
    found = bare(FACES[face](filled_report(language=language)))
    said = bare(FOR_CLINICIANS["default threshold"][language])
    assert said in found
    assert re.search(DEFAULTS[face], found.replace(said, ""))


# --- several sessions -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", Language)
def test_progress_says_each_mark_and_of_which_session(language: Language) -> None:
    screened = marked(EN, Claims.CLINICIAN)
    sessions = tuple(SessionMeasures(screened.legs, recorded_on=d) for d in ("2026-11-13", DAY))
    followed = ProgressReport(
        sessions=sessions,
        judgements=(screened.judgement,) * 2,
        series={},
        weeks=(),
        this_week=(),
        origin=Origin.SIMULATED,
        claims=Claims.CLINICIAN,
        marks=(screened.marks[:1], screened.marks),
    )
    found = bare(render_progress(followed, language))
    for name, said in SENTENCES.items():
        of = "" if name in ("simulated", "day") else f" ({DAY})"
        assert bare(said[language] + of) in found
    assert found.count(bare(SENTENCES["simulated"][language])) == 1


# --- exports --------------------------------------------------------------------------------------


def read_csv_folder(export: Export, folder: Path) -> str:
    write_sample_tables(export, folder)
    return (folder / "README.json").read_text(encoding="utf-8")


def read_mot(export: Export, folder: Path) -> str:
    path = folder / "ankle_angles.mot"
    with path.open("w", encoding="utf-8") as stream:
        write_angles([leg.angle for leg in export.legs if leg.angle], export.provenance, stream)
    return path.read_text(encoding="utf-8").partition("endheader")[0]


def read_sidecars(export: Export, folder: Path) -> str:
    write_motion_bids(export, folder, "01")
    sidecars = [*folder.rglob("*_motion.json")]
    texts = [sidecar.read_text(encoding="utf-8") for sidecar in sidecars]
    assert len(texts) > 1
    return min(texts, key=lambda text: text.count("simulated: no person"))


def read_mcap(export: Export, folder: Path) -> str:
    pytest.importorskip("mcap", reason="mcap is not installed")
    from mcap.reader import make_reader

    from sensor_screen.storage.mcap_export import write_mcap

    path = folder / "a.mcap"
    with path.open("wb") as stream:
        write_mcap(export, stream)
    with path.open("rb") as stream:
        found = {m.name: m.metadata for m in make_reader(stream).iter_metadata()}
    return dump(found["provenance"])


EXPORTS: dict[str, Callable[[Export, Path], str]] = {
    "csv": read_csv_folder,
    "mot": read_mot,
    "motion-bids": read_sidecars,
    "mcap": read_mcap,
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_mark_travels_with_the_samples(kind: str, tmp_path: Path) -> None:
    export = made_exports.export()
    marks = marked(EN, Claims.CLINICIAN).marks
    assert set(marks) == {said[EN] for name, said in SENTENCES.items() if name != "day"}
    assert "simulated: no person was measured" in export.provenance.marks
    export = replace(export, provenance=replace(export.provenance, marks=marks, recorded_on=DAY))
    found = bare(EXPORTS[kind](export, tmp_path))
    for sentence in (*marks, DAY, FOR_CLINICIANS["default threshold"][EN]):
        assert bare(sentence) in found, sentence
