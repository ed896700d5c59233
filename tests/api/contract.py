"""Random calls of every operation, as its description allows and forbids them, by every role.

Each answer must be one that is described: its status, its media type and its form; none is 5xx.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sensor_screen.api.app import create_app
from sensor_screen.service.accounts import issue_token
from sensor_screen.service.actor import Role
from sensor_screen.service.intake import version_of
from sensor_screen.settings import Settings
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id
from sensor_screen.storage.database.rows import add, find_one
from sensor_screen.storage.samples import find_sample
from sensor_screen.wiring.serve import open_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case
    from schemathesis.core.transport import Response

    from sensor_screen.service.services import Services

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
NOBODY = "nobody"
CALLERS = (*(role.value for role in Role), NOBODY)
DENIED = (401, 403)
WAITED_S = 30.0


@dataclass(slots=True)
class World:
    """A service with one person, whose ids random calls may meet."""

    url: str
    services: Services
    clinic_id: str
    person_id: str
    stream_id: str
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Name of a path parameter -> ids that are there."""
    session: requests.Session = field(default_factory=requests.Session)

    def headers(self, caller: str) -> dict[str, str]:
        """Of one call; each has a token of its own, as some calls end theirs."""
        if caller == NOBODY:
            return {}
        role = Role(caller)
        with self.services.database.write() as connection:
            account = add(
                connection,
                schema.account,
                clinic_id=self.clinic_id,
                login=new_id(),
                password_hash="none",  # noqa: S106
                role=role.value,
                person_id=self.person_id if role is Role.ATHLETE else None,
            )
            secret, _ = issue_token(
                connection,
                clinic_id=self.clinic_id,
                role=role,
                kind="session",
                label="contract",
                valid_us=10**12,
                account_id=account["id"],
                stream_id=self.stream_id if role is Role.RELAY else None,
            )
        return {"Authorization": f"Bearer {secret}"}

    def version(self) -> str:
        """Of the answers as they are now, so that some are taken."""
        (session_id,) = self.ids["session_id"]
        with self.services.database.read() as connection:
            row = find_one(connection, schema.session, schema.session.c.id == session_id)
        return "" if row is None else version_of(row["answers"])


@contextmanager
def opened_world(folder: Path) -> Iterator[World]:
    """A service of its own on a free port, with a recording and a report in it."""
    services = open_services(
        Settings(data=folder, requests_per_minute=100_000_000, streams_per_clinic=1_000_000)
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=port, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        begin_s = time.monotonic()
        while not server.started:
            if time.monotonic() - begin_s > WAITED_S:
                raise RuntimeError("the service does not start")
            time.sleep(0.02)
        yield _populated(services, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()


def _populated(services: Services, url: str) -> World:
    clinic_id, person_id, stream_id = new_id(), new_id(), new_id()
    with services.database.write() as connection:
        add(connection, schema.clinic, id=clinic_id, name="Contract")
        add(connection, schema.person, id=person_id, clinic_id=clinic_id, label="P-1")
    world = World(url, services, clinic_id, person_id, stream_id)
    headers = world.headers(Role.OWNER.value)
    sample = find_sample("walk").read_bytes()
    recording = requests.post(
        f"{url}/v1/recordings",
        headers=headers,
        data={"person": "P-1", "recorded_on": "2026-11-27"},
        files={"file": sample},
        timeout=60,
    ).json()
    if "session_id" not in recording:
        raise RuntimeError(recording)
    session_id = recording["session_id"]
    report = requests.post(
        f"{url}/v1/sessions/{session_id}/reports", headers=headers, timeout=120
    ).json()
    with services.database.write() as connection:
        add(
            connection,
            schema.stream,
            id=stream_id,
            clinic_id=clinic_id,
            session_id=session_id,
            state="folded",
            writer=0,
        )
    world.ids = {
        "person_id": [person_id],
        "session_id": [session_id],
        "recording_id": [recording["id"]],
        "report_id": [report["id"]],
        "rulebook_id": ["shipped"],
        "stream_id": [stream_id],
        "plan": ["clinic"],
    }
    return world


@dataclass(slots=True)
class Tally:
    """What the calls gave."""

    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def operations(world: World) -> list[Any]:
    """Every operation of the description."""
    description = requests.get(f"{world.url}/v1/openapi.json", timeout=30).json()
    return [
        found.ok() for found in schemathesis.openapi.from_dict(description).get_all_operations()
    ]


def cases_of(world: World, operation: Any) -> st.SearchStrategy[Case]:
    """Calls of one operation, half as described and half not, many about what is there."""
    removes = operation.method.upper() == "DELETE" or operation.label.endswith("/erase")

    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        mode = draw(st.sampled_from(list(GenerationMode)))
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except Exception:  # noqa: BLE001 - nothing can be wrong with what takes nothing
            strategy = operation.as_strategy()
        case: Case = draw(strategy)
        for name in [name for name in case.headers or {} if name.lower() == "authorization"]:
            del case.headers[name]  # it would stand in place of the caller's
        if not removes and draw(st.integers(0, 3)):
            _put_ids(draw, case.path_parameters, world)
        if isinstance(case.body, dict) and draw(st.booleans()):
            _put_ids(draw, case.body, world)
            if "version" in case.body:
                case.body["version"] = world.version()
        return case

    return cases()


def _put_ids(draw: st.DrawFn, values: dict[str, Any] | None, world: World) -> None:
    for name in sorted((values or {}).keys() & world.ids.keys()):  # the same order for a seed
        values[name] = draw(st.sampled_from(world.ids[name]))


def try_operation(
    world: World, operation: Any, caller: str, examples: int, tally: Tally, seeded: int
) -> None:
    """Call one operation with random values, half of them as described and half not."""
    headers = world.headers(caller)
    ends_token = "/v1/sign-out" in operation.path or "password" in operation.path

    @seed(seeded)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(world, operation))
    def run(case: Case) -> None:
        own = world.headers(caller) if ends_token else headers
        response = case.call(
            base_url=world.url, session=world.session, headers=own, timeout=WAITED_S
        )
        tally.cases += 1
        tally.statuses[response.status_code] = tally.statuses.get(response.status_code, 0) + 1
        tally.broken += _broken(case, response, caller)

    try:
        run()
    except Exception as error:  # noqa: BLE001 - one operation of many
        tally.broken.append(f"{caller} {operation.label}: {type(error).__name__}: {error}"[:1500])


def _broken(case: Case, response: Response, caller: str) -> list[str]:
    try:
        case.validate_response(response, checks=CHECKS)
    except BaseExceptionGroup as group:
        said = "; ".join(str(one).partition("\n\n[")[0] for one in group.exceptions)
        told = response.content[:300].decode(errors="replace")
        return [f"{caller} {case.operation.label} -> {response.status_code}: {said}\n{told}"]
    return []
