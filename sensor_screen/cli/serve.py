"""`sensor-screen serve`: the service."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sensor_screen.certificates.leaf import LocalTls
    from sensor_screen.settings import Settings

SERVE_HELP = """
Serve the API that clinics, phones and other programs use, from this computer.

Nothing has to be set up: everything is kept in one folder of yours, the database in it is made and
brought up to date, and the first start prints a link with which the owner makes an account. It
listens to this computer alone, until it is told otherwise:

`--lan` lets phones on your network in. This computer then signs its own certificates, and prints a
QR code of a page that walks a phone through trusting them, once.

`--tls-cert` and `--tls-key` take a certificate of yours. Behind a proxy on this computer that does
TLS: `--behind-proxy --public-url https://screen.example.org`.

More than one `--workers` needs PostgreSQL: `--database postgresql://user@host/name`. Everything
can be set in the environment as well, as SENSOR_SCREEN_PORT and so on: see operations.md.

Examples:

    sensor-screen serve

    sensor-screen serve --lan

    sensor-screen serve --data /srv/screen --database postgresql://screen@db/screen --workers 4
"""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of everything that is kept.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="postgresql://...; SQLite without it.")
    ] = None,
    objects: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Folder or s3://bucket/prefix of recordings."),
    ] = None,
    lan: Annotated[bool, typer.Option("--lan", help="Let phones on this network in.")] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Certificate of this address.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.")] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="How browsers reach it, behind a proxy.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy on this computer does TLS.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer; more than one with PostgreSQL.")
    ] = None,
    analysis: Annotated[
        bool | None,
        typer.Option("--analysis/--no-analysis", help="Analyse streams while they come."),
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON.")] = False,
) -> None:
    settings = settings_of(
        host=host,
        port=port,
        data=data,
        database_url=database,
        objects_url=objects,
        lan=lan or None,
        tls_cert=tls_cert,
        tls_key=tls_key,
        public_url=public_url,
        behind_proxy=behind_proxy or None,
        workers=workers,
        analysis=analysis,
        log_json=log_json or None,
    )
    _serve(settings)


def settings_of(**options: object) -> "Settings":
    """Options of a command before the environment; those that are None were not given.

    Raises:
        UsageError: A value is none.
    """
    from pydantic import ValidationError

    from sensor_screen.errors import UsageError
    from sensor_screen.settings import Settings

    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings.model_validate(Settings().model_dump(exclude_unset=True) | given)
    except ValidationError as error:
        # Of a setting that is a secret, or has one in it, the value is not told.
        first = error.errors(include_context=False)[0]
        name = str(first["loc"][0])
        field = Settings.model_fields.get(name)
        shown = field is not None and field.repr and name != "sealing_keys"
        raise UsageError(
            f"setting {name}" + (f" = {first['input']!r}"[:80] if shown else ""),
            first["msg"][:1].lower() + first["msg"][1:],
            f"mend SENSOR_SCREEN_{name.upper()} or its option",
        ) from None


def _serve(settings: "Settings") -> None:
    from contextlib import ExitStack

    from sensor_screen.api.server import bind, serve_by_workers, serve_here
    from sensor_screen.api.trust_pages import TrustOffer, create_trust_app
    from sensor_screen.wiring.serve import make_data_folder, open_tls, prepare

    settings = _sound(settings)
    make_data_folder(settings)
    tls, local = open_tls(settings)
    with ExitStack() as sockets:
        listening = sockets.enter_context(bind(settings.host, settings.port))
        beside, offer = None, None
        if local is not None:
            offer = TrustOffer(local, settings.port, settings.port + 1)
            side = sockets.enter_context(bind(settings.host, settings.port + 1))
            beside = create_trust_app(lambda: offer), side
        code = prepare(settings)

        def ready() -> None:
            _tell(settings, local, code)

        if settings.workers > 1:
            serve_by_workers(settings, listening, _files(settings, local), beside, ready)
        else:
            serve_here(settings, listening, tls, beside, lambda: offer, ready)


def _sound(settings: "Settings") -> "Settings":
    """With the address to listen on; settings that do not go together are refused.

    Raises:
        UsageError: They do not.
    """
    from sensor_screen.api.server import everywhere, refuse_open
    from sensor_screen.errors import UsageError

    if settings.lan and "host" not in settings.model_fields_set:
        settings = settings.model_copy(update={"host": everywhere()})
    refuse_open(settings, secure=settings.is_secure)
    if settings.workers > 1 and settings.is_sqlite:
        raise UsageError(
            f"--workers {settings.workers}",
            "SQLite has one writer, so one worker",
            "add --database postgresql://..., or leave it out",
        )
    return settings


def _files(settings: "Settings", local: "LocalTls | None") -> tuple[Path, Path | None] | None:
    if local is not None:
        return local.path, None
    return None if settings.tls_cert is None else (settings.tls_cert, settings.tls_key)


def _tell(settings: "Settings", local: "LocalTls | None", code: str | None) -> None:
    """Where it is, and what to do next."""
    url = settings.public_url or _own_url(settings, local)
    typer.echo(f"Serving at {url}, keeping everything in {settings.data}")
    if code is not None:
        typer.echo(f"Make the owner's account, once: {url}/setup#{code}")
    if local is not None:
        _tell_trust(settings, local)
    typer.echo("Stop with Ctrl-C.")


def _own_url(settings: "Settings", local: "LocalTls | None") -> str:
    scheme = "https" if settings.is_secure else "http"
    host = local.names.hosts[0] if local is not None else settings.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - all addresses, and none that one can open
        host = "localhost"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _tell_trust(settings: "Settings", local: "LocalTls") -> None:
    import sys

    from sensor_screen.api.trust_pages import TrustOffer
    from sensor_screen.certificates.authority import fingerprint_rows
    from sensor_screen.certificates.qr import terminal_qr

    url = TrustOffer(local, settings.port, settings.port + 1).trust_url
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    typer.echo(f"Phones trust this computer, once: {url}")
    typer.echo(terminal_qr(url, plain=plain))
    typer.echo("Compare the fingerprint there with this one:")
    for row in fingerprint_rows(local.authority.fingerprint):
        typer.echo(f"  {row}")
    if local.names.foreign:
        shown = ", ".join(map(str, local.names.foreign))
        typer.echo(f"Not reached under public addresses ({shown}): use a name or --tls-cert.")
