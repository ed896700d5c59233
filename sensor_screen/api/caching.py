"""Answers that a client may hold already: told apart by their hash, sent once.

What is answered is about somebody's health, so no cache on the way or on a disk may keep it
(`no-store`, as of every answer); a program that keeps it itself sends the tag back and is told
that nothing is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=1000,
        description="The `ETag` of what the client holds; the same is answered by 304.",
    ),
]
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds it already."},
}
TAGGED = {"ETag": {"description": "Of this very content.", "schema": {"type": "string"}}}


def is_held(tag: str, given: str | None) -> bool:
    """Whether the client holds what has this tag."""
    parts = [part.strip().removeprefix("W/") for part in (given or "").split(",")]
    return f'"{tag}"' in parts or "*" in parts


def tagged(
    tag: str,
    given: str | None,
    content: Callable[[], bytes],
    media_type: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The content, or that the client holds it; it is read only where it is sent."""
    tag_header = {"ETag": f'"{tag}"'}
    if is_held(tag, given):
        return Response(status_code=304, headers=tag_header)
    return Response(content(), media_type=media_type, headers={**tag_header, **(headers or {})})
