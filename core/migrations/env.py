"""Alembic's entry: run the migrations on the engine that `core.migrations` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from core import models
from core.db import Base

assert models.Metric.metadata is Base.metadata  # the tables are registered by this import


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        _let_tables_be_rebuilt(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        connection.invalidate()  # the next one to use it would go without foreign keys


def _let_tables_be_rebuilt(connection: Connection) -> None:
    """SQLite changes many a column by copying the table and dropping the old one, which rows that refer to it
    forbid. Inside a transaction the switch does nothing, hence on the bare connection."""
    if connection.dialect.name == "sqlite":
        bare = connection.connection.dbapi_connection
        assert bare is not None
        bare.cursor().execute("PRAGMA foreign_keys=OFF")


run()
