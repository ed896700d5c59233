"""Sockets open by tickets, and do not outlive what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen.api.doorkeeper import TicketDoorkeeper
from sensor_screen.api.live_sockets import RefusedError
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


def test_sockets_open_by_tickets_and_end_with_their_tokens(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        clinic = world.clinic("river")
        keeper = TicketDoorkeeper(world.services)
        with pytest.raises(RefusedError) as refused:
            keeper.admit("none", "socket.watch", clinic.stream)
        assert refused.value.code is CloseCode.BAD_TICKET
        viewer = admitted(world, clinic, clinic.therapist)
        relay = admitted(world, clinic, clinic.relay, "socket.relay")
        owner = admitted(world, clinic, clinic.owner)
        assert viewer.account_id == clinic.account_id("therapist")
        assert relay.account_id is None
        for one in (viewer, relay, owner):
            keeper.look_again(one)
        path = f"/accounts/{clinic.account_id('therapist')}"
        world.ask("PATCH", path, clinic.owner, json={"disabled": True})
        # The second is that of the phone that the account had paired.
        assert {*world.closed} == {viewer.token_id, relay.token_id}
        keeper.look_again(owner)
        for one in (viewer, relay):
            with pytest.raises(RefusedError) as refused:
                keeper.look_again(one)
            assert refused.value.code is CloseCode.NOT_ALLOWED
