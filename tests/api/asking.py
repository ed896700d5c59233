"""A client that asks an application without a socket and without waiting for tasks beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from fastapi import FastAPI


class Client:
    """Asks one application, one request after another, in an event loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    def request(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        """The whole answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        return self._runner.run(self._client.request(method, path, headers=headers, **more))

    def get(self, path: str, token: str = "", **more: Any) -> httpx.Response:
        """What a GET answers."""
        return self.request("GET", path, token, **more)

    def close(self) -> None:
        """End the loop."""
        self._runner.run(self._client.aclose())
        self._runner.close()
