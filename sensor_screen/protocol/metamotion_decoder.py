"""MbientLab MetaMotion: notifications to samples, acceleration and rate of turn put together.

The two halves come in packets of their own, without number or time. They are paired by order: one
chip measures both at one rate, and the radio keeps the order of packets. So the lead of one half
over the other moves between two bounds. Bounds that have moved for good mean that packets of one
half are missing; then as many of the other are left out, and both are counted.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.metamotion import (
    ACC_IMPLEMENTATION,
    Chip,
    MetaCharacteristic,
    Module,
    sample_register,
)
from sensor_screen.protocol.vendors import MOST_NOTIFIED, Battery, ManySamples, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_AXES_BYTES = 6
_READ = 0x80
_BATTERY = 0x0C | _READ
_BOTH = 3
_REMEDY = "read the chip once more, then start again"


_Rows = tuple[bytes, list[tuple[float, int]]]
"""Rows, and when they came, with how many came then."""


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """What a module answers when it is asked what it is."""

    module: int
    implementation: int | None
    """None: the module is not there."""
    revision: int | None


@dataclass(frozen=True, slots=True)
class OtherReply:
    """A packet of the sensor that is not decoded here."""

    module: int
    register: int
    content: bytes


MetaEvent = SampleBlock | ModuleInfo | Battery | OtherReply


@dataclass(frozen=True, slots=True)
class PairingParams:
    """How the halves are kept together."""

    window_packets: int = 48
    """Packets of samples over which the bounds of the lead are looked for: at 100 Hz and three
    samples a packet 0.7 s, a score of connection intervals."""
    most_lead: int = 64
    """Samples by which one half may lead; what is older is left out. Bounds memory, and lets a
    half that is not sent at all be seen as unpaired."""


class _Half:
    """Samples of one half that wait for the other, as bytes of a packet and when it came."""

    def __init__(self) -> None:
        self.packets: deque[tuple[bytes, float]] = deque()
        self.waiting = 0
        self.unpaired = 0
        self.owed = 0

    def add(self, rows: bytes, arrival_s: float) -> None:
        """Append rows, less what is owed for rows that the other half lost."""
        count = len(rows) // _AXES_BYTES
        skipped = min(self.owed, count)
        self.owed -= skipped
        self.unpaired += skipped
        if skipped < count:
            self.packets.append((rows[skipped * _AXES_BYTES :], arrival_s))
            self.waiting += count - skipped

    def owe(self, count: int) -> None:
        """Leave out `count` rows, from those that wait first."""
        now = min(count, self.waiting)
        self.take(now)
        self.unpaired += now
        self.owed += count - now

    def take(self, count: int) -> _Rows:
        """The oldest rows."""
        taken: list[bytes] = []
        arrivals: list[tuple[float, int]] = []
        left = count
        self.waiting -= count
        while left:
            rows, arrival_s = self.packets.popleft()
            held = len(rows) // _AXES_BYTES
            if held > left:
                self.packets.appendleft((rows[left * _AXES_BYTES :], arrival_s))
                rows, held = rows[: left * _AXES_BYTES], left
            taken.append(rows)
            arrivals.append((arrival_s, held))
            left -= held
        return b"".join(taken), arrivals


class MetaDecoder:
    """What one sensor notifies.

    Attributes:
        chip: Which chip it has; None until both modules have answered alike.
        realigned: How often the halves were put together anew; about a window of samples before
            each time may be paired with a neighbour.
        refused: Notifications of `receive_many` that could not be decoded.
    """

    def __init__(self, params: PairingParams = PairingParams()) -> None:
        self.params = params
        self.chip: Chip | None = None
        self.realigned = 0
        self.refused = 0
        self._said: dict[int, Chip] = {}
        self._kinds: dict[tuple[int, int], tuple[bool, bool]] = {}
        self._acc = _Half()
        self._gyr = _Half()
        self._begun = 0
        self._least = self._most = 0
        self._counted = 0
        self._reference: int | None = None

    @property
    def unpaired_acc(self) -> int:
        """Samples of acceleration left out because their rate of turn did not come."""
        return self._acc.unpaired

    @property
    def unpaired_gyr(self) -> int:
        """Samples of rate of turn left out because their acceleration did not come."""
        return self._gyr.unpaired

    def receive(self, characteristic: str, data: bytes, arrival_s: float) -> list[MetaEvent]:
        """Decode one notification.

        Raises:
            ProtocolError: It is not what the sensor may send, or the chip is not known yet.
        """
        if characteristic.lower() != MetaCharacteristic.NOTIFY:
            raise refuse(data, f"came from {characteristic[:36]}", "listen to the sensor's answers")
        other = self._take(data, arrival_s)
        found: list[MetaEvent] = [] if other is None else [other]
        if min(self._acc.waiting, self._gyr.waiting):
            found.append(self._pair()[0])
        return found

    def receive_many(
        self, notifications: Sequence[bytes], arrivals_s: NDArray[np.float64]
    ) -> ManySamples:
        """Decode many notifications at once; what cannot be decoded is counted in `refused`.

        Args:
            notifications: n of them, in order.
            arrivals_s: (n,) when each came.
        """
        others: list[object] = []
        pieces: list[tuple[_Rows, _Rows]] = []
        for data, arrival_s in zip(notifications, np.asarray(arrivals_s).tolist(), strict=True):
            try:
                other = self._take(data, arrival_s)
            except ProtocolError:
                self.refused += 1
                continue
            if other is not None:
                others.append(other)
            ready = min(self._acc.waiting, self._gyr.waiting)
            if ready:
                pieces.append((self._acc.take(ready), self._gyr.take(ready)))
        samples, arrivals = _join(pieces)
        return ManySamples(samples, arrivals, tuple(others))

    def _pair(self) -> tuple[SampleBlock, NDArray[np.float64]]:
        ready = min(self._acc.waiting, self._gyr.waiting)
        return _join([(self._acc.take(ready), self._gyr.take(ready))])

    def _take(self, data: bytes, arrival_s: float) -> ModuleInfo | Battery | OtherReply | None:
        """Put samples into their half, or say what else it is."""
        if not 2 <= len(data) <= MOST_NOTIFIED:
            raise refuse(data, "is no packet of module and register", "pass it over")
        kind = self._kinds.get((data[0], data[1]))
        if kind is None:
            return self._other(data)
        is_acc, packed = kind
        size = len(data) - 2
        if size % _AXES_BYTES or not size or (size != _AXES_BYTES and not packed):
            problem = f"does not hold whole samples as the {self._chip_name()} sends them"
            raise refuse(data, problem, _REMEDY)
        half = self._acc if is_acc else self._gyr
        half.add(data[2:], arrival_s)
        self._begun |= is_acc + 1
        if self._begun == _BOTH:
            self._watch()
        else:
            # The halves are started one after the other: what came alone has no partner.
            half.owe(half.waiting - size // _AXES_BYTES)
        return None

    def _other(self, data: bytes) -> ModuleInfo | Battery | OtherReply:
        module, register = data[0], data[1]
        if register == _READ:
            return self._discovered(data)
        if module == Module.SETTINGS and register == _BATTERY:
            if len(data) != 5 or data[2] > 100:
                raise refuse(data, "is no battery level", "read it once more")
            return Battery(data[2], voltage_v=int.from_bytes(data[3:5], "little") / 1000.0)
        if module in (Module.ACC, Module.GYR) and self.chip is None and not register & _READ:
            problem = "means one thing on one chip and another on the other, and which it is, is"
            raise refuse(data, f"{problem} not known", "ask both modules first")
        return OtherReply(module, register & ~_READ, data[2:])

    def _discovered(self, data: bytes) -> ModuleInfo:
        module = data[0]
        if len(data) == 2:
            return ModuleInfo(module, None, None)
        if len(data) < 4:
            raise refuse(data, "ends before the revision", "ask again")
        info = ModuleInfo(module, data[2], data[3])
        if module in (Module.ACC, Module.GYR):
            known = ACC_IMPLEMENTATION if module == Module.ACC else {int(c): c for c in Chip}
            if info.implementation not in known:
                raise refuse(data, f"names chip {data[2]}, which is not described", "use another")
            self._said[module] = known[info.implementation]
            self._settle(data)
        return info

    def _settle(self, data: bytes) -> None:
        """Know the chip as soon as both modules name the same."""
        chips = set(self._said.values())
        if len(chips) > 1:
            self.chip, self._kinds = None, {}
            self._said = {data[0]: self._said[data[0]]}
            raise refuse(data, "names another chip than the other module", "ask both again")
        if len(self._said) == 2:
            (self.chip,) = chips
            self._kinds = {
                (module, sample_register(self.chip, module, packed=packed)): (
                    module is Module.ACC,
                    packed,
                )
                for module in (Module.ACC, Module.GYR)
                for packed in (False, True)
            }

    def _chip_name(self) -> str:
        return self.chip.name if self.chip is not None else "chip"

    def _watch(self) -> None:
        """Follow the lead of acceleration; put the halves together anew where its bounds moved."""
        lead = self._acc.waiting - self._gyr.waiting
        if abs(lead) > self.params.most_lead:
            self._leave_out(lead - (self.params.most_lead if lead > 0 else -self.params.most_lead))
            return
        self._least = min(self._least, lead) if self._counted else lead
        self._most = max(self._most, lead) if self._counted else lead
        self._counted += 1
        if self._counted < self.params.window_packets:
            return
        self._counted = 0
        # At first, nought must lie within the bounds: what leads throughout began earlier.
        moved = max(self._least, 0) + min(self._most, 0)
        if self._reference is not None:
            moved = self._least - self._reference
        elif not moved:
            self._reference = self._least
        if moved:
            self._leave_out(moved)
            self.realigned += self._reference is not None
            self._reference = self._least - moved

    def _leave_out(self, lead: int) -> None:
        """Leave out what one half leads by: acceleration where `lead` is positive."""
        if lead > 0:
            self._acc.owe(lead)
        else:
            self._gyr.owe(-lead)


def _join(pieces: list[tuple[_Rows, _Rows]]) -> tuple[SampleBlock, NDArray[np.float64]]:
    """Pairs as one block, and when the later half of each came."""
    halves, came = [], []
    for half in (0, 1):
        rows = b"".join(piece[half][0] for piece in pieces)
        halves.append(np.frombuffer(rows, "<i2").astype(np.int16).reshape(-1, 3))
        arrivals = [pair for piece in pieces for pair in piece[half][1]]
        times = np.array([pair[0] for pair in arrivals], np.float64)
        came.append(np.repeat(times, np.array([pair[1] for pair in arrivals], np.int64)))
    completed = np.maximum(*came)
    arrival_s = float(completed[-1]) if len(completed) else float("nan")
    return SampleBlock(arrival_s, halves[0], halves[1]), completed
