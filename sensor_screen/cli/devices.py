"""`sensor-screen devices`: which Bluetooth sensors are here."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sensor_screen.ble.meeting import Met

DEVICES_HELP = """
Look for Bluetooth sensors and ask each who it is.

Listens for four seconds, then connects once to each sensor that it knows how to speak with: those
of the open protocol, Movella DOT, WitMotion and MetaMotion. What cannot be reached says why, and
what to do.

Examples:

    sensor-screen devices

    sensor-screen devices --virtual
"""


def devices(
    virtual: Annotated[
        bool, typer.Option("--virtual", help="Sensors that do not exist, on a virtual radio.")
    ] = False,
) -> None:
    from sensor_screen import wiring

    with wiring.open_virtual_radio() if virtual else wiring.open_radio() as radio:
        typer.echo("Listening for 4 s ...", err=True)
        found = wiring.find_sensors(radio)
    if virtual:
        typer.secho("simulated: none of these sensors exists", bold=True)
    for one in found:
        typer.echo(_line(one))
        if one.trouble is not None:
            typer.echo(f"    {one.trouble}")
    if not found:
        typer.echo(
            "No sensor was heard. Switch them on, press their buttons, and bring them near; a "
            "phone that holds one has to let it go first."
        )


def _line(one: "Met") -> str:
    sighting, who = one.sighting, one.who
    if who is None:
        return f"{sighting.name or sighting.address}  {sighting.rssi_dbm} dBm"
    words = [who.serial, who.family.name.lower().replace("_", " ")]
    place = [w.name.lower() for w in (who.side, who.placement) if w.value]
    words.append(" ".join(place) if place else "no label")
    words += [word for word in (who.model, who.firmware) if word]
    if sighting.battery_percent is not None:
        words.append(f"battery {sighting.battery_percent} %")
    words.append(f"{sighting.rssi_dbm} dBm")
    return "  ".join(words)
