"""Asking in turn which sensor is worn where: "shake the one for your left foot"."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sensor_screen.ble.shaking import Shaken, ShakeParams, Shaking, find_shaken
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sensor_screen.ble.roles import Place, Roles
    from sensor_screen.ble.shaking import Felt


class ShakingSensors(Protocol):
    """Sensors that stream while they are asked for."""

    @property
    def are_heard(self) -> bool:
        """Every sensor has sent something since `clear`."""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps sensors from being heard."""

    def now_s(self) -> float:
        """On the time base of what is felt."""

    def wait(self, seconds: float) -> None:
        """Let them send."""

    def felt(self) -> Mapping[str, Felt]:
        """By serial."""

    def clear(self) -> None:
        """Forget what was felt before."""

    def blink(self, serial: str, seconds: int) -> None:
        """Have it show itself, if it can."""

    def store_label(self, serial: str, place: Place) -> bool:
        """Whether it has stored where it is worn."""


class Saying(StrEnum):
    """What the person is told."""

    LINKING = "linking"
    TROUBLE = "trouble"
    ASK = "ask"
    NOBODY = "nobody"
    SEVERAL = "several"
    FOUND = "found"
    STORED = "stored"
    NOT_STORED = "not_stored"


@dataclass(frozen=True, slots=True)
class ShakeWord:
    """One thing that is told."""

    saying: Saying
    place: Place | None = None
    serial: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DialogueParams:
    """How long and how often is asked."""

    link_s: float = 30.0
    """Seconds until every sensor must have been heard."""
    listen_s: float = 15.0
    """Seconds after which it is asked again."""
    step_s: float = 0.1
    asks: int = 4
    """So often each place is asked for."""
    blink_s: int = 3
    shake: ShakeParams = field(default_factory=ShakeParams)


def ask_by_shaking(
    roles: Roles,
    sensors: ShakingSensors,
    tell: Callable[[ShakeWord], None],
    *,
    store_labels: bool = False,
    params: DialogueParams = DialogueParams(),
) -> Roles:
    """Find a free sensor for every open place.

    Args:
        roles: Who is where; its free sensors stream.
        sensors: The free ones.
        tell: Says it to the person.
        store_labels: Store in each sensor where it is worn.
        params: Times.

    Raises:
        UsageError: A sensor is not heard, or nobody shakes one clearly.
    """
    tell(ShakeWord(Saying.LINKING))
    _await_all(sensors, tell, params)
    for place in roles.open:
        serial = _ask(place, {who.serial for who in roles.free}, sensors, tell, params)
        sensors.blink(serial, params.blink_s)
        tell(ShakeWord(Saying.FOUND, place, serial))
        if store_labels:
            stored = sensors.store_label(serial, place)
            tell(ShakeWord(Saying.STORED if stored else Saying.NOT_STORED, place, serial))
        found = next(who for who in roles.free if who.serial == serial)
        roles = roles.with_known({place: found})
    return roles


def _await_all(
    sensors: ShakingSensors, tell: Callable[[ShakeWord], None], params: DialogueParams
) -> None:
    end_s = sensors.now_s() + params.link_s
    while not sensors.are_heard:
        if sensors.now_s() >= end_s:
            for trouble in sensors.troubles:
                tell(ShakeWord(Saying.TROUBLE, trouble=trouble))
            raise UsageError(
                "A sensor",
                f"was not heard for {params.link_s:.0f} s",
                "bring all of them near, or say where they are worn by `--sensor SERIAL=PLACE`",
            )
        sensors.wait(params.step_s)


def _ask(
    place: Place,
    free: set[str],
    sensors: ShakingSensors,
    tell: Callable[[ShakeWord], None],
    params: DialogueParams,
) -> str:
    for _ in range(params.asks):
        tell(ShakeWord(Saying.ASK, place))
        answer = _listen(free, sensors, params)
        if answer.shaking is Shaking.FOUND:
            return answer.serial
        several = answer.shaking is Shaking.SEVERAL
        tell(ShakeWord(Saying.SEVERAL if several else Saying.NOBODY, place))
    raise UsageError(
        f"Sensor of {' '.join(place)}",
        f"was asked for {params.asks} times, and none was clearly shaken",
        f"say which it is by `--sensor SERIAL={'-'.join(place)}`",
    )


def _listen(free: set[str], sensors: ShakingSensors, params: DialogueParams) -> Shaken:
    """Until one is found, or the time is over: then whether several were shaken at any time."""
    sensors.clear()
    end_s, last = sensors.now_s() + params.listen_s, Shaken(Shaking.NOBODY)
    while sensors.now_s() < end_s:
        sensors.wait(params.step_s)
        felt = {serial: one for serial, one in sensors.felt().items() if serial in free}
        answer = find_shaken(felt, sensors.now_s(), params.shake)
        if answer.shaking is Shaking.FOUND:
            return answer
        last = answer if answer.shaking is Shaking.SEVERAL else last
    return last
