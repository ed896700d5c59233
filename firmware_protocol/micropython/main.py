"""Radio shell for a board with MicroPython's `bluetooth`: as thin as it can be.

Everything that can be decided without a radio is decided in `open_sensor`. This file was compiled,
but never run on a board by us; README.md tells what that leaves open.
"""

import struct
import time

import bluetooth
import machine
from micropython import const
from open_sensor import info, packet
from open_sensor.board import Board
from open_sensor.lsm6dsox import ACC_RANGES, GYR_RANGES, I2cBus, Lsm6dsox
from open_sensor.sensor import Sensor

# ---- what is wired where, and what this sensor is ------------------------------------------------

SDA, SCL, IMU_INTERRUPT, LIGHT, BUTTON = 12, 13, 24, 6, 25
SERIAL = "SS-" + "".join("%02x" % byte for byte in machine.unique_id())[-6:]
DEPTH = 6_240  # 60 s at 104 Hz; 14.25 bytes each
RATES_MHZ = (52_000, 104_000)
LABEL_FILE, BONDS_FILE = "label.bin", "bonds.bin"
PAIRING_MS = 60_000
MOST_BONDS = 2

IRQ_CONNECT, IRQ_DISCONNECT, IRQ_WRITE, IRQ_READ = const(1), const(2), const(3), const(4)
IRQ_INDICATE_DONE, IRQ_MTU, IRQ_ENCRYPTION = const(20), const(21), const(28)
IRQ_GET_SECRET, IRQ_SET_SECRET = const(29), const(30)
FLAG_READ, FLAG_NOTIFY, FLAG_INDICATE, FLAG_WRITE = const(2), const(16), const(32), const(8)
FLAG_READ_ENCRYPTED, FLAG_WRITE_ENCRYPTED = const(0x200), const(0x1000)


def uuid(short: int) -> object:
    """One of ours."""
    return bluetooth.UUID(info.SERVICE_UUID.replace("0001", "%04x" % short, 1))


class Clock:
    """Microseconds since start, from the counter that wraps."""

    def __init__(self) -> None:
        self._ticks = time.ticks_us()
        self._us = 0

    def now_us(self) -> int:
        """Called at least every few minutes."""
        ticks = time.ticks_us()
        self._us += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._us


class Port(Board):
    """This board."""

    def __init__(self, imu: Lsm6dsox, clock: Clock) -> None:
        self._imu = imu
        self._clock = clock
        self._light = machine.Pin(LIGHT, machine.Pin.OUT)
        self._timer = machine.Timer(-1)
        self.bonds = {}

    def start_imu(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int) -> bool:
        """Begin to measure."""
        return self._imu.start(rate_mhz, acc_range_g, gyr_range_dps, self._clock.now_us())

    def stop_imu(self) -> None:
        """End it."""
        self._imu.stop()

    def identify(self, seconds: int) -> None:
        """Blink until told otherwise."""
        self._timer.deinit()
        self._light.off()
        if seconds:
            self._timer.init(period=200, callback=lambda _: self._light.toggle())

    def store_label(self, side: int, placement: int) -> None:
        """Keep it in the file system."""
        with open(LABEL_FILE, "wb") as file:
            file.write(bytes((side, placement)))

    def self_test(self) -> int:
        """Only whether the inertial sensor answers."""
        return 0 if self._imu.present() else 3

    def factory_reset(self) -> None:
        """Forget bonds and label, and start anew."""
        import os

        for name in (LABEL_FILE, BONDS_FILE):
            try:
                os.remove(name)
            except OSError:
                continue
        machine.reset()

    def sleep(self) -> None:
        """Until the button is pressed."""
        machine.deepsleep()


class Shell:
    """Carries events to the sensor and bytes to the radio."""

    def __init__(self) -> None:
        self.clock = Clock()
        bus = I2cBus(machine.I2C(0, sda=machine.Pin(SDA), scl=machine.Pin(SCL), freq=400_000))
        self.imu = Lsm6dsox(bus)
        self.port = Port(self.imu, self.clock)
        side, placement = read_file(LABEL_FILE, b"\x00\x00")
        self.sensor = Sensor(
            info.Config(
                serial=SERIAL,
                model="MicroPython reference",
                firmware="1.0.0",
                boot_id=int.from_bytes(random_bytes(4), "little") or 1,
                rates_mhz=RATES_MHZ,
                acc_ranges=[(g, ACC_RANGES[g][1]) for g in (8, 16)],
                gyr_ranges=[(dps, GYR_RANGES[dps][1]) for dps in (1000, 2000)],
                depth=DEPTH,
                capabilities=info.HARDWARE_TIMESTAMPS | info.IDENTIFY_LIGHT,
                side=side,
                placement=placement,
                tolerance_ppm=50,
            ),
            self.port,
        )
        self._link = None
        self._events = []
        self._unsent = None
        self._enabled = {}
        self._fast_until_ms = 0
        self._open_until_ms = None
        self._load_bonds()
        self._button = machine.Pin(BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
        self._interrupt = machine.Pin(IMU_INTERRUPT, machine.Pin.IN)
        self._ble = bluetooth.BLE()
        self._ble.active(True)
        # No display, no keys: Just Works; LE Secure Connections and bonds all the same.
        self._ble.config(mtu=packet.LARGEST_VALUE + 3, bond=True, le_secure=True, mitm=False, io=3)
        self._ble.irq(self._event)
        self._register()
        self._advertise()

    def _register(self) -> None:
        secret_read = FLAG_READ | FLAG_READ_ENCRYPTED
        ours = (
            uuid(1),
            (
                (uuid(2), FLAG_WRITE | FLAG_WRITE_ENCRYPTED | FLAG_INDICATE),
                (uuid(3), FLAG_NOTIFY),
                (uuid(4), FLAG_NOTIFY),
                (uuid(5), secret_read),
                (uuid(6), secret_read | FLAG_NOTIFY),
            ),
        )
        battery = (bluetooth.UUID(0x180F), ((bluetooth.UUID(0x2A19), FLAG_READ | FLAG_NOTIFY),))
        texts = ((0x2A24, "model"), (0x2A25, "serial"), (0x2A26, "firmware"))
        device = (
            bluetooth.UUID(0x180A),
            tuple((bluetooth.UUID(number), FLAG_READ) for number, _ in texts),
        )
        handles, self._battery, device_handles = self._ble.gatts_register_services(
            (ours, battery, device)
        )
        channels = (packet.CONTROL, packet.LIVE, packet.BACKFILL, packet.INFO, packet.STATUS)
        self._handles = dict(zip(channels, handles))
        self._channels = {handle: channel for channel, handle in self._handles.items()}
        # The client configuration (0x2902) follows each value that notifies or indicates.
        self._switches = {
            self._handles[channel] + 1: channel for channel in channels if channel != packet.INFO
        }
        self._ble.gatts_set_buffer(self._handles[packet.INFO], info.LARGEST_INFO)
        # One byte more than allowed, so that what is too long is seen to be.
        self._ble.gatts_set_buffer(self._handles[packet.CONTROL], packet.LARGEST_CONTROL + 1)
        for (_, name), handle in zip(texts, device_handles):
            self._ble.gatts_write(handle, getattr(self.sensor.config, name).encode())

    # ---- events of the radio; they come one at a time ----

    def _event(self, event: int, data: tuple) -> object:
        """Called by the stack, perhaps in the middle of anything: so most of it only waits."""
        now_us = self.clock.now_us()
        if event == IRQ_READ:
            return self._read(data[1], now_us)
        if event == IRQ_GET_SECRET:
            return self._secret(data)
        if event == IRQ_SET_SECRET:
            return self._keep_secret(data)
        if event == IRQ_WRITE:
            if data[1] != self._handles[packet.CONTROL]:
                return None
            data = (data[0], self._ble.gatts_read(data[1]))
        if event in (
            IRQ_CONNECT,
            IRQ_DISCONNECT,
            IRQ_MTU,
            IRQ_ENCRYPTION,
            IRQ_INDICATE_DONE,
            IRQ_WRITE,
        ):
            self._events.append((event, data[0], data[1], now_us))
        return None

    def _take_event(self) -> None:
        event, link, what, now_us = self._events.pop(0)
        sensor = self.sensor
        if event == IRQ_CONNECT:
            self._link = link
            self._enabled = {}
            sensor.connected(now_us)
            # Browsers cannot ask for a larger MTU: the sensor must.
            self._ble.gattc_exchange_mtu(link)
        elif event == IRQ_DISCONNECT:
            self._link = self._unsent = None
            sensor.disconnected(now_us)
            self._fast_until_ms = now_us // 1000 + 60_000
            self._advertise()
        elif event == IRQ_MTU:
            sensor.set_mtu(what)
        elif event == IRQ_ENCRYPTION:
            sensor.set_encrypted(bool(what))
        elif event == IRQ_INDICATE_DONE:
            sensor.confirmed(now_us)
        elif event == IRQ_WRITE:
            # The stack has already answered the write: an ATT error cannot be given any more.
            sensor.write(what, now_us)

    def _read(self, handle: int, now_us: int) -> int:
        channel = self._channels.get(handle)
        if channel is None:
            return packet.ATT_OK
        value = self.sensor.read(channel, now_us)
        if isinstance(value, int):
            return value
        self._ble.gatts_write(handle, value)
        return packet.ATT_OK

    def _secret(self, data: tuple) -> bytes | None:
        kind, index, key = data
        if key is not None:
            return self.port.bonds.get((kind, bytes(key)))
        found = [value for (its_kind, _), value in self.port.bonds.items() if its_kind == kind]
        return found[index] if index < len(found) else None

    def _keep_secret(self, data: tuple) -> bool:
        kind, key, value = data
        entry = (kind, bytes(key))
        if value is None:
            return self.port.bonds.pop(entry, None) is not None
        same_kind = sum(1 for other, _ in self.port.bonds if other == kind)
        if entry not in self.port.bonds and (not self.pairing_open() or same_kind >= MOST_BONDS):
            self._ble.gap_disconnect(self._link)
            return False
        self.port.bonds[entry] = bytes(value)
        self._save_bonds()
        return True

    def _load_bonds(self) -> None:
        stored, at = read_file(BONDS_FILE, b""), 0
        while at + 4 <= len(stored):
            kind, key_size, size = struct.unpack_from("<BBH", stored, at)
            key = stored[at + 4 : at + 4 + key_size]
            at += 4 + key_size
            self.port.bonds[(kind, key)] = stored[at : at + size]
            at += size

    def _save_bonds(self) -> None:
        with open(BONDS_FILE, "wb") as file:
            for (kind, key), value in self.port.bonds.items():
                file.write(struct.pack("<BBH", kind, len(key), len(value)) + key + value)

    # ---- what is done again and again ----

    def pairing_open(self) -> bool:
        """Whether the button was pressed less than 60 s ago."""
        return self._open_until_ms is not None and self.clock.now_us() // 1000 < self._open_until_ms

    def _advertise(self) -> None:
        sensor = self.sensor
        fast = self.clock.now_us() // 1000 < self._fast_until_ms
        answer = info.scan_response(
            sensor.label[0],
            sensor.label[1],
            sensor.battery_percent,
            sensor.measuring,
            self.pairing_open(),
        )
        self._ble.gap_advertise(
            100_000 if fast else 500_000,
            adv_data=info.advertising_data(SERIAL),
            resp_data=answer,
        )

    def _read_switches(self, now_us: int) -> None:
        """What the client enabled, where the port keeps it as a value; otherwise everything."""
        for handle, channel in self._switches.items():
            try:
                on = self._ble.gatts_read(handle)[:1] not in (b"", b"\x00")
            except (OSError, ValueError):
                on = True
            if on == self._enabled.get(channel, False):
                continue
            if self.sensor.enable(channel, on, now_us) == packet.ATT_OK:
                self._enabled[channel] = on

    def _send(self, now_us: int) -> None:
        """All that waits, until the stack has no buffer left."""
        while self._link is not None:
            if self._unsent is None:
                self._unsent = self.sensor.next(now_us)
            if self._unsent is None:
                return
            channel, value = self._unsent
            handle = self._handles[channel]
            try:
                if channel == packet.CONTROL:
                    self._ble.gatts_indicate(self._link, handle, value)
                else:
                    self._ble.gatts_notify(self._link, handle, value)
            except OSError:
                return
            self._unsent = None

    def turn(self) -> None:
        """Once round: events, button, samples, packets."""
        while self._events:
            self._take_event()
        now_us = self.clock.now_us()
        self._mind_button(now_us)
        if self.sensor.measuring and self._interrupt.value():
            self.imu.follow(self.clock.now_us())
            self.imu.drain(self.sensor)
        if self._link is not None:
            self._read_switches(now_us)
            self._send(now_us)
            return
        self.sensor.next(now_us)  # time passes without a link, too
        if self._fast_until_ms and now_us // 1000 >= self._fast_until_ms:
            self._fast_until_ms = 0
            self._advertise()

    def _mind_button(self, now_us: int) -> None:
        was_open = self._open_until_ms
        if not self._button.value():
            self._open_until_ms = now_us // 1000 + PAIRING_MS
        elif was_open is not None and now_us // 1000 >= was_open:
            self._open_until_ms = None
        # Advertising tells whether it is open.
        if (was_open is None) != (self._open_until_ms is None) and self._link is None:
            self._advertise()

    def run(self) -> None:
        """For ever."""
        while True:
            self.turn()
            time.sleep_ms(5)


def read_file(name: str, otherwise: bytes) -> bytes:
    """What is stored, or what stands for nothing."""
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError:
        return otherwise


def random_bytes(count: int) -> bytes:
    """From the hardware's generator."""
    import os

    return os.urandom(count)


if __name__ == "__main__":
    Shell().run()
