"""What alembic runs: the steps, on the connection that `migration.migrate` gives."""

from alembic import context

from sensor_screen.storage.database.schema import metadata

config = getattr(context, "config", None)  # there is none where this is merely imported
if config is not None and (connection := config.attributes.get("connection")) is not None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
