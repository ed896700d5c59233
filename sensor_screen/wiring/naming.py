"""Which sensor is worn where, before a capture over the radio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sensor_screen.ble.meeting import Met
    from sensor_screen.ble.roles import Place, Roles
    from sensor_screen.ble.shake_dialogue import ShakeWord
    from sensor_screen.model import Side
    from sensor_screen.wiring.radio import Radio


@dataclass(frozen=True, slots=True)
class Naming:
    """What the person says about the sensors, and can be asked."""

    said: Mapping[str, Place] = field(default_factory=dict)
    """Serial -> place; wins over what is stored in the sensors."""
    tell: Callable[[ShakeWord], None] | None = None
    """Asks the person to shake sensors that have no place; None: nobody is there to be asked."""
    store_labels: bool = False
    """Store in a sensor where it is worn, once it was shaken."""


def name_sensors(
    radio: Radio,
    found: tuple[Met, ...],
    sides: tuple[Side, ...],
    naming: Naming | None,
    rate_hz: float,
) -> Roles:
    """A sensor for each place of the session.

    Raises:
        sensor_screen.errors.UsageError: A place stays open, or what is said does not fit.
    """
    import secrets

    from sensor_screen.ble.roles import assign_places, require_all
    from sensor_screen.ble.shake_dialogue import ask_by_shaking
    from sensor_screen.ble.shake_trial import ShakeTrial

    naming = naming or Naming()
    here = [one.who for one in found if one.who is not None]
    roles = assign_places(here, sides, naming.said)
    if naming.tell is not None and roles.open and len(roles.free) >= len(roles.open):
        session = secrets.randbelow(2**32 - 1) + 1
        used = radio.loop, radio.scanner, radio.outside
        with ShakeTrial(*used, roles.free, session=session, rate_hz=rate_hz) as trial:
            roles = ask_by_shaking(roles, trial, naming.tell, store_labels=naming.store_labels)
    require_all(roles, found)
    return roles
