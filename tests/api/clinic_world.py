"""A service with two clinics, everybody who can ask, and hashes that take no time."""

from __future__ import annotations

import dataclasses
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher

from sensor_screen.api.app import create_app
from sensor_screen.service.accounts import offer_set_up
from sensor_screen.service.actor import Role
from sensor_screen.service.invitations import add_invitation
from sensor_screen.service.passwords import Passwords
from sensor_screen.service.tokens import DAY_US
from sensor_screen.settings import Settings
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import change_where, count, find_one
from sensor_screen.wiring.serve import open_services

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have the successor of httpx
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from sqlalchemy import ColumnElement, Table

    from sensor_screen.service.services import Services
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Row

PASSWORD = "four words of mine"  # noqa: S105 - of nobody
NOT_THERE = "0" * 32
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountedPasswords(Passwords):
    """Counts how often a hash is compared or made."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.checks: list[bool] = []
        self.hashes = 0

    def check(self, hashed: str | None, password: str) -> bool:
        right = super().check(hashed, password)
        self.checks.append(right)
        return right

    def hash(self, password: str) -> str:
        self.hashes += 1
        return super().hash(password)


class Folding:
    """Ends streams that are open, and notes which."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.finished: list[str] = []

    def finish(self, stream_id: str) -> bool:
        table = schema.stream
        is_open = (table.c.id == stream_id, table.c.state == "open")
        with self.database.write() as connection:
            was_open = change_where(connection, table, *is_open, state="finishing") == 1
        self.finished += [stream_id] * was_open
        return was_open


class World:
    """Asks as whoever."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.passwords = services.passwords
        self.closed: list[str] = []
        services.endings.listen(lambda ended: self.closed.extend(ended.token_ids))
        self.client = TestClient(create_app(services), raise_server_exceptions=True)

    def ask(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        return self.client.request(method, f"/v1{path}", headers=headers, **more)

    def get(self, path: str, token: str = "", **more: Any) -> httpx.Response:
        return self.ask("GET", path, token, **more)

    def post(self, path: str, token: str = "", **body: Any) -> httpx.Response:
        return self.ask("POST", path, token, json=body)

    def made(self, path: str, token: str = "", **body: Any) -> Any:
        """What was made, which must be."""
        answer = self.post(path, token, **body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    # --- making ----------------------------------------------------------------------------------

    def clinic(self, name: str = "") -> Clinic:
        """A clinic with one of everybody."""
        name = name or f"clinic{self.count(schema.clinic)}"
        if (code := offer_set_up(self.services.database)) is None:
            with self.services.database.write() as connection:
                code, _ = add_invitation(connection, None, Role.OWNER, None, DAY_US)
        owner = self.made(
            "/setup", code=code, login=f"{name}.owner", password=PASSWORD, clinic=name
        )["token"]
        return Clinic(self, name, owner)

    def sign_in(self, login: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        body = {"login": login, "password": password}
        return self.ask("POST", "/sign-in", json=body, headers=headers)

    # --- looking ---------------------------------------------------------------------------------

    def row(self, table: Table, *where: ColumnElement[bool]) -> Row:
        with self.services.database.read() as connection:
            row = find_one(connection, table, *where)
        assert row is not None
        return row

    def count(self, table: Table, *where: ColumnElement[bool]) -> int:
        with self.services.database.read() as connection:
            return count(connection, table, *where)

    def set(self, table: Table, *where: ColumnElement[bool], **values: object) -> None:
        with self.services.database.write() as connection:
            assert change_where(connection, table, *where, **values)

    def is_known(self, token: str) -> bool:
        return self.get("/me", token).status_code == 200


class Clinic:
    """Tokens and ids of a clinic; `name.owner` and so on are the logins."""

    def __init__(self, world: World, name: str, owner: str) -> None:
        self.world, self.name, self.owner = world, name, owner
        self.id = world.get("/me", owner).json()["clinic_id"]
        self.person = world.made("/people", owner, label="P-1")["id"]
        self.other_person = world.made("/people", owner, label="P-2")["id"]
        self.therapist = self.account("therapist")
        self.athlete = self.account("athlete", person_id=self.person)
        self.key = world.made("/keys", owner, label="reads")
        self.session = self.session_of(self.person)
        self.other_session = self.session_of(self.other_person)
        self.stream = self.stream_of(self.session)
        self.other_stream = self.stream_of(self.other_session)
        self.relay = self.paired(self.stream)

    @property
    def tokens(self) -> dict[Role, str]:
        return {
            Role.OWNER: self.owner,
            Role.THERAPIST: self.therapist,
            Role.ATHLETE: self.athlete,
            Role.RELAY: self.relay,
            Role.INTEGRATION: self.key["token"],
        }

    def account(self, role: str, login: str = "", **more: str) -> str:
        invited = self.world.made("/invitations", self.owner, role=role, **more)
        code = invited["link"].partition("#")[2]
        login = f"{self.name}.{login or role}"
        joined = self.world.made("/join", code=code, login=login, password=PASSWORD)
        assert joined["role"] == role
        return str(joined["token"])

    def account_id(self, login: str) -> str:
        row = self.world.row(schema.account, schema.account.c.login == f"{self.name}.{login}")
        return str(row["id"])

    def session_of(self, person_id: str) -> str:
        body = {"person_id": person_id, "recorded_on": "2026-11-27"}
        return str(self.world.made("/sessions", self.owner, **body)["id"])

    def stream_of(self, session_id: str) -> str:
        return str(self.world.made("/streams", self.owner, session_id=session_id)["id"])

    def paired(self, stream_id: str) -> str:
        """Token of a phone that went the whole way."""
        pairing = self.world.made("/pairings", self.therapist, stream_id=stream_id)
        code = pairing["link"].partition("#")[2]
        claimed = self.world.made("/pairings/claim", code=code)
        path = f"/pairings/{pairing['id']}/confirm"
        assert self.world.post(path, self.therapist, digits=claimed["digits"]).status_code == 200
        collected = self.world.post("/pairings/collect", claim=claimed["claim"]).json()
        assert collected["stream_id"] == stream_id
        return str(collected["token"])


@contextmanager
def open_world(folder: Path, **settings: Any) -> Iterator[World]:
    """A service in a folder, without what runs beside the requests."""
    opened = open_services(Settings(data=folder, requests_per_minute=1_000_000, **settings))
    services = dataclasses.replace(
        opened, passwords=CountedPasswords(), live=Folding(opened.database)
    )
    if opened.database.is_sqlite:
        raw = opened.database.engine.raw_connection()
        raw.cursor().execute("PRAGMA synchronous=OFF")  # nothing here loses its power
        raw.close()
    try:
        yield World(services)
    finally:
        services.database.close()
