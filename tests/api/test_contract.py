"""Whatever is sent, by whomever: the answer is one that the description of the API names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from tests.api import contract
from tests.api.contract import CALLERS, Tally, World, opened_world, operations, try_operation

SLOW = ("/exports/", "/rejudge", "/progress", "/v1/setup", "/v1/sign-in", "/v1/join")
"""They measure, or hash passwords: one example by each caller."""
EXAMPLES = {"owner": 4}
"""By the others one: most of what they ask for is refused."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with opened_world(tmp_path_factory.mktemp("contract")) as made:
        yield made
    structlog.configure(**before)


@pytest.fixture(scope="module")
def every_operation(world: World) -> list[Any]:
    return operations(world)


@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_described(world: World, every_operation: list[Any], caller: str) -> None:
    tally = Tally()
    for operation in every_operation:
        is_slow = any(part in operation.path for part in SLOW)
        examples = 1 if is_slow else EXAMPLES.get(caller, 1)
        try_operation(world, operation, caller, examples, tally, seeded=20261127)
    assert not tally.broken, "\n\n".join(tally.broken[:10])
    assert tally.cases >= len(every_operation)
    assert max(tally.statuses) < 500


def test_an_undescribed_answer_would_be_noticed(
    world: World, every_operation: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that cannot fail would say nothing."""
    operation = next(o for o in every_operation if o.path == "/v1/plans")
    monkeypatch.setattr("sensor_screen.service.plans.describe_plans", lambda _: 1 / 0, raising=True)
    tally = Tally()
    try_operation(world, operation, "owner", 5, tally, seeded=1)
    assert tally.broken


def test_every_operation_is_explained(every_operation: list[Any]) -> None:
    for operation in every_operation:
        about = operation.definition.raw
        assert about.get("summary"), operation.label
        assert about.get("description"), operation.label
        statuses = {status for status in about["responses"] if status.startswith("2")}
        assert statuses, operation.label
        for status in statuses - {"204"}:
            for form in about["responses"][status]["content"].values():
                assert form.get("schema"), f"{operation.label} {status}"


def test_forms_know_no_more_than_they_say(world: World) -> None:
    """What nobody asked for would be lost without a word."""
    description = contract.requests.get(f"{world.url}/v1/openapi.json", timeout=30).json()
    forms = {
        body["schema"]["$ref"].rpartition("/")[2]
        for path in description["paths"].values()
        for operation in path.values()
        for kind, body in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json" and "$ref" in body["schema"]
    }
    assert forms
    for form in forms:
        assert description["components"]["schemas"][form]["additionalProperties"] is False, form
