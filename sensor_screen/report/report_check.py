"""Whether what was read is a report that this version understands, part by part.

Newer reports of the same schema may hold more: what is not known is let be. A newer schema is
refused by name. The check is that of the published schema, with the keywords that it uses.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ReportError
from sensor_screen.report.json_report import SCHEMA_ID, SCHEMA_VERSION, read_schema
from sensor_screen.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
_FAMILY, _, _OURS = SCHEMA_ID.rpartition("-")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,),
    "integer": (int,), "number": (int, float), "null": (type(None),),
}  # fmt: skip
_LONGEST_SAID = 60


def check_report(content: Mapping[str, Any], name: str) -> Json:
    """The report, checked.

    Args:
        content: A decoded JSON object.
        name: What to call it: a file name.

    Raises:
        ReportError: It is no report, one of another schema, or a part of it is not as the schema
            says; the first such part is named.
    """
    _check_schema(content.get("schema"), name)
    version = content.get("schema_version")
    newer = _is_newer(version, name)
    root = _schema()
    problem = next(_find_problems(dict(content), root, _Rules(root, lenient=newer), ""), None)
    if problem is not None:
        where, said = problem
        raise ReportError(
            f"{name}, {where}" if where else name, said, "write the report again with `screen`"
        )
    return dict(content)


def check_kept_report(content: Mapping[str, Any], name: str) -> Json:
    """The report, where its bytes are known to be those that this software wrote and kept.

    One of the very schema version known here is as that says; any other is checked in full.

    Args:
        content: A decoded JSON object, whose bytes were held against their hash.
        name: What to call it.

    Raises:
        ReportError: As `check_report`.
    """
    ours = content.get("schema") == SCHEMA_ID and content.get("schema_version") == SCHEMA_VERSION
    return dict(content) if ours else check_report(content, name)


@cache
def _schema() -> Json:
    return read_schema()


def _check_schema(schema: object, name: str) -> None:
    remedy = "name a report that `screen --json` wrote"
    if not isinstance(schema, str):
        raise ReportError(name, "it is no screening report (it names no schema)", remedy)
    family, _, number = schema.rpartition("-")
    if family != _FAMILY or not re.fullmatch(r"[1-9]\d{0,3}", number):
        raise ReportError(name, f"it is no screening report ({_show(schema)})", remedy)
    if int(number) > int(_OURS):
        raise ReportError(
            name, f"it is a {schema}, newer than the {SCHEMA_ID} known here", "update sensor-screen"
        )
    if int(number) < int(_OURS):
        raise ReportError(
            name, f"it is a {schema}, older than the {SCHEMA_ID} read here", "screen again"
        )


def _is_newer(version: object, name: str) -> bool:
    """Whether it may hold what this version does not know."""
    text = version if isinstance(version, str) else ""
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})\.\d{1,4}", text)
    if match is None or match[1] != _OURS:
        raise ReportError(
            name,
            f"its schema_version {_show(version)} is none of {SCHEMA_ID}",
            "write the report again with `screen`",
        )
    return int(match[2]) > int(SCHEMA_VERSION.split(".")[1])


# --- the schema -----------------------------------------------------------------------------------

Problem = tuple[str, str]


class _Rules:
    """The schema that references point into, and whether unknown names are let be."""

    def __init__(self, root: Json, *, lenient: bool) -> None:
        self.root = root
        self.lenient = lenient

    def resolve(self, reference: str) -> Json:
        found: Json = self.root["$defs"][reference.removeprefix("#/$defs/")]
        return found


def _find_problems(value: Any, schema: Json, rules: _Rules, where: str) -> Iterator[Problem]:  # noqa: ANN401
    """Where a value is not as a schema says, and in which way; the first is enough."""
    if "$ref" in schema:
        yield from _find_problems(value, rules.resolve(schema["$ref"]), rules, where)
    yield from _of_value(value, schema, where)
    if "if" in schema:
        fits = _fits(value, schema["if"], rules)
        branch = schema.get("then" if fits else "else", {})
        yield from _find_problems(value, branch, rules, where)
    if isinstance(value, dict):
        yield from _of_object(value, schema, rules, where)
    if isinstance(value, list):
        yield from _of_list(value, schema, rules, where)
    if "anyOf" in schema and not any(_fits(value, one, rules) for one in schema["anyOf"]):
        yield where, "it fits none of the forms that it may have"
    if "not" in schema and _fits(value, schema["not"], rules):
        yield where, "it holds what this kind of report must not hold"


def _fits(value: Any, schema: Json, rules: _Rules) -> bool:  # noqa: ANN401
    return next(_find_problems(value, schema, rules, ""), None) is None


def _of_value(value: Any, schema: Json, where: str) -> Iterator[Problem]:  # noqa: ANN401
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is_of(value, kind) for kind in kinds):
            yield where, f"{_show(value)} is no {' or '.join(kinds)}"
            return
    if "enum" in schema and not any(_is_same(value, one) for one in schema["enum"]):
        yield where, f"{_show(value)} is not known here"
    if "const" in schema and not _is_same(value, schema["const"]):
        yield where, f"{_show(value)} is not {_show(schema['const'])}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield where, "it is empty"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield where, f"{_show(value)} is not written as it should be"
    if _is_of(value, "number") and value < schema.get("minimum", value):
        yield where, f"{_show(value)} is too small"


def _of_object(value: Json, schema: Json, rules: _Rules, where: str) -> Iterator[Problem]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield where, f"{name} is missing"
    for name, part in value.items():
        inside = f"{where}.{name}" if where else name
        if name in known:
            yield from _find_problems(part, known[name], rules, inside)
        elif schema.get("additionalProperties", True) is False and not rules.lenient:
            yield where, f"{_show(name)} is not known here"


def _of_list(value: list[Any], schema: Json, rules: _Rules, where: str) -> Iterator[Problem]:
    if len(value) < schema.get("minItems", 0) or len(value) > schema.get("maxItems", len(value)):
        yield where, f"it has {len(value)} entries"
    if "items" in schema:
        for number, one in enumerate(value):
            yield from _find_problems(one, schema["items"], rules, f"{where}[{number}]")


def _is_of(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _is_same(value: object, other: object) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _show(value: object) -> str:
    """What was found, short and harmless."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return printable(f"`{value}`", _LONGEST_SAID)
