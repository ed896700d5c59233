"""Movella DOT: everything that one sensor sends, by the characteristic that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.movella_control import (
    DotInfo,
    DotMeasuring,
    DotReported,
    DotSettings,
    read_info,
    read_measurement,
    read_report,
    read_settings,
)
from sensor_screen.protocol.movella_dot import (
    LENGTHS,
    DotBlock,
    DotCharacteristic,
    PayloadMode,
    blocks_of,
    described,
    finite_rows,
    read_battery,
)
from sensor_screen.protocol.movella_messages import Said, read_acknowledge, read_notification
from sensor_screen.protocol.vendors import Battery, ManySamples, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

DotEvent = DotBlock | Battery | Said | DotInfo | DotSettings | DotMeasuring | DotReported

_READERS: dict[str, Callable[[bytes], DotEvent]] = {
    DotCharacteristic.BATTERY: read_battery,
    DotCharacteristic.ACKNOWLEDGE: read_acknowledge,
    DotCharacteristic.NOTIFICATION: read_notification,
    DotCharacteristic.INFO: read_info,
    DotCharacteristic.DEVICE_CONTROL: read_settings,
    DotCharacteristic.MEASUREMENT: read_measurement,
    DotCharacteristic.REPORT: read_report,
}


class MovellaDecoder:
    """What one sensor notifies, in the mode in which it was started.

    Attributes:
        refused: Notifications of `receive_many` that were not what the mode says.
    """

    def __init__(self, mode: PayloadMode | int) -> None:
        self._payload = described(mode)
        self.mode = PayloadMode(mode)
        self.refused = 0

    def receive(self, characteristic: str, data: bytes, arrival_s: float) -> list[DotEvent]:
        """Decode one notification, or what was read from a characteristic.

        Raises:
            ProtocolError: It is not what the mode, or the characteristic, says.
        """
        place = characteristic.lower()
        if place in _READERS:
            return [_READERS[place](data)]
        if place != self._payload.characteristic:
            raise refuse(
                data,
                f"came from {characteristic[:36]}, where mode {self.mode.value} sends nothing",
                "start the sensor in the mode that the decoder was made for",
            )
        problem = self._problem(data)
        if problem:
            raise refuse(data, problem, "start the sensor in the mode the decoder was made for")
        return list(blocks_of(np.frombuffer(data, self._payload.layout, 1), arrival_s))

    def receive_many(
        self, notifications: Sequence[bytes], arrivals_s: NDArray[np.float64]
    ) -> ManySamples:
        """Decode many notifications of a payload with acceleration and rate of turn at once.

        Those that are not what the mode says are left out and counted in `refused`.

        Args:
            notifications: n of them, in order.
            arrivals_s: (n,) when each came.

        Raises:
            ProtocolError: The mode holds no samples, or nothing can be decoded.
        """
        layout = self._payload.layout
        if "acc" not in layout.fields:  # type: ignore[operator]
            raise ProtocolError(
                f"payload mode {self.mode.value}", "holds no samples", "use mode 21, 20 or 26"
            )
        size, most = layout.itemsize, LENGTHS[self._payload.characteristic]
        lengths = np.fromiter(map(len, notifications), np.int64, len(notifications))
        whole = (lengths >= size) & (lengths <= most)
        usable = [data for data, ok in zip(notifications, whole, strict=True) if ok]
        padded = b"".join(data.ljust(most, b"\0") for data in usable)
        table = np.frombuffer(padded, np.uint8).reshape(len(usable), most)
        rows = np.ascontiguousarray(table[:, :size]).view(layout)[:, 0]
        good = ~table[:, size:].any(axis=1) & finite_rows(rows)
        self.refused += len(notifications) - int(np.count_nonzero(good))
        if not good.any():
            raise ProtocolError(
                f"{len(notifications)} notifications",
                f"none of them is of mode {self.mode.value}",
                "start the sensor in the mode the decoder was made for",
            )
        arrivals = np.asarray(arrivals_s, np.float64)[whole][good]
        samples, *others = blocks_of(rows[good], float(arrivals[-1]))
        assert isinstance(samples, SampleBlock)  # noqa: S101 - acceleration is in the layout
        return ManySamples(samples, arrivals, tuple(others))

    def _problem(self, data: bytes) -> str:
        size, most = self._payload.layout.itemsize, LENGTHS[self._payload.characteristic]
        if not size <= len(data) <= most:
            return f"holds {len(data)} bytes where mode {self.mode.value} has {size} to {most}"
        if any(data[size:]):
            return f"goes on behind the {size} bytes of mode {self.mode.value}"
        if not finite_rows(np.frombuffer(data, self._payload.layout, 1))[0]:
            return "holds values that are no numbers"
        return ""
