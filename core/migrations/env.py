"""Alembic's entry: run the migrations on the engine that `core.migrations` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

from core import models
from core.db import Base

assert models.Metric.metadata is Base.metadata  # the tables are registered by this import


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
