"""`sensor-screen sign-in`: a token for programs, from login and password."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import urllib.request

    from sensor_screen.errors import ScreenError

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
    typer.echo(_post(f"{address.rstrip('/')}/v1/{path}", form, authority))


def _ask_password(*, new: bool) -> str:
    given = os.environ.get("SENSOR_SCREEN_PASSWORD")
    if given is not None:
        return given
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
    return answer


def _post(url: str, form: dict[str, Any], authority: Path | None) -> str:
    """Send a form; gives the token of the answer.

    Raises:
        UsageError: The service is not there, or refuses; says why.
    """
    import http.client
    import urllib.error
    import urllib.request

    from sensor_screen.errors import UsageError

    if not url.startswith(("http://", "https://")):
        raise UsageError(url, "is no address of a service", "give http://127.0.0.1:8321")
    try:
        request = urllib.request.Request(  # noqa: S310 - checked above
            url, json.dumps(form).encode(), {"Content-Type": "application/json"}
        )
        with _opener(url, authority).open(request, timeout=LONGEST_WAIT_S) as answer:
            token = json.load(answer)["token"]
            return str(token)
    except urllib.error.HTTPError as error:
        raise _refused(url, error.code, error.read()) from None
    except (KeyError, TypeError, ValueError):
        raise UsageError(
            url, "what answers is not this service", "give the address that `serve` prints"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise _away(url, getattr(error, "reason", None) or error) from None


def _opener(url: str, authority: Path | None) -> "urllib.request.OpenerDirector":
    """Trusts an authority; a proxy is not asked for this computer itself."""
    import ssl
    import urllib.request
    from urllib.parse import urlsplit

    from sensor_screen.errors import UsageError

    handlers: list[urllib.request.BaseHandler] = []
    if authority is not None:
        try:
            context = ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise UsageError(
                str(authority),
                f"cannot be read as certificates ({error.strerror or error})",
                "give the PEM file of the authority: DIR/certificates/authority.pem is one",
            ) from None
        handlers.append(urllib.request.HTTPSHandler(context=context))
    if urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _refused(url: str, status: int, content: bytes) -> "ScreenError":
    """What the service said, where it is one."""
    from sensor_screen.errors import UsageError

    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {}
    value = told.get("value") or url
    problem = told.get("problem") or told.get("detail") or f"it answered with status {status}"
    return UsageError(
        str(value), str(problem).rstrip("."), told.get("remedy") or "check login and password"
    )


def _away(url: str, reason: object) -> "ScreenError":
    import ssl

    from sensor_screen.errors import UsageError

    if isinstance(reason, ssl.SSLCertVerificationError):
        return UsageError(
            url,
            f"its certificate is not trusted ({reason.verify_message})",
            "name the authority with --ca",
        )
    return UsageError(url, f"does not answer ({reason})", "start `sensor-screen serve`")
