"""The air between virtual radios: connection events, losses, range, supervision.

bumble's own link is instantaneous and loses nothing. Within a connection real radio loses nothing
either: what is damaged is sent again at the next event, and everything behind it waits. So what can
go wrong is that packets come late, or that the link ends.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bumble import hci, ll
from bumble.controller import Connection, Controller
from bumble.link import LocalLink

if TYPE_CHECKING:
    from bumble.core import PhysicalTransport

_ESTABLISHED_EVENTS = 6
"""A link whose first events stay silent was never established."""


@dataclass(frozen=True, slots=True)
class AirParams:
    """How good the radio is."""

    interval_s: float = 0.015
    """Connection interval. 15 ms: the fast end of what the protocol asks for, and what phones give;
    0: packets fly at once."""
    packets_per_event: int = 6
    """Packets that one side sends in a connection event: phones take 4 to 7."""
    loss_share: float = 0.01
    """Of packets: each is repeated at the next event. 0.01 is a quiet room, 0.1 a crowded gym: our
    guess, not measured."""
    supervision_s: float = 4.0
    """Both ends give a link up that was silent for so long: the least that the protocol asks."""
    seed: int = 0
    """Of the losses and of the phase of the events."""


class VirtualController(Controller):
    """bumble's controller, with what its version 0.0.236 leaves out.

    - A connection attempt can be cancelled; upstream the next advertisement would still connect.
    - A packet holds 251 bytes, as with data length extension: upstream, 27.
    - A scan response brings its own data: upstream, the advertisement's once more.

    Attributes:
        on_room: Called when packets that this controller had queued were sent.
        rssi_dbm: Strength with which others hear it.
    """

    le_acl_data_packet_length = 251

    def __init__(self, name: str, air: VirtualAir, address: str, **ends: Any) -> None:  # noqa: ANN401
        super().__init__(name, link=air, public_address=address, **ends)
        self.on_room: Callable[[], None] = lambda: None
        self.rssi_dbm = -50

    @property
    def scan_response(self) -> bytes:
        """What an active scanner gets on asking."""
        for advertising in self.advertising_sets.values():
            if advertising.enabled:
                return bytes(advertising.scan_response_data)
        return bytes(self.le_legacy_advertiser.scan_response_data)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give up the attempt that runs, and say so."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            # It has just succeeded; the host, which waits for either end, will see.
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)
        peer = pending.peer_address
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=peer.address_type,
                peer_address=peer,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def hear(self, sender: VirtualController, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """An advertisement: report it, ask for more, and connect if that is what was wanted."""
        kinds = hci.HCI_LE_Advertising_Report_Event.EventType
        if self.le_scan_enable:
            for kind, data in ((kinds.ADV_IND, pdu.data), (kinds.SCAN_RSP, sender.scan_response)):
                report = hci.HCI_LE_Advertising_Report_Event.Report(
                    event_type=kind,
                    address_type=pdu.advertiser_address.address_type,
                    address=pdu.advertiser_address,
                    data=data,
                    rssi=sender.rssi_dbm,
                )
                self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))
        pending = self.pending_le_connection
        if pending is not None and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)


class Lane:
    """What one end of one connection has still to send."""

    def __init__(self, connection: Connection, to: Controller, anchor_s: float) -> None:
        self.connection = connection
        self.to = to
        self.anchor_s = anchor_s
        self.waiting: deque[bytes] = deque()
        self.timer: asyncio.TimerHandle | None = None

    @property
    def alive(self) -> bool:
        """Whether it is still this connection that joins the two."""
        mine = self.connection
        return (
            mine.controller.le_connections.get(mine.peer_address) is mine
            and mine.self_address in self.to.le_connections
        )


class VirtualAir(LocalLink):
    """Joins virtual controllers of one process.

    Args:
        params: How good it is.
    """

    def __init__(self, params: AirParams = AirParams()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.params = params
        self._random = random.Random(params.seed)  # noqa: S311 - repeatable, keeps no secret
        self._away: dict[Controller, float] = {}
        self._lanes: dict[int, Lane] = {}

    def waiting(self, controller: Controller) -> int:
        """Packets that this controller has still to send."""
        mine = (lane for lane in self._lanes.values() if lane.connection.controller is controller)
        return sum(len(lane.waiting) for lane in mine)

    # --- range ------------------------------------------------------------------------------------

    def is_away(self, controller: Controller) -> bool:
        """Whether it is out of range."""
        return controller in self._away

    def leave(self, controller: Controller) -> None:
        """Out of range: nothing passes, and after the supervision time-out the links end."""
        loop = asyncio.get_running_loop()
        self._away[controller] = loop.time()
        for mine, peer in self._links_of(controller):
            loop.call_later(self.params.supervision_s, self._give_up, mine, peer)

    def come_back(self, controller: Controller) -> None:
        """In range again; a link that was not given up goes on, with all that waited."""
        self._away.pop(controller, None)
        loop = asyncio.get_running_loop()
        for lane in self._lanes.values():
            ends = (lane.connection.controller, lane.to)
            if controller in ends and lane.waiting and lane.timer is None:
                lane.timer = loop.call_at(self._next_event_s(lane), self._event, lane)

    def drop(self, controller: Controller) -> None:
        """Its links end now, at both ends, as if they had been silent for too long."""
        for mine, peer in self._links_of(controller):
            self._end(mine)
            self._end(peer)

    def vanish(self, controller: Controller) -> None:
        """It forgets its links at once; the other ends notice after the supervision time-out."""
        loop = asyncio.get_running_loop()
        for mine, peer in self._links_of(controller):
            self._end(mine)
            loop.call_later(self.params.supervision_s, self._end, peer)

    def remove(self, controller: Controller) -> None:
        """It is no more; the other ends of its links notice after the supervision time-out."""
        self.vanish(controller)
        self._away.pop(controller, None)
        self.remove_controller(controller)

    def _links_of(self, controller: Controller) -> list[tuple[Connection, Connection]]:
        found = []
        for mine in list(controller.le_connections.values()):
            for other in self.controllers:
                peer = other.le_connections.get(mine.self_address)
                if peer is not None and peer.self_address == mine.peer_address:
                    found.append((mine, peer))
        return found

    def _give_up(self, mine: Connection, peer: Connection) -> None:
        """The time-out of one absence; another may have begun since."""
        latest_s = asyncio.get_running_loop().time() - self.params.supervision_s + 1e-6
        ends = (mine.controller, peer.controller)
        if any(self._away.get(end, latest_s + 1.0) <= latest_s for end in ends):
            self._end(mine)
            self._end(peer)

    @staticmethod
    def _end(
        connection: Connection, reason: int = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
    ) -> None:
        controller = connection.controller
        if controller.le_connections.get(connection.peer_address) is connection:
            controller.on_le_disconnected(connection, reason)

    # --- what bumble's controllers call -----------------------------------------------------------

    def send_advertising_pdu(self, sender: Controller, packet: ll.AdvertisingPdu) -> None:
        """Everybody in range hears it."""
        if sender in self._away or not isinstance(sender, VirtualController):
            return
        loop = asyncio.get_running_loop()
        if isinstance(packet, ll.ConnectInd):
            patience_s = _ESTABLISHED_EVENTS * (self.params.interval_s or 0.0075)
            loop.call_later(patience_s, self._check_established, sender, packet)
        for other in sorted(self.controllers, key=lambda one: one.name):
            if other is sender or other in self._away:
                continue
            if isinstance(packet, ll.ConnectInd):
                loop.call_soon(other.on_ll_advertising_pdu, packet)
            elif (
                isinstance(packet, ll.AdvInd | ll.AdvExtInd)
                and isinstance(other, VirtualController)
                and not self._is_lost()
            ):
                loop.call_soon(other.hear, sender, packet)

    def _check_established(self, central: Controller, packet: ll.ConnectInd) -> None:
        """A link that nobody answers on ends by itself."""
        mine = central.le_connections.get(packet.advertiser_address)
        if mine is not None and not any(link[0] is mine for link in self._links_of(central)):
            self._end(mine, hci.HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Control of the link itself flies at once, unless an end is out of range or has gone."""
        ends = [self.find_le_controller(a) for a in (sender_address, receiver_address)]
        receiver = ends[1]
        if receiver is None or sender_address not in receiver.le_connections:
            return
        if self._away.keys() & set(ends):
            peer = receiver.le_connections[sender_address]
            asyncio.get_running_loop().call_later(self.params.supervision_s, self._end, peer)
            return
        asyncio.get_running_loop().call_soon(self._control, receiver, sender_address, packet)

    @staticmethod
    def _control(receiver: Controller, sender_address: hci.Address, packet: ll.ControlPdu) -> None:
        if sender_address in receiver.le_connections:
            receiver.on_ll_control_pdu(sender_address, packet)

    def send_acl_data(
        self,
        sender: Controller,
        destination: hci.Address,
        transport: PhysicalTransport,  # noqa: ARG002 - always LE here
        data: bytes,
    ) -> None:
        """One packet, which waits for its connection event."""
        connection = sender.le_connections.get(destination)
        receiver = self.find_le_controller(destination)
        if connection is None or receiver is None:
            return
        lane = self._lane(connection, receiver)
        lane.waiting.append(data)
        if lane.timer is None:
            at_s = self._next_event_s(lane)
            lane.timer = asyncio.get_running_loop().call_at(at_s, self._event, lane)

    # --- connection events ------------------------------------------------------------------------

    def _lane(self, connection: Connection, receiver: Controller) -> Lane:
        lane = self._lanes.get(id(connection))
        if lane is None:
            self._lanes = {key: old for key, old in self._lanes.items() if old.alive}
            anchor_s = self._random.uniform(0.0, self.params.interval_s)
            lane = self._lanes[id(connection)] = Lane(connection, receiver, anchor_s)
        return lane

    def _next_event_s(self, lane: Lane) -> float:
        now_s, interval_s = asyncio.get_running_loop().time(), self.params.interval_s
        if not interval_s:
            return now_s
        # A little more than now: an event that has just been does not come again.
        passed = (now_s - lane.anchor_s) // interval_s + 1
        at_s = lane.anchor_s + passed * interval_s
        return at_s if at_s > now_s + 1e-9 else at_s + interval_s

    def _event(self, lane: Lane) -> None:
        """One connection event: as many packets as fit, up to the first that is damaged."""
        lane.timer = None
        if not lane.alive:
            lane.waiting.clear()
            return
        sender = lane.connection.controller
        if self._away.keys() & {sender, lane.to}:
            return
        left = self.params.packets_per_event if self.params.interval_s else len(lane.waiting)
        while lane.waiting and left and not self._is_lost():
            left -= 1
            source, transport = lane.connection.self_address, lane.connection.transport
            lane.to.on_link_acl_data(source, transport, lane.waiting.popleft())
        if lane.waiting:
            at_s = self._next_event_s(lane)
            lane.timer = asyncio.get_running_loop().call_at(at_s, self._event, lane)
        if isinstance(sender, VirtualController):
            sender.on_room()

    def _is_lost(self) -> bool:
        return bool(self.params.loss_share) and self._random.random() < self.params.loss_share
