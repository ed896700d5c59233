"""Accounts, invitations and keys, asked for as a client asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.storage.database import schema
from tests.api.clinic_world import PASSWORD, Clinic, World, open_world

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "another four words"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, each_url: str) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("accounts"), database_url=each_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def river(world: World) -> Clinic:
    return world.clinic("river")


@pytest.fixture
def made(world: World) -> Clinic:
    """A clinic of this test alone."""
    return world.clinic()


# --- signing in and out ---------------------------------------------------------------------------


def test_logins_are_told_apart_without_case(world: World, river: Clinic) -> None:
    assert world.sign_in("River.OWNER").status_code == 201
    invited = world.made("/invitations", river.owner, role="owner")
    code = invited["link"].partition("#")[2]
    taken = world.post("/join", code=code, login="RIVER.Owner", password=PASSWORD)
    assert (taken.status_code, taken.json()["value"]) == (409, "the login")
    world.made("/join", code=code, login="river.second", password=PASSWORD)  # not used up before


def test_one_spelling_of_what_looks_the_same(world: World, river: Clinic) -> None:
    composed, apart = "grüne Wörter überall", "gru\u0308ne Wo\u0308rter u\u0308berall"
    code = world.made("/invitations", river.owner, role="therapist")["link"].partition("#")[2]
    world.made("/join", code=code, login="river.umlaut", password=composed)
    assert world.sign_in("river.umlaut", apart).status_code == 201


def test_spaces_are_part_of_a_password(world: World, river: Clinic) -> None:
    code = world.made("/invitations", river.owner, role="therapist")["link"].partition("#")[2]
    world.made("/join", code=code, login="river.spaces", password=f"  {PASSWORD} ")
    assert world.sign_in("river.spaces", PASSWORD).status_code == 401
    assert world.sign_in("river.spaces", f"  {PASSWORD} ").status_code == 201


@pytest.mark.parametrize("password", ["11 letters.", "x" * 257, "ﬃ" * 199])
def test_only_the_length_of_a_password_counts(world: World, river: Clinic, password: str) -> None:
    code = world.made("/invitations", river.owner, role="therapist")["link"].partition("#")[2]
    answer = world.post("/join", code=code, login="river.length", password=password)
    assert answer.status_code == 422
    assert password not in answer.text
    assert world.post("/join", code=code, login="river.a" + str(len(password)),
                      password="a" * 12).status_code == 201  # fmt: skip


def test_sign_out_ends_one_token_and_its_sockets(world: World, made: Clinic) -> None:
    token = world.sign_in(f"{made.name}.therapist").json()["token"]
    token_id = world.row(schema.token, schema.token.c.label == "sign-in",
                         schema.token.c.clinic_id == made.id)["id"]  # fmt: skip
    assert world.post("/sign-out", token).status_code == 204
    assert not world.is_known(token)
    assert world.is_known(made.therapist)
    assert token_id in world.closed


def test_a_password_is_changed_by_who_knows_the_old_one(world: World, made: Clinic) -> None:
    change = {"old": "not the old one", "new": OTHER}
    assert world.post("/me/password", made.therapist, **change).status_code == 403
    assert world.is_known(made.relay)
    change["old"] = PASSWORD
    second = world.sign_in(f"{made.name}.therapist").json()["token"]
    assert world.post("/me/password", second, **change).status_code == 204
    assert world.is_known(second)
    assert not world.is_known(made.therapist)
    assert not world.is_known(made.relay), "a phone that the account has paired ends with it"
    assert world.is_known(made.athlete)
    assert world.sign_in(f"{made.name}.therapist").status_code == 401
    assert world.sign_in(f"{made.name}.therapist", OTHER).status_code == 201


def test_who_signs_in_stands_in_the_log_of_the_clinic(world: World, made: Clinic) -> None:
    world.sign_in(f"{made.name}.therapist")
    world.sign_in(f"{made.name}.therapist", "guessed guessed")
    audit = schema.audit
    of_clinic = (audit.c.clinic_id == made.id, audit.c.action == "accounts.sign_in")
    assert world.count(audit, *of_clinic, audit.c.outcome == "done") == 1
    assert world.count(audit, *of_clinic, audit.c.outcome == "refused") == 1


# --- invitations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "role", "person", "status"),
    [
        ("owner", "owner", False, 201),
        ("owner", "therapist", False, 201),
        ("owner", "athlete", True, 201),
        ("owner", "athlete", False, 422),
        ("owner", "therapist", True, 422),
        ("owner", "relay", False, 403),
        ("owner", "integration", False, 403),
        ("therapist", "athlete", True, 201),
        ("therapist", "athlete", False, 422),
        ("therapist", "therapist", False, 403),
        ("therapist", "owner", False, 403),
        ("athlete", "athlete", True, 403),
    ],
)
def test_who_invites_whom(
    world: World, river: Clinic, who: str, role: str, person: bool, status: int
) -> None:
    body = {"role": role} | ({"person_id": river.person} if person else {})
    assert world.post("/invitations", getattr(river, who), **body).status_code == status


def test_an_invitation_is_used_once_and_ends(world: World, river: Clinic) -> None:
    invited = world.made("/invitations", river.owner, role="therapist")
    assert invited["link"].startswith("http://testserver/join#")
    code = invited["link"].partition("#")[2]
    world.set(schema.invitation, schema.invitation.c.id == invited["id"], expires_at_us=1)
    hashes = world.passwords.hashes  # type: ignore[attr-defined]
    late = world.post("/join", code=code, login="river.late", password=PASSWORD)
    assert late.status_code == 401
    assert world.passwords.hashes == hashes, "a guess costs no hash"  # type: ignore[attr-defined]
    world.set(schema.invitation, schema.invitation.c.id == invited["id"], expires_at_us=2**60)
    world.made("/join", code=code, login="river.late", password=PASSWORD)
    again = world.post("/join", code=code, login="river.later", password=PASSWORD)
    assert again.status_code == 401


def test_the_code_of_an_invitation_makes_no_clinic(world: World, river: Clinic) -> None:
    code = world.made("/invitations", river.owner, role="owner")["link"].partition("#")[2]
    body = {"code": code, "login": "river.x", "password": PASSWORD, "clinic": "Mine"}
    assert world.post("/setup", **body).status_code == 403


# --- changing accounts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"role": "owner"}, {"role": "athlete"}, {"disabled": True}], ids=str
)
def test_a_change_ends_what_the_account_has_open(
    world: World, made: Clinic, change: dict[str, object]
) -> None:
    if change.get("role") == "athlete":
        change = change | {"person_id": made.person}
    account_id = made.account_id("therapist")
    closed = len(world.closed)
    path = f"/accounts/{account_id}"
    answer = world.ask("PATCH", path, made.owner, json=change)
    assert answer.status_code == 200, answer.text
    assert not world.is_known(made.therapist)
    assert not world.is_known(made.relay)
    assert len(world.closed) == closed + 2, "the account's token and its phone's"
    assert world.is_known(made.owner)
    status = 401 if change.get("disabled") else 201
    assert world.sign_in(f"{made.name}.therapist").status_code == status


def test_the_same_role_again_ends_nothing(world: World, river: Clinic) -> None:
    path = f"/accounts/{river.account_id('therapist')}"
    for change in ({"role": "therapist"}, {"disabled": False}, {}):
        assert world.ask("PATCH", path, river.owner, json=change).status_code == 200
    assert world.is_known(river.therapist)


@pytest.mark.parametrize("change", [{"role": "therapist"}, {"disabled": True}], ids=str)
def test_the_last_owner_stays(world: World, made: Clinic, change: dict[str, object]) -> None:
    path = f"/accounts/{made.account_id('owner')}"
    assert world.ask("PATCH", path, made.owner, json=change).status_code == 409
    assert world.is_known(made.owner)
    second = made.account("owner", "second")
    assert world.ask("PATCH", path, second, json=change).status_code == 200
    path = f"/accounts/{made.account_id('second')}"
    assert world.ask("PATCH", path, second, json=change).status_code == 409


def test_an_athlete_who_becomes_a_therapist_is_of_no_person(world: World, made: Clinic) -> None:
    path = f"/accounts/{made.account_id('athlete')}"
    changed = world.ask("PATCH", path, made.owner, json={"role": "therapist"}).json()
    assert (changed["role"], changed["person_id"]) == ("therapist", None)
    refused = world.ask("PATCH", path, made.owner, json={"role": "athlete"})
    assert refused.status_code == 422
    other = world.ask("PATCH", path, made.owner, json={"role": "relay"})
    assert other.status_code == 422


def test_accounts_are_listed_without_hashes(world: World, river: Clinic) -> None:
    shown = world.get("/accounts?limit=2", river.owner).json()
    assert len(shown["items"]) == 2
    assert set(shown["items"][0]) == {
        *("id", "login", "role", "person_id", "created_at", "disabled_at")
    }
    following = world.get(f"/accounts?after={shown['next']}", river.owner).json()
    assert not {one["id"] for one in shown["items"]} & {one["id"] for one in following["items"]}


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_reads_until_it_is_revoked(world: World, made: Clinic) -> None:
    key = made.key
    assert world.get("/people", key["token"]).status_code == 200
    assert world.post("/people", key["token"], label="P-9").status_code == 403
    (listed,) = world.get("/keys", made.owner).json()["items"]
    assert "token" not in listed
    assert world.ask("DELETE", f"/keys/{key['id']}", made.owner).status_code == 204
    assert world.ask("DELETE", f"/keys/{key['id']}", made.owner).status_code == 204
    assert not world.is_known(key["token"])
    assert world.closed.count(key["id"]) == 1


def test_a_key_ends_by_itself(world: World, made: Clinic) -> None:
    world.set(schema.token, schema.token.c.id == made.key["id"], expires_at_us=1)
    assert not world.is_known(made.key["token"])


def test_only_keys_are_revoked_as_keys(world: World, made: Clinic) -> None:
    session = world.row(schema.token, schema.token.c.kind == "session",
                        schema.token.c.account_id == made.account_id("therapist"))  # fmt: skip
    assert world.ask("DELETE", f"/keys/{session['id']}", made.owner).status_code == 404
    assert world.is_known(made.therapist)
