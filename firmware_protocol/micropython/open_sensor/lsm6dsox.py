"""Driver of the LSM6DSOX and its like (LSM6DSO, ISM330DHCX) by FIFO with hardware timestamps.

Registers, tags and formulas are those of ST's datasheet. The FIFO gives words of a tag and six
bytes; gyroscope, accelerometer and timestamp of one moment share the tag's counter and are put
together here. What cannot be put together is counted as lost, never guessed.
"""

from .clock import TickClock

WHO_AM_I_VALUES = (0x6C, 0x6B)

FIFO_CTRL1 = 0x07
FIFO_CTRL2 = 0x08
FIFO_CTRL3 = 0x09
FIFO_CTRL4 = 0x0A
INT1_CTRL = 0x0D
WHO_AM_I = 0x0F
CTRL1_XL = 0x10
CTRL2_G = 0x11
CTRL3_C = 0x12
CTRL10_C = 0x19
FIFO_STATUS1 = 0x3A
FIFO_STATUS2 = 0x3B
TIMESTAMP0 = 0x40
TIMESTAMP2 = 0x42
INTERNAL_FREQ_FINE = 0x63
FIFO_DATA_OUT_TAG = 0x78

CTRL3_BDU = 0x40
CTRL3_IF_INC = 0x04
CTRL3_SW_RESET = 0x01
CTRL10_TIMESTAMP_EN = 0x20
FIFO_CTRL4_EVERY_TIMESTAMP = 0x40
FIFO_CTRL4_CONTINUOUS = 0x06
FIFO_CTRL4_BYPASS = 0x00
INT1_FIFO_TH = 0x08
TIMESTAMP_RESET = 0xAA
FIFO_STATUS2_OVR_IA = 0x40
FIFO_STATUS2_OVR_LATCHED = 0x08

TAG_GYR = 0x01
TAG_ACC = 0x02
TAG_TIMESTAMP = 0x04

WORD = 7
FIFO_WORDS = 512
CHUNK_WORDS = 36
TICKS_PER_SECOND = 40_000

# Nominal rate in mHz: code of CTRL1_XL, CTRL2_G and FIFO_CTRL3. The true rate is 6,667 Hz over
# 2^k, within the tolerance of the oscillator; what a sample's time is, its timestamp says.
RATES = {
    12_500: 1,
    26_000: 2,
    52_000: 3,
    104_000: 4,
    208_000: 5,
    416_000: 6,
    833_000: 7,
    1_667_000: 8,
    3_333_000: 9,
    6_667_000: 10,
}
# Range: bits of the register, and what one count is (g; degrees per second).
ACC_RANGES = {
    2: (0x00, 0.000061),
    4: (0x08, 0.000122),
    8: (0x0C, 0.000244),
    16: (0x04, 0.000488),
}
GYR_RANGES = {
    125: (0x02, 0.004375),
    250: (0x00, 0.00875),
    500: (0x04, 0.0175),
    1000: (0x08, 0.035),
    2000: (0x0C, 0.07),
}


class I2cBus:
    """Registers over `machine.I2C`."""

    def __init__(self, i2c: object, address: int = 0x6A) -> None:
        self._i2c = i2c
        self._address = address
        self._one = bytearray(1)

    def read_into(self, register: int, buffer: bytearray) -> None:
        """Fill the buffer from the register on."""
        self._i2c.readfrom_mem_into(self._address, register, buffer)

    def write(self, register: int, value: int) -> None:
        """Set one register."""
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)


class SpiBus:
    """Registers over `machine.SPI` (mode 3) and a chip-select pin."""

    def __init__(self, spi: object, select: object) -> None:
        self._spi = spi
        self._select = select
        self._one = bytearray(1)
        self._two = bytearray(2)

    def read_into(self, register: int, buffer: bytearray) -> None:
        """Fill the buffer from the register on."""
        self._one[0] = 0x80 | register
        self._select(0)
        self._spi.write(self._one)
        self._spi.readinto(buffer)
        self._select(1)

    def write(self, register: int, value: int) -> None:
        """Set one register."""
        self._two[0] = register
        self._two[1] = value
        self._select(0)
        self._spi.write(self._two)
        self._select(1)


class Lsm6dsox:
    """One inertial sensor.

    Args:
        bus: `I2cBus`, `SpiBus`, or anything like them.
        watermark: Samples after which the sensor raises its interrupt 1.

    Attributes:
        lost: Samples known to be lost since `start`.
        damaged: Words that were left out: of an unknown tag, of a wrong parity, or without partner.
    """

    def __init__(self, bus: object, watermark: int = 4) -> None:
        self._bus = bus
        self._watermark = watermark
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._four = bytearray(4)
        self._words = bytearray(WORD * CHUNK_WORDS)
        self._sample = bytearray(12)
        self.clock = TickClock()
        self.lost = 0
        self.damaged = 0
        self._begin(1)

    def present(self) -> bool:
        """Whether a sensor of this kind answers."""
        try:
            return self._read(WHO_AM_I) in WHO_AM_I_VALUES
        except OSError:
            return False

    def start(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int, now_us: int) -> bool:
        """Begin to measure; False if the sensor does not answer. The clock begins at `now_us`."""
        if not self.present():
            return False
        code = RATES[rate_mhz]
        words = 3 * self._watermark
        self._begin(_ticks_per_sample(code))
        self.clock.begin(_signed(self._read(INTERNAL_FREQ_FINE)), now_us)
        for register, value in (
            (CTRL3_C, CTRL3_BDU | CTRL3_IF_INC),
            (FIFO_CTRL4, FIFO_CTRL4_BYPASS),
            (FIFO_CTRL1, words & 0xFF),
            (FIFO_CTRL2, words >> 8 & 1),
            (FIFO_CTRL3, code << 4 | code),
            (INT1_CTRL, INT1_FIFO_TH),
            (CTRL1_XL, code << 4 | ACC_RANGES[acc_range_g][0]),
            (CTRL2_G, code << 4 | GYR_RANGES[gyr_range_dps][0]),
            (CTRL10_C, CTRL10_TIMESTAMP_EN),
            (TIMESTAMP2, TIMESTAMP_RESET),
            (FIFO_CTRL4, FIFO_CTRL4_EVERY_TIMESTAMP | FIFO_CTRL4_CONTINUOUS),
        ):
            self._bus.write(register, value)
        self._read(FIFO_STATUS2)
        return True

    def stop(self) -> None:
        """Power both sensors down and empty the FIFO."""
        for register in (CTRL1_XL, CTRL2_G, INT1_CTRL, FIFO_CTRL4):
            self._bus.write(register, 0)

    def drain(self, sink: object) -> int:
        """Read all words and call the sink's `sample` and `overrun`; gives how many samples."""
        self._bus.read_into(FIFO_STATUS1, self._two)
        words = self._two[0] | (self._two[1] & 0x03) << 8
        if self._two[1] & (FIFO_STATUS2_OVR_IA | FIFO_STATUS2_OVR_LATCHED):
            # What has half come has lost its other half.
            self._overran = True
            self._next_slot(-1)
        given = 0
        while words:
            chunk = min(words, CHUNK_WORDS)
            view = memoryview(self._words)[: chunk * WORD]
            # Reading on from 0x7E wraps to the tag at 0x78.
            self._bus.read_into(FIFO_DATA_OUT_TAG, view)
            for word in range(chunk):
                given += self._take(word * WORD, sink)
            words -= chunk
        return given

    def follow(self, now_us: int) -> None:
        """Tell the sensor's clock what the board's says; to be called right before it is read."""
        self._bus.read_into(TIMESTAMP0, self._four)
        four = self._four
        self.clock.follow(four[0] | four[1] << 8 | four[2] << 16 | four[3] << 24, now_us)

    # --- within -----------------------------------------------------------------------------------

    def _begin(self, ticks_per_sample: int) -> None:
        self._per_sample = ticks_per_sample
        self._slot = -1
        self._have = 0
        self._ticks = 0
        self._last_ticks = -1
        self._overran = False
        self.lost = self.damaged = 0

    def _read(self, register: int) -> int:
        self._bus.read_into(register, self._one)
        return self._one[0]

    def _take(self, at: int, sink: object) -> int:
        """One word; 1 if it completed a sample."""
        words = self._words
        tag = words[at]
        kind = tag >> 3
        if kind == TAG_GYR:
            bit = 1
        elif kind == TAG_ACC:
            bit = 2
        elif kind == TAG_TIMESTAMP:
            bit = 4
        else:
            bit = 0
        if not bit or not _even(tag):
            self.damaged += 1
            return 0
        slot = tag >> 1 & 3
        if slot != self._slot or self._have & bit:
            self._next_slot(slot)
        self._have |= bit
        if bit == 4:
            self._ticks = (
                words[at + 1] | words[at + 2] << 8 | words[at + 3] << 16 | words[at + 4] << 24
            )
        else:
            # Acceleration travels first.
            to = 6 if bit == 1 else 0
            for i in range(6):
                self._sample[to + i] = words[at + 1 + i]
        if self._have != 7:
            return 0
        self._give(sink)
        return 1

    def _next_slot(self, slot: int) -> None:
        """Another moment begins; what the one before lacks will not come."""
        have = self._have
        if have != 7:
            self.damaged += (have & 1) + (have >> 1 & 1) + (have >> 2)
        self._slot = slot
        self._have = 0

    def _give(self, sink: object) -> None:
        """A whole sample, and before it what is known to be missing.

        Of two moments the ticks between are known, and so how many samples lay there: rate and
        timestamps come from one oscillator.
        """
        lost = 0
        if self._last_ticks >= 0:
            passed = (self._ticks - self._last_ticks) & 0xFFFFFFFF
            lost = max(0, (passed + self._per_sample // 2) // self._per_sample - 1)
        if lost or self._overran:
            self.lost += lost
            self._overran = False
            sink.overrun(lost)
        self._last_ticks = self._ticks
        sink.sample(self._sample, self.clock.time_us(self._ticks))


def _ticks_per_sample(code: int) -> int:
    """Nominal ticks of 25 us between two samples: both come from one oscillator."""
    period_hz_1000 = 6_667_000 >> (10 - code)
    return (TICKS_PER_SECOND * 1000 + period_hz_1000 // 2) // period_hz_1000


def _even(tag: int) -> bool:
    """The tag's bit 0 makes its number of ones even."""
    tag ^= tag >> 4
    tag ^= tag >> 2
    tag ^= tag >> 1
    return not tag & 1


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
