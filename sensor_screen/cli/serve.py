"""`sensor-screen serve`: the service."""

from pathlib import Path
from typing import Annotated

import typer

SERVE_HELP = """
Serve the API that clinics and phones use, from this computer.

Nothing has to be set up: the data lie in one folder of yours, the database is made and kept up to
date, and the first start prints a link with which the owner makes an account. Other computers and
phones reach it with --lan. More settings: SENSOR_SCREEN_... in the environment, see operations.md.

Examples:

    sensor-screen serve

    sensor-screen serve --data /srv/screen --port 9000
"""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="postgresql://...; SQLite without it.")
    ] = None,
    objects: Annotated[
        str | None, typer.Option(metavar="URL", help="Folder or s3://... of recordings.")
    ] = None,
) -> None:
    import uvicorn

    from sensor_screen.api.app import create_app
    from sensor_screen.service.accounts import offer_set_up
    from sensor_screen.settings import Settings
    from sensor_screen.wiring.serve import open_services

    given = {
        "host": host, "port": port, "data": data, "database_url": database, "objects_url": objects,
    }  # fmt: skip
    settings = Settings.model_validate(
        Settings().model_dump() | {k: v for k, v in given.items() if v is not None}
    )
    services = open_services(settings)
    url = f"http://{settings.host}:{settings.port}"
    typer.echo(f"Data: {settings.data}")
    if (code := offer_set_up(services.database)) is not None:
        typer.echo(f"Make the owner's account, once: {url}/setup#{code}")
    typer.echo(f"Serving at {url}")
    uvicorn.run(
        create_app(services),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        server_header=False,
    )
