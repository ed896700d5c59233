"""Which sensor is worn where, before a capture over the radio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sensor_screen.ble.meeting import Met
    from sensor_screen.ble.roles import Place, Roles
    from sensor_screen.model import Side
    from sensor_screen.wiring.radio import Radio


@dataclass(frozen=True, slots=True)
class Naming:
    """What the person says about the sensors."""

    said: Mapping[str, Place] = field(default_factory=dict)
    """Serial -> place; wins over what is stored in the sensors."""


def parse_naming(words: Sequence[str]) -> Naming:
    """From `SERIAL=left-foot` and the like.

    Raises:
        sensor_screen.errors.UsageError: It is not of that form, or names something twice.
    """
    from sensor_screen.ble.roles import parse_places

    return Naming(parse_places(words))


def name_sensors(
    radio: Radio,
    found: tuple[Met, ...],
    sides: tuple[Side, ...],
    naming: Naming | None,
) -> Roles:
    """A sensor for each place of the session.

    Raises:
        sensor_screen.errors.UsageError: A place stays open, or what is said does not fit.
    """
    from sensor_screen.ble.roles import assign_places, require_all

    here = [one.who for one in found if one.who is not None]
    roles = assign_places(here, sides, naming.said if naming else {})
    require_all(roles, len(found))
    return roles
