"""From the timestamp counter of the inertial sensor to the clock of the board, in whole numbers.

The counter runs with the inertial sensor's own oscillator, which is off by up to some percent; the
board's crystal, by which TIME and the status tell the clock, is off by some millionths. Without
`follow` the samples keep the oscillator's time, corrected by what the factory has measured.
"""

TICK_US = 25
SECOND_TICKS = 40_000
_WINDOW_TICKS = 32 * SECOND_TICKS
_LARGEST_ERROR = 20
"""Share of the nominal rate, 1 / 20, by which no oscillator is off: such a reading is not used."""
_SETTLE_S = 8
"""An error is made good over so many seconds, so that no two samples lie visibly off one period."""


class TickClock:
    """Turns ticks of 25 us, modulo 2^32, into microseconds that never step back.

    The rate is the slope between the board's clock and the ticks over the last 32 to 64 s (all
    there is, at first), plus what makes the present error good in 8 s.
    """

    def __init__(self) -> None:
        self.begin(0, 0)

    def begin(self, freq_fine: int, now_us: int) -> None:
        """The counter was set to 0 at `now_us`; `freq_fine`: INTERNAL_FREQ_FINE, signed.

        Its unit is 0.15 % of the oscillator's frequency.
        """
        self._nominal = (TICK_US << 16) * 2000 // (2000 + 3 * freq_fine)
        self._rate = self._nominal
        self._ticks = 0
        self._us = now_us
        self._part = 0
        self._older = (0, now_us)
        self._newer = None
        self._told = 0

    def time_us(self, ticks: int) -> int:
        """Clock of a sample; samples are told in their order."""
        part = self._part + ((ticks - self._ticks) & 0xFFFFFFFF) * self._rate
        self._ticks = ticks
        self._us += part >> 16
        self._part = part & 0xFFFF
        return self._us

    def error_us(self, ticks: int, now_us: int) -> int:
        """By how much a sample of this moment would be stamped too early."""
        since = (ticks - self._ticks + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return now_us - self._us - ((self._part + since * self._rate) >> 16)

    def follow(self, ticks: int, now_us: int) -> None:
        """The counter and the board's clock at one moment; once a second is used."""
        if (ticks - self._told) & 0xFFFFFFFF < SECOND_TICKS:
            return
        self._told = ticks
        passed = (ticks - self._older[0]) & 0xFFFFFFFF
        slope = ((now_us - self._older[1]) << 16) // passed
        if abs(slope - self._nominal) * _LARGEST_ERROR > self._nominal:
            return
        error = (self.error_us(ticks, now_us) << 16) // (_SETTLE_S * SECOND_TICKS)
        most = self._nominal // (4 * _LARGEST_ERROR)
        self._rate = slope + max(-most, min(most, error))
        if self._newer is None:
            if passed >= _WINDOW_TICKS:
                self._newer = (ticks, now_us)
        elif (ticks - self._newer[0]) & 0xFFFFFFFF >= _WINDOW_TICKS:
            self._older, self._newer = self._newer, (ticks, now_us)
