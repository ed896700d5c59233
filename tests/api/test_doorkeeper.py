"""Sockets open by tickets, and close when what they rest on ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sensor_screen.api.doorkeeper import TicketDoorkeeper, close_with_endings
from sensor_screen.api.live_sockets import LiveSockets, RefusedError
from sensor_screen.service.relay_messages import CloseCode
from tests.api.clinic_world import World, open_world

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.api.live_sockets import Admitted
    from tests.api.clinic_world import Clinic


def admitted(world: World, clinic: Clinic, token: str, action: str = "socket.watch") -> Admitted:
    body = {"action": action, "stream_id": clinic.stream}
    ticket = world.made("/tickets", token, **body)["ticket"]
    return TicketDoorkeeper(world.services).admit(ticket, action, clinic.stream)


def test_sockets_open_by_tickets_and_close_with_their_tokens(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        clinic = world.clinic("river")
        keeper, sockets = TicketDoorkeeper(world.services), LiveSockets()
        close_with_endings(world.services, sockets)
        with pytest.raises(RefusedError) as refused:
            keeper.admit("none", "socket.watch", clinic.stream)
        assert refused.value.code is CloseCode.BAD_TICKET
        viewer = admitted(world, clinic, clinic.therapist)
        relay = admitted(world, clinic, clinic.relay, "socket.relay")
        owner = admitted(world, clinic, clinic.owner)
        assert viewer.account_id == clinic.account_id("therapist")
        assert relay.account_id is None
        closed: list[tuple[str, CloseCode]] = []

        async def stay_open() -> None:
            for name, one in (("viewer", viewer), ("relay", relay), ("owner", owner)):
                keeper.look_again(one)
                sockets.add(one, lambda code, _, name=name: closed.append((name, code)))  # type: ignore[misc]
            path = f"/accounts/{clinic.account_id('therapist')}"
            change = {"disabled": True}
            await asyncio.to_thread(world.ask, "PATCH", path, clinic.owner, json=change)
            await asyncio.sleep(0.05)

        asyncio.run(stay_open())
        assert sorted(closed) == [
            ("relay", CloseCode.NOT_ALLOWED),  # the phone that the account had paired
            ("viewer", CloseCode.NOT_ALLOWED),
        ]
        keeper.look_again(owner)
        for one in (viewer, relay):
            with pytest.raises(RefusedError) as refused:
                keeper.look_again(one)
            assert refused.value.code is CloseCode.NOT_ALLOWED
