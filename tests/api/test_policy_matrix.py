"""Every action x every role and nobody x here and elsewhere x own and other: the table decides."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute

from sensor_screen.api.app import refuse_ungoverned, routes_of
from sensor_screen.api.doorkeeper import TicketDoorkeeper
from sensor_screen.api.live_sockets import RefusedError
from sensor_screen.api.policy import POLICY, READS_LOGGED, Scope
from sensor_screen.service.actor import Role
from tests.api.policy_recipes import CLINIC, NOTHING, RECIPES, Recipe
from tests.api.policy_world import Belongings, PolicyWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PAGES = {
    *("show_trust_page", "get_authority_certificate", "get_authority_profile", "get_trust_code"),
    *("show_setup_page", "show_join_page", "show_pair_page", "get_static_file"),
}
"""What browsers open before anybody has signed in; not in the description."""
SOCKETS = {"socket.relay", "socket.watch"}
ASKERS: tuple[Role | None, ...] = (None, *Role)
OWN, OTHER, FOREIGN = "own", "other", "foreign"
_ID = re.compile("[0-9a-f]{32}")
_NOT_THERE = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyWorld]:
    made = PolicyWorld(tmp_path_factory.mktemp("policy"))
    made.hurry()
    yield made
    made.close()


@cache
def routes(world: PolicyWorld) -> dict[str, APIRoute]:
    found = [route for route in routes_of(world.app.routes) if isinstance(route, APIRoute)]
    named = {str(route.operation_id): route for route in found}
    assert len(named) == len(found), "two routes have one operation id"
    return named


# --- the table itself -----------------------------------------------------------------------------


def test_every_route_has_a_row_and_every_row_a_route(world: PolicyWorld) -> None:
    assert set(POLICY) - set(routes(world)) == SOCKETS
    assert set(routes(world)) <= set(POLICY)
    described = {
        operation["operationId"]
        for path in world.app.openapi()["paths"].values()
        for operation in path.values()
    }
    assert described == set(routes(world)) - PAGES


def test_every_action_has_a_recipe() -> None:
    assert set(RECIPES) == set(POLICY) - SOCKETS


def test_a_route_that_nobody_governs_does_not_start(world: PolicyWorld) -> None:
    refuse_ungoverned(world.app)
    for name, why in (("other.thing", "no row"), ("people.list", "not guarded")):
        app, router = FastAPI(), APIRouter()
        router.add_api_route("/v1/other", lambda: None, operation_id=name)
        app.include_router(router)
        with pytest.raises(RuntimeError, match=why):
            refuse_ungoverned(app)


def test_reads_that_are_logged_are_reads(world: PolicyWorld) -> None:
    assert set(POLICY) >= READS_LOGGED
    for action in READS_LOGGED & set(routes(world)):
        assert routes(world)[action].methods == {"GET"}


def test_only_reading_is_for_programs() -> None:
    """An integration may do nothing that changes; what it may is read of the whole clinic."""
    reading = {"list", "find", "text", "questions", "progress", "comparison", "positions"}
    reading |= {"download", "export", "face", "metrics", "me", "sign_out", "watch"}
    allowed = {action for action, row in POLICY.items() if Role.INTEGRATION in row}
    assert {action.partition(".")[2] for action in allowed} - reading == {"create"}
    assert {action for action in allowed if action.endswith(".create")} == {"tickets.create"}


def test_what_the_table_promises() -> None:
    """Said a second time, so that a slip in the table is seen."""
    staff = {Role.OWNER, Role.THERAPIST}
    for action in POLICY:
        if action.startswith("notes."):
            assert set(POLICY[action]) == staff
        if action.startswith(("audit.", "keys.")) or action in ("people.erase", "accounts.change"):
            assert set(POLICY[action]) == {Role.OWNER}
    for role, scope in ((Role.ATHLETE, Scope.OWN), (Role.RELAY, Scope.STREAM)):
        assert {row[role] for row in POLICY.values() if role in row} == {scope}
    assert {action for action, row in POLICY.items() if Role.RELAY in row} == {
        *("accounts.sign_out", "accounts.me", "streams.find", "tickets.create"),
        *("socket.relay", "socket.watch"),
    }
    assert {action for action, row in POLICY.items() if not row} == PAGES | {
        *("health.live", "health.ready", "about.version", "accounts.set_up", "accounts.join"),
        *("accounts.sign_in", "pairings.claim", "pairings.collect"),
    }


# --- the matrix -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One request."""

    action: str
    role: Role | None
    target: str

    def expected(self, recipe: Recipe) -> int | None:
        """The status that refuses; None: it is allowed."""
        row = POLICY[self.action]
        if not row:
            return None
        if self.role is None:
            return 401
        if (scope := row.get(self.role)) is None:
            return 403
        if recipe.about == NOTHING:
            return None
        reached = {OWN, OTHER} if scope is Scope.CLINIC else {OWN}
        if recipe.about == CLINIC and scope is not Scope.CLINIC:
            reached = set()  # it is of nobody
        return None if self.target in reached else 404


def cases(action: str) -> Iterator[Case]:
    targets = (OWN,) if RECIPES[action].about == NOTHING else (OWN, OTHER, FOREIGN)
    for role in ASKERS:
        for target in targets:
            yield Case(action, role, target)


@pytest.mark.parametrize("action", sorted(set(POLICY) - SOCKETS))
def test_policy(world: PolicyWorld, action: str) -> None:
    wrong = [fault for case in cases(action) for fault in faults(world, case)]
    assert not wrong, "\n".join(wrong)


def faults(world: PolicyWorld, case: Case) -> Iterator[str]:
    """What is wrong with the answer to one case, in words."""
    recipe, expected = RECIPES[case.action], None
    own, about = world.own, world.own
    if case.target != OWN:
        about = world.other if case.target == OTHER else world.foreign
    if recipe.changes:
        about = world.belongings(about.clinic_id, objects=False)
        own = about if case.target == OWN else own
    token = world.asker(case.role, own, new=recipe.changes)
    expected = case.expected(recipe)
    answer = ask(world, case.action, token, about)
    said = f"{case.action} by {case.role or 'nobody'} about {case.target}: {answer.status_code}"
    if expected is None and answer.status_code not in recipe.fine:
        yield f"{said}, not one of {sorted(recipe.fine)}: {answer.text[:300]}"
    if expected is not None and answer.status_code != expected:
        yield f"{said}, not {expected}: {answer.text[:300]}"
    if case.action not in PAGES and answer.status_code not in declared(world, case.action):
        yield f"{said} is not declared"
    if expected == 404 and (differs := tells_apart(world, case, token, about, answer)):
        yield f"{said} tells what is there: {differs}"
    if answer.status_code < 300 and (leaks := leaked(world, case.role, own, answer)):
        yield f"{said} holds what is not for them: {sorted(leaks)}"


def ask(world: PolicyWorld, action: str, token: str, about: Belongings) -> httpx.Response:
    route, recipe = routes(world)[action], RECIPES[action]
    (method,) = route.methods
    named = re.findall(r"{(\w+)}", route.path)
    path = route.path.format(**{n: recipe.params.get(n) or getattr(about, n) for n in named})
    more: dict[str, Any] = {}
    if recipe.json is not None:
        more["json"] = recipe.json(world, about)
    if recipe.label:
        more["params"] = {"person": f"P-{about.person_id}"}
    if recipe.files is not None:
        more |= {"files": recipe.files(world, about), "data": recipe.form}
    return world.client.request(method, path, token, **more)


def declared(world: PolicyWorld, action: str) -> set[int]:
    route = routes(world)[action]
    (method,) = route.methods
    operation = world.app.openapi()["paths"][route.path_format][method.lower()]
    return {int(status) for status in operation["responses"]}


def tells_apart(
    world: PolicyWorld, case: Case, token: str, about: Belongings, answer: httpx.Response
) -> str:
    """What is out of reach is answered as what does not exist."""

    nowhere = replace(
        about, **{f.name: _NOT_THERE for f in fields(about) if f.name.endswith("_id")}
    )
    other = ask(world, case.action, token, nowhere)
    found, missing = (_ID.sub("ID", one.text) for one in (answer, other))
    if (answer.status_code, found) == (other.status_code, missing):
        return ""
    return f"{found} {missing}"


def leaked(
    world: PolicyWorld, role: Role | None, own: Belongings, answer: httpx.Response
) -> frozenset[str]:
    """Ids in an answer that are hidden from whoever asked."""
    if "json" not in answer.headers.get("content-type", ""):
        return frozenset()
    return frozenset(_ID.findall(answer.text)) & world.hidden_from(role, own)


# --- sockets --------------------------------------------------------------------------------------


def test_every_socket_has_a_row(world: PolicyWorld) -> None:
    found = [r for r in routes_of(world.app.routes) if isinstance(r, APIWebSocketRoute)]
    assert {f"socket.{route.path.rpartition('/')[2]}" for route in found} == SOCKETS
    assert set(POLICY) >= SOCKETS


@pytest.mark.parametrize("action", sorted(SOCKETS))
def test_sockets_open_by_tickets_of_whoever_may(world: PolicyWorld, action: str) -> None:
    recipe, keeper = Recipe(), TicketDoorkeeper(world.services)
    about = {OWN: world.own, OTHER: world.other, FOREIGN: world.foreign}
    for role in ASKERS:
        token = world.asker(role, world.own, new=False)
        for target, belongings in about.items():
            case, stream = Case(action, role, target), belongings.stream_id
            form = {"action": action, "stream_id": stream}
            answer = world.client.request("POST", "/v1/tickets", token, json=form)
            assert answer.status_code == (case.expected(recipe) or 201), (case, answer.text)
            if answer.status_code == 201:
                ticket = answer.json()["ticket"]
                assert keeper.admit(ticket, action, stream).stream_id == stream
                refused(keeper, ticket, action, stream)  # a second time
    refused(keeper, "", action, world.own.stream_id)


@pytest.mark.parametrize("action", sorted(SOCKETS))
def test_a_ticket_is_for_one_socket_of_one_stream(world: PolicyWorld, action: str) -> None:
    (other,) = SOCKETS - {action}
    token, keeper = world.asker(Role.OWNER, world.own, new=False), TicketDoorkeeper(world.services)
    form = {"action": action, "stream_id": world.own.stream_id}
    for wrong in ((other, world.own.stream_id), (action, world.other.stream_id)):
        ticket = world.client.request("POST", "/v1/tickets", token, json=form).json()["ticket"]
        refused(keeper, ticket, *wrong)


def refused(keeper: TicketDoorkeeper, ticket: str, action: str, stream_id: str) -> None:
    with pytest.raises(RefusedError) as caught:
        keeper.admit(ticket, action, stream_id)
    assert caught.value.code == 4401


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_lists_hold_what_is_within_reach_and_only_that(world: PolicyWorld, role: Role) -> None:
    for action, item in (("people.list", "person_id"), ("sessions.list", "session_id")):
        if role not in POLICY[action]:
            continue
        token = world.asker(role, world.own)
        found = set(listed(world, action, token))
        assert getattr(world.own, item) in found
        assert (getattr(world.other, item) in found) == (role is not Role.ATHLETE)
        assert not found & world.hidden_from(role, world.own)


def listed(world: PolicyWorld, action: str, token: str) -> Iterator[str]:
    after = ""
    while True:
        answer = world.client.get(
            routes(world)[action].path, token, params={"after": after, "limit": 7}
        )
        assert answer.status_code == 200
        page = answer.json()
        yield from (item["id"] for item in page["items"])
        if (after := page["next"]) is None:
            return


# --- what is promised to readers of the description -----------------------------------------------


def test_the_description_declares_what_every_route_can_answer(world: PolicyWorld) -> None:
    for action, route in routes(world).items():
        if action in PAGES:
            continue
        statuses = declared(world, action)
        assert {400, 401, 403, 413, 422, 429, 503, 507} <= statuses or not POLICY[action]
        if "{" in route.path:
            assert 404 in statuses, action
