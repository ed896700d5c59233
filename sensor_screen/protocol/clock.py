"""When every sample of a sensor was measured, on the receiver's monotonic clock.

Two steps. The sensor numbers its samples; once a second it says the device time of its newest one,
and every packet the low 16 bits of the time of its first: so every number has a device time, to a
tenth of a millisecond, also those that came by the backfill lane. Arrivals of live packets tie
device time to the host's (`arrival_clock`). A step of the sensor's clock shows against the numbers,
a sleep of the receiver against the arrivals; each begins a new piece, and so does every start of
the sensor. Samples between two pieces that nobody heard live carry the difference of both maps in
their residual: which of them holds is not known.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.model import ClockMap
from sensor_screen.protocol.clock_piece import ClockParams, ClockPiece
from sensor_screen.protocol.sequence_ranges import unwrap_sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Floats

_UNIT_US = 100
_WRAP_US = _UNIT_US << 16
_LARGEST_US = 1 << 53
_LARGEST_WAIT_US = 2_000_000
_LINE_POINTS = 200


@dataclass(frozen=True, slots=True)
class SampleTimes:
    """Of a row of samples."""

    device_s: Floats  # (n,) the sensor's own clock
    host_s: Floats  # (n,) the receiver's monotonic clock; nan where nothing is known
    residual_s: Floats  # (n,) within which the true host time lies, 95 % or better


@dataclass(frozen=True, slots=True)
class ShownLine:
    """Time of one sample and from sample to sample, on both clocks, s."""

    device_s: tuple[float, float]
    host_s: tuple[float, float]


class EpochClock:
    """The clock of one start of a sensor.

    Args:
        rate_hz: Of the samples, by name.
        params: Tuning.
    """

    def __init__(self, rate_hz: float, params: ClockParams) -> None:
        self._params = params
        self._interval_us = 1e6 / rate_hz
        self._measured_s = 0.0
        self._top: int | None = None
        self._early: list[tuple[int, int, float, float]] = []
        self._late: tuple[float, int, int] | None = None
        self.pieces: list[ClockPiece] = []
        self.odd = 0
        """Points that fit nothing, and were left out."""

    # --- what came --------------------------------------------------------------------------------

    def hear_status(
        self, newest: int, device_us: int, arrival_s: float, composed_us: int | None = None
    ) -> None:
        """What the sensor says once a second.

        Args:
            newest: Number of its newest sample, u32.
            device_us: Device time of that sample.
            arrival_s: The receiver's monotonic time.
            composed_us: Device time at which this was made ready to send, where the sensor tells.
                At moments that have no rhythm it meets all phases of the grid of connection
                events, which packets of a fixed number of samples may never do.
        """
        sequence = self._unwrap(newest)
        if not 0 <= device_us < _LARGEST_US:
            self.odd += 1
            return
        piece = self._piece_of(sequence)
        if piece is not None and piece.guessed:
            self._settle(piece, sequence, device_us)
        if piece is None or self._is_off(piece, sequence, device_us):
            piece = self._break_at(sequence, device_us)
        if piece is None:
            return
        piece.anchor(sequence, device_us)
        self._measure(piece)
        sane = composed_us is not None and 0 <= composed_us - device_us < _LARGEST_WAIT_US
        ready_us = composed_us if composed_us is not None and sane else device_us
        self._hear(piece, sequence, sequence, ready_us * 1e-6, arrival_s)

    def hear_packet(self, first: int, count: int, t100us: int, arrival_s: float) -> None:
        """A live packet: number (u32) and low 16 bits of the time of its first sample."""
        sequence = self._unwrap(first)
        piece = self._piece_of(sequence)
        if piece is None:
            return  # The whole time is not known before the first status.
        expected_us, away = piece.expect_us(sequence, self._interval_us)
        device_us = round(expected_us) + _nearest(t100us * _UNIT_US + 50 - round(expected_us))
        if self._is_off(piece, sequence, device_us):
            piece = self._break_at(sequence, device_us)
            if piece is None:
                return
            piece.guessed = not piece.anchored
            piece.anchor(sequence, device_us)
        elif away * self._interval_us > self._params.anchor_s * 1e6 and sequence > piece.last_heard:
            piece.anchor(sequence, device_us)
        last_s = (device_us + (count - 1) * self._interval_us) * 1e-6
        self._hear(piece, sequence, sequence + count - 1, last_s, arrival_s)

    def _settle(self, piece: ClockPiece, sequence: int, device_us: int) -> None:
        """The first status of a piece that a packet began says how many wraps it is off."""
        expected_us, _ = piece.expect_us(sequence, self._interval_us)
        wraps = round((device_us - expected_us) / _WRAP_US)
        if wraps and not self._is_off(piece, sequence, device_us - wraps * _WRAP_US):
            piece.shift(wraps * _WRAP_US)
        piece.guessed = False

    def _unwrap(self, sent: int) -> int:
        sequence = sent if self._top is None else unwrap_sequence(sent, self._top)
        self._top = sequence if self._top is None else max(self._top, sequence)
        return sequence

    def _piece_of(self, sequence: int) -> ClockPiece | None:
        at = bisect_right(self.pieces, sequence, key=lambda piece: piece.first)
        return self.pieces[max(0, at - 1)] if self.pieces else None

    def _is_off(self, piece: ClockPiece, sequence: int, device_us: int) -> bool:
        expected_us, away = piece.expect_us(sequence, self._interval_us)
        error = self._params.unmeasured_rate_error
        if self._measured_s:
            # Two times to 100 us each over what was measured.
            error = max(self._params.rate_error, 2e-4 / self._measured_s)
        allowed_us = self._params.step_us + error * away * self._interval_us
        return abs(device_us - expected_us) > min(allowed_us, _WRAP_US / 4)

    def _break_at(self, sequence: int, device_us: int) -> ClockPiece | None:
        """The piece that begins here, or the next one, which then begins earlier than thought."""
        at = bisect_right(self.pieces, sequence, key=lambda piece: piece.first)
        if at < len(self.pieces):
            after = self.pieces[at]
            if self._is_off(after, sequence, device_us):
                self.odd += 1
                return None
            after.first = sequence
            return after
        inside = self.pieces and sequence <= self.pieces[-1].last_heard - 1
        if inside or len(self.pieces) >= self._params.most_pieces:
            self.odd += 1
            return None
        self.pieces.append(ClockPiece(sequence, self._params))
        self._early, self._late = [], None
        return self.pieces[-1]

    def _measure(self, piece: ClockPiece) -> None:
        interval_us, over_s = piece.measure_interval_us(self._interval_us)
        if over_s > 0.5 and abs(interval_us / self._interval_us - 1) < 2 * (
            self._params.unmeasured_rate_error
        ):
            self._interval_us, self._measured_s = interval_us, over_s

    # --- sleeps of the receiver -------------------------------------------------------------------

    def _hear(
        self, piece: ClockPiece, first: int, last: int, device_s: float, arrival_s: float
    ) -> None:
        early, late = piece.arrivals.lines_up(device_s, arrival_s)
        if piece is not self.pieces[-1]:
            if not early:
                piece.arrivals.hear(device_s, arrival_s)
            return
        if early:
            self._hear_early(first, last, device_s, arrival_s)
            return
        self.odd += len(self._early)
        self._early = []
        piece.arrivals.hear(device_s, arrival_s)
        piece.last_heard = max(piece.last_heard, last)
        self._hear_late(piece, first, device_s, late=late)

    def _hear_early(self, first: int, last: int, device_s: float, arrival_s: float) -> None:
        self._early.append((first, last, device_s, arrival_s))
        if len(self._early) < self._params.arrivals.early_points:
            return
        points, self._early, self._late = self._early, [], None
        piece = self._split(min(point[0] for point in points))
        for _, end, at_s, came_s in points:
            piece.arrivals.hear(at_s, came_s)
            piece.last_heard = max(piece.last_heard, end)

    def _hear_late(self, piece: ClockPiece, first: int, device_s: float, *, late: bool) -> None:
        if not late:
            self._late = None
            return
        start_s, start, count = self._late or (device_s, first, 0)
        self._late = (start_s, start, count + 1)
        tuning = self._params.arrivals
        if device_s - start_s > tuning.late_for_s and count >= tuning.late_points:
            piece.arrivals.drop_since(start_s)
            self._split(start)
            self._late = None

    def _split(self, first: int) -> ClockPiece:
        """A new piece of arrivals while the sensor's own clock runs on."""
        before = self.pieces[-1]
        piece = ClockPiece(max(first, before.first + 1), self._params)
        device_us, _ = before.expect_us(piece.first, self._interval_us)
        piece.anchor(piece.first, round(device_us))
        before.last_heard = min(before.last_heard, piece.first)
        self.pieces.append(piece)
        return piece

    # --- what is known ----------------------------------------------------------------------------

    def times(self, sequence: NDArray[np.int64]) -> SampleTimes:
        """Times of samples by their unwrapped numbers, in any order."""
        shape = sequence.shape
        times = SampleTimes(np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.inf))
        firsts = np.array([piece.first for piece in self.pieces], dtype=np.int64)
        owner = np.maximum(np.searchsorted(firsts, sequence, side="right") - 1, 0)
        for number, piece in enumerate(self.pieces):
            mine = owner == number
            if not mine.any() or not len(piece.arrivals):
                continue
            device_s = piece.device_s(sequence[mine], self._interval_us)
            offset_s, residual_s = piece.arrivals.offset_s(device_s)
            host_s = device_s + offset_s
            if number + 1 < len(self.pieces):
                residual_s += self._doubt_s(number, sequence[mine], host_s)
            times.device_s[mine], times.host_s[mine] = device_s, host_s
            times.residual_s[mine] = residual_s
        return times

    def shown_line(self, sequence: int) -> ShownLine | None:
        """Times near one of the newest samples, for showing; None where nothing is known."""
        piece = self._piece_of(sequence)
        fit = piece.arrivals.shown() if piece is not None and len(piece.arrivals) else None
        if piece is None or fit is None:
            return None
        device_us, _ = piece.expect_us(sequence, self._interval_us)
        device_s, step_s = device_us * 1e-6, self._interval_us * 1e-6
        host_s = device_s + fit.offset_s + fit.skew * (device_s - fit.middle_s)
        return ShownLine((device_s, step_s), (host_s, step_s * (1.0 + fit.skew)))

    def _doubt_s(self, number: int, sequence: NDArray[np.int64], host_s: Floats) -> Floats:
        """How much the next piece says otherwise of samples that nobody heard live."""
        piece, after = self.pieces[number], self.pieces[number + 1]
        doubt = np.zeros(len(sequence))
        unheard = sequence > piece.last_heard
        if unheard.any() and len(after.arrivals):
            device_s = after.device_s(sequence[unheard], self._interval_us)
            doubt[unheard] = np.abs(
                device_s + after.arrivals.offset_s(device_s)[0] - host_s[unheard]
            )
        return doubt

    def clock_map(self, sequence: int) -> ClockMap | None:
        """Device time to host time near one sample; None before anything is known."""
        piece = self._piece_of(sequence)
        if piece is None:
            return None
        device_s = piece.device_s(np.array([sequence]), self._interval_us)
        return piece.arrivals.clock_map(float(device_s[0]))

    def line_map(self, first: int, last: int) -> ClockMap | None:
        """One straight line for a stretch of samples: for recordings of some minutes.

        It lies evenly between the knots, whose wander is not the clock's; what temperature bends in
        longer recordings is in its residual. None where the stretch has a jump in it, or where
        nothing is known.
        """
        piece = self._piece_of(first)
        if piece is None or piece is not self._piece_of(last) or not len(piece.arrivals):
            return None
        numbers = np.unique(np.linspace(first, last, _LINE_POINTS).astype(np.int64))
        times = self.times(numbers)
        middle_s = float(times.device_s.mean())
        from_middle_s = times.device_s - middle_s
        offset_s = times.host_s - times.device_s
        skew, height_s = 0.0, float(offset_s[0])
        if len(numbers) > 1:
            skew, height_s = np.polyfit(from_middle_s, offset_s, 1, w=1.0 / times.residual_s)
        bend_s = np.abs(offset_s - height_s - skew * from_middle_s)
        return ClockMap(
            offset_s=float(height_s - skew * middle_s),
            skew=float(skew),
            residual_s=float(np.max(bend_s + times.residual_s)),
            origin="arrivals",
        )


class ClockModel:
    """The clock of one sensor through all its restarts.

    Args:
        rate_hz: Of the samples, by name.
        params: Tuning; None for the defaults.
    """

    def __init__(self, rate_hz: float, params: ClockParams | None = None) -> None:
        self._rate_hz = rate_hz
        self._params = params or ClockParams()
        self.epochs: dict[int, EpochClock] = {}
        """By boot id."""

    def begin_epoch(self, boot_id: int) -> EpochClock:
        """The boot id that the sensor says on connecting; the same again changes nothing."""
        if boot_id not in self.epochs:
            self.epochs[boot_id] = EpochClock(self._rate_hz, self._params)
        return self.epochs[boot_id]

    def epoch(self, boot_id: int) -> EpochClock:
        """The clock of one start.

        Raises:
            ProtocolError: It has not begun.
        """
        if boot_id not in self.epochs:
            raise ProtocolError(
                f"Boot id {boot_id}", "is of no known start", "read the sensor's information first"
            )
        return self.epochs[boot_id]


def _nearest(difference_us: int) -> int:
    """The same modulo the wrap of 16 bits, nearest to zero."""
    return (difference_us + _WRAP_US // 2) % _WRAP_US - _WRAP_US // 2
