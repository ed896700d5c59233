"""The service with what it needs: database, store, processes, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from sensor_screen.certificates.leaf import LocalTls
    from sensor_screen.service.durable_streams import DurableStreams
    from sensor_screen.service.live_hub import LiveHub
    from sensor_screen.service.services import Services
    from sensor_screen.settings import Settings
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.sealing import Sealer


def open_services(settings: Settings) -> Services:
    """Everything behind the API, with the database brought up to date.

    Raises:
        sensor_screen.errors.ScreenError: Something cannot be opened; says what and why.
    """
    from sensor_screen.service.analyst import Analyst
    from sensor_screen.service.group_commit import GroupCommitParams
    from sensor_screen.service.live_streams import LiveStreams
    from sensor_screen.service.measuring import Measuring
    from sensor_screen.service.read_log import ReadLog
    from sensor_screen.service.services import Services
    from sensor_screen.storage.objects import open_objects

    database = open_service_database(settings)
    objects = open_objects(settings.objects_place)
    commits = GroupCommitParams(interval_s=settings.commit_every_s)

    def make_analyst(streams: DurableStreams, hub: LiveHub) -> Analyst:
        return Analyst(
            streams.read_frames,
            streams.read_marks,
            hub.publish,
            workers=settings.analysing_processes,
        )

    return Services(
        settings=settings,
        database=database,
        objects=objects,
        live=LiveStreams(database, objects, commits, make_analyst if settings.analysis else None),
        measuring=Measuring(settings.measuring_processes),
        read_log=ReadLog(database),
        sealing=_open_sealer(settings),
    )


def _open_sealer(settings: Settings) -> Sealer:
    from sensor_screen.storage.sealing import Sealer

    return Sealer([key.get_secret_value() for key in settings.sealing_keys])


def make_data_folder(settings: Settings) -> None:
    """The folder of everything, for its owner alone.

    Raises:
        sensor_screen.errors.UsageError: It cannot be made.
    """
    from sensor_screen.errors import UsageError

    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            str(settings.data),
            f"cannot be made ({error.strerror or error})",
            "name another folder with --data",
        ) from error


def prepare(settings: Settings) -> str | None:
    """Bring the database up to date; gives the code of the first owner, where there is none yet.

    Store and keys are tried first: nothing is changed where the service would not start.

    Raises:
        sensor_screen.errors.ScreenError: Database, store or a key cannot be used; says why.
    """
    from sensor_screen.service.accounts import offer_set_up
    from sensor_screen.storage.objects import open_objects

    open_objects(settings.objects_place)
    _open_sealer(settings)
    database = open_service_database(settings)
    try:
        return offer_set_up(database)
    finally:
        database.close()


def open_service_database(settings: Settings, *, owner: bool = True) -> Database:
    """The database of the service; by its owner brought up to date.

    Raises:
        sensor_screen.errors.ScreenError: It cannot be used; says why.
    """
    from sensor_screen.storage.database.engine import open_database
    from sensor_screen.storage.database.migration import migrate

    url = settings.database_url or f"sqlite:///{settings.sqlite_path}"
    database = open_database(url, owner=owner)
    if owner:
        migrate(database)
    return database


def open_tls(settings: Settings) -> tuple[Callable[[], ssl.SSLContext] | None, LocalTls | None]:
    """What makes the TLS context, and the local authority where that is used.

    Raises:
        sensor_screen.errors.UsageError: A certificate cannot be used; says why.
    """
    from datetime import UTC, datetime

    from sensor_screen.certificates.context import server_context
    from sensor_screen.certificates.given import check_pair
    from sensor_screen.errors import UsageError

    now = datetime.now(UTC)
    if settings.tls_cert is not None or settings.tls_key is not None:
        if settings.tls_cert is None or settings.tls_key is None:
            raise UsageError("--tls-cert and --tls-key", "belong together", "give both")
        pair = check_pair(settings.tls_cert, settings.tls_key, now)
        return (lambda: server_context(pair.certificate_path, pair.key_path)), None
    if not settings.lan:
        return None, None
    from sensor_screen.certificates.addresses import find_host_names
    from sensor_screen.certificates.leaf import open_local_tls

    local = open_local_tls(settings.certificates_place, find_host_names(), now)
    return (lambda: server_context(local.path)), local
