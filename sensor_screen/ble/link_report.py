"""What of a link a person is told while a capture runs: what hinders it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.ble.states import TROUBLED, LinkState
from sensor_screen.ble.troubles import OF_THE_COMPUTER
from sensor_screen.session.capture_view import LinkReport, LinkTrouble

if TYPE_CHECKING:
    from sensor_screen.ble.states import SensorStatus

CATCHING_UP_S = 2.0
"""Catching up that is over sooner is not worth reading."""
_PLAIN = {
    LinkState.FAILED: LinkTrouble.FAILED,
    LinkState.IN_USE: LinkTrouble.HELD,
    LinkState.PAIRING: LinkTrouble.PAIRING,
}
_LINKED_YET_IDLE = (LinkState.READY, LinkState.STARTING)


def report_link(
    status: SensorStatus,
    now_s: float,
    *,
    refusal: str = "",
    battery_percent: int | None = None,
) -> LinkReport:
    """One link as a capture shows it.

    Args:
        status: As it stands.
        now_s: On the clock of `SensorStatus.since_s`.
        refusal: Why the sensor does not measure though it is linked; empty: it does not say.
        battery_percent: 0 to 100; None: not known.
    """
    reason = status.reason
    fault = getattr(status.trouble, "fault", "")
    kind = _PLAIN.get(status.state)
    if reason and fault in OF_THE_COMPUTER and kind is None:
        kind = LinkTrouble.RADIO
    elif status.state in _LINKED_YET_IDLE and refusal:
        kind, reason = LinkTrouble.NOT_STARTED, refusal
    elif status.state is LinkState.CATCHING_UP and now_s - status.since_s >= CATCHING_UP_S:
        kind = LinkTrouble.CATCHING_UP
    elif kind is None and status.state in TROUBLED:
        kind = LinkTrouble.BROKEN if status.links else LinkTrouble.SEARCHING
    return LinkReport(kind, reason, battery_percent)
