"""The sensor of PROTOCOL.md without its radio: state machine, status, lanes.

A radio shell tells what happens (`connected`, `set_mtu`, `set_encrypted`, `enable`, `write`,
`read`, `confirmed`, `disconnected`), a driver tells what was measured (`sample`, `overrun`), and
the shell calls `next` whenever it has a free buffer, and at the latest at `wanted_at`, until it
gives None.
Times are microseconds of the sensor's clock, which is never set and never goes back.
"""

from . import packet
from .board import Board
from .control import ControlPoint
from .info import Config, pack_info
from .lanes import BackfillLane, LiveLane, Writer
from .ring import Ring

STATUS_US = 1_000_000
LIVE_WAITS_S = 1
"""The live lane drops its oldest packets when more than this waits."""


class Sensor:
    """One sensor.

    Args:
        config: What it is.
        board: What it can do.

    Attributes:
        measuring: State of section 8.
        stream: (session, rate in mHz, range in g, range in deg/s, first number) of the session that
            runs, or of the last one; None before the first.
        label: (side, placement).
        acknowledged: Samples before this number are safe at the client.
        lost: Samples known never to have been stored, since start.
        info: Bytes of the info as it is now.
    """

    def __init__(self, config: Config, board: Board) -> None:
        self.config = config
        self.board = board
        self.measuring = False
        self.stream = None
        self.label = (config.side, config.placement)
        self.acknowledged = config.first_sequence
        self.lost = 0
        self.info = b""
        self.ring = Ring(config.depth, config.first_sequence)
        self._writer = Writer(self.ring)
        self.live = LiveLane(self._writer)
        self.backfill = BackfillLane(self._writer)
        self.control = ControlPoint(self)
        self.keep_s = 0
        self.battery_percent = 255
        self.battery_low = False
        self.charging = False
        self._keep_until_us = None
        self._identify_until_us = None
        # Of the link.
        self._linked = False
        self._encrypted = False
        self._status_on = False
        self._status_waits = False
        self._status_due_us = 0
        # Of the samples.
        self._flags = 0
        self._overwrote = False
        self._overwritten_before = config.first_sequence
        self._time_us = None
        self._follows = False
        self._begins = True
        self._skip = 0
        self._shortest_us = 0
        self._longest_us = 0
        self._most_waiting = 0
        self._describe()

    # --- the link ---------------------------------------------------------------------------------

    def connected(self, now_us: int) -> None:
        """A client has connected; nothing is enabled yet."""
        if self._linked:
            self.disconnected(now_us)
        self._pass_time(now_us)
        self._forget_link()
        self._linked = True
        self._keep_until_us = None

    def disconnected(self, now_us: int) -> None:
        """The link is gone: what was not sent is dropped, the ring stays."""
        if not self._linked:
            return
        self._forget_link()
        if self.measuring and self.keep_s:
            self._keep_until_us = now_us + self.keep_s * 1_000_000

    def set_mtu(self, mtu: int) -> None:
        """The MTU was negotiated."""
        self._writer.fits = packet.samples_per_packet(mtu)

    def set_encrypted(self, on: bool) -> None:
        """The link was encrypted."""
        self._encrypted = on and self._linked

    def enable(self, channel: int, on: bool, now_us: int) -> int:
        """The client enabled or ended notifications or indications. ATT error, or 0."""
        if channel not in (packet.CONTROL, packet.LIVE, packet.BACKFILL, packet.STATUS):
            return packet.ATT_WRITE_NOT_PERMITTED
        if not self._encrypted:
            return packet.ATT_NOT_ENCRYPTED
        if channel == packet.STATUS:
            if on != self._status_on:
                self._status_on = self._status_waits = on
        elif channel == packet.LIVE:
            if on != self.live.on:
                self.live.enable(on)
        else:
            # A resend without its lane, or without its end, is none.
            if not on:
                self.backfill.end()
            if channel == packet.CONTROL:
                self.control.enable(on)
            else:
                self.backfill.on = on
        return packet.ATT_OK

    def write(self, value: bytes, now_us: int) -> int:
        """The client has written a request. ATT error, or 0: then `next` gives the reply."""
        self._pass_time(now_us)
        if not self._encrypted:
            return packet.ATT_NOT_ENCRYPTED
        return self.control.write(value, now_us)

    def confirmed(self, now_us: int) -> None:
        """The client has confirmed the indication."""
        self._pass_time(now_us)
        self.control.confirmed()

    def read(self, channel: int, now_us: int) -> bytes | int:
        """Value of info or status, or an ATT error. A read clears nothing."""
        self._pass_time(now_us)
        if channel not in (packet.INFO, packet.STATUS):
            return packet.ATT_READ_NOT_PERMITTED
        if not self._encrypted:
            return packet.ATT_NOT_ENCRYPTED
        return self.info if channel == packet.INFO else self._status(now_us)

    # --- what is measured -------------------------------------------------------------------------

    def sample(self, counts: bytes, time_us: int) -> None:
        """The inertial sensor has measured: 12 bytes as they travel, and when."""
        if not self.measuring:
            return
        ring = self.ring
        begins = self._begins
        if self._skip:
            begins = True
            ring.skip(self._skip)
            self._skip = 0
        elif self._follows and not (
            self._shortest_us <= time_us - self._time_us <= self._longest_us
        ):
            begins = True
            self._flags |= packet.TIME_STEP
        self._begins = False
        self._follows = True
        self._time_us = time_us
        self._note_clipping(counts)
        ring.put(counts, (time_us // 100) & 0xFFFF, begins)
        if ring.overwritten_before != self._overwritten_before:
            self._overwritten_before = ring.overwritten_before
            if packet.before(self.acknowledged, ring.overwritten_before):
                self._overwrote = True
        # Numbers are compared within half of their circle.
        if packet.wrapped(ring.next - self.acknowledged) > packet.MOST_NUMBERS:
            self.acknowledged = packet.wrapped(ring.next - packet.MOST_NUMBERS)
        self.live.put(time_us, begins, self._most_waiting)

    def overrun(self, lost: int) -> None:
        """Samples were lost before the one that comes next; 0: not known how many, at least one."""
        if not self.measuring:
            return
        self._flags |= packet.FIFO_OVERRUN
        self._begins = True
        self._skip = min(packet.MOST_NUMBERS, self._skip + lost)
        self.lost = min(65535, self.lost + max(1, lost))

    def battery(self, percent: int, low: bool, charging: bool, critical: bool) -> None:
        """State of the battery; `low`: less than ten minutes are left; `critical`: stop now."""
        self.battery_percent = percent
        self.battery_low = low or critical
        self.charging = charging
        if critical and self.measuring:
            self._end()

    # --- what is sent -----------------------------------------------------------------------------

    def next(self, now_us: int) -> tuple | None:
        """What is to be sent first: (channel, value), or None."""
        self._pass_time(now_us)
        control, backfill = self.control, self.backfill
        # A resend begins after its reply, which may itself wait for a confirmation.
        resends = backfill.running and backfill.on and control.reply is None
        if control.may_indicate():
            if control.reply is not None:
                return packet.CONTROL, control.take_reply(now_us)
            if resends and not backfill.ready():
                return packet.CONTROL, control.take_done()
        if self._status_on and (self._status_waits or now_us >= self._status_due_us):
            self._status_waits = False
            self._status_due_us = now_us + STATUS_US
            value = self._status(now_us)
            self._flags = 0
            return packet.STATUS, value
        count = self.live.ready(now_us, not self.measuring)
        if count:
            return packet.LIVE, self.live.take(count)
        count = backfill.ready() if resends else 0
        return (packet.BACKFILL, backfill.take(count)) if count else None

    def wanted_at(self) -> int | None:
        """When to call `next` again at the latest; 0: at once; None: not before an event."""
        control, backfill = self.control, self.backfill
        if control.reply is not None:
            if control.may_indicate():
                return 0
        elif backfill.running and backfill.on and (control.may_indicate() or backfill.ready()):
            return 0
        due = [self._keep_until_us, self._identify_until_us]
        if self._status_on:
            due.append(0 if self._status_waits else self._status_due_us)
        live_us = self.live.due_us()
        if live_us is not None:
            due.append(0 if self.live.ready(live_us - 1, not self.measuring) else live_us)
        due = [time_us for time_us in due if time_us is not None]
        return min(due) if due else None

    # --- what the control point asks for ----------------------------------------------------------

    def begin(self, wanted: tuple) -> None:
        """Begin a session: (session, rate in mHz, range in g, range in degrees per second)."""
        rate_mhz = wanted[1]
        self.measuring = True
        self.stream = wanted + (self.ring.next,)  # noqa: RUF005 - MicroPython has no star here
        self._describe()
        # A whole number of microseconds differs from the period, 1e9 / rate_mhz, by more than half
        # of it exactly when it lies outside these.
        self._shortest_us = -(-500_000_000 // rate_mhz)
        self._longest_us = 1_500_000_000 // rate_mhz
        self._most_waiting = max(1, rate_mhz * LIVE_WAITS_S // 1000)
        self._overwrote = False
        self._follows = False
        self._begins = True
        self._skip = 0

    def stop(self) -> int:
        """End the session, if one runs; number that the next sample will get."""
        if self.measuring:
            self._end()
        self.want_status()
        return self.ring.next

    def want_status(self) -> None:
        """Let the next status go now."""
        self._status_waits = True

    def identify(self, seconds: int, now_us: int) -> None:
        """Blink for so long; 0 ends it."""
        self._identify_until_us = now_us + seconds * 1_000_000 if seconds else None
        self.board.identify(seconds)

    def put_label(self, side: int, placement: int) -> None:
        """The info tells another label from now on."""
        self.label = (side, placement)
        self._describe()

    # --- within -----------------------------------------------------------------------------------

    def _note_clipping(self, counts: bytes) -> None:
        for i in (1, 3, 5, 7, 9, 11):
            high = counts[i]
            if (high == 0x7F and counts[i - 1] == 0xFF) or (high == 0x80 and counts[i - 1] == 0):
                self._flags |= packet.ACC_CLIPPED if i < 6 else packet.GYR_CLIPPED

    def _status(self, now_us: int) -> bytes:
        flags = self._flags
        for bit, on in (
            (packet.MEASURING, self.measuring),
            (packet.BATTERY_LOW, self.battery_low),
            (packet.CHARGING, self.charging),
            (packet.UNACKNOWLEDGED_OVERWRITTEN, self._overwrote),
        ):
            if on:
                flags |= bit
        time_us = now_us if self._time_us is None else self._time_us
        ring = self.ring
        boot_id, percent = self.config.boot_id, self.battery_percent
        return packet.pack_status(
            ring.next, ring.oldest, time_us, boot_id, percent, flags, self.lost
        )

    def _pass_time(self, now_us: int) -> None:
        """What happens by itself."""
        if self._keep_until_us is not None and now_us >= self._keep_until_us:
            self._end()
        if self._identify_until_us is not None and now_us >= self._identify_until_us:
            self._identify_until_us = None
            self.board.identify(0)

    def _end(self) -> None:
        self.measuring = False
        self._keep_until_us = None
        self.want_status()
        self.board.stop_imu()

    def _forget_link(self) -> None:
        self._linked = self._encrypted = False
        self._status_on = self._status_waits = False
        self._writer.fits = packet.samples_per_packet(packet.SMALLEST_MTU)
        self.live.enable(False)
        self.backfill.on = False
        self.backfill.end()
        self.control.forget()

    def _describe(self) -> None:
        self.info = pack_info(self.config, self.label, self.stream)
