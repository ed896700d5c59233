"""What a guided capture is told of its links: by state, and from the radio to the source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor_screen.ble.link_report import report_link
from sensor_screen.ble.outside import Outside
from sensor_screen.ble.radio_source import RadioSource
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.states import LinkState, SensorStatus
from sensor_screen.ble.troubles import Trouble, trouble
from sensor_screen.model import Recording
from sensor_screen.protocol.relay_frame import RelayArrival
from sensor_screen.session.capture_view import LinkTrouble
from tests.ble.jumping_loop import JumpingLoop
from tests.ble.scenes import open_sensor, wanted
from tests.ble.scripted_radio import ScriptedRadio

NEVER = SensorStatus(0, "SS-0042", LinkState.SEARCHING, 100.0)
RUNS = {LinkState.STREAMING, LinkState.STOPPING, LinkState.STOPPED}
BEGINS = {LinkState.READY, LinkState.STARTING}
OWN = {
    LinkState.FAILED: LinkTrouble.FAILED,
    LinkState.IN_USE: LinkTrouble.HELD,
    LinkState.PAIRING: LinkTrouble.PAIRING,
    LinkState.CATCHING_UP: LinkTrouble.CATCHING_UP,
}


@pytest.mark.parametrize("state", LinkState)
def test_each_state_is_told_as_what_hinders_or_not_at_all(state: LinkState) -> None:
    status = replace(NEVER, state=state)
    before, after = (report_link(status, measured=m).trouble for m in (False, True))
    if state in RUNS:
        assert (before, after) == (None, None)
    elif state in BEGINS:
        assert (before, after) == (None, LinkTrouble.BROKEN)
    elif state in OWN:
        assert (before, after) == (OWN[state], OWN[state])
    else:
        assert (before, after) == (LinkTrouble.SEARCHING, LinkTrouble.BROKEN)


def test_the_reason_tells_whose_fault_it_is() -> None:
    off = report_link(replace(NEVER, trouble=trouble(Trouble.POWERED_OFF)))
    assert (off.trouble, "switched off" in off.reason) == (LinkTrouble.RADIO, True)
    unseen = replace(NEVER, trouble=trouble(Trouble.NOT_SEEN, "SS-0042"))
    seen = report_link(unseen, measured=True)
    assert (seen.trouble, "any other phone" in seen.reason) == (LinkTrouble.BROKEN, True)
    lost = replace(NEVER, state=LinkState.LOST, trouble=trouble(Trouble.LINK_LOST, "SS-0042"))
    assert report_link(lost).reason == ""
    gone = replace(NEVER, state=LinkState.FAILED, trouble=trouble(Trouble.NO_LIBRARY))
    assert report_link(gone).trouble is LinkTrouble.FAILED
    low = report_link(replace(NEVER, state=LinkState.STARTING), refusal="Charge it.")
    assert (low.trouble, low.reason) == (LinkTrouble.NOT_STARTED, "Charge it.")
    streams = replace(NEVER, state=LinkState.STREAMING, trouble=trouble(Trouble.POWERED_OFF))
    assert report_link(streams, refusal="old", battery_percent=7).trouble is None
    assert report_link(streams, battery_percent=7).battery_is_low


class Keeper:
    """Keeps nothing."""

    def append(self, record: RelayArrival) -> RelayArrival:
        return record

    def is_due(self, now_s: float) -> bool:  # noqa: ARG002
        return False

    def commit(self) -> int:
        return 0

    def close(self) -> None:
        pass


def test_a_source_tells_that_a_sensor_is_not_seen_and_that_bluetooth_is_off() -> None:
    loop = JumpingLoop()
    away = open_sensor()
    away.in_range = False
    radio = ScriptedRadio([away])
    outside = Outside(radio.backend(), loop.time, random=lambda: 0.0)
    source = RadioSource(
        loop, Scanner(outside), outside, [wanted()], Keeper, lambda: Recording(()), session=7
    )
    assert source.links == {}
    source.receive(0.0)
    source.wait(1.0)
    (first,) = source.links.values()
    assert first.reason == ""
    source.wait(20.0)
    assert source.links[0].trouble is LinkTrouble.SEARCHING
    assert "was not seen" in source.links[0].reason
    radio.scan_faults = [PermissionError()] * 1000
    source.wait(60.0)
    assert source.links[0].trouble is LinkTrouble.RADIO
    assert "may not use it" in source.links[0].reason
    source.finish()
    loop.close()
