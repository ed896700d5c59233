from tests.service.databases import database, postgres_database, sqlite_database
from tests.service.postgres import postgres_cluster, postgres_url

__all__ = ["database", "postgres_cluster", "postgres_database", "postgres_url", "sqlite_database"]
