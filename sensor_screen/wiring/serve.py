"""The service with what it needs: database, store, processes, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.service.services import Services
    from sensor_screen.settings import Settings


def open_services(settings: Settings) -> Services:
    """Everything behind the API, with the database brought up to date.

    Raises:
        sensor_screen.errors.ScreenError: Something cannot be opened; says what and why.
    """
    from sensor_screen.service.measuring import Measuring
    from sensor_screen.service.read_log import ReadLog
    from sensor_screen.service.services import Services
    from sensor_screen.storage.database.engine import open_database
    from sensor_screen.storage.database.migration import migrate
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.storage.sealing import Sealer

    database = open_database(settings.database_url or f"sqlite:///{settings.sqlite_path}")
    migrate(database)
    return Services(
        settings=settings,
        database=database,
        objects=open_objects(settings.objects_place),
        measuring=Measuring(settings.measuring_processes),
        read_log=ReadLog(database),
        sealing=Sealer([key.get_secret_value() for key in settings.sealing_keys]),
    )
