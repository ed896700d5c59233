"""`sensor-screen sign-in`: a token for programs, from login and password."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer

SIGN_IN_HELP = """
Print a token of a service, for `curl` and other programs.

With the one-time link that `serve` prints, the owner's account is made first. The password is asked
for, or read from SENSOR_SCREEN_PASSWORD. The token is valid for a week, and ends with
`POST /v1/sign-out`. A program that only reads is better given an API key (`POST /v1/keys`).

Examples:

    sensor-screen sign-in --login anna

    sensor-screen sign-in 'http://127.0.0.1:8321/setup#PU9x...' --login anna --clinic "By the river"
"""
LONGEST_WAIT_S = 30.0


def sign_in(
    link: Annotated[
        str, typer.Argument(metavar="URL", help="Of the service, or its set-up link.")
    ] = "http://127.0.0.1:8321",
    login: Annotated[str, typer.Option(help="Who signs in.")] = "",
    clinic: Annotated[str, typer.Option(help="Name of the clinic, at set-up.")] = "My clinic",
    authority: Annotated[
        Path | None,
        typer.Option("--ca", metavar="PEM", help="Authority to trust, of `serve --lan`."),
    ] = None,
) -> None:
    address, _, code = link.partition("#")
    login = login or typer.prompt("Login", err=True)
    form: dict[str, Any] = {"login": login, "password": _ask_password(new=bool(code))}
    if code:
        address = address.removesuffix("/setup")
        form |= {"code": code, "clinic": clinic}
    path = "setup" if code else "sign-in"
    typer.echo(_post(f"{address.rstrip('/')}/v1/{path}", form, authority)["token"])


def _ask_password(*, new: bool) -> str:
    given = os.environ.get("SENSOR_SCREEN_PASSWORD")
    if given is not None:
        return given
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
    return answer


def _post(url: str, form: dict[str, Any], authority: Path | None) -> dict[str, Any]:
    """Send a form; gives the answer.

    Raises:
        UsageError: The service is not there, or refuses; says why.
    """
    import ssl

    from sensor_screen.errors import UsageError

    if not url.startswith(("http://", "https://")):
        raise UsageError(url, "is no address of a service", "give http://127.0.0.1:8321")
    request = urllib.request.Request(  # noqa: S310 - checked above
        url, json.dumps(form).encode(), {"Content-Type": "application/json"}
    )
    try:
        context = ssl.create_default_context(cafile=authority) if authority else None
        with urllib.request.urlopen(request, timeout=LONGEST_WAIT_S, context=context) as answer:  # noqa: S310
            content: dict[str, Any] = json.load(answer)
            return content
    except urllib.error.HTTPError as error:
        try:
            told = json.load(error)
        except ValueError:
            told = {}
        value, problem = told.get("value") or url, told.get("problem") or f"status {error.code}"
        raise UsageError(value, problem, told.get("remedy") or "check login and password") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UsageError(
            url, f"does not answer ({reason})", "start `sensor-screen serve`"
        ) from None
