"""Keys of other programs, which read the clinic and change nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Response
from pydantic import Field

from sensor_screen.api.forms import After, Form, Id, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import tokens

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("keys")


class NewKey(Form):
    """A key for a program."""

    label: Line = Field(examples=["research export"])
    valid_days: Annotated[int, Field(ge=1, le=730)] = 365


class ApiKey(Shown):
    """A key, without its secret."""

    id: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class ToldKey(ApiKey):
    """A key with its secret, which is told once."""

    token: str = Field(examples=["ss_Zk3..."])


def _times_of(row: Row) -> dict[str, datetime | None]:
    names = ("created_at", "expires_at", "revoked_at")
    return {n: None if row[f"{n}_us"] is None else time_of(row[f"{n}_us"]) for n in names}


def show_key(row: Row) -> ApiKey:
    """A row as it is answered."""
    return ApiKey.model_validate({"id": row["id"], "label": row["label"], **_times_of(row)})


@router.post("/keys", operation_id="keys.create", status_code=201)
def create_key(form: NewKey, access: Allowed) -> ToldKey:
    """A new key that reads the clinic."""
    secret, row = tokens.create_key(access, form.label, form.valid_days)
    return ToldKey.model_validate({**show_key(row).model_dump(), "token": secret})


@router.get("/keys", operation_id="keys.list")
def list_keys(access: Allowed, after: After = "", limit: Limit = 50) -> Page[ApiKey]:
    """Keys of the clinic, the first made first; also those that have ended."""
    return page_of(tokens.list_keys(access, after, limit + 1), limit, show_key)


@router.delete(
    "/keys/{key_id}", operation_id="keys.revoke", status_code=204, responses=responses(404)
)
def revoke_key(key_id: Id, access: Allowed) -> Response:
    """A key ends, and the sockets that it opened."""
    tokens.revoke_key(access, key_id)
    return Response(status_code=204)
