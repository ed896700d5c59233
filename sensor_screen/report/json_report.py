"""The report as JSON, after the published schema `schema/screening-report-2.json`.

Angles are in degrees, each name ends in its unit, errors are one standard deviation unless the name
says `error_95`, and what is not known is null. What is said is in the language of the report, each
sentence with its key; sentences of the measurement too, as far as they are translated.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from sensor_screen.report.json_judgement import judgement_to_json
from sensor_screen.report.json_measures import comparison_to_json, leg_to_json
from sensor_screen.report.telling import tell

if TYPE_CHECKING:
    from sensor_screen.judgement import ScreeningReport

SCHEMA_ID = "screening-report-2"
SCHEMA_VERSION = "2.1.0"

Json = dict[str, Any]


def read_schema() -> Json:
    """The published JSON schema of the report."""
    folder = resources.files(__package__).joinpath("schema")
    schema: Json = json.loads(folder.joinpath(f"{SCHEMA_ID}.json").read_text(encoding="utf-8"))
    return schema


def report_to_json(report: ScreeningReport) -> Json:
    """The report as plain JSON values; every mark and every missing measure is in it.

    In wellness mode a request to stop stands alone, without a figure.
    """
    told = tell(report)
    alone = told.plain and told.stopped
    return {
        "schema": SCHEMA_ID,
        "schema_version": SCHEMA_VERSION,
        "software_version": report.software_version,
        "rulebook_version": told.judgement.rulebook_version,
        "claims": report.claims.value,
        "language": report.language.value,
        "origin": report.origin.value,
        "source": told.foreign(report.source),
        "recorded_on": told.recorded_on or None,
        "marks": [*told.own_marks(), *told.measured_marks()],
        "missing": [] if alone else [told.foreign_measured(text) for text in report.missing],
        "judgement": judgement_to_json(told),
        "legs": [] if alone else [leg_to_json(leg, told) for leg in report.legs],
        "comparisons": [] if alone else [comparison_to_json(one) for one in report.comparisons],
        "disclaimer": list(told.disclaimer()),
    }
