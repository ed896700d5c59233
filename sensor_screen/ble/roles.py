"""Who is worn where: the person's word first, then what is stored in the sensors.

What neither of them says is left open, and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Family, SlotDescription
from sensor_screen.session.receive import PLACEMENTS, SIDES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sensor_screen.ble.introduction import Introduction
    from sensor_screen.ble.meeting import Met

Place = tuple[Side, Placement]

_SIDE_CODES = {side: code for code, side in SIDES.items()}
_PLACEMENT_CODES = {placement: code for code, placement in PLACEMENTS.items()}
_PLACES: dict[str, Place] = {
    f"{side}-{placement}": (side, placement)
    for side in (Side.LEFT, Side.RIGHT)
    for placement in (Placement.SHANK, Placement.FOOT)
}


@dataclass(frozen=True, slots=True)
class Roles:
    """Which sensor is at which place."""

    known: Mapping[Place, Introduction]
    open: tuple[Place, ...]
    """Places of the session that no sensor has."""
    free: tuple[Introduction, ...]
    """Open sensors that are here and have no place; other makers' must be named by the person."""

    def with_known(self, found: Mapping[Place, Introduction]) -> Roles:
        """The same after more was found out."""
        known = {**self.known, **found}
        taken = {who.serial for who in known.values()}
        return Roles(
            known,
            tuple(place for place in self.open if place not in known),
            tuple(who for who in self.free if who.serial not in taken),
        )

    def described(self) -> tuple[SlotDescription, ...]:
        """The sensors of the session with their places, as the stream of records calls them."""
        return tuple(
            SlotDescription(who.family, *codes_of(place), who.serial)
            for place, who in self.known.items()
        )


def places_of(sides: Iterable[Side]) -> tuple[Place, ...]:
    """Shank and foot of each leg."""
    return tuple((side, one) for side in sides for one in (Placement.SHANK, Placement.FOOT))


def codes_of(place: Place) -> tuple[SideCode, PlacementCode]:
    """The place in the words of the open protocol."""
    side, placement = place
    return _SIDE_CODES[side], _PLACEMENT_CODES[placement]


def parse_places(words: Sequence[str]) -> dict[str, Place]:
    """Serial -> place, from what the person typed: `SS-0042=left-foot`.

    Raises:
        UsageError: It is not of that form, or a sensor or a place is named twice.
    """
    found: dict[str, Place] = {}
    for word in words:
        serial, equals, name = (part.strip() for part in word.rpartition("="))
        if not (serial and equals and name):
            raise UsageError(
                f"--sensor {word}", "does not name a sensor and a place", "write SERIAL=left-foot"
            )
        place = _PLACES.get(name.lower())
        if place is None:
            raise UsageError(
                f"--sensor {word}", f"{name} is no place", f"choose one of {', '.join(_PLACES)}"
            )
        if any(serial.casefold() == one.casefold() for one in found):
            raise UsageError(f"Sensor {serial}", "is named twice", "give it one place")
        if place in found.values():
            other = next(one for one, at in found.items() if at == place)
            raise UsageError(
                f"Sensors {other} and {serial}",
                f"cannot both be worn at the {' '.join(place)}",
                "give each of them its own place",
            )
        found[serial] = place
    return found


def assign_places(
    here: Sequence[Introduction], sides: Sequence[Side], said: Mapping[str, Place]
) -> Roles:
    """Give each place its sensor: the one that the person names, else the one that says so itself.

    Args:
        here: Sensors that said who they are.
        sides: Legs of the session.
        said: Serial -> place, the person's word; upper and lower case are one.

    Raises:
        UsageError: A named sensor is not here or not to be told from another, its place is not part
            of the session, or two labels name one place and the person does not say which holds.
    """
    wanted = places_of(sides)
    known: dict[Place, Introduction] = {}
    for serial, place in said.items():
        if place not in wanted:
            legs = " and ".join(sides)
            raise UsageError(
                f"--sensor {serial}={'-'.join(place)}",
                f"is not on a leg of this session ({legs})",
                "name another place, or leave --side out",
            )
        known[place] = _find(serial, here)
    taken = {who.serial for who in known.values()}
    free: list[Introduction] = []
    labelled: dict[Place, Introduction] = {}
    for who in here:
        if who.family is not Family.OPEN_SENSOR or who.serial in taken:
            continue
        side, placement = SIDES.get(who.side), PLACEMENTS.get(who.placement)
        if side is None or placement is None or (side, placement) in known:
            free.append(who)
        elif (side, placement) in wanted:
            _require_one(labelled.get((side, placement)), who, f"{side} {placement}")
            labelled[side, placement] = who
    known |= labelled
    ordered = {place: known[place] for place in wanted if place in known}
    return Roles(ordered, tuple(place for place in wanted if place not in known), tuple(free))


def require_all(roles: Roles, found: Sequence[Met]) -> None:
    """Refuse a session in which a place has no sensor.

    Args:
        roles: Who is where.
        found: What was seen.

    Raises:
        UsageError: A place is open; it says why as far as what was seen lets it be guessed.
    """
    if not roles.open:
        return
    missing = f"Sensor of {', '.join(' '.join(place) for place in roles.open)}"
    unasked = [
        one.trouble
        for one in found
        if one.sighting.family is Family.OPEN_SENSOR and one.trouble is not None
    ]
    if unasked:
        about = unasked[0]
        what = f"was not found, and {about.value[:1].lower()}{about.value[1:]} {about.problem}"
        raise UsageError(missing, what, about.remedy)
    others = f"among {len(found)} that {'is' if len(found) == 1 else 'are'} here"
    problem = f"was not found {others}" if found else "was not found, nor any other"
    if roles.free:
        verb = "is labelled" if len(roles.free) == 1 else "are labelled"
        names = ", ".join(who.serial for who in roles.free)
        problem += f", and {names} {verb} for no leg and part that is asked for"
    raise UsageError(
        missing,
        problem,
        "switch it on, bring it near, and disconnect it from any other phone, or say which one it "
        "is by `--sensor SERIAL=PLACE`; `sensor-screen devices` shows what is here",
    )


def _find(serial: str, here: Sequence[Introduction]) -> Introduction:
    found = [who for who in here if who.serial == serial]
    found = found or [who for who in here if who.serial.casefold() == serial.casefold()]
    if len(found) > 1:
        raise UsageError(
            f"Sensor {serial}",
            f"cannot be told from another: {len(found)} that are here call themselves so",
            "switch the others off, or give them other names with their maker's app",
        )
    if not found:
        names = ", ".join(who.serial for who in here) or "none"
        raise UsageError(
            f"Sensor {serial}",
            f"was not found; here: {names}",
            "switch it on and bring it near, or check its serial number",
        )
    return found[0]


def _require_one(other: Introduction | None, who: Introduction, place: str) -> None:
    if other is not None:
        raise UsageError(
            f"Sensors {other.serial} and {who.serial}",
            f"both say that they are the {place}",
            "switch one of them off, or say by `--sensor SERIAL=PLACE` where each is worn",
        )
