"""Records of a relay become samples: live blocks on the way, a recording at the end.

The same records give the same, however they are cut into calls: a live session, a journal that is
read back and what a phone sent are one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError
from sensor_screen.model import ClockMap, Placement, Recording, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Family, RelayKind
from sensor_screen.session.received import ReceivedBlock, ReceiverParams, SlotFacts, SlotSetting
from sensor_screen.session.received_open_sensor import OpenSensorReceiver
from sensor_screen.session.received_vendor import VendorReceiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sensor_screen.model import Origin, SensorStream, TaskInterval
    from sensor_screen.protocol.relay_frame import RelayArrival, SlotDescription
    from sensor_screen.session.received import SlotReceiver

SIDES = {SideCode.LEFT: Side.LEFT, SideCode.RIGHT: Side.RIGHT}
PLACEMENTS = {
    PlacementCode.SHANK: Placement.SHANK,
    PlacementCode.FOOT: Placement.FOOT,
    PlacementCode.LUMBAR: Placement.LUMBAR,
}


class Receiver:
    """Samples of any number of sensors, out of relay records.

    Args:
        params: Tuning; None for the defaults.

    Attributes:
        base_s: Monotonic time of the first record: zero of the common time base; None before.
        sensors: Slot -> which sensor it is.
    """

    def __init__(self, params: ReceiverParams | None = None) -> None:
        self._params = params or ReceiverParams()
        self.base_s: float | None = None
        self.sensors: dict[int, SlotDescription] = {}
        self._slots: dict[int, SlotReceiver] = {}

    def receive(self, arrival: RelayArrival) -> None:
        """Take in one record, in the order in which they came; its bytes may be anything."""
        if self.base_s is None:
            self.base_s = arrival.arrival_s
        self.sensors[arrival.slot] = arrival.sensor
        slot = self._slots.get(arrival.slot)
        if slot is None:
            slot = self._slots[arrival.slot] = self._make(arrival, self.base_s)
        facts = slot.facts
        facts.last_arrival_s = arrival.arrival_s - self.base_s
        if arrival.kind is RelayKind.LINK_UP:
            facts.links, facts.linked = facts.links + 1, True
        elif arrival.kind is RelayKind.LINK_DOWN:
            facts.linked = False
        slot.hear(arrival)

    def receive_all(self, arrivals: Iterable[RelayArrival]) -> None:
        """The same for many."""
        for arrival in arrivals:
            self.receive(arrival)

    def _make(self, arrival: RelayArrival, base_s: float) -> SlotReceiver:
        if arrival.sensor.family is Family.OPEN_SENSOR:
            return OpenSensorReceiver(arrival.slot, base_s, self._params)
        return VendorReceiver(arrival.slot, arrival.sensor, base_s, self._params)

    def take(self) -> list[ReceivedBlock]:
        """Samples of all sensors, of each in order and once, since the last call."""
        return [block for slot in self._slots.values() for block in slot.take()]

    def take_live(self) -> list[ReceivedBlock]:
        """What came live since the last call, for showing: gaps are jumped over."""
        return [block for slot in self._slots.values() for block in slot.take_live()]

    def take_live_of(self, slot: int) -> list[ReceivedBlock]:
        """The same of one sensor."""
        one = self._slots.get(slot)
        return [] if one is None else one.take_live()

    def setting_of(self, slot: int) -> SlotSetting:
        """What is known of one sensor by now, apart from its samples."""
        one = self._slots.get(slot)
        return SlotSetting() if one is None else one.setting

    def facts_of(self, slot: int) -> SlotFacts:
        """Counts of one sensor, as they are now."""
        return self._slots[slot].facts

    @property
    def facts(self) -> dict[int, SlotFacts]:
        """Slot -> counts, as they are now."""
        return {number: slot.facts for number, slot in self._slots.items()}

    def finish(
        self,
        places: Mapping[int, tuple[Side, Placement]] | None = None,
        *,
        tasks: tuple[TaskInterval, ...] = (),
        origin: Origin | None = None,
        source: str = "received over Bluetooth",
        recorded_on: str = "",
    ) -> Recording:
        """Everything that came, once no more will.

        Args:
            places: Slot -> where the sensor was worn, by the person; None: as the slot says, or
                the sensor itself.
            tasks: Labels on the common time base.
            origin: Measured, unless said otherwise.
            source: In words a reader of the report understands.
            recorded_on: ISO date.

        Raises:
            ScreenError: Nobody says where a sensor was worn, or two were worn at one place. Nothing
                is lost by that: call it again with `places`.
        """
        streams: list[SensorStream] = []
        notes: dict[str, str] = {}
        for number, slot in self._slots.items():
            told = self.sensors[number]
            side, placement = SIDES.get(told.side), PLACEMENTS.get(told.placement)
            if places and number in places:
                side, placement = places[number]
            finished = slot.finish(side, placement)
            if finished.stream is not None:
                _require_free(finished.stream, streams)
                streams.append(self._on_base(finished.stream))
            name = f"sensor {told.serial}"
            notes |= {f"{name}: {title}": text for title, text in finished.notes.items()}
        recording = Recording(
            tuple(streams), tasks, source=source, notes=notes, recorded_on=recorded_on
        )
        return recording if origin is None else replace(recording, origin=origin)

    def _on_base(self, stream: SensorStream) -> SensorStream:
        clock = stream.clock
        if clock is None or self.base_s is None:
            return stream
        moved = ClockMap(clock.offset_s - self.base_s, clock.skew, clock.residual_s, clock.origin)
        return replace(stream, clock=moved)


def _require_free(stream: SensorStream, streams: list[SensorStream]) -> None:
    info = stream.info
    for other in streams:
        if (other.info.side, other.info.placement) == (info.side, info.placement):
            raise RecordingError(
                f"Sensors {other.info.serial} and {info.serial}",
                f"are both said to be worn at {info.side.value} {info.placement.value}",
                "say where each of them was worn",
            )
