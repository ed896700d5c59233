"""The control point (PROTOCOL.md, section 5): one request at a time, one indication at a time."""

import struct

from . import packet
from .info import IDENTIFY_LIGHT, SELF_TESTS


class ControlPoint:
    """Checks requests, lets the sensor do what they ask, and holds what is to be indicated."""

    def __init__(self, sensor: object) -> None:
        self.on = False
        self.reply = None
        self._sensor = sensor
        self._received_us = 0
        self._unconfirmed = 0
        self._afterwards = 0

    def enable(self, on: bool) -> None:
        """Indications on or off."""
        self.on = on
        if not on:
            self.reply = None
            self._unconfirmed = 0

    def forget(self) -> None:
        """The link is gone: so is what was to be said; what was accepted is done all the same."""
        self.enable(False)
        self._do_afterwards()

    def confirmed(self) -> None:
        """The client has confirmed the last indication."""
        was, self._unconfirmed = self._unconfirmed, 0
        if was == packet.REPLY:
            self._do_afterwards()

    def may_indicate(self) -> bool:
        """Whether an indication may be sent now."""
        return self.on and not self._unconfirmed

    def write(self, value: bytes, now_us: int) -> int:
        """A request over an encrypted link. ATT error, or 0: then a reply waits."""
        if not 2 <= len(value) <= packet.LARGEST_CONTROL:
            return packet.ATT_INVALID_LENGTH
        if not self.on:
            return packet.ATT_INDICATIONS_OFF
        if self.reply is not None or self._unconfirmed == packet.REPLY or self._afterwards:
            return packet.ATT_UNCONFIRMED
        self._received_us = now_us
        result, body = self._answer(value, now_us)
        self.reply = (value[0], value[1], result, body)
        return packet.ATT_OK

    def take_reply(self, now_us: int) -> bytes:
        """The reply that waits; that of TIME tells when it was taken."""
        op, tag, result, body = self.reply
        if result == packet.OK and op == packet.TIME:
            body = struct.pack("<QQ", self._received_us, now_us)
        self.reply = None
        self._unconfirmed = packet.REPLY
        return packet.pack_reply(op, tag, result, body)

    def take_done(self) -> bytes:
        """The end of the resend that runs."""
        lane = self._sensor.backfill
        lane.end()
        self._unconfirmed = packet.DONE
        return packet.pack_done(lane.tag, lane.result(), lane.first, lane.count, lane.sent)

    def _answer(self, value: bytes, now_us: int) -> tuple:
        """(result, body)."""
        op = value[0]
        if op not in packet.REQUESTS:
            return packet.UNSUPPORTED, b""
        if len(value) != packet.request_length(op):
            return _invalid(packet.request_length(op))
        if not self._sensor.board.allows(op):
            return packet.DENIED, b""
        fields = struct.unpack_from(packet.REQUESTS[op][0], value, 2)
        if op == packet.START:
            return self._start(fields, now_us)
        if op == packet.STOP:
            return packet.OK, struct.pack("<I", self._sensor.stop())
        if op == packet.RESEND:
            return self._resend(value[1], *fields)
        if op == packet.ACK:
            return self._acknowledge(fields[0])
        if op in (packet.SELF_TEST, packet.FACTORY_RESET, packet.SLEEP):
            return self._when_idle(op, fields)
        return self._serve(op, fields, now_us)

    def _start(self, fields: tuple, now_us: int) -> tuple:
        sensor = self._sensor
        rate_mhz, acc_range_g, gyr_range_dps, session, keep_s, live_batch = fields
        wanted = (session, rate_mhz, acc_range_g, gyr_range_dps)
        if sensor.measuring:
            if sensor.stream[:4] != wanted:
                return packet.IN_USE, struct.pack("<I", sensor.stream[0])
        else:
            fault = self._fault_of(rate_mhz, acc_range_g, gyr_range_dps, session)
            if fault:
                return _invalid(fault)
            if sensor.battery_low:
                return packet.LOW_BATTERY, b""
            if not sensor.board.start_imu(rate_mhz, acc_range_g, gyr_range_dps):
                return packet.FAULT, b""
            sensor.begin(wanted)
        sensor.keep_s = keep_s
        sensor.live.batch = live_batch
        sensor.want_status()
        low, high = now_us & 0xFFFFFFFF, now_us >> 32 & 0xFFFF
        return packet.OK, struct.pack("<IIH", sensor.stream[4], low, high)

    def _fault_of(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int, session: int) -> int:
        """Where the first field at fault begins; 0: none is."""
        config = self._sensor.config
        if rate_mhz not in config.rates_mhz:
            return 2
        if acc_range_g not in [pair[0] for pair in config.acc_ranges]:
            return 6
        if gyr_range_dps not in [pair[0] for pair in config.gyr_ranges]:
            return 7
        return 9 if session == 0 else 0

    def _resend(self, tag: int, first: int, count: int) -> tuple:
        lane, ring = self._sensor.backfill, self._sensor.ring
        if not 1 <= count <= packet.MOST_NUMBERS:
            return _invalid(6)
        if not lane.on:
            return packet.STATE, b""
        if lane.running:
            return packet.BUSY, b""
        if not lane.begin(tag, first, count):
            return packet.NOT_HELD, struct.pack("<II", ring.oldest, ring.next)
        return packet.OK, struct.pack("<II", lane.first, lane.count)

    def _acknowledge(self, sequence: int) -> tuple:
        sensor = self._sensor
        known = sensor.acknowledged
        if packet.wrapped(sequence - known) > packet.wrapped(sensor.ring.next - known):
            return _invalid(2)
        sensor.acknowledged = sequence
        return packet.OK, struct.pack("<I", sensor.ring.oldest)

    def _when_idle(self, op: int, fields: tuple) -> tuple:
        if op == packet.SELF_TEST and not self._can(SELF_TESTS):
            return packet.UNSUPPORTED, b""
        if op == packet.FACTORY_RESET and fields[0] != packet.RESET_MAGIC:
            return _invalid(2)
        if self._sensor.measuring:
            return packet.STATE, b""
        if op == packet.SELF_TEST:
            return packet.OK, bytes((self._sensor.board.self_test() & 0xFF,))
        self._afterwards = op
        return packet.OK, b""

    def _serve(self, op: int, fields: tuple, now_us: int) -> tuple:
        """The requests that have nothing to do with samples."""
        if op == packet.IDENTIFY:
            if not self._can(IDENTIFY_LIGHT):
                return packet.UNSUPPORTED, b""
            self._sensor.identify(fields[0], now_us)
        elif op == packet.LABEL:
            side, placement = fields
            if side > 2:
                return _invalid(2)
            if placement > 3:
                return _invalid(3)
            self._sensor.put_label(side, placement)
            self._sensor.board.store_label(side, placement)
        return packet.OK, b""

    def _can(self, capability: int) -> bool:
        return bool(self._sensor.config.capabilities & capability)

    def _do_afterwards(self) -> None:
        """What a request asks for once its reply has arrived."""
        op, self._afterwards = self._afterwards, 0
        if op == packet.FACTORY_RESET:
            self._sensor.put_label(0, 0)
            self._sensor.board.store_label(0, 0)
            self._sensor.board.factory_reset()
        elif op == packet.SLEEP:
            self._sensor.board.sleep()


def _invalid(offset: int) -> tuple:
    return packet.INVALID, bytes((offset,))
