"""`sensor-screen doctor`: is everything here that the program needs?"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.doctor_check import Check, sentence
from sensor_screen.cli.doctor_service import check_service

DOCTOR_HELP = """
Look whether everything is here that the program needs, and say what to do where it is not.

Lines with `BAD` stop the program. Those with `--` do not: Bluetooth is needed for recording only,
virtual sensors for trying that out, journals wait for `recover`, and disk, database, SQLite, TLS
and clock matter to `serve`, whose settings are read from the environment.

Examples:

    sensor-screen doctor

    sensor-screen doctor --json
"""
LIBRARIES = ("numpy", "scipy", "numba", "vqf", "pyarrow")
LISTEN_S = 0.5
"""Long enough to learn whether a scan begins; not to hear everybody, which `devices` does."""


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs instead of people.")
    ] = False,
) -> None:
    checks = [check() for check in CHECKS] + [_check_library(name) for name in LIBRARIES]
    checks += [check() for check in OPTIONAL] + check_service()
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            typer.echo(f"{check.sign}  {check.name:18} {check.found}")
            if check.remedy:
                typer.echo(f"     {'':18} {check.remedy}")
    if not all(check.good for check in checks if check.needed):
        raise typer.Exit(2)


def _check_program() -> Check:
    from sensor_screen.version import __version__

    return Check("sensor-screen", True, f"{__version__} in {Path(__file__).parents[1]}")


def _check_python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 11)
    return Check("python", good, version, "" if good else "Install Python 3.11 or newer.")


def _check_library(name: str) -> Check:
    """Imported, not only looked up: an installed library that does not load is no help."""
    from importlib import import_module, metadata

    try:
        import_module(name)
        return Check(name, True, metadata.version(name))
    except Exception as error:  # noqa: BLE001 - whatever a broken library throws
        return Check(name, False, f"does not load: {error}", f"Run: pip install {name}")


def _check_compiled_code() -> Check:
    """Where the compiled inner loops are kept: without a place every start takes a minute."""
    import os

    from sensor_screen.cli.compiled_code import find_cache

    name = "compiled code"
    try:
        cache = find_cache()
    except (ImportError, RuntimeError) as error:
        remedy = "Set NUMBA_CACHE_DIR to a folder that may be written."
        return Check(name, False, f"cannot be kept: {error}", remedy)
    place, warm = cache.place, cache.warm
    good = os.access(place if place.exists() else place.parent, os.W_OK)
    found = f"{'ready' if warm else 'not made yet'}, in {place}"
    if not good:
        return Check(name, warm, f"{found} (read only)", "Set NUMBA_CACHE_DIR to another folder.")
    return Check(name, True, found, "" if warm else "The first screen will take a minute longer.")


def _check_samples() -> Check:
    from sensor_screen.errors import ScreenError
    from sensor_screen.storage.samples import find_samples, read_manifest

    try:
        count = len(read_manifest())
    except ScreenError as error:
        return Check("sample recordings", False, str(error), "Install the program again.")
    return Check("sample recordings", True, f"{count} in {find_samples()}")


def _check_terminal() -> Check:
    encoding = sys.stdout.encoding or "unknown"
    try:
        "░●─┤°±".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return Check(
            "terminal", True, f"{encoding}, plain signs only", "Set PYTHONUTF8=1 for better plots."
        )
    return Check("terminal", True, encoding)


CHECKS: tuple[Callable[[], Check], ...] = (
    _check_program,
    _check_python,
    _check_terminal,
    _check_samples,
    _check_compiled_code,
)


def _check_bluetooth() -> Check:
    """Tried, not only looked up: service, adapter, power and permission fail in their own ways."""
    from importlib import metadata

    from sensor_screen import wiring
    from sensor_screen.errors import RadioError

    name = "Bluetooth"
    try:
        with wiring.open_radio() as radio:
            heard = wiring.hear_sensors(radio, LISTEN_S)
    except RadioError as error:
        return Check(name, False, error.problem, sentence(error.remedy), needed=False)
    count = f"{heard or 'no'} sensor{'' if heard == 1 else 's'} heard in {LISTEN_S:g} s"
    found = f"works by bleak {metadata.version('bleak')}, {count}"
    return Check(name, True, found, "" if heard else "Run: sensor-screen devices")


def _check_virtual_sensors() -> Check:
    from importlib import metadata

    from sensor_screen.errors import UsageError

    name = "virtual sensors"
    try:
        import sensor_screen.ble.virtual  # noqa: F401 - only whether its libraries load
    except UsageError as error:
        return Check(name, False, error.problem, sentence(error.remedy), needed=False)
    return Check(name, True, f"bumble {metadata.version('bumble')}")


def _check_journals() -> Check:
    """A recording that is being made has one, too; `recover` leaves that alone."""
    from sensor_screen import wiring

    name = "journals here"
    left = [path.name for path in wiring.find_journals(Path())]
    if not left:
        return Check(name, True, "none")
    found = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    remedy = "Unless it is being recorded now, run: sensor-screen recover"
    return Check(name, False, f"{found}: not made a recording yet", remedy, needed=False)


OPTIONAL: tuple[Callable[[], Check], ...] = (
    _check_bluetooth,
    _check_virtual_sensors,
    _check_journals,
)
