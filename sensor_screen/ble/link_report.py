"""What of a link a person is told while a capture runs: what hinders it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.ble.states import TROUBLED, LinkState
from sensor_screen.ble.troubles import OF_THE_COMPUTER
from sensor_screen.session.capture_view import LinkReport, LinkTrouble

if TYPE_CHECKING:
    from sensor_screen.ble.states import SensorStatus

_PLAIN = {
    LinkState.FAILED: LinkTrouble.FAILED,
    LinkState.IN_USE: LinkTrouble.HELD,
    LinkState.PAIRING: LinkTrouble.PAIRING,
    LinkState.CATCHING_UP: LinkTrouble.CATCHING_UP,
}
_LINKED_YET_IDLE = frozenset({LinkState.READY, LinkState.STARTING})
_NOT_BACK = TROUBLED | _LINKED_YET_IDLE
"""Of a sensor that was measuring."""


def report_link(
    status: SensorStatus,
    *,
    measured: bool = False,
    refusal: str = "",
    battery_percent: int | None = None,
) -> LinkReport:
    """One link as a capture shows it.

    Args:
        status: As it stands.
        measured: Samples of it came: whatever becomes of the link, it measures on.
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
    elif kind is None and measured and status.state in _NOT_BACK:
        kind = LinkTrouble.BROKEN
    elif kind is None and status.state in TROUBLED:
        kind = LinkTrouble.SEARCHING
    return LinkReport(kind, reason, battery_percent)
