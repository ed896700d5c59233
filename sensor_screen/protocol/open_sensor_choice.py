"""How to measure with a sensor, chosen from its info; and what a refusal means in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.protocol.open_sensor_control import Result, Start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.protocol.open_sensor_control import Reply
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_link_words import LinkPlan


@dataclass(frozen=True, slots=True)
class HeldMark:
    """Of one start of a sensor: every sample before a number is here, or will never come."""

    boot_id: int
    end: int
    """Unwrapped."""


def choose_start(info: OpenSensorInfo, plan: LinkPlan, session: int) -> Start:
    """The START for a plan; where the sensor runs the session already, as it runs.

    Raises:
        ProtocolError: The plan names a range that the sensor does not have.
    """
    stream = info.stream
    if stream is not None and stream.session == session:
        rate_mhz, acc_g, gyr_dps = stream.rate_mhz, stream.acc_range_g, stream.gyr_range_dps
    else:
        enough = [rate for rate in info.rates_mhz if rate >= 999.0 * plan.rate_hz]
        rate_mhz = min(enough) if enough else max(info.rates_mhz)
        acc_g = _choose(info, [one.range_g for one in info.acc_ranges], plan.acc_range_g, "g")
        gyr_ranges = [one.range_dps for one in info.gyr_ranges]
        gyr_dps = _choose(info, gyr_ranges, plan.gyr_range_dps, "deg/s")
    return Start(rate_mhz, acc_g, gyr_dps, session, plan.keep_s, plan.live_batch)


def _choose(info: OpenSensorInfo, known: Sequence[int], wanted: int | None, unit: str) -> int:
    """The wanted one, or the last."""
    if wanted is not None and wanted not in known:
        raise ProtocolError(
            f"Sensor {info.serial}: +-{wanted} {unit}",
            "is none of its ranges",
            f"choose one of {sorted(known)}",
            Fault.VALUE,
        )
    return known[-1] if wanted is None else wanted


_REFUSALS = {
    Result.IN_USE: "The sensor is measuring for another phone or computer; end it there, or take "
    "the sensor over.",
    Result.LOW_BATTERY: "The sensor's battery is too low to measure for ten minutes; charge it.",
    Result.FAULT: "The motion chip of the sensor does not answer; switch the sensor off and on.",
    Result.DENIED: "The sensor does not allow this to us; press its button and try again.",
    Result.INVALID: "The sensor does not measure at this rate or range; choose another.",
    Result.UNSUPPORTED: "The sensor cannot measure; its firmware is too old or damaged.",
}


def explain_refusal(reply: Reply) -> str:
    """One sentence for a START that was not answered OK."""
    for result, sentence in _REFUSALS.items():
        if reply.result == result:
            return sentence
    return f"The sensor refuses to measure (result {reply.result}); switch it off and on."
